import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Incident } from '../../../src/diagnosis/diagnose.ts';
import type { Verdict } from '../../../src/linters/probe.ts';
import { onePodGetsAllRequests as probe } from '../../../src/linters/grpc/probes/one-pod-gets-all-requests.ts';
import { container, event, judge, minutesAgo, type SnapshotParts } from '../snapshot-of.ts';
import { checkMessages, checkSaid } from './said.ts';
import { ISTIO, LINKERD, samples, shop } from './shop.ts';

const SKEWED = [850, 50, 50, 60];
const EVEN = [90, 70, 50, 60];
const UNEVEN = [100, 60, 45, 60];
const QUIET = [9, 1, 1, 1];
/** Three times, a peak of 1.7: `weak`. */
const WEAK = [200, 100, 100, 66];

const ABSENT: SnapshotParts = {
  yaml: `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { clusterIP: 10.96.0.9, selector: { app: web }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
`,
};

const AMBIENT_SPACE = `---
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio.io/dataplane-mode: ambient } }
`;

function scaler(over: string): string {
  return `---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: orders, namespace: shop }
spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: orders }, maxReplicas: 10, metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 70 } } }] }
${over}`;
}

const YOUNG = { readySince: minutesAgo(4) };
const PORT_ONLY = { portName: '', port: '' } as const;

/** Its endpoints, one of them not ready. */
function notReady({ endpoints = [] }: SnapshotParts, number: number): SnapshotParts['endpoints'] & object {
  return endpoints.map((one, at) => (at === number ? { ...one, ready: false } : one));
}

/** The same with another manifest. */
function edited(parts: SnapshotParts, from: string | RegExp, to: string): SnapshotParts {
  const yaml = parts.yaml?.replace(from, to) ?? '';
  assert.notEqual(yaml, parts.yaml);
  return { ...parts, yaml };
}

function onEachNode(parts: SnapshotParts): SnapshotParts {
  return { ...parts, yaml: (parts.yaml ?? '').replace('kind: Deployment', 'kind: DaemonSet').replace(/ {2}replicas: \d+\n/, '') };
}

