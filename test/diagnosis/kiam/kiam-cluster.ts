import type { ContainerState, LogMatch, LogState, PodState } from '../../../src/snapshot/snapshot.ts';
import { container, minutesAgo, pod } from '../snapshot-of.ts';

export const DEFAULTS: readonly string[] = ['--session-duration=15m'];
export const RIGHT: readonly string[] = ['--session-duration=60m', '--session-refresh=26m'];
export const IMAGE = 'quay.io/uswitch/kiam:v4.0';

function workloadYaml(kind: string, name: string, image: string, args: readonly string[], spec = ''): string {
  return `
---
apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${name}, namespace: kube-system }
spec:
  selector: { matchLabels: { app: ${name} } }
  updateStrategy: { type: OnDelete }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
${spec}      containers:
        - name: kiam
          image: ${image}
          command: [/kiam]
          args: ${JSON.stringify(args)}
`;
}

/** A DaemonSet of Kiam servers. */
export function serverYaml(flags: readonly string[] = DEFAULTS, image = IMAGE): string {
  return workloadYaml('DaemonSet', 'kiam-server', image, ['server', '--sync=1m', ...flags]);
}

/** A DaemonSet of Kiam agents. */
export function agentYaml(flags: readonly string[] = ['--iptables', '--host-interface=cali+'], image = IMAGE): string {
  return workloadYaml('DaemonSet', 'kiam-agent', image, ['agent', ...flags], '      hostNetwork: true\n');
}

export function serverPod(
  flags: readonly string[] = DEFAULTS,
  over: Partial<PodState> = {},
  state: Partial<ContainerState> = {},
  image = IMAGE,
): PodState {
  return pod('kiam-server-a', {
    namespace: 'kube-system',
    owner: { kind: 'DaemonSet', namespace: 'kube-system', name: 'kiam-server' },
    labels: { app: 'kiam-server' },
    node: 'master-1',
    containers: [container({ name: 'kiam', image, args: ['/kiam', 'server', '--sync=1m', ...flags], ...state })],
    ...over,
  });
}

export function agentPod(over: Partial<PodState> = {}, state: Partial<ContainerState> = {}, flags: readonly string[] = []): PodState {
  const args = ['/kiam', 'agent', ...(flags.length > 0 ? flags : ['--iptables', '--host-interface=cali+'])];
  return pod('kiam-agent-a', {
    namespace: 'kube-system',
    owner: { kind: 'DaemonSet', namespace: 'kube-system', name: 'kiam-agent' },
    labels: { app: 'kiam-agent' },
    hostNetwork: true,
    containers: [container({ name: 'kiam', image: IMAGE, args, ...state })],
    ...over,
  });
}

/** A pod of `orders` that takes its credentials from Kiam. */
export function dependant(over: Partial<PodState> = {}, state: Partial<ContainerState> = {}): PodState {
  return pod('orders-1', {
    owner: { kind: 'Deployment', namespace: 'shop', name: 'orders' },
    annotations: { 'iam.amazonaws.com/role': 'shop-orders' },
    labels: { app: 'orders' },
    containers: [container(state)],
    ...over,
  });
}

export function ordersYaml(annotations = '{ iam.amazonaws.com/role: shop-orders }', own = '{}'): string {
  return `
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, namespace: shop, annotations: ${own} }
spec:
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders }, annotations: ${annotations} }
    spec: { containers: [{ name: app, image: "example/app:1" }] }
`;
}

export function line(signature: string, minutes: number | undefined, over: Partial<LogMatch> = {}): LogMatch {
  return { signature, count: 1, line: signature, ...(minutes === undefined ? {} : { at: minutesAgo(minutes) }), ...over };
}

export function logOf(of: PodState, name: string, match: LogMatch, previous = false): LogState {
  return { namespace: of.namespace, pod: of.name, container: name, previous, lines: 500, matches: [match] };
}
