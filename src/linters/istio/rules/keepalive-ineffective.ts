import type { Change } from '../../../fixes/change.ts';
import { formatDuration, parseGoDurationMs } from '../../../model/duration.ts';
import type { Unit } from '../../../model/unit.ts';
import type { Anchor } from '../../../text/source.ts';
import { mapAt, pairAt, scalarAt, type YamlMap } from '../../../text/yaml.ts';
import type { Report, Rule } from '../../rule.ts';
import { type DestinationRule, destinationRules } from '../facts-destination-rules.ts';
import { lookupHost, serviceOfName } from '../facts-hosts.ts';
import { meshConfigs } from '../facts-mesh-config.ts';

/**
 * Istio hands `tcpKeepalive` to Envoy in whole seconds (`uint32(keepalive.Time.Seconds)`, setKeepAliveSettings in
 * istio/istio:pilot/pkg/networking/core/cluster.go), so 500ms is 0. A field that neither the DestinationRule nor MeshConfig sets is the
 * kernel's: Linux waits 7200 s before the first probe (man 7 tcp, tcp_keepalive_time), while clouds forget an idle flow after minutes
 * (AWS NLB 350 s, Google Cloud 600 s).
 */
const HOUR_MS = 3_600_000;
const USUAL_SECONDS = { time: 60, interval: 15 } as const;
type Field = keyof typeof USUAL_SECONDS;

export const keepaliveIneffective: Rule = {
  id: 'istio/keepalive-ineffective',
  title: { en: 'TCP keepalive that comes too late or not at all', zh: 'TCP keepalive 太晚或根本不生效' },
  runbook: 'istio/idle-connection-timeout',
  severity: 'warning',
  default: 'on',
  affects: 'Istio, all versions',
  fixable: 'review',
  sources: [
    'istio/istio:pilot/pkg/networking/core/cluster.go@1.24.2',
    'https://istio.io/latest/docs/reference/config/networking/destination-rule/#ConnectionPoolSettings-TCPSettings-TcpKeepalive',
    'https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html#connection-idle-timeout',
  ],
  options: {
    peerIdleTimeout: {
      type: 'duration',
      default: '0s',
      description: {
        en: 'How long the load balancer, NAT or firewall on the way keeps an idle connection, e.g. 350s for an AWS NLB. 0s: not known.',
        zh: '沿途负载均衡、NAT 或防火墙保留空闲连接的时间，例如 AWS NLB 为 350s。0s 表示未知。',
      },
    },
  },
  messages: {
    noTime: {
      en: 'tcpKeepalive without a time waits Linux’s 2 h before the first probe; a cloud NAT or load balancer has dropped the idle connection after minutes. Set time: {suggestion}.',
      zh: 'tcpKeepalive 没有写 time，要等 Linux 默认的 2 小时才发第一个探测；云上的 NAT 或负载均衡几分钟就会丢弃空闲连接。请设置 time: {suggestion}。',
    },
    subSecond: {
      en: 'Istio passes {field} on in whole seconds: {value} becomes 0. Write {suggestion}.',
      zh: 'Istio 只传递整秒的 {field}：{value} 会变成 0。请写成 {suggestion}。',
    },
    tooLate: {
      en: 'The first keepalive probe after {value} comes too late: cloud NATs and load balancers drop an idle connection within minutes (AWS NLB 350 s, Google Cloud 10 min). Write {suggestion}.',
      zh: '{value} 之后才发第一个 keepalive 探测，太晚了：云上的 NAT 和负载均衡几分钟就会丢弃空闲连接（AWS NLB 350 秒，Google Cloud 10 分钟）。请写成 {suggestion}。',
    },
    laterThanPeer: {
      en: 'The first keepalive probe after {value} comes too late: the connection is dropped after {limit} without traffic (peerIdleTimeout). Write {suggestion}.',
      zh: '{value} 之后才发第一个 keepalive 探测，太晚了：连接空闲 {limit} 就会被丢弃（peerIdleTimeout）。请写成 {suggestion}。',
    },
    fix: { en: 'Set {field}: {suggestion}', zh: '设置 {field}: {suggestion}' },
  },
  check({ unit, option, report }) {
    const limitMs = parseGoDurationMs(String(option('peerIdleTimeout'))) ?? 0;
    const meshTime = meshConfigs(unit).some(({ root }) => mapAt(root, 'tcpKeepalive')?.pairs.has('time'));
    for (const rule of destinationRules(unit)) {
      if (isInCluster(unit, rule)) continue;
      for (const { tcp } of rule.pools) judge(tcp, meshTime, limitMs, report);
    }
    for (const { root } of meshConfigs(unit)) if (root) judge(root, false, limitMs, report);
  },
};

