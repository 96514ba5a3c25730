import type { Span } from './source.ts';
import type { YamlMap, YamlNode, YamlPair, YamlSequence } from './yaml.ts';
import { columnOf, keyStart, lineEndAt, lineStartAt, nextLineAt, type WrittenDocument } from './yaml-source.ts';

/** Why an edit can't be made. Thrown inside the planner, which turns it into a value. */
export class EditRefused extends Error {
  readonly reason:
    | 'shared'
    | 'templated'
    | 'unsupported'
    | 'missing'
    | 'exists'
    | 'derived'
    | 'stale'
    | 'overlap'
    | 'generated'
    | 'vendored'
    | 'locked'
    | 'utf16'
    | 'unparsable';
  readonly detail: string;

  constructor(reason: EditRefused['reason'], detail: string) {
    super(`${reason}: ${detail}`);
    this.reason = reason;
    this.detail = detail;
  }
}

export interface Edit extends Span {
  readonly newText: string;
}

/** An entry of a map as it stands in the text. */
export interface EntryPlace {
  readonly start: number;
  readonly keyEnd: number;
  /** Behind the colon; `undefined` in a flow map's `{a, b}`. */
  readonly afterColon: number | undefined;
  /** Behind the value, its closing quote or bracket included; a comment is not. */
  readonly end: number;
  readonly alias: boolean;
}

export function entryPlace(document: WrittenDocument, pair: YamlPair): EntryPlace {
  const { text } = document.file;
  const start = keyStart(pair.key, text);
  const keyEnd = start < pair.key.start ? pair.key.end + 1 : pair.key.end;
  let at = keyEnd;
  while (text[at] === ' ' || text[at] === '\t') at++;
  if (text[at] !== ':') {
    const inFlow = /[\s,}#]/.test(text[at] ?? '');
    if (inFlow && isEmptyScalar(pair.value)) return { start, keyEnd, afterColon: undefined, end: keyEnd, alias: false };
    throw new EditRefused('unsupported', pair.key.text);
  }
  if (/^\s*\?\s/.test(text.slice(lineStartAt(text, start), start + 1)) || text[start - 2] === '?')
    throw new EditRefused('unsupported', '?');
  const afterColon = at + 1;
  const rest = text.slice(afterColon, afterColon + 2000);
  if (pair.value.start < pair.key.start || /^\s+\*/.test(rest)) {
    const alias = /^\s*\*[^\s,[\]{}]+/.exec(rest);
    if (!alias) throw new EditRefused('unsupported', pair.key.text);
    return { start, keyEnd, afterColon, end: afterColon + alias[0].length, alias: true };
  }
  if (isEmptyScalar(pair.value)) {
    const properties = /^(?:[ \t]+[&!]\S*)*/.exec(rest)?.[0] ?? '';
    return { start, keyEnd, afterColon, end: afterColon + properties.length, alias: false };
  }
  return { start, keyEnd, afterColon, end: endOf(document, pair.value), alias: false };
}

/** A value of which nothing stands in the text. */
export function isEmptyScalar(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.style === 'plain' && node.start === node.end;
}

/** Behind a node's last character. Blank lines after a block scalar are not its own, unless it keeps them (`|+`). */
export function endOf(document: WrittenDocument, node: YamlNode): number {
  const { text } = document.file;
  if (node.kind === 'scalar') {
    if (node.style === 'single' || node.style === 'double') return node.end + 1;
    if (node.style === 'plain') return node.end;
  }
  return Math.max(endByTokens(text, node), endOfLastEmptyItems(document, node));
}

function endByTokens(text: string, node: YamlNode): number {
  const part = text.slice(node.start, node.end);
  if (!/[\r\n][ \t]*$/.test(part)) return node.end;
  const leaf = lastLeaf(node);
  const keeps = leaf !== undefined && keepsBlankLines(text, leaf.start);
  return node.start + part.replace(keeps ? /\r?\n$/ : /(?:\r?\n[ \t]*)+$/, '').length;
}

