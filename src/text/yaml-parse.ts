import { COLLECTION_STYLE_FLOW, EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE, YAMLException } from 'js-yaml';
import type { SourceFile } from './source.ts';
import type { ScalarStyle, YamlMap, YamlNode, YamlPair, YamlScalar, YamlSequence } from './yaml.ts';

/** A stretch of text that a template engine fills in. `hole`: it stands alone on its line, so it may add any keys there. */
export interface Mask {
  readonly start: number;
  readonly end: number;
  readonly expression: string;
  readonly hole: boolean;
}

export interface YamlProblem {
  readonly message: string;
  /** Offset in the file. */
  readonly offset: number;
}

export type YamlResult = { readonly ok: true; readonly roots: readonly YamlNode[] } | { readonly ok: false; readonly problem: YamlProblem };

/** Nodes that a document may unfold to through its aliases before it is refused ("billion laughs"). */
const MAX_UNFOLDED_NODES = 200_000;
const MAX_DEPTH = 100;

interface OpenCollection {
  readonly node: { -readonly [K in keyof YamlMap]: YamlMap[K] } | { -readonly [K in keyof YamlSequence]: YamlSequence[K] };
  readonly pairs: Map<string, YamlPair>;
  readonly items: YamlNode[];
  key: YamlScalar | undefined;
  complexKey: boolean;
  merges: YamlNode[] | undefined;
  /** Where a hole starts to count for this collection: behind the key or entry before it. */
  readonly from: number;
}

/**
 * Parses the part of a file between two offsets.
 * @param text the text to parse: the file's own, or of the same length with template actions blanked out
 * @param masks template actions inside the part, ascending
 */
export function parseYaml(file: SourceFile, start = 0, end = file.text.length, text = file.text, masks: readonly Mask[] = []): YamlResult {
  const input = start === 0 && end === text.length ? text : text.slice(start, end);
  try {
    const events = parseEvents(input, { maxDepth: MAX_DEPTH });
    const builder = new TreeBuilder(file, input, start, masks);
    // By index: until it is compiled, an iterator makes an object for each of the hundreds of thousands of events.
    for (let at = 0; at < events.length; at++) builder.take(events[at] as YamlEvent);
    const { roots, aliases } = builder;
    if (aliases > 0 && unfoldedSize(roots) > MAX_UNFOLDED_NODES) {
      return { ok: false, problem: { message: `aliases unfold to more than ${MAX_UNFOLDED_NODES} nodes`, offset: start } };
    }
    return { ok: true, roots };
  } catch (error) {
    if (error instanceof YAMLException) {
      return { ok: false, problem: { message: error.reason, offset: start + (error.mark?.position ?? 0) } };
    }
    return { ok: false, problem: { message: error instanceof Error ? error.message : String(error), offset: start } };
  }
}

const SPACE = 32;

/** What a sequence has for pairs, and a map for items: nothing is ever put in. */
const NO_PAIRS = new Map<string, YamlPair>();
const NO_ITEMS: YamlNode[] = [];

type YamlEvent = ReturnType<typeof parseEvents>[number];

class TreeBuilder {
  readonly roots: YamlNode[] = [];
  aliases = 0;
  private readonly file: SourceFile;
  private readonly input: string;
  private readonly base: number;
  private readonly masks: readonly Mask[];
  private readonly stack: OpenCollection[] = [];
  private anchors = new Map<string, YamlNode>();
  /** End of the last token, in the file: where an empty value or a collection ends. */
  private lastEnd: number;

  constructor(file: SourceFile, input: string, base: number, masks: readonly Mask[]) {
    this.file = file;
    this.input = input;
    this.base = base;
    this.masks = masks;
    this.lastEnd = base;
  }

