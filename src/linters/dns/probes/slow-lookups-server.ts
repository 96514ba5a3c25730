import { podTemplateOf } from '../../../model/kubernetes/objects.ts';
import { linesOf } from '../../../snapshot/log-matches.ts';
import { oomKills } from '../../../snapshot/memory.ts';
import { HOUR_MS, isWithin, runningSince } from '../../../snapshot/times.ts';
import { itemsAt, mapAt, scalarAt, textAt } from '../../../text/yaml.ts';
import { configEvidence, killEvidence, lineEvidence, podReference } from '../../evidence.ts';
import type { ClusterView, Evidence, Said, Subject, Verdict } from '../../probe.ts';
import { type ClusterDns, dnsSettings, metricsAnswers, nodeCache } from '../cluster-dns.ts';
import { dnsActions } from './slow-lookups-actions.ts';
import { TIMEOUT } from './slow-lookups-lines.ts';

export interface Limits {
  readonly windowMs: number;
  readonly killWindowMs: number;
  readonly nxdomainPercent: number;
  readonly p99Ms: number;
  readonly timeoutsAnHour: number;
}

/** Fewer answers say nothing of their kinds. */
const ENOUGH_RESPONSES = 1_000;

/** What CoreDNS's own state, lines and counters come to. */
export function serverSubject(view: ClusterView, dns: ClusterDns, limits: Limits): Subject {
  const failed = failures(view, dns, limits);
  const timeouts = timeoutLines(view, dns, limits);
  const measured = measures(view, dns, limits);
  const settings = dns.corefile && dnsSettings(dns.corefile.text);
  const cache = nodeCache(view);
  const isLive = failed.length > 0 || timeouts.many.length > 0 || measured.some(({ bad }) => bad);
  const isUncached = settings?.caches === false && !cache;
  const shortens = settings?.autopath === true || cache !== undefined;
  const verdict: Verdict = isLive
    ? 'live'
    : isUncached
      ? 'latent'
      : timeouts.some.length > 0
        ? 'unknown'
        : measured.length > 0
          ? 'clear'
          : shortens
            ? 'mitigated'
            : 'unknown';
  return {
    object: dns.workload.object,
    verdict,
    evidence: [
      ...failed,
      ...timeouts.many,
      ...timeouts.some,
      ...[...measured].sort((a, b) => Number(b.bad) - Number(a.bad)).map(({ evidence }) => evidence),
      ...corefileEvidence(dns),
      ...(cache
        ? [
            {
              source: 'spec' as const,
              object: cache.object,
              pointer: '',
              value: 'NodeLocal DNSCache',
              explains: { messageId: 'node-cache' },
            },
          ]
        : []),
      ...spread(view, dns),
    ],
    findings: [],
    wouldProve: wouldProve(verdict, measured.length > 0, timeouts.some.length > 0),
    actions: isLive || verdict === 'unknown' ? dnsActions(dns, failed.length > 0) : [],
  };
}

function wouldProve(verdict: Verdict, isMeasured: boolean, hasTimeouts: boolean): Said[] {
  return [
    ...(!isMeasured && verdict !== 'live' ? [{ messageId: 'prove-metrics' }] : []),
    ...(hasTimeouts && verdict === 'unknown' ? [{ messageId: 'prove-timeouts' }] : []),
  ];
}

/** Killed for memory, or ending again and again: nobody answers meanwhile. */
function failures(view: ClusterView, { pods, container: own }: ClusterDns, limits: Limits): Evidence[] {
  const kills = oomKills(pods, own, view.now, limits.killWindowMs).filter(({ recent }) => recent);
  const crashes = pods.flatMap((pod) =>
    pod.containers.flatMap((container): Evidence[] => {
      const end = container.termination ?? container.lastTermination;
      const isLooping = container.state === 'waiting' && container.reason === 'CrashLoopBackOff';
      const isFailing =
        container.restarts > 1 && end !== undefined && end.exitCode !== 0 && isWithin(end.finishedAt, view.now, limits.windowMs);
      if (container.name !== own || end?.reason === 'OOMKilled' || !(isLooping || isFailing)) return [];
      return [
        {
          source: 'status',
          object: podReference(pod),
          pointer: container.statusAt === undefined ? '' : `${container.statusAt}/restartCount`,
          value: `${own}: ${container.restarts} restarts`,
          ...(end?.finishedAt === undefined ? {} : { time: end.finishedAt }),
          explains: { messageId: 'crashes' },
        },
      ];
    }),
  );
  return [...kills.map((kill) => killEvidence(kill, { messageId: 'killed' })), ...crashes];
}

