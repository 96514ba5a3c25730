import { ROLE_ANNOTATION } from '../../../model/credential-dependants.ts';
import { annotationsOf, entryOf } from '../../../model/kubernetes/objects.ts';
import type { PodState } from '../../../snapshot/snapshot.ts';
import { ageMs, MINUTE_MS } from '../../../snapshot/times.ts';
import { mapAt } from '../../../text/yaml.ts';
import { isWarning, lineEvidence, podReference } from '../../evidence.ts';
import { canBeSet, kubectl } from '../../kubectl.ts';
import type { Action, ClusterView, Evidence, LiveWorkload, Subject, Verdict } from '../../probe.ts';
import { hasOwnCredentials, isScopeNarrow, type LiveDependant } from '../live-kiam.ts';
import { isReady, isStarting } from './without-credentials-kiam.ts';
import { noCredentialsLines } from './without-credentials-pods.ts';

const MISPLACED = 'kiam/role-annotation-misplaced';

/** Workloads, ServiceAccounts and Namespaces whose role annotation no pod gets. */
export function misplacedSubjects(view: ClusterView, windowMs: number): Subject[] {
  const objects = new Map(
    view.findings.flatMap((finding) =>
      finding.rule === MISPLACED && isWarning(finding) ? [[JSON.stringify(finding.object), finding.object] as const] : [],
    ),
  );
  return [...objects.values()].map((object): Subject => {
    const workload = view.workload(object);
    const pods = (workload?.pods ?? []).filter(isRunning);
    const lines = noCredentialsLines(view, pods, windowMs);
    const hasOwn = pods.length > 0 && pods.every(hasOwnCredentials);
    const verdict: Verdict = lines.length > 0 ? 'live' : hasOwn ? 'mitigated' : 'latent';
    const [first] = pods;
    return {
      object,
      verdict,
      evidence: [
        ...lines.map((line) => lineEvidence(line, { messageId: 'no-credentials' })),
        ...(first
          ? [specEvidence(first, '/metadata/annotations', `no ${ROLE_ANNOTATION}`, hasOwn ? 'own-credentials' : 'without-role')]
          : []),
      ],
      findings: view.findingsOf(object, MISPLACED).filter(isWarning),
      wouldProve: verdict === 'latent' ? [{ messageId: 'prove-asks' }] : [],
      actions: workload && !hasOwn ? annotate(workload) : [],
    };
  });
}

/** The pods of workloads whose annotation no pod gets, one each. */
export function misplacedPods(view: ClusterView): PodState[] {
  return misplacedSubjects(view, 0).flatMap(({ object }) => {
    const [first] = (view.workload(object)?.pods ?? []).filter((pod) => isRunning(pod) && !hasOwnCredentials(pod)).sort(byName);
    return first ? [first] : [];
  });
}

function isRunning({ phase, deleting }: PodState): boolean {
  return !deleting && phase === 'Running';
}

export function byName(a: PodState, b: PodState): number {
  return a.name < b.name ? -1 : 1;
}

function specEvidence(pod: PodState, pointer: string, value: string, messageId: string): Evidence {
  return { source: 'spec', object: podReference(pod), pointer, value, explains: { messageId } };
}

/** The running pods at once, without a restart; then the template, so that it lasts. */
function annotate({ object, manifest }: LiveWorkload): Action[] {
  const role = entryOf(manifest && annotationsOf(manifest), ROLE_ANNOTATION)?.text;
  const labels = [...(mapAt(manifest?.root, 'spec', 'selector', 'matchLabels')?.pairs ?? [])].map(([key, { value }]) =>
    value.kind === 'scalar' ? `${key}=${value.text}` : '',
  );
  if (role === undefined || labels.length === 0 || labels.includes('') || !canBeSet(object)) return [];
  const pods = (word: string): string => kubectl(object.namespace, 'annotate', 'pods', '-l', labels.join(','), word);
  const template = (text: string | null): string =>
    kubectl(
      object.namespace,
      'patch',
      object.kind.toLowerCase(),
      object.name,
      '-p',
      JSON.stringify({ spec: { template: { metadata: { annotations: { [ROLE_ANNOTATION]: text } } } } }),
    );
  return [
    {
      title: { messageId: 'annotate-pods' },
      command: pods(`${ROLE_ANNOTATION}=${role}`),
      risk: 'change',
      undo: pods(`${ROLE_ANNOTATION}-`),
    },
    { title: { messageId: 'annotate-template' }, command: template(role), risk: 'change', undo: template(null) },
  ];
}

/** A dependant that started just now may have come before its node's agent. */
const SETTLED_MS = 5 * MINUTE_MS;

/**
 * Nodes that run dependants and have no agent that is Ready: their pods get nothing, or the node's own role.
 * @param agents pods of Kiam's agents and of kube2iam
 */
export function nodeSubjects(view: ClusterView, dependants: readonly LiveDependant[], agents: readonly PodState[]): Subject[] {
  const byNode = new Map<string, PodState[]>();
  for (const pod of dependants.flatMap(({ pods }) => pods)) {
    const isSettled = (ageMs(pod.createdAt, view.now) ?? 0) >= SETTLED_MS;
    // On the node's network the agent's rule for the pods' interfaces doesn't hold.
    if (pod.phase !== 'Running' || pod.node === '' || pod.hostNetwork || !isSettled) continue;
    byNode.set(pod.node, [...(byNode.get(pod.node) ?? []), pod]);
  }
  return [...byNode].flatMap(([node, pods]): Subject[] => {
    const own = agents.filter((agent) => agent.node === node);
    if (own.some(isReady)) return [];
    const isSoon = own.some((agent) => isStarting(agent, view.now));
    const isUnseen = agents.length === 0 && isScopeNarrow(view);
    const [agent] = [...own].sort(byName);
    return [
      {
        object: { kind: 'Node', namespace: '', name: node },
        verdict: isSoon || isUnseen ? 'unknown' : 'live',
        evidence: [
          ...(agent ? [specEvidence(agent, '/status/conditions', 'not Ready', 'agent-not-ready')] : []),
          ...[...pods]
            .sort(byName)
            .slice(0, NAMED_AT_MOST)
            .map((pod) => specEvidence(pod, '/spec/nodeName', node, 'dependant-here')),
        ],
        findings: [],
        wouldProve: isSoon ? [{ messageId: 'prove-again' }] : isUnseen ? [{ messageId: 'prove-agents' }] : [],
        actions: agentActions(node, agent, agents),
      },
    ];
  });
}

const NAMED_AT_MOST = 3;

function agentActions(node: string, agent: PodState | undefined, agents: readonly PodState[]): Action[] {
  if (agent)
    return [{ title: { messageId: 'look-agent' }, command: kubectl(agent.namespace, 'describe', 'pod', agent.name), risk: 'read' }];
  const [other] = agents;
  if (!other) return [];
  const command = kubectl(other.namespace, 'describe', 'daemonset', other.owner.name);
  const look: Action = { title: { messageId: 'look-agents' }, command, risk: 'read' };
  return [look, { title: { messageId: 'look-node' }, command: kubectl('', 'describe', 'node', node), risk: 'read' }];
}
