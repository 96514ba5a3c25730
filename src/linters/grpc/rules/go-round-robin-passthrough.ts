import type { Fix, Snippet } from '../../../fixes/change.ts';
import type { Repository, Unit } from '../../../model/unit.ts';
import type { Rule } from '../../rule.ts';
import { compareSeverity, type Severity } from '../../rule.ts';
import { evidence, SERVICE_EVIDENCE, meshOf, pinnedConnections, policyEvidence, serviceName, tempered } from '../balance.ts';
import { clientsOf, type Connection, type GrpcClient } from '../facts.ts';
import { passesThrough, withDns } from '../passthrough.ts';
import { planTwin, TWIN_MESSAGES } from '../twin.ts';

/**
 * `grpc.Dial` and `DialContext` use the `passthrough` resolver for a target without a scheme: it gives one address, the target's text, whatever the
 * name resolves to. round_robin then has one subchannel and never balances (grpc/grpc-go clientconn.go `Dial`, Documentation/anti-patterns.md).
 */
export const goRoundRobinPassthrough: Rule = {
  id: 'grpc/go-round-robin-passthrough',
  title: { en: 'round_robin behind the passthrough resolver', zh: 'passthrough 解析器使 round_robin 失效' },
  runbook: 'grpc/one-pod-gets-all-requests',
  severity: 'warning',
  default: 'on',
  affects: 'grpc-go, all versions with Dial',
  fixable: 'review',
  sources: ['grpc/grpc-go:clientconn.go@v1.83.0', 'grpc/grpc-go:Documentation/anti-patterns.md@v1.83.0'],
  messages: {
    ...SERVICE_EVIDENCE,
    ...TWIN_MESSAGES,
    'no-scheme': {
      en: '`{api}` does not look this name up: without a scheme the target goes to the passthrough resolver, which gives round_robin one address. Write `dns:///` before it.',
      zh: '`{api}` 不会解析这个域名：没有 scheme 的目标地址会直接交给 passthrough 解析器，round_robin 只得到一个地址。请在前面加上 `dns:///`。',
    },
    explicit: {
      en: '`passthrough:` gives round_robin one address, whatever the name resolves to. Write `dns:///`.',
      zh: '`passthrough:` 无论域名解析到什么，都只给 round_robin 一个地址。请改用 `dns:///`。',
    },
    'mesh-possible': {
      en: 'round_robin gets one address for `{target}`: the passthrough resolver looks nothing up. Only a mesh would balance; something in the repository speaks of one, nothing says whether this client is in it: `assume.mesh` settles it.',
      zh: 'passthrough 解析器不做解析，round_robin 对 `{target}` 只得到一个地址，只有服务网格才能均衡。仓库里有网格的痕迹，但看不出该客户端是否在网格内：可用 `assume.mesh` 说明。',
    },
    policy: { en: 'The policy is set here', zh: '负载均衡策略在此设置' },
    fix: { en: 'Look the name up: `{target}`', zh: '改用 DNS 解析：`{target}`' },
    'fix-twin': {
      en: 'Look up the pods of {services}: `dns:///` and a headless Service',
      zh: '解析到 {services} 的各个 Pod：`dns:///` 加 headless Service',
    },
    'in-pieces': {
      en: 'The target is put together from several places: see that it begins with `dns:///`.',
      zh: '目标地址由多处拼成，请确保它以 `dns:///` 开头。',
    },
  },
  check({ unit, repository, report }) {
    for (const client of clientsOf(unit, repository)) {
      const hits = client.connections
        .flatMap((connection) => judge(client, connection, unit, repository))
        .sort((a, b) => compareSeverity(a.severity, b.severity));
      const [worst] = hits;
      if (!worst) continue;
      const explicit = worst.connection.target.scheme === 'passthrough';
      report({
        messageId: worst.possible ? 'mesh-possible' : explicit ? 'explicit' : 'no-scheme',
        data: { api: client.channel?.api ?? 'Dial', target: worst.connection.filled.text },
        at: client.at,
        severity: worst.severity,
        related: [...policyEvidence(client), ...evidence(client, hits, repository, worst.possible)],
        ...remedy(
          client,
          hits.map((hit) => hit.connection),
          unit,
          repository,
        ),
      });
    }
  },
};

interface Hit {
  readonly connection: Connection;
  readonly severity: Severity;
  /** Something in the repository speaks of a mesh, whose proxy would balance the one connection's requests. */
  readonly possible: boolean;
}

function judge(client: GrpcClient, connection: Connection, unit: Unit, repository: Repository): Hit[] {
  if (!passesThrough(client, connection)) return [];
  const { service } = connection;
  const balances = service ? meshOf(client, connection, service, unit, repository).balances : 'no';
  if (balances === 'yes') return [];
  const possible = balances === 'maybe';
  return [{ connection, severity: tempered(possible ? 'information' : 'warning', client, connection), possible }];
}

function remedy(
  client: GrpcClient,
  hits: readonly Connection[],
  unit: Unit,
  repository: Repository,
): { fixes?: readonly Fix[]; snippet?: Snippet } {
  const pinned = pinnedConnections(client, unit, repository);
  if (pinned.length > 0) {
    // The name of a ClusterIP Service is one address, too: looking it up alone would not help.
    const plan = planTwin({ client, unit, pinned, addPolicy: false });
    if (!plan.ok) return { snippet: plan.snippet };
    const services = [...new Set(pinned.map((one) => serviceName(one.service)))].join(', ');
    return { fixes: [{ id: 'headless-twin', titleId: 'fix-twin', data: { services }, safety: 'review', changes: plan.changes }] };
  }
  const changes = hits.map(({ filled }) => filled.set?.(withDns(filled.text)));
  const target = withDns(hits[0]?.filled.text ?? '');
  if (!changes.every((change) => change !== undefined)) {
    return { snippet: { reasonId: 'in-pieces', data: {}, language: 'go', text: `grpc.Dial("${target}", options...)\n` } };
  }
  return { fixes: [{ id: 'dns', titleId: 'fix', data: { target }, safety: 'review', changes: changes.flat() }] };
}
