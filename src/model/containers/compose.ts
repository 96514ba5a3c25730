import type { Change } from '../../fixes/change.ts';
import { literalText } from '../../text/expansion.ts';
import { parseEnvFile } from '../../text/key-value.ts';
import { parseShell } from '../../text/shell.ts';
import type { SourceFile } from '../../text/source.ts';
import {
  isNull,
  itemsAt,
  mapAt,
  nodeAt,
  offsetMap,
  scalarAt,
  spanInScalar,
  textAt,
  type YamlMap,
  type YamlNode,
  type YamlScalar,
} from '../../text/yaml.ts';
import type { Container, Environment, EnvironmentVariable } from '../container.ts';
import { parseComposeMemoryMiB } from '../quantity.ts';
import { known, mapValue, unknown, type Value } from '../value.ts';
import { words } from './kubernetes.ts';

/** Whether a document is a compose file: `services` is a map of maps with an image or a build. */
export function isComposeDocument(root: YamlNode | undefined): root is YamlMap {
  const services = mapAt(root, 'services');
  if (!services || root?.kind !== 'map' || root.pairs.has('_format_version') || root.pairs.has('apiVersion')) return false;
  return [...services.pairs.values()].some(
    (pair) => pair.value.kind === 'map' && (pair.value.pairs.has('image') || pair.value.pairs.has('build')),
  );
}

/**
 * The services of a compose file.
 * @param readEnvFile gives an env file by the path written in the compose file
 */
export function composeContainers(root: YamlMap, readEnvFile: (path: string) => SourceFile | undefined): Container[] {
  const containers: Container[] = [];
  for (const [name, pair] of mapAt(root, 'services')?.pairs ?? []) {
    const node = pair.value;
    if (node.kind !== 'map') continue;
    const limits = mapAt(node, 'deploy', 'resources', 'limits');
    const memory = scalarAt(limits, 'memory') ?? scalarAt(node, 'mem_limit');
    const cpus = scalarAt(limits, 'cpus') ?? scalarAt(node, 'cpus');
    const image = interpolated(scalarAt(node, 'image'));
    const memoryValue = interpolated(memory);
    const cpuValue = interpolated(cpus);
    containers.push({
      surface: 'compose',
      name,
      workload: undefined,
      pod: undefined,
      init: false,
      node,
      image,
      env: environment(node, readEnvFile),
      args: [...commandWords(nodeAt(node, 'entrypoint')), ...commandWords(nodeAt(node, 'command'))],
      memoryLimitMiB: memoryValue && mapValue(memoryValue, parseComposeMemoryMiB),
      cpuLimitCores: cpuValue && mapValue(cpuValue, (text) => (/^\d*\.?\d+$/.test(text) ? Number(text) : undefined)),
      at: scalarAt(node, 'image') ?? pair.key,
    });
  }
  return containers;
}

