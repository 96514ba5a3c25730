import { isWarning, killEvidence, useEvidence } from '../evidence.ts';
import { kubectl, setMemoryLimit } from '../kubectl.ts';
import { lists, optionalLists } from '../needs.ts';
import type { Action, ClusterView, Evidence, LiveFinding, Need, Said, Subject, Verdict } from '../probe.ts';
import { compareVerdict, worstCount } from '../conclude.ts';
import type { OptionSpec } from '../rule.ts';
import type { LiveContainer } from './live-containers.ts';
import { signEvidence } from './live-containers.ts';

/** What both probes of memory read. */
export const NEEDS: readonly Need[] = [
  ...lists('', 'pods'),
  ...lists('apps', 'deployments', 'statefulsets', 'daemonsets'),
  ...lists('batch', 'cronjobs'),
  ...optionalLists('metrics.k8s.io', 'pods'),
];

/**
 * - `window` 24h: the API keeps the last end of a container for as long as its pod lives; older kills may be of another night
 * - `fullPercent` 90: Go's guide leaves 5 to 10 % between the runtime's limit and the container's, and a JVM's bare server needs 103 MiB beside its heap
 */
export const OPTIONS: Readonly<Record<'window' | 'fullPercent', OptionSpec>> = {
  window: {
    type: 'duration',
    default: '24h',
    description: { en: 'how old a kill may be to count as live', zh: '多久以内的 OOM 才算正在发生' },
  },
  fullPercent: {
    type: 'integer',
    default: 90,
    description: { en: 'working set against the limit that counts as full', zh: '工作集占上限多少百分比算满' },
  },
};

/** What one container comes to. */
export interface Judged {
  readonly verdict: Verdict;
  readonly evidence: readonly Evidence[];
  readonly findings: readonly LiveFinding[];
  readonly wouldProve: readonly Said[];
  readonly actions: readonly Action[];
}

/** What the runtime's own settings come to. */
export interface Settings {
  /** They keep it below the limit. */
  readonly bounds: Evidence | undefined;
  /** A runtime that may fill up to its own limit is not near its end there. */
  readonly mayBeFull: boolean;
}

/** Kills, findings and fullness, in that order; then what prevents it, and what is missing. */
export function judgeMemory(view: ClusterView, one: LiveContainer, findings: readonly LiveFinding[], settings: Settings): Judged {
  const recent = one.kills.filter((kill) => kill.recent);
  const [fullest] = one.uses;
  const full = fullest !== undefined && fullest.share > Number(view.option('fullPercent')) / 100;
  const measured = fullest ? [useEvidence(fullest, { messageId: full ? 'full' : 'use' })] : [];
  const old = one.kills.filter((kill) => !kill.recent).map((kill) => killEvidence(kill, { messageId: 'killed-before' }));
  const signs = signEvidence(one, { messageId: 'sign' });
  const say = (verdict: Verdict, evidence: readonly Evidence[], wouldProve: readonly string[] = []): Judged => ({
    verdict,
    evidence,
    findings,
    wouldProve: wouldProve.map((messageId) => ({ messageId })),
    actions: verdict === 'live' || verdict === 'latent' ? looks(one) : [],
  });
  const killed = recent.map((kill) => killEvidence(kill, { messageId: 'killed' }));
  if (killed.length > 0) return say('live', [...killed, ...measured, ...signs], ['prove-cause']);
  if (findings.some(isWarning)) return say('latent', [...measured, ...signs, ...old]);
  if (full && !settings.mayBeFull) return say('latent', [...measured, ...signs, ...old], ['prove-cause']);
  if (settings.bounds) return say('mitigated', [settings.bounds, ...measured, ...old]);
  if (one.limitMiB === undefined) return say('clear', signs);
  if (fullest || one.pods.length === 0) return say('clear', [...measured, ...signs, ...old]);
  return say('unknown', [...signs, ...old], ['prove-metrics']);
}

function looks({ workload, pods }: LiveContainer): Action[] {
  const [pod] = pods;
  if (!pod) return [];
  const { namespace } = workload.object;
  return [{ title: { messageId: 'look-memory' }, command: kubectl(namespace, 'top', 'pod', pod.name, '--containers'), risk: 'read' }];
}

/** Twice the limit: it gains time, and heals nothing. */
export function moreMemory({ workload, name, container }: LiveContainer): Action[] {
  const limit = container?.memoryLimitMiB;
  const before = limit?.layers[0]?.text;
  if (!limit?.known || before === undefined || before === '') return [];
  const twice = Math.ceil(limit.value * 2);
  const wanted = twice % 1024 === 0 ? `${twice / 1024}Gi` : `${twice}Mi`;
  const change = setMemoryLimit(workload.object, name, wanted, before);
  return change ? [{ title: { messageId: 'more-memory', data: { before, limit: wanted } }, risk: 'change', ...change }] : [];
}

/** One subject for each workload: the worst of its containers says what it is, and all of them are its evidence. */
export function subjectsOf(judged: readonly (readonly [LiveContainer, Judged])[]): Subject[] {
  const byWorkload = new Map<LiveContainer['workload'], Judged[]>();
  for (const [{ workload }, one] of judged) byWorkload.set(workload, [...(byWorkload.get(workload) ?? []), one]);
  return [...byWorkload].map(([{ object }, all]) => {
    const sorted = [...all].sort((a, b) => compareVerdict(a.verdict, b.verdict));
    return {
      object,
      verdict: sorted[0]?.verdict ?? 'clear',
      evidence: sorted.flatMap(({ evidence }) => evidence),
      findings: sorted.flatMap(({ findings }) => findings),
      wouldProve: sorted.flatMap(({ wouldProve }) => wouldProve),
      actions: sorted.flatMap(({ actions }) => actions),
    };
  });
}

export function summaryOf(subjects: readonly Subject[]): Record<Verdict, Said> {
  const said = (messageId: string): Said => ({ messageId, data: { count: worstCount(subjects) } });
  return {
    live: said('is-live'),
    latent: said('is-latent'),
    mitigated: said('is-mitigated'),
    clear: said('is-clear'),
    absent: said('is-absent'),
    unknown: said('is-unknown'),
  };
}
