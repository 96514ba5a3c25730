import { isNull, type YamlMap, type YamlNode, type YamlPair, type YamlScalar, type YamlSequence } from './yaml.ts';
import { addToFlow, flowElements, flowEntry, flowValue, removeFromFlow } from './yaml-flow-edit.ts';
import { type Edit, EditRefused, endOf, entryPlace, headerOf, holdsShared, isEmptyScalar, isLineRest, itemPlaces } from './yaml-places.ts';
import { columnOf, lineBreakOf, lineEndAt, lineStartAt, nextLineAt, type WrittenDocument } from './yaml-source.ts';
import {
  collectionLines,
  entryLines,
  isCollection,
  itemLines,
  plainKind,
  requoted,
  rewritePlain,
  type Writable,
  writeInline,
} from './yaml-write.ts';

/**
 * Minimal edits to a document as it is written. Each function gives edits of the text in its present state, none when the
 * document already says what is wanted, and throws `EditRefused` where the shape of the text leaves no clear edit.
 */

/** Gives a scalar another text; its quotes stay, and are added where the text needs them. */
export function setScalar(document: WrittenDocument, scalar: YamlScalar, value: string, asString: boolean): Edit[] {
  const { text } = document.file;
  if (document.shared.has(scalar)) throw new EditRefused('shared', scalar.text);
  const isString = scalar.style !== 'plain' || plainKind(scalar.text) === 'string';
  if (scalar.text === value && (isString || !asString) && !isEmptyScalar(scalar)) return [];
  if (scalar.tag !== undefined && scalar.tag !== '!!str' && scalar.tag !== '!') throw new EditRefused('unsupported', scalar.tag);
  const parent = document.parents.get(scalar);
  if (scalar.style === 'literal' || scalar.style === 'folded') return setBlockScalar(document, scalar, value);
  const whole = requoted(value, scalar.style);
  if (whole) {
    const sameQuotes = text[scalar.start - 1] === whole.open;
    if (sameQuotes) return [{ start: scalar.start, end: scalar.end, newText: whole.body }];
    return [{ start: scalar.start - 1, end: scalar.end + 1, newText: `${whole.open}${whole.body}${whole.open}` }];
  }
  const flow = parent?.node.flow ?? false;
  const newText = rewritePlain(value, scalar.text, asString, document.style, flow);
  if (!isEmptyScalar(scalar)) return [{ start: scalar.start, end: scalar.end, newText }];
  if (parent?.pair) {
    const place = entryPlace(document, parent.pair);
    if (place.afterColon === undefined) return [{ start: place.keyEnd, end: place.keyEnd, newText: `: ${newText}` }];
    return [{ start: place.end, end: place.end, newText: ` ${newText}` }];
  }
  if (parent && !flow && parent.node.kind === 'sequence') {
    const place = itemPlaces(document, parent.node)[parent.index ?? 0];
    if (place) return [{ start: place.end, end: place.end, newText: ` ${newText}` }];
  }
  throw new EditRefused('unsupported', value);
}

