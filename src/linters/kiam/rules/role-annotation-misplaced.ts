import type { Change } from '../../../fixes/change.ts';
import type { Anchor } from '../../../text/source.ts';
import { scalarAt, textAt, type YamlMap, type YamlPair } from '../../../text/yaml.ts';
import type { KubeObject, PodTemplate } from '../../../model/kubernetes/objects.ts';
import { annotationsOf, podTemplateOf } from '../../../model/kubernetes/objects.ts';
import { sameNamespace, type Unit } from '../../../model/unit.ts';
import type { Report, Rule } from '../../rule.ts';

/** Kiam reads them from the Pod object alone (pkg/k8s/pod_cache.go: `PodRole`, `PodSessionName`, `PodExternalID`). */
const POD_KEYS = ['iam.amazonaws.com/role', 'iam.amazonaws.com/session-name', 'iam.amazonaws.com/external-id'] as const;

/**
 * Kiam looks at the annotations of the Pod and at nothing else; what stands on the Deployment, on its ServiceAccount or on the Namespace
 * is never copied down. The pod then has no role: Kiam's agent answers 404 and the SDK finds no credentials, or, where the agent doesn't
 * intercept, silently takes the node's role.
 */
export const roleAnnotationMisplaced: Rule = {
  id: 'kiam/role-annotation-misplaced',
  title: { en: 'Kiam’s role annotation is not on the pod', zh: 'Kiam 的角色注解没有写在 Pod 上' },
  runbook: 'kiam/pods-without-credentials',
  severity: 'error',
  default: 'on',
  affects: 'Kiam, all versions; kube2iam',
  fixable: 'safe',
  sources: ['uswitch/kiam:pkg/k8s/pod_cache.go@v4.2', 'uswitch/kiam:pkg/server/server.go@v4.2'],
  messages: {
    workload: {
      en: 'Kiam reads {key} from the pod only; on the {kind} it has no effect, the pods start without it. Move it to the pod template’s annotations.',
      zh: 'Kiam 只读取 Pod 上的 {key}；写在 {kind} 上不起作用，Pod 启动时并没有它。请移到 Pod 模板的 annotations 里。',
    },
    owner: {
      en: 'Kiam reads {key} from the pod only; on a {kind} it does nothing. Put it into the annotations of each pod template that needs the role.',
      zh: 'Kiam 只读取 Pod 上的 {key}；写在 {kind} 上不起作用。请写到每个需要该角色的 Pod 模板的 annotations 里。',
    },
    deadCopy: {
      en: 'Kiam reads {key} from the pod template, where it stands too; this copy on the {kind} does nothing.',
      zh: 'Kiam 读取的是 Pod 模板上的 {key}（模板里已有）；{kind} 上的这一份不起作用。',
    },
    template: { en: 'The pod template is here', zh: 'Pod 模板在这里' },
    effective: { en: 'The one that counts', zh: '生效的是这一处' },
    move: { en: 'Move {key} to the pod template', zh: '把 {key} 移到 Pod 模板' },
    remove: { en: 'Remove the copy without effect', zh: '删除不起作用的这一份' },
    manyPods: {
      en: 'Which pods shall have the role is for you to say: a ServiceAccount or Namespace may serve several.',
      zh: '哪些 Pod 需要该角色要由你决定：一个 ServiceAccount 或 Namespace 可能对应多个 Pod。',
    },
    templated: {
      en: 'The value comes from a template; move the line by hand.',
      zh: '该值来自模板，请手动移动这一行。',
    },
  },
  check({ unit, report }) {
    for (const object of unit.objects) {
      const annotations = annotationsOf(object);
      if (!annotations) continue;
      for (const key of POD_KEYS) {
        const pair = annotations.pairs.get(key);
        const found = pair && judge(unit, object, annotations, key, pair);
        if (found) report(found);
      }
    }
  },
};

function judge(unit: Unit, object: KubeObject, annotations: YamlMap, key: string, pair: YamlPair): Report | undefined {
  const pod = podTemplateOf(object);
  if (pod) return ofWorkload(object, pod, annotations, key, pair);
  if (object.kind === 'ServiceAccount' || object.kind === 'Namespace') return ofOwner(unit, object, key, pair);
  return undefined;
}

