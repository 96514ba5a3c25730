import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { followUp } from '../../../src/diagnosis/diagnose.ts';
import { NO_CONFIGURATION } from '../../../src/linters/engine.ts';
import { connectionsClosedByKeepalive as probe } from '../../../src/linters/grpc/probes/connections-closed-by-keepalive.ts';
import type { Verdict } from '../../../src/linters/probe.ts';
import { RULES } from '../../../src/linters/registry.ts';
import type { LogRequest, LogState } from '../../../src/snapshot/snapshot.ts';
import { container, judge, minutesAgo, snapshotOf, type SnapshotParts } from '../snapshot-of.ts';
import { checkMessages, checkSaid } from './said.ts';
import { shop } from './shop.ts';

function log(pod: string, minutes?: number, dated = true): LogState {
  const line = 'Client received GoAway with error code ENHANCE_YOUR_CALM and debug data equal to ASCII "too_many_pings".';
  const at = dated && minutes !== undefined ? { at: minutesAgo(minutes) } : {};
  const matches = minutes === undefined ? [] : [{ signature: 'grpc/too-many-pings', count: 4, line, ...at }];
  return { namespace: 'shop', pod, container: 'app', previous: false, lines: 300, matches };
}

const NO_GRPC: SnapshotParts = {
  yaml: `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { clusterIP: 10.96.0.9, selector: { app: web }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
`,
};

const CASES: readonly (readonly [string, Verdict, SnapshotParts])[] = [
  ['no Service says that it is gRPC', 'absent', NO_GRPC],
  ['what may be gRPC is not enough', 'absent', { ...shop({ portName: 'http2' }), logs: [log('checkout-1-0', 1)] }],
  ['a client was told so within the hour', 'live', { ...shop(), logs: [log('checkout-1-0', 59)] }],
  ['a server said so within the hour', 'live', { ...shop(), logs: [log('checkout-1-0'), log('orders-1-0', 5)] }],
  ['two hours ago', 'unknown', { ...shop(), logs: [log('checkout-1-0', 120)] }],
  ['at a time that is not known', 'unknown', { ...shop(), logs: [log('checkout-1-0', 1, false)] }],
  ['silent logs clear nobody', 'unknown', { ...shop(), logs: [log('checkout-1-0'), log('orders-1-0')] }],
  ['no log was read', 'unknown', shop()],
  ['no client is seen: the server’s log is read', 'live', { ...shop({ dials: '' }), logs: [log('orders-1-0', 5)] }],
];

describe(`${probe.id}: verdicts`, () => {
  for (const [name, verdict, parts] of CASES) it(`${name}: ${verdict}`, () => assert.equal(judge(probe, parts).verdict, verdict));

  it('the subject is the workload that said it', () => {
    const [client] = judge(probe, { ...shop(), logs: [log('checkout-1-0', 5)] }).subjects;
    assert.deepEqual(client?.object, { kind: 'Deployment', namespace: 'shop', name: 'checkout' });
    assert.match(client?.evidence[0]?.value ?? '', /too_many_pings/);
    const [server] = judge(probe, { ...shop(), logs: [log('orders-1-0', 5)] }).subjects;
    assert.equal(server?.object.name, 'orders');
  });

  it('what is unknown says whether anything was read', () => {
    assert.equal(judge(probe, shop()).summary.messageId, 'not-read');
    assert.equal(judge(probe, { ...shop(), logs: [log('checkout-1-0')] }).summary.messageId, 'unknown');
  });

  it('variables that speak of keepalive are shown, never their value', () => {
    const parts = shop();
    const yaml = parts.yaml?.replace('env: [', 'env: [{ name: GRPC_KEEPALIVE_TIME, valueFrom: { dropped: {} } }, ') ?? '';
    const evidence = judge(probe, { ...parts, yaml }).subjects.flatMap((subject) => subject.evidence);
    assert.deepEqual(
      evidence.map(({ value, pointer }) => [value, pointer]),
      [['GRPC_KEEPALIVE_TIME', '/spec/template/spec/containers/0/env/0']],
    );
  });

  it('messages', () => {
    checkMessages(probe);
    for (const [label, , parts] of CASES) checkSaid(probe, judge(probe, parts), label);
  });
});

describe(`${probe.id}: what is missing is unknown`, () => {
  for (const { group, resource, optional } of probe.needs) {
    if (optional) continue;
    const name = group === '' ? resource : `${resource}.${group}`;
    it(`${name} denied`, () => assert.equal(judge(probe, { ...NO_GRPC, outcomes: { [name]: 'forbidden' } }).verdict, 'unknown'));
  }

  it('logs denied', () => {
    const incident = judge(probe, { ...shop(), outcomes: { 'pods/log': 'forbidden' } });
    assert.equal(incident.verdict, 'unknown');
    assert.ok(incident.notChecked.some(({ what, reason }) => what === 'pods/log' && reason === 'forbidden'));
  });

  it('the rule that needs code is named', () =>
    assert.ok(
      judge(probe, NO_GRPC).notChecked.some(({ what, reason }) => what === 'grpc/keepalive-too-many-pings' && reason === 'needs-code'),
    ));
});

function asked(parts: SnapshotParts): readonly LogRequest[] {
  const settings = { rules: RULES, configuration: NO_CONFIGURATION, preview: false, probes: [probe] };
  return followUp(snapshotOf(parts, [probe]), settings).logs;
}

describe(`${probe.id}: which logs`, () => {
  it('clients, then servers, one pod of each: the one that restarted lately', () => {
    const restarted = {
      containers: [container({ restarts: 1, lastTermination: { reason: 'Error', exitCode: 1, finishedAt: minutesAgo(30) } })],
    };
    assert.deepEqual(
      asked(shop({ servers: [{}, restarted, {}] })).map(({ pod }) => pod),
      ['checkout-1-0', 'orders-1-1'],
    );
  });

  const pattern = asked(shop())[0]?.signatures[0]?.pattern;
  for (const line of [
    'ERROR: [transport] Client received GoAway with error code ENHANCE_YOUR_CALM and debug data equal to ASCII "too_many_pings".',
    'rpc error: code = Unavailable desc = closing transport due to: connection error: desc = "error reading from server: EOF", received prior goaway: code: ENHANCE_YOUR_CALM, debug data: "too_many_pings"',
    'Received a GOAWAY with error code ENHANCE_YOUR_CALM and debug data equal to "too_many_pings". Current keepalive time (before throttling): 10000ms',
    'INFO: [transport] Closing: got too many pings from the client',
  ])
    it(`matches ${line.slice(0, 50)}`, () => assert.match(line, pattern ?? /^$/));
  for (const line of [
    'received prior goaway: code: NO_ERROR, debug data: "max_age"',
    'keepalive ping failed to receive ACK within timeout',
  ])
    it(`not ${line}`, () => assert.doesNotMatch(line, pattern ?? /./));
});
