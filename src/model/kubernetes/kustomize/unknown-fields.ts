import { itemsAt, nodeAt, textAt, type YamlMap, type YamlNode } from '../../../text/yaml.ts';
import { mapScalars, unknownScalar, withEntry } from '../../../text/yaml-tree.ts';
import { readSelector, type Resource, withRoot } from './resource.ts';

/** What is computed in a way that isn't followed here becomes unknown, so that no wrong value is ever told. */

/** Makes every scalar unknown except what the object is. */
export function taintAll(resource: Resource, what: string): Resource {
  const { root } = resource.object;
  let next = root;
  for (const [name, pair] of root.pairs) {
    if (name !== 'apiVersion' && name !== 'kind') next = withEntry(next, name, tainted(pair.value, what));
  }
  return withRoot(resource, { ...next, open: true });
}

function tainted(node: YamlNode, what: string): YamlNode {
  const scalars = mapScalars(node, (scalar) =>
    scalar.unknown ? scalar : { ...unknownScalar(scalar, { why: 'outside', what }), overrides: [scalar] },
  );
  const opened = (inner: YamlNode): YamlNode => {
    if (inner.kind === 'scalar') return inner;
    if (inner.kind === 'sequence') return { ...inner, open: true, items: inner.items.map(opened) };
    const pairs = new Map([...inner.pairs].map(([name, pair]) => [name, { ...pair, value: opened(pair.value) }]));
    return { ...inner, open: true, pairs };
  };
  return opened(scalars);
}

/** `replacements:`: the fields that they write, in every object that a target selects. */
export function taintReplacements(resources: readonly Resource[], replacements: readonly YamlNode[]): Resource[] {
  let all = [...resources];
  for (const target of replacements.flatMap((replacement) => itemsAt(replacement, 'targets'))) {
    const selector = readSelector(nodeAt(target, 'select'));
    const paths = itemsAt(target, 'fieldPaths').flatMap((path) => (path.kind === 'scalar' && !path.unknown ? [fieldSteps(path.text)] : []));
    // Without field paths a replacement writes the name.
    if (paths.length === 0) paths.push(['metadata', 'name']);
    all = all.map((resource) => {
      if (selector && !selector.matches(resource)) return resource;
      const root = paths.reduce<YamlNode>((tree, path) => taintAt(tree, path), resource.object.root);
      return root.kind === 'map' ? withRoot(resource, root) : resource;
    });
  }
  return all;
}

/** `spec.template.spec.containers.[name=x].image`, dots escaped by a backslash. */
function fieldSteps(path: string): string[] {
  const steps = path.match(/\[[^\]]*\]|(?:\\.|[^.[\\])+/g) ?? [];
  return steps.map((step) => step.replaceAll('\\.', '.'));
}

function taintAt(node: YamlNode, [step, ...rest]: readonly string[]): YamlNode {
  if (step === undefined) return tainted(node, 'replacements');
  if (node.kind === 'scalar') return node;
  if (node.kind === 'sequence') {
    const deeper = /^(?:\[.*\]|\*|-|\d+)$/.test(step) ? rest : [step, ...rest];
    return { ...node, open: true, items: node.items.map((item) => taintAt(item, deeper)) };
  }
  if (step === '*') {
    const pairs = new Map([...node.pairs].map(([name, pair]) => [name, { ...pair, value: taintAt(pair.value, rest) }]));
    return { ...node, open: true, pairs };
  }
  // On a map `[key]` is a key that has dots of its own.
  const name = step.replace(/^\[(.*)\]$/, '$1');
  const child = node.pairs.get(name)?.value;
  return child ? withEntry(node, name, taintAt(child, rest)) : { ...node, open: true };
}

/** `vars:`: every text that asks for one of them. */
export function taintVariables(resources: readonly Resource[], names: ReadonlySet<string>): Resource[] {
  if (names.size === 0) return [...resources];
  return resources.map((resource) => {
    const root = mapScalars(resource.object.root, (scalar) => {
      if (scalar.unknown || !scalar.text.includes('$(')) return scalar;
      const asks = [...scalar.text.matchAll(/\$\(([^()]+)\)/g)].some((match) => names.has(match[1] ?? ''));
      return asks ? { ...unknownScalar(scalar, { why: 'outside', what: 'vars' }), overrides: [scalar] } : scalar;
    });
    return withRoot(resource, root as YamlMap);
  });
}

export function variableNames(kustomization: YamlMap): string[] {
  return itemsAt(kustomization, 'vars').flatMap((item) => textAt(item, 'name') ?? []);
}
