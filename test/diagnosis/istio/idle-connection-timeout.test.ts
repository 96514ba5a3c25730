import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { followUp } from '../../../src/diagnosis/diagnose.ts';
import { NO_CONFIGURATION } from '../../../src/linters/engine.ts';
import { idleConnectionTimeout as probe } from '../../../src/linters/istio/probes/idle-connection-timeout.ts';
import type { Verdict } from '../../../src/linters/probe.ts';
import { RULES } from '../../../src/linters/registry.ts';
import type { LogMatch, LogState } from '../../../src/snapshot/snapshot.ts';
import { matchLog } from '../../../src/snapshot/match-log.ts';
import { checkMessages, checkSaid } from '../grpc/said.ts';
import { container, judge, minutesAgo, pod, snapshotOf, type SnapshotParts } from '../snapshot-of.ts';
import { closed, DIALS, log, mesh, MYSQL, orders, ordersPod, type OrdersPod, rule, said, type Shop } from './mesh-cluster.ts';

const HOUR = 3_600_000;
const QUIET_HOUR = [HOUR + 12, HOUR + 900, HOUR + 40_000];

function shop(over: Shop & { readonly pod?: OrdersPod } = {}, parts: SnapshotParts = {}): SnapshotParts {
  const { pod: own, ...manifest } = over;
  return { pods: [ordersPod(own)], ...parts, yaml: orders(manifest) + (parts.yaml ?? '') };
}

const dials = (over: Parameters<typeof shop>[0] = {}, parts: SnapshotParts = {}): SnapshotParts =>
  shop({ env: DIALS, ...over }, { ...parts, yaml: MYSQL + (parts.yaml ?? '') });

const IDLE_24H = '{ connectionPool: { tcp: { idleTimeout: 24h, tcpKeepalive: { time: 60s } } } }';
const ENTRY = `
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: db, namespace: shop }
spec: { hosts: [db.example.com], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 3307, name: tcp-db, protocol: TCP }] }
`;
const HIDDEN = '{ name: DB_HOST, valueFrom: { dropped: {} } }';
const OTHER = '{ name: GREETING, valueFrom: { dropped: {} } }';

function filter(match: string, typed: string, context = 'SIDECAR_OUTBOUND'): string {
  return `
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: idle, namespace: shop }
spec:
  configPatches:
    - applyTo: NETWORK_FILTER
      match: { context: ${context}, listener: { ${match} } }
      patch: { operation: MERGE, value: { name: envoy.filters.network.tcp_proxy, typed_config: { ${typed} } } }
`;
}
const BY_NAME = 'filterChain: { filter: { name: envoy.filters.network.tcp_proxy } }';
const TYPED = "'@type': type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, idle_timeout: 24h";

const proxyLog = (...matches: readonly LogMatch[]): LogState => log('istio-proxy', ...matches);
const atHour = proxyLog(closed('istio/closed-outbound', 3306, QUIET_HOUR));
const driver = log('app', said('istio/driver-found-dead-connection', 4));

const INJECTED = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: { istio-injection: enabled } }\n';

