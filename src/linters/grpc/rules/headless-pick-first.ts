import type { Change, Fix, Snippet } from '../../../fixes/change.ts';
import type { Repository, Unit } from '../../../model/unit.ts';
import { textAt } from '../../../text/yaml.ts';
import { milder, type Rule, type Severity } from '../../rule.ts';
import { evidence, HEADLESS_EVIDENCE, meshOf, type Reached, reachable, serviceName, tempered } from '../balance.ts';
import { clientsOf, type Connection, type GrpcClient } from '../facts.ts';
import type { GrpcService } from '../facts-services.ts';
import { hasIgnoredOption } from '../ignored-options.ts';
import { usesPassthrough, withDns } from '../passthrough.ts';
import { roundRobinIn } from '../policy-edit.ts';

/**
 * A headless Service gives the client every pod's address; pick_first, the policy of every gRPC library unless another is set, connects to the first
 * that answers and stays there (grpc/grpc doc/load-balancing.md; gRFC A62). `shuffleAddressList` makes it pick at random per client.
 */
export const headlessPickFirst: Rule = {
  id: 'grpc/headless-pick-first',
  title: { en: 'A headless Service, and a client that uses one of its pods', zh: '连接 headless Service 却只用其中一个 Pod' },
  runbook: 'grpc/one-pod-gets-all-requests',
  severity: 'warning',
  default: 'on',
  affects: 'gRPC clients on Kubernetes, all versions',
  fixable: 'review',
  sources: ['grpc/grpc:doc/load-balancing.md@v1.70.0', 'https://grpc.io/docs/guides/performance/', 'grpc/proposal:A62-pick-first.md'],
  messages: {
    ...HEADLESS_EVIDENCE,
    'by-default': {
      en: 'The client knows all {pods} pods of headless Service `{service}` and uses the first that answers: gRPC’s policy is pick_first unless another is set. Set round_robin.',
      zh: '客户端能解析到 headless Service `{service}` 的全部 {pods} 个 Pod，却只用最先连上的一个：gRPC 默认策略是 pick_first。请设置 round_robin。',
    },
    'mesh-possible': {
      en: 'Unless a proxy takes part, the client uses the first pod of headless Service `{service}` that answers ({pods} pods): gRPC’s policy is pick_first. Something in the repository speaks of a mesh; `assume.mesh` settles whether this client is in it.',
      zh: '如果没有代理介入，客户端只会使用 headless Service `{service}`（{pods} 个 Pod）中最先连上的一个：gRPC 默认策略是 pick_first。仓库里有网格的痕迹，可用 `assume.mesh` 说明该客户端是否在网格内。',
    },
    chosen: {
      en: 'pick_first, as set here, uses one of the {pods} pods of headless Service `{service}`. If the pods are alike, set round_robin (or `shuffleAddressList`).',
      zh: '此处显式设置了 pick_first，只会使用 headless Service `{service}` 的 {pods} 个 Pod 中的一个。如果各 Pod 对等，请设置 round_robin（或 `shuffleAddressList`）。',
    },
    fix: { en: 'Balance over the pods: round_robin', zh: '在各 Pod 之间均衡：round_robin' },
    'by-hand': {
      en: 'The channel’s options can’t all be read, so there is no clear place for the policy.',
      zh: '通道的选项无法完整读取，不能确定在哪里设置策略。',
    },
  },
  check({ unit, repository, report }) {
    for (const client of clientsOf(unit, repository)) {
      if (client.policy !== 'default' && client.policy !== 'pick-first') continue;
      if (client.channel && (hasIgnoredOption(client.component, client.channel) || shuffles(client))) continue;
      const hits = reachable(client).flatMap((connection) => judge(client, connection, unit, repository));
      const [first] = hits;
      if (!first) continue;
      const { service, severity, possible } = first;
      const chosen = client.policy === 'pick-first';
      report({
        messageId: chosen ? 'chosen' : possible ? 'mesh-possible' : 'by-default',
        data: { service: serviceName(service), pods: service.pods.most ?? 0 },
        at: client.at,
        severity: chosen ? 'information' : severity,
        related: evidence(client, hits, repository, possible),
        ...remedy(client, hits),
      });
    }
  },
};

