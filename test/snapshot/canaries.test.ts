import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import '../helpers/property-seed.ts';
import { lintLive } from '../../src/diagnosis/lint-live.ts';
import { liveUnit } from '../../src/diagnosis/live-unit.ts';
import { NO_CONFIGURATION } from '../../src/linters/engine.ts';
import { RULES } from '../../src/linters/registry.ts';
import { SnapshotBuilder } from '../../src/snapshot/builder.ts';
import { matchLog } from '../../src/snapshot/match-log.ts';
import { readSnapshot } from '../../src/snapshot/read-saved.ts';
import { snapshotText } from '../../src/snapshot/save.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';

const ABOUT = {
  takenAt: '2026-11-21T12:00:00Z',
  cluster: { context: 'c', server: 'https://x', version: 'v1.36.0', scope: 'all', namespaces: [] },
  reads: [],
} as const;

let planted = 0;
/** A text that nobody else writes, in the form of a secret's value. */
function canary(): string {
  planted += 1;
  return `CANARY-${planted}`;
}

const container = (name: string, image: string) => ({
  name,
  image,
  command: ['/bin/app', canary(), `--password=${canary()}`, '-D', canary()],
  args: [canary(), `--token=${canary()}`, `--name`, canary(), `sh -c "x ${canary()}"`, `-Dsecret=${canary()}`, '-Xmx1g'],
  env: [
    { name: 'PLAIN', value: canary() },
    { name: 'GOMEMLIMIT', value: `${canary()}, not a limit` },
    { name: 'JAVA_TOOL_OPTIONS', value: `-Xmx1g -Dpassword=${canary()}` },
    { name: 'MY_OPTS', value: `-Xmx1g --password ${canary()}` },
    { name: 'KONG_PG_PASSWORD', value: canary() },
    { name: 'KONG_ROUTER_FLAVOR', value: `${canary()}!"` },
    { name: 'PROXY_CONFIG', value: JSON.stringify({ proxyMetadata: { OTHER: canary() }, tracing: { zipkin: { address: canary() } } }) },
    { name: 'ORDERS_URL', value: `http://user:${canary()}@service:8080/${canary()}?k=${canary()}` },
    { name: 'AWS_WEB_IDENTITY_TOKEN_FILE', value: canary() },
    { name: 'FROM_SECRET', valueFrom: { secretKeyRef: { name: 's', key: 'k' }, extra: canary() } },
    { name: 'ODD', valueFrom: { vault: canary() } },
  ],
  envFrom: [{ configMapRef: { name: 'settings' } }, { secretRef: { name: 'secrets' } }],
  livenessProbe: {
    httpGet: { path: `/health?token=${canary()}`, port: 8080, httpHeaders: [{ name: 'Authorization', value: canary() }] },
    exec: { command: ['sh', '-c', `curl -H "X: ${canary()}" http://localhost:8001/`, canary()] },
  },
  lifecycle: { preStop: { exec: { command: [canary()] } } },
  resources: { limits: { memory: '1Gi', other: canary() } },
  securityContext: { note: canary() },
});

const annotations = () => ({
  'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ spec: canary() }),
  'example.com/token': canary(),
  'sidecar.istio.io/unknownThing': canary(),
  'sidecar.istio.io/status': JSON.stringify({ revision: 'default', initContainers: ['istio-init'], secret: canary(), volumes: [canary()] }),
  'proxy.istio.io/config': `tracing:\n  custom_tags: { a: { literal: { value: ${canary()} } } }\nproxyMetadata: { TOKEN: ${canary()}, ISTIO_META_IDLE_TIMEOUT: 24h }`,
  'traffic.sidecar.istio.io/excludeOutboundPorts': `3306{${canary()}}`,
  'runbook-lens.dev/ignore': `kong/x -- because of ${canary()}`,
});

const metadata = (name: string, more: object = {}) => ({
  name,
  namespace: 'shop',
  uid: canary(),
  resourceVersion: canary(),
  creationTimestamp: '2026-11-21T10:00:00Z',
  labels: { app: name },
  annotations: annotations(),
  finalizers: [canary()],
  managedFields: [{ manager: canary(), fieldsV1: { [canary()]: {} } }],
  ...more,
});

