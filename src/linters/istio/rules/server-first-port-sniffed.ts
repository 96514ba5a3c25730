import type { Fix } from '../../../fixes/change.ts';
import { parseGoDurationMs } from '../../../model/duration.ts';
import { affected } from '../../../model/version.ts';
import type { Repository, Unit } from '../../../model/unit.ts';
import { oncePer } from '../../../text/once.ts';
import type { Anchor } from '../../../text/source.ts';
import { scalarAt, type YamlScalar } from '../../../text/yaml.ts';
import type { Related, Rule } from '../../rule.ts';
import { type MeshHost, meshHosts } from '../facts-hosts.ts';
import { meshConfigs } from '../facts-mesh-config.ts';
import { excludesOutboundPort, injectedPods, type PodInjection } from '../facts-injection.ts';
import type { MeshPort } from '../facts-protocol.ts';
import { istioVersion } from '../facts-version.ts';
import { documentedPort, type ServerFirst, serverFirstImage, serverFirstPods } from '../server-first.ts';

/**
 * A port whose protocol Istio isn't told is sniffed: Envoy waits for the client's first bytes. Where the server speaks first, both wait;
 * protocolDetectionTimeout is 0s, so for ever (istio/api:mesh/v1alpha1/config.proto; istio/istio#10062: MySQL on 33061). Services on 25, 53,
 * 3306 and 27017 are exempt by number; ServiceEntries are not, there only `protocol` counts. A port declared HTTP never works.
 */
export const serverFirstPortSniffed: Rule = {
  id: 'istio/server-first-port-sniffed',
  title: { en: 'Server-first protocol on a port that Istio sniffs', zh: '服务端先发数据的协议，端口却被 Istio 嗅探' },
  runbook: 'istio/wrong-port-protocol',
  severity: 'warning',
  default: 'on',
  affects: 'Istio 1.3 and later',
  fixable: 'review',
  sources: [
    'istio/istio#10062',
    'istio/istio:pkg/config/kube/conversion.go@1.24.2',
    'https://istio.io/latest/docs/ops/deployment/application-requirements/#server-first-protocols',
  ],
  messages: {
    sniffed: {
      en: '{product}: the server speaks first, but Istio doesn’t know this port’s protocol and waits for the client. Both wait, and connections hang. Declare TCP.',
      zh: '{product} 由服务端先发数据，而 Istio 不知道这个端口的协议，会等客户端先发。双方互等，连接卡死。请声明为 TCP。',
    },
    sniffedMeshUnseen: {
      en: '{product}: the server speaks first, and Istio doesn’t know this port’s protocol. Connections of clients with a sidecar hang (no such client is seen here). Declare TCP.',
      zh: '{product} 由服务端先发数据，而 Istio 不知道这个端口的协议。带 sidecar 的客户端连接会卡死（这里没有看到这样的客户端）。请声明为 TCP。',
    },
    sniffedDelayed: {
      en: '{product}: the server speaks first, but Istio doesn’t know this port’s protocol and waits {timeout} for the client (protocolDetectionTimeout). Every new connection is that much late. Declare TCP.',
      zh: '{product} 由服务端先发数据，而 Istio 不知道这个端口的协议，会等客户端 {timeout}（protocolDetectionTimeout）。每个新连接都会慢这么久。请声明为 TCP。',
    },
    http: {
      en: '{product} behind a port that Istio treats as HTTP: Envoy parses it as HTTP, so no connection from the mesh works. Declare TCP.',
      zh: '{product} 的端口被 Istio 当作 HTTP：Envoy 会按 HTTP 解析，网格内的连接都会失败。请声明为 TCP。',
    },
    httpMeshUnseen: {
      en: '{product} behind a port that Istio treats as HTTP: no connection of a client with a sidecar works (no such client is seen here). Declare TCP.',
      zh: '{product} 的端口被 Istio 当作 HTTP：带 sidecar 的客户端都连不上（这里没有看到这样的客户端）。请声明为 TCP。',
    },
    image: { en: '{product} runs here', zh: '这里运行 {product}' },
    injected: { en: 'The client gets a sidecar by this', zh: '客户端由此注入 sidecar' },
    timeout: { en: 'Sniffing gives up after this', zh: '超过这个时间就不再嗅探' },
    declareService: { en: 'Set appProtocol: tcp', zh: '设置 appProtocol: tcp' },
    declareEntry: { en: 'Set protocol: TCP', zh: '设置 protocol: TCP' },
  },
  check({ unit, repository, report }) {
    for (const host of meshHosts(unit)) {
      for (const suspect of suspectsOf(host)) {
        const { port, at } = suspect;
        const server = serverOf(unit, host, suspect);
        if (!server) continue;
        const sniffed = port.protocol === 'sniffed';
        if (sniffed && affected(istioVersion(unit, repository), { from: '1.3' }) === 'no') continue;
        const clients = clientsOf(unit, repository, host.object.file.path, port.number);
        if (clients.are === 'outside') continue;
        const proven = clients.are === 'injected';
        const timeout = sniffed && proven ? detectionTimeout(unit) : undefined;
        const related: Related[] = server.image ? [{ at: server.image, messageId: 'image', data: { product: server.product } }] : [];
        if (clients.at) related.push({ at: clients.at, messageId: 'injected' });
        if (timeout) related.push({ at: timeout, messageId: 'timeout' });
        report({
          messageId: timeout ? 'sniffedDelayed' : `${port.protocol}${proven ? '' : 'MeshUnseen'}`,
          data: { product: server.product, timeout: timeout?.text ?? '' },
          at,
          severity: proven && !timeout ? (sniffed ? 'warning' : 'error') : 'information',
          preview: !proven,
          related,
          fixes: [declareTcp(host, port)],
        });
      }
    }
  },
};

