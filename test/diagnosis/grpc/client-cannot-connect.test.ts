import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { followUp } from '../../../src/diagnosis/diagnose.ts';
import { NO_CONFIGURATION } from '../../../src/linters/engine.ts';
import { clientCannotConnect as probe } from '../../../src/linters/grpc/probes/client-cannot-connect.ts';
import type { Verdict } from '../../../src/linters/probe.ts';
import { RULES } from '../../../src/linters/registry.ts';
import type { LogRequest, LogState, PodState } from '../../../src/snapshot/snapshot.ts';
import { container, event, judge, minutesAgo, pod, snapshotOf, type SnapshotParts } from '../snapshot-of.ts';
import { checkMessages, checkSaid } from './said.ts';
import { shop } from './shop.ts';

/** The log of the first client pod: so many lines of a signature, the last so many minutes ago. */
function log(signature: string, count = 1, minutes = 1, over: Partial<LogState> = {}): LogState {
  const matches = signature === '' ? [] : [{ signature: `grpc/${signature}`, count, line: 'what it said', at: minutesAgo(minutes) }];
  return { namespace: 'shop', pod: 'checkout-1-0', container: 'app', previous: false, lines: 200, matches, ...over };
}

const SILENT = [log('')];
const crashing = container({ ready: false, state: 'waiting', reason: 'CrashLoopBackOff', restarts: 7 });
const YOUNG: Partial<PodState> = { containers: [container({ startedAt: minutesAgo(2) })] };

const DOWN = [{ readySince: undefined }, { readySince: undefined }] as unknown as readonly Partial<PodState>[];

const NO_GRPC: SnapshotParts = {
  yaml: `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { clusterIP: 10.96.0.9, selector: { app: web }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
`,
};

/** The control plane of Istio, with the ports of its chart. */
const ISTIOD: SnapshotParts = {
  yaml: `
apiVersion: v1
kind: Service
metadata: { name: istiod, namespace: istio-system }
spec: { clusterIP: 10.96.0.8, selector: { app: istiod }, ports: [{ name: grpc-xds, port: 15010 }, { name: https-dns, port: 15012 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: istiod, namespace: istio-system }
spec:
  selector: { matchLabels: { app: istiod } }
  template:
    metadata: { labels: { app: istiod } }
    spec: { containers: [{ name: discovery, image: "docker.io/istio/pilot:1.27.0" }] }
`,
};

const MAPPED = (text: string): string => text.replaceAll('port: 9090, targetPort: 9090', 'port: 9090, targetPort: 8080');

function mapped(over: Parameters<typeof shop>[0]): SnapshotParts {
  const parts = shop(over);
  return { ...parts, yaml: MAPPED(parts.yaml ?? '') };
}

function otel(parts: SnapshotParts): SnapshotParts {
  return { ...parts, yaml: (parts.yaml ?? '').replace('ORDERS_ADDR', 'OTEL_EXPORTER_OTLP_ENDPOINT') };
}

