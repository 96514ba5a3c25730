import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { followUp } from '../../../src/diagnosis/diagnose.ts';
import { NO_CONFIGURATION } from '../../../src/linters/engine.ts';
import { wrongPortProtocol as probe } from '../../../src/linters/istio/probes/wrong-port-protocol.ts';
import type { Verdict } from '../../../src/linters/probe.ts';
import { RULES } from '../../../src/linters/registry.ts';
import { matchLog } from '../../../src/snapshot/match-log.ts';
import type { PodState } from '../../../src/snapshot/snapshot.ts';
import { checkMessages, checkSaid } from '../grpc/said.ts';
import { container, endpoint, judge, minutesAgo, pod, snapshotOf, type SnapshotParts } from '../snapshot-of.ts';
import { closed, log, mesh, orders, ordersPod, type OrdersPod, said } from './mesh-cluster.ts';

const DIALS = '{ name: DB_HOST, valueFrom: { serviceAddress: { namespace: data, name: mysql-shard, port: 3307 } } }';
const OTHER = '{ name: GREETING, valueFrom: { dropped: {} } }';

interface Shard {
  /** Of the Service's port. */
  readonly port?: string;
  readonly image?: string;
  readonly env?: string;
  readonly client?: OrdersPod;
}

const mysqlPod = (over: Partial<PodState> = {}): PodState =>
  pod('mysql-0', {
    namespace: 'data',
    owner: { kind: 'StatefulSet', namespace: 'data', name: 'mysql' },
    labels: { app: 'mysql' },
    containers: [container({ name: 'mysql', image: 'mysql:8.0.36' })],
    ...over,
  });

/** `mysql-shard.data:3307` before a MySQL that listens on 3306, and a client with a sidecar. */
function shard(
  { port = 'name: db, port: 3307, targetPort: 3306', image = 'mysql:8.0.36', env = DIALS, client }: Shard = {},
  parts: SnapshotParts = {},
): SnapshotParts {
  const documents = `
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: mysql, namespace: data }
spec:
  serviceName: mysql
  selector: { matchLabels: { app: mysql } }
  template:
    metadata: { labels: { app: mysql } }
    spec: { containers: [{ name: mysql, image: '${image}', ports: [{ containerPort: 3306 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: mysql-shard, namespace: data }
spec: { selector: { app: mysql }, ports: [{ ${port} }] }
`;
  return { pods: [ordersPod(client), mysqlPod()], ...parts, yaml: orders({ env }) + documents + (parts.yaml ?? '') };
}

const SECOND = `
---
apiVersion: v1
kind: Service
metadata: { name: mail, namespace: data }
spec: { selector: { app: mail }, ports: [{ name: mail, port: 587 }] }
`;
const ENTRY = `
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: db, namespace: shop }
spec: { hosts: [db.example.com], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 3306, name: tcp-db }] }
`;
const DECLARED = 'name: db, port: 3307, targetPort: 3306, appProtocol: tcp';
const silent = (durations: readonly number[], port = 3307, minutes = 5) =>
  log('istio-proxy', closed('istio/silent-connection', port, durations, minutes));
const noGreeting = log('app', said('istio/no-greeting', 3, 5));