const CASES: readonly (readonly [string, Verdict, SnapshotParts])[] = [
  ['no Service says that it is gRPC', 'absent', ABSENT],
  ['a port 9090 without a name says nothing', 'absent', { ...shop(PORT_ONLY), usage: samples(SKEWED) }],
  ['grpc-web is not gRPC', 'absent', { ...shop({ portName: 'grpc-web' }), usage: samples(SKEWED) }],
  ['an agent on each node, for the clients of that node', 'clear', onEachNode(shop({ serviceSpec: 'internalTrafficPolicy: Local' }))],
  ['an agent on each node, for clients of all nodes', 'unknown', onEachNode(shop())],
  ['replicas for the clients of their node', 'unknown', shop({ serviceSpec: 'internalTrafficPolicy: Local' })],
  ['one pod, and no autoscaler', 'clear', { ...shop({ servers: [{}] }), usage: samples([850]) }],
  ['clients through a virtual address, skewed', 'live', { ...shop(), usage: samples(SKEWED) }],
  ['the same by the address without a port', 'live', { ...shop({ dials: 'name: orders' }), usage: samples(SKEWED) }],
  ['gRPC by appProtocol', 'live', { ...shop({ portName: 'api', port: 'appProtocol: kubernetes.io/h2c' }), usage: samples(SKEWED) }],
  [
    'gRPC by its readiness probe',
    'live',
    { ...shop({ ...PORT_ONLY, server: 'readinessProbe: { grpc: { port: 9090 } }' }), usage: samples(SKEWED) },
  ],
  [
    'gRPC by the health probe’s program',
    'live',
    { ...shop({ ...PORT_ONLY, server: 'livenessProbe: { exec: { command: [/bin/grpc_health_probe] } }' }), usage: samples(SKEWED) },
  ],
  [
    'a gRPC probe on another port says nothing',
    'absent',
    { ...shop({ ...PORT_ONLY, server: 'readinessProbe: { grpc: { port: 9091 } }' }), usage: samples(SKEWED) },
  ],
  [
    'gRPC by the names of port and container port together',
    'live',
    { ...shop({ portName: 'http2', server: 'ports: [{ name: grpc, containerPort: 9090 }]' }), usage: samples(SKEWED) },
  ],
  ['otlp-grpc alone may be', 'unknown', { ...shop({ portName: 'otlp-grpc' }), usage: samples(SKEWED) }],
  ['http2 alone may be gRPC', 'unknown', { ...shop({ portName: 'http2' }), usage: samples(SKEWED) }],
  ['what may be gRPC and nobody dials is nothing', 'absent', { ...shop({ portName: 'http2', dials: '' }), usage: samples(SKEWED) }],
  ['even now', 'latent', { ...shop(), usage: samples(EVEN) }],
  ['a bit uneven', 'latent', { ...shop(), usage: samples(UNEVEN) }],
  ['too quiet to tell', 'latent', { ...shop(), usage: samples(QUIET) }],
  ['weakly skewed, nothing else explains it', 'live', { ...shop(), usage: samples(WEAK) }],
  ['weakly skewed with sessionAffinity', 'latent', { ...shop({ serviceSpec: 'sessionAffinity: ClientIP' }), usage: samples(WEAK) }],
  [
    'weakly skewed with internalTrafficPolicy',
    'latent',
    { ...shop({ serviceSpec: 'internalTrafficPolicy: Local' }), usage: samples(WEAK) },
  ],
  [
    'weakly skewed with trafficDistribution',
    'latent',
    { ...shop({ serviceSpec: 'trafficDistribution: PreferClose' }), usage: samples(WEAK) },
  ],
  [
    'weakly skewed just after scaling',
    'latent',
    { ...shop({ more: scaler(`status: { lastScaleTime: ${minutesAgo(4)} }`) }), usage: samples(WEAK) },
  ],
  [
    'weakly skewed long after scaling',
    'live',
    { ...shop({ more: scaler(`status: { lastScaleTime: ${minutesAgo(40)} }`) }), usage: samples(WEAK) },
  ],
  [
    'weakly skewed with unlike limits',
    'latent',
    { ...shop({ servers: [{ containers: [container({ cpuLimitCores: 2 })] }, {}, {}, {}] }), usage: samples(WEAK) },
  ],
  [
    'strongly skewed in spite of sessionAffinity',
    'live',
    { ...shop({ serviceSpec: 'sessionAffinity: ClientIP' }), usage: samples(SKEWED) },
  ],
  ['no samples', 'unknown', shop()],
  ['one sample, however skewed', 'unknown', { ...shop(), usage: samples(SKEWED, 1) }],
  ['two samples', 'unknown', { ...shop(), usage: samples(SKEWED, 2) }],
  ['three samples of one moment', 'unknown', { ...shop(), usage: samples(SKEWED, 3).map((one) => ({ ...one, at: minutesAgo(0) })) }],
  ['one spike in four samples', 'latent', { ...shop(), usage: samples([[60, 60, 2000, 60], 60, 60, 60]) }],
  ['all pods but one are young', 'unknown', { ...shop({ servers: [{}, YOUNG, YOUNG, YOUNG] }), usage: samples(SKEWED) }],
  ['the young pod is the one that is idle', 'latent', { ...shop({ servers: [{}, {}, {}, YOUNG] }), usage: samples([100, 90, 95, 0]) }],
  [
    'another template’s pods are not compared',
    'latent',
    { ...shop({ servers: [{}, {}, {}, { via: 'orders-2' }] }), usage: samples([100, 90, 95, 900]) },
  ],
  ['one pod now, more by replicas that are not ready', 'latent', shop({ servers: [{}], replicas: 3 })],
  ['one pod now, more by the autoscaler', 'latent', shop({ servers: [{}], more: scaler('') })],
  ['Istio’s sidecar on each client pod', 'mitigated', shop({ clients: [ISTIO, ISTIO] })],
  ['Linkerd’s sidecar on each client pod', 'mitigated', shop({ clients: [LINKERD, LINKERD] })],
  ['one client pod without its sidecar', 'live', { ...shop({ clients: [ISTIO, {}] }), usage: samples(SKEWED) }],
  [
    'the sidecar that was injected as an init container and has ended is none',
    'live',
    { ...shop({ clients: [{ containers: [container(), container({ name: 'istio-proxy', role: 'init' })] }] }), usage: samples(SKEWED) },
  ],
  [
    'the port is excluded from Istio’s sidecar',
    'live',
    {
      ...shop({ clients: [{ ...ISTIO, annotations: { 'traffic.sidecar.istio.io/excludeOutboundPorts': '3306,9000-9100' } }] }),
      usage: samples(SKEWED),
    },
  ],
  [
    'another port is excluded',
    'mitigated',
    shop({ clients: [{ ...ISTIO, annotations: { 'traffic.sidecar.istio.io/excludeOutboundPorts': '3306' } }] }),
  ],
  [
    'only other ports are included',
    'latent',
    { ...shop({ clients: [{ ...ISTIO, annotations: { 'traffic.sidecar.istio.io/includeOutboundPorts': '80' } }] }), usage: samples(EVEN) },
  ],
  [
    'the port is skipped by Linkerd’s sidecar',
    'live',
    { ...shop({ clients: [{ ...LINKERD, annotations: { 'config.linkerd.io/skip-outbound-ports': '9090' } }] }), usage: samples(SKEWED) },
  ],
  [
    'appProtocol grpc is opaque to newer Linkerd',
    'unknown',
    { ...shop({ clients: [LINKERD], port: 'appProtocol: grpc' }), usage: samples(EVEN) },
  ],
  ['appProtocol grpc is right for Istio', 'mitigated', { ...shop({ clients: [ISTIO], port: 'appProtocol: grpc' }), usage: samples(EVEN) }],
  [
    'declared as TCP, Istio carries connections',
    'latent',
    { ...shop({ clients: [ISTIO], portName: 'tcp-api', server: 'readinessProbe: { grpc: { port: 9090 } }' }), usage: samples(EVEN) },
  ],
  ['a mesh, and skewed all the same', 'unknown', { ...shop({ clients: [ISTIO] }), usage: samples(SKEWED) }],
  [
    'another mesh’s sidecar',
    'unknown',
    { ...shop({ clients: [{ containers: [container(), container({ name: 'consul-dataplane' })] }] }), usage: samples(EVEN) },
  ],
  ['ambient without a waypoint', 'live', { ...shop({ more: AMBIENT_SPACE }), usage: samples(SKEWED) }],
  ['ambient with a waypoint for the Service', 'mitigated', shop({ more: AMBIENT_SPACE, serviceLabels: 'istio.io/use-waypoint: waypoint' })],
  [
    'ambient with a waypoint for the namespace',
    'mitigated',
    shop({ more: AMBIENT_SPACE.replace('ambient }', 'ambient, istio.io/use-waypoint: waypoint }') }),
  ],
  [
    'ambient, the waypoint declined by the Service',
    'live',
    {
      ...shop({
        more: AMBIENT_SPACE.replace('ambient }', 'ambient, istio.io/use-waypoint: waypoint }'),
        serviceLabels: 'istio.io/use-waypoint: none',
      }),
      usage: samples(SKEWED),
    },
  ],
  ['headless, skewed', 'live', { ...shop({ headless: true }), usage: samples(SKEWED) }],
  ['headless, even', 'mitigated', { ...shop({ headless: true }), usage: samples(EVEN) }],
  ['headless, not measured: the policy stands in code', 'unknown', shop({ headless: true })],
  ['headless, too quiet', 'unknown', { ...shop({ headless: true }), usage: samples(QUIET) }],
  [
    'headless with a sidecar: the policy decides all the same',
    'live',
    { ...shop({ headless: true, clients: [ISTIO] }), usage: samples(SKEWED) },
  ],
  [
    'the twin is dialled and the load is even',
    'mitigated',
    { ...shop({ twin: true, dials: 'name: orders-headless, port: 9090' }), usage: samples(EVEN) },
  ],
  ['the twin is there and the old name is still dialled', 'live', { ...shop({ twin: true }), usage: samples(SKEWED) }],
  ['nobody is seen to dial it', 'unknown', { ...shop({ dials: '' }), usage: samples(SKEWED) }],
  ['the client runs nowhere', 'unknown', { ...shop({ clients: [] }), usage: samples(SKEWED) }],
  ['the client is a proxy', 'unknown', { ...shop({ clientImage: 'envoyproxy/envoy:v1.30' }), usage: samples(SKEWED) }],
  [
    'a client pod without a sidecar that is on its way out',
    'mitigated',
    { ...shop({ clients: [ISTIO, { deleting: true }] }), usage: samples(EVEN) },
  ],
  [
    'all ports are included in Istio’s sidecar',
    'mitigated',
    shop({ clients: [{ ...ISTIO, annotations: { 'traffic.sidecar.istio.io/includeOutboundPorts': '*' } }] }),
  ],
  [
    'only an init container has the address',
    'unknown',
    { ...edited(shop(), /containers:(?=\n.*\n.*checkout)/, 'initContainers:'), usage: samples(SKEWED) },
  ],
  [
    'a Service of that name in another namespace is dialled',
    'unknown',
    { ...edited(shop(), 'serviceAddress: { namespace: shop', 'serviceAddress: { namespace: other'), usage: samples(SKEWED) },
  ],
  [
    'its own pods dial it, and nobody else',
    'unknown',
    {
      ...shop({
        dials: '',
        server: 'env: [{ name: PEERS_ADDR, valueFrom: { serviceAddress: { namespace: shop, name: orders, port: 9090 } } }]',
      }),
      usage: samples(SKEWED),
    },
  ],
  ['a UDP port is not gRPC, whatever its name', 'absent', { ...shop({ port: 'protocol: UDP' }), usage: samples(SKEWED) }],
  [
    'the health probe’s program, beside two ports: it may ask the other',
    'absent',
    {
      ...edited(
        shop({ ...PORT_ONLY, portName: 'api', server: 'livenessProbe: { exec: { command: [/bin/grpc_health_probe] } }' }),
        'ports:',
        'ports:\n    - { name: admin, port: 81, targetPort: 8081 }',
      ),
      usage: samples(SKEWED),
    },
  ],
  [
    'the container port that is named grpc is another one',
    'unknown',
    { ...shop({ portName: 'http2', server: 'ports: [{ name: grpc, containerPort: 9091 }]' }), usage: samples(SKEWED) },
  ],
  ['appProtocol http is plain to Linkerd', 'mitigated', shop({ clients: [LINKERD], port: 'appProtocol: http' })],
  [
    'a pod that is no ready endpoint is not compared',
    'latent',
    { ...shop({ servers: [{}, {}, {}, {}] }), endpoints: notReady(shop(), 0), usage: samples([900, 60, 60, 60]) },
  ],
  [
    'a server pod on its way out is not compared',
    'latent',
    { ...shop({ servers: [{ deleting: true }, {}, {}, {}] }), usage: samples([900, 60, 60, 60]) },
  ],
  [
    'a database’s URL to a port that is named grpc',
    'unknown',
    { ...shop({ dials: "name: orders, port: 9090, prefix: 'other://'" }), usage: samples(SKEWED) },
  ],
  [
    'a headless name for one client, an unclear proxy for another way',
    'unknown',
    {
      ...edited(
        shop({ twin: true, clients: [{ containers: [container(), container({ name: 'consul-dataplane' })] }] }),
        'env: [',
        'env: [{ name: ORDERS_TARGET, valueFrom: { serviceAddress: { namespace: shop, name: orders-headless, port: 9090 } } }, ',
      ),
      usage: samples(EVEN),
    },
  ],
  [
    'a port that may be gRPC is dialled, beside the one that is',
    'unknown',
    {
      ...edited(shop({ dials: 'name: orders, port: 81' }), 'ports:', 'ports:\n    - { name: http2, port: 81, targetPort: 8081 }'),
      usage: samples(SKEWED),
    },
  ],
  ['another Service is dialled', 'unknown', { ...shop({ dials: 'name: carts, port: 9090' }), usage: samples(SKEWED) }],
];

