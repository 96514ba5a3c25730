import { deployment, namespace, samplesOf, service, type StagedWorkload } from './stage.ts';
import type { Stage } from '../stage.ts';

/**
 * `orders` serves gRPC with three pods behind a Service with an address; two pods of `checkout` dial it and share one of them, which was killed for
 * memory forty minutes ago.
 */
const ORDERS: StagedWorkload = {
  name: 'orders',
  revision: 1,
  container: `
ports: [{ name: grpc, containerPort: 9090 }]
readinessProbe: { grpc: { port: 9090 } }
resources: { limits: { cpu: "1", memory: 512Mi }, requests: { cpu: 100m, memory: 256Mi } }`,
  pods: [
    { ip: '10.1.0.11', minutes: 40, restarts: 4, killed: 40 },
    { ip: '10.1.0.12', minutes: 300 },
    { ip: '10.1.0.13', minutes: 300 },
  ],
};

function checkout(revision: number, target: string): StagedWorkload {
  return {
    name: 'checkout',
    revision,
    container: `env: [{ name: ORDERS_ADDR, value: "${target}" }]`,
    pods: [
      { ip: '10.1.0.21', minutes: 30 },
      { ip: '10.1.0.22', minutes: 30 },
    ],
  };
}

const SKEWED = [870, 30, 25];
const EVEN = [320, 290, 305];

export function live(now: Date): Stage {
  const objects = [
    namespace(),
    ...deployment(ORDERS, now),
    ...service('orders', ORDERS),
    ...deployment(checkout(1, 'orders.shop:9090'), now),
  ];
  return { objects, samples: samplesOf(ORDERS, SKEWED, '480Mi'), logs: [], verdict: 'live' };
}

/** The same, looked at once. */
export function lookedAtOnce(now: Date): Stage {
  const stage = live(now);
  return { ...stage, samples: stage.samples.slice(0, 1), verdict: 'unknown' };
}

/** Before it gets worse: the same structure, many clients, an even load. */
export function latent(now: Date): Stage {
  return { ...live(now), samples: samplesOf(ORDERS, EVEN, '200Mi'), verdict: 'latent' };
}

/** The runbook's fix: a headless twin with port = targetPort, and the client on it with round_robin. */
export function fixed(now: Date): Stage {
  const objects = [
    namespace(),
    ...deployment(ORDERS, now),
    ...service('orders', ORDERS),
    ...service('orders-headless', ORDERS, true),
    ...deployment(checkout(2, 'dns:///orders-headless.shop:9090'), now),
  ];
  return { objects, samples: samplesOf(ORDERS, EVEN, '200Mi'), logs: [], verdict: 'mitigated' };
}
