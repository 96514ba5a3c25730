import { deploymentYaml, objectsOf, podName, podUsage, type StagedDeployment } from '../deployment-stage.ts';
import { ago, type Stage } from '../stage.ts';

/** Somebody wrote the limit as Kubernetes does. */
const ORDERS: StagedDeployment = {
  namespace: 'shop',
  name: 'orders',
  revision: 4,
  container: 'app',
  image: 'registry.example/orders:1.4',
  env: { GOMEMLIMIT: '512Mi' },
  memoryLimit: '512Mi',
  minutes: 14,
  state: { restarts: 7, ended: { reason: 'Error', exitCode: 2, minutes: 2 }, waiting: 'CrashLoopBackOff' },
};

const HEALED: StagedDeployment = { ...ORDERS, revision: 5, env: { GOMEMLIMIT: '460MiB' }, minutes: 20, state: {} };

export const COMMANDS = ['kubectl -n shop set env deployment/orders -c app GOMEMLIMIT=460MiB'];

export function live(now: Date): Stage {
  const previous = ['GOMEMLIMIT=512Mi', 'fatal error: malformed GOMEMLIMIT; see `go doc runtime/debug.SetMemoryLimit`'].map((text) => ({
    time: new Date(ago(now, 2)),
    text,
  }));
  return {
    objects: objectsOf(deploymentYaml(ORDERS, now)),
    samples: [[]],
    logs: [{ namespace: 'shop', pod: podName(ORDERS), container: 'app', log: { current: previous, previous } }],
    verdict: 'live',
  };
}

export function fixed(now: Date): Stage {
  return { objects: objectsOf(deploymentYaml(HEALED, now)), samples: [[podUsage(HEALED, '310Mi')]], logs: [], verdict: 'mitigated' };
}
