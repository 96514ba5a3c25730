import type { Change } from '../../fixes/change.ts';
import { ObjectMemo } from '../../text/once.ts';
import {
  isNull,
  itemsAt,
  mapAt,
  nodeAt,
  scalarAt,
  textAt,
  type YamlMap,
  type YamlNode,
  type YamlPair,
  type YamlScalar,
} from '../../text/yaml.ts';
import type { Container, Environment, EnvironmentVariable } from '../container.ts';
import { type KubeObject, podTemplateOf, WORKLOAD_KINDS } from '../kubernetes/objects.ts';
import { parseMemoryMiB, parseQuantity } from '../quantity.ts';
import { sameNamespace } from '../unit.ts';
import { known, type Layer, mapValue, unknown, type Value } from '../value.ts';

/** A ConfigMap of the same unit by its name, as a workload of a namespace sees it. */
type FindConfigMap = (name: string) => KubeObject | undefined;

interface KnownContainers {
  readonly lookups: ReadonlyMap<string, KubeObject | undefined>;
  readonly containers: readonly Container[];
}

/** What was read of a workload, with the ConfigMaps that went into it: an edit elsewhere in the unit reads it no second time. */
const knownContainers = new ObjectMemo<KubeObject, KnownContainers>();

/** The containers of all pod templates among the objects. ConfigMaps are looked up among the same objects. */
export function kubernetesContainers(objects: readonly KubeObject[]): Container[] {
  const configMaps = new Map<string, KubeObject[]>();
  for (const object of objects) {
    if (object.kind !== 'ConfigMap' || object.name === undefined) continue;
    const list = configMaps.get(object.name);
    if (list) list.push(object);
    else configMaps.set(object.name, [object]);
  }
  return objects.flatMap((workload) => {
    if (!WORKLOAD_KINDS.has(workload.kind)) return [];
    const find: FindConfigMap = (name) => {
      const hits = (configMaps.get(name) ?? []).filter((map) => sameNamespace(map.namespace, workload.namespace));
      return hits.length === 1 ? hits[0] : hits.find((map) => map.namespace === workload.namespace);
    };
    const known = knownContainers.get(workload);
    if (known && [...known.lookups].every(([name, map]) => find(name) === map)) return known.containers;
    const lookups = new Map<string, KubeObject | undefined>();
    const containers = workloadContainers(workload, (name) => {
      const map = find(name);
      lookups.set(name, map);
      return map;
    });
    knownContainers.set(workload, { lookups, containers });
    return containers;
  });
}

function workloadContainers(workload: KubeObject, findConfigMap: FindConfigMap): Container[] {
  const pod = podTemplateOf(workload);
  if (!pod) return [];
  const read = (key: string, init: boolean): Container[] =>
    itemsAt(pod.spec, key).flatMap((node) => {
      if (node.kind !== 'map') return [];
      return [
        {
          surface: 'kubernetes' as const,
          name: textAt(node, 'name') ?? '',
          workload,
          pod,
          init,
          node,
          image: scalarValue(scalarAt(node, 'image')),
          env: readEnvironment(node, findConfigMap),
          args: [...words(nodeAt(node, 'command')), ...words(nodeAt(node, 'args'))],
          memoryLimitMiB: quantityValue(scalarAt(node, 'resources', 'limits', 'memory'), parseMemoryMiB),
          cpuLimitCores: quantityValue(scalarAt(node, 'resources', 'limits', 'cpu'), parseQuantity),
          at: scalarAt(node, 'image') ?? scalarAt(node, 'name') ?? firstKey(node) ?? node,
        },
      ];
    });
  return [...read('containers', false), ...read('initContainers', true)];
}

function firstKey(map: YamlMap): YamlScalar | undefined {
  for (const pair of map.pairs.values()) return pair.key;
  return undefined;
}

/** A scalar as a value: unknown when templated; a node that replaced others keeps them as losing layers. */
export function scalarValue(scalar: YamlScalar | undefined, origin: Layer['origin'] = 'manifest'): Value<string> | undefined {
  if (!scalar) return undefined;
  const losers: Layer[] = (scalar.overrides ?? []).map((node) => ({
    origin: 'manifest',
    text: node.kind === 'scalar' ? node.text : '',
    at: node,
  }));
  const winner = losers.length > 0 && origin === 'manifest' ? 'patch' : origin;
  const value = scalar.unknown ? unknown<string>(scalar.unknown, winner, scalar, scalar.text) : known(scalar.text, winner, scalar);
  return losers.length > 0 ? { ...value, layers: [...value.layers, ...losers] } : value;
}

function quantityValue(scalar: YamlScalar | undefined, read: (text: string) => number | undefined): Value<number> | undefined {
  const value = scalarValue(scalar);
  return value && mapValue(value, read);
}

