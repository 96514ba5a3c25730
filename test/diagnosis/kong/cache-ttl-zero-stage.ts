import { deploymentYaml, objectsOf, podName, podUsage, type StagedDeployment } from '../deployment-stage.ts';
import { ago, type Stage } from '../stage.ts';

/** Kong 0.12.3 with a ttl of 0 and four workers, one of which grows. */
const KONG: StagedDeployment = {
  namespace: 'edge',
  name: 'kong',
  revision: 1,
  container: 'proxy',
  image: 'kong:0.12.3',
  env: { KONG_DATABASE: 'postgres', KONG_NGINX_WORKER_PROCESSES: '4', KONG_DB_CACHE_TTL: '0' },
  memoryLimit: '2Gi',
  minutes: 600,
};

const HEALED: StagedDeployment = { ...KONG, revision: 2, env: { ...KONG.env, KONG_DB_CACHE_TTL: '3600' }, minutes: 90 };

export const COMMANDS = ['kubectl -n edge set env deployment/kong -c proxy KONG_DB_CACHE_TTL=3600'];

export function live(now: Date): Stage {
  const current = [{ time: new Date(ago(now, 55)), text: '2026/11/21 11:05:12 [alert] 1#0: worker process 31 exited on signal 9' }];
  return {
    objects: objectsOf(deploymentYaml(KONG, now)),
    samples: ['1210Mi', '1238Mi', '1270Mi'].map((memory) => [podUsage(KONG, memory)]),
    logs: [{ namespace: 'edge', pod: podName(KONG), container: 'proxy', log: { current } }],
    verdict: 'live',
  };
}

export function fixed(now: Date): Stage {
  return {
    objects: objectsOf(deploymentYaml(HEALED, now)),
    samples: ['610Mi', '611Mi', '609Mi'].map((memory) => [podUsage(HEALED, memory)]),
    logs: [{ namespace: 'edge', pod: podName(HEALED), container: 'proxy', log: { current: ['start worker process 23'] } }],
    verdict: 'clear',
  };
}
