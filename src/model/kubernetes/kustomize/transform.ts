import { isNull, itemsAt, mapAt, scalarAt, textAt, type YamlMap, type YamlNode, type YamlScalar } from '../../../text/yaml.ts';
import { derivedMap, derivedScalar, overriding, unknownScalar, withEntry, withNodeAt } from '../../../text/yaml-tree.ts';
import { applyFieldSpec, type FieldSpec, selectsKind, type TransformerConfig } from './field-specs.ts';
import { hasOrHadName, isClusterScoped, type Resource, rememberingId, withRoot } from './resource.ts';

/** `namespace:` moves every object that lives in a namespace, and renames a Namespace object. */
export function setNamespace(resources: readonly Resource[], namespace: YamlScalar, config: TransformerConfig): Resource[] {
  const fields = config.namespace.filter((field) => field.path !== 'metadata/namespace');
  const value = (earlier: YamlNode | undefined): YamlNode => overriding(namespace, earlier);
  return resources.map((resource) => {
    const { apiVersion, kind, root } = resource.object;
    const inNamespace = !isClusterScoped(apiVersion, kind);
    let next = inNamespace ? withNodeAt(root, ['metadata', 'namespace'], value, namespace) : root;
    for (const field of fields) {
      if (field.path === 'metadata/name' && apiVersion !== 'v1') continue;
      if (selectsKind(field, apiVersion, kind)) next = applyFieldSpec(next, field, value, namespace);
    }
    return withRoot(rememberingId(resource), next);
  });
}

/** Kinds whose names kustomize leaves alone. */
function keepsName(apiVersion: string, kind: string): boolean {
  return (
    kind === 'CustomResourceDefinition' ||
    kind === 'Namespace' ||
    (kind === 'APIService' && apiVersion.startsWith('apiregistration.k8s.io/'))
  );
}

/** `namePrefix:` or `nameSuffix:`. The new name stands where the old one is written. */
export function affixNames(resources: readonly Resource[], affix: YamlScalar, end: 'prefix' | 'suffix'): Resource[] {
  return resources.map((resource) => {
    const original = resource.previous[0];
    if (keepsName(resource.object.apiVersion, original?.kind ?? resource.object.kind)) return resource;
    const named = rememberingId(
      end === 'prefix'
        ? { ...resource, prefixes: [...resource.prefixes, affix.text] }
        : { ...resource, suffixes: [...resource.suffixes, affix.text] },
    );
    const name = scalarAt(named.object.root, 'metadata', 'name');
    if (!name || name.unknown) return named;
    const text = end === 'prefix' ? affix.text + name.text : name.text + affix.text;
    const renamed = affix.unknown ? unknownScalar(name, affix.unknown) : derivedScalar(name, text);
    return withRoot(
      named,
      withNodeAt(named.object.root, ['metadata', 'name'], () => overriding(renamed, name), name),
    );
  });
}

function setEntries(resources: readonly Resource[], entries: YamlMap, fields: readonly FieldSpec[]): Resource[] {
  const set = (node: YamlNode | undefined): YamlNode | undefined => {
    if (node && node.kind !== 'map') return node;
    let map = node ?? derivedMap(entries);
    for (const [name, pair] of entries.pairs) map = withEntry(map, name, overriding(pair.value, map.pairs.get(name)?.value), pair.key);
    return map;
  };
  return resources.map((resource) => {
    const { apiVersion, kind } = resource.object;
    let { root } = resource.object;
    const seen = new Set<string>();
    for (const field of fields) {
      if (seen.has(field.path) || !selectsKind(field, apiVersion, kind)) continue;
      seen.add(field.path);
      root = applyFieldSpec(root, field, set, entries);
    }
    return withRoot(resource, root);
  });
}

/** `labels:` and `commonLabels:`; only the latter and `includeSelectors` reach selectors. */
export function setLabels(resources: readonly Resource[], kustomization: YamlMap, config: TransformerConfig): Resource[] {
  let all = [...resources];
  const metadata: FieldSpec = { path: 'metadata/labels', create: true };
  for (const entry of itemsAt(kustomization, 'labels')) {
    const pairs = mapAt(entry, 'pairs');
    if (!pairs) continue;
    const fields = [...readFieldSpecs(entry, 'fields'), ...config.labels];
    if (textAt(entry, 'includeSelectors') === 'true') fields.push(...config.commonLabels);
    else if (textAt(entry, 'includeTemplates') === 'true') fields.push(...config.templateLabels, metadata);
    else fields.push(metadata);
    all = setEntries(all, pairs, fields);
  }
  const common = mapAt(kustomization, 'commonLabels');
  return common ? setEntries(all, common, config.commonLabels) : all;
}

export function setAnnotations(resources: readonly Resource[], kustomization: YamlMap, config: TransformerConfig): Resource[] {
  const common = mapAt(kustomization, 'commonAnnotations');
  return common ? setEntries(resources, common, config.commonAnnotations) : [...resources];
}

/** The field specs of a list, as `configurations:` files and `labels[].fields` write them. */
export function readFieldSpecs(node: YamlNode | undefined, key: string): FieldSpec[] {
  return itemsAt(node, key).flatMap((item) => {
    const path = textAt(item, 'path');
    if (path === undefined) return [];
    const of = (name: string): string | undefined => textAt(item, name);
    return [{ path, create: of('create') === 'true', group: of('group'), version: of('version'), kind: of('kind') }];
  });
}