/**
 * Timeouts in the last lines: `many` when there are too many for the time that the container runs; only the last line's time is known, so a burst
 * in an old log is in `some`.
 */
function timeoutLines(
  view: ClusterView,
  { pods, container: own }: ClusterDns,
  limits: Limits,
): { readonly many: readonly Evidence[]; readonly some: readonly Evidence[] } {
  const many: Evidence[] = [];
  const some: Evidence[] = [];
  for (const pod of pods) {
    const container = pod.containers.find(({ name }) => name === own);
    const since = container && runningSince(container);
    for (const line of linesOf(view.snapshot, pod, own, TIMEOUT.id)) {
      if (!isWithin(line.at, view.now, limits.windowMs) || line.count < limits.timeoutsAnHour) continue;
      const hours = since === undefined ? Number.NaN : Math.max(1, (view.now - since) / HOUR_MS);
      const evidence = lineEvidence(line, { messageId: 'timeout' });
      if (line.count / hours >= limits.timeoutsAnHour) many.push(evidence);
      else some.push(evidence);
    }
  }
  return { many, some };
}

interface Measure {
  readonly bad: boolean;
  readonly evidence: Evidence;
}

function measures(view: ClusterView, dns: ClusterDns, limits: Limits): Measure[] {
  return metricsAnswers(view, dns).flatMap(({ values, service, namespace }): Measure[] => {
    const responses = Number(values.responses);
    const nxdomain = Number(values.nxdomain);
    const p99Ms = typeof values.p99Ms === 'number' ? values.p99Ms : undefined;
    if (!(responses >= ENOUGH_RESPONSES)) return [];
    const percent = (nxdomain / responses) * 100;
    const measure = (bad: boolean, value: string, messageId: string): Measure => ({
      bad,
      evidence: {
        source: 'metrics',
        object: { kind: 'Service', namespace, name: service.replace(/:\d+$/, '') },
        pointer: '',
        value,
        time: view.snapshot.takenAt,
        explains: { messageId },
      },
    });
    const isStorm = percent > limits.nxdomainPercent;
    const isSlow = p99Ms !== undefined && p99Ms > limits.p99Ms;
    return [
      measure(isStorm, `NXDOMAIN ${percent.toFixed(1)} %`, isStorm ? 'nxdomain-storm' : 'nxdomain'),
      ...(p99Ms === undefined ? [] : [measure(isSlow, `p99 ${p99Ms.toFixed(1)} ms`, isSlow ? 'slow' : 'quick')]),
    ];
  });
}

function corefileEvidence({ corefile }: ClusterDns): Evidence[] {
  if (!corefile) return [];
  const { object, text } = corefile;
  const at = scalarAt(mapAt(object.root, 'data'), 'Corefile');
  const { caches, autopath } = dnsSettings(text);
  const say = (value: string, messageId: string): Evidence => configEvidence(object, at, value, { messageId });
  return [...(caches ? [] : [say('no cache', 'no-cache')]), ...(autopath ? [say('autopath', 'autopath')] : [])];
}

/** How many workloads have the cluster's `ndots:5`. */
function spread(view: ClusterView, { workload }: ClusterDns): Evidence[] {
  const templates = view.workloads.flatMap(({ manifest }) => (manifest && podTemplateOf(manifest)) ?? []);
  const usual = templates.filter(({ spec }) => {
    const policy = textAt(spec, 'dnsPolicy') ?? 'ClusterFirst';
    const isNode = textAt(spec, 'hostNetwork') === 'true';
    const own = itemsAt(spec, 'dnsConfig', 'options').some((option) => textAt(option, 'name') === 'ndots');
    return (policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !isNode)) && !own;
  });
  if (usual.length === 0) return [];
  const value = `ndots:5 × ${usual.length} / ${templates.length}`;
  return [{ source: 'spec', object: workload.object, pointer: '', value, explains: { messageId: 'ndots-spread' } }];
}
