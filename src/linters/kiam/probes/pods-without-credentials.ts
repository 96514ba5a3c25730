import { conclude, summaries, worstCount } from '../../conclude.ts';
import { lists, POD_LOGS } from '../../needs.ts';
import type { ClusterView, Probe, Subject } from '../../probe.ts';
import { durationOption } from '../../probe-options.ts';
import { isScopeNarrow, kiamWorkloads, type KiamWorkload, kube2iamWorkloads, liveDependants } from '../live-kiam.ts';
import { crashLogs, kiamSubject } from './without-credentials-kiam.ts';
import { WITHOUT_MESSAGES } from './without-credentials-messages.ts';
import { byName, misplacedPods, misplacedSubjects, nodeSubjects } from './without-credentials-places.ts';
import { applicationLogs, dependantSubject, judgesOf, permittedOf } from './without-credentials-pods.ts';

const LOGS_AT_MOST = 6;
const CRASHES_AT_MOST = 2;

/**
 * Four links must hold between a pod and its credentials: the annotation on the pod, the Namespace that permits the role, the agent on the node, and a Kiam that
 * runs (pkg/k8s/pod_cache.go, pkg/server/policy.go, cmd/kiam). Live is what Kiam or the application itself says, within `window` (events are kept for an hour,
 * kube-apiserver --event-ttl), a Kiam that keeps ending over a flag, and a node or a cluster where nobody answers. Pods of Kiam get two minutes to start,
 * dependants five to settle: a rollout is no incident.
 */
export const podsWithoutCredentials: Probe = {
  id: 'kiam/pods-without-credentials',
  needs: [
    ...lists('', 'pods', 'namespaces', 'events', 'serviceaccounts'),
    ...lists('apps', 'daemonsets', 'deployments', 'statefulsets'),
    ...lists('batch', 'cronjobs'),
    POD_LOGS,
  ],
  options: {
    window: {
      type: 'duration',
      default: '1h',
      description: { en: 'how old an event, a log line or a crash may be to count as live', zh: '多久以内的事件、日志或崩溃才算正在发生' },
    },
  },
  messages: WITHOUT_MESSAGES,
  logs(view) {
    const workloads = kiamWorkloads(view);
    const crashes = crashLogs(view, workloads, windowOf(view)).slice(0, CRASHES_AT_MOST);
    const judges = judgesOf(view, serversOf(workloads));
    if (workloads.length + kube2iamWorkloads(view).length === 0) return [];
    const forbidden = liveDependants(view).flatMap(({ pods }) => {
      const [pod] = [...pods].sort(byName);
      return pod && judges.length > 0 && permittedOf(view, pod, judges).answer !== 'yes' ? [pod] : [];
    });
    return [...crashes, ...applicationLogs([...misplacedPods(view), ...forbidden])].slice(0, LOGS_AT_MOST);
  },
  judge(view) {
    const subjects = subjectsOf(view);
    return conclude(view, podsWithoutCredentials, { subjects, summary: summaries({ count: worstCount(subjects) }) });
  },
};

function subjectsOf(view: ClusterView): Subject[] {
  const workloads = kiamWorkloads(view);
  const kube2iam = kube2iamWorkloads(view);
  const dependants = liveDependants(view);
  const windowMs = windowOf(view);
  if (workloads.length + kube2iam.length === 0) {
    // It may stand where nobody looked.
    return isScopeNarrow(view) ? dependants.map(({ object }) => notSeen(object)) : [];
  }
  const judges = judgesOf(view, serversOf(workloads));
  const agents = [
    ...workloads.filter(({ role }) => role === 'agent').flatMap(({ pods }) => pods.map(({ pod }) => pod)),
    ...kube2iam.flatMap(({ pods }) => pods.filter(({ deleting }) => !deleting)),
  ];
  return [
    ...workloads.map((workload) => kiamSubject(view, workload, workloads, dependants, windowMs)),
    ...kube2iam.map(({ object }): Subject => ({ object, verdict: 'clear', evidence: [], findings: [], wouldProve: [], actions: [] })),
    ...dependants.flatMap((dependant) => dependantSubject(view, dependant, judges, windowMs) ?? []),
    ...misplacedSubjects(view, windowMs),
    ...nodeSubjects(view, dependants, agents),
  ];
}

function serversOf(workloads: readonly KiamWorkload[]): KiamWorkload[] {
  return workloads.filter(({ role }) => role === 'server');
}

function windowOf(view: ClusterView): number {
  return durationOption(view, 'window');
}

function notSeen(object: Subject['object']): Subject {
  return { object, verdict: 'unknown', evidence: [], findings: [], wouldProve: [{ messageId: 'prove-agents' }], actions: [] };
}
