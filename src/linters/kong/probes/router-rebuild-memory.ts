import { conclude, summaries, worstCount } from '../../conclude.ts';
import { isWarning, killEvidence, lineEvidence, useEvidence } from '../../evidence.ts';
import { lists, optionalLists, POD_LOGS } from '../../needs.ts';
import type { ClusterView, Evidence, LiveFinding, Probe, Said, Subject, Verdict } from '../../probe.ts';
import { durationOption } from '../../probe-options.ts';
import { adminRequests } from '../live-admin.ts';
import { findingsOf, type KongNode, kongNodes, runs } from '../live-nodes.ts';
import { hasDatabase, holdsWrites, isEventual, isUnlimited, type NodeMemory, nodeLogs, nodeMemory, rebuildOf } from '../live-rebuild.ts';
import { type LiveRoutes, liveRoutes, ROUTE_RESOURCES } from '../live-routes.ts';
import { MESSAGES } from './router-rebuild-messages.ts';
import { actionsFor } from './router-rebuild-actions.ts';
import { nodeEvidence } from './router-rebuild-evidence.ts';

const RULES = [
  'kong/limit-below-rebuild-headroom',
  'kong/strict-consistency',
  'kong/full-rebuild-flavor',
  'kong/workers-auto-in-container',
  'kong/probe-on-admin-root',
] as const;

/** Below so many routes the router is a few MiB a worker: look elsewhere (kong/strict-consistency has the same bound). */
const FEW_ROUTES = 1_000;

/**
 * A change of one route makes every worker build its router anew (kong/runloop/handler.lua@2.8.5). Thresholds:
 * - `headroomPercent` 200: one write took the pod of the incident from 2.3 to 4.11 GiB (1.8 times), and LuaJIT's collector lets the heap double at its default pause
 * - `fullPercent` 90: what is left then is less than any rebuild takes
 * - `manyRoutes` 5,000: the size of the router's cache up to 2.8.1 (kong/router.lua@2.2.0), from where the reports start (Kong/kong#4194)
 * - `window` 24h: the API keeps the last end of a container for as long as its pod lives; older kills may be of another night
 * An OOM kill alone is not this incident: something must tie it to the router.
 */
export const routerRebuildMemory: Probe = {
  id: 'kong/router-rebuild-memory',
  needs: [
    ...lists('', 'pods', 'configmaps'),
    ...lists('apps', 'deployments', 'statefulsets', 'daemonsets'),
    ...optionalLists('', 'services'),
    ...optionalLists('batch', 'cronjobs'),
    ...ROUTE_RESOURCES.map((resource) => ({ verb: 'list' as const, ...resource, optional: true as const })),
    ...optionalLists('gateway.networking.k8s.io', 'gateways', 'gatewayclasses'),
    ...optionalLists('metrics.k8s.io', 'pods'),
    POD_LOGS,
  ],
  options: {
    window: {
      type: 'duration',
      default: '24h',
      description: { en: 'how old a kill or a log line may be to count as live', zh: '多久以内的 OOM 或日志才算正在发生' },
    },
    fullPercent: {
      type: 'integer',
      default: 90,
      description: { en: 'working set against the limit that counts as full', zh: '工作集占上限多少百分比算满' },
    },
    headroomPercent: {
      type: 'integer',
      default: 200,
      description: { en: 'what one write may take, in percent of the working set at rest', zh: '一次写入可能达到平时工作集的百分之多少' },
    },
    manyRoutes: {
      type: 'integer',
      default: 5_000,
      description: { en: 'routes from which on a rebuild explains a kill', zh: '路由达到多少条时，重建足以解释 OOM' },
    },
  },
  messages: MESSAGES,
  logs: (view) =>
    kongNodes(view)
      .filter((node) => isSuspect(view, node))
      .flatMap((node) => nodeLogs(node)),
  asks: (view) =>
    kongNodes(view)
      .filter((node) => rebuildOf(node) !== 'none')
      .flatMap((node) => adminRequests(view, node)),
  judge(view) {
    const nodes = kongNodes(view);
    const subjects = nodes.map((node) => subjectOf(view, node, nodes));
    return conclude(view, routerRebuildMemory, { subjects, summary: summaries({ count: worstCount(subjects) }) });
  },
};

/** Read the logs of those that may rebuild everything, that rules speak of, or that were restarted. */
function isSuspect(view: ClusterView, node: KongNode): boolean {
  const rebuild = rebuildOf(node);
  const restarted = node.pods.some(({ containers }) => containers.some(({ name, restarts }) => name === node.container && restarts > 0));
  return rebuild === 'full' || rebuild === 'unknown' || restarted || findingsOf(view, node, ...RULES).some(isWarning);
}

/** What a node's verdict rests on. */
export interface Situation {
  readonly node: KongNode;
  readonly memory: NodeMemory;
  readonly rebuild: ReturnType<typeof rebuildOf>;
  readonly routes: LiveRoutes | undefined;
  readonly findings: readonly LiveFinding[];
  readonly died: boolean;
  /** Working set times the headroom is above the limit. `undefined`: not measured. */
  readonly tight: boolean | undefined;
  readonly full: boolean;
  /** What ties a kill to the router, beside its own lines in the log. */
  readonly cause: 'routes' | 'version' | undefined;
  /** Too few routes for this incident, and that is sure. */
  readonly few: boolean;
}

