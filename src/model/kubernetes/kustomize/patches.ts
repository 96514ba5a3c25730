import { parseEmbeddedDocuments } from '../../../text/embedded.ts';
import type { SourceFile } from '../../../text/source.ts';
import { isNull, itemsAt, mapAt, nodeAt, textAt, type YamlMap, type YamlNode, type YamlScalar } from '../../../text/yaml.ts';
import { mapScalars, withEntry, withNodeAt, withoutEntry } from '../../../text/yaml-tree.ts';
import { RELEVANT_KINDS } from '../objects.ts';
import { documentsOf } from './kustomization-file.ts';
import { applyJsonPatch } from './json-patch.ts';
import { groupVersion, hasIdentity, readSelector, type Resource, rememberingId, withRoot } from './resource.ts';
import { hasSchema, strategicMerge } from './strategic-merge.ts';
import { taintAll } from './unknown-fields.ts';

export interface PatchInput {
  readonly kustomization: YamlMap;
  readonly file: SourceFile;
  /** The text of a file named in the kustomization. A missing one is told as a gap. */
  readonly read: (path: string) => SourceFile | undefined;
  readonly exists: (path: string) => boolean;
  readonly gap: (detail: string) => void;
  /** A schema of one's own may give lists of custom resources merge keys. */
  readonly ownSchema: boolean;
}

/** `patchesStrategicMerge:`, then `patches:`; they see the names as the resources have them. */
export function applyPatches(resources: readonly Resource[], input: PatchInput): Resource[] {
  let all = [...resources];
  for (const item of itemsAt(input.kustomization, 'patchesStrategicMerge')) {
    if (item.kind !== 'scalar' || item.unknown) continue;
    const inline = item.text.includes('\n') || (!input.exists(item.text) && item.text.includes(': '));
    const documents = inline ? inlineDocuments(item) : fileDocuments(item.text, input);
    if (documents) all = mergeByIdentity(all, documents, { selected: true }, input);
    else {
      if (inline || input.exists(item.text)) input.gap(`patch ${nameOf(item)} can't be read`);
      all = all.map((resource) => taintAll(resource, nameOf(item)));
    }
  }
  for (const entry of itemsAt(input.kustomization, 'patches')) all = applyPatch(all, entry, input);
  return all;
}

/** `patchesJson6902:`, which kustomize applies after the names have changed, to exactly one object. */
export function applyJson6902(resources: readonly Resource[], input: PatchInput): Resource[] {
  let all = [...resources];
  for (const entry of itemsAt(input.kustomization, 'patchesJson6902')) {
    const target = nodeAt(entry, 'target');
    const group = textAt(target, 'group') ?? '';
    const version = textAt(target, 'version') ?? '';
    const [kind, name] = [textAt(target, 'kind'), textAt(target, 'name')];
    if (kind === undefined || name === undefined) continue;
    const apiVersion = group === '' ? version : `${group}/${version}`;
    const namespace = textAt(target, 'namespace') ?? '';
    const matching = all.filter((resource) => {
      const own = groupVersion(resource.object.apiVersion);
      const loose = { group: group || own.group, version: version || own.version };
      const wanted = version === '' ? (loose.group === '' ? loose.version : `${loose.group}/${loose.version}`) : apiVersion;
      return hasIdentity(resource, { apiVersion: wanted, kind, name, namespace });
    });
    const documents = documentsFor(entry, input);
    if (documents) all = patchWithJson(all, documents, (resource) => matching.includes(resource), input);
  }
  return all;
}

function nameOf(item: YamlScalar): string {
  return item.text.includes('\n') ? '(inline)' : item.text;
}

function inlineDocuments(scalar: YamlScalar): readonly YamlNode[] | undefined {
  return scalar.unknown ? undefined : parseEmbeddedDocuments(scalar);
}

function fileDocuments(path: string, input: PatchInput): readonly YamlNode[] | undefined {
  const file = input.read(path);
  return file && documentsOf(file);
}

function documentsFor(entry: YamlNode, input: PatchInput): readonly YamlNode[] | undefined {
  const path = textAt(entry, 'path');
  const patch = nodeAt(entry, 'patch');
  const documents = path !== undefined ? fileDocuments(path, input) : patch?.kind === 'scalar' ? inlineDocuments(patch) : undefined;
  if (!documents && (path === undefined || input.exists(path))) input.gap(`patch ${path ?? '(inline)'} can't be read`);
  return documents;
}

function applyPatch(resources: readonly Resource[], entry: YamlNode, input: PatchInput): Resource[] {
  const documents = documentsFor(entry, input)?.filter((root) => root.kind !== 'scalar' || !isNull(root));
  const target = nodeAt(entry, 'target');
  if (!documents) {
    // What a patch that isn't here does to its targets isn't known.
    const reach = target?.kind === 'map' ? readSelector(target) : undefined;
    return resources.map((resource) => (!reach || reach.matches(resource) ? taintAll(resource, 'patches') : resource));
  }
  const options = {
    nameChange: textAt(entry, 'options', 'allowNameChange') === 'true',
    kindChange: textAt(entry, 'options', 'allowKindChange') === 'true',
  };
  const isJson = documents.some((root) => root.kind === 'sequence');
  if (target?.kind !== 'map') {
    if (!isJson) return mergeByIdentity(resources, documents, options, input);
    input.gap('a JSON patch without a target');
    return [...resources];
  }
  const selector = readSelector(target);
  if (!selector) {
    // Which objects it selects isn't known: any could have changed.
    input.gap('a patch target that is no regular expression here');
    return resources.map((resource) => taintAll(resource, 'patches'));
  }
  if (isJson) return patchWithJson(resources, documents, selector.matches, input);
  const [patch, ...more] = documents;
  if (patch?.kind !== 'map' || more.length > 0) {
    input.gap('several strategic merge patches under one target');
    return [...resources];
  }
  return resources.flatMap((resource) =>
    selector.matches(resource) ? mergePatch(resource, patch, { ...options, selected: true }, input) : [resource],
  );
}

