import type { SourceFile } from '../../../text/source.ts';
import { textAt, type YamlMap, type YamlNode } from '../../../text/yaml.ts';
import { annotationsOf, type KubeObject, kubeObject, labelsOf } from '../objects.ts';

/** What identified an object before a step renamed or moved it. */
export interface PreviousId {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
}

/** An object on its way through a kustomization. `previous` has the oldest first; what never changed has none. */
export interface Resource {
  readonly object: KubeObject;
  readonly previous: readonly PreviousId[];
  readonly prefixes: readonly string[];
  readonly suffixes: readonly string[];
}

export interface Identity {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
}

export interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

export function groupVersion(apiVersion: string): GroupVersion {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? { group: '', version: apiVersion } : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

export function resourceOf(object: KubeObject): Resource {
  return { object, previous: [], prefixes: [], suffixes: [] };
}

/** The same resource with another tree; its name and namespace are read anew. */
export function withRoot(resource: Resource, root: YamlMap): Resource {
  const { object } = resource;
  if (root === object.root) return resource;
  const apiVersion = textAt(root, 'apiVersion') ?? object.apiVersion;
  const kind = textAt(root, 'kind') ?? object.kind;
  return { ...resource, object: kubeObject(object.file as SourceFile, root, apiVersion, kind, object.templated) };
}

/** Remembers the present identity, so that patches and references may still use it. */
export function rememberingId(resource: Resource): Resource {
  const { kind, name, namespace } = resource.object;
  if (name === undefined || namespace === undefined) return resource;
  return { ...resource, previous: [...resource.previous, { kind, name, namespace }] };
}

/** Kinds of Kubernetes' own API that stand outside namespaces (kyaml/openapi, precomputedIsNamespaceScoped). */
const CLUSTER_SCOPED: Readonly<Record<string, readonly string[]>> = {
  '': ['ComponentStatus', 'Namespace', 'Node', 'NodeProxyOptions', 'PersistentVolume'],
  'admissionregistration.k8s.io': ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'],
  'apiextensions.k8s.io': ['CustomResourceDefinition'],
  'apiregistration.k8s.io': ['APIService'],
  'certificates.k8s.io': ['CertificateSigningRequest'],
  'flowcontrol.apiserver.k8s.io': ['FlowSchema', 'PriorityLevelConfiguration'],
  'networking.k8s.io': ['IngressClass'],
  'node.k8s.io': ['RuntimeClass'],
  policy: ['PodSecurityPolicy'],
  'rbac.authorization.k8s.io': ['ClusterRole', 'ClusterRoleBinding'],
  'scheduling.k8s.io': ['PriorityClass'],
  'storage.k8s.io': ['CSIDriver', 'CSINode', 'StorageClass', 'VolumeAttachment'],
};

/** Custom resources count as namespaced, as kustomize counts them. */
export function isClusterScoped(apiVersion: string, kind: string): boolean {
  return CLUSTER_SCOPED[groupVersion(apiVersion).group]?.includes(kind) ?? false;
}

function effectiveNamespace(namespace: string): string {
  return namespace === '' ? 'default' : namespace;
}

/** Namespaces compare with '' as `default`; objects outside namespaces are all in the same place. */
export function sameNamespaceAs(a: Resource, b: Resource): boolean {
  const [x, y] = [a.object, b.object];
  const [xCluster, yCluster] = [isClusterScoped(x.apiVersion, x.kind), isClusterScoped(y.apiVersion, y.kind)];
  if (xCluster || yCluster) return xCluster && yCluster;
  return x.namespace !== undefined && y.namespace !== undefined && effectiveNamespace(x.namespace) === effectiveNamespace(y.namespace);
}

/** All identities an object has had, the present one last. */
function identities(resource: Resource): Identity[] {
  const { apiVersion, kind, name, namespace } = resource.object;
  const all = resource.previous.map((id) => ({ apiVersion, ...id }));
  if (name !== undefined && namespace !== undefined) all.push({ apiVersion, kind, name, namespace });
  return all;
}

/** The resource had or has this identity: a patch may name it by either. */
export function hasIdentity(resource: Resource, id: Identity): boolean {
  const cluster = isClusterScoped(id.apiVersion, id.kind);
  return identities(resource).some(
    (own) =>
      own.apiVersion === id.apiVersion &&
      own.kind === id.kind &&
      own.name === id.name &&
      (cluster || effectiveNamespace(own.namespace) === effectiveNamespace(id.namespace)),
  );
}

export function hasOrHadName(resource: Resource, name: string): boolean {
  return identities(resource).some((id) => id.name === name);
}

export interface Selector {
  readonly matches: (resource: Resource) => boolean;
}

/**
 * A kustomize selector: group, version, kind, name and namespace are anchored regular expressions (Go's RE2), label and
 * annotation selectors have Kubernetes' syntax. `undefined`: it can't be read, so what it selects is not known.
 */
export function readSelector(target: YamlNode | undefined): Selector | undefined {
  const pattern = (field: string): RegExp | undefined | false => {
    const text = textAt(target, field);
    if (text === undefined || text === '') return undefined;
    try {
      return new RegExp(`^(?:${text})$`, 'u');
    } catch {
      return false;
    }
  };
  const fields = ['group', 'version', 'kind', 'name', 'namespace'] as const;
  const patterns = new Map<string, RegExp>();
  for (const field of fields) {
    const read = pattern(field);
    if (read === false) return undefined;
    if (read) patterns.set(field, read);
  }
  const labels = readLabelSelector(textAt(target, 'labelSelector') ?? '');
  const annotations = readLabelSelector(textAt(target, 'annotationSelector') ?? '');
  if (!labels || !annotations) return undefined;
  const fits = (field: (typeof fields)[number], ...texts: readonly (string | undefined)[]): boolean => {
    const read = patterns.get(field);
    return !read || texts.some((text) => text !== undefined && read.test(text));
  };
  return {
    matches: (resource) => {
      const { object, previous } = resource;
      const { group, version } = groupVersion(object.apiVersion);
      const original = previous[0] ?? object;
      return (
        fits('group', group) &&
        fits('version', version) &&
        fits('kind', object.kind) &&
        fits('name', original.name, object.name) &&
        fits('namespace', placeOf(object, original.namespace), placeOf(object, object.namespace)) &&
        labels(labelsOf(object)) &&
        annotations(annotationsOf(object))
      );
    },
  };
}

function placeOf(object: KubeObject, namespace: string | undefined): string | undefined {
  if (isClusterScoped(object.apiVersion, object.kind)) return '_non_namespaceable_';
  return namespace === undefined ? undefined : effectiveNamespace(namespace);
}

type LabelTest = (labels: YamlMap | undefined) => boolean;

/** `a=b,c!=d,e in (f, g),h notin (i),j,!k` (Kubernetes' label selector grammar, without the numeric comparisons). */
function readLabelSelector(text: string): LabelTest | undefined {
  const tests: LabelTest[] = [];
  const part = /\s*(?:(!)?\s*([\w./-]+)\s*(?:(==|=|!=)\s*([\w./-]*)|\s(in|notin)\s*\(([^)]*)\))?)\s*(?:,|$)/y;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (!match) return undefined;
    const [, not, key = '', operator, value = '', set, members = ''] = match;
    if (not && (operator || set)) return undefined;
    const wanted = set ? members.split(',').map((member) => member.trim()) : [value];
    const negative = operator === '!=' || set === 'notin';
    tests.push((labels) => {
      const has = labels?.pairs.has(key) ?? false;
      if (!operator && !set) return not ? !has : has;
      const found = wanted.includes(textAt(labels, key) ?? '\u0000');
      return negative ? !found : has && found;
    });
  }
  return (labels) => tests.every((test) => test(labels));
}
