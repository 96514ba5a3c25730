import type { JsonValue } from '../text/json-tree.ts';
import {
  DROPPED,
  each,
  entriesAt,
  fields,
  isMap,
  itemsAt,
  type Keep,
  labelSelector,
  labels,
  list,
  matching,
  presence,
  scalar,
  textAt,
} from './raw.ts';
import { keepAnnotations } from './annotations.ts';
import { keepInstallValues } from './install-values.ts';
import { keepKeepalive, keepMeshConfig } from './mesh-config.ts';

const amount = matching(/^[-+]?[\w.% ]{0,32}$/);

const connectionPool = fields({
  tcp: fields({
    maxConnections: scalar,
    connectTimeout: amount,
    idleTimeout: amount,
    maxConnectionDuration: amount,
    tcpKeepalive: keepKeepalive,
  }),
  http: fields({
    http1MaxPendingRequests: scalar,
    http2MaxRequests: scalar,
    maxRequestsPerConnection: scalar,
    maxRetries: scalar,
    idleTimeout: amount,
    h2UpgradePolicy: scalar,
    useClientProtocol: scalar,
    maxConcurrentStreams: scalar,
  }),
});

const outlierDetection = fields({
  consecutive5xxErrors: scalar,
  consecutiveGatewayErrors: scalar,
  interval: amount,
  baseEjectionTime: amount,
  maxEjectionPercent: scalar,
  minHealthPercent: scalar,
});

const policy = {
  loadBalancer: fields({
    simple: scalar,
    consistentHash: presence,
    localityLbSetting: fields({ enabled: scalar }),
    warmupDurationSecs: amount,
  }),
  connectionPool,
  outlierDetection,
  tls: fields({ mode: scalar }),
};
const trafficPolicy = fields({
  ...policy,
  portLevelSettings: list(fields({ port: fields({ number: scalar }), ...policy })),
  tunnel: presence,
});

const destinationRule = fields({
  host: scalar,
  exportTo: list(scalar),
  workloadSelector: fields({ matchLabels: labels }),
  trafficPolicy,
  subsets: list(fields({ name: scalar, labels, trafficPolicy })),
});

const serviceEntry = fields({
  hosts: list(scalar),
  addresses: list(scalar),
  location: scalar,
  resolution: scalar,
  exportTo: list(scalar),
  ports: list(fields({ number: scalar, name: scalar, protocol: scalar, targetPort: scalar })),
  workloadSelector: fields({ labels }),
});

const destinations = list(
  fields({ destination: fields({ host: scalar, subset: scalar, port: fields({ number: scalar }) }), weight: scalar }),
);
const l4Route = list(fields({ match: list(fields({ port: scalar, sniHosts: list(scalar) })), route: destinations }));

const virtualService = fields({
  hosts: list(scalar),
  gateways: list(scalar),
  exportTo: list(scalar),
  http: list(fields({ name: scalar, route: destinations, timeout: amount, retries: fields({ attempts: scalar, perTryTimeout: amount }) })),
  tcp: l4Route,
  tls: l4Route,
});

const port = fields({ number: scalar, name: scalar, protocol: scalar });

const sidecar = fields({
  workloadSelector: fields({ labels }),
  egress: list(fields({ hosts: list(scalar), port, captureMode: scalar })),
  ingress: list(fields({ port, connectionPool })),
  inboundConnectionPool: connectionPool,
  outboundTrafficPolicy: fields({ mode: scalar }),
});

const peerAuthentication = fields({
  selector: labelSelector,
  mtls: fields({ mode: scalar }),
  portLevelMtls: each(fields({ mode: scalar })),
});

const proxyConfig = fields({
  selector: labelSelector,
  concurrency: scalar,
  environmentVariables: (raw) =>
    isMap(raw)
      ? Object.fromEntries(
          entriesAt(raw).map(([name, value]) => [name, name === 'ISTIO_META_IDLE_TIMEOUT' ? (amount(value) ?? DROPPED) : DROPPED]),
        )
      : undefined,
  image: fields({ imageType: scalar }),
});

const telemetry = fields({
  selector: labelSelector,
  accessLogging: list(fields({ disabled: scalar, providers: list(fields({ name: scalar })) })),
});

/** Keys of Envoy's configuration that say how long TCP connections live, and those on the way to them. */
const ENVOY_MAPS =
  /^(?:value|typed_?[cC]onfig|filter_?[cC]hains?|filters?|tcp_?[kK]eepalive|socket_?[oO]ptions?|upstream_?[cC]onnection_?[oO]ptions|common_?[hH]ttp_?[pP]rotocol_?[oO]ptions|bind_?[cC]onfig|upstream_?[bB]ind_?[cC]onfig)$/;
