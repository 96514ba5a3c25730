import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { followUp } from '../../src/diagnosis/diagnose.ts';
import { slowLookups } from '../../src/linters/dns/probes/slow-lookups.ts';
import { NO_CONFIGURATION } from '../../src/linters/engine.ts';
import { credentialRefreshStorm } from '../../src/linters/kiam/probes/credential-refresh-storm.ts';
import { podsWithoutCredentials } from '../../src/linters/kiam/probes/pods-without-credentials.ts';
import { cacheTtlZero } from '../../src/linters/kong/probes/cache-ttl-zero.ts';
import { routerRebuildMemory } from '../../src/linters/kong/probes/router-rebuild-memory.ts';
import { settingsThatKongIgnores } from '../../src/linters/kong/probes/settings-that-kong-ignores.ts';
import type { Incident } from '../../src/diagnosis/diagnose.ts';
import type { Probe } from '../../src/linters/probe.ts';
import { RULES } from '../../src/linters/registry.ts';
import { goMemoryLimit } from '../../src/linters/runtime/probes/go-memory-limit.ts';
import { jvmMemoryLimit } from '../../src/linters/runtime/probes/jvm-memory-limit.ts';
import { snapshotFromFiles } from '../../src/snapshot/from-objects.ts';
import { LogMatcher } from '../../src/snapshot/match-log.ts';
import type { LogState, Snapshot } from '../../src/snapshot/snapshot.ts';
import { parseMemoryMiB } from '../../src/model/quantity.ts';
import type { Stage } from './grpc/stage.ts';
import { diagnosisOf } from './snapshot-of.ts';
import * as slowLookupsStage from './dns/slow-lookups-stage.ts';
import * as refreshStormStage from './kiam/credential-refresh-storm-stage.ts';
import * as withoutCredentialsStage from './kiam/pods-without-credentials-stage.ts';
import * as cacheTtlZeroStage from './kong/cache-ttl-zero-stage.ts';
import * as routerRebuildStage from './kong/router-rebuild-memory-stage.ts';
import * as ignoredSettingsStage from './kong/settings-that-kong-ignores-stage.ts';
import * as goStage from './runtime/go-memory-limit-stage.ts';
import * as jvmStage from './runtime/jvm-memory-limit-stage.ts';

const NOW = new Date('2026-11-21T12:00:00Z');

interface Staged {
  readonly COMMANDS: readonly string[];
  live(now: Date): Stage;
  fixed(now: Date): Stage;
}

const STAGES: readonly (readonly [Probe, Staged])[] = [
  [slowLookups, slowLookupsStage],
  [credentialRefreshStorm, refreshStormStage],
  [podsWithoutCredentials, withoutCredentialsStage],
  [cacheTtlZero, cacheTtlZeroStage],
  [routerRebuildMemory, routerRebuildStage],
  [settingsThatKongIgnores, ignoredSettingsStage],
  [goMemoryLimit, goStage],
  [jvmMemoryLimit, jvmStage],
];

/** The objects through the same projection as a cluster's, everything that the probe needs read. */
async function diagnosed(probe: Probe, stage: Stage): Promise<Incident> {
  const files = [{ path: 'objects.json', text: async () => JSON.stringify({ apiVersion: 'v1', kind: 'List', items: stage.objects }) }];
  const read = await snapshotFromFiles(files, 'objects.json');
  assert.ok(read.ok);
  const taken: Snapshot = {
    ...read.snapshot,
    takenAt: NOW.toISOString(),
    reads: probe.needs.map(({ verb, group, resource }) => ({ verb, group, resource, outcome: 'read', count: 0 })),
    usage: stage.samples.map((pods, at) => ({
      at: new Date(NOW.getTime() - (stage.samples.length - 1 - at) * 60_000).toISOString(),
      containers: pods.flatMap(({ namespace, pod, containers }) =>
        Object.entries(containers).map(([container, { memory }]) => ({
          namespace,
          pod,
          container,
          cpuMillicores: 250,
          memoryMiB: parseMemoryMiB(memory) ?? Number.NaN,
        })),
      ),
    })),
  };
  const { logs } = followUp(taken, { rules: RULES, configuration: NO_CONFIGURATION, preview: false, probes: [probe] });
  const states = logs.flatMap((request): LogState[] => {
    const { namespace, pod, container, previous } = request;
    const told = stage.logs.find((one) => one.namespace === namespace && one.pod === pod && one.container === container);
    const lines = previous ? told?.log.previous : told?.log.current;
    if (!lines) return [];
    const matcher = new LogMatcher(request.signatures);
    for (const line of lines)
      matcher.line(typeof line === 'string' ? `${NOW.toISOString()} ${line}` : `${line.time.toISOString()} ${line.text}`);
    return [{ namespace, pod, container, previous, ...matcher.state() }];
  });
  const [incident] = diagnosisOf({ ...taken, logs: states }, [probe]).incidents;
  assert.ok(incident);
  return incident;
}

describe('staged incidents, through the projection of real objects', () => {
  for (const [probe, staged] of STAGES) {
    it(`${probe.id} is live`, async () => {
      const stage = staged.live(NOW);
      const { verdict, subjects } = await diagnosed(probe, stage);
      assert.equal(verdict, stage.verdict);
      const pointers = subjects.flatMap(({ evidence }) => evidence).filter(({ source }) => source === 'status');
      for (const { pointer } of pointers) assert.match(pointer, /^\/status\/containerStatuses\/0\//);
    });

    it(`${probe.id}: the fix that it offers is the one that was made`, async () => {
      const { subjects } = await diagnosed(probe, staged.live(NOW));
      const offered = subjects.flatMap(({ actions }) => actions).map(({ command }) => command);
      for (const command of staged.COMMANDS) assert.ok(offered.includes(command), `${command}\n${offered.join('\n')}`);
    });

    it(`${probe.id} is ${staged.fixed(NOW).verdict} after it`, async () => {
      const stage = staged.fixed(NOW);
      assert.equal((await diagnosed(probe, stage)).verdict, stage.verdict);
    });
  }
});
