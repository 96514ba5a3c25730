import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { positionAt } from '../../../src/text/source.ts';
import { engineOf } from '../../helpers/engine.ts';

/** Which channels and which packages an option belongs to that grpc-js doesn't read. Over a headless Service, so that a channel without it is found, too. */
const HEADLESS =
  'apiVersion: v1\nkind: Service\nmetadata: { name: orders }\nspec: { clusterIP: None, selector: { app: orders }, ports: [{ port: 9090 }] }\n---\n' +
  'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: orders }\nspec: { replicas: 3, template: { metadata: { labels: { app: orders } }, spec: { containers: [{ name: orders, image: "example/orders:1" }] } } }\n';

/** `rule file:line` of what is found. */
async function found(files: Readonly<Record<string, string>>): Promise<string[]> {
  const { findings } = (await engineOf({ ...files, 'k8s.yaml': HEADLESS })).lint();
  return findings
    .filter(({ rule }) => rule.startsWith('grpc/'))
    .map(({ rule, at }) => `${rule.slice(5)} ${at.file.path}:${positionAt(at.file, at.start).line + 1}`);
}

const IMPORTS = "import { credentials } from '@grpc/grpc-js';\nimport { OrdersClient } from './gen/orders';\n";
const channel = (name: string, options: string): string =>
  `export const ${name} = new OrdersClient('dns:///orders:9090', credentials.createInsecure(), ${options});\n`;
const IGNORED = "{ 'grpc.lb_policy_name': 'round_robin' }";
const OTHER = "{ 'grpc.keepalive_time_ms': 600000 }";

describe('another channel', () => {
  it('with options of its own, in the same file', async () =>
    assert.deepEqual(await found({ 'web/a.ts': IMPORTS + channel('a', IGNORED) + channel('b', OTHER) }), [
      'node-load-balancing-ignored web/a.ts:3',
      'headless-pick-first web/a.ts:4',
    ]));
  it('with options of its own, in another file', async () =>
    assert.deepEqual(
      await found({
        'web/a.ts': `${IMPORTS}const options = ${IGNORED};\n${channel('a', 'options')}`,
        'web/b.ts': `${IMPORTS}const options = ${OTHER};\n${channel('b', 'options')}`,
      }),
      ['node-load-balancing-ignored web/a.ts:3', 'headless-pick-first web/b.ts:4'],
    ));
  it('with pick_first, which it has anyway', async () =>
    assert.deepEqual(await found({ 'web/a.ts': IMPORTS + channel('a', "{ 'grpc.lb_policy_name': 'pick_first' }") }), [
      'headless-pick-first web/a.ts:3',
      'node-load-balancing-ignored web/a.ts:3',
    ]));
});

describe('options in a file that imports nothing', () => {
  const options = { 'web/options.ts': `// credentials stand elsewhere\nexport const grpcOptions = ${IGNORED};\n` };
  const manifest = (...packages: readonly string[]): string =>
    JSON.stringify({ name: 'web', dependencies: Object.fromEntries(packages.map((name) => [name, '^1.0.0'])) });
  const said = ['node-load-balancing-ignored web/options.ts:2'];
  it('of a project with both packages', async () =>
    assert.deepEqual(await found({ ...options, 'web/package.json': manifest('grpc', '@grpc/grpc-js') }), said));
  it('of a project with neither', async () => assert.deepEqual(await found({ ...options, 'web/package.json': manifest('express') }), said));
});

it('a file that imports grpc-js in a project with the native package', async () =>
  assert.deepEqual(
    await found({
      'web/a.ts': IMPORTS + channel('a', IGNORED),
      'web/package.json': '{ "name": "web", "dependencies": { "grpc": "^1.24.0" } }',
    }),
    ['node-load-balancing-ignored web/a.ts:3'],
  ));