const podSpec = () => ({
  containers: [
    container('app', 'example/app:1'),
    container('kong', 'kong:3.4'),
    container('kiam', 'uswitch/kiam:v4.2'),
    container('istio-proxy', 'istio/proxyv2:1.24.2'),
    container('ingress-controller', 'kong/kubernetes-ingress-controller:3.1'),
    container('coredns', 'coredns:1.11'),
  ],
  initContainers: [container('istio-init', 'istio/proxyv2:1.24.2')],
  volumes: [
    { name: 'a', hostPath: { path: canary() } },
    { name: 'b', csi: { volumeAttributes: { key: canary() } } },
    { name: 'c', projected: { sources: [{ serviceAccountToken: { audience: canary() } }] } },
  ],
  imagePullSecrets: [{ name: canary() }],
  hostAliases: [{ ip: '1.2.3.4', hostnames: [canary()] }],
  dnsConfig: { options: [{ name: 'ndots', value: '2' }] },
  tolerations: [{ key: canary() }],
});
const template = () => ({ metadata: { labels: { app: 'a' }, annotations: annotations() }, spec: podSpec() });

const DECLARATIVE = () =>
  JSON.stringify({
    _format_version: '3.0',
    services: [{ name: 's', url: `http://u:${canary()}@h`, routes: [{ name: 'r', paths: [`/${canary()}`] }] }],
    consumers: [
      { username: canary(), keyauth_credentials: [{ key: canary() }], plugins: [{ name: 'acl', config: { allow: [canary()] } }] },
    ],
    upstreams: [{ name: canary() }],
    plugins: [{ name: 'jwt', config: { secret: canary(), whitelist: [canary()] } }],
  });

