import { argoReleases } from '../model/argo.ts';
import type { Container } from '../model/container.ts';
import { composeContainers, isComposeDocument } from '../model/containers/compose.ts';
import { dockerfileContainer } from '../model/containers/dockerfile.ts';
import { valuesContainers } from '../model/containers/helm-values.ts';
import { kubernetesContainers } from '../model/containers/kubernetes.ts';
import { envFileContainer, procfileContainers, shellScriptContainer, systemdContainer } from '../model/containers/text-files.ts';
import { fluxRelease } from '../model/flux.ts';
import { type ChartFolder, findCharts, resolveChart } from '../model/helm/chart.ts';
import { readValues } from '../model/helm/values.ts';
import { helmfileReleases } from '../model/helmfile.ts';
import { kustomizationReleases } from '../model/kubernetes/kustomize/helm-charts.ts';
import { findKustomizations, type KustomizationFolder } from '../model/kubernetes/kustomize/kustomization-file.ts';
import { resolveKustomization } from '../model/kubernetes/kustomize/resolve.ts';
import { identityOf, type KubeObject } from '../model/kubernetes/objects.ts';
import { terraformReleases } from '../model/terraform.ts';
import type { HelmRelease, Unit } from '../model/unit.ts';
import type { Gap } from '../model/value.ts';
import type { SourceFile } from '../text/source.ts';
import type { Notice, ParsedFile, YamlFile } from './parsed-file.ts';
import { type FolderUnit, isWithin, isYamlFile, joinPath, nearestFolder, parentFolder, planFolderUnits } from './plan-units.ts';
import { TrackedMemo } from './tracked-memo.ts';

/** What a unit is made of before other files that stand in its folder join it. */
interface Core {
  readonly id: string;
  readonly kind: Unit['kind'];
  readonly folder: string;
  readonly objects: readonly KubeObject[];
  readonly releases: readonly HelmRelease[];
  readonly gaps: readonly Gap[];
  /** Every path that went into it. */
  readonly members: readonly string[];
}

/** What the builder reads. Both give the same object for as long as the file is unchanged. */
export interface UnitSources {
  readonly files: ReadonlyMap<string, ParsedFile>;
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

/** Groups files into units and builds each, again only when something that it was made from changed. */
export class UnitBuilder {
  private readonly cores: TrackedMemo<Source, readonly Core[]>;
  private readonly units: TrackedMemo<Source, Unit>;

  private last: { readonly keys: readonly string[]; readonly planned: readonly FolderUnit[] } | undefined;

  constructor(from?: UnitBuilder) {
    this.last = from?.last;
    this.cores = new TrackedMemo(from?.cores);
    this.units = new TrackedMemo(from?.units);
  }

  build(sources: UnitSources): Unit[] {
    const read: Read = (name) => {
      if (name.startsWith('text:')) return sources.readText(name.slice(5));
      return name.startsWith('ending:') ? onlyEndingIn(name.slice(7), sources.files) : sources.files.get(name);
    };
    const yaml = [...sources.files.values()].filter(isYamlFile);
    const kustomizations = findKustomizations(yaml);
    const charts = yaml.some((parsed) => /(?:^|\/)Chart\.ya?ml$/.test(parsed.file.path)) ? findCharts(yaml, sources.files.keys()) : [];
    const cores = [...this.kustomized(kustomizations, read), ...this.charted(charts, read)];
    const taken = takenPaths(cores, kustomizations, charts, sources.files);
    const left = yaml.filter((parsed) => !taken.has(parsed.file.path));
    cores.push(...plainCores(left, new Set(cores.map((core) => core.id)), (files) => this.plan(files)));
    return this.withOtherFiles(cores, taken, sources, read);
  }

  /** The plan of plain folders depends on which objects stand where, not on what they say. */
  private plan(files: readonly YamlFile[]): readonly FolderUnit[] {
    const keys = files.map(planKey);
    const { last } = this;
    if (last?.keys.length === keys.length && keys.every((key, at) => key === last.keys[at])) return last.planned;
    const planned = planFolderUnits(files);
    this.last = { keys, planned };
    return planned;
  }