/** The words of `command:` or `args:`. Something else than a list of scalars is one unknown word. */
export function words(node: YamlNode | undefined): Value<string>[] {
  if (!node) return [];
  if (node.kind === 'scalar') return isNull(node) ? [] : [unknown({ why: 'templated', expression: node.text }, 'flag', node, node.text)];
  const items = node.kind === 'sequence' ? node.items : [];
  const read = items.map(
    (item): Value<string> =>
      (item.kind === 'scalar' ? scalarValue(item, 'flag') : undefined) ?? unknown({ why: 'outside', what: 'not a string' }, 'flag', item),
  );
  if (node.open) read.push(unknown({ why: 'templated', expression: 'more arguments' }, 'flag', node));
  return read;
}

function readEnvironment(container: YamlMap, findConfigMap: FindConfigMap): Environment {
  const variables = new Map<string, EnvironmentVariable>();
  const unseen: string[] = [];

  for (const source of itemsAt(container, 'envFrom')) {
    const prefix = textAt(source, 'prefix') ?? '';
    const configMapName = textAt(source, 'configMapRef', 'name');
    const configMap = configMapName === undefined ? undefined : findConfigMap(configMapName);
    const data = mapAt(configMap?.root, 'data');
    if (!configMap) {
      unseen.push(textAt(source, 'secretRef', 'name') ?? configMapName ?? 'envFrom');
      continue;
    }
    if (data?.open) unseen.push(configMap.name ?? 'ConfigMap');
    for (const [key, pair] of data?.pairs ?? []) {
      const name = prefix + key;
      // A value that a snapshot of a cluster doesn't keep is set all the same.
      if (pair.value.kind === 'map') variables.set(name, notKept(name, pair));
      const value = pair.value.kind === 'scalar' ? scalarValue(pair.value, 'configmap') : undefined;
      if (!value || pair.value.kind !== 'scalar') continue;
      const scalar = pair.value;
      variables.set(name, {
        name,
        nameAt: pair.key,
        value,
        node: scalar,
        ...(data?.derived && scalar.derived ? generatedEdits(pair, prefix) : mapEdits(data, key, scalar, prefix)),
      });
    }
  }

  const list = nodeAt(container, 'env');
  if (list && list.kind !== 'sequence' && !(list.kind === 'scalar' && isNull(list))) unseen.push('env');
  if (list?.kind === 'sequence' && list.open) unseen.push('env');
  for (const item of list?.kind === 'sequence' ? list.items : []) {
    const nameScalar = scalarAt(item, 'name');
    if (item.kind !== 'map' || !nameScalar || nameScalar.unknown) {
      unseen.push('env');
      continue;
    }
    const { value, configScalar } = variableValue(item, findConfigMap);
    variables.set(nameScalar.text, new ListedVariable(nameScalar, expand(value, variables), list, item, configScalar));
  }
  // `env:` with nothing behind it may be filled by a template's next line.
  if (container.open && list?.kind !== 'sequence') unseen.push('env');

  return {
    variables,
    unseen,
    // A list that a template writes whole can't be added to beside it.
    add:
      list?.kind === 'scalar' && list.unknown
        ? undefined
        : (name, text): readonly Change[] =>
            list?.kind === 'sequence'
              ? [{ change: 'add-item', sequence: list, value: { name, value: text } }]
              : [{ change: 'set-entry', map: container, path: ['env'], value: [{ name, value: text }] }],
  };
}

/** An item of a container's `env`. How to edit it is made when it is asked for: an edit of a file reads hundreds of them anew and asks for none. */
class ListedVariable implements EnvironmentVariable {
  readonly name: string;
  readonly nameAt: YamlScalar;
  readonly value: Value<string>;
  readonly node: YamlMap;
  private readonly list: YamlNode | undefined;
  private readonly configScalar: YamlScalar | undefined;

  constructor(nameAt: YamlScalar, value: Value<string>, list: YamlNode | undefined, item: YamlMap, configScalar: YamlScalar | undefined) {
    this.name = nameAt.text;
    this.nameAt = nameAt;
    this.value = value;
    this.node = item;
    this.list = list;
    this.configScalar = configScalar;
  }

  get set(): EnvironmentVariable['set'] {
    return setter(this.node, scalarAt(this.node, 'value'), this.configScalar);
  }

  get rename(): EnvironmentVariable['rename'] {
    return (to) => [{ change: 'set-scalar', scalar: this.nameAt, text: to }];
  }

  get remove(): EnvironmentVariable['remove'] {
    const { list, node } = this;
    return list?.kind === 'sequence' ? () => [{ change: 'remove-item', sequence: list, item: node }] : undefined;
  }
}

