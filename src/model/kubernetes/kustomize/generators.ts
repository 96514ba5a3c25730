import type { Anchor, SourceFile } from '../../../text/source.ts';
import {
  itemsAt,
  mapAt,
  scalarAt,
  spanInScalar,
  textAt,
  type YamlMap,
  type YamlNode,
  type YamlPair,
  type YamlScalar,
} from '../../../text/yaml.ts';
import { derivedMap, derivedScalar, overriding, unknownScalar, withEntry } from '../../../text/yaml-tree.ts';
import { kubeObject } from '../objects.ts';
import { hasIdentity, type Resource, resourceOf, withRoot } from './resource.ts';

export interface GeneratorInput {
  readonly kustomization: YamlMap;
  readonly file: SourceFile;
  /** The text of a file named in the kustomization. */
  readonly read: (path: string) => SourceFile | undefined;
  readonly gap: (kind: 'unreadable' | 'unsupported', path: string, detail: string) => void;
}

/**
 * `configMapGenerator` and `secretGenerator`. Names stay without the hash that kustomize appends, so that references by the
 * plain name still fit. The values of a Secret are never read.
 */
export function runGenerators(resources: readonly Resource[], input: GeneratorInput): Resource[] {
  let all = [...resources];
  for (const [key, kind] of [
    ['configMapGenerator', 'ConfigMap'],
    ['secretGenerator', 'Secret'],
  ] as const) {
    for (const entry of itemsAt(input.kustomization, key)) all = generate(all, entry, kind, input);
  }
  return all;
}

function generate(resources: readonly Resource[], entry: YamlNode, kind: 'ConfigMap' | 'Secret', input: GeneratorInput): Resource[] {
  const name = scalarAt(entry, 'name');
  if (entry.kind !== 'map' || !name) return [...resources];
  const { data, binary } = kind === 'ConfigMap' ? configMapData(entry, input) : { data: secretData(entry, name, input), binary: undefined };
  const labels = mergedEntries(mapAt(input.kustomization, 'generatorOptions', 'labels'), mapAt(entry, 'options', 'labels'));
  const annotations = mergedEntries(mapAt(input.kustomization, 'generatorOptions', 'annotations'), mapAt(entry, 'options', 'annotations'));
  const behavior = textAt(entry, 'behavior') ?? 'create';
  const namespace = scalarAt(entry, 'namespace');
  const existing = name.unknown
    ? undefined
    : resources.find((resource) =>
        hasIdentity(resource, { apiVersion: 'v1', kind, name: name.text, namespace: textAt(entry, 'namespace') ?? '' }),
      );
  if (behavior === 'merge' || behavior === 'replace') {
    if (!existing) {
      input.gap('unsupported', input.file.path, `${kind} ${name.text}: nothing there to ${behavior}`);
      return [...resources];
    }
    const changed = withGenerated(existing, behavior, data, labels, annotations);
    return resources.map((resource) => (resource === existing ? changed : resource));
  }
  if (existing) {
    input.gap('unsupported', input.file.path, `${kind} ${name.text} is there already`);
    return [...resources];
  }
  let metadata = withEntry(derivedMap(entry), 'name', name, entry.pairs.get('name')?.key);
  if (namespace) metadata = withEntry(metadata, 'namespace', namespace);
  if (labels) metadata = withEntry(metadata, 'labels', labels);
  if (annotations) metadata = withEntry(metadata, 'annotations', annotations);
  let root = derivedMap(entry);
  for (const [key, value] of [
    ['apiVersion', derivedScalar(entry, 'v1')],
    ['kind', derivedScalar(entry, kind)],
    ['metadata', metadata],
    ['data', data],
  ] as const) {
    if (key !== 'data' || data.pairs.size > 0 || data.open) root = withEntry(root, key, value);
  }
  if (binary) root = withEntry(root, 'binaryData', binary);
  const type = scalarAt(entry, 'type');
  if (kind === 'Secret') root = withEntry(root, 'type', type ?? derivedScalar(entry, 'Opaque'));
  return [...resources, resourceOf(kubeObject(input.file, root, 'v1', kind, false))];
}

function withGenerated(
  existing: Resource,
  behavior: 'merge' | 'replace',
  data: YamlMap,
  labels: YamlMap | undefined,
  annotations: YamlMap | undefined,
): Resource {
  let { root } = existing.object;
  const before = mapAt(root, 'data');
  root = withEntry(root, 'data', behavior === 'merge' && before ? (mergedEntries(before, data) ?? data) : overriding(data, before));
  const metadata = mapAt(root, 'metadata');
  if (metadata) {
    const [mergedLabels, mergedAnnotations] = [
      mergedEntries(mapAt(metadata, 'labels'), labels),
      mergedEntries(mapAt(metadata, 'annotations'), annotations),
    ];
    let next = metadata;
    if (mergedLabels) next = withEntry(next, 'labels', mergedLabels);
    if (mergedAnnotations) next = withEntry(next, 'annotations', mergedAnnotations);
    root = withEntry(root, 'metadata', next);
  }
  return withRoot(existing, root);
}