  private kustomized(kustomizations: readonly KustomizationFolder[], read: Read): Core[] {
    return kustomizations
      .filter((kustomization) => kustomization.alone)
      .flatMap((kustomization) =>
        this.cores.get(`kustomization ${kustomization.folder}`, '', read, (tracked) => {
          tracked(kustomization.file.path);
          const parsed = (path: string): ParsedFile | undefined => asParsed(tracked(path));
          const text = (path: string): SourceFile | undefined => asText(tracked(`text:${path}`));
          const { objects, members, gaps } = resolveKustomization(kustomization.folder, parsed, text);
          const releases = kustomizationReleases(kustomization, text);
          return [{ id: kustomization.folder, kind: 'kustomization', folder: kustomization.folder, objects, releases, gaps, members }];
        }),
      );
  }

  private charted(charts: readonly ChartFolder[], read: Read): Core[] {
    // A chart's templates and layers are found by where they stand: another file changes the list without any read changing.
    const signature = charts
      .map((chart) => [chart.folder, chart.parent, chart.layerPaths, chart.templatePaths, chart.helperPaths].join())
      .join('\n');
    return charts
      .filter((chart) => chart.parent === undefined && !chart.isLibrary)
      .flatMap((chart) =>
        this.cores.get(`chart ${chart.folder}`, signature, read, (tracked) => {
          tracked(chart.file.path);
          const text = (path: string): SourceFile | undefined => asText(tracked(`text:${path}`));
          return resolveChart(chart, { charts, readText: text }).map((resolved): Core => ({ ...resolved, kind: 'helm-release' }));
        }),
      );
  }

  /** Files without objects join the unit they stand in; where there is none they make one of their own folder. */
  private withOtherFiles(cores: readonly Core[], taken: ReadonlySet<string>, sources: UnitSources, read: Read): Unit[] {
    const folders = new Set(cores.map((core) => core.folder));
    const hosts = new Map<string, Core>();
    for (const core of cores) if (!hosts.has(core.folder)) hosts.set(core.folder, core);
    const others = new Map<string, string[]>();
    const bare: Core[] = [];
    for (const parsed of sources.files.values()) {
      const { path } = parsed.file;
      if (taken.has(path) || (parsed.format === 'yaml' && parsed.objects.length > 0)) continue;
      const folder = nearestFolder(path, folders) ?? parentFolder(path);
      let host = hosts.get(folder);
      if (!host) {
        host = { id: folder, kind: 'folder', folder, objects: [], releases: [], gaps: [], members: [] };
        hosts.set(folder, host);
        bare.push(host);
      }
      const list = others.get(host.id);
      if (list) list.push(path);
      else others.set(host.id, [path]);
    }
    const live = new Set<string>();
    const byId = new Map(cores.map((core) => [`core:${core.id}`, core]));
    const readCore = (name: string): Source => (name.startsWith('core:') ? byId.get(name) : read(name));
    const units = [...cores, ...bare].map((core) => {
      live.add(core.id);
      const paths = (others.get(core.id) ?? []).sort();
      const gaps = gapsIn(core.folder, sources.notices);
      const signature = [core.kind, ...core.members, '', ...paths, '', ...gaps.map((gap) => gap.path + gap.detail)].join('\n');
      return this.units.get(core.id, signature, readCore, (tracked) => this.unitOf(core, paths, gaps, tracked));
    });
    this.units.keepOnly(live);
    return units.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  }

