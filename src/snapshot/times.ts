import type { ContainerState } from './snapshot.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/**
 * How long ago a time was, in milliseconds; a little less than 0 where the node's clock is ahead. `undefined` when there is no time, or none that can be read.
 * @param at RFC 3339
 * @param now milliseconds since 1970
 */
export function ageMs(at: string | undefined, now: number): number | undefined {
  const age = now - Date.parse(at ?? '');
  return Number.isNaN(age) ? undefined : age;
}

/** Whether a time is within the window. No time is not. */
export function isWithin(at: string | undefined, now: number, windowMs: number): boolean {
  const age = ageMs(at, now);
  return age !== undefined && age <= windowMs;
}

/** Since when a container's present run has been running, milliseconds since 1970; `undefined` when it isn't. */
export function runningSince(container: ContainerState): number | undefined {
  const since = container.state === 'running' ? Date.parse(container.startedAt ?? '') : Number.NaN;
  return Number.isNaN(since) ? undefined : since;
}
