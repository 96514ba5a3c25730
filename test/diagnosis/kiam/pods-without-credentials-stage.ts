import { namespaceObject, podName } from '../workload-stage.ts';
import type { KubeJson } from '../../cluster/api.ts';
import { AGENT, cluster, orders, server } from './stage.ts';
import { ago, type Stage } from '../stage.ts';

const PERMITTED = 'iam.amazonaws.com/permitted';
const SERVER = server(['--session-duration=60m', '--session-refresh=26m'], 1);

/** Written for Kiam 3.6; 4.0 wants the whole ARN. The namespaces differ: one stays in a cluster until its last object is gone. */
const SICK = namespaceObject('orders-on-kiam-4', { [PERMITTED]: '^shop-orders$' });
const HEALED = namespaceObject('orders-permitted', { [PERMITTED]: '(?:^shop-orders$|arn:aws:iam::111122223333:role/shop-orders)' });

export const COMMANDS = [
  `kubectl annotate namespace orders-on-kiam-4 '${PERMITTED}=(?:^shop-orders$|arn:aws:iam::111122223333:role/shop-orders)' --overwrite`,
];

function forbidden(namespace: string, now: Date): KubeJson {
  const at = ago(now, 3);
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace, name: 'orders.17f0c0ffee' },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace, name: podName(orders(1)) },
    type: 'Warning',
    reason: 'KiamRoleForbidden',
    message: `failed assuming role "shop-orders": namespace policy expression '^shop-orders$' forbids role 'arn:aws:iam::111122223333:role/shop-orders'`,
    source: { component: 'kiam.server' },
    count: 12,
    firstTimestamp: ago(now, 40),
    lastTimestamp: at,
  };
}

export function live(now: Date): Stage {
  const namespace = 'orders-on-kiam-4';
  return {
    objects: [...cluster(SICK, [SERVER, AGENT, { ...orders(1), namespace }], now), forbidden(namespace, now)],
    samples: [[]],
    logs: [],
    verdict: 'live',
  };
}

export function fixed(now: Date): Stage {
  const namespace = 'orders-permitted';
  return { objects: cluster(HEALED, [SERVER, AGENT, { ...orders(1), namespace }], now), samples: [[]], logs: [], verdict: 'clear' };
}