describe(`${probe.id}: verdicts`, () => {
  for (const [name, verdict, parts] of CASES) it(`${name}: ${verdict}`, () => assert.equal(judge(probe, parts).verdict, verdict));

  it('the table has every verdict', () => assert.equal(new Set(CASES.map(([, verdict]) => verdict)).size, 6));
});

describe(`${probe.id}: what is missing is unknown`, () => {
  const settled: readonly (readonly [string, SnapshotParts])[] = CASES.filter(([, verdict]) => /clear|absent|mitigated/.test(verdict)).map(
    ([name, , parts]) => [name, parts],
  );
  for (const { group, resource, optional } of probe.needs) {
    if (optional) continue;
    const name = group === '' ? resource : `${resource}.${group}`;
    for (const outcome of ['forbidden', 'timeout', 'limit'] as const) {
      it(`${name} ${outcome}`, () => {
        for (const [label, parts] of settled) {
          const incident = judge(probe, { ...parts, outcomes: { [name]: outcome } });
          assert.equal(incident.verdict, 'unknown', label);
          assert.ok(
            incident.notChecked.some((one) => one.what === name && one.reason === outcome),
            label,
          );
        }
      });
    }
  }

  it('namespaces that were not read leave ambient open', () => {
    const clients = [{ annotations: { 'ambient.istio.io/redirection': 'enabled' } }];
    assert.equal(judge(probe, { ...shop({ clients }), usage: samples(EVEN), outcomes: { namespaces: 'forbidden' } }).verdict, 'unknown');
    assert.equal(judge(probe, { ...shop({ clients }), usage: samples(EVEN) }).verdict, 'latent');
    const declined = { ...shop({ clients, serviceLabels: 'istio.io/use-waypoint: none' }), usage: samples(EVEN) };
    assert.equal(judge(probe, { ...declined, outcomes: { namespaces: 'forbidden' } }).verdict, 'latent');
  });

  it('metrics that are refused, not installed, or of one moment: unknown, and why', () => {
    const what = 'pods.metrics.k8s.io';
    const reasons = (incident: Incident): unknown[] => incident.notChecked.filter((one) => one.what === what).map(({ reason }) => reason);
    const refused = judge(probe, { ...shop(), outcomes: { [what]: 'forbidden' } });
    assert.deepEqual([refused.verdict, reasons(refused)], ['unknown', ['forbidden']]);
    const missing = judge(probe, { ...shop(), outcomes: { [what]: 'absent' } });
    assert.deepEqual([missing.verdict, reasons(missing)], ['unknown', ['absent']]);
    const single = judge(probe, { ...shop(), usage: samples(SKEWED, 1) });
    assert.deepEqual([single.verdict, reasons(single)], ['unknown', ['not-asked']]);
    for (const incident of [refused, missing, single]) {
      assert.equal(incident.summary.messageId, 'unmeasured');
      assert.ok(incident.subjects[0]?.wouldProve.some(({ messageId }) => messageId === 'observe'));
    }
    assert.match(probe.messages.observe?.en ?? '', /--observe 3m/);
  });

  it('rules that need code are named', () => {
    const names = judge(probe, ABSENT).notChecked.filter(({ reason }) => reason === 'needs-code');
    assert.deepEqual(
      names.map(({ what }) => what),
      probe.notInCluster,
    );
  });
});