const CASES: readonly (readonly [string, Verdict, SnapshotParts])[] = [
  ['no Service says that it is gRPC', 'absent', NO_GRPC],
  ['istiod, which only proxies dial', 'absent', ISTIOD],
  ['something else behind a port named grpc-xds', 'unknown', { yaml: (ISTIOD.yaml ?? '').replace('istio/pilot', 'acme/xds') }],
  ['the library refuses the target', 'live', { ...shop(), logs: [log('invalid-target')] }],
  [
    'the library refused it, in a run that was just replaced',
    'live',
    { ...shop(), logs: [log('invalid-target', 1, 3, { previous: true })] },
  ],
  ['the library refused it an hour ago', 'unknown', { ...shop(), logs: [log('invalid-target', 9, 60)] }],
  ['the library refused it, nobody knows when', 'unknown', { ...shop(), logs: [undated(log('invalid-target', 9))] }],
  ['a name without address, again and again', 'live', { ...shop(), logs: [log('name-not-found', 5)] }],
  ['a name without address, twice', 'unknown', { ...shop(), logs: [log('name-not-found', 2)] }],
  ['refused connections, again and again', 'live', { ...shop(), logs: [log('refused', 12)] }],
  ['refused connections ten minutes ago, then nothing', 'unknown', { ...shop(), logs: [log('refused', 12, 10)] }],
  ['refused connections of a container that has just started', 'unknown', { ...shop({ clients: [YOUNG] }), logs: [log('refused', 12)] }],
  ['refused connections, and the server is down', 'unknown', { ...shop({ servers: DOWN }), logs: [log('refused', 12)] }],
  ['a refused target, and the server is down besides', 'live', { ...shop({ servers: DOWN }), logs: [log('invalid-target', 12)] }],
  ['TLS to plaintext', 'live', { ...shop(), logs: [log('tls-mismatch', 4)] }],
  ['an HTTP/1.1 server', 'live', { ...shop(), logs: [log('not-http2', 4)] }],
  ['a crash loop that says why', 'live', { ...shop({ clients: [{ containers: [crashing] }] }), logs: [log('invalid-target', 1)] }],
  ['a crash loop that says nothing', 'unknown', { ...shop({ clients: [{ containers: [crashing] }] }), logs: SILENT }],
  ['dns:// with two slashes', 'latent', { ...shop({ dials: "name: orders, port: 9090, prefix: 'dns://'" }), logs: SILENT }],
  ['dns:/// with three', 'clear', { ...shop({ dials: "name: orders, port: 9090, prefix: 'dns:///'" }), logs: SILENT }],
  ['an http URL may be right', 'unknown', { ...shop({ dials: "name: orders, port: 9090, prefix: 'http://'" }), logs: SILENT }],
  [
    'an http URL for an exporter of OpenTelemetry, which takes URLs',
    'clear',
    { ...otel(shop({ dials: "name: orders, port: 9090, prefix: 'http://'" })), logs: SILENT },
  ],
  [
    'an http URL that is refused',
    'live',
    { ...shop({ dials: "name: orders, port: 9090, prefix: 'http://'" }), logs: [log('invalid-target')] },
  ],
  ['headless, the Service’s port instead of the pods’', 'latent', { ...mapped({ headless: true }), logs: SILENT }],
  ['headless, the pods’ port', 'clear', { ...mapped({ headless: true, dials: 'name: orders, port: 8080' }), logs: SILENT }],
  [
    'headless, a port that the pods declare besides',
    'clear',
    { ...mapped({ headless: true, server: 'ports: [{ containerPort: 8080 }, { containerPort: 9090 }]' }), logs: SILENT },
  ],
  ['not headless: the port is mapped', 'clear', { ...mapped({}), logs: SILENT }],
  ['the log is silent', 'clear', { ...shop(), logs: SILENT }],
  ['no log was read', 'unknown', shop()],
  ['another pod’s log', 'unknown', { ...shop(), logs: [log('', 0, 1, { pod: 'orders-1-0' })] }],
  ['the client has just started and is silent', 'unknown', { ...shop({ clients: [YOUNG] }), logs: SILENT }],
  ['no pod of the server is ready', 'unknown', { ...shop({ servers: DOWN }), logs: SILENT }],
  ['nobody is seen to dial it', 'unknown', shop({ dials: '' })],
];

function undated(one: LogState): LogState {
  return { ...one, matches: one.matches.map(({ signature, count, line }) => ({ signature, count, line })) };
}

describe(`${probe.id}: verdicts`, () => {
  for (const [name, verdict, parts] of CASES) it(`${name}: ${verdict}`, () => assert.equal(judge(probe, parts).verdict, verdict));

  it('the table has every verdict that the probe gives: nothing makes a wrong target harmless', () =>
    assert.deepEqual([...new Set(CASES.map(([, verdict]) => verdict))].sort(), ['absent', 'clear', 'latent', 'live', 'unknown']));
});

