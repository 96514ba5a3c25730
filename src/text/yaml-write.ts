import type { ScalarStyle } from './yaml.ts';

/** How a YAML text is written, so that what is added looks like its neighbours. */
export interface YamlStyle {
  /** Spaces that a map stands deeper than its key. */
  readonly indent: number;
  /** Spaces that the dashes of a sequence stand deeper than its key: 0, or usually the same as `indent`. */
  readonly dashIndent: number;
  readonly quote: 'single' | 'double';
  /** Strict JSON: double quotes, no comments, no block style. */
  readonly json: boolean;
}

/** A value to write. */
export type Writable = string | number | boolean | null | readonly Writable[] | { readonly [key: string]: Writable };

type ScalarKind = 'string' | 'null' | 'bool' | 'loose-bool' | 'number' | 'loose-number' | 'other';

/**
 * What YAML 1.1 or 1.2 may read a plain scalar as. The loose kinds are those on which the two versions differ, or whose text
 * is lost when a parser prints the number again (`1.20`, `0x1f`, `1e3`).
 * Source: yaml.org/type (1.1: bool, int, float, timestamp, merge, value), YAML 1.2.2 §10.3.
 */
export function plainKind(text: string): ScalarKind {
  if (/^(?:~|null|Null|NULL)?$/.test(text)) return 'null';
  if (text === 'true' || text === 'false') return 'bool';
  if (/^(?:true|false|yes|no|on|off|y|n)$/i.test(text)) return 'loose-bool';
  if (/^-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/.test(text)) return 'number';
  if (/^[-+]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][-+]?\d+)?$/.test(text)) return 'loose-number';
  if (/^[-+]?(?:0x[\da-fA-F_]+|0o[0-7_]+|0b[01_]+|\.(?:inf|Inf|INF)|\d[\d_]*(?::[0-5]?\d)+(?:\.\d*)?)$/.test(text)) return 'loose-number';
  if (/^\.(?:nan|NaN|NAN)$|^<<$|^=$|^\d{4}-\d\d?-\d\d?(?:$|[Tt \t])/.test(text)) return 'other';
  return 'string';
}

/** Control characters, lone surrogates and the line breaks that only some readers know: for double quotes only. */
const NOT_PRINTED = /[\p{Cc}\p{Cs}\u2028\u2029\ufeff\ufffe\uffff]/u;

