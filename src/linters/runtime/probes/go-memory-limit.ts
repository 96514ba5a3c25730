import { BYTES_PER_MIB } from '../../../model/quantity.ts';
import { linesOf } from '../../../snapshot/log-matches.ts';
import type { LogRequest, LogSignature, PodState } from '../../../snapshot/snapshot.ts';
import { isWithin } from '../../../snapshot/times.ts';
import { conclude } from '../../conclude.ts';
import { configEvidence, killEvidence, lineEvidence, podReference } from '../../evidence.ts';
import { setEnvironment } from '../../kubectl.ts';
import type { Action, ClusterView, Evidence, LiveFinding, Probe } from '../../probe.ts';
import { durationOption } from '../../probe-options.ts';
import { findingsOf, type LiveContainer, liveContainers, stateOf, variableOf } from '../live-containers.ts';
import { type Judged, judgeMemory, moreMemory, NEEDS, OPTIONS, subjectsOf, summaryOf } from '../live-memory.ts';
import { GO_MESSAGES } from './go-memory-limit-messages.ts';

const MALFORMED = 'runtime/gomemlimit-malformed';
const NO_ROOM = 'runtime/gomemlimit-vs-limit';

/** runtime/mgcpacer.go: readGOMEMLIMIT throws; the line is the first of a fatal error. */
const MALFORMED_LINE: LogSignature = { id: 'runtime/malformed-gomemlimit', pattern: /malformed GOMEMLIMIT/ };

/** Go's exit status after a fatal error or a panic (runtime/panic.go: fatalthrow → exit(2)). Tried on Go 1.26.8. */
const FATAL_EXIT = 2;

/** Part of the container's limit that GOMEMLIMIT should leave to it at most: Go's guide (https://go.dev/doc/gc-guide#Memory_limit) says 5 to 10 % of room. */
const SHARE = 0.9;

/**
 * Live: a Go container was killed for memory within `window`, or one whose GOMEMLIMIT the runtime can't read ends with a fatal error. Go is proven by its own
 * settings in the environment, or by an image that everybody knows; a killed container of a runtime that nobody can tell is named and makes it unknown.
 * A program below its own GOMEMLIMIT may well fill the container to that: then only a kill counts. Thresholds: OPTIONS in live-memory.ts.
 */
export const goMemoryLimit: Probe = {
  id: 'runtime/go-memory-limit',
  needs: [...NEEDS, { verb: 'get', group: '', resource: 'pods/log', optional: true }],
  options: OPTIONS,
  messages: GO_MESSAGES,
  logs: (view) =>
    liveContainers(view, windowOf(view)).flatMap((one) =>
      findingsOf(view, one, MALFORMED).length > 0 ? one.pods.flatMap((pod) => failing(one, pod)) : [],
    ),
  judge(view) {
    const containers = liveContainers(view, windowOf(view));
    const go = containers.filter((one) => isGo(view, one)).map((one) => [one, judgeGo(view, one)] as const);
    const others = containers
      .filter(({ sign, kills }) => !sign && kills.some(({ recent }) => recent))
      .map((one) => [one, notKnown(one)] as const);
    const subjects = subjectsOf([...go, ...others]);
    return conclude(view, goMemoryLimit, { subjects, summary: summaryOf(subjects) });
  },
};

function windowOf(view: ClusterView): number {
  return durationOption(view, 'window');
}

/** Programs that are known to be Go but set nothing are named only when something happens to them. */
function isGo(view: ClusterView, one: LiveContainer): boolean {
  if (one.sign?.runtime !== 'go') return false;
  const [fullest] = one.uses;
  const full = fullest !== undefined && fullest.share > Number(view.option('fullPercent')) / 100;
  return one.sign.by !== 'image' || full || one.kills.some(({ recent }) => recent);
}

function failing(one: LiveContainer, pod: PodState): LogRequest[] {
  const state = stateOf(one, pod);
  if (!state || (state.restarts === 0 && state.state === 'running')) return [];
  const request = { namespace: pod.namespace, pod: pod.name, container: one.name, signatures: [MALFORMED_LINE] };
  return [{ ...request, previous: false }, ...(state.restarts > 0 ? [{ ...request, previous: true }] : [])];
}

function judgeGo(view: ClusterView, one: LiveContainer): Judged {
  const findings = findingsOf(view, one, MALFORMED, NO_ROOM);
  const malformed = findings.find(({ rule }) => rule === MALFORMED);
  const judged = judgeMemory(view, one, findings, settingsOf(one));
  const aborts = malformed ? one.pods.flatMap((pod) => abortOf(view, one, pod)) : [];
  const verdict = aborts.length > 0 ? 'live' : judged.verdict;
  return {
    ...judged,
    verdict,
    evidence: [...aborts, ...judged.evidence],
    actions: verdict === 'live' || verdict === 'latent' ? [...judged.actions, ...changes(one, findings, judged.verdict === 'live')] : [],
  };
}

