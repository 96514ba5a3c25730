import { readsInScope } from '../snapshot/scope.ts';
import type { ClusterView, Judgement, NotChecked, Probe, Said, Subject, Verdict } from './probe.ts';
import type { MessageData } from './rule.ts';

const ORDER: readonly Verdict[] = ['live', 'latent', 'unknown', 'mitigated', 'clear', 'absent'];

/** Negative when `a` matters more. */
export function compareVerdict(a: Verdict, b: Verdict): number {
  return ORDER.indexOf(a) - ORDER.indexOf(b);
}

/** What a probe found, before it is known what that comes to. */
export interface Found {
  readonly subjects: readonly Subject[];
  /** Something that could not be checked although its resources were read (no sample, a log that is not there). */
  readonly notChecked?: readonly NotChecked[];
  /** The summary's message for each verdict, with its data. */
  readonly summary: Readonly<Record<Verdict, Said>>;
}

/**
 * What the subjects come to. *Live* and *latent* stand by themselves; without them, whatever the verdict needs and could not be read makes it
 * *unknown*, and so does a subject that is; only then may it be *mitigated*, *clear*, or *absent* (no subjects at all).
 */
export function conclude(view: ClusterView, probe: Probe, found: Found): Judgement {
  const notChecked: NotChecked[] = [...unread(view, probe), ...(found.notChecked ?? [])];
  for (const rule of probe.notInCluster ?? []) notChecked.push({ what: rule, reason: 'needs-code' });
  const subjects = [...found.subjects].sort((a, b) => compareVerdict(a.verdict, b.verdict) || order(a, b));
  const worst = subjects[0]?.verdict ?? 'absent';
  const verdict = worst !== 'live' && worst !== 'latent' && missing(view, probe) ? 'unknown' : worst;
  return { verdict, summary: found.summary[verdict], subjects, notChecked };
}

/** Summaries by the names that most probes give them: `is-live`, `is-latent`, … @param data for all of them */
export function summaries(data: MessageData): Readonly<Record<Verdict, Said>> {
  const said = (verdict: Verdict): Said => ({ messageId: `is-${verdict}`, data });
  return {
    live: said('live'),
    latent: said('latent'),
    unknown: said('unknown'),
    mitigated: said('mitigated'),
    clear: said('clear'),
    absent: said('absent'),
  };
}

/** How many subjects have the worst verdict of all: whom a summary speaks of. */
export function worstCount(subjects: readonly Subject[]): number {
  const worst = subjects.reduce<Verdict>((before, { verdict }) => (compareVerdict(verdict, before) < 0 ? verdict : before), 'absent');
  return subjects.filter(({ verdict }) => verdict === worst).length;
}

function missing(view: ClusterView, probe: Probe): boolean {
  return probe.needs.some((need) => need.optional !== true && view.outcome(need) !== 'read');
}

/** What of the probe's needs was not read: a line for each. */
function unread(view: ClusterView, probe: Probe): NotChecked[] {
  return probe.needs.flatMap(({ group, resource }) => {
    const outcome = view.outcome({ group, resource });
    if (outcome === 'read') return [];
    const reads = readsInScope(view.snapshot).filter(
      (read) => read.group === group && read.resource === resource && read.outcome !== 'read',
    );
    const what = group === '' ? resource : `${resource}.${group}`;
    if (reads.length === 0) return [{ what, reason: outcome }];
    return reads.map((read) => ({
      what,
      reason: read.outcome,
      ...(read.detail === undefined ? {} : { detail: read.detail }),
      ...(read.namespace === undefined ? {} : { namespace: read.namespace }),
    }));
  });
}

function order(a: Subject, b: Subject): number {
  const [left, right] = [a, b].map(({ object }) => `${object.namespace}/${object.kind}/${object.name}`);
  return left === right ? 0 : (left ?? '') < (right ?? '') ? -1 : 1;
}