const ids = (incident: Incident): string[] => incident.subjects[0]?.evidence.map(({ explains }) => explains.messageId) ?? [];

describe(`${probe.id}: evidence`, () => {
  it('a client that runs nowhere is none: it is said that nobody is seen', () => {
    const [subject] = judge(probe, { ...shop({ clients: [] }), usage: samples(SKEWED) }).subjects;
    assert.ok(subject?.wouldProve.some(({ messageId }) => messageId === 'who-dials'));
    assert.ok(!subject?.evidence.some(({ explains }) => explains.messageId.startsWith('dials')));
  });

  it('live: the busiest pod first, with its number', () => {
    const incident = judge(probe, { ...shop(), usage: samples(SKEWED) });
    const [first] = incident.subjects[0]?.evidence ?? [];
    assert.deepEqual(first?.object, { kind: 'Pod', namespace: 'shop', name: 'orders-1-0' });
    assert.equal(first?.value, '850 m CPU');
    assert.deepEqual(first?.explains.data, { ratio: 3.4, pods: 4, mean: 253, samples: 4, minutes: 3 });
    assert.deepEqual(ids(incident), ['busiest', 'idlest', 'says-grpc', 'clusterip', 'dials', 'floor']);
    const dials = incident.subjects[0]?.evidence[4];
    assert.equal(dials?.pointer, '/spec/template/spec/containers/0/env/0');
    assert.equal(dials?.value, 'ORDERS_ADDR → orders.shop:9090');
  });

  it('an address that stands in a ConfigMap is one, too', () => {
    const map = `---
apiVersion: v1
kind: ConfigMap
metadata: { name: targets, namespace: shop }
data: { ORDERS_ADDR: { serviceAddress: { namespace: shop, name: orders, host: orders, port: 9090 } } }
`;
    const parts = shop({ more: map });
    const yaml = parts.yaml?.replace(/env: \[.*\]/, 'envFrom: [{ configMapRef: { name: targets } }]') ?? '';
    const [subject] = judge(probe, { ...parts, yaml, usage: samples(SKEWED) }).subjects;
    assert.equal(subject?.verdict, 'live');
    const dials = subject?.evidence.find(({ explains }) => explains.messageId === 'dials');
    assert.deepEqual(dials?.object, { kind: 'ConfigMap', namespace: 'shop', name: 'targets' });
    assert.equal(dials?.pointer, '/data/ORDERS_ADDR');
  });

  it('as many clients as pods: no arithmetic floor', () => {
    assert.ok(!ids(judge(probe, { ...shop({ clients: [{}, {}, {}, {}] }), usage: samples(SKEWED) })).includes('floor'));
  });

  it('only the application’s container is measured', () => {
    const usage = samples(EVEN).map(({ at, containers }) => ({
      at,
      containers: [
        ...containers,
        { namespace: 'shop', pod: 'orders-1-0', container: 'istio-proxy', cpuMillicores: 2000, memoryMiB: 9 },
        { namespace: 'shop', pod: 'orders-1-0', container: 'logs', cpuMillicores: 2000, memoryMiB: 9 },
      ],
    }));
    const containers = [container(), container({ name: 'istio-proxy' }), container({ name: 'logs' })];
    const server = 'ports: [{ containerPort: 9090 }]';
    assert.equal(judge(probe, { ...shop({ servers: [{ containers }, {}, {}, {}], server }), usage }).verdict, 'latent');
  });

  it('nor a mesh’s container, where nothing says which is the application’s', () => {
    const usage = samples(EVEN).map(({ at, containers }) => ({
      at,
      containers: [...containers, { namespace: 'shop', pod: 'orders-1-0', container: 'istio-proxy', cpuMillicores: 2000, memoryMiB: 9 }],
    }));
    const containers = [container(), container({ name: 'istio-proxy' })];
    assert.equal(judge(probe, { ...shop({ servers: [{ containers }, {}, {}, {}] }), usage }).verdict, 'latent');
  });

  it('a pod that is in two of four samples only is not compared', () => {
    const usage = samples([90, 80, 85, 900]).map((sample, at) =>
      at < 2 ? { ...sample, containers: sample.containers.filter(({ pod }) => pod !== 'orders-1-3') } : sample,
    );
    const incident = judge(probe, { ...shop(), usage });
    assert.equal(incident.verdict, 'latent');
    assert.equal(incident.subjects[0]?.evidence.find(({ source }) => source === 'metrics')?.explains.data?.pods, 3);
  });

  it('two samples, far apart, are too few', () => {
    const [first, , , last] = samples(SKEWED);
    const [subject] = judge(probe, { ...shop(), usage: first && last ? [first, last] : [] }).subjects;
    assert.ok(subject?.wouldProve.some(({ messageId }) => messageId === 'observe'));
  });

  it('a rollout, unlike machines and zones are told as other causes', () => {
    const rollout = judge(probe, { ...shop({ servers: [{}, {}, {}, { via: 'orders-2' }] }), usage: samples([500, 60, 60, 60]) });
    assert.ok(ids(rollout).includes('in-rollout'));
    const nodes = [...new Array(4).keys()].map((at) => ({
      name: `node-${at}`,
      kubeletVersion: 'v1.36.0',
      operatingSystem: 'linux',
      architecture: 'amd64',
      instanceType: at === 0 ? 'm5.large' : 'm7.large',
      ready: true,
    }));
    const spread = shop({ servers: nodes.map(({ name }) => ({ node: name })) });
    assert.equal(judge(probe, { ...spread, nodes, usage: samples(WEAK) }).verdict, 'latent');
    const zoned = shop();
    const endpoints = zoned.endpoints.map((one) => ({ ...one, forZones: ['a'] }));
    assert.ok(ids(judge(probe, { ...zoned, endpoints, usage: samples(WEAK) })).includes('by-zone'));
  });

  it('events of scaling: of the autoscaler, and of the last ten minutes', () => {
    const of = { kind: 'HorizontalPodAutoscaler', namespace: 'shop', name: 'orders' };
    const parts = { ...shop({ more: scaler('') }), usage: samples(WEAK) };
    assert.equal(judge(probe, { ...parts, events: [event(of, 'SuccessfulRescale')] }).verdict, 'latent');
    assert.equal(judge(probe, { ...parts, events: [event(of, 'FailedCreate')] }).verdict, 'live');
    assert.equal(judge(probe, { ...parts, events: [event(of, 'SuccessfulRescale', { lastAt: minutesAgo(20) })] }).verdict, 'live');
  });

  it('headless, the older the busier: names that are resolved once', () => {
    const servers = [300, 200, 100, 50].map((minutes) => ({ readySince: minutesAgo(minutes) }));
    const incident = judge(probe, { ...shop({ headless: true, servers }), usage: samples([800, 400, 20, 10]) });
    assert.ok(ids(incident).includes('stale'), ids(incident).join());
    assert.ok(ids(incident).includes('idle-newcomer'));
    const busy = judge(probe, { ...shop({ headless: true, servers }), usage: samples([800, 700, 90, 80]) });
    assert.ok(!ids(busy).includes('idle-newcomer'));
  });

  it('headless, all of an age, the lowest address: clients take the first', () => {
    const incident = judge(probe, { ...shop({ headless: true }), usage: samples([800, 20, 20, 20]) });
    assert.ok(ids(incident).includes('first-address'), ids(incident).join());
    assert.ok(!ids(judge(probe, { ...shop({ headless: true }), usage: samples([20, 20, 20, 800]) })).includes('first-address'));
  });

  it('over a virtual address age says nothing', () => {
    const servers = [300, 200, 100, 50].map((minutes) => ({ readySince: minutesAgo(minutes) }));
    const incident = judge(probe, { ...shop({ servers }), usage: samples([800, 400, 20, 10]) });
    assert.ok(!ids(incident).includes('stale'));
  });

  const killed = (minutes: number, restarts = 1) => [
    container({
      restarts,
      memoryLimitMiB: 512,
      statusAt: '/status/containerStatuses/0',
      lastTermination: { reason: 'OOMKilled', exitCode: 137, finishedAt: minutesAgo(minutes) },
    }),
  ];

  it('kills for memory count for a day, and gathered restarts are told', () => {
    const fresh = judge(probe, { ...shop({ servers: [{ containers: killed(30, 5) }, {}, {}, {}] }), usage: samples(SKEWED) });
    assert.ok(ids(fresh).includes('killed-for-memory') && ids(fresh).includes('restarts-here'));
    const oom = fresh.subjects[0]?.evidence.find(({ explains }) => explains.messageId === 'killed-for-memory');
    assert.equal(oom?.pointer, '/status/containerStatuses/0/lastState/terminated/reason');
    const old = judge(probe, { ...shop({ servers: [{ containers: killed(25 * 60, 5) }, {}, {}, {}] }), usage: samples(SKEWED) });
    assert.ok(!ids(old).includes('killed-for-memory') && !ids(old).includes('restarts-here'));
  });

  it('restarts everywhere are not gathered', () => {
    const servers = [5, 3, 3, 3].map((restarts) => ({ containers: killed(30, restarts) }));
    assert.ok(!ids(judge(probe, { ...shop({ servers }), usage: samples(SKEWED) })).includes('restarts-here'));
  });

  it('one restart beside none is not gathered', () => {
    const servers = [{ containers: killed(30, 2) }, {}, {}, {}];
    assert.ok(!ids(judge(probe, { ...shop({ servers }), usage: samples(SKEWED) })).includes('restarts-here'));
  });

  it('clients that are all in the mesh have no arithmetic floor', () => {
    const clients = [ISTIO];
    assert.ok(!ids(judge(probe, { ...shop({ clients }), usage: samples(EVEN) })).includes('floor'));
  });

  it('kills alone are not live', () => {
    assert.equal(judge(probe, shop({ servers: [{ containers: killed(30, 5) }, {}, {}, {}] })).verdict, 'unknown');
    assert.equal(
      judge(probe, { ...shop({ servers: [{ containers: killed(30, 5) }, {}, {}, {}] }), usage: samples(EVEN) }).verdict,
      'latent',
    );
  });

  it('failed probes of the last hour', () => {
    const of = { kind: 'Pod', namespace: 'shop', name: 'orders-1-0' };
    assert.ok(ids(judge(probe, { ...shop(), usage: samples(SKEWED), events: [event(of, 'Unhealthy')] })).includes('probe-failed'));
    const old = event(of, 'Unhealthy', { lastAt: minutesAgo(90) });
    assert.ok(!ids(judge(probe, { ...shop(), usage: samples(SKEWED), events: [old] })).includes('probe-failed'));
  });

  it('an autoscaler that sees an average below its target while a pod is at its limit', () => {
    const servers = [{ containers: [container({ cpuLimitCores: 0.9 })] }, {}, {}, {}];
    const status = 'status: { currentMetrics: [{ type: Resource, resource: { name: cpu, current: { averageUtilization: 28 } } }] }';
    const incident = judge(probe, { ...shop({ servers, more: scaler(status) }), usage: samples(SKEWED) });
    const blind = incident.subjects[0]?.evidence.find(({ explains }) => explains.messageId === 'blind-autoscaler');
    assert.equal(blind?.pointer, '/status/currentMetrics/0/resource/current/averageUtilization');
    const seen = judge(probe, { ...shop({ servers, more: scaler(status.replace('28', '92')) }), usage: samples(SKEWED) });
    assert.ok(!ids(seen).includes('blind-autoscaler'));
    const idle = judge(probe, { ...shop({ servers, more: scaler(status) }), usage: samples([500, 50, 50, 60]) });
    assert.ok(!ids(idle).includes('blind-autoscaler'));
  });

  it('a quiet gate that is an option', () => {
    assert.equal(judge(probe, { ...shop(), usage: samples(SKEWED) }, { quietMillicores: 400 }).verdict, 'latent');
  });
});

