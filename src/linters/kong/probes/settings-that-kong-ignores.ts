import { referenceKey } from '../../../snapshot/reference.ts';
import { isVersionKnown, UNKNOWN_VERSION } from '../../../model/version.ts';
import type { FoundLine } from '../../../snapshot/log-matches.ts';
import type { ObjectReference, PodState } from '../../../snapshot/snapshot.ts';
import { runningSince } from '../../../snapshot/times.ts';
import { conclude, summaries, worstCount } from '../../conclude.ts';
import { isWarning, lineEvidence, podReference } from '../../evidence.ts';
import { lists, optionalLists, POD_LOGS } from '../../needs.ts';
import type { ClusterView, Evidence, LiveFinding, Probe, Subject, Verdict } from '../../probe.ts';
import { kongVersionOfImage } from '../image.ts';
import { findingsOf, type KongNode, kongNodes, stateOf, versionText } from '../live-nodes.ts';
import { statusOf } from '../settings-history.ts';
import { pluginActions, settingActions } from './ignored-settings-actions.ts';
import { MESSAGES } from './ignored-settings-messages.ts';
import { eventEvidence, logRequests, PLUGIN_RULE, type Refusals, refusalSubjects, refusalsOf } from './refusals.ts';

const SETTING_RULE = 'kong/removed-setting';

/**
 * *Live* means here: Kong runs with it now. For a setting, a pod that is of the workload's present template, with the version that the rule judged,
 * is running, and the setting matters: the rule calls it an error, or this version has another name for the same thing. For a plugin's field, Kong or the
 * ingress controller said within `window` (24h: both repeat it at every push or start) that it was refused. Anything else that the rules warn of is latent.
 * The same setting under the name that this version knows makes the old one harmless: mitigated.
 */
export const settingsThatKongIgnores: Probe = {
  id: 'kong/settings-that-kong-ignores',
  needs: [
    ...lists('', 'pods', 'configmaps'),
    ...lists('apps', 'deployments', 'statefulsets', 'daemonsets'),
    ...lists('configuration.konghq.com', 'kongplugins', 'kongclusterplugins'),
    ...optionalLists('apps', 'replicasets'),
    ...optionalLists('', 'events'),
    POD_LOGS,
  ],
  options: {
    window: {
      type: 'duration',
      default: '24h',
      description: { en: 'how old a refusal may be to count as live', zh: '多久以内的拒绝记录才算正在发生' },
    },
  },
  messages: MESSAGES,
  logs: logRequests,
  judge(view) {
    const nodes = kongNodes(view);
    const refusals = refusalsOf(view);
    const plugins = pluginSubjects(view, refusals);
    // What a log says without any finding still stands, at whoever wrote it.
    const told = plugins.length === 0 ? refusals.lines : [];
    const isOf = (node: KongNode, { log }: FoundLine): boolean =>
      node.pods.some(({ namespace, name }) => namespace === log.namespace && name === log.pod);
    const settings = nodes.map((node) =>
      settingSubject(
        view,
        node,
        told.filter((line) => isOf(node, line)),
      ),
    );
    const others = told.filter((line) => !nodes.some((node) => isOf(node, line)));
    const subjects = [...settings, ...plugins, ...refusalSubjects(view, others)];
    return conclude(view, settingsThatKongIgnores, { subjects, summary: summaries({ count: worstCount(subjects) }) });
  },
};

function settingSubject(view: ClusterView, node: KongNode, told: readonly FoundLine[]): Subject {
  const findings = findingsOf(view, node, SETTING_RULE);
  const open = findings.filter((finding) => !isReplaced(node, finding));
  const running = runningPod(view, node);
  const live = running === undefined ? [] : open.filter(matters);
  const otherwise = open.some(isWarning) ? 'latent' : findings.length > 0 ? 'mitigated' : verdictWithout(node);
  const verdict: Verdict = live.length + told.length > 0 ? 'live' : otherwise;
  const explain = (finding: LiveFinding): Evidence => ({
    source: 'config',
    object: finding.object,
    pointer: finding.pointer,
    value: String(finding.data?.setting ?? ''),
    explains: {
      messageId: isReplaced(node, finding) ? 'replaced' : 'ignored',
      data: { version: versionText(node), to: String(finding.data?.to ?? '') },
    },
  });
  return {
    object: node.object,
    verdict,
    evidence: [
      ...told.map((line) => lineEvidence(line, { messageId: 'refused-line' })),
      ...(live.length > 0 ? live : findings).map(explain),
      ...(live.length > 0 && running ? [runningEvidence(node, running)] : []),
    ],
    findings,
    wouldProve:
      verdict === 'latent' ? [{ messageId: 'prove-configuration' }] : verdict === 'unknown' ? [{ messageId: 'prove-version' }] : [],
    actions: verdict === 'live' || verdict === 'latent' ? settingActions(node, open) : [],
  };
}

