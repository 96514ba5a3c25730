import type { Container } from '../../model/container.ts';
import type { KubeObject } from '../../model/kubernetes/objects.ts';
import { isOutside } from '../../model/outside-host.ts';
import { oncePer } from '../../text/once.ts';
import type { Anchor } from '../../text/source.ts';
import { mapAt, spanInScalar, type YamlScalar } from '../../text/yaml.ts';

/** A host outside the cluster that a setting names, written so that the search list is tried first. */
export interface ExternalHost {
  readonly host: string;
  readonly at: Anchor;
}

/** Names of settings that hold an address to call. */
const CALLED = /(?:^|[_.-])(?:url|uri|host|hostname|endpoint|server|addr|address|broker|dsn|webhook)s?$/i;
/** Settings of this kind are told to others, or are the program's own address: it doesn't look them up. */
const TOLD =
  /public|origin|cors|callback|redirect|return|issuer|audience|allowed|cookie|frontend|website|homepage|docs|support|terms|logo|avatar|image|asset|cdn|static|virtual|ingress|external|proxy|^(?:vite|react_app|gatsby|nuxt)_/i;
const OWN = /^(?:(?:app|site|server|service|web|api|base|root)[_.-]?)*(?:url|uri|host|hostname|address)$/i;

/** Hosts in a container's own variables, with those that it takes from ConfigMaps. */
export const hostsInVariables = oncePer((container: Container): readonly ExternalHost[] => {
  const found: ExternalHost[] = [];
  for (const { name, value } of container.env.variables.values()) {
    if (!value.known || !value.at) continue;
    const { at } = value;
    const scalar = isScalar(at) ? at : undefined;
    for (const { host, start } of hostsIn(name, value.value)) {
      found.push({ host, at: (scalar && spanInScalar(scalar, start, start + host.length)) ?? at });
    }
  }
  return found;
});

const LINE = /^[ \t]*["']?([\w.-]+)["']?[ \t]*[:=][ \t]*["']?([^\s"']+)/gm;
const MAX_LENGTH = 65_536;

/** Hosts in the files of a ConfigMap: lines of JSON, YAML, env, ini or properties that give one setting each. */
export const hostsInFiles = oncePer((configMap: KubeObject): readonly ExternalHost[] => {
  const found: ExternalHost[] = [];
  for (const { value } of mapAt(configMap.root, 'data')?.pairs.values() ?? []) {
    if (value.kind !== 'scalar' || value.unknown || value.text.length > MAX_LENGTH) continue;
    for (const match of value.text.matchAll(LINE)) {
      const [line, name = '', text = ''] = match;
      for (const { host, start } of hostsIn(name, text.replace(/,$/, ''))) {
        const from = match.index + line.length - text.length + start;
        found.push({ host, at: spanInScalar(value, from, from + host.length) ?? value });
      }
    }
  }
  return found;
});

const ADDRESS = /^(?:[a-z][a-z0-9]*:\/\/(?:[^@/\s]*@)?)?((?:[a-z0-9-]+\.)+[a-z0-9-]+\.?)(?::\d+)?(?:[/?#]\S*)?$/i;

/** The hosts of an address, a URL, or a list of them. One that ends in a dot or has five of them is asked as it is. */
export function hostsIn(written: string, text: string): { readonly host: string; readonly start: number }[] {
  const name = written.replace(/([a-z])([A-Z])/g, '$1_$2');
  if (!CALLED.test(name) || TOLD.test(name) || OWN.test(name)) return [];
  const found: { host: string; start: number }[] = [];
  let start = 0;
  for (const part of text.split(',')) {
    const host = ADDRESS.exec(part)?.[1] ?? '';
    if (isOutside(host) && host.split('.').length <= 5) found.push({ host, start: start + part.indexOf(host) });
    start += part.length + 1;
  }
  return found;
}

function isScalar(at: Anchor): at is YamlScalar {
  return 'kind' in at;
}
