import { DecodedBuilder, type DecodedText, mapSpan, type OffsetMap, type Problem, sameOffset } from './decoded.ts';
import { type Expansion, expansionAt, type Part, partsOf } from './expansion.ts';
import type { Span } from './source.ts';

/** One setting of a `key = value` text. All spans count in the file, also when the text stands inside another (a block scalar). */
export interface Entry {
  readonly key: string;
  readonly keyAt: Span;
  /** Decoded; variables are left as written (see `parts`). */
  readonly value: string;
  /** The value without its quotes; empty behind the separator when nothing is there. */
  readonly valueAt: Span;
  readonly decoded: DecodedText;
  readonly quote: '' | '"' | "'";
  /** Literal stretches and variables, in order. */
  readonly parts: readonly Part[];
  /** From the first character of the entry to the end of its last line, without the line break and without indentation. */
  readonly at: Span;
  /** A name without `=`: taken over from the surroundings. */
  readonly bare: boolean;
}

export interface Entries {
  readonly entries: readonly Entry[];
  readonly problems: readonly Problem[];
}

/** Offsets of a line: `end` is before the line break, `next` after it. */
export interface Line {
  readonly start: number;
  readonly end: number;
  readonly next: number;
}

export function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  let start = 0;
  while (start < text.length) {
    let end = start;
    while (end < text.length && text[end] !== '\n' && text[end] !== '\r') end++;
    const next = end + (text[end] === '\r' && text[end + 1] === '\n' ? 2 : 1);
    lines.push({ start, end, next: Math.min(next, text.length) });
    start = next;
  }
  return lines;
}

export function isBlank(char: string): boolean {
  return char === ' ' || char === '\t' || char === '\f' || char === '\v';
}

export function skipBlanks(text: string, at: number, end: number): number {
  let here = at;
  while (here < end && isBlank(text.charAt(here))) here++;
  return here;
}

export function trimEnd(text: string, start: number, end: number): number {
  let last = end;
  while (last > start && isBlank(text.charAt(last - 1))) last--;
  return last;
}

/**
 * kong.conf as Kong reads it: penlight's `pl.config.read` (comment lines with `#` or `;`, `\` at a line's end joins, characters of a
 * key that are no letters or digits read as `_`, what stands under a `[section]` is no setting), then a trailing `#…` is a comment
 * unless it is `\#` (kong/conf_loader: strip_comments). Keys that stand twice: the later wins, both are listed.
 */
export function parseKongConf(text: string, map: OffsetMap = sameOffset): Entries {
  const entries: Entry[] = [];
  const problems: Problem[] = [];
  const lines = linesOf(text);
  for (let index = 0; index < lines.length; index++) {
    const pieces: Line[] = [];
    for (let line = lines[index]; line; line = lines[++index]) {
      const first = text.charAt(skipBlanks(text, line.start, line.end));
      const blank = trimEnd(text, line.start, line.end) === line.start;
      if (!blank && first !== '#' && first !== ';') {
        const last = trimEnd(text, line.start, line.end);
        const joined = text.charAt(last - 1) === '\\';
        pieces.push({ ...line, end: joined ? last - 1 : line.end });
        if (!joined) break;
      } else if (pieces.length === 0) break;
    }
    const head = pieces[0];
    if (!head) continue;
    if (text.charAt(head.start) === '[') break;
    const start = skipBlanks(text, head.start, head.end);
    const equals = text.indexOf('=', start);
    if (equals < 0 || equals >= head.end) {
      if (pieces.length === 1) problems.push({ message: 'expected "key = value"', offset: map(start) });
      continue;
    }
    entries.push(kongEntry(text, map, pieces, start, equals));
  }
  return { entries, problems };
}

function kongEntry(text: string, map: OffsetMap, pieces: readonly Line[], start: number, equals: number): Entry {
  const keyEnd = trimEnd(text, start, equals);
  const builder = new DecodedBuilder(map);
  let valueStart: number | undefined;
  let valueEnd = 0;
  let trimmed = 0;
  outer: for (const [index, piece] of pieces.entries()) {
    const from = index === 0 ? skipBlanks(text, equals + 1, piece.end) : piece.start;
    valueStart ??= from;
    valueEnd = Math.max(valueEnd, valueStart);
    for (let at = from; at < piece.end; at++) {
      const char = text.charAt(at);
      if (char === '#') break outer;
      if (char === '\\' && text.charAt(at + 1) === '#' && at + 1 < piece.end) {
        builder.escape('#', at, at + 2);
        at++;
      } else builder.char(char, at);
      if (!isBlank(char)) {
        trimmed = builder.length;
        valueEnd = at + 1;
      }
    }
  }
  const decoded = builder.buildTrimmed(trimmed, valueStart ?? equals + 1, valueEnd);
  const end = pieces.at(-1)?.end ?? valueEnd;
  return {
    key: text.slice(start, keyEnd).replace(/[^0-9A-Za-z]/gu, '_'),
    keyAt: mapSpan(map, start, keyEnd),
    value: decoded.text,
    valueAt: decoded.at,
    decoded,
    quote: '',
    parts: decoded.text === '' ? [] : [decoded.text],
    at: mapSpan(map, start, end),
    bare: false,
  };
}