const TABLE: readonly (readonly [string, Verdict, SnapshotParts])[] = [
  ['silent connections of ten seconds', 'live', shard({}, { logs: [silent([10_001, 10_003])] })],
  ['in JSON', 'live', shard({}, { logs: [log('istio-proxy', closed('istio/silent-connection-json', 3307, [10_001, 10_003], 5))] })],
  ['the same among others', 'live', shard({}, { logs: [silent([1_200, 10_001, 4_000, 10_003])] })],
  ['one alone', 'latent', shard({}, { logs: [silent([10_001])] })],
  ['of different lengths', 'latent', shard({}, { logs: [silent([10_001, 15_000, 20_000])] })],
  ['to another port', 'latent', shard({}, { logs: [silent([10_001, 10_003], 8443)] })],
  ['this morning', 'latent', shard({}, { logs: [silent([10_001, 10_003], 3307, 90)] })],
  ['the greeting never came', 'live', shard({}, { logs: [noGreeting] })],
  ['once', 'latent', shard({}, { logs: [log('app', said('istio/no-greeting', 1, 5))] })],
  ['at a client whose settings don’t name it, and it is the only one', 'live', shard({ env: OTHER }, { logs: [noGreeting] })],
  ['at a client whose settings don’t name it, and there are two', 'latent', shard({ env: OTHER }, { yaml: SECOND, logs: [noGreeting] })],
  [
    'called HTTP, and Envoy’s parser says so',
    'live',
    shard({ port: 'name: http, port: 3307, targetPort: 3306' }, { logs: [log('istio-proxy', closed('istio/not-http', 3307, [0, 0], 5))] }),
  ],
  ['called HTTP', 'latent', shard({ port: 'name: http-db, port: 3307, targetPort: 3306' })],
  ['no name', 'latent', shard({ port: 'port: 3307, targetPort: 3306' })],
  ['a name that says nothing', 'latent', shard()],
  ['nobody’s settings name it', 'latent', shard({ env: OTHER })],
  ['an entry without a protocol', 'latent', shard({ port: DECLARED }, { yaml: ENTRY })],
  ['sniffing ends after a second', 'mitigated', shard({}, { yaml: mesh('protocolDetectionTimeout: 1s') })],
  ['appProtocol', 'mitigated', shard({ port: DECLARED })],
  ['appProtocol, and lines of before', 'mitigated', shard({ port: DECLARED }, { logs: [silent([10_001, 10_003]), noGreeting] })],
  ['a name', 'mitigated', shard({ port: 'name: tcp-db, port: 3307, targetPort: 3306' })],
  [
    'an entry with its protocol',
    'mitigated',
    shard({ port: DECLARED }, { yaml: ENTRY.replace('name: tcp-db', 'name: tcp-db, protocol: TCP') }),
  ],
  ['a number that Istio knows', 'clear', shard({ port: 'name: db, port: 3306' })],
  [
    'the client bypasses its sidecar',
    'clear',
    shard({ client: { annotations: { 'traffic.sidecar.istio.io/excludeOutboundPorts': '3307' } } }),
  ],
  ['no client has a sidecar', 'clear', shard({ client: { containers: [container()] } })],
  ['a server that nobody knows to speak first', 'clear', shard({ image: 'postgres:16', port: 'name: db, port: 5433' })],
  [
    'no Istio',
    'absent',
    { ...shard({ client: { containers: [container()] } }), outcomes: { 'serviceentries.networking.istio.io': 'absent' } },
  ],
];

