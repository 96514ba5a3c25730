/**
 * A pure function of an object, computed once for each object that it is asked of. Files, documents and objects are immutable here,
 * so identity is the cache key, and what nobody holds any more is forgotten.
 */
export function oncePer<Key extends object, Result>(compute: (key: Key) => Result): (key: Key) => Result {
  const known = new WeakMap<Key, { readonly result: Result }>();
  return (key) => {
    let entry = known.get(key);
    if (!entry) {
      entry = { result: compute(key) };
      known.set(key, entry);
    }
    return entry.result;
  };
}
