import type { SourceFile, Span } from '../../text/source.ts';
import { itemsAt, scalarAt, textAt, type YamlMap, type YamlNode } from '../../text/yaml.ts';
import type { ParsedFile } from '../../workspace/parsed-file.ts';
import { documentsOf, folderOf, inFolder, resolvePath } from '../kubernetes/kustomize/kustomization-file.ts';
import type { KubeObject } from '../kubernetes/objects.ts';
import type { HelmRelease } from '../unit.ts';
import type { Gap } from '../value.ts';
import { evaluate, type TemplateContext } from './expression.ts';
import { type GoValue, goTruth, goValue } from './go-value.ts';
import { resolveTemplate } from './resolve-template.ts';
import { oncePer } from '../../text/once.ts';
import { withNodeAt } from '../../text/yaml-tree.ts';
import { emptyValues, layerValues, readValues, subchartValues } from './values.ts';

export interface ChartDependency {
  readonly name: string;
  /** The key under which the parent's values speak to it. */
  readonly key: string;
  readonly version: string | undefined;
  readonly repository: string | undefined;
  readonly condition: string | undefined;
  readonly hasTags: boolean;
  readonly importsValues: boolean;
}

/** A folder with a Chart.yaml. */
export interface ChartFolder {
  readonly folder: string;
  readonly file: SourceFile;
  readonly root: YamlMap;
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly isLibrary: boolean;
  readonly dependencies: readonly ChartDependency[];
  readonly valuesPath: string;
  /** Values files beside values.yaml, each of which makes a release. */
  readonly layerPaths: readonly string[];
  readonly templatePaths: readonly string[];
  /** Files of templates/ that make no objects: helpers, notes. */
  readonly helperPaths: readonly string[];
  /** The chart that this one is vendored in (`charts/`), or whose dependency it is by a `file://` path: not judged alone. */
  readonly parent: string | undefined;
}

export interface ResolvedChart {
  /** The chart's folder, with the layer's file name behind `#` when a layer makes the release. */
  readonly id: string;
  readonly folder: string;
  readonly layerPaths: readonly string[];
  readonly objects: readonly KubeObject[];
  readonly releases: readonly HelmRelease[];
  /** Every path that the result depends on, missing ones included. */
  readonly members: readonly string[];
  readonly gaps: readonly Gap[];
  /** What in the templates stands under a condition or in a loop that the values don't decide. */
  readonly undecided: ReadonlyMap<SourceFile, readonly Span[]>;
}

const LAYER = /^(?:values[-.].+|.+[-.]values|.+values)\.ya?ml$/;

/** Sprig's functions that change the map which they are given first. */
const CHANGES = String.raw`\b(?:set|unset|merge|mustMerge|mergeOverwrite|mustMergeOverwrite)\s+`;
const PATH = String.raw`\$?\.Values((?:\.\w+)*)`;
const CHANGED_VALUES = new RegExp(`${CHANGES}(?:[$.]\\s+"Values"|\\(\\s*index\\s+\\$?\\.Values|${PATH})`, 'g');
const NAMED_VALUES = new RegExp(String.raw`(\$\w+)\s*:=\s*${PATH}(?=\s*[-}|])`, 'g');

/** The paths of values that a template changes before others read them, as `.a.b`; `''`: all of them. */
const changedValues = oncePer(({ text }: SourceFile): readonly string[] => {
  const named = [...text.matchAll(NAMED_VALUES)].filter(([, name = '']) => new RegExp(`${CHANGES}\\${name}\\b`).test(text));
  return [...[...text.matchAll(CHANGED_VALUES)].map(([, path = '']) => path), ...named.map(([, , path = '']) => path)];
});

/**
 * Every chart.
 * @param paths all paths of the workspace: a chart's templates and layers are found by where they stand
 */
