import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { type ChartFolder, findCharts, type ResolvedChart, resolveChart } from '../../../src/model/helm/chart.ts';
import { findKustomizations } from '../../../src/model/kubernetes/kustomize/kustomization-file.ts';
import { resolveKustomization } from '../../../src/model/kubernetes/kustomize/resolve.ts';
import { type KubeObject, RELEVANT_KINDS, readObjects } from '../../../src/model/kubernetes/objects.ts';
import { type SourceFile, type Span, sourceFile } from '../../../src/text/source.ts';
import { isBoolean, isNull, isNumber, textAt, type YamlNode, type YamlScalar } from '../../../src/text/yaml.ts';
import { parseYaml } from '../../../src/text/yaml-parse.ts';
import { splitDocuments } from '../../../src/text/yaml-documents.ts';
import { parseFile } from '../../../src/workspace/parse-file.ts';
import type { ParsedFile } from '../../../src/workspace/parsed-file.ts';

/** A folder on disk, read as the workspace reads it. */
export interface Tree {
  readonly paths: readonly string[];
  readonly readText: (path: string) => SourceFile | undefined;
  readonly readParsed: (path: string) => ParsedFile | undefined;
  /** Folders of the kustomizations, components left out. */
  readonly kustomizations: () => string[];
  readonly releases: () => Release[];
}

export interface Release {
  readonly id: string;
  readonly folder: string;
  /** Values files on top of values.yaml. */
  readonly layers: readonly string[];
  readonly chart: ChartFolder;
  readonly resolved: ResolvedChart;
}

export interface Comparison {
  /** Objects that both have. */
  objects: number;
  scalars: number;
  agree: number;
  unknown: number;
  disagree: number;
  /** Objects of relevant kinds that only the tool makes, resp. only we do. */
  missing: number;
  extra: number;
  /** One line for each disagreement. */
  differences: string[];
}

const MAX_BYTES = 4 * 2 ** 20;

export function readTree(root: string): Tree {
  const paths: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && entry.name !== '.git') walk(path);
      else if (entry.isFile()) paths.push(relative(root, path).split(sep).join('/'));
    }
  };
  walk(root);
  const known = new Set(paths);
  const texts = new Map<string, SourceFile>();
  const parsed = new Map<string, ParsedFile | undefined>();
  const readText = (path: string): SourceFile | undefined => {
    if (!known.has(path)) return undefined;
    const file =
      texts.get(path) ?? sourceFile(path, statSync(join(root, path)).size > MAX_BYTES ? '' : readFileSync(join(root, path), 'utf8'));
    texts.set(path, file);
    return file;
  };
  const readParsed = (path: string): ParsedFile | undefined => {
    if (!parsed.has(path)) {
      const file = readText(path);
      parsed.set(path, file && parseWhole(file));
    }
    return parsed.get(path);
  };
  const parsedFiles = (wanted: RegExp): ParsedFile[] =>
    paths.flatMap((path) => {
      const file = wanted.test(path) ? readText(path) : undefined;
      return file ? [{ format: 'yaml', file, documents: [], objects: [], templated: false, notices: [] }] : [];
    });
  return {
    paths,
    readText,
    readParsed,
    kustomizations: () =>
      findKustomizations(parsedFiles(/(?:^|\/)(?:kustomization\.ya?ml|Kustomization)$/))
        .filter((found) => found.kind === 'Kustomization')
        .map((found) => found.folder),
    releases: () => {
      const charts = findCharts(parsedFiles(/(?:^|\/)(?:Chart\.(?:ya?ml|lock)|requirements\.(?:ya?ml|lock))$/), paths);
      return charts
        .filter((chart) => chart.parent === undefined && !chart.isLibrary)
        .flatMap((chart) =>
          resolveChart(chart, { charts, readText }).map((resolved) => ({
            id: resolved.id,
            folder: chart.folder,
            layers: resolved.layerPaths,
            chart,
            resolved,
          })),
        );
    },
  };
}

/** The workspace leaves out documents that no rule reads; here every object counts. */
function parseWhole(file: SourceFile): ParsedFile | undefined {
  const parsed = parseFile(file);
  if (!/\.(?:ya?ml|json)$/.test(file.path)) return parsed;
  if (parsed?.format === 'yaml' && (parsed.templated || parsed.notices.length > 0)) return parsed;
  const objects = splitDocuments(file.text).flatMap((span) => {
    const result = parseYaml(file, span.start, span.end);
    return result.ok ? result.roots.flatMap((root) => readObjects(file, root, false)) : [];
  });
  return { format: 'yaml', file, documents: [], objects, templated: false, notices: [] };
}

interface ToolObject {
  readonly object: KubeObject;
  /** Helm says which template a document comes from. */
  readonly source: string | undefined;
}

function toolObjects(output: string): ToolObject[] {
  const file = sourceFile('output.yaml', output);
  let source: string | undefined;
  return splitDocuments(output).flatMap((span) => {
    const result = parseYaml(file, span.start, span.end);
    // A template that begins with `---` has the comment in a document of its own.
    source = /^# Source: (\S+)$/m.exec(output.slice(span.start, span.end))?.[1] ?? source;
    return (result.ok ? result.roots : [])
      .flatMap((root) => readObjects(file, root, false))
      .filter((object) => RELEVANT_KINDS.has(object.kind))
      .map((object): ToolObject => ({ object, source }));
  });
}

