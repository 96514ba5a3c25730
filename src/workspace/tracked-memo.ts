/**
 * Remembers a computation together with every read it made. The result is used again for as long as each of those reads gives
 * the very same thing; this makes incremental results equal to those of a scan from scratch by construction.
 */
export class TrackedMemo<Read, Result> {
  private readonly entries: Map<string, { readonly reads: ReadonlyMap<string, Read>; readonly result: Result }>;

  constructor(from?: TrackedMemo<Read, Result>) {
    this.entries = new Map(from?.entries);
  }

  get(key: string, read: (path: string) => Read, compute: (read: (path: string) => Read) => Result): Result {
    const known = this.entries.get(key);
    if (known && [...known.reads].every(([path, value]) => read(path) === value)) return known.result;
    const reads = new Map<string, Read>();
    const result = compute((path) => {
      const value = read(path);
      reads.set(path, value);
      return value;
    });
    this.entries.set(key, { reads, result });
    return result;
  }

  /** Forgets what is not among `keys`, so that removed units don't stay in memory. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.entries.keys()) if (!keys.has(key)) this.entries.delete(key);
  }
}
