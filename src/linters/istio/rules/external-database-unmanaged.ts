import type { Fix } from '../../../fixes/change.ts';
import type { PodTemplate } from '../../../model/kubernetes/objects.ts';
import type { Unit } from '../../../model/unit.ts';
import { scalarAt, textAt } from '../../../text/yaml.ts';
import type { Rule } from '../../rule.ts';
import { podAnnotationsOpen } from '../facts-annotations.ts';
import { type ExternalDatabase, externalDatabases } from '../facts-databases.ts';
import { filtersTcpProxy } from '../facts-envoy-filters.ts';
import { idleSettings } from '../facts-idle-settings.ts';
import { capturesEverything, excludesOutboundPort, injectionOf } from '../facts-injection.ts';
import { lookupHost } from '../facts-hosts.ts';
import { meshConfigs } from '../facts-mesh-config.ts';
import { meshWideCapture } from '../facts-capture.ts';

/**
 * A connection to an address that Istio has no Service or ServiceEntry for goes through PassthroughCluster, where only
 * ISTIO_META_IDLE_TIMEOUT (or an EnvoyFilter) changes Envoy's idle limit of one hour (buildOutboundCatchAllNetworkFiltersOnly in
 * istio/istio:pilot/pkg/networking/core/listener_builder.go; istio/istio#24856, #43233). A pool that never renews its connections hands
 * out dead ones after every quiet hour.
 */
const EXCLUDE = 'traffic.sidecar.istio.io/excludeOutboundPorts';
const PROXY_CONFIG = 'proxy.istio.io/config';
/** Pods that end by themselves seldom wait an hour. */
const SHORT_LIVED: ReadonlySet<string> = new Set(['Job', 'CronJob']);

export const externalDatabaseUnmanaged: Rule = {
  id: 'istio/external-database-unmanaged',
  title: {
    en: 'External database behind the sidecar, with connections kept for ever',
    zh: '经 sidecar 访问外部数据库，连接池却永不更新连接',
  },
  runbook: 'istio/idle-connection-timeout',
  severity: 'information',
  default: 'preview',
  affects: 'Istio, all versions',
  fixable: 'review',
  sources: [
    'istio/istio:pilot/pkg/networking/core/listener_builder.go@1.24.2',
    'istio/istio#24856',
    'istio/istio#43233',
    'https://pkg.go.dev/database/sql#DB.SetConnMaxLifetime',
  ],
  messages: {
    unmanaged: {
      en: '{product} at {host} is reached through the sidecar, which closes connections after 1 h without traffic, while the pool keeps them for ever ({setting}={value}). The first queries after a quiet hour fail. Nothing here closes that gap.',
      zh: '{host} 上的 {product} 经 sidecar 访问，连接空闲 1 小时就会被断开，而连接池永久保留连接（{setting}={value}）。空闲一小时后的头几个查询会失败。这里没有任何配置弥补这个差距。',
    },
    unmanagedMeshUnseen: {
      en: '{product} at {host} is reached through the sidecar, which closes connections after 1 h without traffic, while the pool keeps them for ever ({setting}={value}). The mesh configuration, which may change that, is not in these files.',
      zh: '{host} 上的 {product} 经 sidecar 访问，连接空闲 1 小时就会被断开，而连接池永久保留连接（{setting}={value}）。可能改变这一点的网格配置不在这些文件里。',
    },
    unmanagedCode: {
      en: '{product} at {host} is reached through the sidecar, which closes connections after 1 h without traffic, while Go’s database/sql keeps them for ever: {setting} is never called. The first queries after a quiet hour fail or start late. Nothing here closes that gap.',
      zh: '{host} 上的 {product} 经 sidecar 访问，连接空闲 1 小时就会被断开，而 Go 的 database/sql 会永久保留连接：代码里从未调用 {setting}。空闲一小时后的头几个查询会失败或变慢。这里没有任何配置弥补这个差距。',
    },
    unmanagedCodeMeshUnseen: {
      en: '{product} at {host} is reached through the sidecar, which closes connections after 1 h without traffic, while Go’s database/sql keeps them for ever: {setting} is never called. The mesh configuration, which may change that, is not in these files.',
      zh: '{host} 上的 {product} 经 sidecar 访问，连接空闲 1 小时就会被断开，而 Go 的 database/sql 会永久保留连接：代码里从未调用 {setting}。可能改变这一点的网格配置不在这些文件里。',
    },
    poolCode: { en: 'Opened here, and no lifetime set anywhere', zh: '在这里打开，任何地方都没有设置连接寿命' },
    pool: { en: 'Connections without end', zh: '连接永不过期' },
    injected: { en: 'The pod gets a sidecar by this', zh: 'Pod 由此注入 sidecar' },
    renew: { en: 'Renew connections after 30 minutes: {setting}={value}', zh: '每 30 分钟更新连接：{setting}={value}' },
    idle: { en: 'Raise the sidecar’s idle timeout to 24 h', zh: '把 sidecar 的空闲超时提高到 24 小时' },
    exclude: { en: 'Take port {port} out of the sidecar (for all hosts)', zh: '让 {port} 端口绕过 sidecar（对所有主机生效）' },
  },
  check({ unit, repository, report }) {
    for (const database of externalDatabases(unit)) {
      const { pod, host, port, product, at, pool } = database;
      const assume = repository.assume(pod.workload.file.path);
      const injection = injectionOf(unit, pod, assume);
      if (injection.state !== 'proven' || SHORT_LIVED.has(pod.workload.kind)) continue;
      if (bypassesSidecar(unit, pod, port) || isManaged(unit, pod, host)) continue;
      const configs = meshConfigs(unit);
      const visible = assume.complete === true || (configs.length > 0 && configs.every(({ complete }) => complete));
      report({
        messageId: `${pool.text === undefined ? 'unmanagedCode' : 'unmanaged'}${visible ? '' : 'MeshUnseen'}`,
        data: { product, host, setting: pool.name, value: pool.text ?? '' },
        at,
        severity: visible ? 'warning' : 'information',
        related: [
          ...(pool.at ? [{ at: pool.at, messageId: pool.text === undefined ? 'poolCode' : 'pool' }] : []),
          ...(injection.at ? [{ at: injection.at, messageId: 'injected' }] : []),
        ],
        fixes: fixesOf(database),
      });
    }
  },
};

