import type { KubeJson } from '../../cluster/api.ts';
import { namespaceObject, podName, type StagedWorkload, workloadObjects } from '../workload-stage.ts';
import { ago, type Stage } from '../stage.ts';

/** Somebody set ndots to 1 for all pods; this one is Alpine. */
function web(ndots: string, revision: number): StagedWorkload {
  return {
    kind: 'Deployment',
    namespace: 'storefront',
    name: 'web',
    container: 'app',
    image: 'python:3.12-alpine',
    env: { ORDERS_URL: 'http://orders.backend:8080' },
    spec: { dnsConfig: { options: [{ name: 'ndots', value: ndots }] } },
    revision,
    minutes: 30,
    ip: '10.1.4.7',
  };
}

const COREDNS: StagedWorkload = {
  kind: 'Deployment',
  namespace: 'kube-system',
  name: 'coredns',
  container: 'coredns',
  image: 'registry.k8s.io/coredns/coredns:v1.11.1',
  args: ['-conf', '/etc/coredns/Corefile'],
  spec: { dnsPolicy: 'Default' },
  revision: 1,
  minutes: 600,
  ip: '10.1.0.10',
};

const NODE_CACHE: StagedWorkload = {
  kind: 'DaemonSet',
  namespace: 'kube-system',
  name: 'node-local-dns',
  container: 'node-cache',
  image: 'registry.k8s.io/dns/k8s-dns-node-cache:1.23.1',
  args: ['-localip', '169.254.20.10,10.96.0.10', '-conf', '/etc/Corefile'],
  spec: { hostNetwork: true, dnsPolicy: 'Default' },
  revision: 1,
  minutes: 600,
  ip: '127.0.0.1',
};

const REST: readonly KubeJson[] = [
  namespaceObject('kube-system'),
  namespaceObject('storefront'),
  namespaceObject('backend'),
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'kube-system', name: 'coredns' },
    data: { Corefile: '.:53 {\n    errors\n    kubernetes cluster.local\n    forward . /etc/resolv.conf\n    cache 30\n}\n' },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'backend', name: 'orders' },
    spec: { selector: { app: 'orders' }, ports: [{ port: 8080, targetPort: 8080 }] },
  },
];

function objects(one: StagedWorkload, now: Date): KubeJson[] {
  return [...REST, ...[COREDNS, NODE_CACHE, one].flatMap((workload) => workloadObjects(workload, now))];
}

export const COMMANDS = [
  `kubectl -n storefront patch deployment web -p '{"spec":{"template":{"spec":{"dnsConfig":{"options":[{"name":"ndots","value":"2"}]}}}}}'`,
];

export function live(now: Date): Stage {
  const text = 'requests.exceptions.ConnectionError: orders.backend:8080: [Errno -2] Name does not resolve';
  const log = { current: [{ time: new Date(ago(now, 2)), text }] };
  return {
    objects: objects(web('1', 1), now),
    samples: [[]],
    logs: [{ namespace: 'storefront', pod: podName(web('1', 1)), container: 'app', log }],
    verdict: 'live',
  };
}

/** Names take the search list again, a cache stands on each node. */
export function fixed(now: Date): Stage {
  return { objects: objects(web('2', 2), now), samples: [[]], logs: [], verdict: 'mitigated' };
}