/** Something that someone wanted is not there: not a leftover of a database that is gone. */
function matters({ messageId, severity }: LiveFinding): boolean {
  return messageId === 'renamed' || messageId === 'not-yet' || (messageId === 'removed' && severity === 'error');
}

function isReplaced({ instance }: KongNode, { data }: LiveFinding): boolean {
  return typeof data?.to === 'string' && data.to !== '' && instance?.settings.has(data.to) === true;
}

/** The rule is silent without a version, and about settings that come from where they can't be seen. */
function verdictWithout({ instance, versions }: KongNode): Verdict {
  if (!instance || instance.unseen) return 'unknown';
  const someRemoved = instance.written.some(({ name }) => statusOf(name, UNKNOWN_VERSION).is === 'removed');
  return someRemoved && !versions.some(isVersionKnown) ? 'unknown' : 'clear';
}

/** A pod of the workload's present template whose Kong is running. */
function runningPod(view: ClusterView, node: KongNode): PodState | undefined {
  const newest = newestReplicaSet(view, node.object);
  return node.pods.find((pod) => {
    const state = stateOf(node, pod);
    if (!state || runningSince(state) === undefined) return false;
    if (newest !== undefined && pod.via !== undefined && pod.via !== newest) return false;
    const version = kongVersionOfImage(state.image);
    return !isVersionKnown(version) || version.text === node.instance?.version.text;
  });
}

function newestReplicaSet({ snapshot }: ClusterView, { kind, namespace, name }: ObjectReference): string | undefined {
  const own = snapshot.replicaSets.filter(({ owner }) => owner?.kind === kind && owner.namespace === namespace && owner.name === name);
  const [newest] = own.filter(({ revision }) => revision !== undefined).sort((a, b) => (b.revision ?? 0) - (a.revision ?? 0));
  return newest?.name;
}

function runningEvidence(node: KongNode, pod: PodState): Evidence {
  const state = stateOf(node, pod);
  const at = state?.statusAt;
  return {
    source: 'status',
    object: podReference(pod),
    pointer: at === undefined ? '' : `${at}/state/running/startedAt`,
    value: `${node.container}: ${state?.image ?? ''}`,
    ...(state?.startedAt === undefined ? {} : { time: state.startedAt }),
    explains: { messageId: 'runs' },
  };
}

function pluginSubjects(view: ClusterView, { lines, events }: Refusals): Subject[] {
  const byObject = new Map<string, LiveFinding[]>();
  for (const finding of view.findings) {
    if (finding.rule !== PLUGIN_RULE || !isWarning(finding)) continue;
    const key = referenceKey(finding.object);
    byObject.set(key, [...(byObject.get(key) ?? []), finding]);
  }
  return [...byObject.values()].flatMap((findings): Subject[] => {
    const [first] = findings;
    if (!first) return [];
    const refused = findings.some(({ messageId }) => messageId === 'refused' || messageId === 'too-new');
    const proof = refused
      ? [...lines.map((line) => lineEvidence(line, { messageId: 'refused-line' })), ...events.map((event) => eventEvidence(event))]
      : [];
    return [
      {
        object: first.object,
        verdict: proof.length > 0 ? 'live' : 'latent',
        evidence: [
          ...proof,
          ...findings.map(
            (finding): Evidence => ({
              source: 'spec',
              object: finding.object,
              pointer: finding.pointer,
              value: String(finding.data?.field ?? ''),
              explains: { messageId: refused ? 'refused-field' : 'old-field', data: { plugin: String(finding.data?.plugin ?? '') } },
            }),
          ),
        ],
        findings,
        wouldProve: proof.length > 0 ? [] : [{ messageId: 'prove-push' }],
        actions: pluginActions(view, findings),
      },
    ];
  });
}