describe(`${probe.id}: actions`, () => {
  it('the twin copies selector and ports, with port = targetPort, and can be taken away', () => {
    const incident = judge(probe, { ...shop({ port: 'appProtocol: kubernetes.io/h2c' }), usage: samples(EVEN) });
    const twin = incident.subjects[0]?.actions.find(({ title }) => title.messageId === 'twin');
    assert.equal(twin?.title.data?.target, 'orders-headless.shop:9090');
    assert.match(twin?.command ?? '', /^kubectl -n shop create -f - <<'EOF'\n/);
    assert.match(twin?.command ?? '', /"app": "orders"/);
    assert.match(twin?.command ?? '', /port: 9090, targetPort: 9090, appProtocol: "kubernetes.io\/h2c"/);
    assert.equal(twin?.undo, 'kubectl -n shop delete service orders-headless');
  });

  const actionsOf = (parts: SnapshotParts): string[] =>
    judge(probe, parts).subjects.flatMap(({ actions }) => actions.map(({ title }) => title.messageId));

  it('no twin where there is one, where the client is in a mesh, or where the pods’ port isn’t known', () => {
    assert.ok(!actionsOf({ ...shop({ twin: true }), usage: samples(SKEWED) }).includes('twin'));
    assert.ok(!actionsOf({ ...shop({ clients: [ISTIO, {}], port: 'appProtocol: tcp' }), usage: samples(SKEWED) }).includes('twin'));
    assert.ok(!actionsOf({ ...shop({ more: AMBIENT_SPACE }), usage: samples(SKEWED) }).includes('twin'));
    const taken = edited(
      shop(),
      /^/,
      '---\napiVersion: v1\nkind: Service\nmetadata: { name: orders-headless, namespace: shop }\nspec: { clusterIP: None, selector: { app: other }, ports: [{ port: 1 }] }\n---\n',
    );
    assert.ok(!actionsOf({ ...taken, usage: samples(SKEWED) }).includes('twin'));
    const named = shop();
    assert.ok(
      !actionsOf({ ...named, yaml: named.yaml?.replaceAll('targetPort: 9090', 'targetPort: api') ?? '', usage: samples(EVEN) }).includes(
        'twin',
      ),
    );
  });

  it('restarts only when live; servers first, the clients last', () => {
    assert.ok(!actionsOf({ ...shop(), usage: samples(EVEN) }).includes('restart'));
    const incident = judge(probe, { ...shop(), usage: samples(SKEWED) });
    const restart = incident.subjects[0]?.actions.find(({ title }) => title.messageId === 'restart');
    assert.deepEqual(restart?.command.split(' &&\n'), [
      'kubectl -n shop rollout restart deployment/orders',
      'kubectl -n shop rollout status deployment/orders --timeout=10m',
      'kubectl -n shop rollout restart deployment/checkout',
    ]);
    assert.match(restart?.undo ?? '', /rollout undo deployment\/orders/);
  });

  it('a higher limit where pods die of memory, and the old one back', () => {
    const containers = [
      container({ memoryLimitMiB: 512, restarts: 1, lastTermination: { reason: 'OOMKilled', exitCode: 137, finishedAt: minutesAgo(30) } }),
    ];
    const incident = judge(probe, { ...shop({ servers: [{ containers }, {}, {}, {}] }), usage: samples(SKEWED) });
    const memory = incident.subjects[0]?.actions.find(({ title }) => title.messageId === 'memory');
    assert.equal(memory?.command, 'kubectl -n shop set resources deployment/orders -c app --limits=memory=1024Mi');
    assert.equal(memory?.undo, 'kubectl -n shop set resources deployment/orders -c app --limits=memory=512Mi');
  });

  it('every change has its undo, every message its data', () => {
    checkMessages(probe);
    for (const [label, , parts] of CASES) checkSaid(probe, judge(probe, parts), label);
  });
});
