import type { Anchor } from '../../../text/source.ts';
import { isNull, type YamlMap, type YamlNode } from '../../../text/yaml.ts';
import { derivedMap, withEntry } from '../../../text/yaml-tree.ts';
import { groupVersion } from './resource.ts';

/** A field of some kinds that a transformer sets. A path goes through lists without saying so; `x[]` insists on a list. */
export interface FieldSpec {
  readonly path: string;
  readonly create: boolean;
  readonly group?: string;
  readonly version?: string;
  readonly kind?: string;
}

/** Fields that hold the name of an object of this kind. */
export interface NameReference {
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly fields: readonly FieldSpec[];
}

/** What kustomize's transformers touch; `configurations:` may add to it. */
export interface TransformerConfig {
  readonly commonLabels: readonly FieldSpec[];
  readonly templateLabels: readonly FieldSpec[];
  readonly labels: readonly FieldSpec[];
  readonly commonAnnotations: readonly FieldSpec[];
  readonly namespace: readonly FieldSpec[];
  readonly images: readonly FieldSpec[];
  readonly replicas: readonly FieldSpec[];
  readonly nameReference: readonly NameReference[];
}

function spec(path: string, kind?: string, group?: string, create = true, version?: string): FieldSpec {
  return { path, create, kind, group, version };
}

// The tables below are kustomize's own (api/internal/konfig/builtinpluginconsts, v0.21).

const TEMPLATE_LABELS: readonly FieldSpec[] = [
  spec('metadata/labels'),
  spec('spec/template/metadata/labels', 'ReplicationController', undefined, true, 'v1'),
  ...['Deployment', 'ReplicaSet', 'DaemonSet'].map((kind) => spec('spec/template/metadata/labels', kind)),
  spec('spec/template/metadata/labels', 'StatefulSet', 'apps'),
  spec('spec/volumeClaimTemplates[]/metadata/labels', 'StatefulSet', 'apps'),
  spec('spec/template/metadata/labels', 'Job', 'batch'),
  spec('spec/jobTemplate/metadata/labels', 'CronJob', 'batch'),
  spec('spec/jobTemplate/spec/template/metadata/labels', 'CronJob', 'batch'),
];

const POD_SELECTORS = [
  'affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels',
  'affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels',
  'affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels',
  'affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels',
  'topologySpreadConstraints/labelSelector/matchLabels',
];

const COMMON_LABELS: readonly FieldSpec[] = [
  spec('spec/selector', 'Service', undefined, true, 'v1'),
  spec('spec/selector', 'ReplicationController', undefined, true, 'v1'),
  spec('spec/selector/matchLabels', 'Deployment'),
  spec('spec/selector/matchLabels', 'ReplicaSet'),
  spec('spec/selector/matchLabels', 'DaemonSet'),
  spec('spec/selector/matchLabels', 'StatefulSet', 'apps'),
  ...['Deployment', 'StatefulSet'].flatMap((kind) => POD_SELECTORS.map((path) => spec(`spec/template/spec/${path}`, kind, 'apps', false))),
  spec('spec/selector/matchLabels', 'Job', 'batch', false),
  spec('spec/jobTemplate/spec/selector/matchLabels', 'CronJob', 'batch', false),
  spec('spec/selector/matchLabels', 'PodDisruptionBudget', 'policy', false),
  spec('spec/podSelector/matchLabels', 'NetworkPolicy', 'networking.k8s.io', false),
  spec('spec/ingress/from/podSelector/matchLabels', 'NetworkPolicy', 'networking.k8s.io', false),
  spec('spec/egress/to/podSelector/matchLabels', 'NetworkPolicy', 'networking.k8s.io', false),
  ...TEMPLATE_LABELS,
];

const COMMON_ANNOTATIONS: readonly FieldSpec[] = [
  spec('metadata/annotations'),
  spec('spec/template/metadata/annotations', 'ReplicationController', undefined, true, 'v1'),
  ...['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet'].map((kind) => spec('spec/template/metadata/annotations', kind)),
  spec('spec/template/metadata/annotations', 'Job', 'batch'),
  spec('spec/jobTemplate/metadata/annotations', 'CronJob', 'batch'),
  spec('spec/jobTemplate/spec/template/metadata/annotations', 'CronJob', 'batch'),
];

/** Where a kind keeps its pod spec, as the name references know it. */
const POD_SPEC: Readonly<Record<string, string>> = {
  Pod: 'spec',
  PodTemplate: 'template/spec',
  Deployment: 'spec/template/spec',
  ReplicaSet: 'spec/template/spec',
  ReplicationController: 'spec/template/spec',
  DaemonSet: 'spec/template/spec',
  StatefulSet: 'spec/template/spec',
  Job: 'spec/template/spec',
  CronJob: 'spec/jobTemplate/spec/template/spec',
};

function inPodSpecs(kinds: readonly string[], paths: readonly string[]): FieldSpec[] {
  return kinds.flatMap((kind) =>
    paths.map((path) => spec(`${POD_SPEC[kind] ?? ''}/${path}`, kind, undefined, false, kind === 'Pod' ? 'v1' : undefined)),
  );
}

const CONFIG_READERS = ['Pod', 'PodTemplate', 'Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet', 'Job', 'CronJob'];
const ACCOUNT_USERS = ['Pod', 'StatefulSet', 'Deployment', 'ReplicationController', 'CronJob', 'Job', 'DaemonSet'];

