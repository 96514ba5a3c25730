import type { Keepalive } from '../../../code/index.ts';
import type { Change } from '../../../fixes/change.ts';
import { formatDuration } from '../../../model/duration.ts';
import type { Repository, Unit } from '../../../model/unit.ts';
import { type Anchor, textOf } from '../../../text/source.ts';
import { compareSeverity, type Rule, type Severity } from '../../rule.ts';
import { meshOf, reachable, serviceName } from '../balance.ts';
import { clientsOf, type GrpcClient } from '../facts.ts';
import { springDurationMs } from '../facts-frameworks.ts';
import { serverBehind } from '../facts-servers.ts';
import type { GrpcService } from '../facts-services.ts';

/**
 * Go's, Java's and C-core's servers allow a ping every 5 minutes unless told otherwise, and none without calls; after two strikes they close the
 * connection with GOAWAY `too_many_pings` (gRFC A8; grpc/grpc-go internal/transport/http2_server.go; grpc/grpc doc/keepalive.md). A 10 s client
 * against a default server loses its connection again and again (llm-d/llm-d-kv-cache#363). grpc-js's servers enforce nothing.
 */
export const keepaliveTooManyPings: Rule = {
  id: 'grpc/keepalive-too-many-pings',
  title: { en: 'The client pings more often than the server allows', zh: '客户端 keepalive 间隔小于服务端允许值' },
  runbook: 'grpc/connections-closed-by-keepalive',
  severity: 'warning',
  default: 'on',
  affects: 'gRPC clients with keepalive against Go, Java and C-core servers, all versions',
  fixable: 'review',
  sources: [
    'grpc/proposal:A8-client-side-keepalive.md',
    'grpc/grpc:doc/keepalive.md@v1.70.0',
    'grpc/grpc-go:keepalive/keepalive.go@v1.83.0',
    'https://github.com/llm-d/llm-d-kv-cache/issues/363',
  ],
  messages: {
    'by-policy': {
      en: 'A ping every {time}, with or without calls; the server behind Service `{service}` allows one every {minTime} and closes the connection (too_many_pings). Ping every {wanted}.',
      zh: '无论有没有调用，每 {time} 发一次 ping；Service `{service}` 后面的服务端只允许每 {minTime} 一次，会断开连接（too_many_pings）。请改为每 {wanted} 一次。',
    },
    'by-default': {
      en: 'A ping every {time}, with or without calls; the server behind Service `{service}` sets no policy, so it allows one every {minTime} and closes the connection (too_many_pings). Ping every {wanted}.',
      zh: '无论有没有调用，每 {time} 发一次 ping；Service `{service}` 后面的服务端没有设置策略，默认只允许每 {minTime} 一次，会断开连接（too_many_pings）。请改为每 {wanted} 一次。',
    },
    'while-calling': {
      en: 'A ping every {time} while a call runs; the server behind Service `{service}` allows one every {minTime}. Long streams that are quiet lose their connection (too_many_pings).',
      zh: '调用进行期间每 {time} 发一次 ping；Service `{service}` 后面的服务端只允许每 {minTime} 一次。长时间无数据的流会被断开（too_many_pings）。',
    },
    'mesh-possible': {
      en: 'A ping every {time}; the server behind Service `{service}` allows one every {minTime}. It closes the connection (too_many_pings) unless a mesh’s proxy stands between; `assume.mesh` settles that.',
      zh: '每 {time} 发一次 ping；Service `{service}` 后面的服务端只允许每 {minTime} 一次。除非中间有网格代理，否则会被断开（too_many_pings）；可用 `assume.mesh` 说明。',
    },
    target: { en: 'The channel to Service `{service}`', zh: '连接 Service `{service}` 的通道' },
    policy: { en: 'The server allows a ping every {minTime}', zh: '服务端允许每 {minTime} 一次 ping' },
    server: { en: 'This server sets no ping policy: one every {minTime}', zh: '该服务端未设置 ping 策略：默认每 {minTime} 一次' },
    fix: { en: 'Ping every {wanted}', zh: '改为每 {wanted} 一次' },
    'by-hand': {
      en: 'The interval is computed or shared; set it to twice the server’s minimum, or let the server permit it.',
      zh: '间隔值由别处计算或共用；请设为服务端最小值的两倍，或让服务端放行。',
    },
  },
  check({ unit, repository, report }) {
    for (const client of clientsOf(unit, repository)) {
      const keepalive = keepaliveOf(client);
      if (keepalive?.timeMs === undefined || !keepalive.timeAt || keepalive.timeMs <= 0) continue;
      const timeMs = effectiveMs(client, keepalive.timeMs);
      const hits = hitsOf(client, timeMs, keepalive.permitWithoutStream === true, unit, repository);
      const [worst] = hits;
      if (!worst) continue;
      const { service, minTimeMs, written } = worst;
      // Timers fire early: an interval equal to the minimum still trips it (grpc/grpc#28830), so twice that.
      const wantedMs = 2 * Math.max(...hits.map((hit) => hit.minTimeMs));
      const minTime = formatDuration(minTimeMs);
      const wanted = formatDuration(wantedMs);
      const data = { time: formatDuration(timeMs), minTime, wanted, service: serviceName(service) };
      const change = setInterval(client, keepalive.timeAt, wantedMs);
      report({
        messageId: messageOf(worst, keepalive.permitWithoutStream === true),
        data,
        at: keepalive.timeAt,
        severity: worst.severity,
        related: [
          { at: worst.at, messageId: written ? 'policy' : 'server', data: { minTime } },
          { at: client.at, messageId: 'target', data: { service: serviceName(service) } },
        ],
        ...(change
          ? { fixes: [{ id: 'raise-interval', titleId: 'fix', data: { wanted }, safety: 'review', changes: change }] }
          : {
              snippet: {
                reasonId: 'by-hand',
                data: {},
                language: client.channel?.language ?? 'yaml',
                text: `${wantedText(client, wantedMs)}\n`,
              },
            }),
      });
    }
  },
};

