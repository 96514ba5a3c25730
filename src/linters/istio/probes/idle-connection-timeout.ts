import { referenceKey } from '../../../snapshot/reference.ts';
import type { ObjectReference } from '../../../snapshot/snapshot.ts';
import { conclude, summaries, worstCount } from '../../conclude.ts';
import { isWarning } from '../../evidence.ts';
import { lists, optionalLists, POD_LOGS } from '../../needs.ts';
import type { ClusterView, LiveFinding, NotChecked, Probe, Subject, Verdict } from '../../probe.ts';
import { isRaised } from '../live-idle-limit.ts';
import { asksInVain, type MeshWorkload } from '../live-mesh.ts';
import { actionsFor } from './idle-connection-actions.ts';
import { evidenceOf, proofsOf } from './idle-connection-evidence.ts';
import { LOGS_AT_MOST, logRequests } from './idle-connection-lines.ts';
import { MESSAGES } from './idle-connection-messages.ts';
import {
  AT_LEAST,
  type JudgedPath,
  type Proof,
  proofOf,
  RULES,
  type Situation,
  situationsOf,
  suspectsOf,
} from './idle-connection-situation.ts';
import { withPresence } from './presence.ts';

/**
 * Envoy closes a TCP connection that carried no payload for an hour (tcp_proxy.proto, idle_timeout). Thresholds:
 * - `tolerancePercent` 2: connections that live the limit and up to so much longer were closed by it; opened, used once, forgotten
 * - `forgottenAfter`: 350 s is AWS NLB's limit, 600 s Google Cloud's for idle connections; resets that cluster there are the other half of the incident
 * - `window` 24h: pools are idle at night
 * Configuration alone is never live: whether a pool renews its connections earlier can't be seen from outside.
 */
export const idleConnectionTimeout: Probe = {
  id: 'istio/idle-connection-timeout',
  needs: [
    ...lists('', 'pods', 'services', 'configmaps'),
    ...lists('apps', 'deployments', 'statefulsets', 'daemonsets'),
    ...lists('networking.istio.io', 'destinationrules', 'serviceentries', 'envoyfilters'),
    ...optionalLists('', 'namespaces'),
    ...optionalLists('apps', 'replicasets'),
    POD_LOGS,
  ],
  options: {
    window: {
      type: 'duration',
      default: '24h',
      description: { en: 'how old a log line may be to count as live', zh: '多久以内的日志才算正在发生' },
    },
    tolerancePercent: {
      type: 'integer',
      default: 2,
      description: { en: 'how much longer than the limit a connection may have lived', zh: '连接寿命可比空闲上限长百分之多少' },
    },
    forgottenAfter: {
      type: 'string',
      default: '350s,600s',
      description: { en: 'when NATs and load balancers on the way forget a connection', zh: '途中的 NAT、负载均衡在多久后忘记空闲连接' },
    },
  },
  notInCluster: ['istio/external-database-unmanaged'],
  messages: MESSAGES,
  logs: (view) => logRequests(suspectsOf(situationsOf(view))),
  judge(view) {
    const situations = situationsOf(view);
    const own = situations.map((situation) => workloadSubject(view, situation));
    const subjects = [...own, ...configurationSubjects(view, own)];
    const judgement = conclude(view, idleConnectionTimeout, {
      subjects,
      summary: summaries({ count: worstCount(subjects) }),
      notChecked: unreadLogs(suspectsOf(situations)),
    });
    return withPresence(view, judgement, 'no-sidecars', asksInVain(view));
  },
};

function workloadSubject(view: ClusterView, situation: Situation): Subject {
  const proof = proofOf(view, situation);
  const verdict = verdictOf(situation, proof);
  return {
    object: situation.mesh.object,
    verdict,
    evidence: evidenceOf(situation, proof, verdict),
    findings: situation.findings,
    wouldProve: proofsOf(situation, proof, verdict),
    actions: verdict === 'live' || verdict === 'latent' ? actionsFor(view, situation, proof) : [],
  };
}

function verdictOf({ paths, passthrough, excluded, hints, findings, unseen }: Situation, proof: Proof): Verdict {
  const { atLimit, forgotten, lines } = proof;
  if (atLimit.length > 0 || forgotten.length > 0) return 'live';
  const is = (state: JudgedPath['state']): boolean => paths.some((one) => one.state === state);
  const told = lines.driver.reduce((sum, { count }) => sum + count, 0);
  if (is('exposed') || findings.some(isWarning)) return told >= AT_LEAST && is('exposed') ? 'live' : 'latent';
  if (is('unsure') || passthrough.unsure) return 'unknown';
  if (isRaised(passthrough) || excluded.length > 0 || is('raised') || is('excluded')) return 'mitigated';
  return unseen || hints.length > 0 || told > 0 ? 'unknown' : 'clear';
}

/** DestinationRules, MeshConfig and others that promise what they don't keep. */
function configurationSubjects(view: ClusterView, own: readonly Subject[]): Subject[] {
  const byObject = new Map<string, { readonly object: ObjectReference; readonly findings: LiveFinding[] }>();
  for (const finding of view.findings) {
    if (!(RULES as readonly string[]).includes(finding.rule) || !isWarning(finding)) continue;
    const key = referenceKey(finding.object);
    if (own.some(({ object }) => referenceKey(object) === key)) continue;
    const known = byObject.get(key) ?? { object: finding.object, findings: [] };
    known.findings.push(finding);
    byObject.set(key, known);
  }
  return [...byObject.values()].map(({ object, findings }) => ({
    object,
    verdict: 'latent',
    evidence: findings.map(({ pointer, data, rule }) => ({
      source: 'config',
      object,
      pointer,
      value: String(data?.value ?? ''),
      explains: { messageId: 'rule-says', data: { rule } },
    })),
    findings,
    wouldProve: [{ messageId: 'prove-access-log' }],
    actions: [],
  }));
}

function unreadLogs(suspects: readonly MeshWorkload[]): NotChecked[] {
  if (suspects.length <= LOGS_AT_MOST) return [];
  return [{ what: 'pods/log', reason: 'limit', detail: `${LOGS_AT_MOST} of ${suspects.length} workloads` }];
}