function notKept(name: string, { key, value }: YamlPair): EnvironmentVariable {
  const unseen = unknown<string>({ why: 'outside', what: `ConfigMap key ${key.text}` }, 'configmap', value);
  return { name, nameAt: key, value: unseen, node: value, set: undefined, rename: undefined, remove: undefined };
}

type Edits = Pick<EnvironmentVariable, 'set' | 'rename' | 'remove'>;

function mapEdits(data: YamlMap | undefined, key: string, scalar: YamlScalar, prefix: string): Edits {
  return {
    set: (text) => [{ change: 'set-scalar', scalar, text, asString: true }],
    rename: prefix === '' && data ? (to) => [{ change: 'rename-key', map: data, key, to }] : undefined,
    remove: data ? () => [{ change: 'remove-entry', map: data, path: [key] }] : undefined,
  };
}

/** An entry of a generated ConfigMap stands as `KEY=value` in an env file or a literal: plain text, where the generator read it. */
function generatedEdits({ key, value }: YamlPair, prefix: string): Edits {
  const isWritten = (scalar: YamlNode, text: string): boolean => scalar.file.text.slice(scalar.start, scalar.end) === text;
  const isValue = value.kind === 'scalar' && value.derived === true && isWritten(value, value.text);
  // Without a place of its own the key stands where its value does.
  const isKey = key.start !== value.start && isWritten(key, key.text);
  return {
    set: isValue ? (text) => [{ change: 'replace-text', at: value, text }] : undefined,
    rename: isKey && prefix === '' ? (to) => [{ change: 'replace-text', at: key, text: to }] : undefined,
    remove: undefined,
  };
}

function setter(item: YamlMap, literal: YamlScalar | undefined, configScalar: YamlScalar | undefined): EnvironmentVariable['set'] {
  const target = literal ?? configScalar;
  if (target) return (text) => [{ change: 'set-scalar', scalar: target, text, asString: true }];
  if (item.pairs.has('valueFrom')) return undefined;
  return (text) => [{ change: 'set-entry', map: item, path: ['value'], value: text }];
}

function variableValue(
  item: YamlMap,
  findConfigMap: (name: string) => KubeObject | undefined,
): { value: Value<string>; configScalar: YamlScalar | undefined } {
  const literal = scalarAt(item, 'value');
  if (literal) {
    return {
      value: isNull(literal) ? known('', 'env', literal) : (scalarValue(literal, 'env') ?? known('', 'env', literal)),
      configScalar: undefined,
    };
  }
  const from = mapAt(item, 'valueFrom');
  const configName = textAt(from, 'configMapKeyRef', 'name');
  const key = textAt(from, 'configMapKeyRef', 'key');
  if (configName !== undefined && key !== undefined) {
    const node = nodeAt(findConfigMap(configName)?.root, 'data', key);
    const scalar = node?.kind === 'scalar' ? node : undefined;
    if (scalar) return { value: scalarValue(scalar, 'configmap') ?? known('', 'configmap', scalar), configScalar: scalar };
    const what = `ConfigMap ${configName}, key ${key}`;
    return { value: unknown({ why: 'outside', what }, 'configmap', node ?? item), configScalar: undefined };
  }
  const secret = textAt(from, 'secretKeyRef', 'name');
  if (secret !== undefined) return { value: unknown({ why: 'secret', name: secret }, 'env', item), configScalar: undefined };
  const field = textAt(from, 'fieldRef', 'fieldPath') ?? textAt(from, 'resourceFieldRef', 'resource');
  if (field !== undefined) return { value: unknown({ why: 'fieldRef', path: field }, 'env', item), configScalar: undefined };
  if (from) return { value: unknown({ why: 'outside', what: 'valueFrom' }, 'env', from), configScalar: undefined };
  // No value at all is an empty string for Kubernetes.
  return {
    value: item.open ? unknown({ why: 'templated', expression: 'value' }, 'env', item) : known('', 'env', item),
    configScalar: undefined,
  };
}

/** Kubernetes replaces `$(NAME)` by variables that stand before; an unknown name stays as it is written. */
function expand(value: Value<string>, variables: ReadonlyMap<string, EnvironmentVariable>): Value<string> {
  if (!value.known || !value.value.includes('$(')) return value;
  let missing: Value<string> | undefined;
  const text = value.value.replace(/\$?\$\(([\w.-]+)\)/g, (whole, name: string) => {
    if (whole.startsWith('$$')) return whole.slice(1);
    const found = variables.get(name)?.value;
    if (!found) return whole;
    if (!found.known) missing = found;
    return found.known ? found.value : whole;
  });
  if (missing && !missing.known) return { ...value, known: false, unknown: missing.unknown };
  return { ...value, value: text };
}