  take(event: YamlEvent): void {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        this.anchors = new Map();
        return;
      case EVENT_ID.SCALAR: {
        const node = this.scalar(event);
        this.name(event, node);
        this.add(node);
        return;
      }
      case EVENT_ID.MAPPING:
      case EVENT_ID.SEQUENCE: {
        const start = this.base + event.start;
        const flow = event.style === COLLECTION_STYLE_FLOW;
        const isMap = event.type === EVENT_ID.MAPPING;
        const items: YamlNode[] = isMap ? NO_ITEMS : [];
        const pairs = isMap ? new Map<string, YamlPair>() : NO_PAIRS;
        const { file } = this;
        // Written out: an object made by spreading takes twice the memory, and these are most of what is held.
        const node: OpenCollection['node'] = isMap
          ? { kind: 'map', file, start, end: start, flow, open: false, pairs }
          : { kind: 'sequence', file, start, end: start, flow, open: false, items };
        this.name(event, node);
        // A hole between a key and its block's first entry writes into that block, though it stands before its start.
        const from = flow ? start : Math.max(this.lastEnd, this.stack.at(-1)?.node.start ?? start);
        this.lastEnd = Math.max(this.lastEnd, flow ? start + 1 : start);
        this.stack.push({ node, pairs, items, key: undefined, complexKey: false, merges: undefined, from });
        return;
      }
      case EVENT_ID.ALIAS: {
        this.aliases++;
        const name = this.input.slice(event.anchorStart, event.anchorEnd);
        const at = { file: this.file, start: this.base + event.anchorStart - 1, end: this.base + event.anchorEnd };
        this.lastEnd = at.end;
        const target = this.anchors.get(name);
        // An alias inside the very node that it names would make the tree endless.
        const usable = target && !this.stack.some((open) => open.node === target);
        this.add(
          usable
            ? target
            : { kind: 'scalar', ...at, text: `*${name}`, style: 'plain', tag: undefined, unknown: { why: 'outside', what: name } },
        );
        return;
      }
      case EVENT_ID.POP:
        this.close();
        return;
    }
  }

  private name(event: { anchorStart: number; anchorEnd: number }, node: YamlNode): void {
    if (event.anchorStart >= 0) this.anchors.set(this.input.slice(event.anchorStart, event.anchorEnd), node);
  }

  private scalar(event: Extract<YamlEvent, { type: typeof EVENT_ID.SCALAR }>): YamlScalar {
    const tag = event.tagStart >= 0 ? this.input.slice(event.tagStart, event.tagEnd) : undefined;
    if (event.valueStart < 0) {
      const at = this.emptyValueOffset();
      const empty: YamlScalar = { kind: 'scalar', file: this.file, start: at, end: at, text: '', style: 'plain', tag };
      // A hole below a key that has no value writes that value.
      const hole = this.masks.length > 0 && this.holeIn(at, at);
      return hole ? { ...empty, unknown: { why: 'templated', expression: hole.expression } } : empty;
    }
    const start = this.base + event.valueStart;
    const style = STYLES[event.style] ?? 'plain';
    const end = this.base + event.valueEnd;
    this.lastEnd = style === 'single' || style === 'double' ? end + 1 : end;
    const mask = this.masks[this.firstMaskBehind(start)];
    const { file, input } = this;
    if (mask && mask.start < end) {
      const text = file.text.slice(start, end);
      return { kind: 'scalar', file, start, end, text, style, tag, unknown: { why: 'templated', expression: text.trim() } };
    }
    return { kind: 'scalar', file, start, end, text: getScalarValue(input, event), style, tag };
  }

  /** An empty value stands right after the colon (or the dash) that asks for it. */
  private emptyValueOffset(): number {
    let at = this.lastEnd - this.base;
    while (at < this.input.length && this.input[at] !== ':' && this.input[at] !== '-' && this.input[at] !== '\n') at++;
    return this.base + Math.min(this.input[at] === ':' || this.input[at] === '-' ? at + 1 : at, this.input.length);
  }

  private add(node: YamlNode): void {
    const parent = this.stack.at(-1);
    if (!parent) {
      this.roots.push(node);
      return;
    }
    if (parent.node.kind === 'sequence') {
      parent.items.push(node);
      return;
    }
    if (parent.key === undefined && !parent.complexKey) {
      if (node.kind === 'scalar') parent.key = node;
      else {
        parent.complexKey = true;
        parent.node.complexKeys = [...(parent.node.complexKeys ?? []), node];
      }
      return;
    }
    const { key } = parent;
    parent.key = undefined;
    parent.complexKey = false;
    if (!key) return;
    if (key.text === '<<' && key.style === 'plain' && node.kind !== 'scalar') {
      parent.merges = [...(parent.merges ?? []), node];
      return;
    }
    const earlier = parent.pairs.get(key.text);
    // The same key in two arms of a template's if/else: which one holds is not known.
    if (earlier && this.masks.length > 0) {
      const { start, end } = earlier.value;
      const expression = `${key.text} is set more than once`;
      const value: YamlScalar = {
        kind: 'scalar',
        file: this.file,
        start,
        end,
        text: '',
        style: 'plain',
        tag: undefined,
        unknown: { why: 'templated', expression },
      };
      parent.pairs.set(key.text, { key: earlier.key, value });
      return;
    }
    if (earlier) parent.node.repeated = [...(parent.node.repeated ?? []), key];
    parent.pairs.set(key.unknown ? `${key.text}\u0000${key.start}` : key.text, { key, value: node });
  }

  private close(): void {
    const open = this.stack.pop();
    if (!open) return;
    const { node } = open;
    for (const merge of open.merges ?? []) mergeInto(open.pairs, merge);
    if (node.flow) {
      const closer = node.kind === 'map' ? '}' : ']';
      const at = this.input.indexOf(closer, this.lastEnd - this.base);
      if (at >= 0) this.lastEnd = this.base + at + 1;
    }
    node.end = Math.max(node.start, this.lastEnd);
    if (this.masks.length > 0) node.open = this.holeIn(Math.min(open.from, node.start), node.end) !== undefined;
    this.add(node);
  }

  /** A hole right after the last entry may add to this collection or to one around it: it counts for all of them. */
  private holeIn(start: number, end: number): Mask | undefined {
    const { text } = this.file;
    let at = end;
    for (let index = this.firstMaskBehind(start); index < this.masks.length; index++) {
      const mask = this.masks[index];
      if (!mask) break;
      for (; at < mask.start; at++) if (text.charCodeAt(at) > SPACE) return undefined;
      if (mask.hole) return mask;
      at = Math.max(at, mask.end);
    }
    return undefined;
  }

  /** The index of the first mask that ends behind an offset; the number of masks when none does. */
  private firstMaskBehind(offset: number): number {
    let low = 0;
    let high = this.masks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.masks[middle]?.end ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const STYLES: Readonly<Record<number, ScalarStyle>> = {
  [SCALAR_STYLE.PLAIN]: 'plain',
  [SCALAR_STYLE.SINGLE_QUOTED]: 'single',
  [SCALAR_STYLE.DOUBLE_QUOTED]: 'double',
  [SCALAR_STYLE.LITERAL_BLOCK]: 'literal',
  [SCALAR_STYLE.FOLDED_BLOCK]: 'folded',
};

function mergeInto(pairs: Map<string, YamlPair>, from: YamlNode): void {
  if (from.kind === 'sequence') {
    for (const item of from.items) mergeInto(pairs, item);
  } else if (from.kind === 'map') {
    for (const [name, pair] of from.pairs) if (!pairs.has(name)) pairs.set(name, { ...pair, merged: true });
  }
}

/** Nodes that a walk without memory would visit; stops counting past the limit. */
function unfoldedSize(roots: readonly YamlNode[]): number {
  const sizes = new Map<YamlNode, number>();
  const size = (node: YamlNode): number => {
    if (node.kind === 'scalar') return 1;
    const seen = sizes.get(node);
    if (seen !== undefined) return seen;
    let sum = 1;
    if (node.kind === 'sequence') for (const item of node.items) sum += size(item);
    else for (const pair of node.pairs.values()) sum += size(pair.value);
    sizes.set(node, sum);
    return sum;
  };
  return roots.reduce((sum, root) => sum + size(root), 0);
}
