import { namespaceObject, podName } from '../workload-stage.ts';
import { AGENT, cluster, orders, server } from './stage.ts';
import { ago, type Stage } from '../stage.ts';

/** The flags that the shipped manifests leave out: 15m and 5m. */
const SICK = server([], 1);
const HEALED = server(['--session-duration=60m', '--session-refresh=26m'], 2);
const NAMESPACE = namespaceObject('orders-on-kiam', { 'iam.amazonaws.com/permitted': '.*' });

/** What the runbook changes: both flags together; the application that signs with an ended key starts anew. */
export const COMMANDS = [
  'kubectl -n kube-system get daemonset kiam-server -o json | jq ' +
    `'.spec.template.spec.containers |= map(if .name == "kiam" then .args |= (map(select(test("^--session-(duration|refresh)=") | not)) + ` +
    `["--session-duration=60m","--session-refresh=26m"]) else . end)' | kubectl replace -f -`,
  'kubectl -n orders-on-kiam rollout restart deployment/orders',
];

export function live(now: Date): Stage {
  const text = (minutes: number, line: string) => ({ time: new Date(ago(now, minutes)), text: line });
  const current = [
    text(9, 'INFO OrderService - order 4711 accepted'),
    text(
      4,
      'WARN S3Writer - com.amazonaws.services.s3.model.AmazonS3Exception: The provided token has expired. (Error Code: ExpiredToken)',
    ),
  ];
  return {
    objects: cluster(NAMESPACE, [SICK, AGENT, orders(1)], now),
    samples: [[]],
    logs: [{ namespace: 'orders-on-kiam', pod: podName(orders(1)), container: 'app', log: { current } }],
    verdict: 'live',
  };
}

export function fixed(now: Date): Stage {
  return { objects: cluster(NAMESPACE, [HEALED, AGENT, orders(2)], now), samples: [[]], logs: [], verdict: 'mitigated' };
}