function emptyComparison(): Comparison {
  return { objects: 0, scalars: 0, agree: 0, unknown: 0, disagree: 0, missing: 0, extra: 0, differences: [] };
}

/** Compares what we make of a folder's kustomization with what `kustomize build` printed. */
export function compareKustomize(tree: Tree, folder: string, output: string): Comparison {
  const comparison = emptyComparison();
  const { objects, gaps } = resolveKustomization(folder, tree.readParsed, tree.readText);
  const ours = objects.filter((object) => RELEVANT_KINDS.has(object.kind));
  const rest = [...toolObjects(output)];
  const walker = new Walker(comparison, () => false);
  for (const object of ours) {
    const at = rest.findIndex(({ object: other }) => sameObject(object, other));
    const [match] = at >= 0 ? rest.splice(at, 1) : [];
    if (match) walker.objects(object, match.object);
    else if (object.name === undefined) comparison.extra++;
    else walker.lone(object);
  }
  lacking(
    comparison,
    rest.map(({ object }) => object),
    gaps.length > 0,
  );
  return comparison;
}

function lacking(comparison: Comparison, rest: readonly KubeObject[], open: boolean): void {
  comparison.missing += rest.length;
  // With a gap we don't claim to have seen everything.
  if (open) return;
  for (const object of rest) {
    comparison.disagree++;
    comparison.differences.push(`only the tool makes ${object.kind} ${object.namespace}/${object.name}`);
  }
}

function sameObject(ours: KubeObject, theirs: KubeObject): boolean {
  if (ours.kind !== theirs.kind || ours.apiVersion !== theirs.apiVersion || ours.name === undefined || theirs.name === undefined)
    return false;
  if (ours.namespace !== theirs.namespace) return false;
  return ours.name === theirs.name || withoutHash(theirs.name) === ours.name;
}

/** kustomize appends ten characters to generated names. */
function withoutHash(name: string): string {
  return name.replace(/-[a-z0-9]{10}$/, '');
}

/** Compares what we make of a release with what `helm template` printed. */
export function compareHelm(release: Release, output: string): Comparison {
  const comparison = emptyComparison();
  const { resolved, chart } = release;
  const theirs = toolObjects(output);
  const groups = new Map<string, { ours: KubeObject[]; theirs: KubeObject[] }>();
  const group = (key: string) => {
    const found = groups.get(key) ?? { ours: [], theirs: [] };
    groups.set(key, found);
    return found;
  };
  for (const object of resolved.objects) {
    const inChart = chart.folder === '.' ? object.file.path : object.file.path.slice(chart.folder.length + 1);
    group(`${chart.name}/${inChart} ${object.apiVersion} ${object.kind}`).ours.push(object);
  }
  for (const { object, source } of theirs) group(`${source ?? ''} ${object.apiVersion} ${object.kind}`).theirs.push(object);
  const undecided = (node: Span & { file: SourceFile }): boolean =>
    resolved.undecided.get(node.file)?.some((span) => span.start <= node.start && node.start < span.end) ?? false;
  const walker = new Walker(comparison, undecided);
  for (const { ours, theirs: made } of groups.values()) {
    const certain = ours.filter((object) => made.length === ours.length || !undecided(object.root));
    // What a loop or an undecided condition makes can't be told apart: it is unknown as a whole.
    if (certain.length === made.length) for (const [index, object] of certain.entries()) walker.objects(object, made[index]);
    else if (ours.some((object) => undecided(object.root))) comparison.unknown += ours.length;
    else if (made.length < ours.length) for (const object of ours.slice(made.length)) walker.lone(object);
    else lacking(comparison, made.slice(ours.length), resolved.gaps.length > 0);
  }
  return comparison;
}

class Walker {
  private readonly comparison: Comparison;
  /** The node stands where the values don't decide whether it is there. */
  private readonly undecided: (node: Span & { file: SourceFile }) => boolean;

  constructor(comparison: Comparison, undecided: (node: Span & { file: SourceFile }) => boolean) {
    this.comparison = comparison;
    this.undecided = undecided;
  }

  objects(ours: KubeObject, theirs: KubeObject | undefined): void {
    this.comparison.objects++;
    this.compare(ours.root, theirs?.root, `${ours.kind} ${theirs?.name ?? ours.name}`);
  }

  lone(object: KubeObject): void {
    this.comparison.extra++;
    this.disagree(`${object.kind} ${object.namespace}/${object.name}`, 'only we make it');
  }

  private disagree(path: string, what: string): void {
    this.comparison.disagree++;
    this.comparison.differences.push(`${path}: ${what}`);
  }