describe(`${probe.id}: what is missing is unknown`, () => {
  for (const { group, resource, optional } of probe.needs) {
    const name = group === '' ? resource : `${resource}.${group}`;
    if (optional) continue;
    it(`${name} denied`, () => {
      for (const [label, verdict, parts] of CASES) {
        if (verdict !== 'clear' && verdict !== 'absent') continue;
        const incident = judge(probe, { ...parts, outcomes: { [name]: 'forbidden' } });
        assert.equal(incident.verdict, 'unknown', label);
        assert.ok(incident.notChecked.some((one) => one.what === name && one.reason === 'forbidden'));
      }
    });
  }

  it('nobody says that a server is down whose endpoints were not read', () => {
    const parts = { ...shop({ servers: DOWN }), logs: SILENT };
    const said = (outcomes: SnapshotParts['outcomes'] = {}): string[] =>
      judge(probe, { ...parts, outcomes }).subjects.flatMap(({ evidence }) => evidence.map(({ explains }) => explains.messageId));
    assert.ok(said().includes('no-ready-pod'));
    for (const outcome of ['not-asked', 'forbidden'] as const) {
      assert.ok(!said({ 'endpointslices.discovery.k8s.io': outcome }).includes('no-ready-pod'));
      const [subject] = judge(probe, { ...shop(), logs: SILENT, outcomes: { 'endpointslices.discovery.k8s.io': outcome } }).subjects;
      assert.equal(subject?.verdict, 'unknown');
    }
  });

  it('logs denied', () => {
    const incident = judge(probe, { ...shop(), outcomes: { 'pods/log': 'forbidden' } });
    assert.equal(incident.verdict, 'unknown');
    assert.ok(incident.notChecked.some(({ what, reason }) => what === 'pods/log' && reason === 'forbidden'));
    assert.equal(judge(probe, { ...NO_GRPC, outcomes: { 'pods/log': 'not-asked' } }).verdict, 'absent');
  });

  it('the rule that needs code is named, whatever the verdict', () => {
    for (const [, , parts] of CASES)
      assert.ok(judge(probe, parts).notChecked.some(({ what, reason }) => what === 'grpc/target-http-url' && reason === 'needs-code'));
  });
});

describe(`${probe.id}: evidence and actions`, () => {
  it('live: the line, then what the variable says, then the pod', () => {
    const incident = judge(probe, {
      ...shop({ clients: [{ containers: [crashing] }], dials: "name: orders, port: 9090, prefix: 'http://'" }),
      logs: [log('invalid-target', 3)],
      events: [event({ kind: 'Pod', namespace: 'shop', name: 'checkout-1-0' }, 'Unhealthy')],
    });
    const [subject] = incident.subjects;
    assert.deepEqual(
      subject?.evidence.map(({ explains }) => explains.messageId),
      ['invalid-target', 'http-url', 'not-running', 'probe-failed', 'dials'],
    );
    assert.equal(subject?.evidence[0]?.value, 'what it said');
    assert.equal(subject?.evidence[0]?.time, minutesAgo(1));
  });

  it('corrects the target only where its form is wrong, and the old revision takes it back', () => {
    const parts = shop({ dials: "name: orders, port: 9090, prefix: 'http://'" });
    const change = judge(probe, { ...parts, logs: [log('invalid-target')] }).subjects[0]?.actions.find(({ risk }) => risk === 'change');
    assert.equal(change?.command, 'kubectl -n shop set env deployment/checkout -c app ORDERS_ADDR=dns:///orders.shop:9090');
    assert.equal(change?.undo, 'kubectl -n shop rollout undo deployment/checkout');
    for (const logs of [SILENT, [log('refused', 9)]])
      assert.ok(judge(probe, { ...parts, logs }).subjects[0]?.actions.every(({ risk }) => risk === 'read'));
  });

  const sets = [
    {
      namespace: 'shop',
      name: 'checkout-1',
      owner: { kind: 'Deployment', namespace: 'shop', name: 'checkout' },
      createdAt: minutesAgo(9000),
      revision: 6,
      replicas: 0,
    },
    {
      namespace: 'shop',
      name: 'checkout-2',
      owner: { kind: 'Deployment', namespace: 'shop', name: 'checkout' },
      createdAt: minutesAgo(30),
      revision: 7,
      replicas: 2,
    },
  ];

  it('does not go back where there is nothing to go back to', () => {
    const parts = { ...shop(), logs: [log('invalid-target')], replicaSets: sets.slice(1) };
    assert.ok(judge(probe, parts).subjects[0]?.actions.every(({ risk }) => risk === 'read'));
  });

  it('an address that is no pod is somebody behind the Service', () => {
    const parts = shop({ servers: [] });
    const endpoints = [{ namespace: 'shop', service: 'orders', ip: '192.0.2.7', ready: true }];
    assert.equal(judge(probe, { ...parts, endpoints, logs: SILENT }).verdict, 'clear');
  });

  it('goes back after a rollout of the last day, and forward again', () => {
    const change = judge(probe, { ...shop(), logs: [log('invalid-target')], replicaSets: sets }).subjects[0]?.actions.find(
      ({ risk }) => risk === 'change',
    );
    assert.equal(change?.command, 'kubectl -n shop rollout undo deployment/checkout');
    assert.equal(change?.undo, 'kubectl -n shop rollout undo deployment/checkout --to-revision=7');
    const old = sets.map((one) => ({ ...one, createdAt: minutesAgo(9000) }));
    assert.ok(
      judge(probe, { ...shop(), logs: [log('invalid-target')], replicaSets: old }).subjects[0]?.actions.every(
        ({ risk }) => risk === 'read',
      ),
    );
  });

  it('a workload that doesn’t come up and says that its target is refused, without a visible address', () => {
    const worker = pod('worker-1', { owner: { kind: 'Deployment', namespace: 'shop', name: 'worker' }, containers: [crashing] });
    const parts = shop();
    const logs = [...SILENT, log('name-not-found', 5, 1, { pod: 'worker-1' })];
    const incident = judge(probe, { ...parts, pods: [...parts.pods, worker], logs });
    assert.deepEqual(incident.subjects[0]?.object, { kind: 'Deployment', namespace: 'shop', name: 'worker' });
    assert.equal(incident.verdict, 'live');
    assert.equal(judge(probe, { ...parts, pods: [...parts.pods, worker], logs: SILENT }).subjects.length, 1);
  });

  it('messages', () => {
    checkMessages(probe);
    for (const [label, , parts] of CASES) checkSaid(probe, judge(probe, parts), label);
  });
});

