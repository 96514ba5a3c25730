import { isNull, type YamlNode } from '../../../text/yaml.ts';
import { derivedScalar, overriding } from '../../../text/yaml-tree.ts';
import { applyFieldSpec, type NameReference, selectsKind } from './field-specs.ts';
import { isClusterScoped, type Resource, sameNamespaceAs, withRoot } from './resource.ts';

/**
 * Rewrites names that refer to objects whose names changed (kustomize's name reference filter). The hash that kustomize
 * appends to generated names is left out on both sides.
 */
export function updateNameReferences(resources: readonly Resource[], references: readonly NameReference[]): Resource[] {
  const renamed = resources.filter((resource) => resource.previous.length > 0);
  if (renamed.length === 0) return [...resources];
  return resources.map((resource) => {
    let current = resource;
    const { apiVersion } = resource.object;
    const kind = resource.previous[0]?.kind ?? resource.object.kind;
    for (const reference of references) {
      for (const field of reference.fields) {
        if (!selectsKind(field, apiVersion, kind)) continue;
        const root = applyFieldSpec(
          current.object.root,
          { ...field, create: false },
          (node) => renameAll(node, reference, resource, renamed),
          resource.object.root,
        );
        current = withRoot(current, root);
      }
    }
    return current;
  });
}

function renameAll(
  node: YamlNode | undefined,
  to: NameReference,
  referrer: Resource,
  candidates: readonly Resource[],
): YamlNode | undefined {
  if (node?.kind === 'sequence') {
    return {
      ...node,
      items: node.items.map((item) => (item.kind === 'scalar' ? (renameAll(item, to, referrer, candidates) ?? item) : item)),
    };
  }
  if (node?.kind !== 'scalar' || node.unknown || isNull(node)) return node;
  const name = referralName(node.text, to, referrer, candidates);
  return name === undefined || name === node.text ? node : overriding(derivedScalar(node, name), node);
}

function referralName(oldName: string, to: NameReference, referrer: Resource, candidates: readonly Resource[]): string | undefined {
  const outside = isClusterScoped(referrer.object.apiVersion, referrer.object.kind);
  let fitting = candidates.filter(
    (candidate) =>
      candidate.previous.some((id) => id.name === oldName) &&
      candidate.previous.some((id) => selectsKind(to, candidate.object.apiVersion, id.kind)) &&
      (outside || isClusterScoped(candidate.object.apiVersion, candidate.object.kind) || sameNamespaceAs(candidate, referrer)),
  );
  if (fitting.length > 1) fitting = fitting.filter((candidate) => sameAffixes(candidate, referrer, true));
  if (fitting.length > 1) fitting = fitting.filter((candidate) => sameAffixes(candidate, referrer, false));
  const [first] = fitting;
  return fitting.every((candidate) => candidate.object.name === first?.object.name) ? first?.object.name : undefined;
}

function sameAffixes(a: Resource, b: Resource, emptyFits: boolean): boolean {
  const same = (x: readonly string[], y: readonly string[]): boolean => {
    if (emptyFits && (x.length === 0 || y.length === 0)) return true;
    const length = Math.min(x.length, y.length);
    if (!emptyFits && (x.length === 0) !== (y.length === 0)) return false;
    for (let n = 1; n <= length; n++) if (x.at(-n) !== y.at(-n)) return false;
    return true;
  };
  return same(a.prefixes, b.prefixes) && same(a.suffixes, b.suffixes);
}