const TABLE: readonly (readonly [string, Verdict, SnapshotParts])[] = [
  ['connections to a known host end at the default limit', 'live', dials({}, { logs: [atHour] })],
  ['to an unknown address', 'live', shop({ env: HIDDEN }, { logs: [proxyLog(closed('istio/closed-passthrough', 3307, QUIET_HOUR))] })],
  ['in JSON', 'live', shop({ env: HIDDEN }, { logs: [proxyLog(closed('istio/closed-passthrough-json', 3307, QUIET_HOUR))] })],
  ['into the pod', 'live', shop({}, { logs: [proxyLog(closed('istio/closed-inbound', 6379, QUIET_HOUR))] })],
  ['exactly two', 'live', dials({}, { logs: [proxyLog(closed('istio/closed-outbound', 3306, [HOUR, HOUR * 1.02]))] })],
  ['one alone is chance', 'latent', dials({}, { logs: [proxyLog(closed('istio/closed-outbound', 3306, [HOUR + 12]))] })],
  [
    'shorter than any idle limit',
    'latent',
    dials({}, { logs: [proxyLog(closed('istio/closed-outbound', 3306, [HOUR * 0.99, HOUR * 0.985]))] }),
  ],
  ['much longer', 'latent', dials({}, { logs: [proxyLog(closed('istio/closed-outbound', 3306, [HOUR * 1.03, HOUR * 1.5]))] })],
  ['the day before yesterday', 'latent', dials({}, { logs: [proxyLog(closed('istio/closed-outbound', 3306, QUIET_HOUR, 25 * 60))] })],
  [
    'at the limit of the live pod’s own setting',
    'live',
    dials(
      { pod: { env: { ISTIO_META_IDLE_TIMEOUT: '10m' } } },
      { logs: [proxyLog(closed('istio/closed-outbound', 3306, [600_100, 600_300]))] },
    ),
  ],
  [
    'an hour, where the limit is a day now',
    'mitigated',
    dials({}, { yaml: rule('mysql.data.svc.cluster.local', IDLE_24H), logs: [atHour] }),
  ],
  ['the driver says so, and nothing prevents it', 'live', dials({}, { logs: [driver] })],
  ['the driver says so once', 'latent', dials({}, { logs: [log('app', said('istio/driver-found-dead-connection', 1))] })],
  ['a broken pipe may be anybody’s', 'latent', dials({}, { logs: [log('app', said('istio/connection-lost', 9))] })],
  ['the driver says so, and nobody knows of what', 'unknown', shop({ env: HIDDEN }, { logs: [driver] })],
  [
    'the driver says so, and the limit is raised',
    'mitigated',
    dials({ pod: { env: { ISTIO_META_IDLE_TIMEOUT: '24h' } } }, { logs: [driver] }),
  ],
  ['resets at 350 s', 'live', shop({ env: HIDDEN }, { logs: [proxyLog(closed('istio/reset', 3307, [350_100, 351_000]))] })],
  ['resets at 600 s', 'live', shop({ env: HIDDEN }, { logs: [proxyLog(closed('istio/reset-json', 3307, [599_000, 601_000]))] })],
  ['resets at 450 s', 'unknown', shop({ env: HIDDEN }, { logs: [proxyLog(closed('istio/reset', 3307, [450_000, 451_000]))] })],
  [
    'resets at 350 s, and keepalive begins sooner now',
    'unknown',
    shop({ env: HIDDEN }, { yaml: mesh('tcpKeepalive: { time: 60s }'), logs: [proxyLog(closed('istio/reset', 3307, [350_100, 351_000]))] }),
  ],
  [
    'resets at 350 s, and keepalive begins too late',
    'live',
    shop(
      { env: HIDDEN },
      { yaml: mesh('tcpKeepalive: { time: 400s }'), logs: [proxyLog(closed('istio/reset', 3307, [350_100, 351_000]))] },
    ),
  ],
  [
    'resets at 350 s to an entry with keepalive',
    'mitigated',
    shop({}, { yaml: ENTRY + rule('db.example.com', IDLE_24H), logs: [proxyLog(closed('istio/reset', 3307, [350_100, 351_000]))] }),
  ],
  ['a TCP Service is dialled, default limit', 'latent', dials()],
  ['native sidecar', 'latent', dials({ pod: { native: true } })],
  ['an external TCP entry', 'latent', shop({}, { yaml: ENTRY })],
  ['an external HTTPS entry', 'clear', shop({}, { yaml: ENTRY.replace('protocol: TCP', 'protocol: HTTPS') })],
  [
    'a TCP Service leads into the pod',
    'latent',
    shop({}, { yaml: MYSQL.replace('namespace: data', 'namespace: shop').replace('app: mysql', 'app: orders') }),
  ],
  ['the setting can’t be parsed', 'latent', dials({ pod: { env: { ISTIO_META_IDLE_TIMEOUT: '86400' } } })],
  ['the setting makes it shorter', 'latent', dials({ pod: { env: { ISTIO_META_IDLE_TIMEOUT: '10m' } } })],
  [
    'the annotation can’t be parsed',
    'latent',
    shop({ podAnnotations: `proxy.istio.io/config: '{"proxyMetadata":{"ISTIO_META_IDLE_TIMEOUT":"1d"}}'` }),
  ],
  [
    'the rule below a port',
    'latent',
    dials(
      {},
      {
        yaml: rule(
          'mysql.data.svc.cluster.local',
          `{ portLevelSettings: [{ port: { number: 3306 }, connectionPool: { tcp: { idleTimeout: 24h } } }] }`,
        ),
      },
    ),
  ],
  [
    'a rule of a namespace that this one doesn’t look at',
    'latent',
    dials({}, { yaml: rule('mysql.data.svc.cluster.local', IDLE_24H).replace('namespace: shop', 'namespace: other') }),
  ],
  [
    'a rule that is exported elsewhere',
    'latent',
    dials({}, { yaml: rule('mysql.data.svc.cluster.local', IDLE_24H, ', exportTo: [other]') }),
  ],
  ['a rule before 1.21', 'latent', dials({ pod: { version: '1.20.8' } }, { yaml: rule('mysql.data.svc.cluster.local', IDLE_24H) })],
  ['a rule, version not known', 'unknown', dials({ pod: { version: 'latest' } }, { yaml: rule('mysql.data.svc.cluster.local', IDLE_24H) })],
  [
    'off without keepalive',
    'latent',
    dials({}, { yaml: mesh('{}') + rule('mysql.data.svc.cluster.local', '{ connectionPool: { tcp: { idleTimeout: 0s } } }') }),
  ],
  ['a filter for a port that nobody listens on', 'unknown', shop({ env: HIDDEN }, { yaml: filter(`portNumber: 3307, ${BY_NAME}`, TYPED) })],
  [
    'a filter with another type breaks the others',
    'unknown',
    dials({}, { yaml: filter(BY_NAME, "'@type': type.googleapis.com/envoy.config.core.v3.X, idle_timeout: 24h") }),
  ],
  ['a filter without a name breaks the others', 'unknown', dials({}, { yaml: filter('portNumber: 3306', TYPED) })],
  ['a filter for what comes in', 'latent', dials({}, { yaml: filter(BY_NAME, TYPED, 'SIDECAR_INBOUND') })],
  ['the rule raises it', 'mitigated', dials({}, { yaml: rule('mysql.data.svc.cluster.local', IDLE_24H) })],
  ['the live pod’s setting raises it', 'mitigated', dials({ pod: { env: { ISTIO_META_IDLE_TIMEOUT: '24h' } } })],
  ['the live pod’s setting turns it off', 'mitigated', dials({ pod: { env: { ISTIO_META_IDLE_TIMEOUT: '0s' } } })],
  ['a filter raises it', 'mitigated', dials({}, { yaml: filter(BY_NAME, TYPED) })],
  ['a filter raises it for this port', 'mitigated', dials({}, { yaml: filter(`portNumber: 3306, ${BY_NAME}`, TYPED) })],
  [
    'the port bypasses the sidecar',
    'mitigated',
    dials({ pod: { annotations: { 'traffic.sidecar.istio.io/excludeOutboundPorts': '6379, 3306' } } }),
  ],
  ['another port bypasses it', 'latent', dials({ pod: { annotations: { 'traffic.sidecar.istio.io/excludeOutboundPorts': '6379' } } })],
  [
    'some addresses are taken out',
    'unknown',
    dials({ pod: { annotations: { 'traffic.sidecar.istio.io/excludeOutboundIPRanges': '10.0.0.0/8' } } }),
  ],
  ['nothing is captured', 'mitigated', dials({ pod: { annotations: { 'traffic.sidecar.istio.io/includeOutboundIPRanges': '' } } })],
  [
    'an old pod is left of a rollout',
    'latent',
    dials(
      {},
      { pods: [ordersPod({ name: 'orders-2-b', createdAt: minutesAgo(5), env: { ISTIO_META_IDLE_TIMEOUT: '24h' } }), ordersPod()] },
    ),
  ],
  ['a database that is no Service here', 'unknown', shop({ env: HIDDEN })],
  ['values that nobody reads', 'unknown', shop({ env: OTHER })],
  ['a Secret as environment', 'unknown', shop({ spec: 'volumes: [{ name: s, secret: { secretName: db } }]' })],
  ['pods alone', 'unknown', { pods: [ordersPod()] }],
  ['unknown addresses are refused', 'clear', shop({ env: HIDDEN }, { yaml: mesh('outboundTrafficPolicy: { mode: REGISTRY_ONLY }') })],
  ['nothing that keeps connections', 'clear', shop()],
  ['dials HTTP', 'clear', shop({ env: DIALS }, { yaml: MYSQL.replace('name: mysql, port: 3306', 'name: http, port: 3306') })],
  ['a Job ends by itself', 'clear', { pods: [ordersPod({ owner: { kind: 'Job', namespace: 'shop', name: 'orders' } })] }],
  ['asks for a sidecar and has no pod', 'unknown', { yaml: `${orders()}\n---\n${INJECTED}`, pods: [] }],
  [
    'asks for a sidecar and wants no pod',
    'clear',
    { yaml: `${orders().replace('spec:', 'spec:\n  replicas: 0')}\n---\n${INJECTED}`, pods: [] },
  ],
  [
    'a gateway is no sidecar',
    'clear',
    { pods: [ordersPod({ containers: [container({ name: 'istio-proxy', image: 'istio/proxyv2:1.24.2' })] })] },
  ],
  [
    'ambient: ztunnel has no idle limit',
    'clear',
    { yaml: orders(), pods: [ordersPod({ annotations: { 'ambient.istio.io/redirection': 'enabled' }, containers: [container()] })] },
  ],
  [
    'no Istio',
    'absent',
    {
      pods: [pod('shop-1')],
      outcomes: {
        'destinationrules.networking.istio.io': 'absent',
        'serviceentries.networking.istio.io': 'absent',
        'envoyfilters.networking.istio.io': 'absent',
      },
    },
  ],
];

