import type { Snapshot } from './snapshot.ts';

/** A snapshot as it is saved: the same snapshot gives the same text, whatever order its objects came in. */
export function snapshotText(snapshot: Snapshot): string {
  return `${JSON.stringify(snapshot, sorted, 1)}\n`;
}

/** Keys in one order; those of the snapshot itself stay as they are told. */
function sorted(key: string, value: unknown): unknown {
  if (key === '' || typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
