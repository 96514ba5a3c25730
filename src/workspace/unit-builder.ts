import { argoReleases } from '../model/argo.ts';
import type { Container } from '../model/container.ts';
import { composeContainers, isComposeDocument } from '../model/containers/compose.ts';
import { dockerfileContainer } from '../model/containers/dockerfile.ts';
import { valuesContainers } from '../model/containers/helm-values.ts';
import { kubernetesContainers } from '../model/containers/kubernetes.ts';
import { envFileContainer, procfileContainers, shellScriptContainer, systemdContainer } from '../model/containers/text-files.ts';
import { fluxRelease } from '../model/flux.ts';
import { type ChartFolder, findCharts, resolveChart } from '../model/helm/chart.ts';
import { isValuesFile, standaloneRelease } from '../model/helm/standalone.ts';
import { helmfileReleases } from '../model/helmfile.ts';
import { kustomizationReleases } from '../model/kubernetes/kustomize/helm-charts.ts';
import { findKustomizations, type KustomizationFolder } from '../model/kubernetes/kustomize/kustomization-file.ts';
import { resolveKustomization } from '../model/kubernetes/kustomize/resolve.ts';
import type { KubeObject } from '../model/kubernetes/objects.ts';
import { terraformReleases } from '../model/terraform.ts';
import type { HelmRelease, Unit } from '../model/unit.ts';
import type { Gap } from '../model/value.ts';
import { oncePer } from '../text/once.ts';
import type { SourceFile } from '../text/source.ts';
import { type Layout, layOut, type UnitPlace } from './layout.ts';
import type { FilesByPath, Notice, ParsedFile, YamlFile } from './parsed-file.ts';
import { isWithin, isYamlFile, joinPath, parentFolder } from './plan-units.ts';
import { TrackedMemo } from './tracked-memo.ts';

/** What a unit is made of before other files that stand in its folder join it. `members`: every path that went into it. */
interface Core extends UnitPlace {
  readonly objects: readonly KubeObject[];
  readonly releases: readonly HelmRelease[];
  readonly gaps: readonly Gap[];
}

/** What the builder reads. Both give the same object for as long as the file is unchanged. */
export interface UnitSources {
  readonly files: FilesByPath;
  /** Those of them that `isShaping` holds of. */
  readonly shaping: Iterable<YamlFile>;
  readText(path: string): SourceFile | undefined;
  /** Files that could not be taken in. */
  readonly notices: Iterable<Notice>;
}

/**
 * What a name stands for: a parsed file by its path, any text by `text:path`, a core by `core:id`, the only file whose path ends in
 * an absolute one by `ending:/path`.
 */
type Source = ParsedFile | SourceFile | Core | undefined;
type Read = (name: string) => Source;
/** The names whose reads may give something else than last time; `undefined`: any. */
type Names = readonly string[] | undefined;

/** Groups files into units and builds each, again only when something that it was made from changed. */
export class UnitBuilder {
  private readonly resolved: TrackedMemo<Source, readonly Core[]>;
  private readonly plain: TrackedMemo<Source, Core>;
  private readonly units: TrackedMemo<Source, Unit>;
  private layout: Layout | undefined;
  /** What was read by the ending of its path: any file may be it. */
  private readonly endings: Set<string>;

  constructor(from?: UnitBuilder) {
    this.resolved = new TrackedMemo(from?.resolved);
    this.plain = new TrackedMemo(from?.plain);
    this.units = new TrackedMemo(from?.units);
    this.layout = from?.layout;
    this.endings = new Set(from?.endings);
  }

  /**
   * @param changed the paths that were set since the last time; `undefined` when the layout may be another, as a file came, went or changed
   * its shape (`sameShape`, `Identities`), or a notice did
   */
  build(sources: UnitSources, changed: ReadonlySet<string> | undefined): Unit[] {
    const read: Read = (name) => {
      if (name.startsWith('text:')) return sources.readText(name.slice(5));
      return name.startsWith('ending:') ? onlyEndingIn(name.slice(7), sources.files) : sources.files.get(name);
    };
    let layout = changed && this.layout;
    let names = layout && changed && this.namesOf(changed);
    let cores = layout && this.resolve(layout, read, names);
    if (!layout || !cores || !samePlaces(cores, layout.resolved)) {
      const shaping = [...sources.shaping];
      const kustomizations = findKustomizations(shaping);
      const hasCharts = shaping.some((parsed) => /(?:^|\/)Chart\.ya?ml$/.test(parsed.file.path));
      const charts = hasCharts ? findCharts(shaping, sources.files.keys()) : [];
      names = undefined;
      cores = this.resolve({ kustomizations, charts }, read, names);
      layout = layOut(sources.files, shaping, kustomizations, charts, cores);
      this.forget(layout);
    }
    this.layout = layout;
    const all = [...cores, ...layout.folders.map((place) => this.plainCore(place, read, names))];
    const byId = new Map(all.map((core) => [core.id, core]));
    const readAll: Read = (name) => (name.startsWith('core:') ? byId.get(name.slice(5)) : read(name));
    const { others } = layout;
    const units = all.map((core) => {
      const paths = others.get(core.id) ?? NO_PATHS;
      const gaps = gapsIn(core.folder, sources.notices);
      const signature = gaps.length === 0 ? joined(paths) : [...paths, '', ...gaps.map((gap) => gap.path + gap.detail)].join('\n');
      const mayHaveChanged = names && [`core:${core.id}`, ...names];
      return this.units.get(core.id, signature, readAll, (tracked) => this.unitOf(core, paths, gaps, tracked), mayHaveChanged);
    });
    return units.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  }