/** `replicas:` sets the count of workloads by name, present or former. */
export function setReplicas(resources: readonly Resource[], kustomization: YamlMap, config: TransformerConfig): Resource[] {
  let all = [...resources];
  for (const entry of itemsAt(kustomization, 'replicas')) {
    const name = textAt(entry, 'name');
    const count = scalarAt(entry, 'count');
    if (name === undefined || !count) continue;
    all = all.map((resource) => {
      const { apiVersion, kind, root } = resource.object;
      const fields = config.replicas.filter((field) => selectsKind(field, apiVersion, kind));
      if (fields.length === 0 || !hasOrHadName(resource, name)) return resource;
      return withRoot(
        resource,
        fields.reduce((tree, field) => applyFieldSpec(tree, field, (earlier) => overriding(count, earlier), count), root),
      );
    });
  }
  return all;
}

interface ImageChange {
  readonly pattern: RegExp;
  readonly at: YamlScalar;
  readonly newName: YamlScalar | undefined;
  readonly newTag: YamlScalar | undefined;
  readonly digest: YamlScalar | undefined;
  readonly tagSuffix: YamlScalar | undefined;
}

/** `images:` renames and retags. The new image stands at the tag (else digest, else name) that the kustomization gives. */
export function setImages(resources: readonly Resource[], kustomization: YamlMap, config: TransformerConfig): Resource[] {
  let all = [...resources];
  for (const entry of [...itemsAt(kustomization, 'images'), ...itemsAt(kustomization, 'imageTags')]) {
    const change = readImageChange(entry);
    if (!change) continue;
    all = all.map((resource) => {
      const { root, kind, apiVersion } = resource.object;
      if (kind === 'CustomResourceDefinition') return resource;
      let next = changeContainers(root, change);
      for (const field of config.images) {
        if (selectsKind(field, apiVersion, kind)) next = applyFieldSpec(next, field, (node) => changeImage(node, change), change.at);
      }
      return next.kind === 'map' ? withRoot(resource, next) : resource;
    });
  }
  return all;
}

function readImageChange(entry: YamlNode): ImageChange | undefined {
  const name = textAt(entry, 'name');
  const set = (key: string): YamlScalar | undefined => {
    const scalar = scalarAt(entry, key);
    return scalar && (scalar.unknown || (!isNull(scalar) && scalar.text !== '')) ? scalar : undefined;
  };
  const [newName, newTag, digest, tagSuffix] = [set('newName'), set('newTag'), set('digest'), set('tagSuffix')];
  const at = newTag ?? digest ?? tagSuffix ?? newName;
  if (name === undefined || !at) return undefined;
  try {
    const pattern = new RegExp(`^${name}(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$`);
    return { pattern, at, newName, newTag, digest, tagSuffix };
  } catch {
    return undefined;
  }
}

/** Images of any `containers` or `initContainers` list, also in custom resources. */
function changeContainers(node: YamlMap, change: ImageChange): YamlMap;
function changeContainers(node: YamlNode, change: ImageChange): YamlNode;
function changeContainers(node: YamlNode, change: ImageChange): YamlNode {
  if (node.kind === 'scalar') return node;
  if (node.kind === 'sequence') {
    const items = node.items.map((item) => changeContainers(item, change));
    return items.every((item, index) => item === node.items[index]) ? node : { ...node, items };
  }
  let map = node;
  for (const [name, pair] of node.pairs) {
    let value = changeContainers(pair.value, change);
    if ((name === 'containers' || name === 'initContainers') && value.kind === 'sequence') {
      const items = value.items.map((item) => {
        const image = scalarAt(item, 'image');
        const changed = changeImage(image, change);
        return item.kind === 'map' && changed && changed !== image ? withEntry(item, 'image', changed) : item;
      });
      value = { ...value, items };
    }
    if (value !== pair.value) map = withEntry(map, name, value);
  }
  return map;
}

function changeImage(image: YamlNode | undefined, change: ImageChange): YamlNode | undefined {
  if (image?.kind !== 'scalar' || image.unknown || !change.pattern.test(image.text)) return image;
  const { newName, newTag, digest, tagSuffix } = change;
  const unknown = (newName ?? newTag)?.unknown ?? newTag?.unknown ?? digest?.unknown ?? tagSuffix?.unknown;
  if (unknown) return overriding(unknownScalar(change.at, unknown), image);
  const parts = splitImage(image.text);
  const name = newName?.text ?? parts.name;
  let { tag, digest: pinned } = parts;
  if (newTag || digest) {
    tag = newTag?.text ?? '';
    pinned = digest?.text ?? '';
  } else if (tagSuffix) {
    tag += tagSuffix.text;
    pinned = '';
  }
  const text = `${name}${tag === '' ? '' : `:${tag}`}${pinned === '' ? '' : `@${pinned}`}`;
  return text === image.text ? image : overriding(derivedScalar(change.at, text), image);
}

function splitImage(image: string): { name: string; tag: string; digest: string } {
  const slash = Math.max(image.indexOf('/'), 0);
  const at = image.indexOf('@', slash);
  const colon = image.indexOf(':', slash);
  const nameEnd = colon >= 0 && (at < 0 || colon < at) ? colon : at >= 0 ? at : image.length;
  return {
    name: image.slice(0, nameEnd),
    tag: nameEnd === colon ? image.slice(colon + 1, at < 0 ? image.length : at) : '',
    digest: at < 0 ? '' : image.slice(at + 1),
  };
}
