import type { Change, Fix, Snippet } from '../../../fixes/change.ts';
import { sameNamespace, type Unit } from '../../../model/unit.ts';
import type { Lookup } from '../../../model/value.ts';
import { affected, isVersionKnown } from '../../../model/version.ts';
import { itemsAt, mapAt, scalarAt, type YamlMap, type YamlScalar } from '../../../text/yaml.ts';
import type { Related, Rule, Severity } from '../../rule.ts';
import { type DestinationRule, destinationRules, rulesOfSameHost, type TcpPool } from '../facts-destination-rules.ts';
import { lookupHost, type MeshHost } from '../facts-hosts.ts';
import type { MeshPort } from '../facts-protocol.ts';
import { istioVersion } from '../facts-version.ts';

/**
 * Istio copies `tcp.idleTimeout` and `tcp.maxConnectionDuration` into Envoy's tcp_proxy from
 * `destinationRule.GetTrafficPolicy().GetConnectionPool().GetTcp()` alone (pilot/pkg/networking/core/networkfilter.go, the same for waypoints
 * in listener_waypoint.go): what stands in portLevelSettings or subsets reaches the cluster only, where HTTP reads it and TCP doesn't.
 * idleTimeout exists from 1.21, maxConnectionDuration from 1.15.
 */
const SETTINGS = [
  { key: 'idleTimeout', since: '1.21' },
  { key: 'maxConnectionDuration', since: '1.15' },
] as const;
type Setting = (typeof SETTINGS)[number];

