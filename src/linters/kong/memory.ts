import type { Change } from '../../fixes/change.ts';
import type { Unit } from '../../model/unit.ts';
import type { Value } from '../../model/value.ts';
import { affected, type VersionInterval } from '../../model/version.ts';
import type { YamlScalar } from '../../text/yaml.ts';
import { databaseMode, effective } from './effective.ts';
import type { KongInstance } from './facts.ts';
import { declaredPlugins } from './plugins.ts';

/**
 * Resident memory of a worker that has done nothing yet, in MiB: about 65, of which 30 are the two caches of 500,000 slots
 * (https://github.com/Kong/kong/pull/11077).
 */
export const IDLE_WORKER_MIB = 65;

/** KiB a route and worker. Measured once, on Kong 2.2.0 with 50,000 routes and 4 workers: steady, at one write, while writes go on. */
export const FULL_REBUILD_KIB = { steady: 10, oneWrite: 20, writes: 35 } as const;

/** From 3.0 on with a router that rebuilds only what changed. Not measured: derived from the above. */
export const INCREMENTAL_KIB = { steady: 10, oneWrite: 12, writes: 15 } as const;

/** Kong's own advice before 3.0, MiB a worker (https://github.com/Kong/kong/issues/6687). */
export const GUIDELINE_WORKER_MIB = 500;

/**
 * Shared memory zones in MiB (nginx_kong.lua at 1.5.1, 2.8.5, 3.9.3): `mem_cache_size` is taken once up to 1.x, twice from 2.0 on, and four
 * times by a 2.x without database. Where version or size aren't known this is the least it can be.
 */
export function sharedMemoryMiB(instance: KongInstance, unit: Unit): number {
  const { version } = instance;
  const is = (range: VersionInterval): boolean => affected(version, range) === 'yes';
  const size = effective(instance, 'mem_cache_size');
  const cacheMiB = size.is === 'unknown' ? 0 : (parseSizeMiB(size.text) ?? 0);
  const withoutDatabase = databaseMode(instance) === 'none';
  let zones = cacheMiB * (withoutDatabase && is({ from: '1.2.0', before: '2.0.0' }) ? 2 : 1) + 52;
  if (is({ from: '2.0.0', before: '3.0.0' })) zones = withoutDatabase ? 4 * cacheMiB + 88 : 2 * cacheMiB + 64;
  if (is({ from: '3.0.0' })) zones = 2 * cacheMiB + 64 + (is({ from: '3.8.0' }) ? 5 : 0);
  if (declaredPlugins(unit).some(({ name }) => name.text === 'prometheus')) zones += 5;
  const stream = instance.settings.get('stream_listen')?.value;
  return stream?.known && stream.value.trim() !== 'off' ? zones * 2 : zones;
}

/** nginx sizes: `128m`, `512k`, `1g`. */
function parseSizeMiB(text: string): number | undefined {
  const match = /^(\d+)([kmg]?)$/i.exec(text.trim());
  if (!match) return undefined;
  const factor = { k: 1 / 1024, m: 1, g: 1024, '': 1 / 2 ** 20 }[(match[2] ?? '').toLowerCase()];
  return factor === undefined ? undefined : Number(match[1]) * factor;
}

/** What a node needs, in whole MiB. @param perRouteKiB for each route in each worker */
export function neededMiB(sharedMiB: number, workers: number, routes: number, perRouteKiB: number): number {
  return Math.ceil(sharedMiB + workers * (IDLE_WORKER_MIB + (routes * perRouteKiB) / 1024));
}

/** The most workers that fit, at least 1. */
export function fittingWorkers(limitMiB: number, sharedMiB: number, routes: number, perRouteKiB: number): number {
  return Math.max(1, Math.floor((limitMiB - sharedMiB) / (IDLE_WORKER_MIB + (routes * perRouteKiB) / 1024)));
}

/** A memory limit rounded up to 256 MiB, as its surface writes it. */
export function limitText(neededMiBs: number, compose: boolean): string {
  const rounded = Math.ceil(neededMiBs / 256) * 256;
  if (rounded % 1024 === 0) return `${rounded / 1024}${compose ? 'g' : 'Gi'}`;
  return `${rounded}${compose ? 'm' : 'Mi'}`;
}

export function limitScalar(limit: Value<number>): YamlScalar | undefined {
  const { at } = limit;
  return at && 'kind' in at && (at as YamlScalar).kind === 'scalar' ? (at as YamlScalar) : undefined;
}

export function setLimit(scalar: YamlScalar, text: string): readonly Change[] {
  return [{ change: 'set-scalar', scalar, text }];
}
