import type { JsonValue } from '../snapshot/snapshot.ts';
import { isRecord } from './kubeconfig.ts';

/** A list as the API server sends it, its items not parsed yet. */
export interface ListBody {
  /** Empty at the end. */
  readonly next: string;
  /** Items after this page, as far as the server tells. */
  readonly remaining?: number;
  readonly count: number;
  /** Parses the items from one index up to another. @throws {SyntaxError} */
  items(from: number, to: number): JsonValue[];
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/**
 * Finds the items of a list without parsing them. A page of 500 pods is some megabytes, and the tree of it several times that: parsed a few items at
 * a time, what lives at once stays small, whatever a page holds.
 * @returns `undefined` for what is no list
 */
export function listBody(body: string): ListBody | undefined {
  const found = findItems(body);
  try {
    const around: unknown = JSON.parse(found ? `${body.slice(0, found.start)}[]${body.slice(found.end)}` : body);
    // Go writes an empty list as null.
    if (!isRecord(around) || (!found && around.items !== null && around.items !== undefined)) return undefined;
    const metadata = isRecord(around.metadata) ? around.metadata : {};
    const { spans } = found ?? { spans: [] };
    return {
      next: typeof metadata.continue === 'string' ? metadata.continue : '',
      ...(typeof metadata.remainingItemCount === 'number' ? { remaining: metadata.remainingItemCount } : {}),
      count: spans.length,
      items: (from, to) => spans.slice(from, to).map(([start, end]): JsonValue => JSON.parse(body.slice(start, end))),
    };
  } catch {
    return undefined;
  }
}

interface Items {
  /** Of the brackets. */
  readonly start: number;
  readonly end: number;
  readonly spans: readonly (readonly [start: number, end: number])[];
}

/** The value of the top-level key `items`, if that is a list of objects that ends. */
function findItems(body: string): Items | undefined {
  const spans: [number, number][] = [];
  let depth = 0;
  let listStart = -1;
  let itemStart = -1;
  let lastWord = '';
  for (let at = 0; at < body.length; at++) {
    const code = body.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfText(body, at);
      if (end < 0) return undefined;
      if (depth === 1 && listStart < 0) lastWord = body.slice(at + 1, end);
      at = end;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (code === OPEN_BRACKET && depth === 1 && listStart < 0 && lastWord === 'items') listStart = at;
      else if (listStart >= 0 && depth === 2) itemStart = at;
      depth++;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth--;
      if (listStart < 0) continue;
      if (depth === 2) spans.push([itemStart, at + 1]);
      else if (depth === 1) return { start: listStart, end: at + 1, spans };
    }
  }
  return undefined;
}

/** Where the quote is that ends a text. */
function endOfText(body: string, start: number): number {
  for (let end = body.indexOf('"', start + 1); end >= 0; end = body.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (body.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return -1;
}
