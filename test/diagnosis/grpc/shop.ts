import type { EndpointState, PodState, UsageSample } from '../../../src/snapshot/snapshot.ts';
import { container, endpoint, minutesAgo, pod, type SnapshotParts } from '../snapshot-of.ts';

/** A gRPC server `orders` and its client `checkout` in `shop`, as parts of a snapshot. */
export interface Shop {
  /** More lines of the port of Service `orders`. */
  readonly port?: string;
  /** Its name; empty for none. */
  readonly portName?: string;
  readonly serviceSpec?: string;
  readonly serviceLabels?: string;
  readonly headless?: boolean;
  /** A headless Service `orders-headless` over the same pods. */
  readonly twin?: boolean;
  readonly replicas?: number;
  /** Lines of the container of `orders`. */
  readonly server?: string;
  /** What the client's variable holds; empty for a client without one. */
  readonly dials?: string;
  readonly clientImage?: string;
  readonly clients?: readonly Partial<PodState>[];
  readonly servers?: readonly Partial<PodState>[];
  /** More documents. */
  readonly more?: string;
}

export function shop(
  over: Shop = {},
): SnapshotParts & { readonly pods: readonly PodState[]; readonly endpoints: readonly EndpointState[] } {
  const servers = (over.servers ?? [{}, {}, {}, {}]).map((one, at) =>
    pod(`orders-1-${at}`, {
      owner: { kind: 'Deployment', namespace: 'shop', name: 'orders' },
      via: 'orders-1',
      ip: `10.0.0.${10 + at}`,
      labels: { app: 'orders' },
      ...one,
    }),
  );
  const clients = (over.clients ?? [{}, {}]).map((one, at) =>
    pod(`checkout-1-${at}`, { owner: { kind: 'Deployment', namespace: 'shop', name: 'checkout' }, ip: `10.0.1.${10 + at}`, ...one }),
  );
  const ready = servers.filter((one) => one.readySince !== undefined);
  return {
    yaml: documents(over, servers.length),
    pods: [...servers, ...clients],
    endpoints: ready.flatMap((one) => [endpoint('orders', one), ...(over.twin ? [endpoint('orders-headless', one)] : [])]),
  };
}

function documents(over: Shop, pods: number): string {
  const { port = '', portName = 'grpc', serviceSpec = '', dials = 'name: orders, port: 9090', more = '' } = over;
  const variable = dials === '' ? '' : `env: [{ name: ORDERS_ADDR, valueFrom: { serviceAddress: { namespace: shop, ${dials} } } }]`;
  const twin = over.twin
    ? `---
apiVersion: v1
kind: Service
metadata: { name: orders-headless, namespace: shop }
spec: { clusterIP: None, selector: { app: orders }, ports: [{ name: grpc, port: 9090, targetPort: 9090 }] }
`
    : '';
  return `
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop, labels: { ${over.serviceLabels ?? ''} } }
spec:
  clusterIP: ${over.headless ? 'None' : '10.96.0.7'}
  selector: { app: orders }
  ${serviceSpec}
  ports:
    - { ${portName === '' ? '' : `name: ${portName}, `}port: 9090, targetPort: 9090${port === '' ? '' : `, ${port}`} }
${twin}---
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, namespace: shop }
spec:
  replicas: ${over.replicas ?? pods}
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec:
      containers:
        - name: app
          image: example/orders:1
          resources: { limits: { memory: 512Mi } }
          ${over.server ?? ''}
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: checkout, namespace: shop }
spec:
  replicas: 2
  selector: { matchLabels: { app: checkout } }
  template:
    metadata: { labels: { app: checkout } }
    spec:
      containers:
        - name: app
          image: ${over.clientImage ?? 'example/checkout:1'}
          ${variable}
${more}`;
}

/** The sidecar that admission put in, as the pod has it. */
export const ISTIO: Partial<PodState> = { containers: [container(), container({ name: 'istio-proxy' })] };
export const LINKERD: Partial<PodState> = { containers: [container(), container({ name: 'linkerd-proxy', role: 'sidecar' })] };

/** Samples a minute apart, of each server pod's container `app`: a number for all of them, or one for each. */
export function samples(loads: readonly (number | readonly number[])[], count = 4): UsageSample[] {
  return Array.from({ length: count }, (_, sample) => ({
    at: minutesAgo(count - 1 - sample),
    containers: loads.map((load, at) => ({
      namespace: 'shop',
      pod: `orders-1-${at}`,
      container: 'app',
      cpuMillicores: typeof load === 'number' ? load : (load[sample] ?? 0),
      memoryMiB: 100,
    })),
  }));
}
