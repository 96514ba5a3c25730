import type { KubeObject } from '../../model/kubernetes/objects.ts';
import { objectsOfKind, type Unit } from '../../model/unit.ts';
import { parseEmbeddedYaml } from '../../text/embedded.ts';
import { oncePer } from '../../text/once.ts';
import type { SourceFile } from '../../text/source.ts';
import { itemsAt, mapAt, nodeAt, type YamlMap, type YamlNode } from '../../text/yaml.ts';
import type { ParsedFile } from '../../workspace/parsed-file.ts';

/** A declarative configuration (decK, `kong.yml` of a Kong without database): a file, or a ConfigMap's entry. */
export interface DeclaredConfig {
  readonly root: YamlMap;
  readonly file: SourceFile;
}

export const declaredConfigs = oncePer((unit: Unit): readonly DeclaredConfig[] => [
  ...unit.files.flatMap(inFile),
  ...objectsOfKind(unit, 'ConfigMap').flatMap(inConfigMap),
]);

const inFile = oncePer((parsed: ParsedFile): readonly DeclaredConfig[] =>
  documentRoots(parsed).flatMap((root) => (root.pairs.has('_format_version') ? [{ root, file: parsed.file }] : [])),
);

const inConfigMap = oncePer((object: KubeObject): readonly DeclaredConfig[] =>
  [...(mapAt(object.root, 'data')?.pairs ?? [])].flatMap(([key, { value }]) => {
    if (value.kind !== 'scalar' || !/\.(?:ya?ml|json)$/.test(key) || !value.text.includes('_format_version')) return [];
    const root = parseEmbeddedYaml(value);
    return root?.kind === 'map' && root.pairs.has('_format_version') ? [{ root, file: object.file }] : [];
  }),
);

function documentRoots(parsed: ParsedFile): YamlMap[] {
  return parsed.format === 'yaml' ? parsed.documents.flatMap(({ root }) => (root?.kind === 'map' ? [root] : [])) : [];
}

/** All entities of a kind in a declarative configuration, at the top and nested below others (`services[].routes[].plugins`). */
export function entitiesOf(root: YamlMap, kind: 'routes' | 'plugins'): readonly YamlMap[] {
  return entities(root)[kind];
}

const entities = oncePer((root: YamlMap): { readonly routes: readonly YamlMap[]; readonly plugins: readonly YamlMap[] } => {
  const found: { routes: YamlMap[]; plugins: YamlMap[] } = { routes: [], plugins: [] };
  const visit = (node: YamlMap): void => {
    for (const key of ['services', 'routes', 'consumers', 'consumer_groups', 'plugins', 'workspaces']) {
      for (const item of itemsAt(node, key)) {
        if (item.kind !== 'map') continue;
        if (key === 'routes' || key === 'plugins') found[key].push(item);
        visit(item);
      }
    }
  };
  visit(root);
  return found;
});

/** What only a Kong before 1.0 has: an `apis:` list. */
export function oldApis(unit: Unit): YamlNode | undefined {
  for (const root of unit.files.flatMap(documentRoots)) {
    const apis = nodeAt(root, 'apis');
    if (apis?.kind === 'sequence' && apis.items.length > 0) return root.pairs.get('apis')?.key;
  }
  return undefined;
}
