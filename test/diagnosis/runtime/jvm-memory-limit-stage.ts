import { deploymentYaml, objectsOf, podUsage, type StagedDeployment } from '../deployment-stage.ts';
import type { Stage } from '../stage.ts';

/** A heap as large as the container. */
const CATALOG: StagedDeployment = {
  namespace: 'shop',
  name: 'catalog',
  revision: 2,
  container: 'app',
  image: 'registry.example/catalog:3.0',
  env: { JAVA_TOOL_OPTIONS: '-Xmx1g' },
  memoryLimit: '1Gi',
  minutes: 700,
  state: { restarts: 5, ended: { reason: 'OOMKilled', exitCode: 137, minutes: 65 } },
};

const HEALED: StagedDeployment = {
  ...CATALOG,
  revision: 3,
  env: { JAVA_TOOL_OPTIONS: '-XX:MaxRAMPercentage=75.0' },
  minutes: 130,
  state: {},
};

/** What gains time tonight; the heap's flag is changed where the workload is kept. */
export const COMMANDS = ['kubectl -n shop set resources deployment/catalog -c app --limits=memory=2Gi'];

export function live(now: Date): Stage {
  return { objects: objectsOf(deploymentYaml(CATALOG, now)), samples: [[podUsage(CATALOG, '980Mi')]], logs: [], verdict: 'live' };
}

export function fixed(now: Date): Stage {
  return { objects: objectsOf(deploymentYaml(HEALED, now)), samples: [[podUsage(HEALED, '840Mi')]], logs: [], verdict: 'mitigated' };
}
