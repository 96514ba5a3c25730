import { linesOf } from '../../../snapshot/log-matches.ts';
import type { LogRequest, LogSignature, PodState } from '../../../snapshot/snapshot.ts';
import { ageMs, isWithin, MINUTE_MS } from '../../../snapshot/times.ts';
import { isWarning, lineEvidence, podReference } from '../../evidence.ts';
import { canBeSet, kubectl, target } from '../../kubectl.ts';
import type { Action, ClusterView, Evidence, LiveFinding, Said, Subject, Verdict } from '../../probe.ts';
import type { KiamPod, KiamWorkload, LiveDependant } from '../live-kiam.ts';
import { interfaceOf } from '../interception.ts';

const FLAG_RULE = 'kiam/flag-not-in-version';

/** What Kiam says before it ends (cmd/kiam/server.go@v4.2, kingpin's parser; cmd/kiam/agent.go: "fatal error:"). */
const DEATH: LogSignature = {
  id: 'kiam/stops-at-start',
  pattern:
    /unknown long flag|cannot be repeated|expected argument for flag|session-duration should be at least|role-base-arn not specified|error (?:using AWS STS Gateway|configuring Kubernetes client|configuring TLS|creating listener|creating server gateway|configuring iptables|starting (?:pod|namespace) cache)|fatal error:/,
};

/** A pod of Kiam is given so long to start. */
export const GRACE_MS = 2 * MINUTE_MS;

/** A container of Kiam that keeps ending. */
function isCrashing({ container }: KiamPod, now: number, windowMs: number): boolean {
  if (container.state === 'waiting' && container.reason === 'CrashLoopBackOff') return true;
  const end = container.termination ?? container.lastTermination;
  return container.restarts > 1 && end !== undefined && end.exitCode !== 0 && isWithin(end.finishedAt, now, windowMs);
}

export function isReady({ readySince, deleting }: PodState): boolean {
  return readySince !== undefined && !deleting;
}

/** Not ready, but so young that nobody wonders. */
export function isStarting({ createdAt, containers }: PodState, now: number): boolean {
  const isYoung = (at: string | undefined): boolean => {
    const age = ageMs(at, now);
    return age !== undefined && age < GRACE_MS;
  };
  return isYoung(createdAt) || containers.some(({ state, startedAt }) => state === 'running' && isYoung(startedAt));
}

/** One crashing pod of each workload: what the run before said last. */
export function crashLogs(view: ClusterView, workloads: readonly KiamWorkload[], windowMs: number): LogRequest[] {
  return workloads.flatMap(({ pods }) =>
    pods
      .filter((one) => isCrashing(one, view.now, windowMs))
      .sort((a, b) => (a.pod.name < b.pod.name ? -1 : 1))
      .slice(0, 1)
      .map(({ pod, container }) => ({
        namespace: pod.namespace,
        pod: pod.name,
        container: container.name,
        previous: container.restarts > 0,
        signatures: [DEATH],
      })),
  );
}

interface Judged {
  readonly verdict: Verdict;
  readonly evidence: readonly Evidence[];
  readonly wouldProve: readonly Said[];
}

/** A workload of servers or agents: whether it starts, and whether it gets the pods' requests. */
export function kiamSubject(
  view: ClusterView,
  workload: KiamWorkload,
  all: readonly KiamWorkload[],
  dependants: readonly LiveDependant[],
  windowMs: number,
): Subject {
  const findings = view.findingsOf(workload.object, FLAG_RULE);
  const crashing = workload.pods.filter((one) => isCrashing(one, view.now, windowMs));
  const judged = [
    judgeCrash(view, crashing, findings, windowMs),
    ...(workload.role === 'server' ? [judgeServers(view, workload, all, dependants)] : [interfaceOf(view, workload)]),
  ].sort((a, b) => WEIGHT.indexOf(a.verdict) - WEIGHT.indexOf(b.verdict));
  const verdict = judged[0]?.verdict ?? 'clear';
  return {
    object: workload.object,
    verdict,
    evidence: judged.flatMap(({ evidence }) => evidence),
    findings,
    wouldProve: judged.flatMap(({ wouldProve }) => wouldProve),
    actions: crashing.length > 0 ? crashActions(workload, crashing) : [],
  };
}

