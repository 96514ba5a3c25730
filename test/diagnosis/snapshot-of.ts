import { load } from 'js-yaml';
import { NO_CONFIGURATION } from '../../src/linters/engine.ts';
import { diagnose, type Diagnosis, type Incident } from '../../src/diagnosis/diagnose.ts';
import type { Probe } from '../../src/linters/probe.ts';
import { PROBES } from '../../src/linters/probes.ts';
import { RULES } from '../../src/linters/registry.ts';
import type { OptionValue } from '../../src/linters/rule.ts';
import type {
  ContainerState,
  EndpointState,
  EventState,
  LiveObject,
  ObjectReference,
  PodState,
  ReadOutcome,
  ResourceRead,
  Snapshot,
} from '../../src/snapshot/snapshot.ts';

/** The time of every snapshot that tests build. */
export const NOW = '2026-11-21T12:00:00Z';

/** RFC 3339, so many minutes before the snapshot. */
export function minutesAgo(minutes: number): string {
  return new Date(Date.parse(NOW) - minutes * 60_000).toISOString().replace('.000Z', 'Z');
}

export interface SnapshotParts extends Partial<Omit<Snapshot, 'objects' | 'reads'>> {
  /** YAML documents in Kubernetes' own shape; a namespaced object names its namespace. */
  readonly yaml?: string;
  readonly objects?: readonly LiveObject[];
  /** What became of a resource (`pods`, `pods.metrics.k8s.io`); everything else that any probe needs was read. */
  readonly outcomes?: Readonly<Record<string, ReadOutcome>>;
}

/** A snapshot of a cluster in which all that probes need was read, but for `outcomes`. */
export function snapshotOf(parts: SnapshotParts, probes: readonly Probe[] = PROBES): Snapshot {
  const { yaml = '', objects = [], outcomes = {}, ...rest } = parts;
  return {
    format: 'runbook-lens-snapshot',
    version: 1,
    takenAt: NOW,
    cluster: { context: 'test', server: 'https://cluster.example', version: 'v1.36.0', scope: 'all', namespaces: [] },
    reads: readsOf(probes, outcomes),
    objects: [...documents(yaml), ...objects],
    pods: [],
    endpoints: [],
    replicaSets: [],
    nodes: [],
    events: [],
    usage: [],
    logs: [],
    answers: [],
    requests: { count: 0, durationMs: 0 },
    ...rest,
  };
}

/** What one probe says of a snapshot, among all rules. */
export function judge(probe: Probe, parts: SnapshotParts, options: Readonly<Record<string, OptionValue>> = {}): Incident {
  const { incidents } = diagnosisOf(snapshotOf(parts, [probe]), [probe], options);
  const [incident] = incidents;
  if (!incident) throw new Error(`${probe.id} gave no incident`);
  return incident;
}

export function diagnosisOf(
  snapshot: Snapshot,
  probes: readonly Probe[] = PROBES,
  options: Readonly<Record<string, OptionValue>> = {},
): Diagnosis {
  const all = Object.fromEntries(probes.map((probe) => [probe.id, options]));
  return diagnose(snapshot, { rules: RULES, configuration: NO_CONFIGURATION, preview: false, probes, options: all });
}

function documents(yaml: string): LiveObject[] {
  return yaml
    .split(/^---$/m)
    .filter((text) => text.trim() !== '')
    .map((text) => load(text) as LiveObject);
}

function readsOf(probes: readonly Probe[], outcomes: Readonly<Record<string, ReadOutcome>>): ResourceRead[] {
  const reads = new Map<string, ResourceRead>();
  for (const { verb, group, resource } of probes.flatMap(({ needs }) => needs)) {
    const name = group === '' ? resource : `${resource}.${group}`;
    reads.set(name, { verb, group, resource, outcome: outcomes[name] ?? 'read', count: 0 });
  }
  return [...reads.values()];
}

/** A container that has been running for a day without a restart. */
export function container(over: Partial<ContainerState> = {}): ContainerState {
  return {
    name: 'app',
    image: 'example/app:1',
    role: 'main',
    ready: true,
    restarts: 0,
    state: 'running',
    startedAt: minutesAgo(24 * 60),
    env: {},
    args: [],
    ...over,
  };
}

/** A ready pod that is a day old, of a Deployment `app` in `shop`. */
export function pod(name: string, over: Partial<PodState> = {}): PodState {
  const namespace = over.namespace ?? 'shop';
  return {
    namespace,
    name,
    owner: { kind: 'Deployment', namespace, name: 'app' },
    node: 'node-1',
    phase: 'Running',
    ip: '10.0.0.1',
    createdAt: minutesAgo(24 * 60),
    readySince: minutesAgo(24 * 60 - 1),
    deleting: false,
    hostNetwork: false,
    labels: {},
    annotations: {},
    dnsPolicy: 'ClusterFirst',
    containers: [container()],
    ...over,
  };
}

export function endpoint(service: string, target: PodState, over: Partial<EndpointState> = {}): EndpointState {
  return { namespace: target.namespace, service, ip: target.ip, ready: true, pod: target.name, node: target.node, ...over };
}

export function event(object: ObjectReference, reason: string, over: Partial<EventState> = {}): EventState {
  return { object, type: 'Warning', reason, count: 1, lastAt: minutesAgo(5), ...over };
}