/** A valid GOMEMLIMIT below the container's limit. */
function settingsOf(one: LiveContainer): { readonly bounds: Evidence | undefined; readonly mayBeFull: boolean } {
  const variable = variableOf(one, 'GOMEMLIMIT');
  const text = variable?.value.known ? variable.value.value : undefined;
  const [, digits, unit = 'B'] = /^(\d+)(B|KiB|MiB|GiB|TiB)?$/.exec(text ?? '') ?? [];
  const { manifest } = one.workload;
  if (digits === undefined || text === undefined || one.limitMiB === undefined || !manifest) return { bounds: undefined, mayBeFull: false };
  const limitMiB = (Number(digits) * 1024 ** ['B', 'KiB', 'MiB', 'GiB', 'TiB'].indexOf(unit)) / BYTES_PER_MIB;
  if (limitMiB >= one.limitMiB) return { bounds: undefined, mayBeFull: false };
  const value = `GOMEMLIMIT=${text}, limit ${Math.floor(one.limitMiB)} MiB`;
  return { bounds: configEvidence(manifest, variable?.value.at, value, { messageId: 'bounded' }), mayBeFull: true };
}

/** The fatal error itself, or a container that keeps ending with Go's exit status. */
function abortOf(view: ClusterView, one: LiveContainer, pod: PodState): Evidence[] {
  const windowMs = windowOf(view);
  const lines = linesOf(view.snapshot, pod, one.name, MALFORMED_LINE.id).filter(({ at }) => isWithin(at, view.now, windowMs));
  if (lines.length > 0) return lines.map((line) => lineEvidence(line, { messageId: 'malformed-line' }));
  const state = stateOf(one, pod);
  const end = state?.termination ?? state?.lastTermination;
  const looping = state?.state === 'waiting' && state.reason === 'CrashLoopBackOff';
  const isFatal = end === undefined ? looping : end.exitCode === FATAL_EXIT && (looping || isWithin(end.finishedAt, view.now, windowMs));
  if (!state || !isFatal) return [];
  const [field, leaf] =
    end === undefined ? ['state', 'waiting/reason'] : [state.termination ? 'state' : 'lastState', 'terminated/exitCode'];
  return [
    {
      source: 'status',
      object: podReference(pod),
      pointer: state.statusAt === undefined ? '' : `${state.statusAt}/${field}/${leaf}`,
      value: `${one.name}: ${end === undefined ? 'CrashLoopBackOff' : `exitCode ${end.exitCode}`}`,
      ...(end?.finishedAt === undefined ? {} : { time: end.finishedAt }),
      explains: { messageId: 'aborts' },
    },
  ];
}

/** Killed, and nobody can tell what it runs. */
function notKnown(one: LiveContainer): Judged {
  const kills = one.kills.filter(({ recent }) => recent);
  return {
    verdict: 'unknown',
    evidence: kills.map((kill) => killEvidence(kill, { messageId: 'killed-unknown' })),
    findings: [],
    wouldProve: [{ messageId: 'prove-runtime' }],
    actions: [],
  };
}

function changes(one: LiveContainer, findings: readonly LiveFinding[], killed: boolean): Action[] {
  const { workload, name, container } = one;
  const variable = variableOf(one, 'GOMEMLIMIT');
  const said = findings.map(({ data }) => data?.suggestion).find((suggestion) => typeof suggestion === 'string' && suggestion !== '');
  const limit = container?.memoryLimitMiB;
  const share = killed && !variable && limit?.known ? `${Math.floor(limit.value * SHARE)}MiB` : undefined;
  const wanted = said === undefined ? share : String(said);
  const before = variable?.value.known ? variable.value.value : undefined;
  // What a field or a ConfigMap gives, no short command brings back.
  const isPlain =
    variable === undefined || (variable.node?.kind === 'map' && !variable.node.pairs.has('valueFrom') && variable.value.known);
  const change =
    wanted !== undefined && container && isPlain ? setEnvironment(workload.object, name, 'GOMEMLIMIT', wanted, before) : undefined;
  return [
    ...(change ? [{ title: { messageId: 'set-limit', data: { value: wanted ?? '' } }, risk: 'change' as const, ...change }] : []),
    ...(killed ? moreMemory(one) : []),
  ];
}
