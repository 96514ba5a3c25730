/** Items by their keys, in their order; an item may have several keys, or none. */
export function groupBy<Item>(items: Iterable<Item>, keysOf: (item: Item) => string | readonly string[]): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  const put = (key: string, item: Item): void => {
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  };
  for (const item of items) {
    const keys = keysOf(item);
    if (typeof keys === 'string') put(keys, item);
    else for (const key of keys) put(key, item);
  }
  return groups;
}
