import type { KubeJson } from '../../cluster/api.ts';
import { accessLine, logsOf, namespaces, objectOf, ordersOf, podName, type StagedOrders } from './stage.ts';
import type { Stage } from '../stage.ts';

/** A second MySQL on 3307 under a name that says nothing, and `orders` that dials it. */
const ORDERS: StagedOrders = { revision: 1, env: '{ name: DB_HOST, value: "mysql-shard.data:3307" }', pods: [30] };

const MYSQL = `
apiVersion: apps/v1
kind: StatefulSet
metadata: { namespace: data, name: mysql, labels: { app: mysql } }
spec:
  serviceName: mysql-shard
  replicas: 1
  selector: { matchLabels: { app: mysql } }
  template:
    metadata: { labels: { app: mysql } }
    spec: { containers: [{ name: mysql, image: 'mysql:8.0.36', ports: [{ containerPort: 3306 }] }] }
status: { observedGeneration: 1, replicas: 1, readyReplicas: 1, currentReplicas: 1, updatedReplicas: 1, availableReplicas: 1 }
`;

function service(port: string): KubeJson {
  return objectOf(`
apiVersion: v1
kind: Service
metadata: { namespace: data, name: mysql-shard }
spec: { selector: { app: mysql }, ports: [{ ${port}, port: 3307, targetPort: 3306 }] }
`);
}

const NO_GREETING = "ERROR 2013 (HY000): Lost connection to MySQL server at 'reading initial communication packet', system error: 0";

function stage(now: Date, port: string, proxy: readonly string[], application: readonly string[]): Omit<Stage, 'verdict'> {
  const pod = podName(ORDERS.revision);
  return {
    objects: [...namespaces('shop', 'data', 'istio-system'), objectOf(MYSQL), service(port), ...ordersOf(ORDERS, now)],
    samples: [],
    logs: [logsOf(now, pod, 'istio-proxy', proxy), logsOf(now, pod, 'app', application)],
  };
}

/** Ten seconds are this client's connect timeout. */
function silence(now: Date): string[] {
  return [10_001, 10_002, 10_001].map((durationMs, at) => accessLine(now, 9 - at, durationMs, '10.96.4.7:3307', '-', [0, 0]));
}

export function live(now: Date): Stage {
  return { ...stage(now, 'name: db', silence(now), ['connecting', NO_GREETING, NO_GREETING, NO_GREETING]), verdict: 'live' };
}

/** Nobody has opened a new connection since the sidecar came. */
export function latent(now: Date): Stage {
  return { ...stage(now, 'name: db', [], ['listening on :8080']), verdict: 'latent' };
}

/** The runbook's fix. Nothing restarts, and the old lines are still in the logs. */
export function fixed(now: Date): Stage {
  const lines = ['connecting', NO_GREETING, NO_GREETING, NO_GREETING, 'connected'];
  return { ...stage(now, 'name: db, appProtocol: tcp', silence(now), lines), verdict: 'mitigated' };
}
