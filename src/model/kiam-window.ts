import { affected, type VersionRange } from './version.ts';

const MINUTE_MS = 60_000;

/** Below this much life an SDK of the storm kind fetches anew on every call. */
export const STORM_WINDOW_MS = 15 * MINUTE_MS;
/** Below this much life botocore from 1.25 signs with credentials that have ended. */
export const EXPIRED_WINDOW_MS = 10 * MINUTE_MS;

/** What Kiam serves: the life that a credential has left when a pod gets it, in milliseconds. */
export interface ServedLife {
  readonly lowMs: number;
  readonly highMs: number;
}

/**
 * The life left in credentials that Kiam hands out, for one generation of its cache (pkg/aws/sts/cache.go at v2.7, v2.8, v3.0, v4.2):
 * from 3.0 the cache keeps an answer for duration minus refresh; 2.7 and 2.8 keep it for ten minutes; up to 2.6 the duration is fixed
 * at 15 minutes and the cache keeps ten.
 */
function servedBy(generation: '3.0' | '2.7' | '2.6', durationMs: number, refreshMs: number): ServedLife {
  if (generation === '3.0') return { lowMs: refreshMs, highMs: durationMs };
  if (generation === '2.7') return { lowMs: durationMs - 10 * MINUTE_MS, highMs: durationMs };
  return { lowMs: 5 * MINUTE_MS, highMs: 15 * MINUTE_MS };
}

const GENERATIONS = [
  { generation: '3.0', versions: { from: '3.0' } },
  { generation: '2.7', versions: { from: '2.7', before: '3.0' } },
  { generation: '2.6', versions: { before: '2.7' } },
] as const;

export type KiamGeneration = (typeof GENERATIONS)[number]['generation'];

/** The generations that a version range may be of, newest first. */
export function generationsOf(version: VersionRange): KiamGeneration[] {
  return GENERATIONS.filter(({ versions }) => affected(version, versions) !== 'no').map(({ generation }) => generation);
}

/** Every life that the versions in a range would serve. */
export function servedLives(version: VersionRange, durationMs: number, refreshMs: number): ServedLife[] {
  return generationsOf(version).map((generation) => servedBy(generation, durationMs, refreshMs));
}
