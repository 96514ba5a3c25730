import type { Span } from './source.ts';
import type { YamlMap, YamlNode, YamlSequence } from './yaml.ts';
import { type Edit, EditRefused, endOf, entryPlace, isEmptyScalar, ownPairs } from './yaml-places.ts';
import { lineBreakOf, lineEndAt, lineStartAt, type WrittenDocument } from './yaml-source.ts';
import { type Writable, writeInline, writeJsonLines, writeString } from './yaml-write.ts';

/** Edits inside `{a: b}` and `[x]`, JSON included. */

/** A value for a place inside a flow collection. @param margin what its lines after the first start with */
export function flowValue(document: WrittenDocument, value: Writable, margin: string, lines: boolean): string {
  const { style, file } = document;
  if (!style.json) return writeInline(value, style, true);
  if (isCompactJson(file.text)) return JSON.stringify(value);
  if (!lines) return writeInline(value, style, true);
  return writeJsonLines(value, jsonIndent(file.text)).join(`${lineBreakOf(file.text)}${margin}`);
}

export function flowEntry(document: WrittenDocument, key: string, value: Writable, margin: string, lines: boolean): string {
  const colon = document.style.json && isCompactJson(document.file.text) ? ':' : ': ';
  return `${writeString(key, document.style, true)}${colon}${flowValue(document, value, margin, lines)}`;
}

function isCompactJson(text: string): boolean {
  return /"\s*:/.test(text) && !/":\s/.test(text);
}