interface Hit {
  readonly connection: Connection;
  readonly service: GrpcService;
  readonly severity: Severity;
  readonly possible: boolean;
}

function judge(client: GrpcClient, connection: Reached, unit: Unit, repository: Repository): Hit[] {
  const { service } = connection;
  if (!service.headless || (service.pods.most ?? 0) < 2 || isPeculiar(service) || isWrongPort(service, connection.target.port)) return [];
  const { balances } = meshOf(client, connection, service, unit, repository);
  if (balances === 'yes') return [];
  const plain: Severity = balances === 'maybe' ? 'information' : 'warning';
  const severity = tempered(client.channel?.closedPerCall ? milder(plain) : plain, client, connection);
  return [{ connection, service, severity, possible: balances === 'maybe' }];
}

/** Pods that aren't alike: a StatefulSet's, a store's with leaders or shards. */
const STORE =
  /(?:^|[-_/])(?:etcd|kafka|zookeeper|redis|mongo(?:db)?|cassandra|scylla|consul|vault|nats|tikv|pd|cockroach(?:db)?|elasticsearch|milvus|raft|leader|master|primary|shard(?:s|ed)?)(?:$|[-_/])/i;

function isPeculiar(service: GrpcService): boolean {
  if (service.backends.some((pod) => pod.workload.kind === 'StatefulSet')) return true;
  const app = textAt(service.object.root, 'metadata', 'labels', 'app.kubernetes.io/name');
  return [service.name, app, ...service.selector.values()].some((name) => name !== undefined && STORE.test(name));
}

/** The Service's port where the pods listen on another: no connection comes about, which is another matter. */
function isWrongPort(service: GrpcService, port: string | undefined): boolean {
  const mapped = service.ports.some((one) => one.port === port && one.targetPort !== undefined);
  return mapped && !service.ports.some((one) => String(one.targetPort) === port);
}

function shuffles(client: GrpcClient): boolean {
  return /"shuffleAddressList"\s*:\s*true/.test(client.channel?.serviceConfig?.text ?? '');
}

function remedy(client: GrpcClient, hits: readonly Hit[]): { fixes?: readonly Fix[]; snippet?: Snippet } {
  const changes = policyChanges(client);
  const targets = hits
    .filter(({ connection }) => usesPassthrough(client, connection))
    .map(({ connection: { filled } }) => filled.set?.(withDns(filled.text)));
  const isWhole = targets.every((change) => change !== undefined);
  if (!changes || !isWhole) {
    const text =
      client.channel?.language === 'java'
        ? '.defaultLoadBalancingPolicy("round_robin")\n'
        : '{"loadBalancingConfig":[{"round_robin":{}}]}\n';
    return { snippet: { reasonId: 'by-hand', data: {}, language: client.channel?.language ?? 'json', text } };
  }
  return { fixes: [{ id: 'round-robin', titleId: 'fix', data: {}, safety: 'review', changes: [...targets.flat(), ...changes] }] };
}

function policyChanges({ channel }: GrpcClient): readonly Change[] | undefined {
  if (!channel || channel.closedPerCall) return undefined;
  if (channel.policy.kind === 'default') return roundRobinIn(channel);
  if (channel.policy.kind !== 'named' || !channel.policy.nameAt) return undefined;
  // Settings of pick_first mean nothing to another policy.
  const withSettings = /"pick_first"\s*:\s*\{\s*[^\s}]/.test(channel.serviceConfig?.text ?? '');
  return withSettings ? undefined : [{ change: 'replace-text', at: channel.policy.nameAt, text: 'round_robin' }];
}
