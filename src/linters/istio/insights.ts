import { formatDuration, parseGoDurationMs } from '../../model/duration.ts';
import { affected } from '../../model/version.ts';
import type { Repository, Unit } from '../../model/unit.ts';
import { scalarAt } from '../../text/yaml.ts';
import type { Insight, InsightProvider } from '../insight.ts';
import { type DestinationRule, destinationRules } from './facts-destination-rules.ts';
import { lookupHost } from './facts-hosts.ts';
import { type IdleSetting, idleSettings } from './facts-idle-settings.ts';
import { istioVersion } from './facts-version.ts';

const RUNBOOK = 'istio/idle-connection-timeout';

/** After how long without traffic the sidecar closes TCP connections: to a DestinationRule's host, and where `ISTIO_META_IDLE_TIMEOUT` is set. */
export const istioInsights: InsightProvider = {
  id: 'istio/idle-timeout',
  messages: {
    fromRule: { en: 'TCP connections to {host} close after {value} idle', zh: '到 {host} 的 TCP 连接空闲 {value} 后断开' },
    neverByRule: { en: 'TCP connections to {host} never close for being idle', zh: '到 {host} 的 TCP 连接不会因空闲而断开' },
    byDefault: {
      en: 'TCP connections to {host} close after 1h idle (Envoy’s default, unless the client sets ISTIO_META_IDLE_TIMEOUT)',
      zh: '到 {host} 的 TCP 连接空闲 1h 后断开（Envoy 默认值，除非客户端设置了 ISTIO_META_IDLE_TIMEOUT）',
    },
    fromMeta: {
      en: 'TCP connections without an idleTimeout of a DestinationRule close after {value} idle',
      zh: '没有 DestinationRule idleTimeout 的 TCP 连接空闲 {value} 后断开',
    },
    neverByMeta: {
      en: 'TCP connections without an idleTimeout of a DestinationRule never close for being idle',
      zh: '没有 DestinationRule idleTimeout 的 TCP 连接不会因空闲而断开',
    },
    metaIgnored: { en: 'Ignored: idle TCP connections close after Envoy’s 1h', zh: '该值被忽略：空闲 TCP 连接按 Envoy 默认的 1h 断开' },
  },
  insights(unit, repository) {
    return [
      ...destinationRules(unit).flatMap((rule) => ofRule(rule, unit, repository)),
      ...idleSettings(unit).flatMap((setting) => ofSetting(setting)),
    ];
  },
};

/** Only for hosts with a TCP port: what HTTP does with the value is another matter. */
function ofRule({ host, hostScalar, pools, object }: DestinationRule, unit: Unit, repository: Repository): Insight[] {
  if (host === undefined || !hostScalar) return [];
  const found = lookupHost(unit, host, object.namespace, false);
  if (found.is !== 'found' || !found.value.ports.some(({ protocol }) => protocol === 'tcp')) return [];
  const top = pools.find(({ level }) => level === 'top');
  const scalar = scalarAt(top?.tcp, 'idleTimeout');
  if (top?.tcp.open || affected(istioVersion(unit, repository), { from: '1.21' }) === 'no') return [];
  if (!scalar) return [{ at: hostScalar, messageId: 'byDefault', data: { host }, runbook: RUNBOOK }];
  const durationMs = parseGoDurationMs(scalar.text);
  if (durationMs === undefined) return [];
  const messageId = durationMs === 0 ? 'neverByRule' : 'fromRule';
  return [{ at: scalar, messageId, data: { host, value: inHours(durationMs) }, runbook: RUNBOOK }];
}

function ofSetting({ text, at, notText }: IdleSetting): Insight[] {
  // A bare number stops injection or the mesh configuration: then nothing is in force.
  if (notText || text === '') return [];
  const durationMs = parseGoDurationMs(text);
  if (durationMs === undefined) return [{ at, messageId: 'metaIgnored', data: {}, runbook: RUNBOOK }];
  const messageId = durationMs === 0 ? 'neverByMeta' : 'fromMeta';
  return [{ at, messageId, data: { value: inHours(durationMs) }, runbook: RUNBOOK }];
}

/** `24h` rather than `1440m`. */
function inHours(durationMs: number): string {
  return durationMs > 0 && durationMs % 3_600_000 === 0 ? `${durationMs / 3_600_000}h` : formatDuration(durationMs);
}
