import { oncePer } from '../../text/once.ts';
import type { Change } from '../../fixes/change.ts';
import { isNull, nodeAt, scalarAt, textAt, type YamlMap, type YamlNode, type YamlScalar } from '../../text/yaml.ts';
import type { Container, EnvironmentVariable } from '../container.ts';
import { parseMemoryMiB, parseQuantity } from '../quantity.ts';
import { known, mapValue, type Value } from '../value.ts';
import { scalarValue, words } from './kubernetes.ts';

/** Keys under which charts take environment variables, as a map or as Kubernetes' own list. */
const ENV_KEYS = ['env', 'extraEnv', 'extraEnvVars', 'envVars', 'environment', 'customEnv'] as const;
const MAX_DEPTH = 8;

/**
 * The containers that a values file describes: every map with one of the usual `env` keys. The chart decides what it does with the
 * rest, so other variables may be set too.
 */
export const valuesContainers = oncePer((values: YamlMap): readonly Container[] => {
  const containers: Container[] = [];
  const visit = (map: YamlMap, name: string, depth: number): void => {
    const variables = new Map<string, EnvironmentVariable>();
    let adder: ((variable: string, text: string) => readonly Change[]) | undefined;
    for (const key of ENV_KEYS) {
      const node = nodeAt(map, key);
      for (const variable of readVariables(node)) variables.set(variable.name, variable);
      adder ??= addTo(node);
    }
    if (variables.size > 0) containers.push(container(map, name, variables, adder));
    if (depth >= MAX_DEPTH) return;
    for (const [key, pair] of map.pairs) {
      if (pair.value.kind === 'map' && !(ENV_KEYS as readonly string[]).includes(key)) visit(pair.value, key, depth + 1);
    }
  };
  visit(values, '', 0);
  return containers;
});

function container(
  map: YamlMap,
  name: string,
  variables: ReadonlyMap<string, EnvironmentVariable>,
  add: ((name: string, text: string) => readonly Change[]) | undefined,
): Container {
  const quantity = (read: (text: string) => number | undefined, ...path: string[]): Value<number> | undefined => {
    const value = scalarValue(scalarAt(map, 'resources', 'limits', ...path), 'values');
    return value && mapValue(value, read);
  };
  return {
    surface: 'helm-values',
    name,
    workload: undefined,
    pod: undefined,
    init: false,
    node: map,
    image: imageOf(map),
    env: { variables, unseen: ['chart'], add },
    args: words(nodeAt(map, 'args')),
    memoryLimitMiB: quantity(parseMemoryMiB, 'memory'),
    cpuLimitCores: quantity(parseQuantity, 'cpu'),
    at: [...variables.values()][0]?.nameAt ?? map,
  };
}

/** `image: repo:tag`, or the usual map of `repository` and `tag`. */
function imageOf(map: YamlMap): Value<string> | undefined {
  const image = nodeAt(map, 'image');
  if (image?.kind === 'scalar' && !isNull(image)) return scalarValue(image, 'values');
  const repository = textAt(image, 'repository');
  const tag = scalarAt(image, 'tag');
  if (repository === undefined) return undefined;
  const registry = textAt(image, 'registry');
  const path = registry ? `${registry}/${repository}` : repository;
  const text = tag && !tag.unknown && !isNull(tag) && tag.text !== '' ? `${path}:${tag.text}` : path;
  return known(text, 'values', tag ?? scalarAt(image, 'repository'));
}

function readVariables(node: YamlNode | undefined): EnvironmentVariable[] {
  if (node?.kind === 'map') {
    return [...node.pairs].flatMap(([name, pair]): EnvironmentVariable[] => {
      const scalar = pair.value.kind === 'scalar' ? pair.value : scalarAt(pair.value, 'value');
      if (!scalar || isNull(scalar)) return [];
      return [
        {
          name,
          nameAt: pair.key,
          value: scalarValue(scalar, 'values') ?? known('', 'values', scalar),
          node: scalar,
          set: setScalar(scalar),
          rename: (to) => [{ change: 'rename-key', map: node, key: name, to }],
          remove: () => [{ change: 'remove-entry', map: node, path: [name] }],
        },
      ];
    });
  }
  if (node?.kind !== 'sequence') return [];
  return node.items.flatMap((item): EnvironmentVariable[] => {
    const nameScalar = scalarAt(item, 'name');
    const scalar = scalarAt(item, 'value');
    if (!nameScalar || nameScalar.unknown || !scalar) return [];
    return [
      {
        name: nameScalar.text,
        nameAt: nameScalar,
        value: scalarValue(scalar, 'values') ?? known('', 'values', scalar),
        node: item,
        set: setScalar(scalar),
        rename: (to) => [{ change: 'set-scalar', scalar: nameScalar, text: to }],
        remove: () => [{ change: 'remove-item', sequence: node, item }],
      },
    ];
  });
}

function setScalar(scalar: YamlScalar): (text: string) => readonly Change[] {
  return (text) => [{ change: 'set-scalar', scalar, text, asString: true }];
}

function addTo(node: YamlNode | undefined): ((name: string, text: string) => readonly Change[]) | undefined {
  if (node?.kind === 'map') return (name, text) => [{ change: 'set-entry', map: node, path: [name], value: text }];
  if (node?.kind === 'sequence') return (name, text) => [{ change: 'add-item', sequence: node, value: { name, value: text } }];
  return undefined;
}
