import assert from 'node:assert/strict';
import { it } from 'node:test';
import { worstCount } from '../../src/linters/conclude.ts';
import type { Subject, Verdict } from '../../src/linters/probe.ts';

function subjects(...verdicts: readonly Verdict[]): Subject[] {
  return verdicts.map((verdict, at) => ({
    object: { kind: 'Deployment', namespace: 'shop', name: `app-${at}` },
    verdict,
    evidence: [],
    findings: [],
    wouldProve: [],
    actions: [],
  }));
}

it('a summary counts those that it speaks of, not all that were judged', () => {
  assert.equal(worstCount(subjects('unknown', 'latent', 'clear', 'latent')), 2);
  assert.equal(worstCount(subjects('latent', 'live', 'unknown')), 1);
  assert.equal(worstCount(subjects('clear', 'clear', 'clear')), 3);
  assert.equal(worstCount(subjects('mitigated', 'clear')), 1);
  assert.equal(worstCount([]), 0);
});
