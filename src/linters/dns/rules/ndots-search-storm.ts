import type { Fix } from '../../../fixes/change.ts';
import type { Container } from '../../../model/container.ts';
import type { KubeObject, PodTemplate } from '../../../model/kubernetes/objects.ts';
import { sameNamespace, type Unit } from '../../../model/unit.ts';
import { oncePer } from '../../../text/once.ts';
import { itemsAt, mapAt, nodeAt, scalarAt, textAt } from '../../../text/yaml.ts';
import type { Report, Rule } from '../../rule.ts';
import { type ExternalHost, hostsInFiles, hostsInVariables } from '../external-hosts.ts';
import { containerLibc, type UncachedRuntime, uncachedRuntime } from '../uncached-runtime.ts';

/**
 * A pod's resolv.conf says `ndots:5` and names three search domains or more, so a name with fewer than five dots is tried with each of
 * them, A and AAAA, before it is asked as it is. Node.js, Python and PHP keep no answers: they ask again for every connection. With
 * ndots 2 glibc asks such a name at once and still uses the search list if that fails; musl doesn't, so there `svc.namespace.svc`
 * would be lost. Three search domains make 8 queries of 2; counted with glibc 2.36 and four: 10 with ndots:5, 2 with ndots:2.
 * Sources: Kubernetes DNS for Services and Pods, CoreDNS autopath, musl src/network/lookup_name.c.
 */
export const ndotsSearchStorm: Rule = {
  id: 'dns/ndots-search-storm',
  title: { en: 'External names go through the search list first', zh: '外部域名解析先走一遍搜索域' },
  runbook: 'dns/slow-lookups',
  severity: 'hint',
  default: 'preview',
  affects: 'Kubernetes, all versions',
  fixable: 'review',
  sources: [
    'https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/',
    'https://coredns.io/plugins/autopath',
    'https://git.musl-libc.org/cgit/musl/tree/src/network/lookup_name.c',
  ],
  messages: {
    storm: {
      en: 'With ndots:5 each lookup of the {count} external hosts here (this is the first) takes 8 queries instead of 2, and {runtime} keeps no answers. Set ndots 2 in this workload’s dnsConfig.',
      zh: '这里有 {count} 个外部域名（此处是第一个），在 ndots:5 下每次解析要发 8 次查询而不是 2 次，而 {runtime} 不缓存解析结果。请在该工作负载的 dnsConfig 中把 ndots 设为 2。',
    },
    another: { en: '{host} too', zh: '还有 {host}' },
    add: { en: 'Set ndots 2 for these pods', zh: '为这些 Pod 设置 ndots 2' },
    musl: {
      en: 'An image of these pods is musl (Alpine). There a name with two dots, such as orders.shop.svc, isn’t found any more with ndots 2: write such names with svc.cluster.local first.',
      zh: '这些 Pod 中有 musl（Alpine）镜像。设为 ndots 2 后，带两个点的名字（例如 orders.shop.svc）将无法解析：请先把这类名字写全到 svc.cluster.local。',
    },
    unknownLibc: {
      en: 'Not every image of these pods is known to use glibc. On musl (Alpine) a name with two dots, such as orders.shop.svc, isn’t found any more with ndots 2: look before you set it.',
      zh: '无法确认这些 Pod 的镜像都使用 glibc。在 musl（Alpine）上设为 ndots 2 后，带两个点的名字（例如 orders.shop.svc）将无法解析：设置前请先确认。',
    },
  },
  check({ unit, repository, report }) {
    for (const [pod, containers] of podsOf(unit)) {
      const storm = stormOf(unit, pod, containers);
      if (storm && repository.everyUnit(autopaths).length === 0) report(describe(unit, pod, containers, storm));
    }
  },
};

const SHORT_LIVED: ReadonlySet<string> = new Set(['Job', 'CronJob']);

/** Pods with such a runtime that may run for long, with all their containers. */
function podsOf(unit: Unit): ReadonlyMap<PodTemplate, readonly Container[]> {
  const pods = new Map<PodTemplate, Container[]>();
  for (const container of unit.containers) if (container.pod && asks(unit, container)) pods.set(container.pod, []);
  for (const container of unit.containers) if (container.pod) pods.get(container.pod)?.push(container);
  return pods;
}

function asks(unit: Unit, container: Container): boolean {
  if (container.init || uncachedRuntime(unit, container) === undefined) return false;
  return !SHORT_LIVED.has(container.workload?.kind ?? '') && !usesProxy(container);
}

interface Storm {
  readonly runtime: UncachedRuntime;
  readonly hosts: readonly ExternalHost[];
}

