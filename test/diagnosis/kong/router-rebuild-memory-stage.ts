import { deploymentYaml, objectsOf, podName, podUsage, type StagedDeployment } from '../deployment-stage.ts';
import { ago, type Stage } from '../stage.ts';

/** The incident that the runbook starts from: Kong 2.2, 4 workers, strict, 4 GiB; decK writes every ten minutes. */
const KONG: StagedDeployment = {
  namespace: 'edge',
  name: 'kong',
  revision: 1,
  container: 'proxy',
  image: 'kong:2.2.0',
  env: { KONG_DATABASE: 'postgres', KONG_NGINX_WORKER_PROCESSES: '4', KONG_WORKER_CONSISTENCY: 'strict' },
  memoryLimit: '4Gi',
  minutes: 2880,
  state: { restarts: 9, ended: { reason: 'OOMKilled', exitCode: 137, minutes: 40 } },
};

const HEALED: StagedDeployment = {
  ...KONG,
  revision: 2,
  env: { ...KONG.env, KONG_WORKER_CONSISTENCY: 'eventual' },
  memoryLimit: '6912Mi',
  minutes: 90,
  state: {},
};

const sync = (suspended: boolean): string => `
apiVersion: batch/v1
kind: CronJob
metadata: { name: kong-sync, namespace: edge }
spec:
  schedule: "*/10 * * * *"
  suspend: ${suspended}
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{ name: deck, image: "kong/deck:v1.40.0", args: [gateway, sync, /deck/kong.yaml] }]
`;

/** What the runbook changes: stop the writes, room for the rebuild, the rebuild out of the request. */
export const COMMANDS = [
  `kubectl -n edge patch cronjob kong-sync -p '{"spec":{"suspend":true}}'`,
  'kubectl -n edge set resources deployment/kong -c proxy --limits=memory=6912Mi',
  'kubectl -n edge set env deployment/kong -c proxy KONG_WORKER_CONSISTENCY=eventual',
];

export function live(now: Date): Stage {
  const current = [
    { time: new Date(ago(now, 41)), text: '2026/11/21 11:19:40 [warn] 23#0: *1 [kong] concurrency.lua:95 bypassing router lock: timeout' },
    { time: new Date(ago(now, 40)), text: '2026/11/21 11:20:02 [alert] 1#0: worker process 23 exited on signal 9' },
  ];
  return {
    objects: objectsOf(`${deploymentYaml(KONG, now)}---${sync(false)}`),
    samples: [[podUsage(KONG, '2300Mi')]],
    logs: [{ namespace: 'edge', pod: podName(KONG), container: 'proxy', log: { current, previous: current } }],
    verdict: 'live',
  };
}

export function fixed(now: Date): Stage {
  return {
    objects: objectsOf(`${deploymentYaml(HEALED, now)}---${sync(true)}`),
    samples: [[podUsage(HEALED, '2300Mi')]],
    logs: [{ namespace: 'edge', pod: podName(HEALED), container: 'proxy', log: { current: ['start worker process 23'] } }],
    verdict: 'mitigated',
  };
}
