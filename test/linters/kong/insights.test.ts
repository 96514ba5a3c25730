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

const FOUR = '{ name: KONG_NGINX_WORKER_PROCESSES, value: "4" }';
const POSTGRES = '{ name: KONG_DATABASE, value: postgres }';
const ROUTES = 'assume: { routes: 50000 }';

it('a rebuild in full or in steps, by the version and the flavor', async () => {
  const rebuild = async (image: string, ...env: string[]): Promise<unknown> => {
    const [insight] = await insightsOf(pod(image, [FOUR, ...env].join(', ')), ROUTES);
    return insight && [insight.messageId, insight.data.steady, insight.data.peak];
  };
  const traditional = '{ name: KONG_ROUTER_FLAVOR, value: traditional }';
  const dbless = '{ name: KONG_DATABASE, value: "off" }';
  assert.deepEqual(await rebuild('kong:3.4', POSTGRES, traditional), ['rebuild', 2534, 4487]);
  assert.deepEqual(await rebuild('kong:3.4', POSTGRES), ['rebuild', 2534, 2924]);
  assert.deepEqual(await rebuild('kong:2.8', dbless), ['rebuild', 2814, 4767]);
});

it('only idle workers where the version is open, or nothing is routed', async () => {
  const only = (idle: number): unknown => [{ at: '4Gi', messageId: 'idle', data: { workers: 4, idle, limit: 4096 } }];
  assert.deepEqual(await insightsOf(pod('kong:latest', `${FOUR}, ${POSTGRES}`), ROUTES), only(440));
  assert.deepEqual(await insightsOf(pod('kong:2.8', `${FOUR}, ${POSTGRES}, { name: KONG_ROLE, value: control_plane }`), ROUTES), only(580));
});

it('auto: how many workers the limit holds', async () => {
  assert.deepEqual(await insightsOf(pod('kong:3.4', '', '1Gi')), [{ at: '1Gi', messageId: 'auto', data: { limit: 1024, fit: 10 } }]);
});

it('nothing of what is not known', async () => {
  assert.deepEqual(await insightsOf('{ name: kong, image: "kong:3.4" }'), []);
  assert.deepEqual(await insightsOf(pod('example.com/app:1', '{ name: KONG_NGINX_WORKER_PROCESSES, value: "4" }')), []);
  assert.deepEqual(await insightsOf(pod('kong:3.4', '{ name: KONG_NGINX_WORKER_PROCESSES, value: "0" }')), []);
  assert.deepEqual(await insightsOf(`{ name: kong, env: [${FOUR}, ${POSTGRES}], resources: { limits: { memory: 1Gi } } }`), []);
  assert.deepEqual(
    await insightsOf(pod('kong:3.4', '{ name: KONG_NGINX_WORKER_PROCESSES, valueFrom: { configMapKeyRef: { name: a, key: b } } }')),
    [],
  );
});
