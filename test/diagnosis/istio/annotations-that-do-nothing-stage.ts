import type { KubeJson } from '../../cluster/api.ts';
import { deployment, livePod, namespaces, objectOf, ordersOf, replicaSet, setName, type StagedOrders } from './stage.ts';
import { ago, type Stage } from '../stage.ts';

const EXCLUDE = 'traffic.sidecar.istio.io/excludeOutboundPorts';

/** As the ReplicaSet controller reports what the API server told it. */
function refusal(now: Date, revision: number, value: string): KubeJson {
  const reason = `strconv.ParseUint: parsing "${value}": invalid syntax`;
  const message = `Error creating: admission webhook "namespace.sidecar-injector.istio.io" denied the request: failed to run injection template: 1 error occurred:\n\t* invalid value '${value}' for annotation '${EXCLUDE}': excludeOutboundPorts invalid: failed parsing port '${value}': failed parsing port '${value}': ${reason}\n\n`;
  return {
    ...objectOf(`
apiVersion: v1
kind: Event
metadata: { namespace: shop, name: ${setName(revision)}.17f2a }
involvedObject: { apiVersion: apps/v1, kind: ReplicaSet, namespace: shop, name: ${setName(revision)} }
reason: FailedCreate
type: Warning
count: 14
source: { component: replicaset-controller }
firstTimestamp: "${ago(now, 25)}"
lastTimestamp: "${ago(now, 3)}"
`),
    message,
  };
}

const RUNNING: StagedOrders = { revision: 1, pods: [600] };
const REFUSED: StagedOrders = { revision: 2, podAnnotations: { [EXCLUDE]: '3306-3310' }, pods: [] };

function stage(objects: readonly KubeJson[]): Omit<Stage, 'verdict'> {
  return { objects: [...namespaces('shop', 'istio-system'), ...objects], samples: [], logs: [] };
}

/** The new template has a range of ports: no pod of it is admitted, the old one lives on. */
export function live(now: Date): Stage {
  const objects = [
    deployment({ ...REFUSED, pods: [600] }),
    replicaSet(RUNNING),
    replicaSet(REFUSED),
    livePod(RUNNING, 0, 600, now),
    refusal(now, 2, '3306-3310'),
  ];
  return { ...stage(objects), verdict: 'live' };
}

/** The runbook's fix: a third template with the ports one by one. The refusal's event is still there. */
export function fixed(now: Date): Stage {
  const valid: StagedOrders = {
    revision: 3,
    podAnnotations: { [EXCLUDE]: '3306,3307,3308,3309,3310' },
    initArgs: ['-o', '3306,3307,3308,3309,3310'],
    pods: [2],
  };
  const objects = [deployment(valid), replicaSet(REFUSED), replicaSet(valid), livePod(valid, 0, 2, now), refusal(now, 2, '3306-3310')];
  return { ...stage(objects), verdict: 'clear' };
}

/** On the Deployment instead of its pods. */
export function ignored(now: Date): Stage {
  return { ...stage(ordersOf({ revision: 1, annotations: { [EXCLUDE]: '3307' }, pods: [600] }, now)), verdict: 'live' };
}

/** A name that Istio doesn't know. */
export function latent(now: Date): Stage {
  return {
    ...stage(ordersOf({ revision: 1, podAnnotations: { 'traffic.istio.io/excludeOutboundPorts': '3307' }, pods: [600] }, now)),
    verdict: 'latent',
  };
}

/** The runbook's fix: on the pod template, and gone from where it did nothing. */
export function moved(now: Date): Stage {
  return {
    ...stage(ordersOf({ revision: 2, podAnnotations: { [EXCLUDE]: '3307' }, initArgs: ['-o', '3307'], pods: [2] }, now)),
    verdict: 'clear',
  };
}

/** What the command of "Mitigate now" leaves: it stands on both. */
export function onBoth(now: Date): Stage {
  const staged = {
    revision: 2,
    annotations: { [EXCLUDE]: '3307' },
    podAnnotations: { [EXCLUDE]: '3307' },
    initArgs: ['-o', '3307'],
    pods: [2],
  };
  return { ...stage(ordersOf(staged, now)), verdict: 'clear' };
}
