import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clientCannotConnect } from '../../../src/linters/grpc/probes/client-cannot-connect.ts';
import { connectionsClosedByKeepalive } from '../../../src/linters/grpc/probes/connections-closed-by-keepalive.ts';
import { onePodGetsAllRequests } from '../../../src/linters/grpc/probes/one-pod-gets-all-requests.ts';
import type { Probe } from '../../../src/linters/probe.ts';
import * as connect from './client-cannot-connect-stage.ts';
import * as keepalive from './connections-closed-by-keepalive-stage.ts';
import * as onePod from './one-pod-gets-all-requests-stage.ts';
import { checkSaid } from './said.ts';
import { incidentOf } from '../replay.ts';
import type { Stage } from '../stage.ts';

const NOW = new Date('2026-11-21T12:00:00Z');

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
      const incident = incidentOf(probe, stage, NOW);
      assert.equal(incident.verdict, stage.verdict);
      checkSaid(probe, incident, name);
    });
  }

  it('no value of a variable is in what is said', () => {
    for (const [probe, , stageOf] of STAGES) {
      const { subjects } = incidentOf(probe, stageOf(NOW), NOW);
      assert.ok(!JSON.stringify(subjects.map(({ evidence }) => evidence.filter(({ source }) => source === 'config'))).includes('"10s"'));
    }
  });

  it('the incident in full: the hot pod, its death, the client, and the restart in the right order', () => {
    const [subject] = incidentOf(onePodGetsAllRequests, onePod.live(NOW), NOW).subjects;
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
