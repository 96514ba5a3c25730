/** Most edits between a misspelt name and what was meant. */
const MAX_DISTANCE = 2;

/**
 * The annotations that somebody may have meant: at most two edits away (a short name: fewer), or the same name in any case, under this
 * domain of Istio or another (`sidecar.istio.io/excludeOutboundPorts` for `traffic.sidecar.istio.io/excludeOutboundPorts`).
 * @returns the nearest; several when they are equally near; none
 */
export function nearestNames(key: string, names: Iterable<string>): string[] {
  const own = localName(key);
  const most = Math.min(MAX_DISTANCE, Math.floor((own.length - 1) / 2));
  let best: string[] = [];
  let least = most + 1;
  const swapped: string[] = [];
  for (const name of names) {
    if (localName(name).toLowerCase() === own.toLowerCase()) swapped.push(name);
    const distance = editDistance(key, name, least);
    if (distance > most || distance > least) continue;
    if (distance < least) best = [];
    least = distance;
    best.push(name);
  }
  return best.length > 0 ? best : swapped;
}

function localName(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}

/** Damerau-Levenshtein (optimal string alignment); any number above `limit` once it is exceeded. */
function editDistance(a: string, b: string, limit: number): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (previous[column - 1] ?? 0) + (same ? 0 : 1));
      if (a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, (before[column - 2] ?? 0) + 1);
      }
      current.push(cost);
    }
    if (Math.min(...current) > limit) return limit + 1;
    before = previous;
    previous = current;
  }
  return previous[b.length] ?? limit + 1;
}