  private unitOf(core: Core, paths: readonly string[], gaps: readonly Gap[], read: Read): Unit {
    // A plain folder's objects are those of its members; what a kustomization or a chart makes is remembered by itself.
    if (core.kind === 'kustomization' || core.kind === 'helm-release') read(`core:${core.id}`);
    else for (const member of core.members) read(member);
    const parsed = paths.flatMap((path) => asParsed(read(path)) ?? []);
    const text = (path: string): SourceFile | undefined => asParsed(read(path))?.file ?? asText(read(`text:${path}`));
    const ending = (path: string): SourceFile | undefined => asParsed(read(`ending:${path}`))?.file;
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

function asParsed(read: Source): ParsedFile | undefined {
  return read && 'format' in read ? read : undefined;
}

function asText(read: Source): SourceFile | undefined {
  return read && 'text' in read ? read : undefined;
}

const planKeys = new WeakMap<YamlFile, string>();

function planKey(parsed: YamlFile): string {
  let key = planKeys.get(parsed);
  if (key === undefined) {
    key = `${parsed.file.path} ${parsed.objects.map((object) => identityOf(object) ?? '').join()}`;
    planKeys.set(parsed, key);
  }
  return key;
}

/** Paths that a kustomization or a chart has taken: their documents are not judged alone. */
function takenPaths(
  cores: readonly Core[],
  kustomizations: readonly KustomizationFolder[],
  charts: readonly ChartFolder[],
  files: ReadonlyMap<string, ParsedFile>,
): Set<string> {
  const taken = new Set(cores.flatMap((core) => core.members));
  for (const kustomization of kustomizations) taken.add(kustomization.file.path);
  const unused = kustomizations.filter((kustomization) => kustomization.kind === 'Component' && kustomization.usedBy.length === 0);
  for (const chart of charts) {
    for (const path of [chart.file.path, chart.valuesPath, ...chart.layerPaths, ...chart.templatePaths, ...chart.helperPaths])
      taken.add(path);
  }
  if (unused.length === 0 && charts.length === 0) return taken;
  for (const path of files.keys()) {
    if (unused.some((kustomization) => parentFolder(path) === kustomization.folder)) taken.add(path);
    if (
      charts.some(
        (chart) => /^templates\//.test(path.slice(chart.folder === '.' ? 0 : chart.folder.length + 1)) && isWithin(path, chart.folder),
      )
    )
      taken.add(path);
  }
  return taken;
}

function plainCores(
  left: readonly YamlFile[],
  ids: ReadonlySet<string>,
  plan: (files: readonly YamlFile[]) => readonly FolderUnit[],
): Core[] {
  const composeFolders = new Set(
    left.filter((parsed) => parsed.documents.some(({ root }) => isComposeDocument(root))).map((parsed) => parentFolder(parsed.file.path)),
  );
  const byPath = new Map(left.map((parsed) => [parsed.file.path, parsed]));
  const planned = plan(left.filter((parsed) => parsed.objects.length > 0));
  const cores = planned.map(({ folder, members }): Core => {
    const objects = members.flatMap((path) => byPath.get(path)?.objects ?? []);
    const gaps = members.flatMap((path) => byPath.get(path)?.notices.flatMap(noticeGap) ?? []);
    const kind = composeFolders.has(folder) ? 'compose' : 'folder';
    // A folder may hold a kustomization and, beside it, manifests that it doesn't list.
    return { id: ids.has(folder) ? `${folder}#manifests` : folder, kind, folder, objects, releases: NO_RELEASES, gaps, members };
  });
  const known = new Set([...cores.map((core) => core.folder), ...ids]);
  for (const folder of composeFolders) {
    if (!known.has(folder)) cores.push({ id: folder, kind: 'compose', folder, objects: [], releases: NO_RELEASES, gaps: [], members: [] });
  }
  return cores;
}

const NO_RELEASES: readonly HelmRelease[] = [];

function releasesOf(object: KubeObject, text: (path: string) => SourceFile | undefined): HelmRelease[] {
  if (object.kind === 'Application') return argoReleases(object, text);
  if (object.kind !== 'HelmRelease') return [];
  const release = fluxRelease(object, text);
  return release ? [release] : [];
}

function fileReleases(parsed: ParsedFile, text: (path: string) => SourceFile | undefined): HelmRelease[] {
  const { file } = parsed;
  if (parsed.format === 'terraform') return terraformReleases(file, text);
  if (parsed.format !== 'yaml') return [];
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  if (/^helmfile.*\.ya?ml$/.test(name)) return helmfileReleases(file, text);
  if (!/values.*\.ya?ml$/.test(name)) return [];
  const known = standaloneValues.get(file);
  if (known) return known;
  const values = readValues(file);
  const releases: HelmRelease[] = values
    ? [{ chart: undefined, chartVersion: undefined, repository: undefined, values: values.root, file, complete: false }]
    : [];
  standaloneValues.set(file, releases);
  return releases;
}

const standaloneValues = new WeakMap<SourceFile, HelmRelease[]>();

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
function onlyEndingIn(path: string, files: ReadonlyMap<string, ParsedFile>): ParsedFile | undefined {
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
