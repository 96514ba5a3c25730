import { deployment, namespace, NAMESPACE, podPrefix, service, type StagedWorkload } from './stage.ts';
import type { Stage } from '../stage.ts';

/** `checkout` has an http:// URL for its gRPC target since its last rollout. */
const ORDERS: StagedWorkload = {
  name: 'orders',
  revision: 1,
  container: 'ports: [{ name: grpc, containerPort: 9090 }]',
  pods: [{ ip: '10.1.1.11', minutes: 300 }],
};

const REFUSED =
  'rpc error: code = Unavailable desc = invalid target address http://orders.shop:9090, error info: address http://orders.shop:9090: too many colons in address';

function checkout(revision: number, target: string): StagedWorkload {
  const pods = [{ ip: '10.1.1.21', minutes: 30 }];
  return { name: 'checkout', revision, container: `env: [{ name: ORDERS_ADDR, value: "${target}" }]`, pods };
}

function stage(now: Date, client: StagedWorkload, lines: readonly string[]): Omit<Stage, 'verdict'> {
  const pod = `${podPrefix(client.name, client.revision)}0`;
  return {
    objects: [namespace(), ...deployment(ORDERS, now), ...service('orders', ORDERS), ...deployment(client, now)],
    samples: [],
    logs: [{ namespace: NAMESPACE, pod, container: 'app', log: { current: lines } }],
  };
}

export function live(now: Date): Stage {
  return { ...stage(now, checkout(7, 'http://orders.shop:9090'), ['listening on :8080', REFUSED, REFUSED, REFUSED]), verdict: 'live' };
}

/** Two slashes: the host stands where the DNS server belongs. Nothing has called yet. */
export function latent(now: Date): Stage {
  return { ...stage(now, checkout(7, 'dns://orders.shop:9090'), ['listening on :8080']), verdict: 'latent' };
}

/** The runbook's fix. */
export function fixed(now: Date): Stage {
  return { ...stage(now, checkout(8, 'dns:///orders.shop:9090'), ['listening on :8080', 'order 4711 placed']), verdict: 'clear' };
}