function stormOf(unit: Unit, pod: PodTemplate, containers: readonly Container[]): Storm | undefined {
  const asking = containers.filter((container) => asks(unit, container));
  const [runtime] = asking.map((container) => uncachedRuntime(unit, container));
  if (!runtime || !searches(pod)) return undefined;
  const found = [...asking.flatMap(hostsInVariables), ...mountedConfigMaps(unit, pod).flatMap(hostsInFiles)];
  const hosts = [...new Map(found.toReversed().map((one) => [one.host, one])).values()].toReversed();
  const outside = hosts.filter(({ host }) => !ownNames(unit).has(host) && !namespaces(unit).has(host.slice(host.lastIndexOf('.') + 1)));
  return outside.length >= 2 ? { runtime, hosts: outside } : undefined;
}

/** A proxy looks up the names for it. */
function usesProxy({ env }: Container): boolean {
  return ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY'].some((name) => env.variables.has(name));
}

/** The pod has the cluster's resolv.conf with its `ndots:5`, and nothing in it says otherwise or may do so. */
function searches({ spec }: PodTemplate): boolean {
  const policy = scalarAt(spec, 'dnsPolicy');
  if (spec.open || (policy && policy.text !== 'ClusterFirst')) return false;
  // On the node's network ClusterFirst means the node's own resolv.conf.
  if (nodeAt(spec, 'hostNetwork') && textAt(spec, 'hostNetwork') !== 'false') return false;
  const config = nodeAt(spec, 'dnsConfig');
  if (!config) return true;
  const options = nodeAt(config, 'options');
  if (config.kind !== 'map' || (options && options.kind !== 'sequence')) return false;
  return itemsAt(config, 'options').every((option) => ![undefined, 'ndots'].includes(textAt(option, 'name')));
}

const configMapsOf = oncePer((unit: Unit): ReadonlyMap<string, readonly KubeObject[]> => {
  const found = new Map<string, KubeObject[]>();
  for (const object of unit.objects) {
    if (object.kind === 'ConfigMap' && object.name !== undefined) found.set(object.name, [...(found.get(object.name) ?? []), object]);
  }
  return found;
});

function mountedConfigMaps(unit: Unit, { spec, workload }: PodTemplate): readonly KubeObject[] {
  return itemsAt(spec, 'volumes').flatMap((volume) => {
    const name = textAt(volume, 'configMap', 'name');
    const all = name === undefined ? [] : (configMapsOf(unit).get(name) ?? []);
    return all.filter(({ namespace }) => sameNamespace(namespace, workload.namespace));
  });
}

/** Names by which the unit itself is reached from outside: a setting that holds one is told to others. */
const ownNames = oncePer((unit: Unit): ReadonlySet<string> => {
  const names = unit.objects.flatMap(({ kind, root }) => {
    if (kind === 'Ingress') return itemsAt(root, 'spec', 'rules').map((rule) => textAt(rule, 'host'));
    if (kind === 'HTTPRoute') return itemsAt(root, 'spec', 'hostnames').map((name) => textAt(name));
    return kind === 'VirtualService' ? itemsAt(root, 'spec', 'hosts').map((name) => textAt(name)) : [];
  });
  return new Set(names.filter((name) => name !== undefined));
});

/** `pod.service.namespace` may end like a domain. */
const namespaces = oncePer(
  (unit: Unit): ReadonlySet<string> =>
    new Set(unit.objects.map(({ kind, name, namespace }) => (kind === 'Namespace' ? name : namespace) ?? '')),
);

/** CoreDNS answers the whole search list at once where its Corefile says `autopath`. */
const autopaths = oncePer((unit: Unit): readonly KubeObject[] =>
  unit.objects.filter(({ root }) => /^\s*autopath\b/m.test(textAt(mapAt(root, 'data'), 'Corefile') ?? '')),
);

function describe(unit: Unit, pod: PodTemplate, containers: readonly Container[], { runtime, hosts }: Storm): Report {
  const [first, ...others] = hosts;
  const libcs = new Set(containers.map((container) => containerLibc(unit, container)));
  const base = {
    messageId: 'storm',
    data: { count: hosts.length, runtime },
    at: first?.at ?? pod.spec,
    related: others.slice(0, 4).map(({ host, at }) => ({ at, messageId: 'another', data: { host } })),
  };
  if (libcs.size === 1 && libcs.has('glibc')) return { ...base, fixes: [setNdots(pod)] };
  const text = 'spec:\n  template:\n    spec:\n      dnsConfig:\n        options:\n          - name: ndots\n            value: "2"\n';
  return { ...base, snippet: { reasonId: libcs.has('musl') ? 'musl' : 'unknownLibc', data: {}, language: 'yaml', text } };
}

function setNdots({ spec }: PodTemplate): Fix {
  const option = { name: 'ndots', value: '2' };
  const options = nodeAt(spec, 'dnsConfig', 'options');
  const fix = { id: 'set-ndots', titleId: 'add', data: {}, safety: 'review' as const };
  if (options?.kind === 'sequence') return { ...fix, changes: [{ change: 'add-item', sequence: options, value: option }] };
  return { ...fix, changes: [{ change: 'set-entry', map: spec, path: ['dnsConfig', 'options'], value: [option] }] };
}