export const idleTimeoutNotOnTopLevel: Rule = {
  id: 'istio/idle-timeout-not-on-top-level',
  title: { en: 'TCP idle timeout under a port or a subset', zh: 'TCP 空闲超时写在端口或 subset 之下' },
  runbook: 'istio/idle-connection-timeout',
  severity: 'warning',
  default: 'on',
  affects: 'Istio 1.21 and later (maxConnectionDuration: 1.15 and later)',
  fixable: 'review',
  sources: [
    'istio/istio:pilot/pkg/networking/core/networkfilter.go@1.24.2',
    'istio/istio#48009',
    'https://istio.io/latest/docs/reference/config/networking/destination-rule/#ConnectionPoolSettings-TCPSettings',
  ],
  messages: {
    idleTimeout: {
      en: 'TCP connections never see this idleTimeout: Istio reads it only from the top level of trafficPolicy, not from {place}. The sidecar still closes a connection after 1 h without traffic. Move it to the top level.',
      zh: '这个 idleTimeout 对 TCP 连接不起作用：Istio 只读取 trafficPolicy 顶层的值，不读取 {place}。连接空闲 1 小时后仍会被 sidecar 断开。请移到顶层。',
    },
    idleTimeoutVersionUnsure: {
      en: 'TCP connections never see this idleTimeout in {place}: Istio reads it only from the top level of trafficPolicy, and that from 1.21. Istio {version} may be older or newer.',
      zh: '{place} 里的 idleTimeout 对 TCP 连接不起作用：Istio 只读取 trafficPolicy 顶层的值，而且从 1.21 才开始支持。Istio {version} 可能更旧，也可能更新。',
    },
    idleTimeoutHostUnseen: {
      en: 'If {host} carries TCP, this idleTimeout does nothing: for TCP, Istio reads it only from the top level of trafficPolicy, not from {place}. No Service or ServiceEntry here tells the port’s protocol.',
      zh: '如果 {host} 走 TCP，这个 idleTimeout 不起作用：对 TCP，Istio 只读取 trafficPolicy 顶层的值，不读取 {place}。这里没有 Service 或 ServiceEntry 说明该端口的协议。',
    },
    maxConnectionDuration: {
      en: 'TCP connections never see this maxConnectionDuration: Istio reads it only from the top level of trafficPolicy, not from {place}. Their age stays unlimited. Move it to the top level.',
      zh: '这个 maxConnectionDuration 对 TCP 连接不起作用：Istio 只读取 trafficPolicy 顶层的值，不读取 {place}。连接寿命仍然没有上限。请移到顶层。',
    },
    maxConnectionDurationVersionUnsure: {
      en: 'TCP connections never see this maxConnectionDuration in {place}: Istio reads it only from the top level of trafficPolicy, and that from 1.15. Istio {version} may be older or newer.',
      zh: '{place} 里的 maxConnectionDuration 对 TCP 连接不起作用：Istio 只读取 trafficPolicy 顶层的值，而且从 1.15 才开始支持。Istio {version} 可能更旧，也可能更新。',
    },
    maxConnectionDurationHostUnseen: {
      en: 'If {host} carries TCP, this maxConnectionDuration does nothing: for TCP, Istio reads it only from the top level of trafficPolicy, not from {place}. No Service or ServiceEntry here tells the port’s protocol.',
      zh: '如果 {host} 走 TCP，这个 maxConnectionDuration 不起作用：对 TCP，Istio 只读取 trafficPolicy 顶层的值，不读取 {place}。这里没有 Service 或 ServiceEntry 说明该端口的协议。',
    },
    port: { en: 'TCP by this', zh: '由此判定为 TCP' },
    sniffedPort: { en: 'No protocol named: what is not HTTP is TCP', zh: '没有声明协议：不是 HTTP 的流量都按 TCP 处理' },
    hoist: {
      en: 'Move {setting}: {value} to the top level of trafficPolicy (Istio ≥ {since})',
      zh: '把 {setting}: {value} 移到 trafficPolicy 顶层（Istio ≥ {since}）',
    },
    differing: {
      en: 'The values differ, and the top level takes only one: choose it, or give each port a DestinationRule host of its own. Needs Istio ≥ {since}.',
      zh: '各处的值不同，而顶层只能有一个：请选定一个值，或让每个端口使用各自的 DestinationRule host。需要 Istio ≥ {since}。',
    },
  },
  check({ unit, repository, report }) {
    for (const rule of destinationRules(unit)) {
      if (rule.pools.every(({ level }) => level === 'top')) continue;
      const version = istioVersion(unit, repository);
      const complete = repository.assume(rule.object.file.path).complete === true;
      const host: Lookup<MeshHost> =
        rule.host === undefined ? { is: 'unseen', gaps: [] } : lookupHost(unit, rule.host, rule.object.namespace, complete);
      for (const setting of SETTINGS) {
        const inRange = affected(version, { from: setting.since });
        if (inRange === 'no') continue;
        const unsure = inRange === 'maybe' && isVersionKnown(version);
        const top = rule.pools.find((pool) => pool.level === 'top');
        const topPolicy = mapAt(rule.object.root, 'spec', 'trafficPolicy');
        // A template hole on the way to the top level may set it there.
        if (top?.tcp.pairs.has(setting.key) || holds(rule.object.root, topPolicy, top)) continue;
        if (!topPolicy && setByAnother(unit, rule, setting)) continue;
        const ignored = rule.pools.flatMap((pool) => {
          const scalar = scalarAt(pool.tcp, setting.key);
          const carrier = scalar && carrierOf(pool, host);
          return carrier && carrier.is !== 'honoured' ? [{ pool, scalar, carrier }] : [];
        });
        const fix = hoist(rule, setting, ignored);
        for (const { pool, scalar, carrier } of ignored) {
          if (scalar.unknown) continue;
          const seen = carrier.is === 'tcp';
          const severity: Severity = seen && !unsure ? 'warning' : 'information';
          report({
            messageId: seen ? `${setting.key}${unsure ? 'VersionUnsure' : ''}` : `${setting.key}HostUnseen`,
            data: {
              place: pool.level === 'port' ? 'portLevelSettings' : 'subsets',
              host: rule.host ?? '?',
              version: version.text,
            },
            at: scalar,
            severity,
            related: seen ? carrier.related : [],
            ...fix,
          });
        }
      }
    }
  },
};

/** Istio merges the rules of one host: where one has no top level at all, it takes another's (mergeDestinationRule). */
function setByAnother(unit: Unit, rule: DestinationRule, { key }: Setting): boolean {
  return rulesOfSameHost(unit, rule).some(
    (other) =>
      sameNamespace(other.object.namespace, rule.object.namespace) &&
      other.pools.some(({ level, tcp }) => level === 'top' && tcp.pairs.has(key)),
  );
}

/** A hole in a template stands where the top-level value could be. */
function holds(root: YamlMap, topPolicy: YamlMap | undefined, top: TcpPool | undefined): boolean {
  const nearest = top?.tcp ?? mapAt(topPolicy, 'connectionPool') ?? topPolicy ?? mapAt(root, 'spec');
  return nearest?.open === true;
}

type Carrier = { readonly is: 'honoured' } | { readonly is: 'tcp'; readonly related: readonly Related[] } | { readonly is: 'unseen' };

