interface Entry<Read, Result> {
  readonly signature: string;
  readonly reads: ReadonlyMap<string, Read>;
  readonly result: Result;
}

/**
 * Remembers a computation together with every read it made. The result is used again for as long as each of those reads gives
 * the very same thing; this makes incremental results equal to those of a scan from scratch by construction.
 */
export class TrackedMemo<Read, Result> {
  private readonly entries: Map<string, Entry<Read, Result>>;

  constructor(from?: TrackedMemo<Read, Result>) {
    this.entries = new Map(from?.entries);
  }

  /**
   * @param signature what decides, beside the reads, what is computed: a list of members, say
   * @param read gives the same object for as long as what it stands for is unchanged
   * @param mayHaveChanged the names whose reads may give something else than the last time that this key was asked for; without it: all
   */
  get(
    key: string,
    signature: string,
    read: (name: string) => Read,
    compute: (read: (name: string) => Read) => Result,
    mayHaveChanged?: Iterable<string>,
  ): Result {
    const known = this.entries.get(key);
    if (known?.signature === signature && isUnchanged(known.reads, mayHaveChanged ?? known.reads.keys(), read)) return known.result;
    const reads = new Map<string, Read>();
    const result = compute((name) => {
      const value = read(name);
      reads.set(name, value);
      return value;
    });
    this.entries.set(key, { signature, reads, result });
    return result;
  }

  /** Forgets what is not among `keys`, so that removed units don't stay in memory. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.entries.keys()) if (!keys.has(key)) this.entries.delete(key);
  }
}

function isUnchanged<Read>(reads: ReadonlyMap<string, Read>, names: Iterable<string>, read: (name: string) => Read): boolean {
  for (const name of names) if (reads.has(name) && read(name) !== reads.get(name)) return false;
  return true;
}