/** One object of every kind that is taken in, with a canary wherever people or machines write what is not allow-listed. */
function objects(): object[] {
  const workload = (apiVersion: string, kind: string) => ({
    apiVersion,
    kind,
    metadata: metadata(kind.toLowerCase()),
    spec: { replicas: 2, selector: { matchLabels: { app: 'a' } }, template: template(), note: canary() },
    status: { replicas: 2, conditions: [{ type: 'Available', status: 'True', reason: 'Ok', message: canary() }], note: canary() },
  });
  const spec = (apiVersion: string, kind: string, own: object) => ({
    apiVersion,
    kind,
    metadata: metadata(kind.toLowerCase()),
    spec: { ...own, note: canary() },
  });
  const tls = () => [{ secretName: canary(), hosts: [canary()] }];
  return [
    workload('apps/v1', 'Deployment'),
    workload('apps/v1', 'StatefulSet'),
    workload('apps/v1', 'DaemonSet'),
    workload('apps/v1', 'ReplicaSet'),
    workload('batch/v1', 'Job'),
    workload('argoproj.io/v1alpha1', 'Rollout'),
    spec('batch/v1', 'CronJob', { schedule: '* * * * *', jobTemplate: { spec: { template: template() } } }),
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: metadata('pod'),
      spec: podSpec(),
      status: { phase: 'Running', message: canary(), podIP: '10.0.0.1' },
    },
    spec('v1', 'Service', { selector: { app: 'a' }, ports: [{ port: 8080, name: 'http' }], loadBalancerSourceRanges: [canary()] }),
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: metadata('sa'),
      secrets: [{ name: canary() }],
      imagePullSecrets: [{ name: canary() }],
    },
    { apiVersion: 'v1', kind: 'Namespace', metadata: metadata('shop'), spec: { note: canary() } },
    { apiVersion: 'v1', kind: 'Secret', metadata: metadata('secrets'), data: { password: canary() }, stringData: { token: canary() } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadata('settings'),
      data: { PASSWORD: canary(), GOMEMLIMIT: `${canary()}/`, URL: `http://service:8080/${canary()}`, 'app.yaml': `a: ${canary()}` },
      binaryData: { blob: canary() },
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('unused'), data: { key: canary() } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadata('kong'),
      data: {
        'kong.conf': `# ${canary()}\npg_password = ${canary()}\nrouter_flavor = traditional\nproxy_listen = "${canary()}"\n`,
        'kong.yml': DECLARATIVE(),
        'broken.yml': `_format_version: "1.1"\n  bad: [${canary()}`,
        'handler.lua': `local r = require("kong.router") -- ${canary()}`,
      },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadata('istio'),
      data: {
        mesh: `defaultConfig: { tracing: { zipkin: { address: "${canary()}" } } }\ntcpKeepalive: { time: 60s }\nca: ${canary()}`,
        meshNetworks: canary(),
      },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadata('istio-sidecar-injector'),
      data: {
        values: JSON.stringify({ global: { proxy: { excludeOutboundPorts: '3306' }, imagePullSecrets: [canary()] } }),
        config: canary(),
      },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadata('coredns'),
      data: {
        Corefile: `.:53 {\n  # ${canary()}\n  hosts {\n    10.0.0.1 ${canary()}\n  }\n  etcd {\n    credentials u ${canary()}\n  }\n  forward . "${canary()}"\n  cache 30\n}\n`,
      },
    },
    spec('autoscaling/v2', 'HorizontalPodAutoscaler', {
      scaleTargetRef: { kind: 'Deployment', name: 'a' },
      metrics: [{ type: 'External', external: { metric: { name: canary() } } }],
    }),
    spec('keda.sh/v1alpha1', 'ScaledObject', { scaleTargetRef: { name: 'a' }, triggers: [{ metadata: { password: canary() } }] }),
    spec('networking.k8s.io/v1', 'Ingress', {
      ingressClassName: 'kong',
      tls: tls(),
      rules: [{ host: 'a.example', http: { paths: [{ path: '/', backend: {} }] } }],
    }),
    ...['HTTPRoute', 'GRPCRoute', 'TCPRoute', 'TLSRoute', 'UDPRoute'].map((kind) =>
      spec('gateway.networking.k8s.io/v1', kind, {
        parentRefs: [{ name: 'kong' }],
        rules: [
          {
            matches: [{ headers: [{ name: 'x', value: canary() }] }],
            filters: [{ requestHeaderModifier: { set: [{ value: canary() }] } }],
            backendRefs: [{ name: 'a', port: 1 }],
          },
        ],
      }),
    ),
    spec('gateway.networking.k8s.io/v1', 'GatewayClass', { controllerName: 'konghq.com/x', parametersRef: { name: canary() } }),
    spec('gateway.networking.k8s.io/v1', 'Gateway', {
      gatewayClassName: 'kong',
      listeners: [{ name: 'a', port: 80, tls: { options: { a: canary() } } }],
    }),
    ...['KongPlugin', 'KongClusterPlugin'].map((kind) => ({
      apiVersion: 'configuration.konghq.com/v1',
      kind,
      metadata: metadata(kind.toLowerCase()),
      plugin: 'acl',
      config: { whitelist: [canary()], secret: canary(), nested: { allow: canary() } },
      configFrom: { secretKeyRef: { name: canary() } },
      configPatches: [{ path: canary() }],
    })),
    { apiVersion: 'configuration.konghq.com/v1', kind: 'KongIngress', metadata: metadata('ki'), upstream: { host_header: canary() } },
    {
      apiVersion: 'configuration.konghq.com/v1',
      kind: 'KongConsumer',
      metadata: metadata('kc'),
      username: canary(),
      credentials: [canary()],
    },
    spec('configuration.konghq.com/v1beta1', 'KongUpstreamPolicy', { algorithm: 'round-robin', hashOn: { header: canary() } }),
    spec('configuration.konghq.com/v1beta1', 'TCPIngress', { tls: tls(), rules: [{ port: 1, backend: { serviceName: 'a' } }] }),
    spec('gateway-operator.konghq.com/v1beta1', 'DataPlane', {
      deployment: { podTemplateSpec: template() },
      network: { services: { annotations: canary() } },
    }),
    spec('networking.istio.io/v1', 'DestinationRule', {
      host: 'a',
      trafficPolicy: {
        tls: { mode: 'SIMPLE', credentialName: canary(), clientCertificate: canary() },
        loadBalancer: { consistentHash: { httpCookie: { name: canary() } } },
      },
    }),
    spec('networking.istio.io/v1', 'ServiceEntry', {
      hosts: ['db.example'],
      endpoints: [{ address: canary() }],
      subjectAltNames: [canary()],
    }),
    spec('networking.istio.io/v1', 'VirtualService', {
      hosts: ['a'],
      http: [{ match: [{ headers: { auth: { exact: canary() } } }], headers: { request: { set: { a: canary() } } } }],
    }),
    spec('networking.istio.io/v1alpha3', 'EnvoyFilter', {
      configPatches: [
        {
          applyTo: 'HTTP_FILTER',
          match: { context: 'ANY', listener: { filterChain: { filter: { name: 'envoy.filters.network.tcp_proxy' } } } },
          patch: {
            operation: 'MERGE',
            value: {
              name: 'envoy.filters.http.lua',
              typed_config: {
                '@type': 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua',
                inline_code: `x = "${canary()}" -- TcpProxy`,
                idle_timeout: '3600s',
                tcp_keepalive: { keepalive_time: 60, note: canary() },
                value: { token: canary(), idle_timeout: `${canary()}"` },
              },
            },
          },
        },
      ],
    }),
    spec('networking.istio.io/v1', 'Sidecar', { egress: [{ hosts: ['./*'] }], outboundTrafficPolicy: { egressProxy: canary() } }),
    spec('networking.istio.io/v1beta1', 'ProxyConfig', {
      environmentVariables: { TOKEN: canary(), ISTIO_META_IDLE_TIMEOUT: `${canary()}?` },
    }),
    spec('security.istio.io/v1', 'PeerAuthentication', { mtls: { mode: 'STRICT' } }),
    spec('telemetry.istio.io/v1', 'Telemetry', { tracing: [{ customTags: { a: { literal: { value: canary() } } } }] }),
    spec('install.istio.io/v1alpha1', 'IstioOperator', {
      meshConfig: { ca: canary() },
      components: { ingressGateways: [{ k8s: { env: [{ name: 'A', value: canary() }] } }] },
    }),
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: metadata('node'),
      status: { nodeInfo: { kubeletVersion: 'v1.36.0', machineID: canary() }, addresses: [{ address: canary() }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: metadata('es', { labels: { 'kubernetes.io/service-name': 'a' } }),
      endpoints: [{ addresses: ['10.0.0.1'], hostname: canary(), deprecatedTopology: { a: canary() } }],
    },
    {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: metadata('e1'),
      reason: 'Whatever',
      message: canary(),
      involvedObject: { kind: 'Pod', name: 'pod' },
    },
    {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: metadata('e2'),
      reason: 'BackOff',
      message: canary(),
      involvedObject: { kind: 'Pod', name: 'pod', uid: canary() },
    },
    {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: metadata('e3'),
      reason: 'OOMKilling',
      message: `killed app password=${canary()} token: "${canary()}"`,
      involvedObject: { kind: 'Node', name: 'n' },
    },
    { apiVersion: 'example.com/v1', kind: 'Deployment', metadata: metadata('other'), spec: { template: template() } },
  ];
}