const WEIGHT: readonly Verdict[] = ['live', 'latent', 'unknown', 'mitigated', 'clear', 'absent'];

function judgeCrash(view: ClusterView, crashing: readonly KiamPod[], findings: readonly LiveFinding[], windowMs: number): Judged {
  const words = crashing.flatMap(({ pod, container }) =>
    linesOf(view.snapshot, pod, container.name, DEATH.id).filter(({ at }) => isWithin(at, view.now, windowMs)),
  );
  const isProven = words.length > 0 || (crashing.length > 0 && findings.some(({ severity }) => severity === 'error'));
  const evidence = [
    ...words.map((line) => lineEvidence(line, { messageId: 'own-words' })),
    ...crashing.map(({ pod, container }): Evidence => {
      const end = container.termination ?? container.lastTermination;
      return {
        source: 'status',
        object: podReference(pod),
        pointer: container.statusAt === undefined ? '' : `${container.statusAt}/restartCount`,
        value: `${container.name}: ${container.restarts} restarts`,
        ...(end?.finishedAt === undefined ? {} : { time: end.finishedAt }),
        explains: { messageId: 'crashes' },
      };
    }),
  ];
  const verdict = isProven ? 'live' : findings.some(isWarning) ? 'latent' : crashing.length > 0 ? 'unknown' : 'clear';
  return { verdict, evidence, wouldProve: crashing.length > 0 && words.length === 0 ? [{ messageId: 'prove-words' }] : [] };
}

/** The agents have nobody to ask, or a server asks an agent for its own credentials. */
function judgeServers(
  view: ClusterView,
  { pods, object }: KiamWorkload,
  all: readonly KiamWorkload[],
  dependants: readonly LiveDependant[],
): Judged {
  const servers = all.filter(({ role }) => role === 'server').flatMap((one) => one.pods);
  if (!servers.some(({ pod }) => isReady(pod))) {
    if (servers.some(({ pod }) => isStarting(pod, view.now)))
      return { verdict: 'unknown', evidence: [], wouldProve: [{ messageId: 'prove-again' }] };
    const none: Evidence = { source: 'status', object, pointer: '', value: '0 pods', explains: { messageId: 'server-has-no-pods' } };
    const evidence = pods.length === 0 ? [none] : pods.map(({ pod }) => phaseEvidence(pod, { messageId: 'server-not-ready' }));
    return { verdict: dependants.length > 0 ? 'live' : 'latent', evidence, wouldProve: [] };
  }
  const agents = all.filter(({ role }) => role === 'agent').flatMap((one) => one.pods);
  const caught = pods.filter(
    ({ pod, process }) =>
      !pod.hostNetwork &&
      process.flags.some(({ name }) => name === 'role-base-arn-autodetect') &&
      agents.some((agent) => agent.pod.node === pod.node),
  );
  const evidence = caught.map(({ pod }) => phaseEvidence(pod, { messageId: 'server-caught' }));
  return { verdict: caught.length > 0 ? 'latent' : 'clear', evidence, wouldProve: [] };
}

function phaseEvidence(pod: PodState, explains: Said): Evidence {
  return { source: 'status', object: podReference(pod), pointer: '/status/phase', value: pod.phase, explains };
}

function crashActions({ object }: KiamWorkload, crashing: readonly KiamPod[]): Action[] {
  const [first] = crashing;
  if (!first) return [];
  const { pod, container } = first;
  const log = kubectl(pod.namespace, 'logs', pod.name, '-c', container.name, '--previous', '--tail=20');
  const look: Action = { title: { messageId: 'look-words' }, command: log, risk: 'read' };
  if (!canBeSet(object)) return [look];
  const undo = kubectl(object.namespace, 'rollout', 'undo', target(object));
  return [look, { title: { messageId: 'roll-back' }, command: undo, risk: 'change', undo }];
}