/** Compose fills in `${NAME}` from the shell that runs it; `$$` is a dollar. */
function interpolated(scalar: YamlScalar | undefined): Value<string> | undefined {
  if (!scalar || isNull(scalar)) return undefined;
  if (scalar.unknown) return unknown(scalar.unknown, 'manifest', scalar, scalar.text);
  if (/(?<!\$)\$(?:\{|[A-Za-z_])/.test(scalar.text)) return unknown({ why: 'outside', what: scalar.text }, 'manifest', scalar, scalar.text);
  return known(scalar.text.replaceAll('$$', '$'), 'manifest', scalar);
}

function commandWords(node: YamlNode | undefined): Value<string>[] {
  if (node?.kind !== 'scalar') return words(node);
  const map = offsetMap(node);
  if (isNull(node) || node.unknown || !map) return isNull(node) ? [] : words(node);
  return parseShell(node.text, { map })
    .commands.flatMap((command) => command.words)
    .map((word) => {
      const at = { file: node.file, ...word.at };
      return word.text === undefined ? unknown({ why: 'outside', what: node.text }, 'flag', at) : known(word.text, 'flag', at);
    });
}

function environment(service: YamlMap, readEnvFile: (path: string) => SourceFile | undefined): Environment {
  const variables = new Map<string, EnvironmentVariable>();
  const unseen: string[] = [];
  const envFile = nodeAt(service, 'env_file');
  const paths =
    envFile?.kind === 'scalar'
      ? [envFile]
      : itemsAt(service, 'env_file').map((item) => (item.kind === 'map' ? nodeAt(item, 'path') : item));
  for (const path of paths) {
    const text = path?.kind === 'scalar' ? path.text : undefined;
    const file = text === undefined || (path?.kind === 'scalar' && path.unknown) ? undefined : readEnvFile(text);
    if (!file) {
      unseen.push(text ?? 'env_file');
      continue;
    }
    for (const variable of envFileVariables(file, 'compose')) variables.set(variable.name, variable);
  }
  const node = nodeAt(service, 'environment');
  if (node?.kind === 'map') {
    for (const [name, pair] of node.pairs) {
      if (pair.value.kind !== 'scalar') continue;
      const scalar = pair.value;
      variables.set(name, {
        name,
        nameAt: pair.key,
        value: isNull(scalar) ? unknown({ why: 'outside', what: name }, 'env', scalar) : (interpolated(scalar) ?? known('', 'env', scalar)),
        node: scalar,
        set: (text) => [{ change: 'set-scalar', scalar, text, asString: true }],
        rename: (to) => [{ change: 'rename-key', map: node, key: name, to }],
        remove: () => [{ change: 'remove-entry', map: node, path: [name] }],
      });
    }
    if (node.open) unseen.push('environment');
  }
  if (node?.kind === 'sequence') {
    for (const item of node.items) {
      const variable =
        item.kind === 'scalar' && !item.unknown ? listVariable(item, () => [{ change: 'remove-item', sequence: node, item }]) : undefined;
      if (variable) variables.set(variable.name, variable);
      else unseen.push('environment');
    }
    if (node.open) unseen.push('environment');
  }
  // `extends` takes over another service's settings.
  if (service.pairs.has('extends')) unseen.push('extends');
  return {
    variables,
    unseen,
    add: (name, text): readonly Change[] =>
      node?.kind === 'sequence'
        ? [{ change: 'add-item', sequence: node, value: `${name}=${text}` }]
        : [{ change: 'set-entry', map: service, path: ['environment', name], value: text }],
  };
}

/** `NAME=value` as an item of a list; `NAME` alone takes the value from the shell. */
function listVariable(item: YamlScalar, remove: () => readonly Change[]): EnvironmentVariable | undefined {
  const eq = item.text.indexOf('=');
  const name = eq < 0 ? item.text : item.text.slice(0, eq);
  const nameAt = spanInScalar(item, 0, name.length) ?? item;
  if (eq < 0)
    return {
      name,
      nameAt,
      value: unknown({ why: 'outside', what: name }, 'env', item),
      node: item,
      set: undefined,
      rename: undefined,
      remove,
    };
  const raw = item.text.slice(eq + 1);
  const at = spanInScalar(item, eq + 1, item.text.length);
  const templated = /(?<!\$)\$(?:\{|[A-Za-z_])/.test(raw);
  const value = templated
    ? unknown<string>({ why: 'outside', what: raw }, 'env', at ?? item, raw)
    : known(raw.replaceAll('$$', '$'), 'env', at ?? item);
  const replace = (text: string): readonly Change[] => [{ change: 'set-scalar', scalar: item, text }];
  return { name, nameAt, value, node: item, set: (text) => replace(`${name}=${text}`), rename: (to) => replace(`${to}=${raw}`), remove };
}

/** The variables of an env file. */
export function envFileVariables(file: SourceFile, dialect: 'compose' | 'raw'): EnvironmentVariable[] {
  return parseEnvFile(file.text, dialect).entries.flatMap((entry): EnvironmentVariable[] => {
    if (entry.bare) return [];
    const at = { file, ...entry.valueAt };
    const text = literalText(entry.parts);
    const value =
      text === undefined
        ? unknown<string>({ why: 'outside', what: entry.value }, 'env-file', at, entry.value)
        : known(text, 'env-file', at);
    return [
      {
        name: entry.key,
        nameAt: { file, ...entry.keyAt },
        value,
        node: undefined,
        set: (to) => [{ change: 'replace-text', at, text: to }],
        rename: (to) => [{ change: 'replace-text', at: { file, ...entry.keyAt }, text: to }],
        remove: () => [{ change: 'replace-text', at: wholeLines(file, entry.at), text: '' }],
      },
    ];
  });
}

/** A span widened to whole lines, with the line break behind. */
function wholeLines(
  file: SourceFile,
  span: { readonly start: number; readonly end: number },
): { file: SourceFile; start: number; end: number } {
  const start = file.text.lastIndexOf('\n', span.start - 1) + 1;
  const eol = file.text.indexOf('\n', span.end);
  return { file, start, end: eol < 0 ? file.text.length : eol + 1 };
}

/** Folder of the Dockerfile's build context and the Dockerfile's path, as a service names them. */
export function composeBuild(service: YamlMap): { readonly context: string; readonly dockerfile: string } | undefined {
  const build = nodeAt(service, 'build');
  if (build?.kind === 'scalar' && !build.unknown && !isNull(build)) return { context: build.text, dockerfile: 'Dockerfile' };
  if (build?.kind === 'map') return { context: textAt(build, 'context') ?? '.', dockerfile: textAt(build, 'dockerfile') ?? 'Dockerfile' };
  return undefined;
}