function mergedEntries(below: YamlMap | undefined, above: YamlMap | undefined): YamlMap | undefined {
  if (!below || !above) return above ?? below;
  const pairs = new Map(below.pairs);
  for (const [name, pair] of above.pairs) pairs.set(name, { ...pair, value: overriding(pair.value, below.pairs.get(name)?.value) });
  return { ...below, pairs, open: below.open || above.open };
}

/** @param keyAt where the key is written, if anywhere */
function pairOf(key: string, value: YamlScalar, keyAt: Anchor = value): readonly [string, YamlPair] {
  return [key, { key: derivedScalar(keyAt, key), value }];
}

function configMapData(entry: YamlMap, input: GeneratorInput): { data: YamlMap; binary: YamlMap | undefined } {
  const binary: (readonly [string, YamlPair])[] = [];
  const pairs: (readonly [string, YamlPair])[] = [];
  let open = false;
  for (const path of envPaths(entry)) {
    const file = input.read(path);
    if (file) pairs.push(...envFileEntries(file));
    else open = true;
  }
  for (const literal of itemsAt(entry, 'literals')) {
    if (literal.kind !== 'scalar') continue;
    const split = literal.text.indexOf('=');
    if (literal.unknown || split <= 0) {
      open = true;
      continue;
    }
    const raw = literal.text.slice(split + 1);
    const quoted = raw.length >= 2 && raw[0] === raw.at(-1) && (raw[0] === '"' || raw[0] === "'");
    const text = quoted ? raw.slice(1, -1) : raw;
    const from = split + 1 + (quoted ? 1 : 0);
    const value = derivedScalar(spanInScalar(literal, from, from + text.length) ?? literal, text);
    pairs.push(pairOf(literal.text.slice(0, split), value, spanInScalar(literal, 0, split)));
  }
  for (const item of itemsAt(entry, 'files')) {
    if (item.kind !== 'scalar' || item.unknown) continue;
    const split = item.text.indexOf('=');
    const path = item.text.slice(split + 1);
    const key = split < 0 ? (path.split('/').at(-1) ?? path) : item.text.slice(0, split);
    const file = input.read(path);
    // Bytes that are no text go to `binaryData`.
    if (file && (file.text.includes('\0') || file.text.includes('\ufffd'))) {
      binary.push(pairOf(key, unknownScalar(item, { why: 'outside', what: path })));
      continue;
    }
    const value = file
      ? derivedScalar({ file, start: 0, end: file.text.length }, file.text, 'literal')
      : unknownScalar(item, { why: 'outside', what: path });
    pairs.push(pairOf(key, value));
  }
  return { data: { ...derivedMap(entry, pairs), open }, binary: binary.length > 0 ? derivedMap(entry, binary) : undefined };
}

/** The entries of an env file as kustomize reads it: one `KEY=value` a line, quotes belong to the value. */
function envFileEntries(file: SourceFile): (readonly [string, YamlPair])[] {
  const entries: (readonly [string, YamlPair])[] = [];
  for (const line of file.text.matchAll(/^([^\S\n]*)([^\s#=][^\r\n=]*)(?:=([^\r\n]*))?/gm)) {
    const [whole, indent = '', key = '', value = ''] = line;
    const end = line.index + whole.length;
    const start = line.index + indent.length;
    entries.push(pairOf(key, derivedScalar({ file, start: end - value.length, end }, value), { file, start, end: start + key.length }));
  }
  return entries;
}

function envPaths(entry: YamlMap): string[] {
  const single = textAt(entry, 'env');
  const several = itemsAt(entry, 'envs').flatMap((item) => (item.kind === 'scalar' && !item.unknown ? [item.text] : []));
  return single === undefined ? several : [...several, single];
}

/** The keys that the generator names; what they hold is secret. Keys from env files are read, their values aren't kept. */
function secretData(entry: YamlMap, name: YamlScalar, input: GeneratorInput): YamlMap {
  const pairs: (readonly [string, YamlPair])[] = [];
  const secret = (key: string, at: YamlNode): void => {
    pairs.push(pairOf(key, unknownScalar(at, { why: 'secret', name: name.text })));
  };
  let open = false;
  for (const path of envPaths(entry)) {
    const file = input.read(path);
    if (!file) open = true;
    else for (const [key, pair] of envFileEntries(file)) secret(key, pair.value);
  }
  for (const item of itemsAt(entry, 'literals')) {
    if (item.kind === 'scalar' && !item.unknown && item.text.includes('=')) secret(item.text.slice(0, item.text.indexOf('=')), item);
    else open = true;
  }
  for (const item of itemsAt(entry, 'files')) {
    if (item.kind !== 'scalar' || item.unknown) continue;
    const split = item.text.indexOf('=');
    secret(split < 0 ? (item.text.split('/').at(-1) ?? item.text) : item.text.slice(0, split), item);
    input.read(item.text.slice(split + 1));
  }
  return { ...derivedMap(entry, pairs), open };
}
