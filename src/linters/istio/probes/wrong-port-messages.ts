import type { Message } from '../../rule.ts';

/** What istio/wrong-port-protocol says. */
export const MESSAGES: Readonly<Record<string, Message>> = {
  'is-live': {
    en: 'Connections hang or are refused because Istio takes a database’s port for something else (hosts: {count}).',
    zh: 'Istio 误判了数据库端口的协议，连接正在卡住或被拒绝（{count} 个主机）。',
  },
  'is-latent': {
    en: 'New connections to servers that speak first can’t work through a sidecar: Istio sniffs the port or takes it for HTTP (hosts: {count}).',
    zh: '服务端先说话的端口被 Istio 嗅探或当成 HTTP，经过 sidecar 的新连接无法建立（{count} 个主机）。',
  },
  'is-mitigated': {
    en: 'Ports of servers that speak first are declared as TCP (hosts: {count}).',
    zh: '服务端先说话的端口已声明为 TCP（{count} 个主机）。',
  },
  'is-clear': {
    en: 'No sidecar misreads a port of a server that speaks first (hosts: {count}).',
    zh: '没有 sidecar 会误判服务端先说话的端口（{count} 个主机）。',
  },
  'no-such-port': {
    en: 'No port of a server that is known to speak first was found.',
    zh: '没有发现已知为服务端先说话的端口。',
  },
  'is-absent': { en: 'No Istio was found.', zh: '没有发现 Istio。' },
  'is-unknown': {
    en: 'Whether ports are misread could not be judged: something that it rests on could not be read.',
    zh: '无法判断端口协议是否被误判：所需的信息没有读到。',
  },
  silent: {
    en: '{count} connections on which nobody said anything ended after the same time, the client’s connect timeout: both sides waited for each other.',
    zh: '有 {count} 条连接双方都没有说话，并在同样的时长后结束，即客户端的连接超时：双方在互相等待。',
  },
  'not-http': {
    en: 'Envoy’s HTTP parser got something that is no HTTP on this port.',
    zh: 'Envoy 在该端口上按 HTTP 解析，收到的却不是 HTTP。',
  },
  'no-greeting': {
    en: 'The client connected at once and waited in vain for the server’s greeting.',
    zh: '客户端立刻连上了，却一直没等到服务端的问候。',
  },
  'http-answer': {
    en: 'The client got an answer in HTTP: the H of `HTTP/1.1 400`.',
    zh: '客户端收到的是 HTTP 应答：就是 `HTTP/1.1 400` 的 H。',
  },
  sniffed: {
    en: '{product} on port {port}: the server speaks first, and Istio waits for the client’s first bytes.',
    zh: '端口 {port} 上的 {product} 由服务端先说话，而 Istio 在等客户端的第一批字节。',
  },
  http: {
    en: '{product} on port {port}, which Istio takes for HTTP by this.',
    zh: '端口 {port} 上是 {product}，而 Istio 据此把它当成 HTTP。',
  },
  delayed: {
    en: '{product} on port {port} is sniffed for {timeout} (protocolDetectionTimeout), then taken for TCP: each new connection is that late.',
    zh: '端口 {port} 上的 {product} 会先被嗅探 {timeout}（protocolDetectionTimeout），再按 TCP 处理：每个新连接都慢这么久。',
  },
  declared: { en: '{product} on port {port} is declared as TCP by this.', zh: '端口 {port} 上的 {product} 据此声明为 TCP。' },
  'by-number': {
    en: '{product} on port {port}: nothing names the protocol, but Istio takes this number for TCP in Services.',
    zh: '端口 {port} 上的 {product}：没有声明协议，但 Istio 对 Service 的这个端口号按 TCP 处理。',
  },
  'no-client': {
    en: '{product} on port {port}: no sidecar takes connections to it.',
    zh: '端口 {port} 上的 {product}：没有 sidecar 会处理到它的连接。',
  },
  client: { en: 'Its settings name port {port}, and its pods have a sidecar.', zh: '它的配置指向端口 {port}，且 Pod 带有 sidecar。' },
  'prove-lines': {
    en: 'A new connection through a sidecar: `reading initial communication packet` in the client’s log, 0 bytes both ways in Envoy’s access log.',
    zh: '经 sidecar 新建一条连接：客户端日志出现 `reading initial communication packet`，Envoy 访问日志双向都是 0 字节。',
  },
  'prove-mtls': {
    en: 'PeerAuthentication: while it is PERMISSIVE, the server’s own sidecar makes clients without a sidecar wait as well.',
    zh: 'PeerAuthentication：为 PERMISSIVE 时，服务端自己的 sidecar 也会让没有 sidecar 的客户端卡住。',
  },
  'look-log': { en: 'Look for connections that hang', zh: '查找卡住的连接' },
  declare: {
    en: 'Say that port {port} of {name} is TCP (no restart; it holds within seconds)',
    zh: '声明 {name} 的 {port} 端口为 TCP（无需重启，几秒内生效）',
  },
};
