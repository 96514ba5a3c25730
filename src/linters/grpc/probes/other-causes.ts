import { objectReference } from '../../evidence.ts';
import { objectsOfKind, sameNamespace, type Unit } from '../../../model/unit.ts';
import type { KubeObject } from '../../../model/kubernetes/objects.ts';
import type { ObjectReference, PodState } from '../../../snapshot/snapshot.ts';
import { isWithin, MINUTE_MS } from '../../../snapshot/times.ts';
import { jsonPointer } from '../../../text/json-tree.ts';
import { oncePer } from '../../../text/once.ts';
import { itemsAt, nodeAt, scalarAt, textAt } from '../../../text/yaml.ts';
import type { ClusterView, Evidence } from '../../probe.ts';
import type { GrpcServer } from './grpc-services.ts';
import type { Load } from './load.ts';
import { endpointsByService } from './lookups.ts';

/**
 * What else makes pods unlike: the Service sends by client, node or zone; limits or machines differ; pods come and go just now. A slight unevenness
 * beside one of them is not called live. Leader election and work of the pod's own can't be seen.
 */
export function otherCauses(view: ClusterView, server: GrpcServer, load: Load): Evidence[] {
  return [...serviceCauses(view, server), ...podCauses(view, server, load), ...scaleCauses(view, server)];
}

function serviceCauses(view: ClusterView, { services }: GrpcServer): Evidence[] {
  return services.flatMap(({ service, object }): Evidence[] => {
    const { root } = service.object;
    const spec = (key: string, bad: RegExp, messageId: string): Evidence[] => {
      const at = scalarAt(root, 'spec', key);
      return at && bad.test(at.text)
        ? [{ source: 'spec', object, pointer: jsonPointer(root, at), value: at.text, explains: { messageId } }]
        : [];
    };
    const mode = scalarAt(root, 'metadata', 'annotations', 'service.kubernetes.io/topology-mode');
    const endpoints = endpointsByService(view.snapshot.endpoints).get(`${object.namespace}/${object.name}`) ?? [];
    const zoned = endpoints.some(({ forZones }) => (forZones?.length ?? 0) > 0);
    const topology: Evidence[] =
      zoned || (mode && /^auto$/i.test(mode.text))
        ? [
            {
              source: 'config',
              object,
              pointer: mode ? jsonPointer(root, mode) : '',
              value: mode?.text ?? 'forZones',
              explains: { messageId: 'by-zone' },
            },
          ]
        : spec('trafficDistribution', /^Prefer/, 'by-zone');
    return [...spec('sessionAffinity', /^ClientIP$/, 'by-client'), ...spec('internalTrafficPolicy', /^Local$/, 'by-node'), ...topology];
  });
}

function podCauses(view: ClusterView, server: GrpcServer, load: Load): Evidence[] {
  const [first] = server.services;
  if (!first) return [];
  const pods = load.pods.map(({ pod }) => pod);
  const limits = new Set(
    pods.map((pod) =>
      mainContainers(pod)
        .map(({ cpuLimitCores }) => cpuLimitCores ?? '-')
        .join(),
    ),
  );
  const machines = new Set(pods.flatMap((pod) => view.snapshot.nodes.find(({ name }) => name === pod.node)?.instanceType ?? []));
  const say = (messageId: string, value: string): Evidence => ({
    source: 'status',
    object: first.object,
    pointer: '',
    value,
    explains: { messageId, data: { value } },
  });
  return [
    ...(limits.size > 1 ? [say('by-limit', [...limits].join(' / '))] : []),
    ...(machines.size > 1 ? [say('by-machine', [...machines].sort().join(' / '))] : []),
    ...(load.rollout ? [say('in-rollout', `${load.pods.length}`)] : []),
  ];
}

function mainContainers(pod: PodState): PodState['containers'] {
  return pod.containers.filter(({ role }) => role === 'main');
}

function scaleCauses(view: ClusterView, server: GrpcServer): Evidence[] {
  return autoscalersOf(view, server).flatMap((scaler): Evidence[] => {
    const object = objectReference(scaler);
    const last = scalarAt(scaler.root, 'status', 'lastScaleTime');
    const explains = { messageId: 'just-scaled' };
    if (last && isWithin(last.text, view.now, 10 * MINUTE_MS))
      return [{ source: 'status', object, pointer: jsonPointer(scaler.root, last), value: last.text, time: last.text, explains }];
    const event = view.snapshot.events.find(
      ({ object: of, reason, lastAt }) =>
        reason === 'SuccessfulRescale' && sameObject(of, object) && isWithin(lastAt, view.now, 10 * MINUTE_MS),
    );
    return event
      ? [{ source: 'event', object, pointer: '', value: event.reason, ...(event.lastAt ? { time: event.lastAt } : {}), explains }]
      : [];
  });
}

const scalersOf = oncePer((unit: Unit) => objectsOfKind(unit, 'HorizontalPodAutoscaler'));

/** The HorizontalPodAutoscalers of the workloads behind a server. */
export function autoscalersOf(view: ClusterView, { services }: GrpcServer): KubeObject[] {
  const backends = services.flatMap(({ service }) => service.backends.map(({ workload }) => workload));
  return scalersOf(view.unit).filter(({ root, namespace }) =>
    backends.some(
      (backend) =>
        textAt(root, 'spec', 'scaleTargetRef', 'name') === backend.name &&
        textAt(root, 'spec', 'scaleTargetRef', 'kind') === backend.kind &&
        sameNamespace(namespace, backend.namespace),
    ),
  );
}

/** An autoscaler whose average is under its target, although a pod is at its limit: averages hide the busy one. */
export function blindAutoscaler(view: ClusterView, server: GrpcServer, load: Load): Evidence[] {
  const [busiest] = load.pods;
  const limits = busiest ? mainContainers(busiest.pod).map(({ cpuLimitCores }) => cpuLimitCores) : [];
  const limit = limits.reduce<number | undefined>((sum, one) => (sum === undefined || one === undefined ? undefined : sum + one), 0);
  if (!busiest || limit === undefined || limit <= 0 || busiest.cpu < 900 * limit) return [];
  return autoscalersOf(view, server).flatMap((scaler): Evidence[] => {
    const target = utilisation(scaler, ['spec', 'metrics'], 'target');
    const current = utilisation(scaler, ['status', 'currentMetrics'], 'current');
    if (!target || !current || current.percent >= target.percent) return [];
    return [
      {
        source: 'status',
        object: objectReference(scaler),
        pointer: current.pointer,
        value: `${current.percent} % of ${target.percent} %`,
        explains: { messageId: 'blind-autoscaler', data: { pod: busiest.pod.name, current: current.percent, target: target.percent } },
      },
    ];
  });
}

function utilisation(scaler: KubeObject, path: readonly string[], key: string): { percent: number; pointer: string } | undefined {
  for (const metric of itemsAt(scaler.root, ...path)) {
    if (textAt(metric, 'resource', 'name') !== 'cpu') continue;
    const at = nodeAt(metric, 'resource', key, 'averageUtilization');
    if (at?.kind === 'scalar' && /^\d+$/.test(at.text)) return { percent: Number(at.text), pointer: jsonPointer(scaler.root, at) };
  }
  return undefined;
}

function sameObject(a: ObjectReference, b: ObjectReference): boolean {
  return a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;
}