/**
 * Environment files.
 * `compose`: compose-go's reader (`.env`, `env_file`): `export`, quotes (also over several lines), ` #` comments, variables outside single
 * quotes. `raw`: `docker run --env-file` and kustomize/kubectl `--from-env-file`: everything behind the first `=` is the value.
 */
export function parseEnvFile(text: string, dialect: 'compose' | 'raw', map: OffsetMap = sameOffset): Entries {
  const entries: Entry[] = [];
  const problems: Problem[] = [];
  let at = 0;
  while (at < text.length) {
    const line = lineAt(text, at);
    const start = skipBlanks(text, line.start, line.end);
    if (start === line.end || text[start] === '#') {
      at = line.next;
      continue;
    }
    const read = dialect === 'raw' ? rawEntry(text, start, line, map) : composeEntry(text, start, line, map);
    if ('message' in read) problems.push(read);
    else entries.push(read.entry);
    at = 'message' in read ? line.next : read.next;
  }
  return { entries, problems };
}

function lineAt(text: string, start: number): Line {
  let end = start;
  while (end < text.length && text[end] !== '\n' && text[end] !== '\r') end++;
  const next = end + (text[end] === '\r' && text[end + 1] === '\n' ? 2 : 1);
  return { start, end, next: Math.min(next, text.length) };
}

type ReadEntry = { readonly entry: Entry; readonly next: number } | Problem;

function rawEntry(text: string, start: number, line: Line, map: OffsetMap): ReadEntry {
  const equals = text.slice(start, line.end).indexOf('=');
  const keyEnd = equals < 0 ? trimEnd(text, start, line.end) : start + equals;
  const valueStart = equals < 0 ? line.end : keyEnd + 1;
  if (keyEnd === start || /\s/u.test(text.slice(start, keyEnd))) return { message: 'expected "NAME=value"', offset: map(start) };
  const builder = new DecodedBuilder(map);
  builder.slice(text, valueStart, line.end);
  const decoded = builder.build(valueStart, line.end);
  return { entry: entryOf(text, map, start, keyEnd, decoded, '', [], line.end, equals < 0), next: line.next };
}

interface Mark {
  readonly from: number;
  readonly to: number;
  readonly expansion: Omit<Expansion, 'at'>;
}

function entryOf(
  text: string,
  map: OffsetMap,
  start: number,
  keyEnd: number,
  decoded: DecodedText,
  quote: Entry['quote'],
  marks: readonly Mark[],
  end: number,
  bare: boolean,
): Entry {
  return {
    key: text.slice(start, keyEnd),
    keyAt: mapSpan(map, start, keyEnd),
    value: decoded.text,
    valueAt: decoded.at,
    decoded,
    quote,
    parts: partsOf(decoded, marks),
    at: mapSpan(map, start, end),
    bare,
  };
}

function composeEntry(text: string, lineStart: number, line: Line, map: OffsetMap): ReadEntry {
  const exported = /^export[ \t]+/u.exec(text.slice(lineStart, line.end))?.[0].length ?? 0;
  const start = lineStart + exported;
  const name = /^[A-Za-z_][\w.-]*/u.exec(text.slice(start, line.end))?.[0];
  if (name === undefined) return { message: 'expected "NAME=value"', offset: map(start) };
  const keyEnd = start + name.length;
  const separator = skipBlanks(text, keyEnd, line.end);
  if (separator === line.end || text[separator] === '#') {
    const empty = new DecodedBuilder(map).build(separator, separator);
    return { entry: entryOf(text, map, start, keyEnd, empty, '', [], keyEnd, true), next: line.next };
  }
  if (text[separator] !== '=' && text[separator] !== ':')
    return { message: `unexpected "${text.charAt(separator)}" in a variable name`, offset: map(separator) };
  const valueStart = skipBlanks(text, separator + 1, line.end);
  const first = text.charAt(valueStart);
  if (valueStart < line.end && (first === '"' || first === "'")) return quotedValue(text, start, keyEnd, valueStart, first, map);
  const builder = new DecodedBuilder(map);
  const marks: Mark[] = [];
  let end = line.end;
  for (let at = valueStart; at < line.end; at++) {
    if (text[at] === '#' && (at === valueStart || isBlank(text.charAt(at - 1)))) {
      end = at;
      break;
    }
  }
  end = trimEnd(text, valueStart, end);
  for (let at = valueStart; at < end; ) at = composeChar(text, at, end, builder, marks);
  return { entry: entryOf(text, map, start, keyEnd, builder.build(valueStart, end), '', marks, line.end, false), next: line.next };
}

