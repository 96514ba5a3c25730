import { deploymentYaml, objectsOf, podUsage, type StagedDeployment } from '../deployment-stage.ts';
import type { Stage } from '../stage.ts';

/** The upgrade to 2.8 left the setting under its old name. */
const KONG: StagedDeployment = {
  namespace: 'edge',
  name: 'kong',
  revision: 7,
  container: 'proxy',
  image: 'kong:2.8.1',
  env: { KONG_DATABASE: 'postgres', KONG_NGINX_WORKER_PROCESSES: '2', KONG_ROUTER_CONSISTENCY: 'eventual' },
  memoryLimit: '4Gi',
  minutes: 2880,
};

/** The old name stays: nobody reads it. */
const HEALED: StagedDeployment = { ...KONG, revision: 8, env: { ...KONG.env, KONG_WORKER_CONSISTENCY: 'eventual' }, minutes: 5 };

export const COMMANDS = ['kubectl -n edge set env deployment/kong -c proxy KONG_WORKER_CONSISTENCY=eventual'];

export function live(now: Date): Stage {
  return { objects: objectsOf(deploymentYaml(KONG, now)), samples: [[podUsage(KONG, '700Mi')]], logs: [], verdict: 'live' };
}

export function fixed(now: Date): Stage {
  return { objects: objectsOf(deploymentYaml(HEALED, now)), samples: [[podUsage(HEALED, '700Mi')]], logs: [], verdict: 'mitigated' };
}
