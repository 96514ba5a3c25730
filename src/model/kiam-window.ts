import { oncePer } from '../text/once.ts';
import type { Container } from './container.ts';
import { parseGoDurationMs } from './duration.ts';
import { readCommandLine } from './flags.ts';
import { durationOf, type KiamProcess, kiamProcesses, kiamVersion } from './kiam-process.ts';
import type { Repository, Unit } from './unit.ts';
import { affected, parseImage, type VersionRange } from './version.ts';

const MINUTE_MS = 60_000;

/** Below this much life an SDK of the storm kind fetches anew on every call; it is also what Java v2 2.17.159 to .163 waits at least. */
export const STORM_WINDOW_MS = 15 * MINUTE_MS;
/** Below this much life botocore from 1.25 signs with credentials that have ended. */
export const EXPIRED_WINDOW_MS = 10 * MINUTE_MS;
/** Kiam's janitor looks for ended cache entries once a minute (pkg/aws/sts/cache.go). */
export const JANITOR_PERIOD_MS = MINUTE_MS;

/** What Kiam serves: the life that a credential has left when a pod gets it, in milliseconds. */
export interface ServedLife {
  readonly lowMs: number;
  readonly highMs: number;
}

const GENERATIONS = [
  { generation: '3.0', versions: { from: '3.0' } },
  { generation: '2.7', versions: { from: '2.7', before: '3.0' } },
  { generation: '2.6', versions: { before: '2.7' } },
] as const;

/** Named by the version that brought it: which flags there are and how long the cache keeps an answer. */
export type KiamGeneration = (typeof GENERATIONS)[number]['generation'];

/**
 * The generations that a process may be of, newest first. A flag that it is given narrows them, since Kiam stops at a flag that it
 * doesn't know: `--session-refresh` came with 3.0, `--session-duration` with 2.7.
 */
export function generationsOf(version: VersionRange, flags: readonly { readonly name: string }[] = []): KiamGeneration[] {
  const possible = GENERATIONS.filter(({ versions }) => affected(version, versions) !== 'no').map(({ generation }) => generation);
  const has = (name: string): boolean => flags.some((flag) => flag.name === name);
  const narrowed = possible.filter((generation) =>
    has('session-refresh') ? generation === '3.0' : !has('session-duration') || generation !== '2.6',
  );
  return narrowed.length > 0 ? narrowed : possible;
}

/**
 * The life left in credentials that Kiam hands out (pkg/aws/sts/cache.go at v2.7, v2.8, v3.0, v4.2): from 3.0 the cache keeps an answer
 * for duration minus refresh; 2.7 and 2.8 keep it for ten minutes; up to 2.6 the duration is fixed at 15 minutes and the cache keeps ten.
 */
export function servedLife(generation: KiamGeneration, durationMs: number, refreshMs: number): ServedLife {
  if (generation === '3.0') return { lowMs: refreshMs, highMs: durationMs };
  if (generation === '2.7') return { lowMs: Math.max(0, durationMs - 10 * MINUTE_MS), highMs: durationMs };
  return { lowMs: 5 * MINUTE_MS, highMs: 15 * MINUTE_MS };
}

/** A server's settings and what comes of them, for each generation that it may be of; `undefined` when a setting isn't known. */
export interface KiamService {
  readonly server: KiamProcess;
  readonly durationMs: number;
  readonly refreshMs: number;
  readonly lives: readonly (ServedLife & { readonly generation: KiamGeneration })[];
}

export function kiamService(server: KiamProcess, repository: Pick<Repository, 'assume'>): KiamService | undefined {
  const { durationMs } = durationOf(server, 'session-duration');
  const { durationMs: refreshMs } = durationOf(server, 'session-refresh');
  if (durationMs === undefined || refreshMs === undefined) return undefined;
  const generations = generationsOf(kiamVersion(server, repository.assume(server.at.file.path)), server.flags);
  const lives = generations.map((generation) => ({ generation, ...servedLife(generation, durationMs, refreshMs) }));
  return { server, durationMs, refreshMs, lives };
}

/** From 3.0: the refresh isn't far enough below the duration for the cache to work; another fault than a short life. */
export function isRefreshTooLate({ durationMs, refreshMs, lives }: KiamService): boolean {
  return lives.some(({ generation }) => generation === '3.0') && durationMs - refreshMs <= JANITOR_PERIOD_MS;
}

/** How an SDK treats the credentials that it gets. The kinds: {@link CredentialWindow.behaviour}. */
export type SdkBehaviour = 'storm' | 'raised-wait' | 'extends' | 'short-window' | 'safe' | 'unknown';

/**
 * What a served life does to an SDK: `storm` fetches on every call for a part of each cycle, `expired` signs with credentials that have
 * ended in every cycle, `partly` is bad only at times (a pod that starts late in a cycle) or only fetches more often than it should.
 */
export function harmOf(behaviour: SdkBehaviour, { lowMs, highMs }: ServedLife): 'storm' | 'expired' | 'partly' | 'none' {
  switch (behaviour) {
    case 'storm':
      return lowMs < STORM_WINDOW_MS ? 'storm' : 'none';
    case 'raised-wait':
      return highMs <= STORM_WINDOW_MS ? 'expired' : lowMs < STORM_WINDOW_MS ? 'partly' : 'none';
    case 'extends':
      return lowMs < EXPIRED_WINDOW_MS ? 'expired' : lowMs < STORM_WINDOW_MS ? 'partly' : 'none';
    case 'short-window':
      return lowMs < 5 * MINUTE_MS ? 'storm' : 'none';
    case 'safe':
    case 'unknown':
      return 'none';
  }
}

/**
 * kube2iam answers the same annotation. It asks STS for twice its `--iam-role-session-ttl` (15m) and keeps an answer for once that
 * (iam/iam.go, server/server.go). Lives that its containers in a unit serve; `undefined` for one whose flag isn't known.
 */
export const kube2iamLives = oncePer((unit: Unit): readonly (ServedLife | undefined)[] =>
  unit.containers.filter(isKube2iam).map(kube2iamLife),
);

function isKube2iam(container: Container): boolean {
  return container.image?.known === true && parseImage(container.image.value)?.name === 'kube2iam';
}

function kube2iamLife(container: Container): ServedLife | undefined {
  const line = readCommandLine(container);
  const flag = line.flags.find((one) => one.name === 'iam-role-session-ttl');
  if (!flag && line.incomplete) return undefined;
  const ttlMs = flag ? (flag.value?.known ? parseGoDurationMs(flag.value.value) : undefined) : 15 * MINUTE_MS;
  return ttlMs === undefined ? undefined : { lowMs: ttlMs, highMs: 2 * ttlMs };
}

/** What serves credentials somewhere in the repository. */
export interface CredentialServices {
  readonly kiam: readonly KiamService[];
  /** Kiam servers whose settings aren't known. */
  readonly unknownKiam: boolean;
  readonly kube2iam: readonly (ServedLife | undefined)[];
}

const kiamServers = oncePer((unit: Unit): readonly KiamProcess[] => kiamProcesses(unit).filter(({ role }) => role === 'server'));

/** Kiam serves a whole cluster and usually stands in a folder of its own: its servers anywhere in the repository. */
export function credentialServices(repository: Repository): CredentialServices {
  const read = repository.everyUnit(kiamServers).map((server) => kiamService(server, repository));
  return {
    kiam: read.filter((service) => service !== undefined),
    unknownKiam: read.includes(undefined),
    kube2iam: repository.everyUnit(kube2iamLives),
  };
}
