import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DiagnoseSettings, diagnose, followUp, type Incident } from '../../../src/diagnosis/diagnose.ts';
import { NO_CONFIGURATION } from '../../../src/linters/engine.ts';
import { annotationsThatDoNothing } from '../../../src/linters/istio/probes/annotations-that-do-nothing.ts';
import { idleConnectionTimeout } from '../../../src/linters/istio/probes/idle-connection-timeout.ts';
import { wrongPortProtocol } from '../../../src/linters/istio/probes/wrong-port-protocol.ts';
import type { Probe } from '../../../src/linters/probe.ts';
import { RULES } from '../../../src/linters/registry.ts';
import { SnapshotBuilder } from '../../../src/snapshot/builder.ts';
import { LogMatcher } from '../../../src/snapshot/match-log.ts';
import type { LogState, ResourceRead } from '../../../src/snapshot/snapshot.ts';
import { checkSaid } from '../grpc/said.ts';
import * as annotations from './annotations-that-do-nothing-stage.ts';
import * as idle from './idle-connection-timeout-stage.ts';
import { ago, type Stage } from './stage.ts';
import * as port from './wrong-port-protocol-stage.ts';

const NOW = new Date('2026-11-21T12:00:00Z');

/** What `diagnose` says of a stage: raw objects are cut down, logs are asked for and searched, as against a cluster. */
function incidentOf(probe: Probe, stage: Stage): Incident {
  const settings: DiagnoseSettings = { rules: RULES, configuration: NO_CONFIGURATION, preview: false, probes: [probe] };
  const builder = new SnapshotBuilder();
  for (const object of stage.objects) builder.add(object);
  const reads = probe.needs.map(({ verb, group, resource }): ResourceRead => ({ verb, group, resource, outcome: 'read', count: 0 }));
  const cluster = { context: 'test', server: 'https://cluster.example', version: 'v1.36.0', scope: 'all', namespaces: [] } as const;
  const lists = builder.finish({ takenAt: ago(NOW, 0), cluster, reads });
  const logs = followUp(lists, settings).logs.flatMap(({ namespace, pod, container, previous, signatures }): LogState[] => {
    const found = stage.logs.find((one) => one.namespace === namespace && one.pod === pod && one.container === container);
    const lines = previous ? found?.log.previous : found?.log.current;
    if (!lines) return [];
    const matcher = new LogMatcher(signatures);
    for (const line of lines) matcher.line(`${ago(NOW, 5)} ${typeof line === 'string' ? line : line.text}`);
    return [{ namespace, pod, container, previous, ...matcher.state() }];
  });
  const [incident] = diagnose({ ...lists, logs }, settings).incidents;
  if (!incident) throw new Error('no incident');
  return incident;
}

const STAGES: readonly (readonly [Probe, string, (now: Date) => Stage])[] = [
  ...Object.entries(idle).map(([name, stage]) => [idleConnectionTimeout, name, stage] as const),
  ...Object.entries(annotations).map(([name, stage]) => [annotationsThatDoNothing, name, stage] as const),
  ...Object.entries(port).map(([name, stage]) => [wrongPortProtocol, name, stage] as const),
];

describe('stages of the Istio incidents, from raw objects', () => {
  for (const [probe, name, stageOf] of STAGES) {
    const stage = stageOf(NOW);
    it(`${probe.id}, ${name}: ${stage.verdict}`, () => {
      const incident = incidentOf(probe, stage);
      assert.equal(incident.verdict, stage.verdict);
      checkSaid(probe, incident, name);
    });
  }

  it('idle connections in full: what was measured, where they go, and three ways out', () => {
    const [subject] = incidentOf(idleConnectionTimeout, idle.live(NOW)).subjects;
    assert.deepEqual(
      subject?.evidence.map(({ explains }) => explains.messageId),
      ['closed-at-limit', 'driver-line', 'entry', 'limit-default', 'database-hint'],
    );
    assert.equal(subject?.evidence[0]?.value, ':3307, 3600–3634 s × 4');
    assert.deepEqual(
      subject?.actions.map(({ title }) => title.messageId),
      ['look-lifetimes', 'bypass', 'raise-rule', 'raise-meta'],
    );
  });
});
