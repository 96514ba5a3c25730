import type { Unknown } from '../model/value.ts';
import type { Anchor } from './source.ts';

/**
 * YAML as a tree that keeps where everything stands. js-yaml's event stream gives the tokens (about ten times faster than a
 * full concrete syntax tree); anchors and merge keys are resolved (yaml-parse.ts), so a node may be reached from several places and
 * carries the file it was written in: a tree put together from a base and its patches still knows each scalar's own line.
 */
export type YamlNode = YamlMap | YamlSequence | YamlScalar;

interface NodeBase extends Anchor {
  /** Losers of a patch or of a values layer that this node replaced, nearest first. */
  readonly overrides?: readonly YamlNode[];
  /** Nodes the tree was made from when it is not the text itself (a resolved template): the place to edit. */
  readonly derived?: boolean;
}

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded';

export interface YamlScalar extends NodeBase {
  readonly kind: 'scalar';
  /** Decoded text; for an unknown scalar the source text. */
  readonly text: string;
  /** The span is that of the value without quotes; a block scalar's span starts after its header line. */
  readonly style: ScalarStyle;
  readonly tag: string | undefined;
  readonly unknown?: Unknown;
  /** Written by JSON.stringify: the escapes in the file are JSON's. */
  readonly json?: true;
}

export interface YamlPair {
  readonly key: YamlScalar;
  readonly value: YamlNode;
  /** Came in through a merge key. */
  readonly merged?: true;
}

export interface YamlMap extends NodeBase {
  readonly kind: 'map';
  readonly flow: boolean;
  readonly pairs: ReadonlyMap<string, YamlPair>;
  /** A template hole stands among its keys: what is not here may still be there. */
  readonly open: boolean;
  /** Keys that stand here a second time: `pairs` has the last one. Missing when there are none. */
  readonly repeated?: readonly YamlScalar[];
  /** Keys that are maps or lists, which `pairs` leaves out. Missing when there are none. */
  readonly complexKeys?: readonly YamlNode[];
}

export interface YamlSequence extends NodeBase {
  readonly kind: 'sequence';
  readonly flow: boolean;
  readonly items: readonly YamlNode[];
  readonly open: boolean;
}

/** The node at a path of keys and indexes; `undefined` when a step is missing or of another shape. */
export function nodeAt(node: YamlNode | undefined, ...path: readonly (string | number)[]): YamlNode | undefined {
  let at = node;
  for (const step of path) {
    if (at?.kind === 'map' && typeof step === 'string') at = at.pairs.get(step)?.value;
    else if (at?.kind === 'sequence' && typeof step === 'number') at = at.items[step];
    else return undefined;
  }
  return at;
}

export function pairAt(node: YamlNode | undefined, ...path: readonly (string | number)[]): YamlPair | undefined {
  const last = path.at(-1);
  const parent = nodeAt(node, ...path.slice(0, -1));
  return parent?.kind === 'map' && typeof last === 'string' ? parent.pairs.get(last) : undefined;
}

export function mapAt(node: YamlNode | undefined, ...path: readonly (string | number)[]): YamlMap | undefined {
  const at = nodeAt(node, ...path);
  return at?.kind === 'map' ? at : undefined;
}

/** The items of the sequence at a path, or none. */
export function itemsAt(node: YamlNode | undefined, ...path: readonly (string | number)[]): readonly YamlNode[] {
  const at = nodeAt(node, ...path);
  return at?.kind === 'sequence' ? at.items : [];
}

export function scalarAt(node: YamlNode | undefined, ...path: readonly (string | number)[]): YamlScalar | undefined {
  const at = nodeAt(node, ...path);
  return at?.kind === 'scalar' ? at : undefined;
}

/** The text of a scalar that is there, known and not null. */
export function textAt(node: YamlNode | undefined, ...path: readonly (string | number)[]): string | undefined {
  const at = scalarAt(node, ...path);
  return at && !at.unknown && !isNull(at) ? at.text : undefined;
}

export function isNull(scalar: YamlScalar): boolean {
  return scalar.style === 'plain' && /^(?:|~|null|Null|NULL)$/.test(scalar.text) && scalar.tag !== '!!str' && !scalar.unknown;
}

/** A plain scalar that YAML reads as something other than a string (bool, number, null). */
export function isBoolean(scalar: YamlScalar): boolean {
  return scalar.style === 'plain' && /^(?:true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/.test(scalar.text);
}

export function isNumber(scalar: YamlScalar): boolean {
  return scalar.style === 'plain' && /^[-+]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$|^0[xob][\da-fA-F]+$/.test(scalar.text);
}

/**
 * Where a stretch of a scalar's decoded text stands in the file, or `undefined` when escapes or folding make that unclear.
 * @param from offset in `scalar.text`; @param to end, exclusive
 */
export function spanInScalar(scalar: YamlScalar, from: number, to: number): Anchor | undefined {
  const map = offsetMap(scalar);
  return map ? { file: scalar.file, start: map(from), end: to > from ? map(to - 1) + 1 : map(from) } : undefined;
}

/** Maps an offset in the decoded text to one in the file; `undefined` when there is no such simple map. */
export function offsetMap(scalar: YamlScalar): ((offset: number) => number) | undefined {
  const source = scalar.file.text.slice(scalar.start, scalar.end);
  if (source === scalar.text) return (offset) => scalar.start + offset;
  if (scalar.json) return jsonOffsets(scalar, source);
  if (scalar.style === 'literal') return literalOffsets(scalar, source);
  if (scalar.style === 'single' && source.replaceAll("''", "'") === scalar.text) {
    return (offset) => {
      let at = scalar.start;
      for (let n = 0; n < offset; n++) at += scalar.file.text.startsWith("''", at) ? 2 : 1;
      return at;
    };
  }
  return undefined;
}

/** Each character stands there as itself, as `\\n`, or as `\\u001b`. */
function jsonOffsets(scalar: YamlScalar, source: string): (offset: number) => number {
  const starts = new Uint32Array(scalar.text.length + 1);
  let at = 0;
  for (let n = 0; n < scalar.text.length; n++) {
    starts[n] = at;
    at += source[at] !== '\\' ? 1 : source[at + 1] === 'u' ? 6 : 2;
  }
  starts[scalar.text.length] = at;
  return (offset) => scalar.start + (starts[offset] ?? at);
}

function literalOffsets(scalar: YamlScalar, source: string): ((offset: number) => number) | undefined {
  const decodedLines = scalar.text.split('\n');
  const starts: { decoded: number; file: number }[] = [];
  let decoded = 0;
  let at = 0;
  for (const line of decodedLines) {
    const eol = source.indexOf('\n', at);
    const raw = source.slice(at, eol < 0 ? source.length : eol).replace(/\r$/, '');
    if (!raw.endsWith(line)) return undefined;
    starts.push({ decoded, file: scalar.start + at + raw.length - line.length });
    decoded += line.length + 1;
    if (eol < 0) break;
    at = eol + 1;
  }
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle]?.decoded ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const line = starts[low];
    return line ? line.file + (offset - line.decoded) : scalar.start;
  };
}
