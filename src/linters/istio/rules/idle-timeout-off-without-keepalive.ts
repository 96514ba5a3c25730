import type { Fix, Snippet } from '../../../fixes/change.ts';
import { parseGoDurationMs } from '../../../model/duration.ts';
import type { Unit } from '../../../model/unit.ts';
import { affected, isVersionKnown } from '../../../model/version.ts';
import { isNull, nodeAt, scalarAt, textAt, type YamlMap } from '../../../text/yaml.ts';
import type { Rule } from '../../rule.ts';
import { destinationRules, type TcpPool } from '../facts-destination-rules.ts';
import { filtersKeepalive } from '../facts-envoy-filters.ts';
import { idleSettings } from '../facts-idle-settings.ts';
import { meshConfigs, meshKeepalive } from '../facts-mesh-config.ts';
import { istioVersion } from '../facts-version.ts';

/**
 * With `idleTimeout: 0s` Envoy never closes an idle TCP connection. Its own documentation warns that connections whose FIN was lost then
 * stay for ever (tcp_proxy.proto, idle_timeout; istio/istio#43233); only keepalive on Envoy's socket finds them. Keepalive comes from
 * the DestinationRule or from MeshConfig.tcpKeepalive (applyTCPKeepalive in pilot/pkg/networking/core/cluster.go); a connection that
 * takes its timeout from ISTIO_META_IDLE_TIMEOUT goes through PassthroughCluster or comes in, and there only MeshConfig's counts.
 */
const KEEPALIVE = { time: '60s', interval: '15s', probes: 3 } as const;
const KEEPALIVE_YAML = 'tcpKeepalive:\n  time: 60s\n  interval: 15s\n  probes: 3\n';