function composeChar(text: string, at: number, end: number, builder: DecodedBuilder, marks: Mark[]): number {
  if (text[at] === '$') {
    const found = expansionAt(text, at, end, false);
    if (found) {
      const from = builder.length;
      builder.slice(text, at, found.end);
      marks.push({ from, to: builder.length, expansion: found.expansion });
      return found.end;
    }
    if (text[at + 1] === '$' && at + 1 < end) {
      builder.escape('$', at, at + 2);
      return at + 2;
    }
  }
  if (text[at] === '\\' && text[at + 1] === '$' && at + 1 < end) {
    builder.escape('$', at, at + 2);
    return at + 2;
  }
  builder.char(text.charAt(at), at);
  return at + 1;
}

const ENV_ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '"': '"',
  '\\': '\\',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
};

function quotedValue(text: string, start: number, keyEnd: number, quoteAt: number, quote: '"' | "'", map: OffsetMap): ReadEntry {
  const builder = new DecodedBuilder(map);
  const marks: Mark[] = [];
  let at = quoteAt + 1;
  while (at < text.length && text[at] !== quote) {
    const escaped = text[at] === '\\' ? text.charAt(at + 1) : '';
    if (quote === "'") {
      if (escaped === "'") builder.escape("'", at, at + 2);
      else builder.char(text.charAt(at), at);
      at += escaped === "'" ? 2 : 1;
    } else if (escaped !== '' && ENV_ESCAPES[escaped] !== undefined) {
      builder.escape(ENV_ESCAPES[escaped] ?? '', at, at + 2);
      at += 2;
    } else at = composeChar(text, at, text.length, builder, marks);
  }
  if (at >= text.length) return { message: 'unterminated quoted value', offset: map(quoteAt) };
  const line = lineAt(text, at);
  return { entry: entryOf(text, map, start, keyEnd, builder.build(quoteAt + 1, at), quote, marks, line.end, false), next: line.next };
}

const PROPERTY_ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f' };

/**
 * Java `.properties` (java.util.Properties.load): `#` and `!` comments, `=`, `:` or blanks separate, `\` at a line's end joins,
 * `\uXXXX`. Spring's `${name:fallback}` placeholders come out as variables.
 */
export function parseProperties(text: string, map: OffsetMap = sameOffset): Entries {
  const entries: Entry[] = [];
  const problems: Problem[] = [];
  let at = 0;
  while (at < text.length) {
    const line = lineAt(text, at);
    const start = skipBlanks(text, line.start, line.end);
    if (start === line.end || text[start] === '#' || text[start] === '!') {
      at = line.next;
      continue;
    }
    const key = propertyToken(text, start, true, map, problems);
    let value = skipBlanks(text, key.end, text.length);
    if (text[value] === '=' || text[value] === ':') value = skipBlanks(text, value + 1, text.length);
    const decoded = propertyToken(text, value, false, map, problems);
    const marks = [...decoded.built.text.matchAll(/\$\{([^${}:]+)(?::([^{}]*))?\}/gu)].map((match) => ({
      from: match.index,
      to: match.index + match[0].length,
      expansion: { name: match[1], operator: match[2] === undefined ? '' : ':', fallback: match[2] },
    }));
    entries.push({ ...entryOf(text, map, start, key.end, decoded.built, '', marks, decoded.end, false), key: key.built.text });
    at = lineAt(text, decoded.end).next;
  }
  return { entries, problems };
}

function propertyToken(
  text: string,
  start: number,
  isKey: boolean,
  map: OffsetMap,
  problems: Problem[],
): { readonly built: DecodedText; readonly end: number } {
  const builder = new DecodedBuilder(map);
  let at = start;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '\n' || char === '\r' || (isKey && (char === '=' || char === ':' || isBlank(char)))) break;
    if (char !== '\\') {
      builder.char(char, at++);
      continue;
    }
    const escaped = text.charAt(at + 1);
    if (escaped === '\n' || escaped === '\r') {
      const next = lineAt(text, at + 1).next;
      at = skipBlanks(text, next, text.length);
    } else if (escaped === 'u') {
      const hex = /^[0-9A-Fa-f]{4}/u.exec(text.slice(at + 2, at + 6))?.[0];
      if (hex === undefined) problems.push({ message: 'malformed \\uXXXX escape', offset: map(at) });
      else builder.escape(String.fromCharCode(Number.parseInt(hex, 16)), at, at + 6);
      at += hex === undefined ? 2 : 6;
    } else {
      builder.escape(PROPERTY_ESCAPES[escaped] ?? escaped, at, at + 2);
      at += 2;
    }
  }
  const end = Math.min(at, text.length);
  return { built: builder.build(Math.min(start, end), end), end };
}
