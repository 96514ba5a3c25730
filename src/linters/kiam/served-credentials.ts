import { formatDuration } from '../../model/duration.ts';
import type { KiamProcess } from '../../model/kiam-process.ts';
import { isRefreshTooLate, kiamService, kube2iamLives, STORM_WINDOW_MS } from '../../model/kiam-window.ts';
import type { Container } from '../../model/container.ts';
import type { ClusterView } from '../probe.ts';

/**
 * What a server hands out: `right` never less than 15 minutes of life, `short` less at times, `late` its cache does not work (refresh not far enough below
 * the duration), `maybe` that depends on its version, which isn't known, `unknown` a setting isn't known.
 */
export interface Served {
  readonly life: 'right' | 'short' | 'late' | 'maybe' | 'unknown';
  /** `session-duration 15m, session-refresh 5m`; empty when a setting isn't known. */
  readonly settings: string;
  readonly low: string;
  readonly high: string;
  /** From 3.0 there are both flags. */
  readonly generations: readonly string[];
}

const UNKNOWN: Served = { life: 'unknown', settings: '', low: '', high: '', generations: [] };

export function servedBy(view: ClusterView, server: KiamProcess): Served {
  const service = kiamService(server, view.repository);
  if (!service || service.lives.length === 0) return UNKNOWN;
  const { lives, durationMs, refreshMs } = service;
  const isShort = (lowMs: number): boolean => lowMs < STORM_WINDOW_MS;
  const certain = lives.length === 1;
  const life = isRefreshTooLate(service)
    ? certain
      ? 'late'
      : 'maybe'
    : lives.every(({ lowMs }) => isShort(lowMs))
      ? 'short'
      : lives.some(({ lowMs }) => isShort(lowMs))
        ? 'maybe'
        : 'right';
  return {
    life,
    settings: `session-duration ${formatDuration(durationMs)}, session-refresh ${formatDuration(refreshMs)}`,
    low: formatDuration(Math.min(...lives.map(({ lowMs }) => lowMs))),
    high: formatDuration(Math.max(...lives.map(({ highMs }) => highMs))),
    generations: lives.map(({ generation }) => generation),
  };
}

/** What kube2iam's container serves: from its session's time to live to twice that (iam/iam.go). `undefined`: it is none of kube2iam's. */
export function servedByKube2iam(view: ClusterView, container: Container): Served | undefined {
  const lives = kube2iamLives({ ...view.unit, objects: [], releases: [], files: [], components: [], containers: [container] });
  if (lives.length === 0) return undefined;
  const [life] = lives;
  if (!life) return UNKNOWN;
  return {
    life: life.lowMs < STORM_WINDOW_MS ? 'short' : 'right',
    settings: `iam-role-session-ttl ${formatDuration(life.lowMs)}`,
    low: formatDuration(life.lowMs),
    high: formatDuration(life.highMs),
    generations: [],
  };
}