/** Between pods nothing forgets an idle connection so soon, and a name without a dot is a Service to Istio. */
function isInCluster(unit: Unit, { host, object }: DestinationRule): boolean {
  if (host === undefined) return true;
  const found = lookupHost(unit, host, object.namespace, false);
  if (found.is === 'found') return !found.value.external;
  if (found.is === 'several') return found.values.every(({ external }) => !external);
  // Two labels are rather `service.namespace` than a domain.
  return serviceOfName(host) !== undefined || host.split('.').length < 3 || /\.(?:svc|local)$/.test(host);
}

/** @param holder the map with the `tcpKeepalive` key; @param timeElsewhere MeshConfig sets the time that is missing here */
function judge(holder: YamlMap, timeElsewhere: boolean, limitMs: number, report: (report: Report) => void): void {
  const pair = pairAt(holder, 'tcpKeepalive');
  const keepalive = pair?.value;
  if (!pair || keepalive?.kind !== 'map') return;
  for (const field of ['time', 'interval'] as const) {
    const scalar = scalarAt(keepalive, field);
    const suggestion = suggestionFor(field, limitMs);
    if (!scalar) {
      if (field !== 'time' || keepalive.open || keepalive.pairs.has(field) || timeElsewhere) continue;
      const at: Anchor = keepalive.pairs.size === 0 ? keepalive : pair.key;
      const changes: Change[] =
        keepalive.pairs.size === 0
          ? [
              {
                change: 'set-entry',
                map: holder,
                path: ['tcpKeepalive'],
                value: { time: suggestion, interval: suggestionFor('interval', limitMs), probes: 3 },
              },
            ]
          : [{ change: 'set-entry', map: keepalive, path: ['time'], value: suggestion }];
      report({ messageId: 'noTime', data: { suggestion }, at, fixes: [fixOf(field, suggestion, changes)] });
      continue;
    }
    // A template is no duration.
    const durationMs = parseGoDurationMs(scalar.text);
    const messageId = durationMs === undefined ? undefined : problemOf(field, durationMs, limitMs);
    if (!messageId) continue;
    report({
      messageId,
      data: { field, value: scalar.text, suggestion, limit: formatDuration(limitMs) },
      at: scalar,
      fixes: [fixOf(field, suggestion, [{ change: 'set-scalar', scalar, text: suggestion }])],
    });
  }
}

function problemOf(field: Field, durationMs: number, limitMs: number): string | undefined {
  if (durationMs < 1000) return 'subSecond';
  if (field === 'interval') return undefined;
  if (limitMs > 0 && durationMs >= limitMs) return 'laterThanPeer';
  return durationMs >= HOUR_MS ? 'tooLate' : undefined;
}

/** The usual value, or a part of the limit on the way where that is shorter. */
function suggestionFor(field: Field, limitMs: number): string {
  const usual = USUAL_SECONDS[field];
  if (limitMs <= 0) return `${usual}s`;
  const share = Math.floor(limitMs / 1000 / (field === 'time' ? 2 : 8));
  return `${Math.max(1, Math.min(usual, share))}s`;
}

function fixOf(field: Field, suggestion: string, changes: readonly Change[]) {
  return { id: `set-${field}`, titleId: 'fix', data: { field, suggestion }, safety: 'review' as const, changes };
}
