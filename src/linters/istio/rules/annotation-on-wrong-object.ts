import type { Fix, Snippet } from '../../../fixes/change.ts';
import { mapAt, type YamlScalar } from '../../../text/yaml.ts';
import { podTemplateOf, podTemplatePath, type PodTemplate } from '../../../model/kubernetes/objects.ts';
import type { Rule } from '../../rule.ts';
import { type IstioAnnotation, isPodAnnotation, istioAnnotations, podAnnotationsOpen } from '../facts-annotations.ts';

/**
 * The sidecar injector sees pods and nothing else: annotations of a Deployment's own metadata never reach it (istio/istio:pkg/kube/inject;
 * istio/istio#38415 is this mistake with excludeOutboundPorts). istioctl reports it (IST0107) only against a live cluster and only
 * on Deployments.
 */
export const annotationOnWrongObject: Rule = {
  id: 'istio/annotation-on-wrong-object',
  title: { en: 'Pod annotation of Istio on the controller', zh: 'Istio 的 Pod 注解写在了控制器上' },
  runbook: 'istio/annotations-that-do-nothing',
  severity: 'warning',
  default: 'on',
  affects: 'Istio, all versions',
  fixable: 'safe',
  sources: [
    'istio/istio#38415',
    'istio/api:annotation/annotations.yaml@1.31',
    'https://istio.io/latest/docs/reference/config/annotations/',
  ],
  messages: {
    misplaced: {
      en: '{key} on the {kind} itself does nothing: the injector reads only the pod’s annotations. Move it to {path}.',
      zh: '{key} 写在 {kind} 自身的 metadata 上不起作用：注入器只读取 Pod 的注解。请移到 {path}。',
    },
    inject: {
      en: 'sidecar.istio.io/inject on the {kind} itself does nothing: the webhook selects pods by their labels. Make it a label in {path}.',
      zh: 'sidecar.istio.io/inject 写在 {kind} 自身的 metadata 上不起作用：webhook 按 Pod 的标签选择。请在 {path} 里写成标签。',
    },
    move: { en: 'Move {key} to the pod template', zh: '把 {key} 移到 Pod 模板' },
    inPatch: {
      en: 'The pod template is in {file}, which other overlays may use. Write this into the patch instead:',
      zh: 'Pod 模板在 {file} 里，可能被其他 overlay 共用。请改写在 patch 里：',
    },
    moveLabel: { en: 'Make it a label of the pod template', zh: '改为 Pod 模板的标签' },
  },
  check({ unit, report }) {
    for (const annotation of istioAnnotations(unit)) {
      const { object, key, keyScalar, map } = annotation;
      if (!object || !isPodAnnotation(key)) continue;
      const path = podTemplatePath(object.kind);
      const pod = podTemplateOf(object);
      // A controller that another one made (a ReplicaSet in a dump of a cluster) carries copies.
      if (!path || !pod || mapAt(object.root, 'metadata')?.pairs.has('ownerReferences')) continue;
      const asLabel = key === INJECT;
      if (pod.annotations?.pairs.has(key) || podAnnotationsOpen(object)) continue;
      if (asLabel && (pod.labels?.pairs.has(key) || pod.labels?.open)) continue;
      const target = `${path.join('.')}.metadata.${asLabel ? 'labels' : 'annotations'}`;
      const finding = { messageId: asLabel ? 'inject' : 'misplaced', data: { key, kind: object.kind, path: target }, at: keyScalar };
      const fix = map.pairs.get(key)?.merged ? undefined : moved(annotation, pod, asLabel);
      if (!fix) report(finding);
      // An overlay wrote it: what moves into the base would move into every other overlay, too.
      else if (keyScalar.file !== pod.root.file) report({ ...finding, snippet: inPatch(annotation, path, asLabel) });
      else report({ ...finding, fixes: [fix] });
    }
  },
};

const INJECT = 'sidecar.istio.io/inject';
/** What a CronJob puts on its Jobs. */
const JOB_METADATA = ['spec', 'jobTemplate', 'metadata'];

/** Taking effect is what was meant, except for injection: that adds or drops a container, so a person looks at it. */
function moved({ object, key, value, map }: IstioAnnotation, pod: PodTemplate, asLabel: boolean): Fix | undefined {
  const scalar: YamlScalar | undefined = value.kind === 'scalar' && !value.unknown ? value : undefined;
  if (!object || !scalar) return undefined;
  const holder = mapAt(object.root, ...JOB_METADATA, 'annotations') === map ? JOB_METADATA : ['metadata'];
  return {
    id: asLabel ? 'move-to-label' : 'move-to-pod',
    titleId: asLabel ? 'moveLabel' : 'move',
    data: { key },
    safety: asLabel ? 'review' : 'safe',
    changes: [
      { change: 'set-entry', map: pod.root, path: ['metadata', asLabel ? 'labels' : 'annotations', key], value: scalar.text },
      { change: 'remove-entry', map: object.root, path: [...holder, 'annotations', key], prune: true },
    ],
  };
}

function inPatch({ key, value, object }: IstioAnnotation, path: readonly string[], asLabel: boolean): Snippet {
  const keys = [...path, 'metadata', asLabel ? 'labels' : 'annotations'];
  const lines = keys.map((one, depth) => `${'  '.repeat(depth)}${one}:\n`);
  const text = value.kind === 'scalar' ? JSON.stringify(value.text) : '""';
  return {
    reasonId: 'inPatch',
    data: { file: object?.file.path ?? '' },
    language: 'yaml',
    text: `${lines.join('')}${'  '.repeat(keys.length)}${key}: ${text}\n`,
  };
}
