import type { Unit } from '../../model/unit.ts';
import { spanWithin } from '../../text/decoded.ts';
import { oncePer } from '../../text/once.ts';
import { parseShell, shellOfCommand, type ShellCommand } from '../../text/shell.ts';
import type { Anchor, SourceFile } from '../../text/source.ts';
import {
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
import { effective } from './effective.ts';
import type { KongInstance } from './facts.ts';

/** A health check that asks the Admin API's root. */
export interface AdminProbe {
  readonly kind: 'probe' | 'healthcheck';
  readonly at: Anchor;
  /** `undefined`: a command with a URL, of which `at` is the whole. */
  readonly httpGet:
    | {
        readonly map: YamlMap;
        readonly port: YamlScalar | undefined;
        readonly secure: boolean;
        readonly readiness: boolean;
      }
    | undefined;
}

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;
const DEFAULT_ADMIN_PORTS: ReadonlySet<string> = new Set(['8001', '8444']);

/** The ports of the Admin API: those that are set, else Kong's own. */
function adminPorts(instance: KongInstance): ReadonlySet<string> {
  const listen = effective(instance, 'admin_listen');
  if (listen.is !== 'set') return DEFAULT_ADMIN_PORTS;
  return new Set([...listen.text.matchAll(/:(\d+)\b/g)].map((match) => match[1] ?? ''));
}

export function adminProbes(instance: KongInstance): AdminProbe[] {
  const { node } = instance;
  if (!node) return [];
  const ports = adminPorts(instance);
  return instance.surface === 'compose' ? composeCheck(node, ports) : probesOf(node, ports);
}

function probesOf(holder: YamlMap, ports: ReadonlySet<string>): AdminProbe[] {
  return PROBES.flatMap((name): AdminProbe[] => {
    const get = mapAt(holder, name, 'httpGet');
    if (!get) return commandUrls(nodeAt(holder, name, 'exec', 'command'), ports).map((at) => ({ kind: 'probe', at, httpGet: undefined }));
    const path = scalarAt(get, 'path');
    const port = scalarAt(get, 'port');
    const isRoot = path === undefined ? !get.open : /^\/?(?:\?.*)?$/.test(path.text);
    if (!isRoot || !port || !isAdmin(port.text, holder, ports)) return [];
    const secure = textAt(get, 'scheme')?.toUpperCase() === 'HTTPS';
    return [{ kind: 'probe', at: path ?? port, httpGet: { map: get, port, secure, readiness: name === 'readinessProbe' } }];
  });
}

/** A number, or the name of one of the container's ports. */
function isAdmin(port: string, holder: YamlMap, ports: ReadonlySet<string>): boolean {
  if (/^\d+$/.test(port)) return ports.has(port);
  const named = itemsAt(holder, 'ports').find((item) => textAt(item, 'name') === port);
  const number = textAt(named, 'containerPort');
  return number === undefined ? /^(?:kong-)?admin(?:-|$)/.test(port) : ports.has(number);
}

function composeCheck(service: YamlMap, ports: ReadonlySet<string>): AdminProbe[] {
  return commandUrls(nodeAt(service, 'healthcheck', 'test'), ports).map((at) => ({ kind: 'healthcheck', at, httpGet: undefined }));
}

/** URLs of the Admin API's root in a command: a list of words, or a shell's line. */
function commandUrls(node: YamlNode | undefined, ports: ReadonlySet<string>): Anchor[] {
  const scalars = node?.kind === 'sequence' ? node.items : node ? [node] : [];
  return scalars.flatMap((scalar) => {
    if (scalar.kind !== 'scalar') return [];
    if (isRootUrl(scalar.text, ports)) return [spanInScalar(scalar, 0, scalar.text.length) ?? scalar];
    const map = offsetMap(scalar);
    if (!map) return [];
    return parseShell(scalar.text, { map })
      .commands.flatMap((command) => [command, ...(shellOfCommand(command.words)?.commands ?? [])])
      .flatMap((command) => rootUrls(command, scalar.file, ports));
  });
}

function rootUrls(command: ShellCommand, file: SourceFile, ports: ReadonlySet<string>): Anchor[] {
  const program = command.words[0]?.decoded.text ?? '';
  if (!/(?:^|\/)(?:curl|wget|http)$/.test(program)) return [];
  return command.words.flatMap((word) => {
    const { text } = word.decoded;
    return isRootUrl(text, ports) ? [{ file, ...spanWithin(word.decoded, 0, text.length) }] : [];
  });
}

function isRootUrl(text: string, ports: ReadonlySet<string>): boolean {
  const port = /^(?:https?:\/\/)?[\w.${}-]+:(\d+)\/?$/.exec(text)?.[1];
  return port !== undefined && ports.has(port);
}

/** URLs in loops of scripts: `until curl -s http://kong:8001/; do sleep 1; done`. */
export function scriptProbes(unit: Unit): Anchor[] {
  return unit.files.flatMap((parsed) => (parsed.format === 'shell' ? probesIn(parsed.file) : []));
}

const probesIn = oncePer((file: SourceFile): readonly Anchor[] => {
  if (!/8001|8444/.test(file.text)) return [];
  return parseShell(file.text).commands.flatMap((command) => {
    const before = file.text.slice(Math.max(0, command.at.start - 400), command.at.end);
    const loops = command.conditional && /\b(?:while|until|for)\b(?![\s\S]*\bdone\b)/.test(before);
    return loops
      ? rootUrls(command, file, DEFAULT_ADMIN_PORTS).filter((at) => /kong|localhost|127\.0\.0\.1/i.test(file.text.slice(at.start, at.end)))
      : [];
  });
});
