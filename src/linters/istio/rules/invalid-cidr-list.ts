import type { Unit } from '../../../model/unit.ts';
import { isNull, scalarAt, type YamlScalar } from '../../../text/yaml.ts';
import type { Rule } from '../../rule.ts';
import { type BadItem, placeOfBad, writeList } from '../bad-items.ts';
import { istioAnnotations } from '../facts-annotations.ts';
import { globalProxies } from '../facts-capture.ts';
import { isAddress, isPrefix } from '../ip-prefix.ts';

/**
 * The injector splits these annotations at commas and hands each part, as it is, to Go's `netip.ParsePrefix`
 * (istio/istio:pkg/kube/inject/validate.go, validateCIDRList): a blank, a bare address or a name fails the admission, so no pod is
 * created. `*` passes only as the whole of includeOutboundIPRanges; the empty text always. istio-init reads the lists of `global.proxy` in the
 * same way (SeparateV4V6 in tools/common/config/config.go) but for empty entries.
 */
const PREFIX = 'traffic.sidecar.istio.io/';
const KEYS: ReadonlyMap<string, { readonly star: boolean; readonly meshWide: string }> = new Map([
  [`${PREFIX}includeOutboundIPRanges`, { star: true, meshWide: 'includeIPRanges' }],
  [`${PREFIX}excludeOutboundIPRanges`, { star: false, meshWide: 'excludeIPRanges' }],
]);

export const invalidCidrList: Rule = {
  id: 'istio/invalid-cidr-list',
  title: { en: 'IP range list that blocks injection', zh: 'IP 段列表写法错误，注入会失败' },
  runbook: 'istio/annotations-that-do-nothing',
  severity: 'error',
  default: 'on',
  affects: 'Istio, all versions',
  fixable: 'safe',
  sources: [
    'istio/istio:pkg/kube/inject/validate.go@1.24.2',
    'https://pkg.go.dev/net/netip#ParsePrefix',
    'https://istio.io/latest/docs/reference/config/annotations/#SidecarTrafficExcludeOutboundIPRanges',
  ],
  messages: {
    bareAddress: {
      en: '{item} is an address, and {key} takes ranges only: the injector refuses the pod, and no new pod starts. Write {range}.',
      zh: '{item} 是单个地址，而 {key} 只接受 CIDR 网段：注入器会拒绝该 Pod，新 Pod 起不来。请写成 {range}。',
    },
    blank: {
      en: 'A blank beside {item}: {key} takes none, the injector refuses the pod, and no new pod starts.',
      zh: '{item} 旁边有空格：{key} 不允许空格，注入器会拒绝该 Pod，新 Pod 起不来。',
    },
    star: {
      en: '“*” is not allowed here in {key}: the injector refuses the pod, and no new pod starts.',
      zh: '{key} 的这个位置不支持 “*”：注入器会拒绝该 Pod，新 Pod 起不来。',
    },
    emptyItem: {
      en: 'An empty entry in {key} (a comma too many): the injector refuses the pod, and no new pod starts.',
      zh: '{key} 里有空项（多了逗号）：注入器会拒绝该 Pod，新 Pod 起不来。',
    },
    wideComma: {
      en: 'A full-width comma in {key}: the injector refuses the pod, and no new pod starts. Write “,”.',
      zh: '{key} 里有全角逗号：注入器会拒绝该 Pod，新 Pod 起不来。请改成半角 “,”。',
    },
    notRange: {
      en: '“{item}” in {key} is no IP range such as 10.0.0.0/8: the injector refuses the pod, and no new pod starts.',
      zh: '{key} 里的 “{item}” 不是 10.0.0.0/8 这样的 IP 网段：注入器会拒绝该 Pod，新 Pod 起不来。',
    },
    meshWide: {
      en: '“{item}” in {key} is no IP range that Go reads (10.0.0.0/8, no blanks): istio-init or the CNI plugin fails, and no injected pod starts.',
      zh: '{key} 里的 “{item}” 不是 Go 能解析的 IP 网段（应为 10.0.0.0/8，且不带空格）：istio-init 或 CNI 插件会失败，所有注入的 Pod 都起不来。',
    },
    write: { en: 'Write "{list}"', zh: '改为 "{list}"' },
  },
  check({ unit, report }) {
    for (const { key, value, star, meshWide } of rangeLists(unit)) {
      if (value.unknown || value.text === '' || (star && value.text === '*')) continue;
      // istio-init skips empty entries, the injector doesn't.
      const bad = badItems(value.text).filter(({ kind }) => !meshWide || kind !== 'emptyItem');
      const [first] = bad;
      if (!first) continue;
      const list = rewritten(value.text);
      report({
        messageId: meshWide ? 'meshWide' : first.kind,
        data: { item: first.text, key, range: asRange(first.text) ?? '' },
        at: placeOfBad(value, bad),
        fixes: writeList(value, list),
      });
    }
  },
};

interface RangeList {
  readonly key: string;
  readonly value: YamlScalar;
  /** `*` alone means everything. */
  readonly star: boolean;
  /** For all sidecars (`global.proxy`). */
  readonly meshWide: boolean;
}

function rangeLists(unit: Unit): RangeList[] {
  const ofPods = istioAnnotations(unit).flatMap(({ key, value, place }): RangeList[] => {
    const grammar = KEYS.get(key);
    if (!grammar || place === 'object' || value.kind !== 'scalar') return [];
    return [{ key: key.slice(PREFIX.length), value, star: grammar.star, meshWide: false }];
  });
  const ofMesh = globalProxies(unit).flatMap((proxy) =>
    [...KEYS.values()].flatMap(({ star, meshWide: name }): RangeList[] => {
      const value = scalarAt(proxy, name);
      return value && !isNull(value) ? [{ key: `global.proxy.${name}`, value, star, meshWide: true }] : [];
    }),
  );
  return [...ofPods, ...ofMesh];
}

type Bad = BadItem<'bareAddress' | 'blank' | 'star' | 'wideComma' | 'notRange'>;

function badItems(list: string): Bad[] {
  const bad: Bad[] = [];
  let start = 0;
  for (const item of list.split(',')) {
    const kind = problemOf(item);
    if (kind) bad.push({ kind, text: item.trim(), start, end: start + item.length });
    start += item.length + 1;
  }
  return bad;
}

function problemOf(item: string): Bad['kind'] | undefined {
  const text = item.trim();
  if (text === '') return 'emptyItem';
  if (text.includes('，')) return 'wideComma';
  if (text === '*') return 'star';
  if (isAddress(text)) return 'bareAddress';
  if (!isPrefix(text)) return 'notRange';
  return text === item ? undefined : 'blank';
}

/** One address as the range that holds it alone. */
function asRange(text: string): string | undefined {
  if (!isAddress(text)) return undefined;
  return text.includes(':') ? `${text}/128` : `${text}/32`;
}

/** The list as it can only be meant; `undefined` when an entry can mean anything, or nothing is left. */
export function rewritten(list: string): string | undefined {
  const ranges: string[] = [];
  for (const item of list.split(/[,，]/)) {
    const text = item.trim();
    if (text === '') continue;
    const range = isPrefix(text) ? text : asRange(text);
    if (range === undefined) return undefined;
    ranges.push(range);
  }
  return ranges.length > 0 ? ranges.join(',') : undefined;
}