  private compare(ours: YamlNode, theirs: YamlNode | undefined, path: string, above = false): void {
    // A resolved scalar stands in the values file: whether it is there is told by what holds it.
    const maybe = above || this.undecided(ours);
    if (ours.kind === 'scalar') this.scalar(ours, theirs, path, maybe);
    else if (!theirs || theirs.kind !== ours.kind) {
      const empty = ours.kind === 'map' ? ours.pairs.size === 0 : ours.items.length === 0;
      const nothing = !theirs || (theirs.kind === 'scalar' && isNull(theirs));
      if (!empty && nothing) this.absent(ours, path, maybe);
      else if (!empty || (theirs && !(theirs.kind === 'scalar' && isNull(theirs)))) {
        if (ours.open || maybe) this.comparison.unknown++;
        else this.disagree(path, `we have a ${ours.kind}, the tool a ${theirs?.kind}`);
      }
    } else if (ours.kind === 'map' && theirs.kind === 'map') {
      for (const [name, pair] of ours.pairs) {
        if (pair.key.unknown) this.comparison.unknown++;
        else this.compare(pair.value, theirs.pairs.get(name)?.value, `${path}/${name}`, above || this.undecided(pair.key));
      }
      if (ours.open || [...ours.pairs.values()].some((pair) => pair.key.unknown)) return;
      for (const [name, pair] of theirs.pairs) if (!ours.pairs.has(name)) this.unseen(pair.value, `${path}/${name}`);
    } else if (ours.kind === 'sequence' && theirs.kind === 'sequence') {
      // Where a port is listed twice, the order of the list that kustomize merges has no meaning.
      const named =
        path.endsWith('/ports') && !ours.open && [...ours.items, ...theirs.items].every((item) => textAt(item, 'name') !== undefined);
      const order = (items: readonly YamlNode[]): readonly YamlNode[] => (named ? byName(items) : items);
      this.sequences(order(ours.items), order(theirs.items), ours.open, path, above);
    }
  }

  private sequences(ours: readonly YamlNode[], theirs: readonly YamlNode[], open: boolean, path: string, above: boolean): void {
    const certain = ours.filter((item) => ours.length === theirs.length || !this.undecided(item));
    if (!open && certain.length === theirs.length) {
      for (const [index, item] of certain.entries()) this.compare(item, theirs[index], `${path}/${index}`, above);
      return;
    }
    if (open || certain.length < ours.length) {
      this.comparison.unknown += ours.length;
      return;
    }
    this.disagree(path, `we have ${ours.length} items, the tool ${theirs.length}`);
  }

  /** The tool has nothing where we have a map or list. */
  private absent(ours: YamlNode, path: string, above: boolean): void {
    if (ours.kind === 'scalar') this.scalar(ours, undefined, path, above);
    else if (ours.kind === 'sequence') for (const item of ours.items) this.absent(item, path, above || this.undecided(item));
    else for (const pair of ours.pairs.values()) this.absent(pair.value, path, above || this.undecided(pair.key));
  }

  /** The tool has what we say isn't there. */
  private unseen(theirs: YamlNode, path: string): void {
    const told = scalarsOf(theirs).filter((scalar) => !isNull(scalar));
    if (told.length > 0) this.disagree(path, `only the tool has it (${told[0]?.text.slice(0, 60)})`);
  }

  private scalar(ours: YamlScalar, theirs: YamlNode | undefined, path: string, maybe: boolean): void {
    this.comparison.scalars++;
    if (ours.unknown) {
      this.comparison.unknown++;
      return;
    }
    if (theirs?.kind === 'scalar' ? sameScalar(ours, theirs) : isNull(ours)) {
      this.comparison.agree++;
      return;
    }
    if (!theirs && maybe) this.comparison.unknown++;
    else
      this.disagree(
        path,
        `we have ${JSON.stringify(ours.text).slice(0, 80)}, the tool ${theirs?.kind === 'scalar' ? JSON.stringify(theirs.text).slice(0, 80) : theirs?.kind}`,
      );
  }
}

function scalarsOf(node: YamlNode): YamlScalar[] {
  if (node.kind === 'scalar') return [node];
  if (node.kind === 'sequence') return node.items.flatMap(scalarsOf);
  return [...node.pairs.values()].flatMap((pair) => scalarsOf(pair.value));
}

function sameScalar(ours: YamlScalar, theirs: YamlScalar): boolean {
  if (ours.text === theirs.text || ours.text === withoutHash(theirs.text)) return true;
  if (isNull(ours) && (isNull(theirs) || theirs.text === '')) return true;
  // A block at the very end of a file that lacks its last newline: libraries differ on whether the text has it.
  if (ours.style === 'literal' && ours.text.replace(/\n$/, '') === theirs.text) return true;
  if (isNumber(ours) && isNumber(theirs)) return numberOf(ours.text) === numberOf(theirs.text);
  if (isBoolean(ours) && isBoolean(theirs)) return /^(?:true|yes|on)$/i.test(ours.text) === /^true$/.test(theirs.text);
  return false;
}

function byName(items: readonly YamlNode[]): readonly YamlNode[] {
  const name = (item: YamlNode): string => textAt(item, 'name') ?? '';
  return [...items].sort((a, b) => (name(a) < name(b) ? -1 : 1));
}

/** YAML 1.1's octal numbers included. */
function numberOf(text: string): number {
  return /^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text);
}
