import type { TargetPart } from '../../../code/index.ts';
import type { Change, Fix, Snippet } from '../../../fixes/change.ts';
import { type Anchor, covers, textOf } from '../../../text/source.ts';
import { milder, type Rule, type Severity } from '../../rule.ts';
import { clientsOf, type Connection, type GrpcClient } from '../facts.ts';

/**
 * gRPC's targets are names for a resolver (grpc/grpc doc/naming.md), not URLs: `http://orders:9090` has no resolver of that name, so Go, Python and
 * Node look up `http://orders:9090` as a host and fail on every call, and Java throws when the channel is built. Tried with grpc-go 1.82,
 * grpcio 1.85 and grpc-js 1.14. nice-grpc, .NET, tonic and Connect do take URLs.
 */
export const targetHttpUrl: Rule = {
  id: 'grpc/target-http-url',
  title: { en: 'A gRPC target is not a URL', zh: 'gRPC 的目标地址不是 URL' },
  runbook: 'grpc/client-cannot-connect',
  severity: 'error',
  default: 'on',
  affects: 'grpc-go, grpc-java, grpcio, grpc-js, all versions',
  fixable: 'safe',
  sources: ['grpc/grpc:doc/naming.md@v1.70.0', 'grpc/grpc-go:clientconn.go@v1.83.0'],
  messages: {
    literal: {
      en: 'This channel never connects: gRPC takes `{target}`, not a URL.',
      zh: '该通道永远连不上：gRPC 的目标地址应写成 `{target}`，而不是 URL。',
    },
    given: {
      en: 'The gRPC channel that gets this value never connects: it takes `{target}`, not a URL.',
      zh: '使用该值的 gRPC 通道永远连不上：目标地址应写成 `{target}`，而不是 URL。',
    },
    'also-http': {
      en: '`{name}` is an HTTP address elsewhere in this program, and a gRPC channel that gets a URL never connects. Is the gRPC client still used?',
      zh: '`{name}` 在程序别处用作 HTTP 地址，而 gRPC 通道拿到 URL 永远连不上。这个 gRPC 客户端还在用吗？',
    },
    target: { en: 'The gRPC channel with this target', zh: '使用该目标地址的 gRPC 通道' },
    http: { en: 'The HTTP call', zh: 'HTTP 调用' },
    fix: { en: 'Write `{target}`', zh: '改为 `{target}`' },
    separate: {
      en: 'An HTTP call needs the URL. Remove the gRPC client if nothing uses it; else give it a variable of its own.',
      zh: 'HTTP 调用需要这个 URL。如果 gRPC 客户端已无人使用就删除它，否则给它单独的变量。',
    },
    'in-pieces': { en: 'The target is put together from several places.', zh: '目标地址由多处拼成。' },
  },
  check({ unit, repository, report }) {
    for (const client of clientsOf(unit, repository)) {
      if (client.channel?.package === 'nice-grpc' || client.component.code.customResolver) continue;
      for (const connection of client.connections) {
        const { scheme } = connection.target;
        if (scheme !== 'http' && scheme !== 'https') continue;
        const target = withoutScheme(connection.filled.text);
        const names = connection.filled.settings.map((setting) => setting.name);
        const http = client.component.code.httpEnvs.filter((read) => names.includes(read.name));
        const isLiteral = names.length === 0;
        const at = schemeAt(client, connection);
        const severity: Severity = http.length > 0 ? 'information' : isLiteral ? 'error' : 'warning';
        report({
          messageId: http.length > 0 ? 'also-http' : isLiteral ? 'literal' : 'given',
          data: { target, name: names[0] ?? '' },
          at,
          severity: connection.join === 'weak' && !isLiteral ? milder(severity) : severity,
          related: [
            ...(covers(client.at, at) ? [] : [{ at: client.at, messageId: 'target', data: {} }]),
            ...http.map((read) => ({ at: read.at, messageId: 'http', data: {} })),
          ],
          ...remedy(connection, target, http.length > 0, isLiteral),
        });
      }
    }
  },
};

/** `host:port`, with the port that the URL's scheme stands for, without a path. */
function withoutScheme(url: string): string {
  const [, scheme = '', authority = ''] = /^(https?):\/\/([^/?#]*)/i.exec(url) ?? [];
  const hasPort = /:\d+$/.test(authority);
  return hasPort ? authority : `${authority}:${scheme.toLowerCase() === 'https' ? 443 : 80}`;
}

/** The part of a target in which its beginning stands. */
function firstPart(connection: Connection): TargetPart | undefined {
  return connection.candidate.parts[0];
}

/** `http://` itself where it stands, else the value, else the target in the code. */
function schemeAt(client: GrpcClient, connection: Connection): Anchor {
  const part = firstPart(connection);
  const given = part && part.kind !== 'text' ? connection.filled.settings[0]?.at : part?.at;
  const fallback = part && part.kind !== 'text' && part.kind !== 'unknown' ? part.fallback?.[0]?.at : undefined;
  const at = given ?? fallback ?? client.at;
  const scheme = /^["'`]?(https?:\/\/)/i.exec(textOf(at));
  if (!scheme?.[1]) return at;
  const start = at.start + scheme[0].length - scheme[1].length;
  return { file: at.file, start, end: start + scheme[1].length };
}

function remedy(
  connection: Connection,
  target: string,
  feedsHttp: boolean,
  isLiteral: boolean,
): { fixes?: readonly Fix[]; snippet?: Snippet } {
  if (feedsHttp) return { snippet: { reasonId: 'separate', data: {}, language: 'text', text: `${target}\n` } };
  const changes = stripped(connection, target);
  if (!changes) return { snippet: { reasonId: 'in-pieces', data: {}, language: 'text', text: `${target}\n` } };
  return { fixes: [{ id: 'strip-scheme', titleId: 'fix', data: { target }, safety: isLiteral ? 'safe' : 'review', changes }] };
}

function stripped(connection: Connection, target: string): readonly Change[] | undefined {
  const part = firstPart(connection);
  const [fallback, ...others] = part && part.kind !== 'text' && part.kind !== 'unknown' ? (part.fallback ?? []) : [];
  const byDefault = connection.filled.settings.some((setting) => setting.at === undefined);
  if (byDefault) {
    const isWhole = fallback?.kind === 'text' && fallback.plain && others.length === 0 && connection.candidate.parts.length === 1;
    return isWhole ? [{ change: 'replace-text', at: fallback.at, text: target }] : undefined;
  }
  const whole = connection.filled.set?.(target);
  if (whole) return whole;
  // `http://` in front of a host that is put together: the rest stays.
  if (part?.kind !== 'text' || !part.plain || !/^https?:\/\/[\w.:-]*$/i.test(part.text)) return undefined;
  return [{ change: 'replace-text', at: part.at, text: part.text.replace(/^https?:\/\//i, '') }];
}
