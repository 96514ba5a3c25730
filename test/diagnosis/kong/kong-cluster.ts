import type { ContainerState, LogMatch, LogState, PodState, UsageSample } from '../../../src/snapshot/snapshot.ts';
import { container, minutesAgo, pod } from '../snapshot-of.ts';

/**
 * A Deployment `kong` in `edge` with one container `proxy`.
 * @param limit of memory; empty: none
 */
export function kongYaml(image: string, env: Readonly<Record<string, string>>, limit = '4Gi', more = ''): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: { name: kong, namespace: edge }
spec:
  selector: { matchLabels: { app: kong } }
  template:
    metadata: { labels: { app: kong } }
    spec:
      containers:
        - name: proxy
          image: ${image}
          env:
${Object.entries(env)
  .map(([name, value]) => `            - { name: ${name}, value: ${JSON.stringify(value)} }`)
  .join('\n')}
${limit === '' ? '' : `          resources: { limits: { memory: ${limit} } }`}
${more}
`;
}

export function kongPod(image: string, proxy: Partial<ContainerState> = {}, over: Partial<PodState> = {}): PodState {
  return pod(over.name ?? 'kong-7f-abcde', {
    namespace: 'edge',
    owner: { kind: 'Deployment', namespace: 'edge', name: 'kong' },
    labels: { app: 'kong' },
    containers: [container({ name: 'proxy', image, memoryLimitMiB: 4096, statusAt: '/status/containerStatuses/0', ...proxy })],
    ...over,
  });
}

export function oomKilled(minutes: number): Partial<ContainerState> {
  return { restarts: 1, lastTermination: { reason: 'OOMKilled', exitCode: 137, finishedAt: minutesAgo(minutes) } };
}

/** The working set of Kong's container, now. */
export function using(memoryMiB: number, minutes = 0): UsageSample {
  const own = { namespace: 'edge', pod: 'kong-7f-abcde', container: 'proxy', cpuMillicores: 100, memoryMiB };
  return { at: minutesAgo(minutes), containers: [own] };
}

export function proxyLog(...matches: readonly LogMatch[]): LogState {
  return { namespace: 'edge', pod: 'kong-7f-abcde', container: 'proxy', previous: false, lines: 100, matches };
}

export function line(signature: string, minutes: number | undefined, text = 'a line'): LogMatch {
  return { signature, count: 1, line: text, ...(minutes === undefined ? {} : { at: minutesAgo(minutes) }) };
}

/** So many Ingresses of Kong's class, one route each. */
export function ingresses(count: number): string {
  const paths = Array.from(
    { length: count },
    (_, at) => `{ path: /${at}, pathType: Prefix, backend: { service: { name: s${at}, port: { number: 80 } } } }`,
  );
  return `
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: all, namespace: shop }
spec:
  ingressClassName: kong
  rules: [{ host: shop.example, http: { paths: [${paths.join(', ')}] } }]
`;
}

export const CONTROLLER = `
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: controller, namespace: edge }
spec:
  selector: { matchLabels: { app: controller } }
  template:
    metadata: { labels: { app: controller } }
    spec: { containers: [{ name: ingress-controller, image: 'kong/kubernetes-ingress-controller:3.4' }] }
`;
