import type { Unknown } from '../model/value.ts';
import type { Anchor } from './source.ts';
import type { ScalarStyle, YamlMap, YamlNode, YamlPair, YamlScalar, YamlSequence } from './yaml.ts';

/** Pure edits of a YAML tree: each gives a new tree, and the nodes that it leaves alone are the same ones. */

/** The winner of a patch or layer, remembering what it replaced (nearest first). */
export function overriding<T extends YamlNode>(winner: T, loser: YamlNode | undefined): T {
  if (!loser || loser === winner) return winner;
  const { overrides = [] } = loser;
  const bare: YamlNode = overrides.length > 0 ? { ...loser, overrides: undefined } : loser;
  return { ...winner, overrides: [...(winner.overrides ?? []), bare, ...overrides] };
}

/** A scalar whose text was computed, standing where a person would edit it. */
export function derivedScalar(at: Anchor, text: string, style: ScalarStyle = 'double'): YamlScalar {
  return { kind: 'scalar', file: at.file, start: at.start, end: at.end, text, style, tag: undefined, derived: true };
}

export function unknownScalar(at: Anchor, unknown: Unknown): YamlScalar {
  return { kind: 'scalar', file: at.file, start: at.start, end: at.end, text: '', style: 'plain', tag: undefined, unknown, derived: true };
}

/** A map that no file holds; its entries do stand in one. */
export function derivedMap(at: Anchor, pairs: Iterable<readonly [string, YamlPair]> = []): YamlMap {
  return { kind: 'map', file: at.file, start: at.start, end: at.end, flow: false, open: false, pairs: new Map(pairs), derived: true };
}

export function derivedSequence(at: Anchor, items: readonly YamlNode[]): YamlSequence {
  return { kind: 'sequence', file: at.file, start: at.start, end: at.end, flow: false, open: false, items, derived: true };
}

/** Sets an entry; an existing key keeps its place and its key node. */
export function withEntry(map: YamlMap, name: string, value: YamlNode, key?: YamlScalar): YamlMap {
  const pairs = new Map(map.pairs);
  const earlier = pairs.get(name);
  pairs.set(name, { key: earlier?.key ?? key ?? derivedScalar(value, name), value });
  return { ...map, pairs };
}

export function withoutEntry(map: YamlMap, name: string): YamlMap {
  if (!map.pairs.has(name)) return map;
  const pairs = new Map(map.pairs);
  pairs.delete(name);
  return { ...map, pairs };
}

/** Changes the node at a path of keys, making the maps on the way where they are missing. */
export function withNodeAt(root: YamlMap, path: readonly string[], change: (node: YamlNode | undefined) => YamlNode, at: Anchor): YamlMap {
  const [name, ...rest] = path;
  if (name === undefined) return root;
  const child = root.pairs.get(name)?.value;
  if (rest.length === 0) return withEntry(root, name, change(child));
  const inner = child?.kind === 'map' ? child : derivedMap(at);
  return withEntry(root, name, withNodeAt(inner, rest, change, at));
}

/**
 * Rewrites every scalar value (not the keys); `change` gives the same scalar to leave it.
 * @param except keys whose values are left alone
 */
export function mapScalars<T extends YamlNode>(node: T, change: (scalar: YamlScalar) => YamlNode, except?: ReadonlySet<string>): T;
export function mapScalars(node: YamlNode, change: (scalar: YamlScalar) => YamlNode, except?: ReadonlySet<string>): YamlNode {
  if (node.kind === 'scalar') return change(node);
  if (node.kind === 'sequence') {
    const items = node.items.map((item) => mapScalars(item, change, except));
    return items.every((item, index) => item === node.items[index]) ? node : { ...node, items };
  }
  let changed = false;
  const pairs = new Map<string, YamlPair>();
  for (const [name, pair] of node.pairs) {
    const value = except?.has(name) ? pair.value : mapScalars(pair.value, change, except);
    if (value !== pair.value) changed = true;
    pairs.set(name, value === pair.value ? pair : { ...pair, value });
  }
  return changed ? { ...node, pairs } : node;
}