function bypassesSidecar(unit: Unit, pod: PodTemplate, port: number): boolean {
  if (podAnnotationsOpen(pod.workload) || excludesOutboundPort(pod, port) !== false || !capturesEverything(pod)) return true;
  const mesh = meshWideCapture(unit);
  return mesh.partly || mesh.excludedPorts.has(port);
}

/** Something in the unit gives these connections another idle limit, or gives the host a listener of its own. */
function isManaged(unit: Unit, pod: PodTemplate, host: string): boolean {
  const found = lookupHost(unit, host, pod.workload.namespace, false);
  if (found.is === 'found' || found.is === 'several') return true;
  if (scalarAt(pod.annotations, PROXY_CONFIG)?.unknown) return true;
  // Istio's charts set it for their gateways.
  if (idleSettings(unit).some(({ place, owner }) => place !== 'chart' && (owner === undefined || owner === pod.workload))) return true;
  // Without a ServiceEntry such a mesh refuses the connection at once: another trouble than this one.
  if (meshConfigs(unit).some(({ root }) => textAt(root, 'outboundTrafficPolicy', 'mode') === 'REGISTRY_ONLY')) return true;
  return filtersTcpProxy(unit);
}

function fixesOf({ pod, port, pool }: ExternalDatabase): Fix[] {
  const fixes: Fix[] = [];
  if (pool.halfHour) {
    const { text, changes } = pool.halfHour;
    fixes.push({ id: 'renew-connections', titleId: 'renew', data: { setting: pool.name, value: text }, safety: 'review', changes });
  }
  if (!pod.annotations?.pairs.has(PROXY_CONFIG)) {
    const value = 'proxyMetadata:\n  ISTIO_META_IDLE_TIMEOUT: "24h"\n';
    fixes.push({
      id: 'raise-idle-timeout',
      titleId: 'idle',
      data: {},
      safety: 'review',
      changes: [{ change: 'set-entry', map: pod.root, path: ['metadata', 'annotations', PROXY_CONFIG], value }],
    });
  }
  const excluded = scalarAt(pod.annotations, EXCLUDE)?.text.trim() ?? '';
  const value = excluded === '' ? String(port) : `${excluded},${port}`;
  fixes.push({
    id: 'exclude-port',
    titleId: 'exclude',
    data: { port },
    safety: 'review',
    changes: [{ change: 'set-entry', map: pod.root, path: ['metadata', 'annotations', EXCLUDE], value }],
  });
  return fixes;
}