function snapshotWithCanaries(): Snapshot {
  const builder = new SnapshotBuilder();
  for (const object of objects()) builder.add(object);
  const log = matchLog(`2026-11-21T11:00:00Z worker exited password=${canary()} http://u:${canary()}@h\nother ${canary()}\n`, [
    { id: 'x', pattern: /worker exited/ },
  ]);
  return { ...builder.finish(ABOUT), logs: [{ namespace: 'shop', pod: 'pod', container: 'kong', previous: false, ...log }] };
}

describe('what nobody allowed', () => {
  it('is not in the snapshot', () => {
    planted = 0;
    const snapshot = snapshotWithCanaries();
    assert.ok(planted > 400, `${planted} canaries`);
    const text = snapshotText(snapshot);
    const found = [...text.matchAll(/.{0,80}CANARY-\d+.{0,40}/g)].map(([one]) => one);
    assert.deepEqual(found, []);
  });

  it('but what is allowed is', () => {
    const text = snapshotText(snapshotWithCanaries());
    const expected = [
      '-Xmx1g',
      'ISTIO_META_IDLE_TIMEOUT',
      'excludeOutboundPorts',
      'tcpKeepalive',
      'router_flavor = traditional',
      '3600s',
      'KONG_PG_PASSWORD',
      'serviceAddress',
      'cache 30',
    ];
    for (const one of expected) assert.ok(text.includes(one), one);
  });

  it('and it can be read back', () => {
    const snapshot = snapshotWithCanaries();
    const result = readSnapshot(snapshotText(snapshot));
    assert.ok(result.ok, result.ok ? '' : result.problem.en);
    assert.equal(snapshotText(result.snapshot), snapshotText(snapshot));
  });

  it('has every kind of object that is taken in', () => {
    const kinds = new Set(snapshotWithCanaries().objects.map(({ kind }) => kind));
    assert.ok(kinds.size >= 35, [...kinds].join());
    assert.ok(!kinds.has('Secret') && !kinds.has('KongConsumer'));
  });
});

