/**
 * A map by path or name that starts as another one and leaves that one as it is, without a copy: trying a fix looks at the same thousands of
 * files but for one. The map below must not change for as long as the fork is in use.
 */
export class ForkedMap<Value> {
  private readonly own = new Map<string, { readonly value: Value } | undefined>();
  private below: ForkedMap<Value> | undefined;
  private count: number;

  constructor(below?: ForkedMap<Value>) {
    this.below = below;
    this.count = below?.size ?? 0;
  }

  get size(): number {
    return this.count;
  }

  get(path: string): Value | undefined {
    const entry = this.own.get(path);
    if (entry) return entry.value;
    return this.below && !this.own.has(path) ? this.below.get(path) : undefined;
  }

  has(path: string): boolean {
    if (this.own.has(path)) return this.own.get(path) !== undefined;
    return this.below?.has(path) ?? false;
  }

  set(path: string, value: Value): void {
    if (!this.has(path)) this.count++;
    this.own.set(path, { value });
  }

  delete(path: string): void {
    if (!this.has(path)) return;
    this.count--;
    if (this.below?.has(path)) this.own.set(path, undefined);
    else this.own.delete(path);
  }

  /** Those of the map below keep their places; new ones come behind. */
  *entries(): Generator<readonly [string, Value]> {
    const { below } = this;
    if (below) {
      for (const [path, value] of below.entries()) {
        if (!this.own.has(path)) yield [path, value];
        else {
          const entry = this.own.get(path);
          if (entry) yield [path, entry.value];
        }
      }
    }
    for (const [path, entry] of this.own) if (entry && !below?.has(path)) yield [path, entry.value];
  }

  *keys(): Generator<string> {
    for (const [path] of this.entries()) yield path;
  }

  *values(): Generator<Value> {
    for (const [, value] of this.entries()) yield value;
  }

  sortByPath(): void {
    const sorted = [...this.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
    this.below = undefined;
    this.own.clear();
    for (const [path, value] of sorted) this.own.set(path, { value });
  }
}
