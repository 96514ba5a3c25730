import type { ContainerState, PodState, UsageSample } from '../../../src/snapshot/snapshot.ts';
import { container, minutesAgo, pod } from '../snapshot-of.ts';

/**
 * A Deployment `orders` in `shop` with one container `app`.
 * @param limit of memory; empty: none
 */
export function ordersYaml(env: Readonly<Record<string, string>>, limit: string, more = ''): string {
  const variables = Object.entries(env).map(([name, value]) => `{ name: ${name}, value: ${JSON.stringify(value)} }`);
  return `
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, namespace: shop }
spec:
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec:
      containers:
        - name: app
          image: registry.example/orders:1.4
          env: [${variables.join(', ')}]
          resources: { ${limit === '' ? '' : `limits: { memory: ${limit} }`} }
${more}
`;
}

export function ordersPod(app: Partial<ContainerState> = {}, over: Partial<PodState> = {}): PodState {
  return pod(over.name ?? 'orders-6d-abcde', {
    owner: { kind: 'Deployment', namespace: 'shop', name: 'orders' },
    containers: [container({ image: 'registry.example/orders:1.4', memoryLimitMiB: 512, statusAt: '/status/containerStatuses/0', ...app })],
    ...over,
  });
}

export function oomKilled(minutes: number): Partial<ContainerState> {
  return { restarts: 2, lastTermination: { reason: 'OOMKilled', exitCode: 137, finishedAt: minutesAgo(minutes) } };
}

export function using(memoryMiB: number): UsageSample {
  return { at: minutesAgo(0), containers: [{ namespace: 'shop', pod: 'orders-6d-abcde', container: 'app', cpuMillicores: 1, memoryMiB }] };
}
