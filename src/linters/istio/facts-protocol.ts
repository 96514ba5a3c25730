import { scalarAt, textAt, type YamlMap, type YamlScalar } from '../../text/yaml.ts';

/**
 * How Envoy treats a port. `tcp`: opaque bytes (TCP, TLS, HTTPS passed through, MySQL, Redis, Mongo); `http`: HTTP, HTTP/2, gRPC;
 * `sniffed`: Istio was told nothing and looks at the first bytes; `unknown`: the files don't tell (templated).
 */
export type ProtocolClass = 'tcp' | 'http' | 'udp' | 'sniffed' | 'unknown';

export interface MeshPort {
  readonly node: YamlMap;
  /** As the client dials it; `undefined` when templated. */
  readonly number: number | undefined;
  readonly numberScalar: YamlScalar | undefined;
  readonly nameScalar: YamlScalar | undefined;
  readonly protocol: ProtocolClass;
  /** What decides the protocol: `appProtocol`, the name, a ServiceEntry's `protocol`; `undefined`: nothing does. */
  readonly decidedBy: YamlScalar | undefined;
}

const CLASSES: Readonly<Record<string, ProtocolClass>> = {
  tcp: 'tcp',
  tls: 'tcp',
  https: 'tcp',
  mongo: 'tcp',
  redis: 'tcp',
  mysql: 'tcp',
  udp: 'udp',
  http: 'http',
  http2: 'http',
  http_proxy: 'http',
  grpc: 'http',
  'grpc-web': 'http',
};

/** Kubernetes' own values of `appProtocol`, in this very case. */
const STANDARD: Readonly<Record<string, ProtocolClass>> = {
  'kubernetes.io/h2c': 'http',
  'kubernetes.io/ws': 'http',
  'kubernetes.io/wss': 'tcp',
};

/** Ports that Istio takes for TCP when nothing else is said, in Services only (istio/istio:pkg/config/kube/conversion.go). */
const UNSNIFFED_PORTS: ReadonlySet<number> = new Set([25, 53, 3306, 27017]);

/** `protocol.Parse`: any case, whole word. */
function classOf(text: string): ProtocolClass {
  return CLASSES[text.toLowerCase()] ?? 'sniffed';
}

/**
 * A Service's port, by `ConvertProtocol`: UDP first, then appProtocol, then what stands before the first `-` of the name, then four
 * well-known ports.
 */
export function servicePort(node: YamlMap): MeshPort {
  const numberScalar = scalarAt(node, 'port');
  const number = portNumber(numberScalar);
  const nameScalar = scalarAt(node, 'name');
  const appProtocol = scalarAt(node, 'appProtocol');
  const transport = scalarAt(node, 'protocol');
  const shared = { node, number, numberScalar, nameScalar };
  if (transport?.unknown || node.open) return { ...shared, protocol: 'unknown', decidedBy: undefined };
  if (transport?.text === 'UDP') return { ...shared, protocol: 'udp', decidedBy: transport };
  const decider = appProtocol ?? nameScalar;
  if (decider?.unknown) return { ...shared, protocol: 'unknown', decidedBy: decider };
  const text = decider?.text ?? '';
  // `grpc-web` is HTTP as `grpc` is.
  const named = STANDARD[text] ?? classOf(text.split('-', 1).join());
  if (named !== 'sniffed') return { ...shared, protocol: named, decidedBy: decider };
  if (number === undefined) return { ...shared, protocol: 'unknown', decidedBy: undefined };
  return { ...shared, protocol: UNSNIFFED_PORTS.has(number) ? 'tcp' : 'sniffed', decidedBy: decider };
}

/** A ServiceEntry's port: only its `protocol` counts, never the name or the number. */
export function serviceEntryPort(node: YamlMap): MeshPort {
  const numberScalar = scalarAt(node, 'number');
  const decider = scalarAt(node, 'protocol');
  const protocol = decider?.unknown || (!decider && node.open) ? 'unknown' : classOf(textAt(node, 'protocol') ?? '');
  return { node, number: portNumber(numberScalar), numberScalar, nameScalar: scalarAt(node, 'name'), protocol, decidedBy: decider };
}

export function portNumber(scalar: YamlScalar | undefined): number | undefined {
  if (!scalar || !/^\d{1,5}$/.test(scalar.text)) return undefined;
  return Number(scalar.text);
}
