import type { SourceFile } from '../../../text/source.ts';
import { itemsAt, scalarAt, textAt, type YamlMap, type YamlNode } from '../../../text/yaml.ts';
import type { ParsedFile } from '../../../workspace/parsed-file.ts';
import type { Gap } from '../../value.ts';
import { annotationsOf, identityOf, type KubeObject, readObjects } from '../objects.ts';
import { DEFAULT_CONFIG, type NameReference, type TransformerConfig } from './field-specs.ts';
import { runGenerators } from './generators.ts';
import {
  documentsOf,
  inFolder,
  isRemote,
  KUSTOMIZATION_NAMES,
  kustomizationRoot,
  namedResources,
  resolvePath,
} from './kustomization-file.ts';
import { updateNameReferences } from './name-references.ts';
import { applyJson6902, applyPatches, type PatchInput } from './patches.ts';
import { type Resource, resourceOf } from './resource.ts';
import { affixNames, readFieldSpecs, setAnnotations, setImages, setLabels, setNamespace, setReplicas } from './transform.ts';
import { taintAll, taintReplacements, taintVariables, variableNames } from './unknown-fields.ts';

export interface ResolvedKustomization {
  readonly objects: readonly KubeObject[];
  /** Every path that the result depends on, missing ones included. */
  readonly members: readonly string[];
  /** What could hold more objects, or could have changed those that are here. */
  readonly gaps: readonly Gap[];
  /** Folders in the repository that it uses (bases and components, nested ones too). */
  readonly localFolders: readonly string[];
}

/**
 * The objects that a folder's kustomization makes, as `kustomize build` would, except that generated names stay without
 * their hash. Each node stands where it was written: in a base, a patch, a generator's source or the kustomization.
 * @param readParsed the parsed file at a path from the root, `undefined` when nothing in it is relevant
 * @param readText any file at a path from the root, `undefined` when there is none
 */
export function resolveKustomization(
  folder: string,
  readParsed: (path: string) => ParsedFile | undefined,
  readText: (path: string) => SourceFile | undefined,
): ResolvedKustomization {
  const resolver = new Resolver(readParsed, readText);
  const start: Accumulated = { resources: [], config: DEFAULT_CONFIG, variables: new Set() };
  const { resources, config, variables } = resolver.folder(folder, 'Kustomization', start) ?? start;
  const referring = taintVariables(updateNameReferences(resources, config.nameReference), variables);
  const objects = referring
    .map((resource) => resource.object)
    .filter((object) => !isLocalConfig(object) && !REFERRED_KINDS.has(object.kind));
  return { objects, members: [...resolver.members].sort(), gaps: resolver.gaps, localFolders: [...resolver.localFolders].sort() };
}