export function findCharts(parsedFiles: Iterable<ParsedFile>, paths: Iterable<string>): ChartFolder[] {
  const charts = new Map<string, { file: SourceFile; root: YamlMap; lock: SourceFile | undefined; requirements: SourceFile | undefined }>();
  const beside = new Map<string, SourceFile>();
  for (const { file } of parsedFiles) {
    const name = file.path.slice(file.path.lastIndexOf('/') + 1);
    if (/^(?:Chart\.ya?ml)$/.test(name)) {
      const root = documentsOf(file)?.[0];
      if (root?.kind === 'map') charts.set(folderOf(file.path), { file, root, lock: undefined, requirements: undefined });
    } else if (/^(?:Chart\.lock|requirements\.(?:lock|ya?ml))$/.test(name)) beside.set(file.path, file);
  }
  const layers = new Map<string, string[]>();
  const templates = new Map<string, string[]>();
  const helpers = new Map<string, string[]>();
  for (const path of paths) {
    const folder = folderOf(path);
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (charts.has(folder) && LAYER.test(name) && name !== 'values.yaml') append(layers, folder, path);
    const at = /^(?:(.*)\/)?templates\/(?!.*\/templates\/)/.exec(path);
    const chart = at ? (at[1] ?? '.') : undefined;
    if (chart === undefined || !charts.has(chart)) continue;
    const makesObjects = /\.ya?ml$/.test(name) && !name.startsWith('_') && !`/${path}`.includes('/templates/tests/');
    append(makesObjects ? templates : helpers, chart, path);
  }
  const parents = new Map<string, string>();
  const made = [...charts].map(([folder, { file, root }]): ChartFolder => {
    const declared = beside.get(inFolder(folder, 'requirements.yaml')) ?? beside.get(inFolder(folder, 'requirements.yml'));
    const lock = beside.get(inFolder(folder, 'Chart.lock')) ?? beside.get(inFolder(folder, 'requirements.lock'));
    const dependencies = readDependencies(root, declared && documentsOf(declared)?.[0], lock && documentsOf(lock)?.[0]);
    for (const { repository } of dependencies) {
      const local = repository?.startsWith('file://') ? resolvePath(folder, repository.slice('file://'.length)) : undefined;
      if (local !== undefined && local !== folder) parents.set(local, folder);
    }
    return {
      folder,
      file,
      root,
      name: textAt(root, 'name'),
      version: textAt(root, 'version'),
      isLibrary: textAt(root, 'type') === 'library',
      dependencies,
      valuesPath: inFolder(folder, 'values.yaml'),
      layerPaths: (layers.get(folder) ?? []).sort(),
      templatePaths: (templates.get(folder) ?? []).sort(),
      helperPaths: (helpers.get(folder) ?? []).sort(),
      parent: undefined,
    };
  });
  return made
    .map((chart): ChartFolder => {
      const vendored = /^(?:(.*)\/)?charts\/[^/]+$/.exec(chart.folder);
      const holder = vendored ? (vendored[1] ?? '.') : undefined;
      return { ...chart, parent: holder !== undefined && charts.has(holder) ? holder : parents.get(chart.folder) };
    })
    .sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

function append(into: Map<string, string[]>, key: string, value: string): void {
  const list = into.get(key);
  if (list) list.push(value);
  else into.set(key, [value]);
}

function readDependencies(chart: YamlMap, requirements: YamlNode | undefined, lock: YamlNode | undefined): ChartDependency[] {
  const declared = [...itemsAt(chart, 'dependencies'), ...itemsAt(requirements, 'dependencies')];
  const locked = new Map(itemsAt(lock, 'dependencies').map((item) => [textAt(item, 'name') ?? '', textAt(item, 'version')]));
  return declared.flatMap((item): ChartDependency[] => {
    const name = textAt(item, 'name');
    if (name === undefined) return [];
    return [
      {
        name,
        key: textAt(item, 'alias') ?? name,
        version: locked.get(name) ?? textAt(item, 'version'),
        repository: textAt(item, 'repository'),
        condition: textAt(item, 'condition'),
        hasTags: itemsAt(item, 'tags').length > 0,
        importsValues: itemsAt(item, 'import-values').length > 0,
      },
    ];
  });
}

export interface ChartReader {
  readonly charts: readonly ChartFolder[];
  /** Any file by its path. */
  readonly readText: (path: string) => SourceFile | undefined;
}

/** The releases that a chart's own folder makes: one for each layer, or one of values.yaml alone. */
export function resolveChart(chart: ChartFolder, reader: ChartReader): ResolvedChart[] {
  if (chart.layerPaths.length === 0) return [resolveRelease(chart, reader, [])];
  return chart.layerPaths.map((path) => resolveRelease(chart, reader, [path]));
}

/**
 * A release of a chart.
 * @param layerPaths values files on top of values.yaml, lowest first
 * @param given values that somebody else states literally (Argo CD, Flux), on top of all
 */
export function resolveRelease(chart: ChartFolder, reader: ChartReader, layerPaths: readonly string[], given?: YamlMap): ResolvedChart {
  const run = new ReleaseRun(reader);
  const own = run.ownValues(chart);
  let values = own.root;
  let { complete } = own;
  let top: SourceFile | undefined;
  for (const path of layerPaths) {
    const layer = run.values(path);
    if (!layer) {
      complete = false;
      continue;
    }
    top = layer.root.file;
    complete &&= layer.complete;
    values = layerValues(values, layer.root);
  }
  if (given) values = layerValues(values, given);
  run.chart(chart, values, complete, top ?? given?.file ?? values.file, []);
  const last = layerPaths.at(-1);
  return {
    id: last === undefined ? chart.folder : `${chart.folder}#${last.slice(last.lastIndexOf('/') + 1)}`,
    folder: chart.folder,
    layerPaths,
    objects: run.objects,
    releases: run.releases,
    members: [...run.members].sort(),
    gaps: run.gaps,
    undecided: run.undecided,
  };
}

class ReleaseRun {
  readonly objects: KubeObject[] = [];
  readonly releases: HelmRelease[] = [];
  readonly members = new Set<string>();
  readonly gaps: Gap[] = [];
  readonly undecided = new Map<SourceFile, readonly Span[]>();
  private readonly reader: ChartReader;

  constructor(reader: ChartReader) {
    this.reader = reader;
  }

  values(path: string): { root: YamlMap; complete: boolean } | undefined {
    this.members.add(path);
    const file = this.reader.readText(path);
    const read = file && readValues(file);
    if (!read) this.gaps.push({ kind: file ? 'unparsable' : 'unreadable', path, detail: 'values' });
    return read;
  }

  /** A chart without values.yaml has no defaults; one that can't be read leaves them open. */
  ownValues(chart: ChartFolder): { root: YamlMap; complete: boolean } {
    this.members.add(chart.valuesPath);
    const file = this.reader.readText(chart.valuesPath);
    if (!file) return { root: emptyValues(chart.file), complete: true };
    return this.values(chart.valuesPath) ?? { root: emptyValues(file), complete: false };
  }

  chart(chart: ChartFolder, values: YamlMap, complete: boolean, file: SourceFile, above: readonly string[]): void {
    this.members.add(chart.file.path);
    const { name, version } = chart;
    const changed = this.changedValues(chart);
    const rewritten = changed.has('');
    const unseen: YamlMap = { ...emptyValues(file), open: true };
    const seen = [...changed].reduce(
      (map, path) => (path === '' ? map : withNodeAt(map, path.slice(1).split('.'), () => unseen, map)),
      values,
    );
    this.releases.push({ chart: name, chartVersion: version, repository: undefined, values: seen, file, complete: complete && !rewritten });
    // Values that a sub-chart exports into its parent aren't followed: what isn't here may still be set.
    const known = complete && !rewritten && !chart.dependencies.some((dependency) => dependency.importsValues);
    const context: TemplateContext = { values: rewritten ? unseen : seen, complete: known, chart: chartFacts(chart.root), release: {} };
    if (!chart.isLibrary) for (const path of chart.templatePaths) this.template(path, context);
    for (const dependency of chart.dependencies) this.dependency(chart, dependency, context, file, above);
    const declared = new Set(chart.dependencies.map((dependency) => dependency.name));
    for (const vendored of this.reader.charts) {
      // Helm also installs what lies in charts/ undeclared.
      if (vendored.parent !== chart.folder || vendored.name === undefined || declared.has(vendored.name)) continue;
      if (vendored.folder.startsWith(`${chart.folder}/charts/`) || chart.folder === '.')
        this.subchart(vendored, vendored.name, context, file, above);
    }
  }

  /** A template changes the values before others read them (Istio's profiles do): what they are then isn't followed. */
  private changedValues(chart: ChartFolder): Set<string> {
    const files = [...chart.templatePaths, ...chart.helperPaths].flatMap((path) => this.reader.readText(path) ?? []);
    return new Set(files.flatMap(changedValues));
  }

  private template(path: string, context: TemplateContext): void {
    this.members.add(path);
    const file = this.reader.readText(path);
    if (!file) {
      this.gaps.push({ kind: 'unreadable', path, detail: 'template' });
      return;
    }
    const { objects, undecided, problems } = resolveTemplate(file, context);
    this.objects.push(...objects);
    if (undecided.length > 0) this.undecided.set(file, undecided);
    for (const detail of problems) this.gaps.push({ kind: 'templated', path, detail });
  }

  private dependency(
    chart: ChartFolder,
    dependency: ChartDependency,
    context: TemplateContext,
    file: SourceFile,
    above: readonly string[],
  ): void {
    const enabled = isEnabled(dependency, context);
    if (enabled === false) return;
    const local = dependency.repository?.startsWith('file://')
      ? resolvePath(chart.folder, dependency.repository.slice('file://'.length))
      : undefined;
    const vendored = inFolder(inFolder(chart.folder, 'charts'), dependency.name);
    const found = this.reader.charts.find(
      (candidate) =>
        candidate.folder === vendored ||
        candidate.folder === local ||
        (candidate.parent === chart.folder && candidate.name === dependency.name),
    );
    if (found && !above.includes(found.folder)) {
      this.subchart(found, dependency.key, context, file, above, dependency);
      return;
    }
    const given = context.values.pairs.get(dependency.key)?.value;
    this.releases.push({
      chart: dependency.name,
      chartVersion: dependency.version,
      repository: dependency.repository,
      values: given?.kind === 'map' ? given : emptyValues(file),
      file: given?.file ?? file,
      complete: context.complete,
    });
    this.gaps.push({ kind: 'remote', path: chart.file.path, detail: `chart ${dependency.name}` });
  }

  private subchart(
    chart: ChartFolder,
    key: string,
    parent: TemplateContext,
    file: SourceFile,
    above: readonly string[],
    dependency?: ChartDependency,
  ): void {
    const own = this.ownValues(chart);
    const values = subchartValues(parent.values, key, own.root);
    const given = parent.values.pairs.get(key)?.value;
    const before = this.releases.length;
    this.chart(chart, values, own.complete && parent.complete, given?.file ?? file, [...above, chart.folder]);
    const release = this.releases[before];
    if (release && dependency) this.releases[before] = { ...release, repository: dependency.repository };
  }
}

function chartFacts(root: YamlMap): Record<string, GoValue | undefined> {
  const fact = (field: string): GoValue | undefined => {
    const scalar = scalarAt(root, field);
    // Chart.yaml's fields are strings, whatever YAML makes of their notation.
    if (!scalar) return { value: '', from: undefined };
    const read = goValue(scalar);
    return read && (typeof read.value === 'string' || scalar.style !== 'plain') ? { value: scalar.text, from: scalar } : undefined;
  };
  return { Name: fact('name'), Version: fact('version'), AppVersion: fact('appVersion') };
}

/** `condition`: the first path that is there decides; tags aren't followed. */
function isEnabled(dependency: ChartDependency, context: TemplateContext): boolean | undefined {
  for (const path of (dependency.condition ?? '').split(',')) {
    if (path.trim() === '') continue;
    const value = evaluate(`.Values.${path.trim()}`, context, { is: 'root' });
    if (typeof value?.value === 'boolean') return goTruth(value);
    if (value === undefined) return undefined;
  }
  return dependency.hasTags ? undefined : true;
}