function jsonIndent(text: string): number | '\t' {
  const indent = /\n([ \t]+)["{[]/.exec(text)?.[1];
  if (indent === undefined) return 2;
  return indent.startsWith('\t') ? '\t' : indent.length;
}

/** Adds an element at the end of a flow collection. `write` gets the indentation of the element's line, if it has its own. */
export function addToFlow(
  document: WrittenDocument,
  node: YamlMap | YamlSequence,
  write: (margin: string, lines: boolean) => string,
): Edit[] {
  const { text } = document.file;
  const closer = node.end - 1;
  if (text[closer] !== (node.kind === 'map' ? '}' : ']')) throw new EditRefused('unsupported', text[closer] ?? '');
  const lineBreak = lineBreakOf(text);
  const elements = flowElements(document, node);
  const last = elements.at(-1);
  const margin = /^[ \t]*/.exec(text.slice(lineStartAt(text, node.start), node.start))?.[0] ?? '';
  if (!last) {
    if (text.slice(node.start + 1, closer).trim() !== '') throw new EditRefused('unsupported', text.slice(node.start, node.end));
    const spread = document.style.json && text.slice(document.start, document.end).trim().includes('\n');
    if (!spread) return [{ start: node.start + 1, end: closer, newText: write('', false) }];
    const step = jsonIndent(text);
    const deeper = margin + (typeof step === 'number' ? ' '.repeat(step) : step);
    return [{ start: node.start + 1, end: closer, newText: `${lineBreak}${deeper}${write(deeper, true)}${lineBreak}${margin}` }];
  }
  const tail = /^(?:\s|#.*)*(,)?(?:\s|(?<=\s)#.*)*$/.exec(text.slice(last.end, closer));
  if (!tail) throw new EditRefused('unsupported', text.slice(last.end, closer).trim());
  const comma = tail[1] ? last.end + skipBlank(text.slice(last.end, closer)) : undefined;
  const ownLines = text.slice(lineStartAt(text, closer), closer).trim() === '' && lineStartAt(text, closer) > last.end;
  if (!ownLines) {
    if (/#/.test(tail[0])) throw new EditRefused('unsupported', tail[0].trim());
    const sep = document.style.json && isCompactJson(text) ? ',' : ', ';
    if (comma === undefined) return [{ start: last.end, end: last.end, newText: `${sep}${write('', false)}` }];
    return [{ start: comma + 1, end: comma + 1, newText: ` ${write('', false)},` }];
  }
  const lead = /^[ \t]*/.exec(text.slice(lineStartAt(text, last.start)))?.[0] ?? margin;
  const line = `${lineBreak}${lead}${write(lead, true)}`;
  const at = lineEndAt(text, comma ?? last.end);
  if (comma !== undefined) return [{ start: at, end: at, newText: `${line},` }];
  if (at === last.end) return [{ start: at, end: at, newText: `,${line}` }];
  return [
    { start: last.end, end: last.end, newText: ',' },
    { start: at, end: at, newText: line },
  ];
}

/** Takes an element and one comma out of a flow collection; comments stay. */
export function removeFromFlow(document: WrittenDocument, node: YamlMap | YamlSequence, index: number): Edit[] {
  const { text } = document.file;
  const elements = flowElements(document, node);
  const element = elements[index];
  // `[a, b: c]` holds a map without braces.
  const bracket = node.kind === 'map' ? '{' : '[';
  if (!element || text[node.start] !== bracket) throw new EditRefused('unsupported', text.slice(node.start, node.end));
  const rest = text.slice(element.end, node.end);
  const between = skipBlank(rest);
  const behind = element.end + between;
  if (text[behind] === ',') {
    if (rest.slice(0, between).trim() !== '') throw new EditRefused('unsupported', rest.slice(0, between).trim());
    const next = behind + 1 + (/^\s*/.exec(text.slice(behind + 1, node.end))?.[0].length ?? 0);
    const last = text[next] === '}' || text[next] === ']';
    if (text[next] === '#' || last)
      return [{ start: last ? backOverSpace(text, element.start) : element.start, end: behind + 1, newText: '' }];
    return [{ start: element.start, end: next, newText: '' }];
  }
  const before = backOverSpace(text, element.start);
  if (text[before - 1] === ',') return [{ start: before - 1, end: element.end, newText: '' }];
  if (before === node.start + 1) {
    const blankAfter = text.slice(element.end, node.end - 1).trim() === '';
    return [{ start: before, end: blankAfter ? node.end - 1 : element.end, newText: '' }];
  }
  const previous = elements[index - 1];
  const comma = previous ? previous.end + skipBlank(text.slice(previous.end, element.start)) : -1;
  if (text[comma] !== ',') throw new EditRefused('unsupported', text.slice(node.start, node.end));
  return [
    { start: comma, end: comma + 1, newText: '' },
    { start: before, end: element.end, newText: '' },
  ];
}

/** The span of each element of a flow collection, in order. What came in through `<<` is not among them. */
export function flowElements(document: WrittenDocument, node: YamlMap | YamlSequence): Span[] {
  const { text } = document.file;
  if (node.kind === 'map') {
    return ownPairs(node)
      .map((pair) => entryPlace(document, pair))
      .sort((a, b) => a.start - b.start);
  }
  let at = node.start + 1;
  return node.items.map((item) => {
    at += skipBlank(text.slice(at, node.end));
    if (text[at] === ',') at += 1;
    const start = at + skipBlank(text.slice(at, node.end));
    at = itemEnd(document, item, start);
    return { start, end: at };
  });
}

function itemEnd(document: WrittenDocument, item: YamlNode, start: number): number {
  const { text } = document.file;
  const alias = /^\*[^\s,[\]{}]+/.exec(text.slice(start, start + 500));
  if (alias) return start + alias[0].length;
  if (isEmptyScalar(item) || item.start < start) throw new EditRefused('unsupported', text.slice(start, start + 20));
  return endOf(document, item);
}

/** Length of the white space and comments at the start of a text. */
function skipBlank(text: string): number {
  return /^(?:\s+(?:#.*)?)*/.exec(text)?.[0].length ?? 0;
}

function backOverSpace(text: string, at: number): number {
  let start = at;
  while (/\s/.test(text[start - 1] ?? '')) start--;
  return start;
}