describe('objects as no API server sends them', () => {
  const KINDS = objects().map((object) => object as { readonly apiVersion: string; readonly kind: string });

  it('never throw', () => {
    const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSparseArray: true, maxDepth: 4 });
    fc.assert(
      fc.property(fc.nat(KINDS.length - 1), anything, anything, anything, (index, a, b, c) => {
        const { apiVersion, kind } = KINDS[index] ?? { apiVersion: 'v1', kind: 'Pod' };
        const builder = new SnapshotBuilder();
        builder.add(a, { apiVersion, kind });
        builder.add({
          apiVersion,
          kind,
          metadata: { name: 'x', namespace: 'y', labels: a, annotations: b, ownerReferences: c },
          spec: a,
          status: b,
          data: c,
        });
        builder.addUsage([a, { metadata: { name: 'x' }, containers: b }], ABOUT.takenAt);
        JSON.stringify(builder.finish(ABOUT));
      }),
      { numRuns: 400 },
    );
  });

  it('nor do rules on what is kept of them', () => {
    const odd: readonly unknown[] = [null, 1, 'x', [], {}, [null], { a: null }];
    for (let round = 0; round < 15; round++) {
      const builder = new SnapshotBuilder();
      for (const [index, object] of KINDS.entries()) {
        // One place of each object, another in every round, the same in every run.
        const places = paths(object);
        const path = places[(index * 31 + round * 97) % places.length];
        const broken = structuredClone(object);
        if (path) set(broken, path, odd[(index + round) % odd.length]);
        builder.add(broken);
      }
      const live = liveUnit(builder.finish(ABOUT), {});
      assert.doesNotThrow(() => lintLive(live, RULES, NO_CONFIGURATION, true), `round ${round}`);
    }
  });

  it('nor do real ones with something else at any place', () => {
    const places = KINDS.flatMap((object, at) => paths(object).map((path) => ({ at, path })));
    const odd: readonly unknown[] = [null, 1, 'x', [], {}, [null], [[]], { a: null }, true, Number.NaN];
    for (const [n, { at, path }] of places.entries()) {
      // A third of them in each run of the odd values; all kinds and depths are among them.
      if (n % 3 !== 0) continue;
      const object = structuredClone(KINDS[at]);
      set(object, path, odd[n % odd.length]);
      const builder = new SnapshotBuilder();
      builder.add(object);
      assert.doesNotThrow(() => JSON.stringify(builder.finish(ABOUT)), path.join('/'));
    }
    assert.ok(places.length > 1500, String(places.length));
  });

  it('change no prototype', () => {
    const builder = new SnapshotBuilder();
    const labels = JSON.parse('{"__proto__": {"polluted": "yes"}, "constructor": "x"}') as unknown;
    builder.add({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'n', labels, annotations: labels }, spec: labels });
    builder.finish(ABOUT);
    assert.equal(({} as { polluted?: string }).polluted, undefined);
  });
});

function paths(value: unknown, at: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => [[...at, index], ...paths(item, [...at, index])]);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [[...at, key], ...paths(item, [...at, key])]);
}

function set(root: unknown, path: readonly (string | number)[], value: unknown): void {
  let at = root as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) at = at[step] as Record<string | number, unknown>;
  const last = path.at(-1);
  if (last !== undefined) at[last] = value;
}