const NAME_REFERENCES: readonly NameReference[] = [
  ...['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map((kind) => ({
    kind,
    fields: [spec('spec/scaleTargetRef/name', 'HorizontalPodAutoscaler', undefined, false)],
  })),
  {
    kind: 'ConfigMap',
    version: 'v1',
    fields: [
      ...inPodSpecs(CONFIG_READERS, [
        'volumes/configMap/name',
        'containers/env/valueFrom/configMapKeyRef/name',
        'initContainers/env/valueFrom/configMapKeyRef/name',
        'containers/envFrom/configMapRef/name',
        'initContainers/envFrom/configMapRef/name',
        'volumes/projected/sources/configMap/name',
      ]),
      spec('metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap', 'Ingress', undefined, false),
    ],
  },
  {
    kind: 'Secret',
    version: 'v1',
    fields: [
      ...inPodSpecs(CONFIG_READERS, [
        'volumes/secret/secretName',
        'containers/env/valueFrom/secretKeyRef/name',
        'initContainers/env/valueFrom/secretKeyRef/name',
        'containers/envFrom/secretRef/name',
        'initContainers/envFrom/secretRef/name',
        'imagePullSecrets/name',
        'volumes/projected/sources/secret/name',
      ]),
      spec('spec/tls/secretName', 'Ingress', undefined, false),
      spec('metadata/annotations/ingress.kubernetes.io\\/auth-secret', 'Ingress', undefined, false),
      spec('metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret', 'Ingress', undefined, false),
      spec('metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret', 'Ingress', undefined, false),
      spec('imagePullSecrets/name', 'ServiceAccount', undefined, false),
      spec('spec/template/spec/containers/env/valueFrom/secretKeyRef/name', 'Service', 'serving.knative.dev', false, 'v1'),
    ],
  },
  {
    kind: 'Service',
    version: 'v1',
    fields: [
      spec('spec/serviceName', 'StatefulSet', 'apps', false),
      ...[
        'spec/rules/http/paths/backend/serviceName',
        'spec/backend/serviceName',
        'spec/rules/http/paths/backend/service/name',
        'spec/defaultBackend/service/name',
      ].map((path) => spec(path, 'Ingress', undefined, false)),
    ],
  },
  { kind: 'ServiceAccount', version: 'v1', fields: inPodSpecs(ACCOUNT_USERS, ['serviceAccountName']) },
  { kind: 'PersistentVolumeClaim', version: 'v1', fields: inPodSpecs(ACCOUNT_USERS, ['volumes/persistentVolumeClaim/claimName']) },
  {
    kind: 'StorageClass',
    version: 'v1',
    group: 'storage.k8s.io',
    fields: [spec('spec/volumeClaimTemplates/spec/storageClassName', 'StatefulSet', undefined, false)],
  },
  { kind: 'PriorityClass', version: 'v1', group: 'scheduling.k8s.io', fields: inPodSpecs(ACCOUNT_USERS, ['priorityClassName']) },
];

export const DEFAULT_CONFIG: TransformerConfig = {
  commonLabels: COMMON_LABELS,
  templateLabels: TEMPLATE_LABELS,
  labels: [],
  commonAnnotations: COMMON_ANNOTATIONS,
  namespace: [spec('metadata/name', 'Namespace', undefined, true, 'v1')],
  images: [
    'spec/containers[]/image',
    'spec/initContainers[]/image',
    'spec/volumes[]/image/reference',
    'spec/template/spec/containers[]/image',
    'spec/template/spec/initContainers[]/image',
    'spec/template/spec/volumes[]/image/reference',
  ].map((path) => spec(path, undefined, undefined, false)),
  replicas: ['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map((kind) => spec('spec/replicas', kind)),
  nameReference: NAME_REFERENCES,
};

export function selectsKind(wanted: { group?: string; version?: string; kind?: string }, apiVersion: string, kind: string): boolean {
  const own = groupVersion(apiVersion);
  return (
    (!wanted.kind || wanted.kind === kind) &&
    (!wanted.group || wanted.group === own.group) &&
    (!wanted.version || wanted.version === own.version)
  );
}

/**
 * Sets a field wherever the spec finds it in an object, making missing maps when the spec says so.
 * @param at where a map that is made stands: what asked for it
 */
export function applyFieldSpec(
  root: YamlMap,
  field: FieldSpec,
  set: (node: YamlNode | undefined) => YamlNode | undefined,
  at: Anchor,
): YamlMap {
  const path = field.path.split(/(?<!\\)\//).map((step) => step.replaceAll('\\/', '/'));
  const walk = (node: YamlNode, depth: number): YamlNode => {
    if (node.kind === 'sequence') {
      const items = node.items.map((item) => walk(item, depth));
      return items.every((item, index) => item === node.items[index]) ? node : { ...node, items };
    }
    if (node.kind === 'scalar') return node;
    const step = path[depth] ?? '';
    const isList = step.endsWith('[]');
    const name = isList ? step.slice(0, -2) : step;
    const found = node.pairs.get(name)?.value;
    const missing = !found || (found.kind === 'scalar' && !found.unknown && isNull(found));
    if (missing && (!field.create || isList)) return node;
    if (depth === path.length - 1) {
      const value = set(missing ? undefined : found);
      return !value || value === found ? node : withEntry(node, name, value);
    }
    const inner = missing ? derivedMap(at) : found;
    const value = walk(inner, depth + 1);
    return value === found ? node : withEntry(node, name, value);
  };
  // A list at the very place is walked into as well, as kustomize does for `containers/env`.
  const result = walk(root, 0);
  return result.kind === 'map' ? result : root;
}