/** Whether the pool's connections are TCP to Envoy: by the port it is for, or by all ports of the host for a subset. */
function carrierOf(pool: TcpPool, host: Lookup<MeshHost>): Carrier {
  if (host.is !== 'found' && host.is !== 'several') return { is: 'unseen' };
  const hosts = host.is === 'found' ? [host.value] : host.values;
  const all = hosts.flatMap(({ ports }) => ports);
  const wanted = pool.level === 'port' ? all.filter(({ number }) => pool.port !== undefined && number === pool.port) : all;
  const bytes = wanted.filter(({ protocol }) => protocol === 'tcp' || protocol === 'sniffed');
  if (bytes.length > 0) return { is: 'tcp', related: bytes.slice(0, 1).flatMap(evidence) };
  const open = wanted.length === 0 || wanted.some(({ protocol }) => protocol === 'unknown') || hosts.some(({ portsSeen }) => !portsSeen);
  return { is: open ? 'unseen' : 'honoured' };
}

function evidence(port: MeshPort): Related[] {
  const sniffed = port.protocol === 'sniffed';
  const at = (sniffed ? undefined : port.decidedBy) ?? port.numberScalar;
  return at ? [{ at, messageId: sniffed ? 'sniffedPort' : 'port' }] : [];
}

interface Ignored {
  readonly pool: TcpPool;
  readonly scalar: YamlScalar;
}

/** One value: moved, and what it leaves empty is dropped. Several: nobody but a person can choose. */
function hoist(rule: DestinationRule, setting: Setting, ignored: readonly Ignored[]): { fixes?: readonly Fix[]; snippet?: Snippet } {
  const [first] = ignored;
  const spec = mapAt(rule.object.root, 'spec');
  if (!first || !spec) return {};
  const { key, since } = setting;
  const values = new Set(ignored.map(({ scalar }) => scalar.unknown ?? scalar.text));
  if (values.size > 1) {
    const text = `trafficPolicy:\n  connectionPool:\n    tcp:\n      ${key}: ${first.scalar.unknown ? '30m' : first.scalar.text}\n`;
    return { snippet: { reasonId: 'differing', data: { since }, language: 'yaml', text } };
  }
  const value = first.scalar.text;
  const changes: Change[] = [
    { change: 'set-entry', map: spec, path: ['trafficPolicy', 'connectionPool', 'tcp', key], value },
    ...removals(spec, key, ignored),
  ];
  return { fixes: [{ id: `hoist-${key}`, titleId: 'hoist', data: { setting: key, value, since }, safety: 'review', changes }] };
}

function removals(spec: YamlMap, key: string, ignored: readonly Ignored[]): Change[] {
  const owners = [spec, ...itemsAt(spec, 'subsets')].filter((node): node is YamlMap => node.kind === 'map');
  return owners.flatMap((owner, ownerIndex): Change[] => {
    const own = ignored.filter(({ pool }) => (pool.subsetIndex ?? -1) === ownerIndex - 1);
    const emptied = own.filter(({ pool }) => isEmptiedBy(pool.policy));
    const all = itemsAt(owner, 'trafficPolicy', 'portLevelSettings');
    const tcp = ['connectionPool', 'tcp', key];
    const changes = own.map(
      ({ pool }): Change =>
        pool.level === 'port'
          ? { change: 'remove-entry', map: pool.policy, path: tcp, prune: true }
          : { change: 'remove-entry', map: owner, path: ['trafficPolicy', ...tcp], prune: true },
    );
    if (emptied.length > 0 && emptied.length === all.length) {
      changes.push({ change: 'remove-entry', map: owner, path: ['trafficPolicy', 'portLevelSettings'], prune: true });
    } else {
      const sequence = mapAt(owner, 'trafficPolicy')?.pairs.get('portLevelSettings')?.value;
      for (const { pool } of emptied) {
        if (sequence?.kind === 'sequence') changes.push({ change: 'remove-item', sequence, item: pool.policy });
      }
    }
    return changes;
  });
}

/** Nothing but the port and one setting stands in a port's entry. */
function isEmptiedBy(policy: YamlMap): boolean {
  const pool = mapAt(policy, 'connectionPool');
  const tcp = mapAt(pool, 'tcp');
  const others = [...policy.pairs.keys()].filter((name) => name !== 'port' && name !== 'connectionPool');
  return others.length === 0 && !policy.open && pool?.pairs.size === 1 && tcp?.pairs.size === 1;
}
