import { deployment, namespace, NAMESPACE, podPrefix, service, type StagedWorkload } from './stage.ts';
import type { Stage } from '../stage.ts';

/** `checkout` pings every 10 s, without calls too; `orders` has the default policy. */
const ORDERS: StagedWorkload = {
  name: 'orders',
  revision: 1,
  container: 'ports: [{ name: grpc, containerPort: 9090 }]',
  pods: [{ ip: '10.1.2.11', minutes: 300 }],
};

const CLOSED =
  'ERROR: [transport] Client received GoAway with error code ENHANCE_YOUR_CALM and debug data equal to ASCII "too_many_pings".';

function stage(now: Date, revision: number, keepalive: string, lines: readonly string[]): Omit<Stage, 'verdict'> {
  const container = `env: [{ name: ORDERS_ADDR, value: "dns:///orders.shop:9090" }, { name: GRPC_KEEPALIVE_TIME, value: ${keepalive} }]`;
  const client: StagedWorkload = { name: 'checkout', revision, container, pods: [{ ip: '10.1.2.21', minutes: 120 }] };
  const log = (name: string, number: number, current: readonly string[]): Stage['logs'][number] => ({
    namespace: NAMESPACE,
    pod: `${podPrefix(name, number)}0`,
    container: 'app',
    log: { current },
  });
  return {
    objects: [namespace(), ...deployment(ORDERS, now), ...service('orders', ORDERS), ...deployment(client, now)],
    samples: [],
    logs: [log('checkout', revision, lines), log('orders', 1, ['serving on :9090'])],
  };
}

export function live(now: Date): Stage {
  return { ...stage(now, 3, '10s', ['subscribed', CLOSED, 'subscribed', CLOSED]), verdict: 'live' };
}

/** The runbook's fix. A silent log is no proof: nothing in a cluster clears this. */
export function fixed(now: Date): Stage {
  return { ...stage(now, 4, '60s', ['subscribed']), verdict: 'unknown' };
}