function ofWorkload(object: KubeObject, pod: PodTemplate, annotations: YamlMap, key: string, pair: YamlPair): Report | undefined {
  const { kind } = object;
  const value = textOfValue(pair);
  const inPod = scalarAt(pod.annotations, key);
  if (inPod) {
    // What a kustomization's commonAnnotations put into both places is one line.
    if (sameText(inPod, pair.value)) return undefined;
    const changes: Change[] = [{ change: 'remove-entry', map: object.root, path: ['metadata', 'annotations', key], prune: true }];
    // Where the two differ, the one without effect may be the one that was meant.
    const safety = value === inPod.text ? 'safe' : 'review';
    return {
      messageId: 'deadCopy',
      data: { key, kind },
      at: pair.key,
      severity: 'hint',
      tags: ['unnecessary'],
      related: [{ at: inPod, messageId: 'effective' }],
      fixes: value === undefined ? [] : [{ id: 'remove-copy', titleId: 'remove', data: {}, safety, changes }],
    };
  }
  // A template's hole may write it.
  if (pod.root.open || hasUnknownAnnotations(pod)) return undefined;
  const base = {
    messageId: 'workload',
    data: { key, kind },
    at: pair.key,
    related: [{ at: firstKey(pod.root), messageId: 'template' }],
  };
  if (value === undefined) {
    const text = `template:\n  metadata:\n    annotations:\n      ${key}: …\n`;
    return { ...base, snippet: { reasonId: 'templated', data: {}, language: 'yaml', text } };
  }
  return {
    ...base,
    fixes: [
      {
        id: 'move-to-pod',
        titleId: 'move',
        data: { key },
        safety: 'safe',
        changes: [
          { change: 'set-entry', map: pod.root, path: ['metadata', 'annotations', key], value },
          { change: 'remove-entry', map: object.root, path: ['metadata', 'annotations', key], prune: annotations.pairs.size === 1 },
        ],
      },
    ],
  };
}

/** A ServiceAccount or Namespace: nothing is wrong with the pods if each one it could be meant for has the annotation itself. */
function ofOwner(unit: Unit, object: KubeObject, key: string, pair: YamlPair): Report | undefined {
  const { kind } = object;
  const pods = podsOf(unit, object);
  if (pods.length > 0 && pods.every((pod) => pod.annotations?.pairs.has(key))) {
    const effective = pods.flatMap((pod) => pod.annotations?.pairs.get(key)?.value ?? []);
    return {
      messageId: 'deadCopy',
      data: { key, kind },
      at: pair.key,
      severity: 'hint',
      tags: ['unnecessary'],
      related: effective.slice(0, 1).map((at) => ({ at, messageId: 'effective' })),
    };
  }
  const text = `template:\n  metadata:\n    annotations:\n      ${key}: ${textOfValue(pair) ?? '…'}\n`;
  const snippet = { reasonId: 'manyPods', data: {}, language: 'yaml', text };
  // Pods that aren't in sight may have it.
  return { messageId: 'owner', data: { key, kind }, at: pair.key, severity: pods.length > 0 ? 'error' : 'warning', snippet };
}

function podsOf(unit: Unit, owner: KubeObject): PodTemplate[] {
  if (owner.name === undefined) return [];
  const pods = unit.objects.flatMap((object) => podTemplateOf(object) ?? []);
  if (owner.kind === 'Namespace') return pods.filter((pod) => pod.workload.namespace === owner.name);
  return pods.filter(
    (pod) => textAt(pod.spec, 'serviceAccountName') === owner.name && sameNamespace(pod.workload.namespace, owner.namespace),
  );
}

/** Nothing where a template has a part in it: such a line can't be moved by an edit. */
function textOfValue({ value }: YamlPair): string | undefined {
  return value.kind === 'scalar' && !value.unknown ? value.text : undefined;
}

function sameText(a: Anchor, b: Anchor): boolean {
  return a.file.path === b.file.path && a.start === b.start;
}

/** `annotations: {{ toYaml .Values.podAnnotations }}`: anything may be in there. */
function hasUnknownAnnotations(pod: PodTemplate): boolean {
  return scalarAt(pod.root, 'metadata', 'annotations')?.unknown !== undefined || scalarAt(pod.root, 'metadata')?.unknown !== undefined;
}

function firstKey(map: YamlMap): Anchor {
  for (const pair of map.pairs.values()) return pair.key;
  return map;
}
