import type { LogMatch, LogState, PodState } from '../../../src/snapshot/snapshot.ts';
import { container, minutesAgo, pod } from '../snapshot-of.ts';

export const VERSION = '1.24.2';

export interface Shop {
  /** Items of the application's `env`. */
  readonly env?: string;
  /** Of the Deployment itself. */
  readonly annotations?: string;
  readonly podAnnotations?: string;
  /** More lines of the pod's spec. */
  readonly spec?: string;
}

/** Deployment `orders` in the injected namespace `shop`. */
export function orders({ env = '', annotations = '', podAnnotations = '', spec = '' }: Shop = {}): string {
  return `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, namespace: shop, annotations: { ${annotations} } }
spec:
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders }, annotations: { ${podAnnotations} } }
    spec:
      ${spec}
      containers: [{ name: app, image: 'example.com/orders:1', env: [${env}] }]
`;
}

/** A variable that names Service `mysql` in `data`. */
export const DIALS = '{ name: DB_HOST, valueFrom: { serviceAddress: { namespace: data, name: mysql, port: 3306 } } }';
export const MYSQL = `
---
apiVersion: v1
kind: Service
metadata: { name: mysql, namespace: data }
spec: { selector: { app: mysql }, ports: [{ name: mysql, port: 3306, targetPort: 3306 }] }
`;

export interface OrdersPod extends Partial<PodState> {
  /** Of the proxy. */
  readonly env?: Readonly<Record<string, string>>;
  readonly version?: string;
  readonly native?: boolean;
}

/** An injected pod of `orders`. */
export function ordersPod({ env = {}, version = VERSION, native = false, ...over }: OrdersPod = {}): PodState {
  return pod('orders-1-a', {
    owner: { kind: 'Deployment', namespace: 'shop', name: 'orders' },
    via: 'orders-1',
    labels: { app: 'orders' },
    containers: [
      container({ name: 'app', image: 'example.com/orders:1' }),
      container({ name: 'istio-proxy', image: `docker.io/istio/proxyv2:${version}`, role: native ? 'sidecar' : 'main', env }),
    ],
    ...over,
  });
}

export function mesh(config: string): string {
  return `
---
apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data: { mesh: ${JSON.stringify(config)} }
`;
}

export function rule(host: string, policy: string, more = ''): string {
  return `
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: db, namespace: shop }
spec: { host: ${host}, trafficPolicy: ${policy}${more} }
`;
}

export function log(name: 'istio-proxy' | 'app', ...matches: readonly LogMatch[]): LogState {
  return { namespace: 'shop', pod: 'orders-1-a', container: name, previous: false, lines: 500, matches };
}

/** Connections to a port that lived so many milliseconds. */
export function closed(signature: string, port: number, durations: readonly number[], minutes = 30): LogMatch {
  const numbers = { durationMs: durations, port: durations.map(() => port) };
  return { signature, count: durations.length, line: 'a line', at: minutesAgo(minutes), numbers };
}

export function said(signature: string, count: number, minutes = 30): LogMatch {
  return { signature, count, line: 'a line', at: minutesAgo(minutes) };
}