interface MergeOptions {
  /** The patch came by a target or by `patchesStrategicMerge`. */
  readonly selected?: boolean;
  readonly nameChange?: boolean;
  readonly kindChange?: boolean;
}

function mergeByIdentity(
  resources: readonly Resource[],
  patches: readonly YamlNode[],
  options: MergeOptions,
  input: PatchInput,
): Resource[] {
  let all = [...resources];
  for (const patch of patches.flatMap(expandList)) {
    const [apiVersion, kind, name] = [textAt(patch, 'apiVersion'), textAt(patch, 'kind'), textAt(patch, 'metadata', 'name')];
    if (apiVersion === undefined || kind === undefined || name === undefined) continue;
    const id = { apiVersion, kind, name, namespace: textAt(patch, 'metadata', 'namespace') ?? '' };
    const matching = all.filter((resource) => hasIdentity(resource, id));
    if (matching.length !== 1) {
      if (RELEVANT_KINDS.has(kind)) input.gap(`the patch of ${kind} ${name} fits ${matching.length} objects`);
      continue;
    }
    all = all.flatMap((resource) => (resource === matching[0] ? mergePatch(resource, patch, options, input) : [resource]));
  }
  return all;
}

function expandList(root: YamlNode): YamlMap[] {
  if (root.kind !== 'map') return [];
  const isList = textAt(root, 'kind')?.endsWith('List') && root.pairs.has('items');
  return isList ? itemsAt(root, 'items').flatMap((item) => (item.kind === 'map' ? [item] : [])) : [root];
}

/** The patched resource, or none when the patch deletes it. A patch keeps what the object is, unless told otherwise. */
function mergePatch(resource: Resource, patch: YamlMap, options: MergeOptions, input: PatchInput): Resource[] {
  const { apiVersion, kind, root } = resource.object;
  const merged = strategicMerge(root, options.selected ? withTextMetadata(patch) : patch, apiVersion, kind);
  if (!merged) return [];
  const before = options.nameChange || options.kindChange ? rememberingId(resource) : resource;
  let next = keeping(merged, root, ['apiVersion']);
  if (!options.kindChange) next = keeping(next, root, ['kind']);
  if (!options.nameChange) next = keeping(next, root, ['metadata', 'name']);
  next = keeping(next, root, ['metadata', 'namespace']);
  const patched = withRoot(before, next);
  const maybeKeyed = input.ownSchema && !hasSchema(apiVersion, kind) && hasList(patch);
  return [maybeKeyed ? taintAll(patched, 'openapi') : patched];
}

function keeping(root: YamlMap, original: YamlMap, path: readonly string[]): YamlMap {
  const value = nodeAt(original, ...path);
  if (nodeAt(root, ...path) === value) return root;
  if (value) return withNodeAt(root, path, () => value, value);
  const [first = '', second] = path;
  const parent = root.pairs.get(first)?.value;
  return second !== undefined && parent?.kind === 'map' ? withEntry(root, first, withoutEntry(parent, second)) : root;
}

/** On this way kustomize (5.8) takes a patch's labels and annotations for text first: `null` becomes the word, and deletes nothing. */
function withTextMetadata(patch: YamlMap): YamlMap {
  let next = patch;
  for (const field of ['labels', 'annotations']) {
    const map = mapAt(patch, 'metadata', field);
    if (!map) continue;
    const texts = mapScalars(map, (scalar) => (!scalar.unknown && isNull(scalar) ? { ...scalar, style: 'double', derived: true } : scalar));
    if (texts !== map) next = withNodeAt(next, ['metadata', field], () => texts, map);
  }
  return next;
}

function hasList(node: YamlNode): boolean {
  return node.kind === 'sequence' || (node.kind === 'map' && [...node.pairs.values()].some((pair) => hasList(pair.value)));
}

function patchWithJson(
  resources: readonly Resource[],
  documents: readonly YamlNode[],
  matches: (resource: Resource) => boolean,
  input: PatchInput,
): Resource[] {
  const [patch] = documents;
  if (patch?.kind !== 'sequence') return [...resources];
  return resources.map((resource) => {
    if (!matches(resource)) return resource;
    const result = applyJsonPatch(resource.object.root, patch);
    if (result.ok) return withRoot(rememberingId(resource), result.root);
    // kustomize would refuse the whole build: what the object becomes isn't known.
    input.gap(`JSON patch of ${resource.object.kind} ${resource.object.name ?? ''}: ${result.problem}`);
    return taintAll(resource, 'patches');
  });
}
