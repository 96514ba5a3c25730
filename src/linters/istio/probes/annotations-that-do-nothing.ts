import { referenceKey } from '../../../snapshot/reference.ts';
import { annotationsOf } from '../../../model/kubernetes/objects.ts';
import type { ObjectReference, PodState } from '../../../snapshot/snapshot.ts';
import { textAt } from '../../../text/yaml.ts';
import { conclude, summaries, worstCount } from '../../conclude.ts';
import { isWarning, podReference } from '../../evidence.ts';
import { lists, optionalLists } from '../../needs.ts';
import type { ClusterView, Evidence, LiveFinding, Probe, Subject, Verdict } from '../../probe.ts';
import { durationOption } from '../../probe-options.ts';
import { istioPresence, proxyOf } from '../live-mesh.ts';
import { actionsFor, INJECT } from './annotations-actions.ts';
import { MESSAGES } from './annotations-messages.ts';
import { withPresence } from './presence.ts';
import { type Refusal, refusalEvidence, refusals } from './refused-pods.ts';

const RULES: readonly string[] = [
  'istio/annotation-on-wrong-object',
  'istio/unknown-annotation',
  'istio/invalid-port-list',
  'istio/invalid-cidr-list',
];
const WRONG_OBJECT = 'istio/annotation-on-wrong-object';

/**
 * The injector reads annotations of pods, once, when a pod is made (istio/istio:pkg/kube/inject). *Live* is one of two things:
 * - a pod is being refused for an annotation: an event FailedCreate of its controller that names the injector's webhook, within `window` 40m. A refused
 *   ReplicaSet is tried again after 1,000 s at the longest (k8s.io/client-go/util/workqueue, default rate limiter), so two tries fit
 * - an annotation stands on a controller while its running pods, which have the sidecar that would obey it, do not have it: it is being ignored right now.
 *   For sidecar.istio.io/inject: while its pods are injected against its `false`, or not injected against its `true`
 * All else that the rules find is latent: nobody can see from outside whether a misspelt annotation is missed.
 */
export const annotationsThatDoNothing: Probe = {
  id: 'istio/annotations-that-do-nothing',
  needs: [
    ...lists('', 'pods', 'events'),
    ...lists('apps', 'deployments', 'statefulsets', 'daemonsets'),
    ...optionalLists('apps', 'replicasets'),
    ...optionalLists('batch', 'cronjobs'),
    ...optionalLists('', 'configmaps'),
    ...optionalLists('networking.istio.io', 'destinationrules'),
  ],
  options: {
    window: {
      type: 'duration',
      default: '40m',
      description: { en: 'how old the last refusal of a pod may be to count as live', zh: '最近一次拒绝 Pod 在多久以内才算正在发生' },
    },
  },
  messages: MESSAGES,
  judge(view) {
    const subjects = subjectsOf(view);
    const judgement = conclude(view, annotationsThatDoNothing, { subjects, summary: summaries({ count: worstCount(subjects) }) });
    return withPresence(view, judgement);
  },
};

interface Told {
  readonly object: ObjectReference;
  readonly findings: LiveFinding[];
  readonly refused: Refusal[];
}

function subjectsOf(view: ClusterView): Subject[] {
  const told = new Map<string, Told>();
  const at = (object: ObjectReference): Told => {
    const key = referenceKey(object);
    const known = told.get(key) ?? { object, findings: [], refused: [] };
    told.set(key, known);
    return known;
  };
  const windowMs = durationOption(view, 'window');
  for (const refusal of refusals(view, windowMs)) at(refusal.owner).refused.push(refusal);
  // Without Istio nobody reads them, and nobody misses anything.
  if (istioPresence(view) !== 'absent') {
    for (const finding of view.findings) if (RULES.includes(finding.rule)) at(finding.object).findings.push(finding);
  }
  return [...told.values()].flatMap((one) => subjectOf(view, one));
}

function subjectOf(view: ClusterView, { object, findings, refused }: Told): Subject[] {
  const judged = findings.map((finding) => ({ finding, state: stateOf(view, finding) }));
  const open = judged.filter(({ finding, state }) => state !== 'fulfilled' && isWarning(finding));
  const live = refused.length > 0 || open.some(({ state }) => state === 'ignored');
  if (!live && open.length === 0 && !judged.some(({ state }) => state === 'fulfilled')) return [];
  const verdict: Verdict = live ? 'live' : open.length > 0 ? 'latent' : 'mitigated';
  const order = (state: State): number => ['ignored', 'open', 'fulfilled'].indexOf(state);
  return [
    {
      object,
      verdict,
      evidence: [
        ...refused.map(refusalEvidence),
        ...judged.sort((a, b) => order(a.state) - order(b.state)).flatMap(({ finding, state }) => evidenceOf(view, finding, state)),
      ],
      findings,
      wouldProve: verdict === 'latent' ? [{ messageId: 'prove-pod' }] : [],
      actions: verdict === 'mitigated' ? [] : actionsFor(view, object, findings, refused),
    },
  ];
}

/** `ignored`: the running pods lack what was meant for them. `fulfilled`: they have it by another way. `open`: that can't be seen, or nothing runs. */
type State = 'ignored' | 'fulfilled' | 'open';

function stateOf(view: ClusterView, { rule, object, data }: LiveFinding): State {
  const key = String(data?.key ?? '');
  const workload = view.workload(object);
  if (rule !== WRONG_OBJECT || !workload?.manifest) return 'open';
  const running = workload.pods.filter(({ phase, deleting }) => phase === 'Running' && !deleting);
  if (running.length === 0) return 'open';
  const wanted = textAt(annotationsOf(workload.manifest), key);
  if (key === INJECT) {
    const injected = running.filter(proxyOf).length;
    if (wanted === 'false') return injected === 0 ? 'fulfilled' : 'ignored';
    if (wanted === 'true') return injected === running.length ? 'fulfilled' : 'ignored';
    return 'open';
  }
  const injected = running.filter(proxyOf);
  if (injected.length === 0) return 'open';
  return injected.every((pod) => has(pod, key, wanted)) ? 'fulfilled' : 'ignored';
}

/** A list of ports or ranges may come with more of them, from the mesh-wide settings. */
function has({ annotations }: PodState, key: string, wanted: string | undefined): boolean {
  const own = annotations[key];
  if (own === undefined || wanted === undefined) return false;
  const items = new Set(own.split(',').map((item) => item.trim()));
  return own === wanted || wanted.split(',').every((item) => items.has(item.trim()));
}

function evidenceOf(view: ClusterView, finding: LiveFinding, state: State): Evidence[] {
  const { object, pointer, data, rule } = finding;
  const key = String(data?.key ?? '');
  const messageId = rule === WRONG_OBJECT ? `misplaced-${state}` : rule === 'istio/unknown-annotation' ? 'misspelt' : 'invalid';
  const placed: Evidence = {
    source: 'config',
    object,
    pointer,
    value: key === '' ? String(data?.item ?? '') : key,
    explains: { messageId, data: { key, suggestion: String(data?.suggestion ?? ''), item: String(data?.item ?? '') } },
  };
  const pod = view.workload(object)?.pods.find(({ phase, deleting }) => phase === 'Running' && !deleting);
  if (state !== 'ignored' || !pod) return [placed];
  const lacks: Evidence = {
    source: 'spec',
    object: podReference(pod),
    pointer: '/metadata/annotations',
    value: Object.keys(pod.annotations).sort().join(', '),
    time: pod.createdAt,
    explains: { messageId: key === INJECT ? 'pod-otherwise' : 'pod-lacks', data: { key } },
  };
  return [placed, lacks];
}
