import type { Rule } from '../../rule.ts';
import { dataOf, evidence, CLUSTERIP_EVIDENCE, pinnedConnections, policyEvidence } from '../balance.ts';
import { clientsOf } from '../facts.ts';
import { passesThrough } from '../passthrough.ts';
import { planTwin, TWIN_MESSAGES } from '../twin.ts';

/**
 * round_robin spreads over the addresses that the resolver gives. The name of a ClusterIP Service resolves to one, the virtual address, so the
 * policy has nothing to choose from and every request takes the one connection (kubernetes.io, "Virtual IPs and Service Proxies"; the Spring
 * starters set round_robin by themselves: grpc-ecosystem/grpc-spring GrpcChannelProperties).
 */
export const roundRobinOverClusterip: Rule = {
  id: 'grpc/round-robin-over-clusterip',
  title: { en: 'round_robin sees one address: the ClusterIP', zh: 'round_robin 只看到一个地址：ClusterIP' },
  runbook: 'grpc/one-pod-gets-all-requests',
  severity: 'warning',
  default: 'on',
  affects: 'gRPC clients on Kubernetes, all versions',
  fixable: 'review',
  sources: [
    'https://kubernetes.io/docs/reference/networking/virtual-ips/',
    'grpc-ecosystem/grpc-spring:grpc-client-spring-boot-autoconfigure/src/main/java/net/devh/boot/grpc/client/config/GrpcChannelProperties.java@v3.1.0.RELEASE',
    'https://github.com/envoyproxy/ratelimit/pull/288',
  ],
  messages: {
    ...CLUSTERIP_EVIDENCE,
    ...TWIN_MESSAGES,
    many: {
      en: 'round_robin has nothing to choose from: Service `{service}` resolves to its ClusterIP alone, so all requests go to one of its {pods} pods. Point the client at a headless Service.',
      zh: 'round_robin 没有可选的地址：Service `{service}` 只解析到 ClusterIP，所有请求都会落在 {pods} 个 Pod 中的一个上。请让客户端改连 headless Service。',
    },
    several: {
      en: 'round_robin has nothing to choose from: each of these Services ({services}) resolves to its ClusterIP alone, so all requests of a channel go to one pod. Point the client at headless Services.',
      zh: 'round_robin 没有可选的地址：这些 Service（{services}）都只解析到各自的 ClusterIP，每个通道的请求都落在一个 Pod 上。请让客户端改连 headless Service。',
    },
    scaled: {
      en: 'round_robin has nothing to choose from: Service `{service}` resolves to its ClusterIP alone, so pods that its autoscaler adds (up to {pods}) get none of this channel’s requests. Point the client at a headless Service.',
      zh: 'round_robin 没有可选的地址：Service `{service}` 只解析到 ClusterIP，自动扩容出来的 Pod（最多 {pods} 个）分不到该通道的请求。请让客户端改连 headless Service。',
    },
    one: {
      en: 'round_robin will not help when Service `{service}` gets more pods: its name resolves to the ClusterIP alone.',
      zh: 'Service `{service}` 扩容后 round_robin 也不起作用：域名只解析到 ClusterIP。',
    },
    'unknown-pods': {
      en: 'round_robin has nothing to choose from: Service `{service}` resolves to its ClusterIP alone, however many pods there are.',
      zh: 'round_robin 没有可选的地址：无论有多少个 Pod，Service `{service}` 都只解析到 ClusterIP。',
    },
    'mesh-possible': {
      en: 'round_robin sees one address, the ClusterIP of Service `{service}` ({pods} pods). Only a mesh would balance; something in the repository speaks of one, nothing says whether this client is in it: `assume.mesh` settles it.',
      zh: 'round_robin 只看到一个地址，即 Service `{service}`（{pods} 个 Pod）的 ClusterIP，只有服务网格才能均衡。仓库里有网格的痕迹，但看不出该客户端是否在网格内：可用 `assume.mesh` 说明。',
    },
    aged: {
      en: 'round_robin sees one address, the ClusterIP of Service `{service}`; only because the server ends connections by age does the pod change now and then.',
      zh: 'round_robin 只看到一个地址，即 Service `{service}` 的 ClusterIP；只因服务端按时长断开连接，才会偶尔换一个 Pod。',
    },
    'per-call': {
      en: 'round_robin sees one address, the ClusterIP of Service `{service}`; only a new connection for each call spreads the requests.',
      zh: 'round_robin 只看到一个地址，即 Service `{service}` 的 ClusterIP；请求之所以分散，只是因为每次调用都新建连接。',
    },
    age: { en: 'The server ends connections after this time', zh: '服务端会在该时长后断开连接' },
    policy: { en: 'The policy is set here', zh: '负载均衡策略在此设置' },
    fix: {
      en: 'Give round_robin the pods of {services}: headless Service',
      zh: '让 round_robin 看到 {services} 的各个 Pod：新增 headless Service',
    },
  },
  check({ unit, repository, report }) {
    for (const client of clientsOf(unit, repository)) {
      if (client.policy !== 'balancing' || client.connections.some((connection) => passesThrough(client, connection))) continue;
      const pinned = pinnedConnections(client, unit, repository);
      const [worst] = pinned;
      if (!worst) continue;
      const data = dataOf(pinned);
      const several = new Set(pinned.map((one) => one.service)).size > 1;
      const isPlain = !/^(mesh-possible|aged|per-call)$/.test(worst.situation);
      const plan = planTwin({ client, unit, pinned, addPolicy: false });
      const ages = pinned.flatMap((one) => (one.maxConnectionAgeAt ? [{ at: one.maxConnectionAgeAt, messageId: 'age', data: {} }] : []));
      const speaks = pinned.some((one) => one.mesh.balances === 'maybe');
      report({
        messageId: several && isPlain ? 'several' : worst.situation,
        data,
        at: client.at,
        severity: worst.severity,
        related: [...policyEvidence(client), ...evidence(client, pinned, repository, speaks), ...ages],
        ...(plan.ok
          ? { fixes: [{ id: 'headless-twin', titleId: 'fix', data, safety: 'review', changes: plan.changes }] }
          : { snippet: plan.snippet }),
      });
    }
  },
};
