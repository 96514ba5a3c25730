import { isNull, textAt, type YamlMap, type YamlNode, type YamlPair, type YamlSequence } from '../../../text/yaml.ts';
import { overriding, withoutEntry } from '../../../text/yaml-tree.ts';
import { podTemplatePath } from '../objects.ts';

/** API versions whose lists have merge keys in kustomize's schema (Kubernetes 1.21); lists of all others are replaced. */
const POD_KINDS: Readonly<Record<string, readonly string[]>> = {
  v1: ['Pod', 'ReplicationController', 'PodTemplate'],
  'apps/v1': ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'],
  'batch/v1': ['Job', 'CronJob'],
  'batch/v1beta1': ['CronJob'],
};
const KNOWN_VERSIONS = new Set(['v1', 'apps/v1', 'batch/v1', 'autoscaling/v1', 'autoscaling/v2beta2', 'networking.k8s.io/v1', 'policy/v1']);

const POD_SPEC_KEYS: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  volumes: ['name'],
  imagePullSecrets: ['name'],
  hostAliases: ['ip'],
  topologySpreadConstraints: ['topologyKey', 'whenUnsatisfiable'],
};
const CONTAINER_KEYS: Readonly<Record<string, readonly string[]>> = {
  env: ['name'],
  ports: ['containerPort', 'protocol'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
};

/** Lists of this object have a schema: what a patch does to them is Kubernetes' own business, not a custom resource's. */
export function hasSchema(apiVersion: string, kind: string): boolean {
  return KNOWN_VERSIONS.has(apiVersion) || (POD_KINDS[apiVersion]?.includes(kind) ?? false);
}

/** Keys by which a list's items are matched; `[]` for a list of words that is united; `undefined`: the list is replaced. */
function mergeKeys(apiVersion: string, kind: string, path: readonly string[]): readonly string[] | undefined {
  if (path[0] === 'metadata' && path.length === 2) {
    if (!KNOWN_VERSIONS.has(apiVersion)) return undefined;
    if (path[1] === 'finalizers') return [];
    if (path[1] === 'ownerReferences') return ['uid'];
    return undefined;
  }
  const joined = path.join('/');
  if (apiVersion === 'v1' && kind === 'Service' && joined === 'spec/ports') return ['port', 'protocol'];
  if (apiVersion === 'v1' && kind === 'ServiceAccount' && joined === 'secrets') return ['name'];
  if (apiVersion.startsWith('admissionregistration.k8s.io/') && joined === 'webhooks') return ['name'];
  if (!POD_KINDS[apiVersion]?.includes(kind)) return undefined;
  const template = kind === 'PodTemplate' ? ['template'] : podTemplatePath(kind);
  if (!template) return undefined;
  const podSpec = [...template, 'spec'];
  if (!podSpec.every((step, index) => path[index] === step)) return undefined;
  const [field, inner, ...deeper] = path.slice(podSpec.length);
  if (field === undefined || deeper.length > 0) return undefined;
  if (inner === undefined) return POD_SPEC_KEYS[field];
  if (field === 'ephemeralContainers' && inner === 'ports') return undefined;
  return /^(?:containers|initContainers|ephemeralContainers)$/.test(field) ? CONTAINER_KEYS[inner] : undefined;
}

/**
 * Applies a strategic-merge patch as kustomize does: maps are merged, `null` deletes, lists with a merge key are merged by it
 * (patched items come first), other lists are replaced; `$patch: delete | replace | merge`.
 * @returns `undefined` when the patch deletes the object
 */
export function strategicMerge(base: YamlMap, patch: YamlMap, apiVersion: string, kind: string): YamlMap | undefined {
  const merged = new Merger(apiVersion, kind).merge(base, patch, []);
  return merged?.kind === 'map' ? merged : undefined;
}

class Merger {
  private readonly apiVersion: string;
  private readonly kind: string;

  constructor(apiVersion: string, kind: string) {
    this.apiVersion = apiVersion;
    this.kind = kind;
  }

  merge(base: YamlNode | undefined, patch: YamlNode, path: readonly string[]): YamlNode | undefined {
    if (patch.kind === 'scalar') return !patch.unknown && isNull(patch) ? undefined : overriding(patch, base);
    if (patch.kind === 'map') return this.mergeMap(base, patch, path);
    return this.mergeList(base, patch, path);
  }

  private mergeMap(base: YamlNode | undefined, patch: YamlMap, path: readonly string[]): YamlNode | undefined {
    const directive = textAt(patch, '$patch');
    if (directive === 'delete') return undefined;
    const bare = withoutEntry(patch, '$patch');
    if (directive === 'replace') return overriding(bare, base);
    const target = base?.kind === 'map' ? base : undefined;
    const pairs = new Map<string, YamlPair>(target?.pairs);
    for (const [name, pair] of bare.pairs) {
      const earlier = pairs.get(name);
      const value = this.merge(earlier?.value, pair.value, [...path, name]);
      if (value) pairs.set(name, { key: earlier?.key ?? pair.key, value });
      else pairs.delete(name);
    }
    if (!target) return overriding({ ...bare, pairs }, base);
    return { ...target, pairs, open: target.open || patch.open };
  }

  private mergeList(base: YamlNode | undefined, patch: YamlSequence, path: readonly string[]): YamlNode | undefined {
    const keys = mergeKeys(this.apiVersion, this.kind, path);
    if (!keys) return overriding(patch, base);
    const directiveItem = patch.items.find((item) => item.kind === 'map' && item.pairs.size === 1 && item.pairs.has('$patch'));
    const directive = textAt(directiveItem, '$patch');
    if (directive === 'delete') return undefined;
    const patchItems = patch.items.filter((item) => item !== directiveItem);
    if (directive === 'replace') return overriding({ ...patch, items: patchItems }, base);
    const baseItems = base?.kind === 'sequence' ? base.items : [];
    const rest = [...baseItems];
    const items: YamlNode[] = [];
    for (const item of patchItems) {
      // An item that says all keys alike goes before one that leaves some out.
      const exact = rest.findIndex((candidate) => keys.length > 1 && keys.every((key) => textAt(candidate, key) === textAt(item, key)));
      const at = exact >= 0 ? exact : rest.findIndex((candidate) => sameItem(candidate, item, keys));
      const [match] = at >= 0 ? rest.splice(at, 1) : [];
      const value = this.merge(match, item, path);
      if (value) items.push(value);
    }
    const list = base?.kind === 'sequence' ? base : patch;
    return { ...list, items: [...items, ...rest], open: list.open || patch.open };
  }
}

/** Items are the same when their keys are equal where both say them, and at least one is said by both. */
function sameItem(a: YamlNode, b: YamlNode, keys: readonly string[]): boolean {
  if (keys.length === 0) return a.kind === 'scalar' && b.kind === 'scalar' && !a.unknown && !b.unknown && a.text === b.text;
  let common = false;
  for (const key of keys) {
    const [x, y] = [textAt(a, key), textAt(b, key)];
    if (x !== undefined && y !== undefined) {
      if (x !== y) return false;
      common = true;
    }
  }
  return common;
}
