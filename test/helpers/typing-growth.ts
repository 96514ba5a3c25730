/** Types into a manifest and prints by how many KiB each character makes the old generation grow; run without full collections. */
import { getHeapSpaceStatistics } from 'node:v8';
import { openManifest, typeInto } from '../../scripts/bench/typing.ts';
import { Engine, NO_CONFIGURATION } from '../../src/linters/engine.ts';
import { RULES } from '../../src/linters/registry.ts';

const WARM_UP = 100;
const CHARACTERS = 200;

const oldKiB = (): number =>
  getHeapSpaceStatistics()
    .filter(({ space_name }) => space_name === 'old_space' || space_name === 'large_object_space')
    .reduce((sum, { space_used_size }) => sum + space_used_size / 1024, 0);

const engine = new Engine({ rules: RULES, configuration: NO_CONFIGURATION, preview: false, inputs: { readText: () => undefined } });
openManifest(engine);
await typeInto(engine, WARM_UP);
const before = oldKiB();
await typeInto(engine, CHARACTERS);
process.stdout.write(String((oldKiB() - before) / CHARACTERS));
