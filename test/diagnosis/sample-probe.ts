import { conclude } from '../../src/linters/conclude.ts';
import type { Probe, Said, Subject } from '../../src/linters/probe.ts';

const SUMMARY: Said = { messageId: 'summary', data: { count: 1 } };

/** A probe that is small enough to see what the rest of the diagnosis does with any: pods that restarted are live. */
export const SAMPLE_PROBE: Probe = {
  id: 'kong/router-rebuild-memory',
  needs: [
    { verb: 'list', group: '', resource: 'pods' },
    { verb: 'list', group: 'apps', resource: 'deployments' },
    { verb: 'list', group: 'metrics.k8s.io', resource: 'pods', optional: true },
  ],
  notInCluster: ['grpc/clusterip-pinned'],
  options: { restarts: { type: 'integer', default: 3, description: { en: 'restarts', zh: '重启次数' } } },
  messages: {
    summary: { en: '{count} workload', zh: '{count} 个工作负载' },
    restarted: { en: 'restarted {count} times | see', zh: '重启了 {count} 次 | 参见' },
    metric: { en: 'a metric', zh: '一个指标' },
    logs: { en: 'Look', zh: '查看' },
    scale: { en: 'Scale', zh: '扩容' },
  },
  judge(view) {
    const subjects = view.workloads.map(({ object, pods }): Subject => {
      const worst = pods.flatMap((pod) => pod.containers.map((container) => ({ pod, container })));
      const bad = worst.filter(({ container }) => container.restarts >= Number(view.option('restarts')));
      return {
        object,
        verdict: bad.length > 0 ? 'live' : 'clear',
        evidence: bad.map(({ pod, container }) => ({
          source: 'status',
          object: { kind: 'Pod', namespace: pod.namespace, name: pod.name },
          pointer: '/status/containerStatuses/0/restartCount',
          value: String(container.restarts),
          time: container.startedAt ?? pod.createdAt,
          explains: { messageId: 'restarted', data: { count: container.restarts } },
        })),
        findings: view.findingsOf(object, 'kong/db-cache-ttl-zero'),
        wouldProve: [{ messageId: 'metric' }],
        actions: [
          { title: { messageId: 'logs' }, command: `kubectl logs -n ${object.namespace} ${object.name}`, risk: 'read' },
          { title: { messageId: 'scale' }, command: 'kubectl scale', risk: 'change', undo: 'kubectl scale back' },
        ],
      };
    });
    const said = { live: SUMMARY, latent: SUMMARY, unknown: SUMMARY, mitigated: SUMMARY, clear: SUMMARY, absent: SUMMARY };
    return conclude(view, SAMPLE_PROBE, { subjects, summary: said });
  },
};
