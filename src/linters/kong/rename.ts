/** What took a removed setting's place. */
export type Successor =
  /** The same value under another name. */
  | { readonly to: string; readonly value?: (text: string) => string | undefined }
  /** Another form: to be written by hand. */
  | { readonly byHand: string }
  /** Nothing: the feature is gone. */
  | { readonly gone: true };

const seconds = (text: string): string | undefined => /^(\d+)s?$/.exec(text.trim())?.[1];
const count = (text: string): string | undefined => (/^\d+$/.test(text.trim()) ? text.trim() : undefined);
const plugins = (text: string): string | undefined =>
  text.trim() === '' || text.trim() === 'NONE' ? undefined : ['bundled', ...text.split(',').map((name) => name.trim())].join(',');

const POOL_SIZE: Successor = { to: 'upstream_keepalive_pool_size', value: count };
const MAX_REQUESTS: Successor = { to: 'upstream_keepalive_max_requests', value: count };
const IDLE_TIMEOUT: Successor = { to: 'upstream_keepalive_idle_timeout', value: seconds };

/**
 * Successors by setting (Kong/kong: CHANGELOG of 0.13.0, 0.14.0, 1.0.0, 2.1.0, 3.0.0, 3.2.0, 3.4.0, 3.5.0 and the `deprecated` entries of
 * kong/conf_loader).
 */
export const SUCCESSORS: Readonly<Record<string, Successor>> = {
  router_consistency: { to: 'worker_consistency' },
  router_update_frequency: { to: 'worker_state_update_frequency' },
  custom_plugins: { to: 'plugins', value: plugins },
  upstream_keepalive: POOL_SIZE,
  nginx_http_upstream_keepalive: POOL_SIZE,
  nginx_upstream_keepalive: POOL_SIZE,
  nginx_http_upstream_keepalive_requests: MAX_REQUESTS,
  nginx_upstream_keepalive_requests: MAX_REQUESTS,
  nginx_http_upstream_keepalive_timeout: IDLE_TIMEOUT,
  nginx_upstream_keepalive_timeout: IDLE_TIMEOUT,
  client_max_body_size: { to: 'nginx_http_client_max_body_size' },
  privileged_agent: { to: 'dedicated_config_processing' },
  server_tokens: { byHand: '# off: no Server, Via and X-Kong-* headers\nheaders = off' },
  latency_tokens: { byHand: '# off: no X-Kong-*-Latency headers\nheaders = off' },
  proxy_listen_ssl: { byHand: 'proxy_listen = 0.0.0.0:8000, 0.0.0.0:8443 ssl' },
  ssl: { byHand: 'proxy_listen = 0.0.0.0:8000, 0.0.0.0:8443 ssl' },
  http2: { byHand: 'proxy_listen = 0.0.0.0:8000, 0.0.0.0:8443 ssl http2' },
  admin_listen_ssl: { byHand: 'admin_listen = 127.0.0.1:8001, 127.0.0.1:8444 ssl' },
  admin_ssl: { byHand: 'admin_listen = 127.0.0.1:8001, 127.0.0.1:8444 ssl' },
  admin_http2: { byHand: 'admin_listen = 127.0.0.1:8001, 127.0.0.1:8444 ssl http2' },
  go_pluginserver_exe: { byHand: 'pluginserver_names = go\npluginserver_go_start_cmd = /usr/local/bin/go-pluginserver' },
  go_plugins_dir: { byHand: 'pluginserver_names = go\npluginserver_go_query_cmd = /usr/local/bin/go-pluginserver -dump' },
};

/** What did the job of a setting before it came. */
export const PREDECESSORS: Readonly<Record<string, { readonly to: string; readonly from: string }>> = {
  worker_consistency: { to: 'router_consistency', from: '1.2.0' },
  worker_state_update_frequency: { to: 'router_update_frequency', from: '1.4.0' },
  nginx_main_worker_processes: { to: 'nginx_worker_processes', from: '0.10.0' },
  upstream_keepalive_pool_size: { to: 'upstream_keepalive', from: '0.10.0' },
  plugins: { to: 'custom_plugins', from: '0.10.0' },
};

/** Without these Kong behaves otherwise than whoever wrote them believes: it waits, refuses, reconnects, or lets through. */
export const BEHAVIOUR_CRITICAL: ReadonlySet<string> = new Set([
  'router_consistency',
  'router_update_frequency',
  'upstream_keepalive',
  'nginx_upstream_keepalive',
  'nginx_upstream_keepalive_requests',
  'nginx_upstream_keepalive_timeout',
  'nginx_http_upstream_keepalive',
  'nginx_http_upstream_keepalive_requests',
  'nginx_http_upstream_keepalive_timeout',
  'custom_plugins',
  'client_max_body_size',
  'admin_listen_ssl',
  'proxy_listen_ssl',
  'ssl',
  'http2',
]);