interface Hit {
  readonly service: GrpcService;
  readonly minTimeMs: number;
  readonly at: Anchor;
  readonly written: boolean;
  readonly severity: Severity;
  readonly possible: boolean;
}

function messageOf(hit: Hit, permits: boolean): string {
  if (hit.possible) return 'mesh-possible';
  if (!permits) return 'while-calling';
  return hit.written ? 'by-policy' : 'by-default';
}

function hitsOf(client: GrpcClient, timeMs: number, permits: boolean, unit: Unit, repository: Repository): Hit[] {
  const hits = reachable(client).flatMap((connection): Hit[] => {
    const { service, port } = connection;
    const { enforcement } = serverBehind(unit, repository, service, port?.targetPort);
    if (typeof enforcement === 'string' || timeMs >= enforcement.minTimeMs) return [];
    // A sidecar answers pings by itself.
    const mesh = meshOf(client, connection, service, unit, repository);
    if (mesh.meshed) return [];
    const possible = mesh.balances === 'maybe';
    const severity: Severity = permits && !possible && connection.join !== 'weak' ? 'warning' : 'hint';
    return [{ service, ...enforcement, severity, possible }];
  });
  return hits.sort((a, b) => compareSeverity(a.severity, b.severity) || b.minTimeMs - a.minTimeMs);
}

/** The channel's keepalive, or a Spring starter's. C-core's clients stop after two pings without data unless that is switched off. */
function keepaliveOf({ channel, framework }: GrpcClient): Pick<Keepalive, 'timeMs' | 'timeAt' | 'permitWithoutStream'> | undefined {
  if (channel?.keepalive) {
    const isCore = channel.package === 'grpcio' || channel.package === 'grpc';
    return isCore && channel.keepalive.maxPingsWithoutData !== 0 ? undefined : channel.keepalive;
  }
  if (!framework) return undefined;
  const own = (key: string) =>
    framework.properties.find(
      (one) =>
        one.key
          .slice(one.key.lastIndexOf('.') + 1)
          .toLowerCase()
          .replaceAll('-', '') === key,
    );
  const time = own('keepalivetime');
  if (!time || own('enablekeepalive')?.text !== 'true') return undefined;
  return { timeMs: springDurationMs(time.text), timeAt: time.at, permitWithoutStream: own('keepalivewithoutcalls')?.text === 'true' };
}

/** Go and Java raise anything below 10 seconds to that. */
function effectiveMs({ channel }: GrpcClient, timeMs: number): number {
  const clamps = channel === undefined || channel.language === 'go' || channel.language === 'java';
  return clamps ? Math.max(timeMs, 10_000) : timeMs;
}

function wantedText({ channel }: GrpcClient, wantedMs: number): string {
  const [count, unit] =
    wantedMs % 60_000 === 0 ? [wantedMs / 60_000, 'minute'] : wantedMs % 1000 === 0 ? [wantedMs / 1000, 'second'] : [wantedMs, 'ms'];
  if (channel?.language === 'go') return `${count} * time.${unit === 'minute' ? 'Minute' : unit === 'second' ? 'Second' : 'Millisecond'}`;
  if (channel?.language === 'java') return `${count}, TimeUnit.${unit === 'ms' ? 'MILLISECONDS' : `${unit.toUpperCase()}S`}`;
  return channel ? String(wantedMs) : formatDuration(wantedMs);
}

/** Writes another interval where it stands as a number of its own. */
function setInterval(client: GrpcClient, at: Anchor, wantedMs: number): readonly Change[] | undefined {
  const text = textOf(at);
  const wanted = wantedText(client, wantedMs);
  if (client.framework) {
    const property = client.framework.properties.find((one) => one.at === at);
    return property?.set(wanted);
  }
  switch (client.channel?.language) {
    case 'go':
      return /^[\d\s*]*time\.\w+$/.test(text) ? [{ change: 'replace-text', at, text: wanted }] : undefined;
    case 'java': {
      const unit = /^\s*\d[\d_]*L?\s*,\s*((?:\w+\.)*)[A-Z]+\s*$/.exec(text);
      return unit ? [{ change: 'replace-text', at, text: wanted.replace('TimeUnit.', unit[1] ?? '') }] : undefined;
    }
    default:
      return /^\d[\d_]*(?:\s*\*\s*\d[\d_]*)*$/.test(text) ? [{ change: 'replace-text', at, text: wanted }] : undefined;
  }
}
