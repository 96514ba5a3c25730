import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { harmOf, type SdkBehaviour, servedLife } from '../../../src/model/kiam-window.ts';
import oracle from './window-oracle.json' with { type: 'json' };

const MINUTE_MS = 60_000;

/** Below this share nobody speaks of a storm: it is the rhythm of ordinary refreshing. */
const QUIET_PERCENT = 0.5;
/** From here on every user feels it. */
const STORM_PERCENT = 5;

/** The rule's arithmetic against a simulation that knows nothing of it. */
describe('the served life and what SDKs do with it', () => {
  for (const { generation, durationMin, refreshMin, sdks } of oracle.rows) {
    const life =
      generation === 'kube2iam'
        ? { lowMs: refreshMin * MINUTE_MS, highMs: durationMin * MINUTE_MS }
        : servedLife(generationNamed(generation), durationMin * MINUTE_MS, refreshMin * MINUTE_MS);
    it(`${generation} duration ${durationMin}m, refresh ${refreshMin}m`, () => {
      for (const [name, { inlinePercent, expired }] of Object.entries(sdks)) {
        const harm = harmOf(behaviourNamed(name), life);
        const said = `${name}: ${harm}, simulated ${inlinePercent} %${expired ? ', expired' : ''}`;
        // A burst at the end of a long cycle is a storm too, though its share of all calls is small.
        assert.equal(harm === 'storm', inlinePercent > QUIET_PERCENT, said);
        if (inlinePercent > STORM_PERCENT) assert.equal(harm, 'storm', said);
        if (harm !== 'partly') assert.equal(harm === 'expired', expired, said);
      }
    });
  }

  it('covers every kind of verdict', () => {
    const verdicts = oracle.rows.flatMap(({ sdks }) => Object.values(sdks));
    assert.ok(verdicts.some(({ expired }) => expired) && verdicts.some(({ inlinePercent }) => inlinePercent > STORM_PERCENT));
    assert.ok(oracle.rows.length > 80);
  });
});

function generationNamed(name: string): '3.0' | '2.7' | '2.6' {
  if (name === '3.0' || name === '2.7' || name === '2.6') return name;
  throw new Error(`no generation ${name}`);
}

function behaviourNamed(name: string): SdkBehaviour {
  const known: readonly SdkBehaviour[] = ['storm', 'raised-wait', 'extends', 'short-window', 'safe'];
  const found = known.find((one) => one === name);
  if (!found) throw new Error(`no behaviour ${name}`);
  return found;
}