  /** The names whose reads may give something else when these paths were set. */
  private namesOf(paths: ReadonlySet<string>): string[] {
    return [...[...paths].flatMap((path) => [path, `text:${path}`]), ...this.endings];
  }

  /** What is no longer there doesn't stay in memory. */
  private forget({ kustomizations, charts, resolved, folders }: Layout): void {
    this.resolved.keepOnly(
      new Set([...kustomizations.map(({ folder }) => `kustomization ${folder}`), ...charts.map(({ folder }) => `chart ${folder}`)]),
    );
    this.plain.keepOnly(new Set(folders.map(({ id }) => id)));
    this.units.keepOnly(new Set([...resolved, ...folders].map(({ id }) => id)));
  }

  private resolve({ kustomizations, charts }: Pick<Layout, 'kustomizations' | 'charts'>, read: Read, names: Names): Core[] {
    return [...this.kustomized(kustomizations, read, names), ...this.charted(charts, read, names)];
  }

  private plainCore(place: UnitPlace, read: Read, names: Names): Core {
    const { id, kind, folder, members } = place;
    const compute = (tracked: Read): Core => {
      const files = members.flatMap((path) => asYaml(tracked(path)) ?? []);
      const objects = files.flatMap((parsed) => parsed.objects);
      const gaps = files.flatMap((parsed) => parsed.notices.flatMap(noticeGap));
      return { id, kind, folder, objects, releases: NO_RELEASES, gaps, members };
    };
    return this.plain.get(id, placeSignature(place), read, compute, names);
  }

  private kustomized(kustomizations: readonly KustomizationFolder[], read: Read, names: Names): Core[] {
    const compute = (kustomization: KustomizationFolder, tracked: Read): Core[] => {
      tracked(kustomization.file.path);
      const parsed = (path: string): ParsedFile | undefined => asParsed(tracked(path));
      const text = (path: string): SourceFile | undefined => asText(tracked(`text:${path}`));
      const { objects, members, gaps } = resolveKustomization(kustomization.folder, parsed, text);
      const releases = kustomizationReleases(kustomization, text);
      return [{ id: kustomization.folder, kind: 'kustomization', folder: kustomization.folder, objects, releases, gaps, members }];
    };
    return kustomizations
      .filter((kustomization) => kustomization.alone)
      .flatMap((one) => this.resolved.get(`kustomization ${one.folder}`, '', read, (tracked) => compute(one, tracked), names));
  }

  private charted(charts: readonly ChartFolder[], read: Read, names: Names): Core[] {
    // A chart's templates and layers are found by where they stand: another file changes the list without any read changing.
    const signature = chartsSignature(charts);
    const compute = (chart: ChartFolder, tracked: Read): Core[] => {
      tracked(chart.file.path);
      const text = (path: string): SourceFile | undefined => asText(tracked(`text:${path}`));
      return resolveChart(chart, { charts, readText: text }).map((resolved): Core => ({ ...resolved, kind: 'helm-release' }));
    };
    return charts
      .filter((chart) => chart.parent === undefined && !chart.isLibrary)
      .flatMap((chart) => this.resolved.get(`chart ${chart.folder}`, signature, read, (tracked) => compute(chart, tracked), names));
  }

  private unitOf(core: Core, paths: readonly string[], gaps: readonly Gap[], read: Read): Unit {
    read(`core:${core.id}`);
    const parsed = paths.flatMap((path) => asParsed(read(path)) ?? []);
    const text = (path: string): SourceFile | undefined => asParsed(read(path))?.file ?? asText(read(`text:${path}`));
    const ending = (path: string): SourceFile | undefined => {
      this.endings.add(`ending:${path}`);
      return asParsed(read(`ending:${path}`))?.file;
    };
    const releases = [
      ...core.releases,
      ...core.objects.flatMap((object) => releasesOf(object, text)),
      ...parsed.flatMap((file) => fileReleases(file, text)),
    ];
    const chart = core.kind === 'helm-release' ? core.releases[0]?.values : undefined;
    return {
      id: core.id,
      kind: core.kind,
      folder: core.folder,
      objects: core.objects,
      releases,
      containers: [
        ...kubernetesContainers(core.objects),
        ...parsed.flatMap((file) => fileContainers(file, text, ending)),
        ...releases.filter((release) => release.values !== chart).flatMap((release) => valuesContainers(release.values)),
      ],
      files: parsed,
      components: [],
      gaps: [...core.gaps, ...gaps, ...parsed.flatMap((file) => file.notices.flatMap(noticeGap))],
    };
  }
}

