import type { Judgement, LiveFinding, Probe } from '../linters/probe.ts';
import type { OptionValue } from '../linters/rule.ts';
import type { ClusterIdentity, LogRequest, LogSignature, ServiceRequest, Snapshot } from '../snapshot/snapshot.ts';
import { type Access, accessOf } from './role.ts';
import { shareView, type ViewSettings, viewFor } from './view.ts';

export interface DiagnoseSettings extends ViewSettings {
  readonly probes: readonly Probe[];
  /** Options by the probe's id. */
  readonly options?: Readonly<Record<string, Readonly<Record<string, OptionValue>>>>;
}

export interface Incident extends Judgement {
  readonly probe: Probe;
}

/** What a cluster's snapshot comes to: one incident for every probe, always all of them, in the order of their ids. */
export interface Diagnosis {
  readonly cluster: ClusterIdentity;
  readonly takenAt: string;
  readonly incidents: readonly Incident[];
  /** What the rules say of all live objects, most severe first. */
  readonly findings: readonly LiveFinding[];
  readonly access: Access;
  readonly requests: Snapshot['requests'];
  /** What was read, for the scope line: objects and pods. */
  readonly counts: { readonly objects: number; readonly pods: number };
}

/** Pure: the same snapshot gives the same diagnosis, whenever and wherever. */
export function diagnose(snapshot: Snapshot, settings: DiagnoseSettings): Diagnosis {
  const shared = shareView(snapshot, settings);
  const incidents = [...settings.probes]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((probe): Incident => ({ probe, ...probe.judge(viewFor(shared, probe, settings.options?.[probe.id])) }));
  return {
    cluster: snapshot.cluster,
    takenAt: snapshot.takenAt,
    incidents,
    findings: shared.findings,
    access: accessOf(snapshot),
    requests: snapshot.requests,
    counts: { objects: snapshot.objects.length, pods: snapshot.pods.length },
  };
}

/** What the probes want to know beyond the lists, from what these say. */
export interface FollowUp {
  readonly logs: readonly LogRequest[];
  readonly asks: readonly ServiceRequest[];
}

/** A container is read once for all probes that want to, with all their signatures. */
export function followUp(snapshot: Snapshot, settings: DiagnoseSettings): FollowUp {
  const shared = shareView(snapshot, settings);
  const logs = new Map<string, LogRequest>();
  const asks: ServiceRequest[] = [];
  for (const probe of settings.probes) {
    const view = viewFor(shared, probe, settings.options?.[probe.id]);
    for (const request of probe.logs?.(view) ?? []) {
      const key = [request.namespace, request.pod, request.container, request.previous].join('/');
      const known = logs.get(key);
      logs.set(key, known ? { ...known, signatures: joined(known.signatures, request.signatures) } : request);
    }
    asks.push(...(probe.asks?.(view) ?? []));
  }
  return { logs: [...logs.values()], asks };
}

function joined(a: readonly LogSignature[], b: readonly LogSignature[]): LogSignature[] {
  return [...a, ...b.filter(({ id }) => !a.some((known) => known.id === id))];
}
