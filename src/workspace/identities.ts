import { ForkedMap } from './forked-map.ts';

/**
 * How often each object (by kind, namespace and name) is there. Which folders make one unit depends on the objects that are there twice and on
 * no other's name: while somebody types a name that nothing else has, every file stays in its unit.
 */
export class Identities {
  private readonly counts: ForkedMap<number>;

  constructor(from?: Identities) {
    this.counts = new ForkedMap(from?.counts);
  }

  /**
   * Takes the objects of a file away and others in.
   * @returns whether those that came or went are there once at most, before and after: what was there twice still is, and nothing else
   */
  replace(before: readonly string[], after: readonly string[]): boolean {
    const changes = new Map<string, number>();
    for (const identity of before) changes.set(identity, (changes.get(identity) ?? 0) - 1);
    for (const identity of after) changes.set(identity, (changes.get(identity) ?? 0) + 1);
    let once = true;
    for (const [identity, change] of changes) {
      if (change === 0) continue;
      const count = this.counts.get(identity) ?? 0;
      const changed = count + change;
      if (count > 1 || changed > 1) once = false;
      if (changed === 0) this.counts.delete(identity);
      else this.counts.set(identity, changed);
    }
    return once;
  }
}
