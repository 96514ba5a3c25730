import type { Unit } from '../../../model/unit.ts';
import { isNull, scalarAt, type YamlScalar } from '../../../text/yaml.ts';
import type { Rule } from '../../rule.ts';
import { type BadItem, placeOfBad, writeList } from '../bad-items.ts';
import { istioAnnotations } from '../facts-annotations.ts';
import { globalProxies } from '../facts-capture.ts';

/**
 * The injector splits these annotations at commas, trims each part and reads it with `strconv.ParseUint(…, 10, 16)`
 * (istio/istio:pkg/kube/inject/validate.go, parsePorts). Anything else fails the admission, so no pod is created; `*` passes only as
 * the whole of includeInboundPorts. includeOutboundPorts has no validator: its parts go to `iptables --dport` as they are
 * (tools/istio-iptables/pkg/capture/run.go), empty ones are skipped and `a:b` is a range there. The same holds for the lists of
 * `global.proxy`, which files/injection-template.yaml of the istiod chart hands on unseen.
 */
const PREFIX = 'traffic.sidecar.istio.io/';
const KEYS: ReadonlyMap<string, Grammar> = new Map([
  [`${PREFIX}excludeOutboundPorts`, { star: false, validated: true }],
  [`${PREFIX}excludeInboundPorts`, { star: false, validated: true }],
  [`${PREFIX}includeInboundPorts`, { star: true, validated: true }],
  [`${PREFIX}includeOutboundPorts`, { star: false, validated: false }],
]);
const HIGHEST_PORT = 65535;
/** A longer range isn't written out: nobody could read it. */
const MOST_EXPANDED = 64;

export const invalidPortList: Rule = {
  id: 'istio/invalid-port-list',
  title: { en: 'Port list that blocks injection', zh: '端口列表写法错误，注入会失败' },
  runbook: 'istio/annotations-that-do-nothing',
  severity: 'error',
  default: 'on',
  affects: 'Istio, all versions',
  fixable: 'safe',
  sources: [
    'istio/istio:pkg/kube/inject/validate.go@1.24.2',
    'istio/istio:tools/istio-iptables/pkg/capture/run.go@1.24.2',
    'https://istio.io/latest/docs/reference/config/annotations/#SidecarTrafficExcludeOutboundPorts',
  ],
  messages: {
    range: {
      en: 'Ranges such as {item} are not allowed in {key}: the injector refuses the pod, and no new pod starts. List the ports.',
      zh: '{key} 不支持 {item} 这样的区间：注入器会拒绝该 Pod，新 Pod 起不来。请逐个列出端口。',
    },
    star: {
      en: '“*” is not allowed in {key}: the injector refuses the pod, and no new pod starts.',
      zh: '{key} 不支持 “*”：注入器会拒绝该 Pod，新 Pod 起不来。',
    },
    tooLarge: {
      en: '{item} is no port (at most 65535): the injector refuses the pod, and no new pod starts.',
      zh: '{item} 不是合法端口（最大 65535）：注入器会拒绝该 Pod，新 Pod 起不来。',
    },
    emptyItem: {
      en: 'An empty entry in {key} (a comma too many): the injector refuses the pod, and no new pod starts.',
      zh: '{key} 里有空项（多了逗号）：注入器会拒绝该 Pod，新 Pod 起不来。',
    },
    wideComma: {
      en: 'A full-width comma in {key}: the injector refuses the pod, and no new pod starts. Write “,”.',
      zh: '{key} 里有全角逗号：注入器会拒绝该 Pod，新 Pod 起不来。请改成半角 “,”。',
    },
    notPort: {
      en: '“{item}” in {key} is no port number: the injector refuses the pod, and no new pod starts.',
      zh: '{key} 里的 “{item}” 不是端口号：注入器会拒绝该 Pod，新 Pod 起不来。',
    },
    unchecked: {
      en: '“{item}” is no port for iptables. Nothing checks includeOutboundPorts at injection: the pod is made and its network setup fails.',
      zh: '“{item}” 对 iptables 来说不是端口。注入时不校验 includeOutboundPorts：Pod 会创建，但网络初始化失败。',
    },
    meshWide: {
      en: '“{item}” in {key} is no port for iptables, and nothing checks it: the network setup of every injected pod fails.',
      zh: '{key} 里的 “{item}” 对 iptables 来说不是端口，而且没有任何校验：所有注入的 Pod 网络初始化都会失败。',
    },
    write: { en: 'Write "{list}"', zh: '改为 "{list}"' },
  },
  check({ unit, report }) {
    for (const { key, value, grammar, meshWide } of portLists(unit)) {
      if (value.unknown || (grammar.star && value.text === '*')) continue;
      const bad = badItems(value.text, grammar.validated);
      const [first] = bad;
      if (!first) continue;
      report({
        messageId: meshWide ? 'meshWide' : grammar.validated ? first.kind : 'unchecked',
        data: { item: first.text, key },
        at: placeOfBad(value, bad),
        severity: grammar.validated ? 'error' : 'warning',
        fixes: writeList(value, rewritten(value.text)),
      });
    }
  },
};

