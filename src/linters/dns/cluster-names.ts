import type { Container } from '../../model/container.ts';
import type { KubeObject } from '../../model/kubernetes/objects.ts';
import type { Unit } from '../../model/unit.ts';
import { serviceAddressOf } from '../../snapshot/service-address.ts';
import { oncePer } from '../../text/once.ts';
import type { Anchor } from '../../text/source.ts';
import { mapAt, spanInScalar, type YamlScalar } from '../../text/yaml.ts';

/** A name with dots in a setting. */
export interface WrittenName {
  readonly name: string;
  readonly at: Anchor;
  /** The whole value that it is part of. */
  readonly value: Anchor;
}

/** A name that only the search list completes: `orders.shop`, `orders.shop.svc`, `db-0.db`. */
export interface ShortName extends WrittenName {
  /** With the namespace where the name leaves it out, and the usual domain of a cluster; `undefined` where the namespace isn't known. */
  readonly full: string | undefined;
}

/** The Services of a unit as `service.namespace`; with nothing behind the dot where the namespace is left to whoever applies it. */
export const serviceNames = oncePer((unit: Unit): readonly string[] =>
  unit.objects.flatMap(({ kind, name, namespace }) =>
    kind === 'Service' && name !== undefined && namespace !== undefined ? [`${name}.${namespace}`] : [],
  ),
);

/** Completes a short name as it is meant in a namespace (`''`: left to whoever applies it); `undefined`: it is no Service's. */
export function completion(
  name: string,
  namespace: string,
  services: ReadonlySet<string>,
): { readonly full: string | undefined } | undefined {
  const labels = name.split('.');
  if (labels.at(-1) === 'svc') return labels.length === 3 || labels.length === 4 ? { full: `${name}.cluster.local` } : undefined;
  const [first = '', second = '', third = ''] = labels;
  const isService = labels.length === 2 ? services.has(name) : labels.length === 3 && services.has(`${second}.${third}`);
  if (isService) return { full: `${name}.svc.cluster.local` };
  // A pod of a StatefulSet, by its number and the Service of its own namespace.
  if (labels.length !== 2 || !/-\d+$/.test(first) || !services.has(`${second}.${namespace}`)) return undefined;
  return { full: namespace === '' ? undefined : `${name}.${namespace}.svc.cluster.local` };
}

/** Settings that list names for others instead of calling them: certificates, allow-lists, exceptions from a proxy. */
const LISTED = /no_?proxy|cert|(?:^|[_.-])sans?(?:[_.-]|$)|dns_?names|allowed|cors|origin|issuer|audience/i;
/** Names with dots: in addresses, URLs and lists, but not in the path of a URL. */
const NAME = /(?<![\w.-]|[^/:]\/)[a-z0-9][a-z0-9-]*(?:\.[a-z0-9][a-z0-9-]*)+(?![\w.-])/g;

/** Names with dots in a container's variables and arguments. Of a live object's variable the name of a Service is all that is kept. */
export const namesInContainer = oncePer((container: Container): readonly WrittenName[] => {
  const variables = [...container.env.variables.values()].filter(({ name }) => !LISTED.test(name));
  const live = variables.flatMap((variable): WrittenName[] => {
    const host = serviceAddressOf(variable)?.host ?? '';
    const { at } = variable.value;
    return at && /^[^.]+(?:\.[^.]+)+$/.test(host) ? [{ name: host, at, value: at }] : [];
  });
  const written = [...variables.map(({ value }) => value), ...container.args].flatMap((value) => {
    const { at } = value;
    if (!value.known || !at) return [];
    return [...value.value.matchAll(NAME)].map(({ 0: name, index }) => ({
      name,
      at: within(at, value.value, index, name.length),
      value: at,
    }));
  });
  return [...live, ...written];
});

function within(at: Anchor, text: string, from: number, length: number): Anchor {
  return (isScalar(at) && at.text === text ? spanInScalar(at, from, from + length) : undefined) ?? at;
}

const MAX_LENGTH = 65_536;
const LINE = /^[ \t]*(?![#;!]|\/\/)(?:["']?([\w.-]+)["']?[ \t]*[:=])?(.*)$/gm;

/** Names with dots in the files of a ConfigMap, line by line; comments are left out. */
export const namesInFiles = oncePer((configMap: KubeObject): readonly WrittenName[] => {
  const found: WrittenName[] = [];
  for (const { value } of mapAt(configMap.root, 'data')?.pairs.values() ?? []) {
    if (value.kind !== 'scalar' || value.text.length > MAX_LENGTH) continue;
    for (const match of value.text.matchAll(LINE)) {
      const [line, key = '', rest = ''] = match;
      if (LISTED.test(key)) continue;
      const start = match.index + line.length - rest.length;
      for (const { 0: name, index } of rest.matchAll(NAME)) {
        found.push({ name, at: spanInScalar(value, start + index, start + index + name.length) ?? value, value });
      }
    }
  }
  return found;
});

function isScalar(at: Anchor): at is YamlScalar {
  return 'kind' in at;
}
