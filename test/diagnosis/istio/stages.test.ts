import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { annotationsThatDoNothing } from '../../../src/linters/istio/probes/annotations-that-do-nothing.ts';
import { idleConnectionTimeout } from '../../../src/linters/istio/probes/idle-connection-timeout.ts';
import { wrongPortProtocol } from '../../../src/linters/istio/probes/wrong-port-protocol.ts';
import type { Probe } from '../../../src/linters/probe.ts';
import { checkSaid } from '../grpc/said.ts';
import * as annotations from './annotations-that-do-nothing-stage.ts';
import * as idle from './idle-connection-timeout-stage.ts';
import { incidentOf } from '../replay.ts';
import * as port from './wrong-port-protocol-stage.ts';
import type { Stage } from '../stage.ts';

const NOW = new Date('2026-11-21T12:00:00Z');

const STAGES: readonly (readonly [Probe, string, (now: Date) => Stage])[] = [
  ...Object.entries(idle).map(([name, stage]) => [idleConnectionTimeout, name, stage] as const),
  ...Object.entries(annotations).map(([name, stage]) => [annotationsThatDoNothing, name, stage] as const),
  ...Object.entries(port).map(([name, stage]) => [wrongPortProtocol, name, stage] as const),
];

describe('stages of the Istio incidents, from raw objects', () => {
  for (const [probe, name, stageOf] of STAGES) {
    const stage = stageOf(NOW);
    it(`${probe.id}, ${name}: ${stage.verdict}`, () => {
      const incident = incidentOf(probe, stage, NOW);
      assert.equal(incident.verdict, stage.verdict);
      checkSaid(probe, incident, name);
    });
  }

  it('idle connections in full: what was measured, where they go, and three ways out', () => {
    const [subject] = incidentOf(idleConnectionTimeout, idle.live(NOW), NOW).subjects;
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