interface Grammar {
  readonly star: boolean;
  readonly validated: boolean;
}

interface PortList {
  readonly key: string;
  readonly value: YamlScalar;
  readonly grammar: Grammar;
  /** For all sidecars (`global.proxy`): the template hands it to istio-init as it is. */
  readonly meshWide: boolean;
}

function portLists(unit: Unit): PortList[] {
  const ofPods = istioAnnotations(unit).flatMap(({ key, value, place }): PortList[] => {
    const grammar = KEYS.get(key);
    if (!grammar || place === 'object' || value.kind !== 'scalar') return [];
    return [{ key: key.slice(PREFIX.length), value, grammar, meshWide: false }];
  });
  const ofMesh = globalProxies(unit).flatMap((proxy) =>
    [...KEYS].flatMap(([key, { star }]): PortList[] => {
      const name = key.slice(PREFIX.length);
      const value = scalarAt(proxy, name);
      return value && !isNull(value) ? [{ key: `global.proxy.${name}`, value, grammar: { star, validated: false }, meshWide: true }] : [];
    }),
  );
  return [...ofPods, ...ofMesh];
}

type Bad = BadItem<'range' | 'star' | 'tooLarge' | 'wideComma' | 'notPort'>;

function badItems(list: string, validated: boolean): Bad[] {
  if (list.trim() === '') return [];
  const bad: Bad[] = [];
  let start = 0;
  for (const item of list.split(',')) {
    const end = start + item.length;
    const text = item.trim();
    const kind = problemOf(text, validated);
    if (kind) bad.push({ kind, text, start: start + item.indexOf(text), end: start + item.indexOf(text) + text.length });
    start = end + 1;
  }
  return bad;
}

function problemOf(text: string, validated: boolean): Bad['kind'] | undefined {
  if (/^\d+$/.test(text)) return Number(text) > HIGHEST_PORT ? 'tooLarge' : undefined;
  if (text === '') return validated ? 'emptyItem' : undefined;
  if (text.includes('，')) return 'wideComma';
  if (text === '*') return 'star';
  if (/^\d+\s*[-:]\s*\d+$/.test(text)) return !validated && /^\d+:\d+$/.test(text) ? undefined : 'range';
  return 'notPort';
}

/** The list with each bad entry replaced by what it can only mean; `undefined` when one of them can mean anything. */
export function rewritten(list: string): string | undefined {
  const ports: string[] = [];
  for (const item of list.split(/[,，]/)) {
    const text = item.trim();
    if (text === '') continue;
    const range = /^(\d+)\s*[-:]\s*(\d+)$/.exec(text);
    if (range) {
      const [from, to] = [Number(range[1]), Number(range[2])];
      if (to < from || to - from >= MOST_EXPANDED || to > HIGHEST_PORT) return undefined;
      for (let port = from; port <= to; port++) ports.push(String(port));
    } else if (problemOf(text, true)) return undefined;
    else ports.push(text);
  }
  return ports.join(',');
}
