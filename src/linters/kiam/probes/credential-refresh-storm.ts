import { conclude, summaries, worstCount } from '../../conclude.ts';
import { isWarning, lineEvidence } from '../../evidence.ts';
import { lists, optionalLists, POD_LOGS } from '../../needs.ts';
import type { ClusterView, Evidence, LiveWorkload, Probe, Said, Subject, Verdict } from '../../probe.ts';
import { durationOption } from '../../probe-options.ts';
import {
  containersOf,
  isScopeNarrow,
  kiamWorkloads,
  type KiamWorkload,
  kube2iamWorkloads,
  type LiveDependant,
  liveDependants,
} from '../live-kiam.ts';
import { metricsRequests } from '../live-metrics.ts';
import { type Served, servedBy, servedByKube2iam } from '../served-credentials.ts';
import { lookAtRate, raiseFlags, replacePods, restartDependants } from './refresh-storm-actions.ts';
import { dependantEvidence, settingsEvidence, shown } from './refresh-storm-evidence.ts';
import { expiredLines, refreshStormLogs, throttledEvents, throttledLines } from './refresh-storm-lines.ts';
import { STORM_MESSAGES } from './refresh-storm-messages.ts';
import { fetchRates } from './refresh-storm-rate.ts';

const RULES = ['kiam/session-window', 'kiam/refresh-not-below-duration'] as const;

/**
 * Kiam serves one credential until only `--session-refresh` of its life is left; SDKs fetch anew, or sign with ended keys, below 15 minutes. Thresholds:
 * - 15 minutes of life left: EXPIRATION_THRESHOLD of the Java SDK v1, the prefetch time of v2, botocore's advisory window (see STORM_WINDOW_MS)
 * - `fetchesPerMinute` 3 for each dependant: a healthy one fetches once in ten minutes, the cache's time at Kiam's defaults; a storm of one call a second makes 60
 * - `window` 1h: Kiam's events are kept for an hour by default (kube-apiserver --event-ttl), and credentials live no longer
 * What the SDKs are is in the code; a runtime is at most a hint.
 */
export const credentialRefreshStorm: Probe = {
  id: 'kiam/credential-refresh-storm',
  needs: [
    ...lists('', 'pods'),
    ...lists('apps', 'daemonsets', 'deployments', 'statefulsets'),
    ...optionalLists('', 'events', 'services'),
    POD_LOGS,
  ],
  options: {
    window: {
      type: 'duration',
      default: '1h',
      description: { en: 'how old a log line or an event may be to count as live', zh: '多久以内的日志或事件才算正在发生' },
    },
    fetchesPerMinute: {
      type: 'integer',
      default: 3,
      description: {
        en: 'more credential fetches a minute for each dependent pod are a storm',
        zh: '每个依赖 Pod 每分钟获取凭证超过多少次算风暴',
      },
    },
  },
  notInCluster: ['aws/sdk-refresh-window'],
  messages: STORM_MESSAGES,
  logs(view) {
    const servers = kiamWorkloads(view).filter(({ role }) => role === 'server');
    const judged = servers.map((server) => livesOf(view, server));
    const mayStorm =
      judged.some((lives) => !lives.every(isRight)) || kube2iamWorkloads(view).some((one) => !isRight(kube2iamLife(view, one)));
    return refreshStormLogs(servers, mayStorm ? liveDependants(view) : []);
  },
  asks: (view) => kiamWorkloads(view).flatMap((workload) => metricsRequests(view, workload)),
  judge(view) {
    const workloads = kiamWorkloads(view);
    const servers = workloads.filter(({ role }) => role === 'server');
    const agents = workloads.filter(({ role }) => role === 'agent');
    const dependants = liveDependants(view);
    const culprit = servers.find((server) => !livesOf(view, server).every(isRight)) ?? servers[0];
    const others = kube2iamWorkloads(view);
    const subjects: Subject[] = [
      ...servers.map((server) => serverSubject(view, server, agents, dependants, server === culprit)),
      ...others.map((workload) => kube2iamSubject(view, workload, dependants, servers.length === 0)),
      // Agents without a server, or dependants of one that stands where nobody looked.
      ...(servers.length === 0 ? agents.map(({ object }) => notSeen(object)) : []),
      ...(workloads.length + others.length === 0 && isScopeNarrow(view) ? dependants.map(({ object }) => notSeen(object)) : []),
    ];
    return conclude(view, credentialRefreshStorm, {
      subjects,
      summary: summaries({ count: worstCount(subjects), dependants: dependants.length }),
    });
  },
};

function livesOf(view: ClusterView, server: KiamWorkload): Served[] {
  const processes = [...server.pods.map(({ process }) => process), ...(server.manifest ? [server.manifest] : [])];
  return processes.map((process) => servedBy(view, process));
}

function isRight({ life }: Served): boolean {
  return life === 'right';
}

function isBad({ life }: Served): boolean {
  return life === 'short' || life === 'late';
}

function windowOf(view: ClusterView): number {
  return durationOption(view, 'window');
}

