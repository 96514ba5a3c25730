import assert from 'node:assert/strict';
import { it } from 'node:test';
import { kongInsights } from '../../../src/linters/kong/insights.ts';
import { textOf } from '../../../src/text/source.ts';
import { engineOf } from '../../helpers/engine.ts';

async function insightsOf(container: string, settings?: string) {
  const text = `apiVersion: v1\nkind: Pod\nmetadata: { name: kong }\nspec:\n  containers:\n    - ${container}\n`;
  const engine = await engineOf({ 'kong.yaml': text }, { rules: [], ...(settings !== undefined && { settings }) });
  const repository = engine.repository();
  return repository.units
    .flatMap((unit) => kongInsights.insights(unit, repository))
    .map(({ at, messageId, data }) => ({ at: textOf(at), messageId, data }));
}

const pod = (image: string, env: string, limit = '4Gi'): string =>
  `{ name: kong, image: "${image}", env: [${env}], resources: { limits: { memory: ${limit} } } }`;

it('workers, routes and the limit, beside the limit', async () => {
  const env = '{ name: KONG_DATABASE, value: postgres }, { name: KONG_NGINX_WORKER_PROCESSES, value: "4" }';
  assert.deepEqual(await insightsOf(pod('kong:2.2.0', env), 'assume: { routes: 50000 }'), [
    { at: '4Gi', messageId: 'rebuild', data: { workers: 4, idle: 580, routes: 50000, steady: 2534, peak: 4487, limit: 4096 } },
  ]);
});

it('without routes, or where a rebuild was never measured: the idle workers', async () => {
  const env = '{ name: KONG_DATABASE, value: "off" }, { name: KONG_NGINX_WORKER_PROCESSES, value: "4" }';
  const idle = [{ at: '1Gi', messageId: 'idle', data: { workers: 4, idle: 580, limit: 1024 } }];
  assert.deepEqual(await insightsOf(pod('kong:3.4', env, '1Gi')), idle);
  assert.deepEqual(await insightsOf(pod('kong:3.4', env, '1Gi'), 'assume: { routes: 50000 }'), idle);
});

it('auto: how many workers the limit holds', async () => {
  assert.deepEqual(await insightsOf(pod('kong:3.4', '', '1Gi')), [{ at: '1Gi', messageId: 'auto', data: { limit: 1024, fit: 10 } }]);
});

it('nothing of what is not known', async () => {
  assert.deepEqual(await insightsOf('{ name: kong, image: "kong:3.4" }'), []);
  assert.deepEqual(await insightsOf(pod('example.com/app:1', '{ name: KONG_NGINX_WORKER_PROCESSES, value: "4" }')), []);
  assert.deepEqual(
    await insightsOf(pod('kong:3.4', '{ name: KONG_NGINX_WORKER_PROCESSES, valueFrom: { configMapKeyRef: { name: a, key: b } } }')),
    [],
  );
});
