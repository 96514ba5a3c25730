import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { compareHelm, compareKustomize, readTree } from './compare.ts';

// The expected output was printed once by the real kustomize and helm (scripts/compare-resolving.mjs --write-golden).
const corpus = join(dirname(fileURLToPath(import.meta.url)), 'fixtures');

for (const entry of readdirSync(corpus, { withFileTypes: true })) {
  if (!entry.isDirectory()) continue;
  const folder = join(corpus, entry.name);
  const expected = (name: string): string => readFileSync(join(folder, name), 'utf8');
  if (existsSync(join(folder, 'overlay'))) {
    test(`kustomize build ${entry.name}`, () => {
      const comparison = compareKustomize(readTree(folder), 'overlay', expected('expected.yaml'));
      assert.deepEqual(comparison.differences, []);
      assert.equal(comparison.missing + comparison.extra, 0);
      assert.ok(comparison.agree > 5, `${comparison.agree} scalars agree`);
    });
  } else {
    for (const release of readTree(folder).releases()) {
      const layer = release.layers[0]?.replace(/^.*\/|\.ya?ml$/g, '');
      test(`helm template ${entry.name} ${layer ?? ''}`, () => {
        const comparison = compareHelm(release, expected(`expected${layer === undefined ? '' : `.${layer}`}.yaml`));
        assert.deepEqual(comparison.differences, []);
        assert.equal(comparison.missing + comparison.extra, 0);
        assert.ok(comparison.agree > 5, `${comparison.agree} scalars agree`);
      });
    }
  }
}