const chartsSignature = oncePer((charts: readonly ChartFolder[]): string =>
  charts.map((chart) => [chart.folder, chart.parent, chart.layerPaths, chart.templatePaths, chart.helperPaths].join()).join('\n'),
);

function asParsed(read: Source): ParsedFile | undefined {
  return read && 'format' in read ? read : undefined;
}

function asText(read: Source): SourceFile | undefined {
  return read && 'text' in read ? read : undefined;
}

function asYaml(read: Source): YamlFile | undefined {
  const parsed = asParsed(read);
  return isYamlFile(parsed) ? parsed : undefined;
}

function samePlaces(cores: readonly Core[], places: readonly UnitPlace[]): boolean {
  return (
    cores.length === places.length &&
    cores.every((core, at) => {
      const place = places[at];
      return core === place || (core.id === place?.id && joined(core.members) === joined(place.members));
    })
  );
}

const NO_PATHS: readonly string[] = [];
const joined = oncePer((paths: readonly string[]): string => paths.join('\n'));
const placeSignature = oncePer(({ kind, members }: UnitPlace): string => `${kind}\n${joined(members)}`);
const NO_RELEASES: readonly HelmRelease[] = [];

function releasesOf(object: KubeObject, text: (path: string) => SourceFile | undefined): HelmRelease[] {
  if (object.kind === 'Application' || object.kind === 'ApplicationSet') return argoReleases(object, text);
  if (object.kind !== 'HelmRelease') return [];
  const release = fluxRelease(object, text);
  return release ? [release] : [];
}

function fileReleases(parsed: ParsedFile, text: (path: string) => SourceFile | undefined): readonly HelmRelease[] {
  const { file } = parsed;
  if (parsed.format === 'terraform') return terraformReleases(file, text);
  if (parsed.format !== 'yaml') return [];
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  if (/^helmfile.*\.ya?ml$/.test(name)) return helmfileReleases(file, text);
  return isValuesFile(file.path) ? valuesReleases(parsed) : NO_RELEASES;
}

const valuesReleases = oncePer(({ file, documents, templated }: YamlFile): readonly HelmRelease[] => {
  const [only] = documents;
  // Most are one document that was parsed already.
  const root = !templated && only?.start === 0 && only.end === file.text.length && only.root?.kind === 'map' ? only.root : undefined;
  const release = standaloneRelease(file, root);
  return release ? [release] : NO_RELEASES;
});

/** The processes that a file without Kubernetes objects describes. */
function fileContainers(
  parsed: ParsedFile,
  text: (path: string) => SourceFile | undefined,
  ending: (path: string) => SourceFile | undefined,
): readonly Container[] {
  const { file } = parsed;
  const envFile = (path: string): SourceFile | undefined => {
    if (path.startsWith('/')) return ending(path);
    const target = joinPath(parentFolder(file.path), path);
    return target === undefined ? undefined : text(target);
  };
  switch (parsed.format) {
    case 'yaml':
      return parsed.documents.flatMap(({ root }) => (isComposeDocument(root) ? composeContainers(root, envFile) : []));
    case 'dockerfile':
      return [dockerfileContainer(file)].filter((container) => container !== undefined);
    case 'env-file':
      return [envFileContainer(file)];
    case 'shell':
      return [shellScriptContainer(file)];
    case 'procfile':
      return procfileContainers(file);
    case 'systemd':
      return [systemdContainer(file, envFile)];
    default:
      return [];
  }
}

/** An absolute path belongs to the machine that runs it, unless exactly one file of the repository ends in it. */
function onlyEndingIn(path: string, files: FilesByPath): ParsedFile | undefined {
  const hits = [...files.keys()].filter((known) => `/${known}`.endsWith(path));
  return hits.length === 1 && hits[0] !== undefined ? files.get(hits[0]) : undefined;
}

function gapsIn(folder: string, notices: Iterable<Notice>): Gap[] {
  return [...notices].filter((notice) => isWithin(parentFolder(notice.file), folder)).flatMap(noticeGap);
}

const GAP_KINDS = {
  unparsable: 'unparsable',
  oversize: 'oversize',
  unreadable: 'unreadable',
  conflict: 'unparsable',
  templated: 'templated',
} as const;

function noticeGap(notice: Notice): Gap[] {
  if (notice.kind === 'configuration') return [];
  const { declared } = notice;
  const at = declared && { file: declared.head, start: declared.start, end: declared.end };
  return [
    {
      kind: GAP_KINDS[notice.kind],
      path: notice.file,
      detail: notice.message,
      ...(declared && at && { declared: { routes: declared.routes, at } }),
    },
  ];
}
