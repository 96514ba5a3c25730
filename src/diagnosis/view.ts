import { ObjectMemo } from '../text/once.ts';
import { objectReference } from '../linters/evidence.ts';
import type { LintConfiguration } from '../linters/lint-result.ts';
import type { ClusterView, LiveWorkload, Probe } from '../linters/probe.ts';
import type { OptionValue, Rule } from '../linters/rule.ts';
import type { Container } from '../model/container.ts';
import { WORKLOAD_KINDS } from '../model/kubernetes/objects.ts';
import { referenceKey } from '../snapshot/reference.ts';
import { readsInScope } from '../snapshot/scope.ts';
import type { LiveObject, PodState, ReadOutcome, ResourceRead, Snapshot } from '../snapshot/snapshot.ts';
import { groupBy } from '../text/group-by.ts';
import { lintLive } from './lint-live.ts';
import { type LiveUnit, liveUnit } from './live-unit.ts';

/** What every probe of a run sees alike. */
export interface SharedView extends Omit<ClusterView, 'option'> {
  readonly live: LiveUnit;
}

export interface ViewSettings {
  readonly rules: readonly Rule[];
  readonly configuration: LintConfiguration;
  /** Also rules and cases that are off by default. */
  readonly preview: boolean;
}

export function shareView(snapshot: Snapshot, settings: ViewSettings): SharedView {
  const scoped = readsInScope(snapshot);
  return {
    ...objectsView(snapshot, settings),
    snapshot,
    now: Date.parse(snapshot.takenAt),
    outcome: ({ group, resource }, namespace) =>
      worstOutcome(namespace === undefined ? scoped : snapshot.reads, group, resource, namespace),
  };
}

/** What follows from the objects and pods alone, whatever logs and answers come to them. */
type ObjectsView = Pick<SharedView, 'live' | 'unit' | 'repository' | 'workloads' | 'findings' | 'workload' | 'findingsOf'>;

interface KnownView extends ViewSettings {
  readonly pods: readonly PodState[];
  /** The API server's version, and what became of each list. */
  readonly lists: string;
  readonly view: ObjectsView;
}

/** By the snapshot's list of objects: a snapshot is looked at before its logs are read, and again with them. */
const known = new ObjectMemo<readonly LiveObject[], KnownView>();

function objectsView(snapshot: Snapshot, { rules, configuration, preview }: ViewSettings): ObjectsView {
  const { objects, pods } = snapshot;
  const lists = listsOf(snapshot);
  const last = known.get(objects);
  const isSame = last?.rules === rules && last.configuration === configuration && last.preview === preview;
  if (isSame && last.pods === pods && last.lists === lists) return last.view;
  const live = liveUnit(snapshot, configuration.assumeFor('.'));
  const findings = lintLive(live, rules, configuration, preview);
  const workloads = workloadsOf(live, pods);
  const byKey = new Map(workloads.map((workload) => [referenceKey(workload.object), workload]));
  const findingsByKey = groupBy(findings, ({ object }) => referenceKey(object));
  const view: ObjectsView = {
    live,
    unit: live.unit,
    repository: live.repository,
    workloads,
    findings,
    workload: (object) => byKey.get(referenceKey(object)),
    findingsOf: (object, ...names) => (findingsByKey.get(referenceKey(object)) ?? []).filter(({ rule }) => names.includes(rule)),
  };
  known.set(objects, { rules, configuration, preview, pods, lists, view });
  return view;
}

function listsOf({ cluster, reads }: Snapshot): string {
  const lists = reads.filter(({ resource }) => !resource.includes('/'));
  return [cluster.version, ...lists.map(({ group, resource, namespace, outcome }) => [group, resource, namespace, outcome].join(' '))].join(
    '\n',
  );
}

/** The view with the options of one probe. */
export function viewFor(shared: SharedView, probe: Probe, options: Readonly<Record<string, OptionValue>> = {}): ClusterView {
  return { ...shared, option: (name) => options[name] ?? probe.options?.[name]?.default ?? '' };
}

function workloadsOf({ unit }: LiveUnit, pods: readonly PodState[]): LiveWorkload[] {
  const containers = groupBy(unit.containers, ({ workload }: Container) => (workload ? referenceKey(objectReference(workload)) : ''));
  const podsByOwner = groupBy(pods, ({ owner }) => referenceKey(owner));
  const workloads: LiveWorkload[] = [];
  for (const manifest of unit.objects) {
    if (!WORKLOAD_KINDS.has(manifest.kind)) continue;
    const object = objectReference(manifest);
    const key = referenceKey(object);
    workloads.push({ object, manifest, containers: containers.get(key) ?? [], pods: podsByOwner.get(key) ?? [] });
    podsByOwner.delete(key);
  }
  // Owners that could not be read, or that are of a kind that nobody reads.
  for (const orphans of podsByOwner.values()) {
    const owner = orphans[0]?.owner;
    if (owner) workloads.push({ object: owner, manifest: undefined, containers: [], pods: orphans });
  }
  return workloads;
}

const OUTCOMES_BY_WEIGHT: readonly ReadOutcome[] = [
  'unauthorized',
  'expired',
  'forbidden',
  'unreachable',
  'server-error',
  'timeout',
  'cancelled',
  'limit',
  'not-asked',
];

/** Of what was read of a resource in each namespace, the worst. What nobody asked for is not read. */
function worstOutcome(reads: readonly ResourceRead[], group: string, resource: string, namespace: string | undefined): ReadOutcome {
  const own = reads.filter(
    (read) =>
      read.group === group &&
      read.resource === resource &&
      (namespace === undefined || read.namespace === undefined || read.namespace === namespace),
  );
  if (own.length === 0) return 'not-asked';
  return OUTCOMES_BY_WEIGHT.find((outcome) => own.some((read) => read.outcome === outcome)) ?? 'read';
}