describe('istio/idle-connection-timeout', () => {
  for (const [name, verdict, parts] of TABLE) {
    it(`${verdict}: ${name}`, () => {
      const incident = judge(probe, parts);
      assert.equal(incident.verdict, verdict);
      checkSaid(probe, incident, name);
    });
  }

  it('both languages say the same', () => checkMessages(probe));

  const safe: readonly (readonly [string, SnapshotParts])[] = [
    ['raised', dials({ pod: { env: { ISTIO_META_IDLE_TIMEOUT: '24h' } } })],
    ['nothing that keeps connections', shop()],
    ['no Istio', { pods: [pod('shop-1')] }],
  ];
  for (const need of probe.needs.filter(({ optional }) => !optional)) {
    const resource = need.group === '' ? need.resource : `${need.resource}.${need.group}`;
    for (const [name, parts] of safe) {
      it(`unknown without ${resource}: ${name}`, () => {
        assert.equal(judge(probe, { ...parts, outcomes: { [resource]: 'forbidden' } }).verdict, 'unknown');
      });
    }
  }

  it('a waypoint has the limit for the Services that use it', () => {
    const waypoint = ordersPod({
      name: 'waypoint-1',
      namespace: 'data',
      owner: { kind: 'Deployment', namespace: 'data', name: 'waypoint' },
      labels: { 'gateway.istio.io/managed': 'istio.io-mesh-controller', 'gateway.networking.k8s.io/gateway-name': 'waypoint' },
      containers: [container({ name: 'istio-proxy', image: 'istio/proxyv2:1.24.2' })],
    });
    const used = MYSQL.replace('namespace: data }', 'namespace: data, labels: { istio.io/use-waypoint: waypoint } }');
    assert.equal(judge(probe, { pods: [waypoint], yaml: used.replace('---', '') }).verdict, 'latent');
    assert.equal(judge(probe, { pods: [waypoint], yaml: MYSQL.replace('---', '') }).verdict, 'clear');
  });

  it('the evidence says where it stands, the strongest first', () => {
    const [subject] = judge(probe, dials({}, { logs: [atHour, driver] })).subjects;
    assert.deepEqual(
      subject?.evidence.map(({ source, object, pointer, value, explains }) => [source, object.kind, pointer, value, explains.messageId]),
      [
        ['log', 'Pod', '', ':3306, 3600–3640 s × 3', 'closed-at-limit'],
        ['log', 'Pod', '', 'a line (× 4)', 'driver-line'],
        ['config', 'Deployment', '/spec/template/spec/containers/0/env/0/valueFrom', 'DB_HOST → mysql.data:3306', 'dials'],
        ['config', 'Deployment', '/spec/template/spec/containers/0/env/0/valueFrom', 'DB_HOST → mysql.data:3306, 60m', 'limit-default'],
      ],
    );
  });

  it('the actions name this cluster’s objects, and each change can be taken back', () => {
    const excluded = 'traffic.sidecar.istio.io/excludeOutboundPorts: "6379"';
    const parts = shop(
      { podAnnotations: excluded },
      { yaml: ENTRY + rule('db.example.com', '{ connectionPool: { tcp: { maxConnections: 10 } } }') },
    );
    const [subject] = judge(probe, parts).subjects;
    const changes = subject?.actions.filter(({ risk }) => risk === 'change') ?? [];
    const annotation = (key: string, text: string): string =>
      `kubectl -n shop patch deployment orders -p '{"spec":{"template":{"metadata":{"annotations":{"${key}":${text}}}}}}'`;
    const idle = (text: string): string =>
      `kubectl -n shop patch destinationrule db --type=merge -p '{"spec":{"trafficPolicy":{"connectionPool":{"tcp":{"idleTimeout":${text}}}}}}'`;
    assert.deepEqual(
      changes.map(({ command, undo }) => [command, undo]),
      [
        [
          annotation('traffic.sidecar.istio.io/excludeOutboundPorts', '"6379,3307"'),
          annotation('traffic.sidecar.istio.io/excludeOutboundPorts', '"6379"'),
        ],
        [idle('"24h"'), idle('null')],
        [
          annotation('proxy.istio.io/config', '"{\\"proxyMetadata\\":{\\"ISTIO_META_IDLE_TIMEOUT\\":\\"24h\\"}}"'),
          annotation('proxy.istio.io/config', 'null'),
        ],
      ],
    );
  });

  it('a port of the mesh’s own does not bypass the sidecar, and another proxy configuration is merged by a person', () => {
    const parts = dials({ podAnnotations: `proxy.istio.io/config: '{"concurrency":2}'` });
    const [subject] = judge(probe, parts).subjects;
    assert.deepEqual(
      subject?.actions.map(({ title }) => title.messageId),
      ['look-lifetimes'],
    );
  });

  it('thresholds are options', () => {
    const longer = dials({}, { logs: [proxyLog(closed('istio/closed-outbound', 3306, [HOUR * 1.04, HOUR * 1.03]))] });
    assert.equal(judge(probe, longer, { tolerancePercent: 5 }).verdict, 'live');
    assert.equal(judge(probe, dials({}, { logs: [atHour] }), { window: '10m' }).verdict, 'latent');
    const late = shop({ env: HIDDEN }, { logs: [proxyLog(closed('istio/reset', 3307, [450_000, 451_000]))] });
    assert.equal(judge(probe, late, { forgottenAfter: '450s' }).verdict, 'live');
  });

  const settings = { rules: RULES, configuration: NO_CONFIGURATION, preview: false, probes: [probe] };
  const ask = (parts: SnapshotParts) => followUp(snapshotOf(parts, [probe]), settings).logs;

  it('reads the proxy’s and the application’s log of the oldest pod, of six workloads at most', () => {
    const young = ordersPod({ name: 'orders-1-b', createdAt: minutesAgo(3) });
    assert.deepEqual(
      ask(dials({}, { pods: [young, ordersPod()] })).map(({ pod: name, container: own }) => [name, own]),
      [
        ['orders-1-a', 'istio-proxy'],
        ['orders-1-a', 'app'],
      ],
    );
    assert.deepEqual(ask(shop()), []);
    const many = Array.from({ length: 9 }, (_, at) =>
      ordersPod({ name: `w${at}-1`, owner: { kind: 'Deployment', namespace: 'shop', name: `w${at}` } }),
    );
    const parts = { pods: [...many, ordersPod()], yaml: orders({ env: DIALS }) + MYSQL };
    assert.equal(ask(parts).length, 12);
    assert.equal(ask(parts)[0]?.pod, 'orders-1-a');
    assert.ok(judge(probe, parts).notChecked.some(({ what, reason }) => what === 'pods/log' && reason === 'limit'));
  });

  describe('knows Envoy’s lines', () => {
    const signatures = ask(dials()).flatMap((request) => request.signatures);
    const TEXT =
      '[2026-11-21T10:00:00.000Z] "- - -" 0 - - - "-" 1234 5678 3600012 - "-" "-" "-" "-" "10.1.2.3:3307" PassthroughCluster 10.0.0.5:45678 10.1.2.3:3307 10.0.0.5:45676 - -';
    const JSON_LINE = JSON.stringify({
      upstream_cluster: 'outbound|3306||mysql.data.svc.cluster.local',
      response_flags: 'DC',
      method: null,
      protocol: null,
      response_code: 0,
      duration: 3600500,
      upstream_host: '10.0.1.7:3306',
    });
    const table: readonly (readonly [string, string, readonly string[], number?, number?])[] = [
      ['unknown address', TEXT, ['istio/closed-passthrough'], 3600012, 3307],
      [
        'known host',
        TEXT.replace('PassthroughCluster', 'outbound|3306||mysql.data.svc.cluster.local'),
        ['istio/closed-outbound'],
        3600012,
        3306,
      ],
      ['into the pod', TEXT.replace('PassthroughCluster', 'inbound|6379||'), ['istio/closed-inbound'], 3600012, 6379],
      ['before 1.9', TEXT.replace('0 - - - "-" ', '0 - "-" "-" '), ['istio/closed-passthrough'], 3600012, 3307],
      ['JSON', JSON_LINE, ['istio/closed-outbound-json'], 3600500, 3306],
      ['JSON, passthrough', JSON_LINE.replace(/outbound[^"]*/, 'PassthroughCluster'), ['istio/closed-passthrough-json'], 3600500, 3306],
      ['reset', TEXT.replace('0 - - -', '0 UF,URX - -').replace('3600012', '350120'), ['istio/reset'], 350120, 3307],
      ['JSON, reset', JSON_LINE.replace('"DC"', '"UC"'), ['istio/reset-json'], 3600500, 3306],
      ['lived shorter than a minute', TEXT.replace('3600012', '59999'), []],
      ['a request', TEXT.replace('"- - -" 0', '"GET /orders HTTP/1.1" 200'), []],
      ['a request whose client left', JSON_LINE.replace('"method":null', '"method":"GET"'), []],
    ];
    for (const [name, text, ids, durationMs, port] of table) {
      it(name, () => {
        const { matches } = matchLog(text, signatures);
        assert.deepEqual(
          matches.map(({ signature }) => signature),
          ids,
        );
        if (durationMs !== undefined) assert.deepEqual(matches[0]?.numbers, { durationMs: [durationMs], port: [port] });
      });
    }
  });

  it('knows what drivers say', () => {
    const signatures = ask(dials()).find(({ container: own }) => own === 'app')?.signatures ?? [];
    const lines: readonly (readonly [string, string])[] = [
      ['[mysql] 2026/11/21 03:00:01 packets.go:122: closing bad idle connection: unexpected EOF', 'istio/driver-found-dead-connection'],
      ['query failed: invalid connection', 'istio/driver-found-dead-connection'],
      ['db: driver: bad connection', 'istio/driver-found-dead-connection'],
      ['HikariPool-1 - Connection marked as broken because of SQLSTATE(08S01), ErrorCode(0)', 'istio/driver-found-dead-connection'],
      ['com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure', 'istio/driver-found-dead-connection'],
      ['MongoSocketReadException: Prematurely reached end of stream', 'istio/driver-found-dead-connection'],
      ['write tcp 10.0.0.5:8080->10.0.0.9:5123: write: broken pipe', 'istio/connection-lost'],
    ];
    for (const [text, id] of lines) assert.equal(matchLog(text, signatures).matches[0]?.signature, id, text);
    assert.deepEqual(matchLog('order 4711 placed', signatures).matches, []);
  });
});