describe('istio/wrong-port-protocol', () => {
  for (const [name, verdict, parts] of TABLE) {
    it(`${verdict}: ${name}`, () => {
      const incident = judge(probe, parts);
      assert.equal(incident.verdict, verdict);
      checkSaid(probe, incident, name);
    });
  }

  it('both languages say the same', () => checkMessages(probe));

  const safe: readonly (readonly [string, SnapshotParts])[] = [
    ['declared', shard({ port: DECLARED })],
    ['a number that Istio knows', shard({ port: 'name: db, port: 3306' })],
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

  it('the subject is the Service; its evidence is the line, the port, and who dials it', () => {
    const [subject] = judge(probe, shard({}, { logs: [silent([10_001, 10_003]), noGreeting] })).subjects;
    assert.deepEqual(subject?.object, { kind: 'Service', namespace: 'data', name: 'mysql-shard' });
    assert.deepEqual(
      subject?.evidence.map(({ source, object, pointer, value, explains }) => [source, object.name, pointer, value, explains.messageId]),
      [
        ['log', 'orders-1-a', '', '0 B, 10.0 s × 2', 'silent'],
        ['log', 'orders-1-a', '', 'a line (× 3)', 'no-greeting'],
        ['config', 'mysql-shard', '/spec/ports/0/port', 'mysql-shard.data:3307', 'sniffed'],
        ['config', 'orders', '', 'shop/orders', 'client'],
      ],
    );
    assert.deepEqual(
      subject?.findings.map(({ rule, messageId }) => [rule, messageId]),
      [['istio/server-first-port-sniffed', 'sniffed']],
    );
  });

  const change = (parts: SnapshotParts) =>
    judge(probe, parts)
      .subjects.filter(({ verdict }) => verdict === 'latent')
      .flatMap(({ actions }) => actions.filter(({ risk }) => risk === 'change').map(({ command, undo }) => [command, undo]));

  it('declares the port where it stands, and can take it back', () => {
    const patch = (operation: string): string => `kubectl -n data patch service mysql-shard --type=json -p '[${operation}]'`;
    const add = '{"op":"add","path":"/spec/ports/0/appProtocol","value":"tcp"}';
    assert.deepEqual(change(shard()), [[patch(add), patch('{"op":"remove","path":"/spec/ports/0/appProtocol"}')]]);
    assert.deepEqual(change(shard({ port: 'name: db, port: 3307, targetPort: 3306, appProtocol: http' })), [
      [patch(add), patch('{"op":"add","path":"/spec/ports/0/appProtocol","value":"http"}')],
    ]);
    const entry = (operation: string): string => `kubectl -n shop patch serviceentry db --type=json -p '[${operation}]'`;
    assert.deepEqual(change(shard({ port: DECLARED }, { yaml: ENTRY })), [
      [entry('{"op":"add","path":"/spec/ports/0/protocol","value":"TCP"}'), entry('{"op":"remove","path":"/spec/ports/0/protocol"}')],
    ]);
  });

  it('a server with a sidecar of its own: which mTLS it wants would tell the rest', () => {
    const server = mysqlPod({
      containers: [container({ name: 'mysql', image: 'mysql:8.0.36' }), container({ name: 'istio-proxy', image: 'istio/proxyv2:1.24.2' })],
    });
    const parts = shard({ port: DECLARED }, { pods: [ordersPod(), server], endpoints: [endpoint('mysql-shard', server)] });
    assert.deepEqual(judge(probe, parts).subjects[0]?.wouldProve, [{ messageId: 'prove-mtls' }]);
    assert.deepEqual(judge(probe, shard({ port: DECLARED })).subjects[0]?.wouldProve, []);
  });

  it('the window is an option', () => {
    assert.equal(judge(probe, shard({}, { logs: [silent([10_001, 10_003], 3307, 90)] }), { window: '2h' }).verdict, 'live');
  });

  const settings = { rules: RULES, configuration: NO_CONFIGURATION, preview: false, probes: [probe] };
  const ask = (parts: SnapshotParts) => followUp(snapshotOf(parts, [probe]), settings).logs;

  it('reads clients of broken ports only, those in trouble first, the run before of one that gave up', () => {
    const asked = (parts: SnapshotParts) => ask(parts).map(({ pod: name, container: own, previous }) => [name, own, previous]);
    const app = container({ name: 'app', state: 'waiting', reason: 'CrashLoopBackOff', ready: false, restarts: 4 });
    const { containers } = ordersPod();
    const waiting = { containers: [app, ...containers.slice(1)] };
    assert.deepEqual(asked(shard({ client: waiting })), [
      ['orders-1-a', 'istio-proxy', false],
      ['orders-1-a', 'app', true],
    ]);
    assert.deepEqual(asked(shard({ port: DECLARED })), []);
    const many = Array.from({ length: 8 }, (_, at) => {
      const { readySince, ...own } = ordersPod({ name: `w${at}-1`, owner: { kind: 'Deployment', namespace: 'shop', name: `w${at}` } });
      return at === 7 ? own : { ...own, readySince: readySince ?? minutesAgo(1) };
    });
    const parts = shard({ env: OTHER }, { pods: [ordersPod(), ...many] });
    assert.equal(ask(parts).length, 12);
    assert.equal(ask(parts)[0]?.pod, 'w7-1');
    assert.ok(judge(probe, parts).notChecked.some(({ what, reason }) => what === 'pods/log' && reason === 'limit'));
  });

  it('knows Envoy’s and the clients’ lines', () => {
    const signatures = ask(shard()).flatMap((request) => request.signatures);
    const TEXT = '[2026-11-21T10:00:00.000Z] "- - -" 0 - - - "-" 0 0 10003 - "-" "-" "-" "-" "-" - - 10.96.1.5:3307 10.0.0.5:45676 - -';
    const JSON_LINE =
      '{"bytes_sent":0,"method":null,"duration":10003,"downstream_local_address":"10.96.1.5:3307","response_flags":"-","bytes_received":0}';
    const REFUSED =
      '[2026-11-21T10:00:00.000Z] "- - HTTP/1.1" 400 DPE http1.codec_error - "-" 0 11 0 - "-" "-" "-" "-" "-" - - 10.96.1.5:3307 10.0.0.5:45676 - -';
    const table: readonly (readonly [string, string | undefined, number?])[] = [
      [TEXT, 'istio/silent-connection', 10_003],
      [JSON_LINE, 'istio/silent-connection-json', 10_003],
      [REFUSED, 'istio/not-http', 0],
      [
        JSON_LINE.replace('"response_flags":"-"', '"response_flags":"DPE"').replace('"method":null', '"method":"-x"'),
        'istio/not-http-json',
        10_003,
      ],
      [
        "ERROR 2013 (HY000): Lost connection to MySQL server at 'reading initial communication packet', system error: 0",
        'istio/no-greeting',
      ],
      ["Lost connection to server at 'waiting for initial communication packet'", 'istio/no-greeting'],
      ['redis.exceptions.InvalidResponse: Protocol error, got "H" as reply type byte', 'istio/http-answer'],
      [TEXT.replace(' 0 0 10003', ' 0 78 10003'), undefined],
      [TEXT.replace('10003', '12'), undefined],
      [REFUSED.replace('400 DPE', '400 -'), undefined],
    ];
    for (const [text, id, durationMs] of table) {
      const { matches } = matchLog(text, signatures);
      assert.equal(matches[0]?.signature, id, text);
      if (durationMs !== undefined) assert.deepEqual(matches[0]?.numbers, { durationMs: [durationMs], port: [3307] });
    }
  });
});