/** Rewrites the lines of a `|` or `>` scalar; the chomping indicator is changed only when the end of the text asks for it. */
function setBlockScalar(document: WrittenDocument, scalar: YamlScalar, value: string): Edit[] {
  const { text } = document.file;
  const header = /([|>])(\d?)([-+]?)(\d?)([ \t]*(?:#[^\n]*)?\r?\n)$/.exec(headerOf(text, scalar.start));
  const body = value.replace(/\n+$/, '');
  const breaks = value.length - body.length;
  const inParagraphs = scalar.style === 'folded' && body.includes('\n');
  if (!header || header[2] || header[4] || inParagraphs || body === '' || /^\s/.test(body) || breaks > 1 || /[\t\r\u2028]/.test(body)) {
    throw new EditRefused('unsupported', header?.[0].trim() ?? value);
  }
  const content = text.slice(scalar.start, scalar.end);
  const margin = /^[ \t]*(?=\S)/m.exec(content)?.[0];
  if (margin === undefined) throw new EditRefused('unsupported', scalar.style);
  const lineBreak = lineBreakOf(text);
  const end = scalar.start + content.replace(/\s+$/, '').length;
  const lines = body.split('\n').map((line) => (line === '' ? '' : margin + line));
  const edits: Edit[] = [{ start: scalar.start, end, newText: lines.join(lineBreak) }];
  const chomping = breaks === 0 ? '-' : '';
  const was = header[3] ?? '';
  if (was !== chomping) {
    const at = scalar.start - (header[5] ?? '').length;
    edits.unshift({ start: at - was.length, end: at, newText: chomping });
    // With `|+` the blank lines behind were content; nothing is said of them, so they stay as blank lines.
  }
  return edits;
}

/** Sets a path below a map, adding the maps between. */
export function setEntry(document: WrittenDocument, map: YamlMap, path: readonly string[], value: Writable): Edit[] {
  let at = map;
  for (const [index, key] of path.entries()) {
    const pair = at.pairs.get(key);
    const rest = path.slice(index + 1);
    const nested = rest.reduceRight<Writable>((inner, name) => ({ [name]: inner }), value);
    if (!pair) return addEntry(document, at, key, nested);
    if (pair.merged) throw new EditRefused('shared', key);
    if (rest.length === 0 || (pair.value.kind === 'scalar' && !pair.value.unknown && isNull(pair.value))) {
      return replaceValue(document, at, pair, nested);
    }
    if (pair.value.kind !== 'map') throw new EditRefused('unsupported', key);
    if (entryPlace(document, pair).alias) throw new EditRefused('shared', key);
    at = pair.value;
  }
  return [];
}

/** Whether a node already says what is to be written. */
export function says(node: YamlNode, value: Writable): boolean {
  if (node.kind === 'scalar') {
    if (node.unknown || (node.tag !== undefined && node.tag !== '!!str')) return false;
    if (typeof value === 'string')
      return node.text === value && (node.style !== 'plain' || node.tag === '!!str' || plainKind(node.text) === 'string');
    if (value === null) return isNull(node);
    return !isCollection(value) && node.style === 'plain' && node.text === String(value);
  }
  if (typeof value !== 'object' || value === null || node.open) return false;
  if (node.kind === 'sequence') {
    return (
      Array.isArray(value) && value.length === node.items.length && node.items.every((item, index) => says(item, value[index] as Writable))
    );
  }
  const entries = Object.entries(value as { readonly [key: string]: Writable });
  if (Array.isArray(value) || entries.length !== node.pairs.size) return false;
  return entries.every(([key, inner]) => {
    const pair = node.pairs.get(key);
    return pair !== undefined && says(pair.value, inner);
  });
}

function addEntry(document: WrittenDocument, map: YamlMap, key: string, value: Writable): Edit[] {
  if (document.shared.has(map)) throw new EditRefused('shared', key);
  if (map.open) throw new EditRefused('templated', key);
  const parent = document.parents.get(map);
  if (map.flow) {
    const bare = map.pairs.size === 0 && !document.style.json && parent?.pair && !parent.node.flow && parent.node.kind === 'map';
    if (bare && parent?.pair && document.file.text.slice(map.start + 1, map.end - 1).trim() === '') {
      return replaceValue(document, parent.node, parent.pair, { [key]: value });
    }
    if (!parent && !document.style.json && document.file.text.slice(map.start, map.end) === '{}') {
      return [{ start: map.start, end: map.end, newText: entryLines(key, value, document.style).join(lineBreakOf(document.file.text)) }];
    }
    return addToFlow(document, map, (margin, lines) => flowEntry(document, key, value, margin, lines));
  }
  return insertLines(document, endOf(document, map), columnOf(document.file.text, map.start), entryLines(key, value, document.style));
}

/** Adds an item at the end of a sequence. */
export function addItem(document: WrittenDocument, sequence: YamlSequence, value: Writable): Edit[] {
  const { text } = document.file;
  if (document.shared.has(sequence)) throw new EditRefused('shared', '-');
  if (sequence.open) throw new EditRefused('templated', '-');
  if (sequence.flow) {
    const parent = document.parents.get(sequence);
    const bare = sequence.items.length === 0 && !document.style.json && parent?.pair && !parent.node.flow && parent.node.kind === 'map';
    if (bare && parent?.pair && text.slice(sequence.start + 1, sequence.end - 1).trim() === '')
      return replaceValue(document, parent.node, parent.pair, [value]);
    return addToFlow(document, sequence, (margin, lines) => flowValue(document, value, margin, lines));
  }
  const gap = /^-( {1,8})\S/.exec(text.slice(sequence.start, sequence.start + 12))?.[1]?.length ?? 1;
  itemPlaces(document, sequence);
  return insertLines(document, endOf(document, sequence), columnOf(text, sequence.start), itemLines(value, document.style, gap));
}

/** Adds lines behind a block collection's last entry and the comments that belong to it. */
function insertLines(document: WrittenDocument, end: number, column: number, lines: readonly string[]): Edit[] {
  const { text } = document.file;
  if (!isLineRest(text, end)) throw new EditRefused('unsupported', text.slice(end, lineEndAt(text, end)).trim());
  const lineBreak = lineBreakOf(text);
  const margin = ' '.repeat(column);
  const block = lines.map((line) => (line === '' ? '' : margin + line)).join(lineBreak);
  const at = ownCommentsEnd(document, end, column);
  return [
    at > 0 && isLineStart(text, at)
      ? { start: at, end: at, newText: block + lineBreak }
      : { start: at, end: at, newText: lineBreak + block },
  ];
}

function isLineStart(text: string, at: number): boolean {
  return lineStartAt(text, at) === at;
}

/** Behind the comment lines that follow and stand at least as deep; a comment that leads on to the next entry is not one of them. */
function ownCommentsEnd(document: WrittenDocument, end: number, column: number): number {
  const { text } = document.file;
  let line = nextLineAt(text, end);
  let own = line;
  let lastColumn = -1;
  for (; line < document.end; line = nextLineAt(text, line)) {
    const indent = /^ */.exec(text.slice(line, lineEndAt(text, line)))?.[0].length ?? 0;
    if (text[line + indent] !== '#' || indent < column || isMasked(document, line, line + indent + 1)) {
      const followsOn = text[line + indent] !== undefined && !/[\r\n]/.test(text[line + indent] ?? '') && indent === lastColumn;
      return followsOn ? nextLineAt(text, end) : own;
    }
    lastColumn = indent;
    own = nextLineAt(text, line);
    if (own <= line) break;
  }
  return own;
}

function isMasked(document: WrittenDocument, start: number, end: number): boolean {
  return document.masks.some((mask) => mask.start < end && mask.end > start);
}

function replaceValue(document: WrittenDocument, map: YamlMap, pair: YamlPair, value: Writable): Edit[] {
  const { text } = document.file;
  const old = pair.value;
  const place = entryPlace(document, pair);
  if (place.alias || document.shared.has(map) || holdsShared(document, old)) throw new EditRefused('shared', pair.key.text);
  if (says(old, value) && !(isEmptyScalar(old) && value !== null)) return [];
  if (old.kind === 'scalar' && typeof value === 'string' && !isEmptyScalar(old)) {
    const keepsPlain = old.style !== 'plain' || !value.includes('\n');
    if (keepsPlain) return setScalar(document, old, value, true);
  }
  const { style } = document;
  if (place.afterColon === undefined) return [{ start: place.keyEnd, end: place.keyEnd, newText: `: ${writeInline(value, style, true)}` }];
  if (map.flow) {
    if (isEmptyScalar(old)) return [{ start: place.end, end: place.end, newText: ` ${writeInline(value, style, true)}` }];
    const margin = /^[ \t]*/.exec(text.slice(lineStartAt(text, place.start)))?.[0] ?? '';
    const start = valueStart(text, old);
    const lines = style.json && text.slice(document.start, document.end).trim().includes('\n');
    return [{ start, end: place.end, newText: flowValue(document, value, margin, lines) }];
  }
  const head = text.slice(place.afterColon, isEmptyScalar(old) ? place.end : valueStart(text, old));
  if (/[&!]/.test(head.replace(/#.*/g, ''))) throw new EditRefused('shared', pair.key.text);
  return replaceBlockValue(document, pair, place.afterColon, place.end, value);
}

/** In place of what stands between a key's colon and the end of its value: a scalar behind the colon, or lines below it. */
function replaceBlockValue(document: WrittenDocument, pair: YamlPair, afterColon: number, end: number, value: Writable): Edit[] {
  const { text } = document.file;
  const { style } = document;
  const old = pair.value;
  const column = columnOf(text, entryPlace(document, pair).start);
  const written = entryLines(pair.key.text, value, style);
  const [first = ''] = written;
  const colon = first.lastIndexOf(':');
  const inline = written.length === 1 ? writeInline(value, style) : first.slice(colon + 1).trim();
  const below = written.slice(1).map((line) => (line === '' ? '' : ' '.repeat(column) + line));
  const lineBreak = lineBreakOf(text);
  const headEnd = lineEndAt(text, afterColon);
  const onKeyLine = isEmptyScalar(old) || valueStart(text, old) <= headEnd;
  const edits: Edit[] = [];
  const lead = inline === '' ? '' : ` ${inline}`;
  if (onKeyLine && !isEmptyScalar(old)) edits.push({ start: afterColon, end, newText: lead });
  else {
    const header =
      old.kind === 'scalar' && (old.style === 'literal' || old.style === 'folded')
        ? /^[ \t]*[|>][-+\d]*/.exec(text.slice(afterColon, headEnd))
        : null;
    const cut = afterColon + (header?.[0].length ?? 0);
    if (lead !== '' || cut > afterColon) edits.push({ start: afterColon, end: cut, newText: lead });
    if (!isEmptyScalar(old)) edits.push({ start: headEnd, end: Math.max(headEnd, lineEndAt(text, end)), newText: '' });
  }
  if (below.length > 0) {
    const tail = edits.at(-1);
    const newText = lineBreak + below.join(lineBreak);
    const at = onKeyLine ? lineEndAt(text, end) : headEnd;
    if (onKeyLine && !isLineRest(text, end)) throw new EditRefused('unsupported', text.slice(end, lineEndAt(text, end)));
    if (tail && tail.start === at && !onKeyLine) edits[edits.length - 1] = { ...tail, newText };
    else edits.push({ start: at, end: at, newText });
  }
  return edits;
}

/** Where a value's text begins, its quote included. */
function valueStart(text: string, node: YamlNode): number {
  if (node.kind === 'scalar' && (node.style === 'single' || node.style === 'double')) return node.start - 1;
  return node.kind === 'scalar' && node.style !== 'plain' ? node.start : Math.min(node.start, text.length);
}

export function renameKey(document: WrittenDocument, map: YamlMap, key: string, to: string): Edit[] {
  const pair = map.pairs.get(key);
  if (key === to || (!pair && map.pairs.has(to))) return [];
  if (!pair) throw new EditRefused('missing', key);
  if (map.pairs.has(to)) throw new EditRefused('exists', to);
  if (pair.merged || document.shared.has(map)) throw new EditRefused('shared', key);
  const { style, start, end } = pair.key;
  const whole = requoted(to, style);
  const place = entryPlace(document, pair);
  if (whole) return [{ start: place.start, end: place.keyEnd, newText: `${whole.open}${whole.body}${whole.open}` }];
  return [{ start, end, newText: rewritePlain(to, key, true, document.style, map.flow) }];
}

/** Removes an entry; with `prune` also the maps between that it leaves empty. The map itself stays, as `{}` if need be. */
export function removeEntry(document: WrittenDocument, map: YamlMap, path: readonly string[], prune: boolean): Edit[] {
  const chain: { map: YamlMap; pair: YamlPair }[] = [];
  let at: YamlNode = map;
  for (const key of path) {
    if (at.kind !== 'map') return [];
    const pair: YamlPair | undefined = at.pairs.get(key);
    if (!pair) return [];
    if (pair.merged) throw new EditRefused('shared', key);
    chain.push({ map: at, pair });
    at = pair.value;
  }
  while (prune && chain.length > 1 && isOnlyEntry(document, chain.at(-1))) chain.pop();
  const last = chain.at(-1);
  return last ? removePair(document, last.map, last.pair) : [];
}

function isOnlyEntry(document: WrittenDocument, link: { map: YamlMap; pair: YamlPair } | undefined): boolean {
  if (!link || link.map.open || link.map.pairs.size !== 1) return false;
  const { map, pair } = link;
  if (map.flow) return true;
  const place = entryPlace(document, pair);
  return place.start <= map.start && place.end >= endOf(document, map);
}

function removePair(document: WrittenDocument, map: YamlMap, pair: YamlPair): Edit[] {
  const place = entryPlace(document, pair);
  if (document.shared.has(map) || (!place.alias && holdsShared(document, pair.value))) throw new EditRefused('shared', pair.key.text);
  if (map.flow) {
    const index = flowElements(document, map).findIndex((element) => element.start === place.start);
    return removeFromFlow(document, map, index);
  }
  const { text } = document.file;
  if (!isLineRest(text, place.end)) throw new EditRefused('unsupported', text.slice(place.end, lineEndAt(text, place.end)));
  if (isOnlyEntry(document, { map, pair })) return emptyOut(document, map, place.start, place.end, '{}');
  const lineStart = lineStartAt(text, place.start);
  if (text.slice(lineStart, place.start).trim() !== '') return removeFirstOfItem(text, place.start, place.end);
  return [wholeLines(document, lineStart, place.end, place.start - lineStart)];
}

/** `- a: 1` with more entries below: the next entry moves up behind the dash, unless a comment stands between. */
function removeFirstOfItem(text: string, start: number, end: number): Edit[] {
  const next = nextLineAt(text, end);
  const indent = /^ */.exec(text.slice(next, lineEndAt(text, next)))?.[0].length ?? 0;
  if (indent === columnOf(text, start) && !/[#\s]/.test(text[next + indent] ?? '#')) return [{ start, end: next + indent, newText: '' }];
  let from = start;
  while (text[from - 1] === ' ') from--;
  return [{ start: from, end: lineEndAt(text, end), newText: '' }];
}

/** Lines from a line's start to the end of the line on which `end` stands, and the comments below that stand deeper than the entry. */
function wholeLines(document: WrittenDocument, lineStart: number, end: number, column: number): Edit {
  const { text } = document.file;
  let stop = nextLineAt(text, end);
  while (stop < document.end) {
    const indent = /^ */.exec(text.slice(stop, lineEndAt(text, stop)))?.[0].length ?? 0;
    if (text[stop + indent] !== '#' || indent <= column) break;
    stop = nextLineAt(text, stop);
  }
  const atEnd = stop === text.length && !/[\r\n]/.test(text[stop - 1] ?? '');
  if (!atEnd || lineStart === 0) return { start: lineStart, end: stop, newText: '' };
  // The line before becomes the last one, and has no line break either; blank lines between go too.
  const before = text.slice(0, lineStart).replace(/(?:\r?\n[ \t]*)+$/, '').length;
  return { start: before, end: stop, newText: '' };
}

/** The last entry or item goes, its collection stays as `{}` or `[]`: behind the key if it has one. */
function emptyOut(document: WrittenDocument, node: YamlMap | YamlSequence, start: number, end: number, empty: string): Edit[] {
  const { text } = document.file;
  const parent = document.parents.get(node);
  const lineStart = lineStartAt(text, start);
  if (!parent?.pair || text.slice(lineStart, start).trim() !== '') return [{ start, end: lineEndAt(text, end), newText: empty }];
  const place = entryPlace(document, parent.pair);
  if (place.afterColon === undefined) throw new EditRefused('unsupported', empty);
  const properties = /^(?:[ \t]+[&!]\S*)*/.exec(text.slice(place.afterColon, node.start))?.[0] ?? '';
  const at = place.afterColon + properties.length;
  return [{ start: at, end: at, newText: ` ${empty}` }, wholeLines(document, lineStart, end, start - lineStart)];
}

/** Removes an item, the comment behind it included; an emptied sequence becomes `[]`. */
export function removeItem(document: WrittenDocument, sequence: YamlSequence, index: number): Edit[] {
  const { text } = document.file;
  const item = sequence.items[index];
  if (!item) throw new EditRefused('missing', String(index));
  if (document.shared.has(sequence)) throw new EditRefused('shared', '-');
  if (sequence.flow) return removeFromFlow(document, sequence, index);
  const place = itemPlaces(document, sequence)[index];
  if (!place || !isLineRest(text, place.end)) throw new EditRefused('unsupported', '-');
  if (item.start >= place.start && item.start < place.end && holdsShared(document, item)) throw new EditRefused('shared', '-');
  if (sequence.items.length === 1) return emptyOut(document, sequence, place.start, place.end, '[]');
  const lineStart = lineStartAt(text, place.start);
  if (text.slice(lineStart, place.start).trim() !== '') return removeFirstOfItem(text, place.start, place.end);
  return [wholeLines(document, lineStart, place.end, place.start - lineStart)];
}

/** Another document after the one given. */
export function addDocument(document: WrittenDocument, value: Writable): Edit {
  const { text } = document.file;
  const lineBreak = lineBreakOf(text);
  const lines = ['---', ...collectionLines(value, document.style)].join(lineBreak);
  const part = text.slice(document.start, document.end);
  const ended = /\r?\n\.\.\.[ \t]*(?:#.*)?\s*$/.exec(part);
  // Comments at the end of a document stay with it.
  const last = Math.max(endOf(document, document.root), document.start + (ended ? ended.index : part.replace(/\s+$/, '').length));
  const at = nextLineAt(text, last);
  return isLineStart(text, at) ? { start: at, end: at, newText: lines + lineBreak } : { start: at, end: at, newText: lineBreak + lines };
}
