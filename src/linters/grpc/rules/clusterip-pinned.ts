import type { Rule } from '../../rule.ts';
import { dataOf, evidence, CLUSTERIP_EVIDENCE, pinnedConnections } from '../balance.ts';
import { clientsOf } from '../facts.ts';
import { hasIgnoredOption } from '../ignored-options.ts';
import { planTwin, TWIN_MESSAGES } from '../twin.ts';

/**
 * kube-proxy picks a pod when a connection is opened. A gRPC client opens one HTTP/2 connection and sends every request over it, so all of
 * them reach one pod of a ClusterIP Service (grpc.io, "Performance best practices"; the policy is pick_first unless another is set:
 * grpc/grpc doc/load-balancing.md). A proxy that reads HTTP/2 on the client's side balances requests instead.
 */
export const clusteripPinned: Rule = {
  id: 'grpc/clusterip-pinned',
  title: { en: 'A gRPC client sends all requests to one pod', zh: 'gRPC 客户端的请求全部落在一个 Pod 上' },
  runbook: 'grpc/one-pod-gets-all-requests',
  severity: 'warning',
  default: 'on',
  affects: 'gRPC clients on Kubernetes, all versions',
  fixable: 'review',
  sources: [
    'https://grpc.io/docs/guides/performance/',
    'grpc/grpc-go:clientconn.go@v1.83.0',
    'grpc/grpc-java:core/src/main/java/io/grpc/internal/ManagedChannelImplBuilder.java@v1.83.0',
    'https://kubernetes.io/docs/reference/networking/virtual-ips/',
  ],
  messages: {
    ...CLUSTERIP_EVIDENCE,
    ...TWIN_MESSAGES,
    many: {
      en: 'All requests of this channel go to one of the {pods} pods of Service `{service}`: a ClusterIP balances connections, and gRPC keeps one. One pod ran out of memory while the others idled. Use a headless Service with round_robin, or a mesh.',
      zh: '该通道的所有请求都会落在 Service `{service}` 的 {pods} 个 Pod 中的一个上：ClusterIP 按连接做负载均衡，而 gRPC 只保持一条连接，曾导致单个 Pod 内存耗尽而其余空闲。请改用 headless Service 加 round_robin，或使用服务网格。',
    },
    several: {
      en: 'All requests of each channel made here go to one pod of its Service ({services}): a ClusterIP balances connections, and gRPC keeps one. Use headless Services with round_robin, or a mesh.',
      zh: '此处创建的每个通道，其全部请求都会落在对应 Service（{services}）的同一个 Pod 上：ClusterIP 按连接做负载均衡，而 gRPC 只保持一条连接。请改用 headless Service 加 round_robin，或使用服务网格。',
    },
    scaled: {
      en: 'All requests of this channel go to one pod of Service `{service}`, also when its autoscaler adds pods (up to {pods}): a ClusterIP balances connections, and gRPC keeps one. Use a headless Service with round_robin, or a mesh.',
      zh: '即使自动扩容（最多 {pods} 个 Pod），该通道的所有请求仍只会落在 Service `{service}` 的一个 Pod 上：ClusterIP 按连接做负载均衡，而 gRPC 只保持一条连接。请改用 headless Service 加 round_robin，或使用服务网格。',
    },
    one: {
      en: 'More pods won’t help Service `{service}`: all requests of this channel stay on one of them, because a ClusterIP balances connections and gRPC keeps one.',
      zh: 'Service `{service}` 目前只有一个 Pod，扩容也不会分担压力：ClusterIP 按连接做负载均衡，而 gRPC 只保持一条连接，该通道的请求会一直落在同一个 Pod 上。',
    },
    'unknown-pods': {
      en: 'All requests of this channel go to one pod of Service `{service}`, however many there are: a ClusterIP balances connections, and gRPC keeps one.',
      zh: '无论 Service `{service}` 有多少个 Pod，该通道的所有请求都会落在其中一个上：ClusterIP 按连接做负载均衡，而 gRPC 只保持一条连接。',
    },
    'mesh-possible': {
      en: 'Without a mesh between, all requests of this channel go to one of the {pods} pods of Service `{service}`. Something in the repository speaks of a mesh, nothing says whether this client is in it: `assume.mesh` settles it.',
      zh: '如果中间没有服务网格，该通道的所有请求都会落在 Service `{service}` 的 {pods} 个 Pod 中的一个上。仓库里有网格的痕迹，但看不出该客户端是否在网格内：可用 `assume.mesh` 说明。',
    },
    aged: {
      en: 'Requests of this channel go to one pod of Service `{service}` at a time; only because the server ends connections by age does the pod change now and then.',
      zh: '该通道的请求同一时间只落在 Service `{service}` 的一个 Pod 上；只因服务端按时长断开连接，才会偶尔换一个 Pod。',
    },
    'per-call': {
      en: 'A new connection for each call spreads over the pods of Service `{service}`, but pays for TCP and HTTP/2 each time. One channel over a headless Service with round_robin does both.',
      zh: '每次调用都新建连接，虽能分散到 Service `{service}` 的各个 Pod，却每次都要付出 TCP 和 HTTP/2 建连的代价。复用一个通道，配合 headless Service 和 round_robin 即可两全。',
    },
    age: { en: 'The server ends connections after this time', zh: '服务端会在该时长后断开连接' },
    fix: {
      en: 'Balance over the pods of {services}: headless Service and round_robin',
      zh: '在 {services} 的 Pod 之间均衡：headless Service 加 round_robin',
    },
  },
  check({ unit, repository, report }) {
    for (const client of clientsOf(unit, repository)) {
      if (client.policy === 'balancing') continue;
      if (client.channel && hasIgnoredOption(client.component, client.channel)) continue;
      const pinned = pinnedConnections(client, unit, repository);
      const [worst] = pinned;
      if (!worst) continue;
      const data = dataOf(pinned);
      const several = new Set(pinned.map((one) => one.service)).size > 1;
      const isPlain = !/^(mesh-possible|aged|per-call)$/.test(worst.situation);
      const plan = planTwin({ client, unit, pinned, addPolicy: true });
      const ages = pinned.flatMap((one) => (one.maxConnectionAgeAt ? [{ at: one.maxConnectionAgeAt, messageId: 'age', data: {} }] : []));
      report({
        messageId: several && isPlain ? 'several' : worst.situation,
        data,
        at: client.at,
        severity: worst.severity,
        related: [
          ...evidence(
            client,
            pinned,
            repository,
            pinned.some((one) => one.mesh.balances === 'maybe'),
          ),
          ...ages,
        ],
        ...(plan.ok
          ? { fixes: [{ id: 'headless-twin', titleId: 'fix', data, safety: 'review', changes: plan.changes }] }
          : { snippet: plan.snippet }),
      });
    }
  },
};
