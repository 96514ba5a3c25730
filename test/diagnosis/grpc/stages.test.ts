import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DiagnoseSettings, diagnose, followUp, type Incident } from '../../../src/diagnosis/diagnose.ts';
import { NO_CONFIGURATION } from '../../../src/linters/engine.ts';
import { clientCannotConnect } from '../../../src/linters/grpc/probes/client-cannot-connect.ts';
import { connectionsClosedByKeepalive } from '../../../src/linters/grpc/probes/connections-closed-by-keepalive.ts';
import { onePodGetsAllRequests } from '../../../src/linters/grpc/probes/one-pod-gets-all-requests.ts';
import type { Probe } from '../../../src/linters/probe.ts';
import { RULES } from '../../../src/linters/registry.ts';
import { SnapshotBuilder } from '../../../src/snapshot/builder.ts';
import { LogMatcher } from '../../../src/snapshot/match-log.ts';
import type { LogState, ResourceRead, Snapshot } from '../../../src/snapshot/snapshot.ts';
import * as connect from './client-cannot-connect-stage.ts';
import * as keepalive from './connections-closed-by-keepalive-stage.ts';
import * as onePod from './one-pod-gets-all-requests-stage.ts';
import { checkSaid } from './said.ts';
import { ago, type Stage } from './stage.ts';

const NOW = new Date('2026-11-21T12:00:00Z');

/** What `diagnose` says of a stage: raw objects are cut down, logs are asked for and searched, as against a cluster. */
function incidentOf(probe: Probe, stage: Stage): Incident {
  const settings: DiagnoseSettings = { rules: RULES, configuration: NO_CONFIGURATION, preview: false, probes: [probe] };
  const lists = snapshotOf(probe, stage);
  const logs = followUp(lists, settings).logs.flatMap(({ namespace, pod, container, previous, signatures }): LogState[] => {
    const found = stage.logs.find((one) => one.namespace === namespace && one.pod === pod && one.container === container);
    const lines = previous ? found?.log.previous : found?.log.current;
    if (!lines) return [];
    const matcher = new LogMatcher(signatures);
    for (const line of lines) matcher.line(`${ago(NOW, 1)} ${typeof line === 'string' ? line : line.text}`);
    return [{ namespace, pod, container, previous, ...matcher.state() }];
  });
  const [incident] = diagnose({ ...lists, logs }, settings).incidents;
  if (!incident) throw new Error('no incident');
  return incident;
}

function snapshotOf(probe: Probe, stage: Stage): Snapshot {
  const builder = new SnapshotBuilder();
  for (const object of stage.objects) builder.add(object);
  for (const [at, pods] of stage.samples.entries()) {
    const items = pods.map(({ namespace, pod, containers }) => ({
      metadata: { namespace, name: pod },
      containers: Object.entries(containers).map(([name, usage]) => ({ name, usage })),
    }));
    builder.addUsage(items, ago(NOW, stage.samples.length - 1 - at));
  }
  const reads = probe.needs.map(({ verb, group, resource }): ResourceRead => ({ verb, group, resource, outcome: 'read', count: 0 }));
  const cluster = { context: 'test', server: 'https://cluster.example', version: 'v1.36.0', scope: 'all', namespaces: [] } as const;
  return builder.finish({ takenAt: ago(NOW, 0), cluster, reads });
}

const STAGES: readonly (readonly [Probe, string, (now: Date) => Stage])[] = [
  [onePodGetsAllRequests, 'live', onePod.live],
  [onePodGetsAllRequests, 'looked at once', onePod.lookedAtOnce],
  [onePodGetsAllRequests, 'latent', onePod.latent],
  [onePodGetsAllRequests, 'fixed', onePod.fixed],
  [clientCannotConnect, 'live', connect.live],
  [clientCannotConnect, 'latent', connect.latent],
  [clientCannotConnect, 'fixed', connect.fixed],
  [connectionsClosedByKeepalive, 'live', keepalive.live],
  [connectionsClosedByKeepalive, 'fixed', keepalive.fixed],
];

describe('stages of the gRPC incidents, from raw objects', () => {
  for (const [probe, name, stageOf] of STAGES) {
    const stage = stageOf(NOW);
    it(`${probe.id}, ${name}: ${stage.verdict}`, () => {
      const incident = incidentOf(probe, stage);
      assert.equal(incident.verdict, stage.verdict);
      checkSaid(probe, incident, name);
    });
  }

  it('no value of a variable is in what is said', () => {
    for (const [probe, , stageOf] of STAGES) {
      const { subjects } = incidentOf(probe, stageOf(NOW));
      assert.ok(!JSON.stringify(subjects.map(({ evidence }) => evidence.filter(({ source }) => source === 'config'))).includes('"10s"'));
    }
  });

  it('the incident in full: the hot pod, its death, the client, and the restart in the right order', () => {
    const [subject] = incidentOf(onePodGetsAllRequests, onePod.live(NOW)).subjects;
    assert.deepEqual(
      subject?.evidence.map(({ explains }) => explains.messageId),
      ['busiest', 'idlest', 'killed-for-memory', 'restarts-here', 'says-grpc', 'clusterip', 'dials', 'floor'],
    );
    assert.equal(subject?.evidence[2]?.pointer, '/status/containerStatuses/0/lastState/terminated/reason');
    assert.deepEqual(
      subject?.actions.map(({ title }) => title.messageId),
      ['watch', 'restart', 'memory', 'twin'],
    );
  });
});