function serverSubject(
  view: ClusterView,
  server: KiamWorkload,
  agents: readonly KiamWorkload[],
  dependants: readonly LiveDependant[],
  isCulprit: boolean,
): Subject {
  const findings = view.findingsOf(server.object, ...RULES);
  const lives = livesOf(view, server);
  const isSafe = lives.every(isRight);
  const running = server.pods.map(({ process }) => servedBy(view, process));
  const next = server.manifest && servedBy(view, server.manifest);
  const windowMs = windowOf(view);
  const throttled = [
    ...throttledLines(view, server, windowMs).map((line) => lineEvidence(line, { messageId: 'throttled' })),
    ...(isCulprit ? throttledEvents(view, windowMs) : []).map(
      ({ object, reason, message = '', lastAt, count }): Evidence => ({
        source: 'event',
        object,
        pointer: '',
        value: count > 1 ? `${reason}: ${message} (× ${count})` : `${reason}: ${message}`,
        ...(lastAt === undefined ? {} : { time: lastAt }),
        explains: { messageId: 'throttled-event' },
      }),
    ),
  ];
  const expired = isCulprit && !isSafe ? expiredLines(view, dependants, windowMs) : [];
  const rates = isCulprit ? [...agents, server].flatMap((workload) => fetchRates(view, workload, dependants)) : [];
  // The counters go back to the start: after a fix they still tell of the storm before it.
  const storms = running.some(isBad) ? rates.filter(({ perSecond }) => perSecond * 60 > Number(view.option('fetchesPerMinute'))) : [];
  const isLive = throttled.length + expired.length + storms.length > 0;
  const isLatent = lives.some(isBad) || findings.some(isWarning);
  const verdict: Verdict = isLive ? 'live' : isLatent ? 'latent' : !isSafe ? 'unknown' : dependants.length > 0 ? 'mitigated' : 'clear';
  const isActing = verdict === 'live' || verdict === 'latent';
  const told = dependants.filter(({ pods }) =>
    expired.some(({ log }) => pods.some(({ name, namespace }) => name === log.pod && namespace === log.namespace)),
  );
  return {
    object: server.object,
    verdict,
    evidence: [
      ...expired.map((line) => lineEvidence(line, { messageId: 'expired' })),
      ...throttled,
      ...[...storms, ...rates.filter((rate) => !storms.includes(rate))].map(({ evidence }) => evidence),
      ...settingsEvidence(view, server, lives),
      ...dependantEvidence(dependants),
    ],
    findings,
    wouldProve: wouldProve(verdict, isSafe, lives),
    actions: isActing
      ? [
          ...lookAtRate(agents),
          ...raiseFlags(server, next),
          // Pods that were started with other flags than the manifest has now.
          ...(next && isRight(next) ? replacePods(server, ({ process }) => !isRight(servedBy(view, process))) : []),
          ...restartDependants(told),
        ]
      : [],
  };
}

function wouldProve(verdict: Verdict, isSafe: boolean, lives: readonly Served[]): Said[] {
  if (verdict === 'unknown') return [{ messageId: lives.some(({ life }) => life === 'unknown') ? 'prove-flags' : 'prove-version' }];
  return verdict === 'latent' && !isSafe ? [{ messageId: 'prove-sdk' }, { messageId: 'prove-rate' }] : [];
}

function kube2iamLife(view: ClusterView, { containers, pods }: LiveWorkload): Served {
  const written = containers.flatMap((container) => servedByKube2iam(view, container) ?? []);
  const running = pods
    .filter(({ deleting }) => !deleting)
    .flatMap((pod) =>
      pod.containers.flatMap((container) => containersOf(pod, container).flatMap((one) => servedByKube2iam(view, one) ?? [])),
    );
  const all = [...running, ...written];
  const worst = all.find(isBad) ?? all.find((served) => !isRight(served)) ?? all[0];
  return worst ?? { life: 'unknown', settings: '', low: '', high: '', generations: [] };
}

function kube2iamSubject(view: ClusterView, workload: LiveWorkload, dependants: readonly LiveDependant[], isAlone: boolean): Subject {
  const served = kube2iamLife(view, workload);
  const expired = isAlone && !isRight(served) ? expiredLines(view, dependants, windowOf(view)) : [];
  const verdict: Verdict =
    expired.length > 0 ? 'live' : isBad(served) ? 'latent' : !isRight(served) ? 'unknown' : dependants.length > 0 ? 'mitigated' : 'clear';
  const { life, low, high } = served;
  return {
    object: workload.object,
    verdict,
    evidence: [
      ...expired.map((line) => lineEvidence(line, { messageId: 'expired' })),
      {
        source: 'spec',
        object: workload.object,
        pointer: workload.manifest ? '/spec/template/spec/containers' : '',
        value: shown(served),
        explains: { messageId: life === 'unknown' ? 'life-unknown' : 'life-kube2iam', data: { low, high } },
      },
      ...dependantEvidence(dependants),
    ],
    findings: [],
    wouldProve: verdict === 'unknown' ? [{ messageId: 'prove-flags' }] : verdict === 'latent' ? [{ messageId: 'prove-sdk' }] : [],
    actions: [],
  };
}

function notSeen(object: Subject['object']): Subject {
  return { object, verdict: 'unknown', evidence: [], findings: [], wouldProve: [{ messageId: 'prove-server' }], actions: [] };
}
