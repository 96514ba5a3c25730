import type { Unit } from '../../model/unit.ts';
import { parseEmbeddedYaml } from '../../text/embedded.ts';
import type { SourceFile } from '../../text/source.ts';
import { itemsAt, mapAt, nodeAt, type YamlMap, type YamlNode } from '../../text/yaml.ts';

/** A declarative configuration (decK, `kong.yml` of a Kong without database): a file, or a ConfigMap's entry. */
export interface DeclaredConfig {
  readonly root: YamlMap;
  readonly file: SourceFile;
}

const memo = new WeakMap<Unit, readonly DeclaredConfig[]>();

export function declaredConfigs(unit: Unit): readonly DeclaredConfig[] {
  const known = memo.get(unit);
  if (known) return known;
  const made = [...documentRoots(unit), ...configMapRoots(unit)].filter(({ root }) => root.pairs.has('_format_version'));
  memo.set(unit, made);
  return made;
}

function documentRoots(unit: Unit): DeclaredConfig[] {
  return unit.files.flatMap((parsed) =>
    parsed.format === 'yaml' ? parsed.documents.flatMap(({ root }) => (root?.kind === 'map' ? [{ root, file: parsed.file }] : [])) : [],
  );
}

function configMapRoots(unit: Unit): DeclaredConfig[] {
  return unit.objects.flatMap((object) => {
    if (object.kind !== 'ConfigMap') return [];
    return [...(mapAt(object.root, 'data')?.pairs ?? [])].flatMap(([key, { value }]) => {
      if (value.kind !== 'scalar' || !/\.(?:ya?ml|json)$/.test(key) || !value.text.includes('_format_version')) return [];
      const root = parseEmbeddedYaml(value);
      return root?.kind === 'map' ? [{ root, file: object.file }] : [];
    });
  });
}

/** All entities of a kind in a declarative configuration, at the top and nested below others (`services[].routes[].plugins`). */
export function entitiesOf(root: YamlNode, kind: 'routes' | 'plugins'): YamlMap[] {
  const found: YamlMap[] = [];
  const visit = (node: YamlNode, depth: number): void => {
    if (node.kind !== 'map' || depth > 4) return;
    for (const key of ['services', 'routes', 'consumers', 'consumer_groups', 'plugins', 'workspaces']) {
      for (const item of itemsAt(node, key)) {
        if (item.kind !== 'map') continue;
        if (key === kind) found.push(item);
        if (key !== 'plugins') visit(item, depth + 1);
      }
    }
  };
  visit(root, 0);
  return found;
}

/** What only a Kong before 1.0 has: an `apis:` list. */
export function oldApis(unit: Unit): YamlNode | undefined {
  for (const { root } of documentRoots(unit)) {
    const apis = nodeAt(root, 'apis');
    if (apis?.kind === 'sequence' && apis.items.length > 0) return root.pairs.get('apis')?.key;
  }
  return undefined;
}
