import type { Message } from '../../rule.ts';

/** What istio/idle-connection-timeout says. */
export const MESSAGES: Readonly<Record<string, Message>> = {
  'is-live': {
    en: 'Idle TCP connections are being closed behind Istio’s sidecar (workloads: {count}).',
    zh: '空闲 TCP 连接正在被 Istio sidecar 一侧断开（{count} 个工作负载）。',
  },
  'is-latent': {
    en: 'TCP connections through Istio’s sidecar end after an idle hour or less, or a setting against that does not work (objects: {count}).',
    zh: '经过 Istio sidecar 的 TCP 连接空闲一小时（或更短）就会断开，或者相关设置没有生效（{count} 个对象）。',
  },
  'is-mitigated': {
    en: 'TCP goes through Istio’s sidecar, but what was read keeps idle connections alive (workloads: {count}).',
    zh: 'TCP 流量经过 Istio sidecar，但读到的配置足以保住空闲连接（{count} 个工作负载）。',
  },
  'is-clear': {
    en: 'Nothing in the mesh keeps TCP connections to which an idle limit applies (workloads: {count}).',
    zh: '网格中没有受空闲上限影响的 TCP 长连接（{count} 个工作负载）。',
  },
  'no-sidecars': {
    en: 'Istio is installed, but no workload’s pods have a sidecar.',
    zh: '集群装有 Istio，但没有任何工作负载的 Pod 带 sidecar。',
  },
  'is-absent': { en: 'No Istio was found.', zh: '没有发现 Istio。' },
  'is-unknown': {
    en: 'Whether idle connections break could not be judged: where the connections go, or what limits them, could not be read.',
    zh: '无法判断空闲连接是否会断开：没有读到连接的去向，或者决定上限的配置。',
  },
  'closed-at-limit': {
    en: 'Connections to port {port} that lived just as long as the proxy’s idle limit: {count} of them. Envoy closed them for idleness.',
    zh: '到端口 {port} 的 {count} 条连接，寿命恰好等于代理的空闲上限：是 Envoy 因空闲关闭的。',
  },
  'closed-before': {
    en: 'Connections to port {port} that were closed after an idle hour ({count}), which no longer is the limit there.',
    zh: '到端口 {port} 的 {count} 条连接曾在空闲一小时后被关闭，而那里的上限现在已不是一小时。',
  },
  forgotten: {
    en: 'Connections to port {port} that broke when a NAT or load balancer forgets idle ones ({count}): Envoy’s socket has no keepalive that begins sooner.',
    zh: '到端口 {port} 的 {count} 条连接，断开的时间正是 NAT 或负载均衡忘记空闲连接的时间：Envoy 的 socket 没有更早开始的 keepalive。',
  },
  'driver-line': {
    en: 'The application’s driver found its connection dead.',
    zh: '应用的驱动发现连接已经断开。',
  },
  'driver-line-alone': {
    en: 'The application’s driver found its connection dead. By itself this says nothing of who closed it.',
    zh: '应用的驱动发现连接已经断开。仅凭这一点看不出是谁关的。',
  },
  'lost-line': { en: 'The application lost connections at the same time.', zh: '应用在同一时期丢失了连接。' },
  dials: {
    en: 'Its settings name {host}, port {port}: TCP through the sidecar.',
    zh: '它的配置指向 {host} 的 {port} 端口：经过 sidecar 的 TCP。',
  },
  entry: {
    en: 'A ServiceEntry for {host}, port {port}, outside the cluster; this workload sees it.',
    zh: '集群外 {host}（端口 {port}）的 ServiceEntry，该工作负载可以看到它。',
  },
  serves: {
    en: 'Service {host} leads its TCP port {port} into these pods: the server’s own sidecar has a limit, too.',
    zh: 'Service {host} 的 TCP 端口 {port} 指向这些 Pod：服务端自己的 sidecar 也有空闲上限。',
  },
  waypoint: { en: 'TCP port {port} of {host} goes through this waypoint.', zh: '{host} 的 TCP 端口 {port} 经过这个 waypoint。' },
  'limit-default': {
    en: 'Nothing changes Envoy’s own limit: {limit} without payload, and the connection is closed.',
    zh: '没有任何设置改变 Envoy 的默认上限：{limit} 没有数据就会关闭连接。',
  },
  'limit-meta': {
    en: 'ISTIO_META_IDLE_TIMEOUT of the live pod makes the limit {limit}, no longer than Envoy’s own.',
    zh: '运行中 Pod 的 ISTIO_META_IDLE_TIMEOUT 把上限定为 {limit}，并不比 Envoy 的默认值长。',
  },
  'limit-destination-rule': {
    en: 'The DestinationRule makes the limit {limit}, no longer than Envoy’s own.',
    zh: 'DestinationRule 把上限定为 {limit}，并不比 Envoy 的默认值长。',
  },
  'limit-envoy-filter': {
    en: 'An EnvoyFilter makes the limit {limit}, no longer than Envoy’s own.',
    zh: 'EnvoyFilter 把上限定为 {limit}，并不比 Envoy 的默认值长。',
  },
  raised: { en: 'The idle limit is raised ({limit}; 0s is none).', zh: '空闲上限已调高（{limit}；0s 表示不限）。' },
  excluded: { en: 'Port {port} bypasses the sidecar.', zh: '端口 {port} 绕过 sidecar。' },
  excludes: { en: 'These ports bypass the sidecar in the live pod: {ports}.', zh: '运行中的 Pod 里，这些端口绕过 sidecar：{ports}。' },
  unsure: {
    en: 'Whether a limit of {limit} holds for port {port} depends on Istio’s version, on an EnvoyFilter, or on addresses that are taken out.',
    zh: '端口 {port} 的上限是否为 {limit}，取决于 Istio 版本、某个 EnvoyFilter，或被排除的地址段。',
  },
  'database-hint': {
    en: 'By its name it holds a database’s address, and it names no Service of this cluster: if that lies outside, the sidecar passes it through with a limit of 1 h.',
    zh: '从名字看它是数据库地址，而值不是本集群的 Service：如果在集群外，sidecar 会透传，空闲上限为 1 小时。',
  },
  'rule-says': { en: 'Rule {rule}: the setting does not do what it promises.', zh: '规则 {rule}：该设置没有起到预期作用。' },
  'prove-access-log': {
    en: 'Envoy’s access log (MeshConfig accessLogFile): TCP lines whose durations heap up at the idle limit.',
    zh: 'Envoy 的访问日志（MeshConfig 的 accessLogFile）：TCP 行的时长是否集中在空闲上限。',
  },
  'prove-pool': {
    en: 'The application’s pool: if it renews its connections sooner than the limit, nothing breaks.',
    zh: '应用的连接池：如果换新连接的周期短于上限，就不会出问题。',
  },
  'prove-destinations': {
    en: 'Where its connections go: addresses in Secrets and files are not read. PassthroughCluster in the access log is an address that Istio does not know.',
    zh: '连接的去向：Secret 和文件中的地址不会被读取。访问日志中的 PassthroughCluster 表示 Istio 不认识的地址。',
  },
  'prove-limit': {
    en: 'Envoy’s own configuration: `istioctl proxy-config listeners` shows the idleTimeout of each tcp_proxy.',
    zh: 'Envoy 自己的配置：`istioctl proxy-config listeners` 会显示每个 tcp_proxy 的 idleTimeout。',
  },
  'look-lifetimes': { en: 'Count how long TCP connections lived, in seconds', zh: '统计 TCP 连接活了多少秒' },
  bypass: {
    en: 'Let port {ports} bypass the sidecar, for all destinations (restarts the pods)',
    zh: '让端口 {ports} 绕过 sidecar，对所有目的地生效（会重启 Pod）',
  },
  'raise-rule': {
    en: 'Raise the idle limit in DestinationRule {name} to {limit} (Istio ≥ 1.21, no restart)',
    zh: '在 DestinationRule {name} 中把空闲上限调到 {limit}（Istio ≥ 1.21，无需重启）',
  },
  'raise-meta': {
    en: 'Raise the idle limit of {workload} to {limit} (restarts the pods)',
    zh: '把 {workload} 的空闲上限调到 {limit}（会重启 Pod）',
  },
};
