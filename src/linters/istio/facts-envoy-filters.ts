import type { KubeObject } from '../../model/kubernetes/objects.ts';
import type { Unit } from '../../model/unit.ts';
import { oncePer } from '../../text/once.ts';
import { nodeAt, type YamlNode } from '../../text/yaml.ts';
import { ofKind } from './objects.ts';

interface Topics {
  readonly tcpProxy: boolean;
  readonly keepalive: boolean;
}

/** What an EnvoyFilter speaks of anywhere; what it does in the end isn't followed. */
const topicsOf = oncePer(({ root }: KubeObject): Topics => {
  const spec = nodeAt(root, 'spec');
  return { tcpProxy: speaksOf(spec, /tcp_proxy|TcpProxy/), keepalive: speaksOf(spec, /tcp_?keepalive|socket_?options/i) };
});

function speaksOf(node: YamlNode | undefined, topic: RegExp): boolean {
  if (!node) return false;
  if (node.kind === 'scalar') return topic.test(node.text);
  if (node.kind === 'sequence') return node.items.some((item) => speaksOf(item, topic));
  return [...node.pairs].some(([key, { value }]) => topic.test(key) || speaksOf(value, topic));
}

/** Some EnvoyFilter of the unit may change how long TCP connections live. */
export function filtersTcpProxy(unit: Unit): boolean {
  return ofKind(unit, 'EnvoyFilter').some((object) => topicsOf(object).tcpProxy);
}

/** Some EnvoyFilter of the unit may turn TCP keepalive on. */
export function filtersKeepalive(unit: Unit): boolean {
  return ofKind(unit, 'EnvoyFilter').some((object) => topicsOf(object).keepalive);
}