function subjectOf(view: ClusterView, node: KongNode, nodes: readonly KongNode[]): Subject {
  const windowMs = durationOption(view, 'window');
  const memory = nodeMemory(view, node, windowMs);
  const routes = liveRoutes(view, node, nodes);
  const rebuild = rebuildOf(node);
  const few = routes?.complete === true && routes.routes < FEW_ROUTES;
  const { steady, fullest } = memory;
  const situation: Situation = {
    node,
    memory,
    rebuild,
    routes,
    findings: findingsOf(view, node, ...RULES),
    died: memory.kills.length + memory.workerKills.length > 0,
    tight: steady && steady.memoryMiB * (Number(view.option('headroomPercent')) / 100) > steady.limitMiB,
    full: fullest !== undefined && fullest.share > Number(view.option('fullPercent')) / 100,
    cause: causeOf(view, node, rebuild, routes, few),
    few,
  };
  const { verdict, because, wouldProve } = judge(view, situation);
  return {
    object: node.object,
    verdict,
    evidence: [...measured(situation), ...nodeEvidence(view, situation, because)],
    findings: situation.findings,
    wouldProve,
    actions: verdict === 'live' || verdict === 'latent' ? actionsFor(view, situation) : [],
  };
}

function causeOf(
  view: ClusterView,
  node: KongNode,
  rebuild: Situation['rebuild'],
  routes: LiveRoutes | undefined,
  few: boolean,
): Situation['cause'] {
  if (rebuild !== 'full') return undefined;
  if (routes && routes.routes >= Number(view.option('manyRoutes'))) return 'routes';
  // A leak with another cause that is proven explains the kill as well.
  const leaks = findingsOf(view, node, 'kong/db-cache-ttl-zero').some(({ severity }) => severity === 'error');
  return runs(node, { before: '3.0.0' }) === 'yes' && hasDatabase(node) && !few && !leaks ? 'version' : undefined;
}

interface Judged {
  readonly verdict: Verdict;
  /** What prevents it, or why it can't happen. */
  readonly because: readonly Said['messageId'][];
  readonly wouldProve: readonly Said[];
}

function judge(view: ClusterView, situation: Situation): Judged {
  const { node, memory, rebuild, routes, findings, died, tight, full, cause, few } = situation;
  const say = (verdict: Verdict, because: readonly string[] = [], wouldProve: readonly string[] = []): Judged => ({
    verdict,
    because,
    wouldProve: wouldProve.map((messageId) => ({ messageId })),
  });
  if (memory.rebuildLines.length > 0) return say('live');
  if (died && cause !== undefined) return say('live', [], cause === 'version' ? ['prove-routes', 'prove-lines'] : []);
  if (full && cause === 'routes') return say('live', [], ['prove-lines']);
  const isUnsafe = runs(node, { only: ['3.0.0'] }) === 'yes';
  if (
    findings.some((finding) => isWarning(finding) && (!few || isAnyway(finding))) ||
    isUnsafe ||
    (tight === true && rebuild === 'full' && !few)
  )
    return say('latent', isUnsafe ? ['unsafe-version'] : [], ['prove-lines', ...(routes?.complete ? [] : ['prove-routes'])]);
  if (died) return say('unknown', [], ['prove-cause', 'prove-lines']);
  if (rebuild === 'none') return say('clear', ['no-router']);
  if (few) return say('clear', ['few-routes']);
  if (rebuild === 'unknown') return say('unknown', [], ['prove-flavor']);
  if (rebuild === 'incremental') return say('mitigated', ['incremental']);
  const eventual = isEventual(node) === true ? ['eventual'] : [];
  if (tight === false) return say('mitigated', ['headroom', ...eventual]);
  if (isUnlimited(node)) return say('unknown', ['no-limit'], routes?.complete ? [] : ['prove-routes']);
  const metrics = view.outcome({ group: 'metrics.k8s.io', resource: 'pods' }) === 'read' && view.snapshot.usage.length > 0;
  if (routes?.complete === true && holdsWrites(view, node, routes.routes) === true) return say('mitigated', ['arithmetic', ...eventual]);
  return say('unknown', [], [...(metrics ? [] : ['prove-metrics']), ...(routes?.complete ? [] : ['prove-routes'])]);
}

/** Many workers, and waiting for a rebuild, harm nobody where the router is small; a limit that is too small for idle workers does. */
function isAnyway({ rule, severity }: LiveFinding): boolean {
  return severity === 'error' || (rule !== 'kong/workers-auto-in-container' && rule !== 'kong/strict-consistency');
}

function measured({ memory, full }: Situation): Evidence[] {
  const { kills, workerKills, rebuildLines, fullest, steady } = memory;
  return [
    ...kills.map((kill) => killEvidence(kill, { messageId: 'killed' })),
    ...rebuildLines.map((line) =>
      lineEvidence(line, { messageId: line.signature === 'kong/rebuild-lock-timeout' ? 'lock-timeout' : 'rebuild-failed' }),
    ),
    ...workerKills.map((line) => lineEvidence(line, { messageId: 'worker-killed' })),
    ...(fullest && full ? [useEvidence(fullest, { messageId: 'full' })] : []),
    ...(steady && !full ? [useEvidence(steady, { messageId: 'steady', data: { twice: Math.round(steady.memoryMiB * 2) } })] : []),
  ];
}
