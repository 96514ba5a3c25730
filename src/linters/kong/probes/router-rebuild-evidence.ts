import type { Anchor } from '../../../text/source.ts';
import { configEvidence, useEvidence } from '../../evidence.ts';
import type { ClusterView, Evidence, Said } from '../../probe.ts';
import { effective } from '../effective.ts';
import { adminAnswers } from '../live-admin.ts';
import { type KongNode, runs, versionText } from '../live-nodes.ts';
import type { Situation } from './router-rebuild-memory.ts';

/** From here on one worker stands out: its siblings have the same router. */
const AHEAD = 2;

const MIB = 2 ** 20;

/** What was read beside the measurements: routes, versions, Kong's own status, and what prevents it. */
export function nodeEvidence(view: ClusterView, situation: Situation, because: readonly string[]): Evidence[] {
  const { node, cause, died } = situation;
  return [
    ...(died && cause === 'version' ? [at(node, node.instance?.at, versionText(node), { messageId: 'version-database' })] : []),
    ...routesEvidence(situation),
    ...because.flatMap((messageId) => reason(situation, messageId)),
    ...statusEvidence(view, node),
  ];
}

function routesEvidence({ node, routes }: Situation): Evidence[] {
  if (!routes) return [];
  const messageId = { admin: 'routes-admin', cluster: 'routes-cluster', assumed: 'routes-assumed' }[routes.source];
  return [at(node, undefined, `routes ${routes.complete ? '=' : '≥'} ${routes.routes}`, { messageId })];
}

function reason({ node, memory }: Situation, messageId: string): Evidence[] {
  const { instance } = node;
  const setting = (name: string): Evidence[] => {
    const value = instance && effective(instance, name);
    if (!value || value.is === 'unknown') return [];
    return [at(node, value.setting?.value.at, `${name} = ${value.text}`, { messageId })];
  };
  switch (messageId) {
    case 'headroom':
      return memory.steady ? [useEvidence(memory.steady, { messageId })] : [];
    case 'arithmetic':
      return [
        at(node, instance?.memoryLimitMiB?.at, `${Math.floor(instance?.memoryLimitMiB?.known ? instance.memoryLimitMiB.value : 0)} MiB`, {
          messageId,
        }),
      ];
    case 'eventual':
      return setting(runs(node, { before: '2.1.0' }) === 'yes' ? 'router_consistency' : 'worker_consistency');
    case 'incremental':
      return setting('router_flavor');
    case 'no-router':
      return setting('role');
    case 'unsafe-version':
      return [at(node, instance?.at, versionText(node), { messageId })];
    default:
      return [at(node, undefined, '', { messageId })];
  }
}

/** Kong's own count of its workers' memory. The numbers of versions before 2.1.1 are KiB written as bytes (Kong/kong#6170); their ratio holds. */
function statusEvidence(view: ClusterView, node: KongNode): Evidence[] {
  return adminAnswers(view, node).flatMap(({ namespace, service, values }) => {
    const { largestVmBytes, medianVmBytes, workers } = values;
    if (typeof largestVmBytes !== 'number' || typeof medianVmBytes !== 'number' || typeof workers !== 'number' || workers < 2) return [];
    const messageId = largestVmBytes >= AHEAD * medianVmBytes ? 'vm-ahead' : 'vms-even';
    const value = `workers = ${workers}, largest VM = ${Math.round(largestVmBytes / MIB)} MiB, median = ${Math.round(medianVmBytes / MIB)} MiB`;
    const name = service.split(':').find((part) => part !== 'https') ?? service;
    return [{ source: 'metrics', object: { kind: 'Service', namespace, name }, pointer: '', value, explains: { messageId } }];
  });
}

function at({ object, workload }: KongNode, anchor: Anchor | undefined, value: string, explains: Said): Evidence {
  return workload.manifest
    ? configEvidence(workload.manifest, anchor, value, explains)
    : { source: 'config', object, pointer: '', value, explains };
}
