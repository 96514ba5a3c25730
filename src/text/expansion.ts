import { type DecodedText, spanWithin } from './decoded.ts';
import type { Span } from './source.ts';

/** A variable inside a value: `$NAME`, `${NAME:-fallback}`, `$(command)`. */
export interface Expansion {
  /** `undefined`: the result of a command or arithmetic. */
  readonly name: string | undefined;
  /** `:-`, `-`, `:?`, `:+`, …; `''` when plain. Spring's `${name:fallback}` has `:`. */
  readonly operator: string;
  readonly fallback: string | undefined;
  readonly at: Span;
}

export type Part = string | Expansion;

/** `ENV A=$A$A` on line after line doubles each time: beyond this many characters a value counts as not known. */
const MAX_EXPANDED = 65_536;

/** The text when no part is a variable. */
export function literalText(parts: readonly Part[]): string | undefined {
  let text = '';
  for (const part of parts) {
    if (typeof part !== 'string') return undefined;
    text += part;
  }
  return text;
}

/**
 * The text with its variables filled in; `undefined` when one of them can't be known.
 * @param lookup the variable's text; `null` when it is known to be unset, `undefined` when that isn't known
 */
export function expandParts(parts: readonly Part[], lookup: (name: string) => string | null | undefined): string | undefined {
  let text = '';
  for (const part of parts) {
    const piece = typeof part === 'string' ? part : expand(part, lookup);
    if (piece === undefined || text.length + piece.length > MAX_EXPANDED) return undefined;
    text += piece;
  }
  return text;
}

function expand({ name, operator, fallback = '' }: Expansion, lookup: (name: string) => string | null | undefined): string | undefined {
  const value = name === undefined ? undefined : lookup(name);
  if (value === undefined || /[${]/u.test(fallback)) return undefined;
  const unset = value === null || (value === '' && operator.startsWith(':') && operator.length > 1);
  switch (operator) {
    case '':
      return value ?? '';
    case ':-':
    case '-':
    case ':':
    case ':=':
    case '=':
      return unset ? fallback : (value ?? '');
    case ':+':
    case '+':
      return unset ? '' : fallback;
    case ':?':
    case '?':
      return unset ? undefined : (value ?? '');
    default:
      return undefined;
  }
}

/** Reads the variable that starts at `at` (on the `$`) in shell or compose syntax; `undefined` when the `$` is a plain character. */
export function expansionAt(
  text: string,
  at: number,
  end: number,
  allowCommands: boolean,
): { readonly expansion: Omit<Expansion, 'at'>; readonly end: number } | undefined {
  const after = text.charAt(at + 1);
  if (at + 1 >= end) return undefined;
  if (after === '{') {
    const lineEnd = allowCommands ? -1 : text.indexOf('\n', at);
    const limit = lineEnd < 0 ? end : Math.min(end, lineEnd);
    const close = closingBrace(text, at + 1, limit, '{', '}');
    const match = /^([A-Za-z_][\w.]*)(?:(:?[-=?+]|%%?|##?|\/\/?|\^\^?|,,?|:)(.*))?$/su.exec(text.slice(at + 2, close));
    const whole = { end: Math.min(close + 1, limit) };
    if (!match) return { expansion: { name: undefined, operator: '', fallback: undefined }, ...whole };
    return { expansion: { name: match[1], operator: match[2] ?? '', fallback: match[3] }, ...whole };
  }
  if (after === '(' && allowCommands) {
    const close = closingBrace(text, at + 1, end, '(', ')');
    return { expansion: { name: undefined, operator: '', fallback: undefined }, end: Math.min(close + 1, end) };
  }
  const name = /^[A-Za-z_]\w*|^[0-9@*#?$!-]/u.exec(text.slice(at + 1, Math.min(end, at + 257)))?.[0];
  if (name === undefined || (!allowCommands && !/^[A-Za-z_]/u.test(name))) return undefined;
  const named = /^[A-Za-z_]/u.test(name);
  return { expansion: { name: named ? name : undefined, operator: '', fallback: undefined }, end: at + 1 + name.length };
}

function closingBrace(text: string, open: number, end: number, left: string, right: string): number {
  let depth = 0;
  for (let at = open; at < end; at++) {
    const char = text.charAt(at);
    if (char === '\\') at++;
    else if (char === left) depth++;
    else if (char === right && --depth === 0) return at;
  }
  return end;
}

/** Cuts decoded text at its variables. `marks` are offsets in the decoded text, ascending. */
export function partsOf(
  decoded: DecodedText,
  marks: readonly { readonly from: number; readonly to: number; readonly expansion: Omit<Expansion, 'at'> }[],
): Part[] {
  const parts: Part[] = [];
  let last = 0;
  for (const { from, to, expansion } of marks) {
    if (from > last) parts.push(decoded.text.slice(last, from));
    parts.push({ ...expansion, at: spanWithin(decoded, from, to) });
    last = to;
  }
  if (last < decoded.text.length) parts.push(decoded.text.slice(last));
  return parts;
}
