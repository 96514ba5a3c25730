/** Where an object keeps what was worked out of it. Not enumerable: a copy with `{...}` starts without. */
const MEMO = Symbol('memo');

interface Remembering {
  readonly [MEMO]?: Map<object, unknown>;
}

/**
 * What was worked out of an object, kept for as long as the object is. Files, documents and objects are immutable here, so identity is the
 * cache key.
 *
 * It does what a `WeakMap` does, but keeps the results with the object: V8's young collector takes the values of a `WeakMap` that has grown old for
 * reachable. Most of ours lead back to their key, so each version of a file would live until the next full collection: half a gigabyte
 * after some hundred keystrokes.
 */
export class ObjectMemo<Key extends object, Result> {
  get(key: Key): Result | undefined {
    const results = (key as Remembering)[MEMO];
    return results?.get(this) as Result | undefined;
  }

  /** @returns the result. Of an object that was frozen nothing is remembered. */
  set(key: Key, result: Result): Result {
    let results = (key as Remembering)[MEMO];
    if (!results) {
      results = new Map();
      Reflect.defineProperty(key, MEMO, { value: results });
    }
    results.set(this, result);
    return result;
  }
}

/** A pure function of an object, computed once for each object that it is asked of. */
export function oncePer<Key extends object, Result>(compute: (key: Key) => Result): (key: Key) => Result {
  const known = new ObjectMemo<Key, { readonly result: Result }>();
  return (key) => (known.get(key) ?? known.set(key, { result: compute(key) })).result;
}

/** The same of an object and something that belongs to it. The results are kept with the first, so the second may be of any kind and live longer. */
export function oncePerPart<Whole extends object, Part, Result>(
  compute: (whole: Whole, part: Part) => Result,
): (whole: Whole, part: Part) => Result {
  const partsOf = oncePer((_whole: Whole) => new Map<Part, { readonly result: Result }>());
  return (whole, part) => {
    const parts = partsOf(whole);
    let entry = parts.get(part);
    if (!entry) {
      entry = { result: compute(whole, part) };
      parts.set(part, entry);
    }
    return entry.result;
  };
}