/** Whether a text can stand without quotes, as far as the syntax goes; what it would be read as is `plainKind`'s matter. */
export function isPlainSafe(text: string, flow: boolean): boolean {
  if (text === '' || /^\s|\s$/.test(text)) return false;
  if (NOT_PRINTED.test(text)) return false;
  if (/^[,[\]{}#&*!|>'"%@`]/.test(text) || /^[-?:](?:\s|$)/.test(text) || /^(?:---|\.\.\.)/.test(text)) return false;
  if (/:(?:\s|$)|\s#/.test(text)) return false;
  return !(flow && (/[,[\]{}]/.test(text) || /^[-?:]/.test(text) || /^\?/.test(text)));
}

/** The text between single or double quotes. */
export function escapeQuoted(text: string, quote: 'single' | 'double'): string {
  if (quote === 'single') return text.replaceAll("'", "''");
  return JSON.stringify(text)
    .slice(1, -1)
    .replace(/[\u007f-\u009f\u2028\u2029\ufeff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Single quotes can't hold line breaks or control characters. */
export function fitsSingleQuotes(text: string): boolean {
  return !NOT_PRINTED.test(text);
}

export function quoted(text: string, style: YamlStyle): string {
  const quote = style.json || !fitsSingleQuotes(text) ? 'double' : style.quote === 'single' || text.includes('"') ? 'single' : 'double';
  // A text with backslashes reads better in single quotes, where they stand for themselves.
  const final = quote === 'double' && !style.json && text.includes('\\') && fitsSingleQuotes(text) ? 'single' : quote;
  const mark = final === 'single' ? "'" : '"';
  return `${mark}${escapeQuoted(text, final)}${mark}`;
}

/** A string as a scalar: plain where every reader takes it for that string, else in quotes. */
export function writeString(text: string, style: YamlStyle, flow: boolean): string {
  if (!style.json && plainKind(text) === 'string' && isPlainSafe(text, flow)) return text;
  return quoted(text, style);
}

/**
 * A text in place of a plain scalar that is there. Without `asString` a number or bool stays one; what readers disagree on
 * is quoted, unless the scalar that is replaced was of the same sort.
 */
export function rewritePlain(text: string, old: string, asString: boolean, style: YamlStyle, flow: boolean): string {
  const kind = plainKind(text);
  if (kind === 'string') return writeString(text, style, flow);
  const keepsKind = kind === 'number' || kind === 'bool' || (kind !== 'null' && kind !== 'other' && kind === plainKind(old));
  if (asString || !keepsKind) return quoted(text, style);
  return style.json && !/^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)$/.test(text) ? quoted(text, style) : text;
}

function isMapValue(value: Writable): value is { readonly [key: string]: Writable } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: Writable): value is readonly Writable[] {
  return Array.isArray(value);
}

export function isCollection(value: Writable): boolean {
  return typeof value === 'object' && value !== null;
}

function isEmptyCollection(value: Writable): boolean {
  return isList(value) ? value.length === 0 : isMapValue(value) && Object.keys(value).length === 0;
}

/** A value on one line: a scalar, or a collection in flow style. */
export function writeInline(value: Writable, style: YamlStyle, flow = false): string {
  if (typeof value === 'string') return writeString(value, style, flow);
  if (isList(value)) return `[${value.map((item) => writeInline(item, style, true)).join(', ')}]`;
  if (isMapValue(value)) {
    const entries = Object.entries(value).map(([key, item]) => `${writeString(key, style, true)}: ${writeInline(item, style, true)}`);
    return `{${entries.join(', ')}}`;
  }
  return String(value);
}

/** A collection as JSON over several lines, the first one not indented. */
export function writeJsonLines(value: Writable, indent: number | '\t'): string[] {
  return JSON.stringify(value, null, indent).split('\n');
}

/** Literal style holds the text as it is only where no line starts or ends with what the style would eat. */
function fitsLiteral(text: string): boolean {
  const lines = text.split('\n');
  const odd = NOT_PRINTED.test(text.replaceAll('\n', ''));
  return lines.length > 1 && (lines[0] ?? '') !== '' && !/^\s/.test(text) && !odd && !/\n\n+$/.test(text);
}

/** `key: value` as lines, the first one at column 0. */
export function entryLines(key: string, value: Writable, style: YamlStyle): string[] {
  const name = writeString(key, style, false);
  if (isCollection(value) && !isEmptyCollection(value)) {
    const deeper = ' '.repeat(isList(value) ? style.dashIndent : style.indent);
    return [`${name}:`, ...collectionLines(value, style).map((line) => (line === '' ? '' : deeper + line))];
  }
  if (typeof value === 'string' && fitsLiteral(value)) return literalLines(`${name}: `, value, style.indent);
  return [`${name}: ${writeInline(value, style)}`];
}

function literalLines(head: string, text: string, indent: number): string[] {
  const ends = text.endsWith('\n');
  const body = (ends ? text.slice(0, -1) : text).split('\n');
  return [`${head}|${ends ? '' : '-'}`, ...body.map((line) => (line === '' ? '' : ' '.repeat(indent) + line))];
}

/** A dash and its value as lines, the first one at column 0. @param gap spaces between the dash and the value */
export function itemLines(value: Writable, style: YamlStyle, gap = 1): string[] {
  const space = ' '.repeat(gap);
  if (isCollection(value) && !isEmptyCollection(value)) {
    return collectionLines(value, style).map((line, index) => (line === '' ? '' : (index === 0 ? '-' : ' ') + space + line));
  }
  if (typeof value === 'string' && fitsLiteral(value)) return literalLines(`-${space}`, value, style.indent);
  return [`-${space}${writeInline(value, style)}`];
}

/** A collection in block style; an empty one in flow style, as YAML has no other. */
export function collectionLines(value: Writable, style: YamlStyle): string[] {
  if (isEmptyCollection(value) || !isCollection(value)) return [writeInline(value, style)];
  if (isList(value)) return value.flatMap((item) => itemLines(item, style));
  if (isMapValue(value)) return Object.entries(value).flatMap(([key, item]) => entryLines(key, item, style));
  return [];
}

/** The style in which a replaced scalar's text is written again: `undefined` when block style has to be handled by lines. */
export function requoted(text: string, style: ScalarStyle): { open: string; body: string } | undefined {
  if (style === 'double') return { open: '"', body: escapeQuoted(text, 'double') };
  if (style === 'single')
    return fitsSingleQuotes(text) ? { open: "'", body: escapeQuoted(text, 'single') } : { open: '"', body: escapeQuoted(text, 'double') };
  return undefined;
}
