import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { slowLookups } from '../../src/linters/dns/probes/slow-lookups.ts';
import { credentialRefreshStorm } from '../../src/linters/kiam/probes/credential-refresh-storm.ts';
import { podsWithoutCredentials } from '../../src/linters/kiam/probes/pods-without-credentials.ts';
import { cacheTtlZero } from '../../src/linters/kong/probes/cache-ttl-zero.ts';
import { routerRebuildMemory } from '../../src/linters/kong/probes/router-rebuild-memory.ts';
import { settingsThatKongIgnores } from '../../src/linters/kong/probes/settings-that-kong-ignores.ts';
import type { Probe } from '../../src/linters/probe.ts';
import { goMemoryLimit } from '../../src/linters/runtime/probes/go-memory-limit.ts';
import { jvmMemoryLimit } from '../../src/linters/runtime/probes/jvm-memory-limit.ts';
import { incidentOf } from './replay.ts';
import * as slowLookupsStage from './dns/slow-lookups-stage.ts';
import * as refreshStormStage from './kiam/credential-refresh-storm-stage.ts';
import * as withoutCredentialsStage from './kiam/pods-without-credentials-stage.ts';
import * as cacheTtlZeroStage from './kong/cache-ttl-zero-stage.ts';
import * as routerRebuildStage from './kong/router-rebuild-memory-stage.ts';
import * as ignoredSettingsStage from './kong/settings-that-kong-ignores-stage.ts';
import * as goStage from './runtime/go-memory-limit-stage.ts';
import * as jvmStage from './runtime/jvm-memory-limit-stage.ts';
import type { Stage } from './stage.ts';

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

describe('staged incidents, through the projection of real objects', () => {
  for (const [probe, staged] of STAGES) {
    it(`${probe.id} is live`, () => {
      const stage = staged.live(NOW);
      const { verdict, subjects } = incidentOf(probe, stage, NOW);
      assert.equal(verdict, stage.verdict);
      const pointers = subjects.flatMap(({ evidence }) => evidence).filter(({ source }) => source === 'status');
      for (const { pointer } of pointers) assert.match(pointer, /^\/status\/containerStatuses\/0\//);
    });

    it(`${probe.id}: the fix that it offers is the one that was made`, () => {
      const { subjects } = incidentOf(probe, staged.live(NOW), NOW);
      const offered = subjects.flatMap(({ actions }) => actions).map(({ command }) => command);
      for (const command of staged.COMMANDS) assert.ok(offered.includes(command), `${command}\n${offered.join('\n')}`);
    });

    it(`${probe.id} is ${staged.fixed(NOW).verdict} after it`, () => {
      const stage = staged.fixed(NOW);
      assert.equal(incidentOf(probe, stage, NOW).verdict, stage.verdict);
    });
  }
});