function asked(parts: SnapshotParts): readonly LogRequest[] {
  const settings = { rules: RULES, configuration: NO_CONFIGURATION, preview: false, probes: [probe] };
  return followUp(snapshotOf(parts, [probe]), settings).logs;
}

describe(`${probe.id}: which logs`, () => {
  it('one pod of each client: the one that is worst off', () => {
    const clients = [{}, { containers: [container({ ready: false })] }, { containers: [crashing] }];
    assert.deepEqual(
      asked(shop({ clients })).map(({ pod: name, container: of }) => `${name}/${of}`),
      ['checkout-1-2/app'],
    );
    assert.deepEqual(
      asked(shop({ clients: clients.slice(0, 2) })).map(({ pod: name }) => name),
      ['checkout-1-1'],
    );
  });

  it('the run before, where the present one has just begun', () => {
    const fresh = container({ restarts: 2, startedAt: minutesAgo(1) });
    assert.deepEqual(
      asked(shop({ clients: [{ containers: [fresh] }] })).map(({ previous }) => previous),
      [true],
    );
    assert.deepEqual(
      asked(shop()).map(({ previous }) => previous),
      [false],
    );
  });

  it('six at most, always the same ones whatever the order of the pods; the rest is said not to be read', () => {
    const parts = shop({ clients: [] });
    const names = Array.from({ length: 9 }, (_, at) => `client-${at}`);
    const client = /---\napiVersion: apps\/v1\nkind: Deployment\nmetadata: \{ name: checkout[\s\S]*$/.exec(parts.yaml ?? '')?.[0] ?? '';
    const yaml = `${parts.yaml?.replace(client, '') ?? ''}${names.map((name) => client.replaceAll('checkout', name)).join('')}`;
    const pods = names.map((name) => pod(`${name}-1`, { owner: { kind: 'Deployment', namespace: 'shop', name } }));
    const all = [...parts.pods, ...pods];
    const first = asked({ ...parts, yaml, pods: all }).map(({ pod: name }) => name);
    assert.deepEqual(
      first,
      names.slice(0, 6).map((name) => `${name}-1`),
    );
    assert.deepEqual(
      asked({ ...parts, yaml, pods: [...all].reverse() }).map(({ pod: name }) => name),
      first,
    );
    const incident = judge(probe, { ...parts, yaml, pods: all, logs: first.map((name) => log('', 0, 1, { pod: name })) });
    assert.equal(incident.verdict, 'unknown');
    assert.ok(incident.notChecked.some(({ what, reason }) => what === 'pods/log' && reason === 'limit'));
  });

  it('not what has completed, what is in a namespace without gRPC, what dials another port, what is on its way out', () => {
    const parts = shop();
    const done = container({ state: 'terminated', reason: 'Completed', ready: false });
    const job = pod('job-1', { owner: { kind: 'Job', namespace: 'shop', name: 'job' }, containers: [done] });
    const far = pod('far-1', { namespace: 'far', owner: { kind: 'Deployment', namespace: 'far', name: 'far' }, containers: [crashing] });
    assert.deepEqual(
      asked({ ...parts, pods: [...parts.pods, job, far] }).map(({ pod: name }) => name),
      ['checkout-1-0'],
    );
    assert.deepEqual(asked(shop({ portName: 'http2' })), []);
    const going = shop({ clients: [{ deleting: true, containers: [crashing] }, {}] });
    assert.deepEqual(
      asked(going).map(({ pod: name }) => name),
      ['checkout-1-1'],
    );
  });

  it('none without gRPC', () => assert.deepEqual(asked(NO_GRPC), []));
});

describe(`${probe.id}: signatures`, () => {
  const signatures = asked(shop())[0]?.signatures ?? [];
  const idsOf = (line: string): string[] =>
    signatures.filter(({ pattern }) => pattern.test(line)).map(({ id }) => id.slice('grpc/'.length));

  const lines: readonly (readonly [string, string])[] = [
    [
      'rpc error: code = Unavailable desc = invalid target address http://h:9090, error info: address http://h:9090: too many colons in address',
      'invalid-target',
    ],
    ['java.lang.IllegalArgumentException: Could not find a NameResolverProvider for http://h:9090', 'invalid-target'],
    ['details = "DNS resolution failed for http://h:9090: C-ares status is not ARES_SUCCESS: Misformatted domain name"', 'invalid-target'],
    ['Error: 14 UNAVAILABLE: Name resolution failed for target dns:http://h:9090', 'invalid-target'],
    ['rpc error: code = Unavailable desc = dns resolver: missing address', 'invalid-target'],
    ['rpc error: code = Unavailable desc = name resolver error: produced zero addresses', 'name-not-found'],
    ['Error: 14 UNAVAILABLE: Name resolution failed for target dns:orders.shop:9090', 'name-not-found'],
    ['io.grpc.StatusRuntimeException: UNAVAILABLE: Unable to resolve host orders.shop', 'name-not-found'],
    [
      'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 10.96.0.7:9090: connect: connection refused"',
      'refused',
    ],
    ['Error: 14 UNAVAILABLE: No connection established. Last error: connect ECONNREFUSED 10.96.0.7:9090', 'refused'],
    [
      'rpc error: code = Unavailable desc = connection error: desc = "transport: authentication handshake failed: tls: first record does not look like a TLS handshake"',
      'tls-mismatch',
    ],
    ['E0000 ssl_transport_security.cc:1884] Handshake failed with error SSL_ERROR_SSL: WRONG_VERSION_NUMBER', 'tls-mismatch'],
    ['rpc error: code = Unavailable desc = connection error: desc = "error reading server preface: http2: frame too large"', 'not-http2'],
  ];
  for (const [line, id] of lines) it(`${id}: ${line.slice(0, 60)}`, () => assert.ok(idsOf(line).includes(id), idsOf(line).join()));

  const others = [
    'redis: dial tcp 10.0.0.1:6379: connect: connection refused',
    'Get "http://x:80:80": dial tcp: address x:80:80: too many colons in address',
    'http: TLS handshake error from 10.0.0.1:4711: tls: first record does not look like a TLS handshake',
    'dial tcp: missing address',
    'rpc error: code = NotFound desc = no such order',
    'rpc error: code = Unavailable desc = closing transport due to: connection error: desc = "error reading from server: EOF"',
  ];
  for (const line of others) it(`not: ${line.slice(0, 60)}`, () => assert.deepEqual(idsOf(line), []));

  it('a hostile line is cheap', () => {
    const line = 'UNAVAILABLE transport: rpc error grpc '.repeat(8000);
    const before = performance.now();
    idsOf(line);
    assert.ok(performance.now() - before < 30_000);
  });
});
