import { affected } from '../../model/version.ts';
import type { KongInstance } from './facts.ts';
import type { KongSetting } from './setting.ts';
import { chartDefault, productDefault } from './settings-history.ts';

/** What holds for a setting on an instance. */
export type Effective =
  | { readonly is: 'set'; readonly text: string; readonly setting: KongSetting }
  /** Nobody here sets it. `setting` is there when the chart's own values.yaml lies in the repository. */
  | { readonly is: 'default'; readonly text: string; readonly by: 'chart' | 'product'; readonly setting?: KongSetting }
  | { readonly is: 'unknown' };

const NOT_KNOWN: Effective = { is: 'unknown' };

export function effective(instance: KongInstance, name: string): Effective {
  const setting = instance.settings.get(name);
  if (setting) {
    if (!setting.value.known) return NOT_KNOWN;
    const text = setting.value.value.trim();
    return setting.value.layers[0]?.origin === 'chart-default'
      ? { is: 'default', text, by: 'chart', setting }
      : { is: 'set', text, setting };
  }
  if (instance.unseen) return NOT_KNOWN;
  if (instance.chartVersion) {
    const text = chartDefault(name, instance.chartVersion);
    if (text === undefined) return NOT_KNOWN;
    if (text !== null) return { is: 'default', text, by: 'chart' };
  }
  const text = productDefault(name, instance.version);
  return text === undefined ? NOT_KNOWN : { is: 'default', text, by: 'product' };
}

/**
 * The number of workers. Kong 2.0 renamed `nginx_worker_processes` to `nginx_main_worker_processes`; from then on the old name is an
 * alias that holds only while the new one isn't set (kong/conf_loader/init.lua: aliased_properties).
 */
export function effectiveWorkers(instance: KongInstance): Effective {
  const before2 = affected(instance.version, { before: '2.0.0' }) === 'yes';
  if (!before2 && instance.settings.has('nginx_main_worker_processes')) return effective(instance, 'nginx_main_worker_processes');
  return effective(instance, 'nginx_worker_processes');
}

/** A fixed number of workers; `undefined` for `auto` and for what can't be read. */
export function workerCount(instance: KongInstance): number | undefined {
  const workers = effectiveWorkers(instance);
  return workers.is !== 'unknown' && /^[1-9]\d*$/.test(workers.text) ? Number(workers.text) : undefined;
}

/**
 * Whether the node reads its configuration from a database. A data plane never does, `database=off` doesn't either.
 * `unknown`: neither is said and some source of settings can't be seen.
 */
export function databaseMode(instance: KongInstance): 'database' | 'none' | 'unknown' {
  const role = instance.settings.get('role')?.value;
  if (role?.known && role.value.trim() === 'data_plane') return 'none';
  const database = effective(instance, 'database');
  if (database.is === 'unknown') return 'unknown';
  if (database.text === 'postgres' || database.text === 'cassandra') return 'database';
  return database.text === 'off' ? 'none' : 'unknown';
}

export function roleOf(instance: KongInstance): string | undefined {
  const role = instance.settings.get('role')?.value;
  if (role) return role.known ? role.value.trim() : undefined;
  return instance.unseen ? undefined : 'traditional';
}

/**
 * Whether the node has a router. A control plane hands the configuration on and builds none since 2.4.0 (kong/init.lua@2.4.0, 3.9.1: build_router;
 * kong/runloop/handler.lua: init_worker).
 */
export function buildsRouter(instance: KongInstance): boolean {
  return roleOf(instance) !== 'control_plane' || affected(instance.version, { from: '2.4.0' }) === 'no';
}
