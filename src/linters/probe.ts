import type { Container } from '../model/container.ts';
import type { KubeObject } from '../model/kubernetes/objects.ts';
import type { Repository, Unit } from '../model/unit.ts';
import type { LogRequest, ObjectReference, PodState, ReadOutcome, ServiceRequest, Snapshot } from '../snapshot/snapshot.ts';
import type { Message, MessageData, OptionSpec, OptionValue, Severity } from './rule.ts';

/**
 * - `live`: measured, and recent · `latent`: the configuration would produce it · `mitigated`: it would, but something that was read prevents it
 * - `clear`: everything that matters was read and is right · `absent`: the technology is not there
 * - `unknown`: something that the verdict needs could not be read. Never `clear` instead.
 */
export type Verdict = 'live' | 'latent' | 'mitigated' | 'clear' | 'absent' | 'unknown';

/** One of the probe's messages with its data. Text for people is made from it last, in report/. */
export interface Said {
  readonly messageId: string;
  readonly data?: MessageData;
}

/** What a rule says of a live object. */
export interface LiveFinding extends Said {
  readonly rule: string;
  readonly severity: Severity;
  readonly object: ObjectReference;
  /** RFC 6901, from the object's root. */
  readonly pointer: string;
}

export interface Evidence {
  readonly source: 'status' | 'spec' | 'event' | 'log' | 'metrics' | 'config';
  /** Where it was read: the pod rather than its workload. */
  readonly object: ObjectReference;
  /** RFC 6901 in that object; empty where it does not stand in one (a log line, a sample). */
  readonly pointer: string;
  /** What was read there, short: `OOMKilled`, `2310 MiB of 2560 MiB`. */
  readonly value: string;
  /** When it happened or was measured, RFC 3339. */
  readonly time?: string;
  readonly explains: Said;
}

/** A command for a person to copy; a change is never run for the user. */
export interface Action {
  readonly title: Said;
  /** With this cluster's own names, quoted for a POSIX shell where they need it. */
  readonly command: string;
  readonly risk: 'read' | 'change';
  /** Takes it back; every change has one, or says why there is none (`no-undo` in the title's data is not enough). */
  readonly undo?: string;
}

export interface Subject {
  readonly object: ObjectReference;
  readonly verdict: Verdict;
  /** Strongest first. */
  readonly evidence: readonly Evidence[];
  readonly findings: readonly LiveFinding[];
  /** What else would prove or refute it: a metric, a log, a longer observation. */
  readonly wouldProve: readonly Said[];
  readonly actions: readonly Action[];
}

export interface NotChecked {
  /** `pods.metrics.k8s.io`, `pods/log`, `grpc/clusterip-pinned`. */
  readonly what: string;
  readonly reason: ReadOutcome | 'needs-code';
  readonly detail?: string;
  readonly namespace?: string;
}

/** What a probe says of a cluster. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly summary: Said;
  /** Those that are live first. A workload, a Service, a node: never a pod that a workload owns. */
  readonly subjects: readonly Subject[];
  readonly notChecked: readonly NotChecked[];
}

/** A resource that a verdict rests on. What the API server does not serve counts as read: there is none of it. */
export interface Need {
  readonly verb: 'get' | 'list';
  /** `''` for the core group. */
  readonly group: string;
  readonly resource: string;
  /** It only sharpens the verdict: without it there is no `clear` less, but a line under "not checked". */
  readonly optional?: true;
}

/** A workload with its pods: what the owner chains of the cluster come to. */
export interface LiveWorkload {
  readonly object: ObjectReference;
  /** As rules see it; missing where only its pods could be read. */
  readonly manifest: KubeObject | undefined;
  /** As the manifest says, without what admission injected. */
  readonly containers: readonly Container[];
  readonly pods: readonly PodState[];
}

/** The cluster as probes see it. */
export interface ClusterView {
  readonly snapshot: Snapshot;
  /** Milliseconds since 1970 when the snapshot was taken: ages count from here, never from today. */
  readonly now: number;
  /** All live objects as one unit, for the facts that rules read too. */
  readonly unit: Unit;
  readonly repository: Repository;
  readonly workloads: readonly LiveWorkload[];
  /** What the rules say of the live objects, by severity. */
  readonly findings: readonly LiveFinding[];
  workload(object: ObjectReference): LiveWorkload | undefined;
  findingsOf(object: ObjectReference, ...rules: readonly string[]): readonly LiveFinding[];
  /** `read` when all of it was read (in every namespace of the scope), or is not served; else what became of it. */
  outcome(need: Pick<Need, 'group' | 'resource'>, namespace?: string): ReadOutcome;
  option(name: string): OptionValue;
}

/** A pure check of one incident class. One file each; the header comment names the source of each threshold. */
export interface Probe {
  /** The runbook's id, which it shares. */
  readonly id: string;
  readonly needs: readonly Need[];
  readonly options?: Readonly<Record<string, OptionSpec>>;
  /** Rules that say something about this incident in files only: they need code, build files or an image. */
  readonly notInCluster?: readonly string[];
  /** Summaries, explanations, titles of actions. */
  readonly messages: Readonly<Record<string, Message>>;
  /** Containers whose last lines would settle something. Asked once, before `judge`, with a snapshot that has no logs yet. */
  logs?(view: ClusterView): readonly LogRequest[];
  /** Asked with `--deep` only. */
  asks?(view: ClusterView): readonly ServiceRequest[];
  judge(view: ClusterView): Judgement;
}
