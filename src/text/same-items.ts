/** Both lists hold the very same things in the same order: what was made from one holds for the other. */
export function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, at) => item === b[at]);
}
