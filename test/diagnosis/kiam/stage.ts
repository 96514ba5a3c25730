import { namespaceObject, type StagedWorkload, workloadObjects } from '../workload-stage.ts';
import type { KubeJson } from '../../cluster/api.ts';

const KIAM = {
  kind: 'DaemonSet',
  namespace: 'kube-system',
  container: 'kiam',
  image: 'quay.io/uswitch/kiam:v4.0',
  command: ['/kiam'],
} as const;

/** A Kiam server with these flags more. */
export function server(flags: readonly string[], revision: number): StagedWorkload {
  const args = ['server', '--json-log', '--sync=1m', '--role-base-arn=arn:aws:iam::111122223333:role/', ...flags];
  return { ...KIAM, name: 'kiam-server', args, revision, minutes: 600, ip: '10.1.0.2' };
}

export const AGENT: StagedWorkload = {
  ...KIAM,
  name: 'kiam-agent',
  args: ['agent', '--iptables', '--no-iptables-remove', '--host-interface=cali+', '--server-address=kiam-server:443'],
  spec: { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' },
  revision: 1,
  minutes: 600,
  ip: '127.0.0.1',
};

/** An application that takes its credentials from there. */
export function orders(revision: number): StagedWorkload {
  return {
    kind: 'Deployment',
    namespace: 'orders-on-kiam',
    name: 'orders',
    container: 'app',
    image: 'registry.example/orders:1.4',
    env: { JAVA_TOOL_OPTIONS: '-XX:MaxRAMPercentage=75.0' },
    podAnnotations: { 'iam.amazonaws.com/role': 'shop-orders' },
    revision,
    minutes: 60,
    ip: '10.1.0.9',
  };
}

export function cluster(namespace: KubeJson, workloads: readonly StagedWorkload[], now: Date): KubeJson[] {
  return [namespaceObject('kube-system'), namespace, ...workloads.flatMap((one) => workloadObjects(one, now))];
}