/** Kinds that no rule reads, but whose new names workloads refer to. */
const REFERRED_KINDS: ReadonlySet<string> = new Set(['PersistentVolumeClaim', 'PriorityClass', 'StorageClass']);
const REFERRED = /\bkind["']?\s*:\s*["']?(?:PersistentVolumeClaim|PriorityClass|StorageClass)\b/;

function referredObjects(file: SourceFile): KubeObject[] {
  if (!REFERRED.test(file.text)) return [];
  const objects = (documentsOf(file) ?? []).flatMap((root) => readObjects(file, root, false));
  return objects.filter((object) => REFERRED_KINDS.has(object.kind));
}

function isLocalConfig(object: KubeObject): boolean {
  const value = textAt(annotationsOf(object), 'config.kubernetes.io/local-config');
  return value !== undefined && value !== 'false';
}

interface Accumulated {
  readonly resources: readonly Resource[];
  readonly config: TransformerConfig;
  readonly variables: ReadonlySet<string>;
}

/** What changes or makes objects in ways that aren't followed. */
const UNFOLLOWED = ['generators', 'crds', 'openapi', 'helmCharts', 'helmChartInflationGenerator', 'transformers'] as const;

class Resolver {
  readonly members = new Set<string>();
  readonly gaps: Gap[] = [];
  readonly localFolders = new Set<string>();
  private readonly readParsed: (path: string) => ParsedFile | undefined;
  private readonly readText: (path: string) => SourceFile | undefined;
  private readonly bases = new Map<string, Accumulated>();
  /** Folders being resolved, outermost first. */
  private readonly open: string[] = [];

  constructor(readParsed: (path: string) => ParsedFile | undefined, readText: (path: string) => SourceFile | undefined) {
    this.readParsed = readParsed;
    this.readText = readText;
  }

  private gap(kind: Gap['kind'], path: string, detail: string): void {
    this.gaps.push({ kind, path, detail });
  }

  /** Resolves a folder on top of what a component's user has gathered (nothing, for a kustomization). */
  folder(folder: string, kind: 'Kustomization' | 'Component', parent: Accumulated): Accumulated | undefined {
    const file = this.kustomizationIn(folder);
    if (!file) {
      this.gap('unreadable', folder, 'no kustomization there');
      return undefined;
    }
    if (this.open.includes(folder)) {
      this.gap('unparsable', file.path, 'the kustomizations use each other in a circle');
      return undefined;
    }
    const root = kustomizationRoot(file);
    if (!root) {
      this.gap('unparsable', file.path, 'not a kustomization that can be read');
      return undefined;
    }
    if ((textAt(root, 'kind') === 'Component') !== (kind === 'Component')) {
      this.gap('unparsable', file.path, `it is used as a ${kind} but isn't one`);
      return undefined;
    }
    this.open.push(folder);
    const result = this.accumulate(folder, file, root, parent);
    this.open.pop();
    return result;
  }

  private kustomizationIn(folder: string): SourceFile | undefined {
    for (const name of KUSTOMIZATION_NAMES) {
      const path = inFolder(folder, name);
      this.members.add(path);
      const file = this.readText(path);
      if (file) return file;
    }
    return undefined;
  }

  private accumulate(folder: string, file: SourceFile, root: YamlMap, parent: Accumulated): Accumulated {
    let gathered = parent;
    const { resources, components } = namedResources(root);
    for (const path of resources) gathered = this.addResource(gathered, folder, file, path);
    const config = this.ownConfiguration(gathered.config, folder, root);
    let all = runGenerators(gathered.resources, {
      kustomization: root,
      file,
      read: (path) => this.read(folder, path),
      gap: (gapKind, path, detail) => this.gap(gapKind, path, detail),
    });
    this.tellUnfollowed(file, root);
    gathered = { ...gathered, resources: all, config };
    for (const path of components) gathered = this.addComponent(gathered, folder, file, path);
    all = this.transform(folder, file, root, gathered);
    const variables = new Set([...gathered.variables, ...variableNames(root)]);
    if (variables.size > gathered.variables.size) this.gap('unsupported', file.path, 'vars');
    return { resources: all, config: gathered.config, variables };
  }

  private tellUnfollowed(file: SourceFile, root: YamlMap): void {
    for (const key of UNFOLLOWED) {
      const node = root.pairs.get(key)?.value;
      const empty = !node || (node.kind === 'sequence' && node.items.length === 0) || (node.kind === 'scalar' && node.text === '');
      if (!empty) this.gap('unsupported', file.path, key);
    }
  }

  private addResource(into: Accumulated, folder: string, from: SourceFile, written: string): Accumulated {
    if (isRemote(written)) {
      this.gap('remote', from.path, written);
      return into;
    }
    const path = resolvePath(folder, written);
    if (path === undefined) {
      this.gap('unreadable', from.path, `${written} is outside the repository`);
      return into;
    }
    const parsed = this.readParsed(path);
    const text = parsed?.file ?? this.readText(path);
    if (!text && this.kustomizationIn(path)) {
      this.localFolders.add(path);
      const base = this.base(path);
      if (!base) return into;
      return {
        resources: this.joined(into.resources, base.resources, from),
        config: mergedConfig(into.config, base.config),
        variables: new Set([...into.variables, ...base.variables]),
      };
    }
    this.members.add(path);
    if (!text) {
      this.gap('unreadable', path, `named in ${from.path}`);
      return into;
    }
    const referred = referredObjects(text).map(resourceOf);
    if (parsed?.format !== 'yaml') return { ...into, resources: this.joined(into.resources, referred, from) };
    for (const notice of parsed.notices) {
      if (notice.kind === 'configuration' || notice.kind === 'templated') continue;
      this.gap(notice.kind === 'conflict' ? 'unparsable' : notice.kind, path, notice.message);
    }
    const read = parsed.objects.filter((object) => !REFERRED_KINDS.has(object.kind)).map(resourceOf);
    return { ...into, resources: this.joined(into.resources, [...read, ...referred], from) };
  }

  /** A base that several kustomizations use is resolved once. */
  private base(folder: string): Accumulated | undefined {
    const known = this.bases.get(folder);
    if (known) return known;
    const base = this.folder(folder, 'Kustomization', { resources: [], config: DEFAULT_CONFIG, variables: new Set() });
    if (base) this.bases.set(folder, base);
    return base;
  }

  private addComponent(into: Accumulated, folder: string, from: SourceFile, written: string): Accumulated {
    if (isRemote(written)) {
      this.gap('remote', from.path, written);
      return { ...into, resources: into.resources.map((resource) => taintAll(resource, written)) };
    }
    const path = resolvePath(folder, written);
    if (path === undefined) {
      this.gap('unreadable', from.path, `${written} is outside the repository`);
      return { ...into, resources: into.resources.map((resource) => taintAll(resource, written)) };
    }
    this.localFolders.add(path);
    const result = this.folder(path, 'Component', into);
    return result ?? { ...into, resources: into.resources.map((resource) => taintAll(resource, written)) };
  }

  /** kustomize refuses two objects of one identity; the first is kept. */
  private joined(before: readonly Resource[], added: readonly Resource[], from: SourceFile): Resource[] {
    const seen = new Set(before.map((resource) => keyOf(resource.object)));
    const all = [...before];
    for (const resource of added) {
      const key = keyOf(resource.object);
      if (key !== undefined && seen.has(key)) this.gap('unsupported', from.path, `${key} is there twice`);
      else all.push(resource);
      seen.add(key);
    }
    return all;
  }

  private transform(folder: string, file: SourceFile, root: YamlMap, gathered: Accumulated): Resource[] {
    const { config } = gathered;
    const input: PatchInput = {
      kustomization: root,
      file,
      read: (path) => this.read(folder, path),
      exists: (path) => {
        const from = resolvePath(folder, path);
        return from !== undefined && this.readText(from) !== undefined;
      },
      gap: (detail) => this.gap('unsupported', file.path, detail),
      ownSchema: root.pairs.has('openapi'),
    };
    let all = applyPatches(gathered.resources, input);
    const namespace = scalarAt(root, 'namespace');
    if (namespace && (namespace.unknown || namespace.text !== '')) all = setNamespace(all, namespace, config);
    for (const [key, end] of [
      ['namePrefix', 'prefix'],
      ['nameSuffix', 'suffix'],
    ] as const) {
      const affix = scalarAt(root, key);
      if (affix && (affix.unknown || affix.text !== '')) all = affixNames(all, affix, end);
    }
    all = setLabels(all, root, config);
    all = setAnnotations(all, root, config);
    all = applyJson6902(all, input);
    all = setReplicas(all, root, config);
    all = setImages(all, root, config);
    const replacements = this.replacements(folder, root);
    if (replacements.length > 0) {
      this.gap('unsupported', file.path, 'replacements');
      all = taintReplacements(all, replacements);
    }
    if (itemsAt(root, 'transformers').length > 0) all = all.map((resource) => taintAll(resource, 'transformers'));
    return all;
  }

  private replacements(folder: string, root: YamlMap): YamlNode[] {
    return itemsAt(root, 'replacements').flatMap((entry) => {
      const path = textAt(entry, 'path');
      if (path === undefined) return [entry];
      const file = this.read(folder, path);
      const documents = (file && documentsOf(file)) ?? [];
      return documents.flatMap((document) => (document.kind === 'sequence' ? document.items : [document]));
    });
  }

  /** A file that the kustomization names beside its resources: a patch, an env file, a generator's file. */
  private read(folder: string, written: string): SourceFile | undefined {
    const path = resolvePath(folder, written);
    if (path !== undefined) this.members.add(path);
    const file = path === undefined ? undefined : this.readText(path);
    if (!file) this.gap(isRemote(written) ? 'remote' : 'unreadable', path ?? written, `named in the kustomization of ${folder}`);
    return file;
  }

  /** `configurations:` adds fields to what the transformers touch. */
  private ownConfiguration(config: TransformerConfig, folder: string, root: YamlMap): TransformerConfig {
    let merged = config;
    for (const item of itemsAt(root, 'configurations')) {
      const file = item.kind === 'scalar' && !item.unknown ? this.read(folder, item.text) : undefined;
      for (const document of (file && documentsOf(file)) ?? []) merged = mergedConfig(merged, readConfig(document));
    }
    return merged;
  }
}

function keyOf(object: KubeObject): string | undefined {
  const identity = identityOf(object);
  return identity === undefined ? undefined : `${object.apiVersion} ${identity}`;
}

function readConfig(document: YamlNode): TransformerConfig {
  const nameReference = itemsAt(document, 'nameReference').flatMap((entry): NameReference[] => {
    const kind = textAt(entry, 'kind');
    if (kind === undefined) return [];
    return [{ kind, group: textAt(entry, 'group'), version: textAt(entry, 'version'), fields: readFieldSpecs(entry, 'fieldSpecs') }];
  });
  const fields = (key: string) => readFieldSpecs(document, key);
  return {
    commonLabels: fields('commonLabels'),
    templateLabels: fields('templateLabels'),
    labels: fields('labels'),
    commonAnnotations: fields('commonAnnotations'),
    namespace: fields('namespace'),
    images: fields('images'),
    replicas: fields('replicas'),
    nameReference,
  };
}

function mergedConfig(a: TransformerConfig, b: TransformerConfig): TransformerConfig {
  if (a === b) return a;
  const both = <T>(x: readonly T[], y: readonly T[]): readonly T[] => (x === y ? x : [...x, ...y.filter((item) => !x.includes(item))]);
  return {
    commonLabels: both(a.commonLabels, b.commonLabels),
    templateLabels: both(a.templateLabels, b.templateLabels),
    labels: both(a.labels, b.labels),
    commonAnnotations: both(a.commonAnnotations, b.commonAnnotations),
    namespace: both(a.namespace, b.namespace),
    images: both(a.images, b.images),
    replicas: both(a.replicas, b.replicas),
    nameReference: both(a.nameReference, b.nameReference),
  };
}