/** A port that Istio sniffs or takes for HTTP. */
interface Suspect {
  readonly port: MeshPort;
  /** The number is all there is where nothing names the protocol; else the word that says HTTP. */
  readonly at: Anchor;
  /** Number or name of the port on which the pods listen. */
  readonly target: string;
  readonly documented: ServerFirst | undefined;
}

const MYSQL_PORT = 3306;

/** The ports of a host that Istio would sniff or take for HTTP, whatever is behind them. */
export const suspectsOf = oncePer((host: MeshHost): readonly Suspect[] => {
  if (host.kind === 'Service' && host.external) return [];
  return host.ports.flatMap((port): Suspect[] => {
    const { protocol, number, decidedBy, numberScalar } = port;
    if (protocol !== 'sniffed' && protocol !== 'http') return [];
    const targetScalar = scalarAt(port.node, 'targetPort');
    const at = (protocol === 'http' ? decidedBy : undefined) ?? numberScalar;
    if (targetScalar?.unknown || number === undefined || !at) return [];
    const target = targetScalar?.text ?? String(number);
    const known = documentedPort(Number(target)) ? Number(target) : number;
    // A port that somebody calls HTTP is believed but for MySQL's own.
    return [{ port, at, target, documented: protocol === 'sniffed' || known === MYSQL_PORT ? documentedPort(known) : undefined }];
  });
});

/** By the image behind the Service, else by a documented port. */
export function serverOf(
  unit: Unit,
  { object }: MeshHost,
  { target, documented }: Pick<Suspect, 'target' | 'documented'>,
): ServerFirst | undefined {
  for (const pod of serverFirstPods(unit, object)) {
    const server = serverFirstImage(pod, target);
    if (server) return server;
  }
  return documented;
}

/** A time after which sniffing gives up and takes the connection for TCP; 0s, the default, is never. */
export function detectionTimeout(unit: Unit): YamlScalar | undefined {
  for (const { root } of meshConfigs(unit)) {
    const scalar = scalarAt(root, 'protocolDetectionTimeout');
    if (scalar && (parseGoDurationMs(scalar.text) ?? 0) > 0) return scalar;
  }
  return undefined;
}

/** Whether some pod of the unit reaches the port through a sidecar. `outside`: none can. */
function clientsOf(
  unit: Unit,
  repository: Repository,
  path: string,
  port: number | undefined,
): { readonly are: 'injected' | 'unknown' | 'outside'; readonly at?: Anchor | undefined } {
  const assume = repository.assume(path);
  const { all, proven, possible } = injectedPods(unit, assume);
  const bypasses = ({ pod }: PodInjection): boolean => port !== undefined && excludesOutboundPort(pod, port) === true;
  const injected = proven.find((one) => !bypasses(one));
  if (injected) return { are: 'injected', at: injected.injection.at };
  if (all.length === 0 && assume.mesh !== undefined) return { are: assume.mesh === 'istio' ? 'injected' : 'outside' };
  if (all.length > 0 && possible.every(bypasses)) return { are: 'outside' };
  return { are: repository.meshEvidence.some(({ mesh }) => mesh === 'istio') ? 'unknown' : 'outside' };
}

function declareTcp({ kind }: MeshHost, port: MeshPort): Fix {
  const service = kind === 'Service';
  return {
    id: 'declare-tcp',
    titleId: service ? 'declareService' : 'declareEntry',
    data: {},
    safety: 'review',
    changes: [{ change: 'set-entry', map: port.node, path: [service ? 'appProtocol' : 'protocol'], value: service ? 'tcp' : 'TCP' }],
  };
}
