import assert from 'node:assert/strict';
import { it } from 'node:test';
import { kiamInsights } from '../../../src/linters/kiam/insights.ts';
import { textOf } from '../../../src/text/source.ts';
import { engineOf } from '../../helpers/engine.ts';

async function insightsOf(image: string, args: readonly string[], settings?: string) {
  const words = JSON.stringify(args);
  const text = `apiVersion: v1\nkind: Pod\nmetadata: { name: kiam }\nspec:\n  containers:\n    - { name: kiam, image: "${image}", args: ${words} }\n`;
  const engine = await engineOf({ 'kiam.yaml': text }, { rules: [], ...(settings !== undefined && { settings }) });
  const repository = engine.repository();
  return repository.units
    .flatMap((unit) => kiamInsights.insights(unit, repository))
    .map(({ at, messageId, data }) => ({ at: textOf(at), messageId, data }));
}

it('from the refresh to the duration, beside the flag that is set', async () => {
  const image = 'quay.io/uswitch/kiam:v3.6';
  assert.deepEqual(await insightsOf(image, ['server', '--session-duration=30m']), [
    { at: '30m', messageId: 'life', data: { low: '5m', high: '30m' } },
  ]);
  assert.deepEqual(await insightsOf(image, ['server', '--session-duration=60m', '--session-refresh=26m']), [
    { at: '26m', messageId: 'life', data: { low: '26m', high: '60m' } },
  ]);
});

it('without flags: the defaults, beside the image', async () => {
  assert.deepEqual(await insightsOf('quay.io/uswitch/kiam:v3.6', ['server']), [
    { at: 'v3.6', messageId: 'life', data: { low: '5m', high: '15m' } },
  ]);
});

it('a version that is not known: both ends of what it may be', async () => {
  assert.deepEqual(await insightsOf('example.com/uswitch/kiam:prod', ['server', '--session-duration=30m']), [
    { at: '30m', messageId: 'versions', data: { low: '5m', high: '30m' } },
  ]);
  assert.deepEqual(await insightsOf('example.com/uswitch/kiam:prod', ['server', '--session-duration=30m'], 'assume: { kiam: "2.7" }'), [
    { at: '30m', messageId: 'life', data: { low: '20m', high: '30m' } },
  ]);
});

it('nothing of an agent, of what is not known, and of a cache that does not work', async () => {
  const image = 'quay.io/uswitch/kiam:v3.6';
  assert.deepEqual(await insightsOf(image, ['agent']), []);
  assert.deepEqual(await insightsOf(image, ['server', '--session-duration=$(DURATION)']), []);
  assert.deepEqual(await insightsOf(image, ['server', '--session-duration=30m', '--session-refresh=30m']), []);
});
