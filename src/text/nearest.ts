/** "Did you mean …?": the known word that is closest to what was typed. */

/** Edits (insert, delete, replace, swap of neighbours) from one word to another, case aside. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (before[j - 2] ?? 0) + 1);
      next.push(least);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}

/**
 * The candidate that a typo most likely meant, or `undefined` when none is near (more than a third of the letters differ).
 * Ties go to the first candidate. A rule's name without its technology (`cache-ttl-zero`) finds the one rule that ends in it,
 * a beginning (`zh`) the one word that begins so.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const typed = word.toLowerCase();
  const all = [...candidates];
  const suffixed = all.filter((candidate) => candidate.endsWith(`/${typed}`));
  if (suffixed.length === 1) return suffixed[0];
  const begun = typed.length < 2 ? [] : all.filter((candidate) => candidate.toLowerCase().startsWith(typed));
  if (begun.length === 1) return begun[0];
  let best: string | undefined;
  let least = Math.max(2, Math.ceil(typed.length / 3)) + 1;
  for (const candidate of all) {
    if (Math.abs(candidate.length - typed.length) >= least) continue;
    const edits = distance(typed, candidate.toLowerCase());
    if (edits < least) {
      least = edits;
      best = candidate;
    }
  }
  return best;
}
