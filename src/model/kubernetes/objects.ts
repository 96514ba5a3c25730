import type { SourceFile } from '../../text/source.ts';
import { itemsAt, mapAt, scalarAt, textAt, type YamlMap, type YamlNode, type YamlScalar } from '../../text/yaml.ts';

/** A Kubernetes object as a tree with positions: as written, or as a kustomization or a chart makes it. */
export interface KubeObject {
  /** `apps/v1`, `v1`. */
  readonly apiVersion: string;
  readonly kind: string;
  /** `undefined`: templated, generated or missing. Two such names are never equal. */
  readonly name: string | undefined;
  /** `''` where the object names none; `undefined` when templated. */
  readonly namespace: string | undefined;
  readonly root: YamlMap;
  /** The file in which the object was first written: for a patched object, the base's. */
  readonly file: SourceFile;
  /** It came out of a chart's template, so it may be under an `if`. */
  readonly templated: boolean;
}

export const WORKLOAD_KINDS: ReadonlySet<string> = new Set([
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'ReplicationController',
  'Job',
  'CronJob',
  'Pod',
  'Rollout',
]);

/** Kinds whose objects a rule or a join reads. A document of any other kind is never parsed. */
export const RELEVANT_KINDS: ReadonlySet<string> = new Set([
  ...WORKLOAD_KINDS,
  'Service',
  'ServiceAccount',
  'Namespace',
  'ConfigMap',
  'Secret',
  'List',
  'Kustomization',
  'Component',
  'HorizontalPodAutoscaler',
  'ScaledObject',
  'Ingress',
  'HTTPRoute',
  'GRPCRoute',
  'TCPRoute',
  'TLSRoute',
  'UDPRoute',
  'GatewayClass',
  'Gateway',
  'KongPlugin',
  'KongClusterPlugin',
  'KongIngress',
  'KongConsumer',
  'KongUpstreamPolicy',
  'TCPIngress',
  'UDPIngress',
  'DataPlane',
  'ControlPlane',
  'GatewayConfiguration',
  'DestinationRule',
  'ServiceEntry',
  'VirtualService',
  'EnvoyFilter',
  'Sidecar',
  'ProxyConfig',
  'PeerAuthentication',
  'IstioOperator',
  'Istio',
  'Telemetry',
  'WorkloadEntry',
  'Application',
  'ApplicationSet',
  'HelmRelease',
  'HelmChartInflationGenerator',
  'Config',
]);

/** Whether a document of this kind is read: one of the kinds above, or a list of one (`DeploymentList`). */
export function isRelevantKind(kind: string): boolean {
  return RELEVANT_KINDS.has(kind) || RELEVANT_KINDS.has(itemKind(kind) ?? '');
}

/** `Deployment` for `DeploymentList`. */
function itemKind(kind: string): string | undefined {
  return kind.length > 4 && kind.endsWith('List') ? kind.slice(0, -4) : undefined;
}

/** The objects of a document: one, or the items of a List. Anything that is not an object gives none. */
export function readObjects(file: SourceFile, root: YamlNode | undefined, templated: boolean): KubeObject[] {
  return objectsIn(file, root, templated, undefined, undefined);
}

/** The items of a typed list need not say what they are: the API server leaves kind and version out of them. */
function objectsIn(
  file: SourceFile,
  root: YamlNode | undefined,
  templated: boolean,
  listedKind: string | undefined,
  listedVersion: string | undefined,
): KubeObject[] {
  if (root?.kind !== 'map') return [];
  const kind = textAt(root, 'kind') ?? (root.pairs.has('kind') ? undefined : listedKind);
  const apiVersion = textAt(root, 'apiVersion') ?? (root.pairs.has('apiVersion') ? undefined : listedVersion);
  if (kind === undefined || apiVersion === undefined) return [];
  if (kind === 'List' || (kind.endsWith('List') && root.pairs.has('items'))) {
    const listed = itemKind(kind);
    return itemsAt(root, 'items').flatMap((item) => objectsIn(file, item, templated, listed, listed && apiVersion));
  }
  return [kubeObject(file, root, apiVersion, kind, templated)];
}

export function kubeObject(file: SourceFile, root: YamlMap, apiVersion: string, kind: string, templated: boolean): KubeObject {
  const name = textAt(root, 'metadata', 'name');
  const namespaceScalar = scalarAt(root, 'metadata', 'namespace');
  const namespace = namespaceScalar?.unknown ? undefined : (textAt(root, 'metadata', 'namespace') ?? '');
  return { apiVersion, kind, name, namespace, root, file, templated };
}

/** `kind/namespace/name`, or `undefined` when one of them isn't known. */
export function identityOf(object: KubeObject): string | undefined {
  if (object.name === undefined || object.namespace === undefined) return undefined;
  return `${object.kind}/${object.namespace}/${object.name}`;
}

export function annotationsOf(object: KubeObject): YamlMap | undefined {
  return mapAt(object.root, 'metadata', 'annotations');
}

export function labelsOf(object: KubeObject): YamlMap | undefined {
  return mapAt(object.root, 'metadata', 'labels');
}

/** Key paths from an object's root to its pod template, by kind. A Pod is its own template. */
export function podTemplatePath(kind: string): readonly string[] | undefined {
  if (kind === 'Pod') return [];
  if (kind === 'CronJob') return ['spec', 'jobTemplate', 'spec', 'template'];
  if (WORKLOAD_KINDS.has(kind)) return ['spec', 'template'];
  return undefined;
}

export interface PodTemplate {
  readonly workload: KubeObject;
  /** Holds `metadata` and `spec`. */
  readonly root: YamlMap;
  readonly spec: YamlMap;
  readonly annotations: YamlMap | undefined;
  readonly labels: YamlMap | undefined;
}

export function podTemplateOf(object: KubeObject): PodTemplate | undefined {
  const path = podTemplatePath(object.kind);
  if (!path) return undefined;
  const root = mapAt(object.root, ...path);
  const spec = mapAt(root, 'spec');
  if (!root || !spec) return undefined;
  return { workload: object, root, spec, annotations: mapAt(root, 'metadata', 'annotations'), labels: mapAt(root, 'metadata', 'labels') };
}

/** The scalar of an annotation or label, known or not. */
export function entryOf(map: YamlMap | undefined, key: string): YamlScalar | undefined {
  return scalarAt(map, key);
}
