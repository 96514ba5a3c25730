import type { Fix } from '../../../fixes/change.ts';
import type { Container } from '../../../model/container.ts';
import type { KubeObject, PodTemplate } from '../../../model/kubernetes/objects.ts';
import { sameNamespace, type Unit } from '../../../model/unit.ts';
import { oncePer } from '../../../text/once.ts';
import type { Anchor } from '../../../text/source.ts';
import { itemsAt, nodeAt, scalarAt, textAt, type YamlScalar } from '../../../text/yaml.ts';
import type { Report, Rule } from '../../rule.ts';
import { completion, namesInContainer, namesInFiles, type ShortName, serviceNames } from '../cluster-names.ts';
import { resolverOf } from '../resolver.ts';
import { containerLibc } from '../uncached-runtime.ts';

/**
 * musl drops the search list for a name that has `ndots` dots or more and asks it only as it is (`name_from_dns_search`: `if (dots >= conf.ndots
 * || name[l-1]=='.') *search = 0`). glibc and Go ask it as it is first and then go through the list all the same. Tried with musl 1.2.3,
 * glibc 2.36 and Go 1.26.8 against one DNS server: with ndots 1 musl doesn't find `orders.shop`, with ndots 2 not `orders.shop.svc`, the
 * others find both.
 */
export const ndotsMusl: Rule = {
  id: 'dns/ndots-musl',
  title: {
    en: 'On musl (Alpine) this ndots loses short names of Services',
    zh: '在 musl（Alpine）上，这个 ndots 会让 Service 短名无法解析',
  },
  runbook: 'dns/slow-lookups',
  severity: 'error',
  default: 'on',
  affects: 'musl (Alpine), all versions with a search list (1.1.13 and later)',
  fixable: 'review',
  sources: [
    'https://git.musl-libc.org/cgit/musl/tree/src/network/lookup_name.c',
    'https://wiki.musl-libc.org/functional-differences-from-glibc.html',
    'https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/',
  ],
  messages: {
    lost: {
      en: 'This image is musl, which never uses the search list for a name with {ndots} dots or more: {name} isn’t found, each call to it fails. Set ndots {needed}, or write the name up to cluster.local.',
      zh: '该镜像使用 musl：点数达到 {ndots} 的名字完全不走搜索域，{name} 解析不到，对它的调用全部失败。请把 ndots 设为 {needed}，或把名字写全到 cluster.local。',
    },
    lostUnlessGo: {
      en: 'This image is musl, which never uses the search list for a name with {ndots} dots or more: unless the program is written in Go, {name} isn’t found. Set ndots {needed}, or write the name up to cluster.local.',
      zh: '该镜像使用 musl：点数达到 {ndots} 的名字完全不走搜索域；除非程序是 Go 写的，否则 {name} 解析不到。请把 ndots 设为 {needed}，或把名字写全到 cluster.local。',
    },
    called: { en: '{name} is called here', zh: '这里访问 {name}' },
    raise: { en: 'Set ndots {needed}', zh: '把 ndots 设为 {needed}' },
    complete: { en: 'Write the names up to cluster.local', zh: '把名字写全到 cluster.local' },
  },
  check({ unit, repository, report }) {
    const asking = new Map<YamlScalar, Container[]>();
    for (const container of unit.containers) {
      const ndots = container.pod && ndotsOf(container.pod);
      if (!ndots || containerLibc(unit, container) !== 'musl' || resolverOf(unit, container) === 'go') continue;
      asking.set(ndots, [...(asking.get(ndots) ?? []), container]);
    }
    for (const [ndots, containers] of asking) {
      const found = judge(unit, containers, ndots, asSet(repository.everyUnit(serviceNames)));
      if (found) report(found);
    }
  },
};

const asSet = oncePer((names: readonly string[]): ReadonlySet<string> => new Set(names));