const ENVOY_SCALARS =
  /^(?:idle_?[tT]imeout|max_?[cC]onnection_?[dD]uration|max_?[dD]ownstream_?[cC]onnection_?[dD]uration|keepalive_?(?:[pP]robes|[tT]ime|[iI]nterval)|connect_?[tT]imeout|level|int_?[vV]alue|state)$/;
const FILTER_NAME = /^(?:envoy|istio)\.[\w.]{1,80}$/;
const TYPE_NAME = /^(?:type\.googleapis\.com\/)?[a-z][\w.]{1,150}$/;

function envoyValue(raw: unknown, depth = 0): JsonValue | undefined {
  if (depth > 12) return undefined;
  if (Array.isArray(raw)) return raw.map((item: unknown) => envoyValue(item, depth + 1) ?? null);
  if (!isMap(raw)) return undefined;
  const kept: [string, JsonValue][] = [];
  for (const [key, value] of Object.entries(raw)) {
    const form = key === 'name' ? FILTER_NAME : key === '@type' || /^type_?[uU]rl$/.test(key) ? TYPE_NAME : undefined;
    const one = form
      ? matching(form)(value)
      : ENVOY_SCALARS.test(key)
        ? amount(value)
        : ENVOY_MAPS.test(key)
          ? envoyValue(value, depth + 1)
          : undefined;
    if (one !== undefined) kept.push([key, one]);
  }
  return Object.fromEntries(kept);
}

/** Words by which a filter may change how connections live; that they stand somewhere keeps rules silent. */
const TOPICS: readonly (readonly [RegExp, string])[] = [
  [/tcp_proxy|TcpProxy/, 'tcp_proxy'],
  [/tcp_?keepalive|socket_?options/i, 'tcp_keepalive'],
];

const filterMatch = fields({
  context: scalar,
  proxy: fields({ proxyVersion: scalar }),
  listener: fields({
    portNumber: scalar,
    name: scalar,
    filterChain: fields({ sni: scalar, name: scalar, filter: fields({ name: scalar, subFilter: fields({ name: scalar }) }) }),
  }),
  cluster: fields({ name: scalar, service: scalar, subset: scalar, portNumber: scalar }),
});

const filterPatches = list(
  fields({
    applyTo: scalar,
    match: filterMatch,
    patch: fields({ operation: scalar, filterClass: scalar, value: (raw) => envoyValue(raw) }),
  }),
);

/** An EnvoyFilter can hold anything: only what it is put on, timeouts and keepalive stay. */
const envoyFilter: Keep = (raw) => {
  const kept = fields({ workloadSelector: fields({ labels }), priority: scalar, configPatches: filterPatches })(raw);
  if (!kept) return undefined;
  const text =
    JSON.stringify(
      itemsAt(raw, 'configPatches').map((item) => item ?? null),
      safeReplacer,
    ) ?? '';
  const mentions = TOPICS.flatMap(([topic, name]) => (topic.test(text) ? [name] : []));
  return mentions.length > 0 ? { ...kept, mentions } : kept;
};

function safeReplacer(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' || typeof value === 'symbol' ? undefined : value;
}

const gatewayComponents = list(
  fields({
    name: scalar,
    enabled: scalar,
    k8s: fields({
      podAnnotations: keepAnnotations,
      env: (raw) =>
        Array.isArray(raw)
          ? raw.map((item: unknown): JsonValue => {
              const name = textAt(item, 'name') ?? '';
              const value = isMap(item) ? amount(item.value) : undefined;
              return name === 'ISTIO_META_IDLE_TIMEOUT' && value !== undefined ? { name, value } : { name, valueFrom: DROPPED };
            })
          : undefined,
    }),
  }),
);

const operator = fields({
  tag: scalar,
  revision: scalar,
  meshConfig: keepMeshConfig,
  values: keepInstallValues,
  components: fields({ ingressGateways: gatewayComponents, egressGateways: gatewayComponents }),
});

const gateway = fields({
  gatewayClassName: scalar,
  listeners: list(fields({ name: scalar, port: scalar, protocol: scalar, hostname: scalar })),
});

/** `spec` of the kinds of Istio's API groups. */
export const MESH_SPECS: Readonly<Record<string, Keep>> = {
  DestinationRule: destinationRule,
  ServiceEntry: serviceEntry,
  WorkloadEntry: fields({ address: scalar, ports: each(scalar), labels, network: scalar }),
  VirtualService: virtualService,
  Sidecar: sidecar,
  PeerAuthentication: peerAuthentication,
  ProxyConfig: proxyConfig,
  Telemetry: telemetry,
  EnvoyFilter: envoyFilter,
  Gateway: fields({ selector: labels, servers: list(fields({ hosts: list(scalar), port, tls: fields({ mode: scalar }) })) }),
  IstioOperator: operator,
  Istio: fields({ version: scalar, namespace: scalar, values: keepInstallValues }),
};

/** `spec` of a Gateway of the Gateway API. */
export const GATEWAY_SPEC: Keep = gateway;
