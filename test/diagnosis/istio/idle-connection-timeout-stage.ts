import type { KubeJson } from '../../cluster/api.ts';
import { accessLine, logsOf, namespaces, objectOf, ordersOf, podName, type StagedOrders } from './stage.ts';
import type { Stage } from '../stage.ts';

/** `orders` keeps a pool to a MySQL outside the cluster, which Istio knows by a ServiceEntry. */
const ENTRY = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { namespace: shop, name: orders-db }
spec:
  hosts: [db.example.com]
  addresses: [10.1.2.3]
  location: MESH_EXTERNAL
  resolution: DNS
  ports: [{ number: 3307, name: tcp-mysql, protocol: TCP }]
`;

function rule(idle: string): KubeJson {
  return objectOf(`
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { namespace: shop, name: orders-db }
spec: { host: db.example.com, trafficPolicy: { connectionPool: { tcp: { ${idle} } } } }
`);
}

const MESH = `
apiVersion: v1
kind: ConfigMap
metadata: { namespace: istio-system, name: istio }
data: { mesh: "accessLogFile: /dev/stdout\\ndefaultConfig: {}\\n" }
`;

const SECRET_ENV = '{ name: DB_DSN, valueFrom: { secretKeyRef: { name: orders-db, key: dsn } } }';
const OLD: StagedOrders = { revision: 1, env: SECRET_ENV, pods: [600, 600] };

const CLUSTER = 'outbound|3307||db.example.com';
const DRIVER = '[mysql] packets.go:122: closing bad idle connection: unexpected EOF';

/** After a night: the pool's connections were closed an hour after their last query. */
function proxyLines(now: Date, cluster: string): string[] {
  const closed = [3_600_012, 3_600_871, 3_611_400, 3_634_002].map((durationMs) =>
    accessLine(now, 30, durationMs, '10.1.2.3:3307', cluster, [812, 4410]),
  );
  return ['2026-11-21T01:00:00.000000Z info Envoy proxy is ready', accessLine(now, 40, 240, '10.1.2.3:3307', cluster, [40, 90]), ...closed];
}

function stage(
  now: Date,
  orders: StagedOrders,
  more: readonly KubeJson[],
  proxy: readonly string[],
  application: readonly string[],
): Omit<Stage, 'verdict'> {
  const pod = podName(orders.revision);
  return {
    objects: [...namespaces('shop', 'istio-system'), objectOf(MESH), ...more, ...ordersOf(orders, now)],
    samples: [],
    logs: [logsOf(now, pod, 'istio-proxy', proxy), logsOf(now, pod, 'app', application)],
  };
}

/** To a host that Istio knows; the DestinationRule has no idle limit. */
export function live(now: Date): Stage {
  const more = [objectOf(ENTRY), rule('maxConnections: 100')];
  return { ...stage(now, OLD, more, proxyLines(now, CLUSTER), ['listening on :8080', DRIVER, DRIVER]), verdict: 'live' };
}

/** To an address that Istio doesn't know. */
export function liveUnknownAddress(now: Date): Stage {
  return { ...stage(now, OLD, [], proxyLines(now, 'PassthroughCluster'), ['listening on :8080', DRIVER]), verdict: 'live' };
}

/** The same configuration, and nothing has been idle yet. */
export function latent(now: Date): Stage {
  return { ...stage(now, OLD, [objectOf(ENTRY), rule('maxConnections: 100')], [], ['listening on :8080']), verdict: 'latent' };
}

/** The runbook's fix: the idle limit at the top level of the DestinationRule. Nothing restarts, and the old lines are still in the logs. */
export function fixed(now: Date): Stage {
  const more = [objectOf(ENTRY), rule('idleTimeout: 24h, tcpKeepalive: { time: 60s, interval: 15s, probes: 3 }')];
  return { ...stage(now, OLD, more, proxyLines(now, CLUSTER), ['listening on :8080', DRIVER, DRIVER]), verdict: 'mitigated' };
}

/** The first of "Mitigate now": the port bypasses the sidecar of new pods. */
export function bypassed(now: Date): Stage {
  const annotations = { 'traffic.sidecar.istio.io/excludeOutboundPorts': '3307' };
  const orders = { ...OLD, revision: 2, podAnnotations: annotations, initArgs: ['-o', '3307'], pods: [20] };
  return { ...stage(now, orders, [], ['Envoy proxy is ready'], ['listening on :8080']), verdict: 'mitigated' };
}

/** The second: the limit of the pods is raised; the injector writes it into the proxy's environment. */
export function raised(now: Date): Stage {
  const orders = {
    ...OLD,
    revision: 2,
    podAnnotations: { 'proxy.istio.io/config': '{"proxyMetadata":{"ISTIO_META_IDLE_TIMEOUT":"24h"}}' },
    proxyEnv: '{ name: ISTIO_META_IDLE_TIMEOUT, value: 24h }',
    pods: [20],
  };
  return { ...stage(now, orders, [], ['Envoy proxy is ready'], ['listening on :8080']), verdict: 'mitigated' };
}
