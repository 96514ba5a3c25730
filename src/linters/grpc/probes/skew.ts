/**
 * How unevenly a load is spread over pods. Pure numbers. The measures: CV (standard deviation of the population over the mean) is at most sqrt(N-1),
 * so I = CV / sqrt(N-1) lies between 0 (all alike) and 1 (all on one), whatever N is; R = largest / mean is at most N. The thresholds are ours, set
 * between the one pair that was measured: a factor of 17 between pods in an incident, below 2 after its cure.
 */
export interface Skew {
  readonly kind: SkewKind;
  readonly pods: number;
  readonly total: number;
  readonly mean: number;
  /** I, 0 to 1. */
  readonly concentration: number;
  /** R, 1 to N. */
  readonly peakRatio: number;
  /** Infinite where a pod does nothing at all. */
  readonly maxToMin: number;
  /** Share of the pods with less than a quarter of the mean. */
  readonly idleShare: number;
}

/**
 * - `strong`: few pods do the work · `weak`: uneven beyond what is normal · `uneven`: between normal and that · `even`
 * - `quiet`: too little load to tell · `few`: fewer than two pods
 */
export type SkewKind = 'strong' | 'weak' | 'uneven' | 'even' | 'quiet' | 'few';

/** Absorbs rounding: 80 % of the load on one of two pods is I = 0.6 exactly. */
const EPSILON = 1e-9;

/** The load, whatever its unit, of each pod. @param quietMean below this mean nothing can be told */
export function skewOf(loads: readonly number[], quietMean: number): Skew {
  const pods = loads.length;
  const total = loads.reduce((sum, load) => sum + load, 0);
  const mean = pods === 0 ? 0 : total / pods;
  const max = Math.max(0, ...loads);
  const min = pods === 0 ? 0 : Math.min(...loads);
  const variance = pods === 0 ? 0 : loads.reduce((sum, load) => sum + (load - mean) ** 2, 0) / pods;
  const measures = {
    pods,
    total,
    mean,
    concentration: pods < 2 || mean === 0 ? 0 : Math.min(1, Math.sqrt(variance) / mean / Math.sqrt(pods - 1)),
    peakRatio: mean === 0 ? 1 : Math.min(pods, Math.max(1, max / mean)),
    maxToMin: max === min ? 1 : max / min,
    idleShare: pods === 0 ? 0 : loads.filter((load) => load < mean / 4).length / pods,
  };
  return { ...measures, kind: kindOf(measures, max, quietMean) };
}

function kindOf(skew: Omit<Skew, 'kind'>, max: number, quietMean: number): SkewKind {
  const { pods, mean, total, concentration, peakRatio, maxToMin, idleShare } = skew;
  if (pods < 2) return 'few';
  // Many idle pods beside a busy one have a low mean, too; many pods that tick over have no busy one.
  const busyOne = total >= 5 * quietMean && max >= 2.5 * quietMean;
  if (mean < quietMean && !busyOne) return 'quiet';
  if (concentration >= 0.6 - EPSILON) return 'strong';
  if (pods >= 3 && peakRatio >= 2 - EPSILON && idleShare >= 1 / 3 - EPSILON) return 'strong';
  // With two pods I = 0.35 is no more than a factor of 2.1, which is normal; and a pod that is merely colder than the others makes none hot.
  if (pods >= 3 && concentration >= 0.35) return 'weak';
  if (maxToMin >= 3 - EPSILON && peakRatio >= 1.5 - EPSILON) return 'weak';
  return maxToMin < 2 ? 'even' : 'uneven';
}

/** The middle value; of an even number, the mean of the two in the middle. `undefined` of none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2;
}

/** Spearman's rank correlation, -1 to 1, ties sharing their ranks. `undefined` for fewer than four pairs, or where one side is all alike. */
export function rankCorrelation(pairs: readonly (readonly [number, number])[]): number | undefined {
  if (pairs.length < 4) return undefined;
  const x = ranks(pairs.map(([first]) => first));
  const y = ranks(pairs.map(([, second]) => second));
  const mean = (pairs.length + 1) / 2;
  let [both, left, right] = [0, 0, 0];
  for (const [at, rank] of x.entries()) {
    const [dx, dy] = [rank - mean, (y[at] ?? mean) - mean];
    both += dx * dy;
    left += dx * dx;
    right += dy * dy;
  }
  return left === 0 || right === 0 ? undefined : both / Math.sqrt(left * right);
}

function ranks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const alike = values.filter((other) => other === value).length;
    return below + (alike + 1) / 2;
  });
}