/** A collection's end is that of its last token with a text; the dashes of empty items behind it belong to it too. */
function endOfLastEmptyItems(document: WrittenDocument, node: YamlNode): number {
  if (node.kind === 'scalar' || node.flow) return 0;
  const { text } = document.file;
  if (node.kind === 'map') {
    const last = ownPairs(node).reduce<YamlPair | undefined>(
      (later, pair) => (later && later.key.start > pair.key.start ? later : pair),
      undefined,
    );
    if (!last || last.value.start < last.key.start) return 0;
    return isEmptyScalar(last.value) ? entryPlace(document, last).end : endOfLastEmptyItems(document, last.value);
  }
  const full = node.items.findLastIndex((item) => !isEmptyScalar(item));
  const lastFull = node.items[full];
  let end = lastFull && lastFull.start > node.start ? endOf(document, lastFull) : full < 0 ? node.start : endByTokens(text, node);
  let missing = node.items.length - 1 - full;
  if (missing === 0) return end;
  const column = columnOf(text, node.start);
  if (full < 0) {
    end = node.start + 1;
    missing--;
  }
  for (let line = nextLineAt(text, end); missing > 0 && line < document.end; line = nextLineAt(text, line)) {
    const dash = line + column;
    if (text[dash] !== '-' || text.slice(line, dash).trim() !== '') continue;
    end = dash + 1 + (/^(?:[ \t]+[&!]\S*)*/.exec(text.slice(dash + 1, lineEndAt(text, dash)))?.[0].length ?? 0);
    missing--;
  }
  return end;
}

function keepsBlankLines(text: string, start: number): boolean {
  return /[|>]\d?\+\d?[ \t]*(?:#[^\n]*)?\r?\n$/.test(headerOf(text, start));
}

/** The line that ends right before a block scalar's content. */
export function headerOf(text: string, start: number): string {
  let end = start;
  if (text[end - 1] === '\n') end--;
  if (text[end - 1] === '\r') end--;
  return text.slice(lineStartAt(text, end), start);
}

function lastLeaf(node: YamlNode): YamlNode | undefined {
  if (node.kind === 'scalar') return node;
  const children = node.kind === 'map' ? [...node.pairs.values()].filter((pair) => !pair.merged).map((pair) => pair.value) : node.items;
  let last: YamlNode | undefined;
  for (const child of children)
    if (child.start >= node.start && child.end <= node.end && (!last || child.start >= last.start)) last = child;
  return last && lastLeaf(last);
}

/** The span of each item of a block sequence: from its dash to the end of its content. */
export function itemPlaces(document: WrittenDocument, sequence: YamlSequence): Span[] {
  const { text } = document.file;
  const end = endOf(document, sequence);
  const column = columnOf(text, sequence.start);
  const dashes = [sequence.start];
  for (let line = nextLineAt(text, sequence.start); line < end; line = nextLineAt(text, line)) {
    const dash = line + column;
    if (text[dash] === '-' && /[\s]|$/.test(text[dash + 1] ?? '') && text.slice(line, dash).trim() === '') dashes.push(dash);
    if (nextLineAt(text, line) <= line) break;
  }
  if (dashes.length !== sequence.items.length || text[sequence.start] !== '-') throw new EditRefused('unsupported', '-');
  return dashes.map((start, index) => {
    const item = sequence.items[index];
    if (index === dashes.length - 1) return { start, end };
    const next = dashes[index + 1] ?? end;
    const own = item && item.start > start && item.start < next && !isEmptyScalar(item);
    return { start, end: own && item ? endOf(document, item) : contentEndOfLine(text, start) };
  });
}

/** The end of an alias or an empty item: it stands on its dash's line. */
function contentEndOfLine(text: string, at: number): number {
  const line = text.slice(at, lineEndAt(text, at));
  return at + line.replace(/\s+#.*$/, '').trimEnd().length;
}

export function ownPairs(map: YamlMap): YamlPair[] {
  return [...map.pairs.values()].filter((pair) => !pair.merged);
}

/** The rest of the line holds nothing but a comment. */
export function isLineRest(text: string, at: number): boolean {
  return /^(?:[ \t]*$|[ \t]+#)/.test(text.slice(at, lineEndAt(text, at)));
}

/** Whether any node at or below this one is read through an anchor from another place. */
export function holdsShared(document: WrittenDocument, node: YamlNode): boolean {
  if (document.shared.size === 0) return false;
  if (document.shared.has(node)) return true;
  const children = node.kind === 'map' ? [...node.pairs.values()].map((pair) => pair.value) : node.kind === 'sequence' ? node.items : [];
  return children.some((child) => holdsShared(document, child));
}
