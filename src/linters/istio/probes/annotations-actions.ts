import { annotationsOf, podTemplateOf } from '../../../model/kubernetes/objects.ts';
import type { ObjectReference } from '../../../snapshot/snapshot.ts';
import { textAt } from '../../../text/yaml.ts';
import { kubectl, target } from '../../kubectl.ts';
import type { Action, ClusterView, LiveFinding, LiveWorkload } from '../../probe.ts';
import { rewritten as rewrittenRanges } from '../rules/invalid-cidr-list.ts';
import { rewritten as rewrittenPorts } from '../rules/invalid-port-list.ts';
import { annotationChange } from './pod-annotation-change.ts';
import type { Refusal } from './refused-pods.ts';

export const INJECT = 'sidecar.istio.io/inject';
const TRAFFIC = 'traffic.sidecar.istio.io/';

/** What the runbook says under "Mitigate now", with this cluster's names. */
export function actionsFor(
  view: ClusterView,
  object: ObjectReference,
  findings: readonly LiveFinding[],
  refused: readonly Refusal[],
): Action[] {
  const workload = view.workload(object);
  if (!workload) return refused.length > 0 ? [lookAtEvents(object)] : [];
  return [
    ...(refused.length > 0 ? [lookAtEvents(object)] : []),
    ...written(workload, findings, refused),
    ...moved(workload, findings),
    ...(refused.length > 0 ? rolledBack(view, object) : []),
  ];
}

function lookAtEvents({ namespace }: ObjectReference): Action {
  return {
    title: { messageId: 'look-events' },
    command: kubectl(namespace, 'get', 'events', '--field-selector', 'reason=FailedCreate'),
    risk: 'read',
  };
}

/** A list that is refused, written as it can only be meant. */
function written(workload: LiveWorkload, findings: readonly LiveFinding[], refused: readonly Refusal[]): Action[] {
  const lists = findings.filter(({ rule }) => rule === 'istio/invalid-port-list' || rule === 'istio/invalid-cidr-list');
  // The rule names the key without its domain where it is one of these.
  const told = lists.map(({ data }) => String(data?.key ?? ''));
  const keys = [...told.map((key) => (key.includes('/') ? key : `${TRAFFIC}${key}`)), ...refused.flatMap(({ key }) => key ?? [])];
  return [...new Set(keys)].flatMap((key): Action[] => {
    const today = textAt(workload.manifest && podTemplateOf(workload.manifest)?.annotations, key);
    const rewrite = key.startsWith(TRAFFIC)
      ? key.endsWith('Ports')
        ? rewrittenPorts
        : key.endsWith('Ranges') && rewrittenRanges
      : undefined;
    const list = today === undefined || !rewrite ? undefined : rewrite(today);
    if (list === undefined || list === today) return [];
    const change = annotationChange(workload, key, list);
    return change ? [{ title: { messageId: 'write-list', data: { key, list } }, risk: 'change', ...change }] : [];
  });
}

/** From the controller to its pods; where it stands now it does no harm. */
function moved(workload: LiveWorkload, findings: readonly LiveFinding[]): Action[] {
  return findings.flatMap(({ rule, data }): Action[] => {
    const key = String(data?.key ?? '');
    const text = textAt(workload.manifest && annotationsOf(workload.manifest), key);
    if (rule !== 'istio/annotation-on-wrong-object' || text === undefined) return [];
    const asLabel = key === INJECT;
    const change = annotationChange(workload, key, text, asLabel ? 'labels' : 'annotations');
    const messageId = asLabel ? 'move-label' : 'move';
    return change ? [{ title: { messageId, data: { key, workload: target(workload.object) } }, risk: 'change', ...change }] : [];
  });
}

/** Only where a revision before is known. */
function rolledBack({ snapshot }: ClusterView, object: ObjectReference): Action[] {
  const own = snapshot.replicaSets.filter(({ namespace, owner }) => namespace === object.namespace && owner?.name === object.name);
  const revisions = own.flatMap(({ revision }) => (revision === undefined ? [] : [revision])).sort((a, b) => b - a);
  const [present] = revisions;
  if (object.kind !== 'Deployment' || present === undefined || revisions.length < 2) return [];
  const undo = (...words: readonly string[]): string => kubectl(object.namespace, 'rollout', 'undo', target(object), ...words);
  return [
    {
      title: { messageId: 'roll-back', data: { workload: target(object) } },
      command: undo(),
      risk: 'change',
      undo: undo(`--to-revision=${present}`),
    },
  ];
}