/** The `ndots` of a pod that has the cluster's search list. Of several the last counts. */
function ndotsOf({ spec }: PodTemplate): YamlScalar | undefined {
  const policy = scalarAt(spec, 'dnsPolicy');
  // On the node's network ClusterFirst means the node's own resolv.conf, which has no search list for Services.
  const usual = nodeAt(spec, 'hostNetwork') === undefined || textAt(spec, 'hostNetwork') === 'false';
  if (policy ? policy.text !== 'ClusterFirstWithHostNet' && !(usual && policy.text === 'ClusterFirst') : !usual || spec.open)
    return undefined;
  const option = itemsAt(spec, 'dnsConfig', 'options').findLast((one) => textAt(one, 'name') === 'ndots');
  const value = scalarAt(option, 'value');
  return value && /^\d+$/.test(value.text) ? value : undefined;
}

function judge(unit: Unit, containers: readonly Container[], ndots: YamlScalar, services: ReadonlySet<string>): Report | undefined {
  const lostBy = containers.map((container) => {
    const namespace = container.workload?.namespace ?? '';
    const written = [...namesInContainer(container), ...mountedConfigMaps(unit, container).flatMap(namesInFiles)];
    const names = written.flatMap((one): ShortName[] => {
      const meant = dotsOf(one.name) >= Number(ndots.text) ? completion(one.name, namespace, services) : undefined;
      return meant ? [{ ...one, full: meant.full }] : [];
    });
    return { names, proven: resolverOf(unit, container) === 'c-library' };
  });
  const names = lostBy.flatMap((one) => one.names);
  const proven = lostBy.filter((one) => one.proven).flatMap((one) => one.names);
  const [first] = proven.length > 0 ? proven : names;
  if (!first) return undefined;
  const needed = Math.max(...names.map(({ name }) => dotsOf(name))) + 1;
  return {
    messageId: proven.length > 0 ? 'lost' : 'lostUnlessGo',
    data: { name: first.name, ndots: ndots.text, needed },
    severity: proven.length > 0 ? 'error' : 'warning',
    at: ndots,
    related: names.slice(0, 5).map(({ name, at }) => ({ at, messageId: 'called', data: { name } })),
    fixes: [
      {
        id: 'raise-ndots',
        titleId: 'raise',
        data: { needed },
        safety: 'review',
        changes: [{ change: 'set-scalar', scalar: ndots, text: String(needed), asString: true }],
      },
      ...complete(names),
    ],
  };
}

function dotsOf(name: string): number {
  return name.split('.').length - 1;
}

/** Offered where every name stands as such in a file. Those of one value are written in one go. */
function complete(names: readonly ShortName[]): Fix[] {
  const byValue = new Map<Anchor, { start: number; end: number; text: string }>();
  for (const { full, name, at, value } of names.toSorted((a, b) => a.at.start - b.at.start)) {
    const { file, start, end } = at;
    if (full === undefined || file.text.slice(start, end) !== name) return [];
    const before = byValue.get(value);
    const text = before ? before.text + file.text.slice(before.end, start) + full : full;
    byValue.set(value, { start: before?.start ?? start, end, text });
  }
  const changes = [...byValue].map(([{ file }, { start, end, text }]) => ({
    change: 'replace-text' as const,
    at: { file, start, end },
    text,
  }));
  return [{ id: 'write-full-name', titleId: 'complete', data: {}, safety: 'review', changes }];
}

/** ConfigMaps whose files a container sees. */
function mountedConfigMaps(unit: Unit, { pod, node }: Container): readonly KubeObject[] {
  const mounted = new Set(itemsAt(node, 'volumeMounts').map((mount) => textAt(mount, 'name')));
  return itemsAt(pod?.spec, 'volumes').flatMap((volume) => {
    const name = textAt(volume, 'configMap', 'name');
    if (name === undefined || !mounted.has(textAt(volume, 'name'))) return [];
    return unit.objects.filter(
      (object) => object.kind === 'ConfigMap' && object.name === name && sameNamespace(object.namespace, pod?.workload.namespace),
    );
  });
}