export const idleTimeoutOffWithoutKeepalive: Rule = {
  id: 'istio/idle-timeout-off-without-keepalive',
  title: { en: 'Idle timeout off and no keepalive', zh: '关闭了空闲超时却没有 keepalive' },
  runbook: 'istio/idle-connection-timeout',
  severity: 'warning',
  default: 'on',
  affects: 'Istio 1.21 and later (ISTIO_META_IDLE_TIMEOUT: 1.10 and later)',
  fixable: 'review',
  sources: [
    'istio/istio#43233',
    'istio/istio:pilot/pkg/networking/core/cluster.go@1.24.2',
    'envoyproxy/envoy:api/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.proto@v1.32.0',
  ],
  messages: {
    off: {
      en: 'idleTimeout {value} keeps idle connections for ever, and without tcpKeepalive also those that a NAT or a crashed peer dropped: they pile up until the pool hangs. Add tcpKeepalive.',
      zh: 'idleTimeout {value} 会让空闲连接永不关闭；没有 tcpKeepalive，被 NAT 丢弃或对端已崩溃的连接也会一直留着，直到连接池卡死。请加上 tcpKeepalive。',
    },
    offMeshUnseen: {
      en: 'idleTimeout {value} keeps idle connections for ever, also those that a NAT or a crashed peer dropped, unless MeshConfig (not in these files) sets tcpKeepalive.',
      zh: 'idleTimeout {value} 会让空闲连接永不关闭，包括被 NAT 丢弃或对端已崩溃的连接，除非 MeshConfig（不在这些文件里）设置了 tcpKeepalive。',
    },
    offVersionUnsure: {
      en: 'From Istio 1.21, idleTimeout {value} keeps idle connections for ever, and without tcpKeepalive also those that a NAT or a crashed peer dropped. Istio {version} may be older or newer.',
      zh: '从 Istio 1.21 起，idleTimeout {value} 会让空闲连接永不关闭；没有 tcpKeepalive，被 NAT 丢弃或对端已崩溃的连接也会一直留着。Istio {version} 可能更旧，也可能更新。',
    },
    metaOff: {
      en: 'ISTIO_META_IDLE_TIMEOUT={value} keeps idle connections for ever, and MeshConfig has no tcpKeepalive (a DestinationRule’s doesn’t reach them): lost ones pile up. Add it to MeshConfig.',
      zh: 'ISTIO_META_IDLE_TIMEOUT={value} 会让空闲连接永不关闭，而 MeshConfig 没有 tcpKeepalive（DestinationRule 里的对它们不起作用）：失效连接会越积越多。请加到 MeshConfig。',
    },
    metaOffMeshUnseen: {
      en: 'ISTIO_META_IDLE_TIMEOUT={value} keeps idle connections for ever, also lost ones, unless MeshConfig (not in these files) sets tcpKeepalive. A DestinationRule’s doesn’t reach them.',
      zh: 'ISTIO_META_IDLE_TIMEOUT={value} 会让空闲连接永不关闭，失效的也不例外，除非 MeshConfig（不在这些文件里）设置了 tcpKeepalive。DestinationRule 里的对它们不起作用。',
    },
    add: { en: 'Add tcpKeepalive: 60s, then every 15s, 3 times', zh: '加上 tcpKeepalive：60s 后开始，每 15s 一次，共 3 次' },
    addToMesh: {
      en: 'Add tcpKeepalive to MeshConfig: 60s, then every 15s, 3 times',
      zh: '在 MeshConfig 加上 tcpKeepalive：60s 后开始，每 15s 一次，共 3 次',
    },
    meshElsewhere: {
      en: 'The mesh configuration is not in these files: put this at its top level.',
      zh: 'MeshConfig 不在这些文件里：请加到它的顶层。',
    },
  },
  check({ unit, repository, report }) {
    for (const rule of destinationRules(unit)) {
      const off = rule.pools.find((pool) => pool.level === 'top' && isOff(pool));
      if (!off || rule.pools.some(({ tcp }) => hasKeepalive(tcp) || tcp.open) || filtersKeepalive(unit)) continue;
      const version = istioVersion(unit, repository);
      const inRange = affected(version, { from: '1.21' });
      if (inRange === 'no') continue;
      // A version that nobody names is taken for a current one.
      const unsure = inRange === 'maybe' && isVersionKnown(version);
      const scalar = scalarAt(off.tcp, 'idleTimeout');
      const mesh = meshKeepalive(unit, repository.assume(rule.object.file.path).complete === true);
      if (!scalar || mesh.is === 'set') continue;
      const seen = mesh.is === 'absent';
      report({
        messageId: seen ? (unsure ? 'offVersionUnsure' : 'off') : 'offMeshUnseen',
        data: { value: scalar.text, version: version.text },
        at: scalar,
        severity: seen && !unsure ? 'warning' : 'information',
        fixes: [
          {
            id: 'add-keepalive',
            titleId: 'add',
            data: {},
            safety: 'review',
            changes: [{ change: 'set-entry', map: off.tcp, path: ['tcpKeepalive'], value: KEEPALIVE }],
          },
        ],
      });
    }
    for (const { text, at, notText } of idleSettings(unit)) {
      if (notText || parseGoDurationMs(text) !== 0 || filtersKeepalive(unit)) continue;
      if (affected(istioVersion(unit, repository), { from: '1.10' }) === 'no') continue;
      const mesh = meshKeepalive(unit, repository.assume(at.file.path).complete === true);
      if (mesh.is === 'set') continue;
      const seen = mesh.is === 'absent';
      report({
        messageId: seen ? 'metaOff' : 'metaOffMeshUnseen',
        data: { value: text },
        at,
        severity: seen ? 'warning' : 'information',
        ...meshFix(unit),
      });
    }
  },
};

function hasKeepalive(tcp: YamlMap): boolean {
  const keepalive = nodeAt(tcp, 'tcpKeepalive');
  return keepalive !== undefined && (keepalive.kind !== 'scalar' || !isNull(keepalive));
}

function isOff(pool: TcpPool): boolean {
  const text = textAt(pool.tcp, 'idleTimeout');
  return text !== undefined && parseGoDurationMs(text) === 0;
}

/** Into the one mesh configuration of the unit; by hand where there is none or several. */
function meshFix(unit: Unit): { fixes?: readonly Fix[]; snippet?: Snippet } {
  const [only, ...more] = meshConfigs(unit);
  if (only?.root && more.length === 0) {
    const changes = [{ change: 'set-entry' as const, map: only.root, path: ['tcpKeepalive'], value: KEEPALIVE }];
    return { fixes: [{ id: 'add-mesh-keepalive', titleId: 'addToMesh', data: {}, safety: 'review', changes }] };
  }
  return { snippet: { reasonId: 'meshElsewhere', data: {}, language: 'yaml', text: KEEPALIVE_YAML } };
}
