import { DAY_MS } from '../../../snapshot/times.ts';
import { conclude, summaries, worstCount } from '../../conclude.ts';
import { isWarning, lineEvidence } from '../../evidence.ts';
import { lists, POD_LOGS } from '../../needs.ts';
import type { ClusterView, NotChecked, Probe, Subject, Verdict } from '../../probe.ts';
import { durationOption } from '../../probe-options.ts';
import { clusterDns, metricsRequests } from '../cluster-dns.ts';
import { raiseNdots } from './slow-lookups-actions.ts';
import { type Limits, serverSubject } from './slow-lookups-server.ts';
import { dnsLogs, losingWorkloads, notFoundLines } from './slow-lookups-lines.ts';
import { DNS_MESSAGES } from './slow-lookups-messages.ts';

const MUSL = 'dns/ndots-musl';
const JVM = 'dns/jvm-ttl-no-effect';

/**
 * What makes name lookups slow, or lost. Only what was measured is live. Thresholds:
 * - `nxdomainPercent` 50: a name outside the cluster takes three to four wrong questions for each right one (ndots:5); counted over at least 1,000 answers
 * - `p99` 100ms: CoreDNS answers from its cache within a millisecond; above that most of the slowest hundredth waits for an upstream
 * - `timeouts` 10 an hour: each is a lookup that failed after seconds (plugin/forward's read timeout is 2 s); single ones are lost packets
 * - `window` 1h for lines and crashes; OOM kills count for 24 hours, as long as anybody looks for a night's incident
 * Which external hosts a program calls is in values that nobody keeps: that is linted in files.
 */
export const slowLookups: Probe = {
  id: 'dns/slow-lookups',
  needs: [...lists('', 'pods', 'configmaps', 'services'), ...lists('apps', 'daemonsets', 'deployments', 'statefulsets'), POD_LOGS],
  options: {
    window: {
      type: 'duration',
      default: '1h',
      description: { en: 'how old a log line or a crash may be to count as live', zh: '多久以内的日志或崩溃才算正在发生' },
    },
    nxdomainPercent: {
      type: 'integer',
      default: 50,
      description: { en: 'share of NXDOMAIN among CoreDNS’s answers that is too much', zh: 'CoreDNS 应答中 NXDOMAIN 超过百分之多少算过多' },
    },
    p99: {
      type: 'duration',
      default: '100ms',
      description: { en: 'CoreDNS’s 99th percentile that is too slow', zh: 'CoreDNS 的 P99 超过多少算慢' },
    },
    timeouts: {
      type: 'integer',
      default: 10,
      description: { en: 'timeouts an hour in CoreDNS’s log that are too many', zh: 'CoreDNS 日志中每小时超时多少次算过多' },
    },
  },
  notInCluster: ['dns/ndots-search-storm'],
  messages: DNS_MESSAGES,
  logs: (view) => dnsLogs(clusterDns(view), losingWorkloads(view, MUSL)),
  asks: (view) => clusterDns(view).flatMap((dns) => metricsRequests(view, dns)),
  judge(view) {
    const limits = limitsOf(view);
    const servers = clusterDns(view);
    const subjects = [
      ...servers.map((dns) => serverSubject(view, dns, limits)),
      ...(servers.length === 0 && view.snapshot.cluster.scope === 'listed' ? [notSeen()] : []),
      ...workloadSubjects(view, limits.windowMs, servers.length > 0),
    ];
    return conclude(view, slowLookups, { subjects, summary: summaries({ count: worstCount(subjects) }), notChecked: javaSecurity(view) });
  },
};

function limitsOf(view: ClusterView): Limits {
  return {
    windowMs: durationOption(view, 'window'),
    killWindowMs: DAY_MS,
    nxdomainPercent: Number(view.option('nxdomainPercent')),
    p99Ms: durationOption(view, 'p99'),
    timeoutsAnHour: Number(view.option('timeouts')),
  };
}

/** Workloads of whose own settings a rule speaks. */
function workloadSubjects(view: ClusterView, windowMs: number, hasServer: boolean): Subject[] {
  return view.workloads.flatMap((workload): Subject[] => {
    const findings = view.findingsOf(workload.object, MUSL, JVM);
    if (findings.length === 0) return [];
    const lines = findings.some(({ rule }) => rule === MUSL) ? notFoundLines(view, workload, windowMs) : [];
    // A finding that is no more than information says nothing of a DNS that wasn't seen.
    const verdict: Verdict = lines.length > 0 ? 'live' : findings.some(isWarning) ? 'latent' : hasServer ? 'clear' : 'unknown';
    return [
      {
        object: workload.object,
        verdict,
        evidence: lines.map((line) => lineEvidence(line, { messageId: 'not-found' })),
        findings,
        wouldProve: verdict === 'latent' && findings.some(({ rule }) => rule === MUSL) ? [{ messageId: 'prove-getent' }] : [],
        actions: raiseNdots(workload, findings),
      },
    ];
  });
}

/** A JVM's own setting stands in its image. */
function javaSecurity({ snapshot }: ClusterView): NotChecked[] {
  const isJava = snapshot.pods.some(({ containers }) =>
    containers.some(({ env, args }) => args[0] === 'java' || Object.keys(env).some((name) => /^(?:JAVA_|JDK_JAVA_|_JAVA_)/.test(name))),
  );
  return isJava ? [{ what: 'java.security', reason: 'needs-code' }] : [];
}

function notSeen(): Subject {
  return {
    object: { kind: 'Namespace', namespace: '', name: 'kube-system' },
    verdict: 'unknown',
    evidence: [],
    findings: [],
    wouldProve: [{ messageId: 'prove-coredns' }],
    actions: [],
  };
}
