import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Unit } from '../../src/model/unit.ts';
import { inOtherEnvironment, joinPath, nearestFolder } from '../../src/workspace/plan-units.ts';
import { engineOf } from '../helpers/engine.ts';
import type { Files } from './sample-files.ts';

const service = (name: string, namespace = ''): string =>
  `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\n${namespace ? `  namespace: ${namespace}\n` : ''}spec: {}\n`;

async function unitsOf(files: Files): Promise<readonly Unit[]> {
  return (await engineOf(files)).repository().units;
}

/** `id: object object; other file` per unit. */
async function outline(files: Files): Promise<string[]> {
  return (await unitsOf(files)).map(({ id, objects, files: others }) => {
    const names = objects.map((object) => object.name ?? object.kind).sort();
    const rest = others.map(({ file }) => file.path).sort();
    return `${id}: ${names.join(' ')}${rest.length > 0 ? `; ${rest.join(' ')}` : ''}`;
  });
}

describe('units of plain folders', () => {
  it('grow upward over sibling folders while nothing is there twice', async () => {
    assert.deepEqual(await outline({ 'shop/cart/a.yaml': service('cart'), 'shop/orders/b.yaml': service('orders') }), [
      'shop: cart orders',
    ]);
  });

  it('stay in the deepest folder when nothing stands above', async () => {
    assert.deepEqual(await outline({ 'deploy/k8s/shop/a.yaml': service('cart') }), ['deploy/k8s/shop: cart']);
  });

  it('do not grow over an object that would be there twice', async () => {
    assert.deepEqual(await outline({ 'east/a.yaml': service('cart'), 'west/a.yaml': service('cart'), 'west/b.yaml': service('orders') }), [
      'east: cart',
      'west: cart orders',
    ]);
  });

  it('tell namespaces apart', async () => {
    assert.deepEqual(await outline({ 'one/a.yaml': service('cart', 'one'), 'two/a.yaml': service('cart', 'two') }), ['.: cart cart']);
  });

  it('do not grow out of folders named like environments, whatever they hold', async () => {
    for (const [one, two] of [
      ['dev', 'prod'],
      ['staging', 'uat'],
      ['before', 'after'],
    ]) {
      assert.deepEqual(
        await outline({ [`k8s/${one}/a.yaml`]: service('cart'), [`k8s/${two}/b.yaml`]: service('orders') }),
        [`k8s/${one}: cart`, `k8s/${two}: orders`].sort(),
      );
    }
  });

  it('grow inside an environment', async () => {
    assert.deepEqual(await outline({ 'prod/cart/a.yaml': service('cart'), 'prod/orders/b.yaml': service('orders') }), [
      'prod: cart orders',
    ]);
  });

  it('keep what stands beside an environment apart from it', async () => {
    assert.deepEqual(await outline({ 'k8s/a.yaml': service('shared'), 'k8s/prod/b.yaml': service('cart') }), [
      'k8s: shared',
      'k8s/prod: cart',
    ]);
  });

  it('hold the same object twice when one folder says it twice', async () => {
    assert.deepEqual(await outline({ 'k8s/a.yaml': service('cart'), 'k8s/b.yaml': service('cart') }), ['k8s: cart cart']);
  });

  it('take in the other files that stand in them, nearest first, one-letter folders too', async () => {
    const files = {
      'a.yaml': service('root'),
      'prod/a.yaml': service('cart'),
      'prod/x/kong.conf': 'database = off\n',
      'kong.conf': 'database = off\n',
      'b/prod/a.yaml': service('cart'),
      'b/prod/kong.conf': 'database = off\n',
    };
    assert.deepEqual(await outline(files), ['.: root; kong.conf', 'b/prod: cart; b/prod/kong.conf', 'prod: cart; prod/x/kong.conf']);
  });

  it('are made by other files alone where no manifest stands', async () => {
    assert.deepEqual(await outline({ 'gateway/kong.conf': 'database = off\n' }), ['gateway: ; gateway/kong.conf']);
  });

  it('leave a file with conflict markers out, and remember it as a gap', async () => {
    const [unit] = await unitsOf({
      'k8s/a.yaml': service('cart'),
      'k8s/b.yaml': `<<<<<<< ours\n${service('x')}=======\n${service('y')}>>>>>>> theirs\n`,
    });
    assert.deepEqual(
      unit?.gaps.map(({ kind, path }) => [kind, path]),
      [['unparsable', 'k8s/b.yaml']],
    );
  });

  it('look into a List and into JSON', async () => {
    const list = JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' } }],
    });
    assert.deepEqual(await outline({ 'k8s/list.json': list, 'k8s/b.yaml': service('b') }), ['k8s: a b']);
  });

  it('look into a list of one kind, whose items need not repeat it', async () => {
    const typed =
      'apiVersion: v1\nkind: ServiceList\nitems:\n  - metadata: { name: a }\n  - { apiVersion: v1, kind: Service, metadata: { name: b } }\n';
    assert.deepEqual(await outline({ 'k8s/list.yaml': typed }), ['k8s: a b']);
    const json = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMapList', items: [{ metadata: { name: 'c' }, data: {} }] });
    assert.deepEqual(await outline({ 'k8s/list.json': json }), ['k8s: c']);
    const other = 'apiVersion: v1\nkind: EventList\nitems:\n  - metadata: { name: a }\n';
    assert.deepEqual(await outline({ 'k8s/list.yaml': other, 'k8s/b.yaml': service('b') }), ['k8s: b']);
  });

  it('take the literal values of an ApplicationSet’s template', async () => {
    const text = `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: { name: kong }
spec:
  generators: [{ list: { elements: [{ cluster: a }] } }]
  template:
    spec:
      source: { chart: kong, repoURL: https://charts.konghq.com, targetRevision: 2.8.0, helm: { valuesObject: { env: { db_cache_ttl: 0 } } } }
`;
    const [unit] = (await engineOf({ 'argo/kong.yaml': text })).repository().units;
    assert.deepEqual(
      unit?.releases.map(({ chart, chartVersion }) => `${chart} ${chartVersion}`),
      ['kong 2.8.0'],
    );
  });
});

describe('units of compose files', () => {
  const compose = 'services:\n  gateway:\n    image: kong:2.8\n    env_file: gateway.env\n';

  it('are their folder with the files below', async () => {
    const units = await unitsOf({
      'shop/compose.yaml': compose,
      'shop/gateway.env': 'KONG_DATABASE=off\n',
      'shop/conf/kong.conf': 'database = off\n',
    });
    assert.deepEqual(
      units.map(({ id, kind, files }) => [id, kind, files.map(({ file }) => file.path)]),
      [['shop', 'compose', ['shop/compose.yaml', 'shop/conf/kong.conf', 'shop/gateway.env']]],
    );
    const gateway = units[0]?.containers.find(({ name }) => name === 'gateway');
    const database = gateway?.env.variables.get('KONG_DATABASE')?.value;
    assert.ok(database?.known && database.value === 'off');
  });

  it('end where a folder has a compose file or manifests of its own', async () => {
    const files = {
      'compose.yaml': compose,
      'other/compose.yaml': compose,
      'other/kong.conf': 'a = b\n',
      'k8s/a.yaml': service('cart'),
      'k8s/kong.conf': 'a = b\n',
    };
    const units = await unitsOf(files);
    assert.deepEqual(
      units.map(({ id, files }) => [id, files.map(({ file }) => file.path)]),
      [
        ['.', ['compose.yaml']],
        ['k8s', ['k8s/kong.conf']],
        ['other', ['other/compose.yaml', 'other/kong.conf']],
      ],
    );
  });

  it('take an absolute env-file path only where one file of the repository ends in it', async () => {
    const absolute = 'services:\n  gateway:\n    image: kong:2.8\n    env_file: /etc/kong/kong.env\n';
    const seen = async (files: Files): Promise<boolean> =>
      (await unitsOf({ 'prod/compose.yaml': absolute, ...files })).some(
        ({ id, containers }) =>
          id === 'prod' && containers.some(({ name, env }) => name === 'gateway' && env.variables.has('KONG_DATABASE')),
      );
    assert.ok(await seen({ 'files/etc/kong/kong.env': 'KONG_DATABASE=off\n' }));
    assert.ok(!(await seen({ 'files/etc/kong/kong.env': 'KONG_DATABASE=off\n', 'old/etc/kong/kong.env': 'KONG_DATABASE=off\n' })));
    assert.ok(!(await seen({ 'files/kong.env': 'KONG_DATABASE=off\n' })));
  });
});

describe('units of kustomizations and charts', () => {
  const base = { 'base/kustomization.yaml': 'resources: [a.yaml]\n', 'base/a.yaml': service('cart') };

  it('a base that an overlay uses is not judged alone', async () => {
    const files = { ...base, 'prod/kustomization.yaml': 'resources: [../base]\nnamePrefix: prod-\n' };
    assert.deepEqual(await outline(files), ['prod: prod-cart']);
    assert.deepEqual(await outline(base), ['base: cart']);
  });

  it('manifests beside a kustomization that it does not list are a unit of their own', async () => {
    const files = { ...base, 'base/forgotten.yaml': service('orders') };
    assert.deepEqual(await outline(files), ['base: cart', 'base#manifests: orders']);
  });

  it('a chart has a unit per layer, or one of its own values', async () => {
    const chart = {
      'chart/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
      'chart/values.yaml': 'name: cart\n',
      'chart/templates/a.yaml': 'apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Values.name }}\n',
    };
    assert.deepEqual(await outline(chart), ['chart: cart']);
    const layered = { ...chart, 'chart/values-prod.yaml': 'name: cart-prod\n', 'chart/values-dev.yaml': 'name: cart-dev\n' };
    const units = await unitsOf(layered);
    assert.deepEqual(
      units.map(({ kind, objects }) => [kind, objects.map(({ name }) => name)]),
      [
        ['helm-release', ['cart-dev']],
        ['helm-release', ['cart-prod']],
      ],
    );
    assert.ok(
      units.every(({ id }) => id.startsWith('chart#')),
      units.map(({ id }) => id).join(),
    );
  });

  it('a nested chart and the plain folders around are units of their own', async () => {
    const files = {
      'k8s/a.yaml': service('cart'),
      'k8s/chart/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
      'k8s/chart/templates/a.yaml': service('orders'),
      'k8s/overlay/kustomization.yaml': 'resources: [b.yaml]\n',
      'k8s/overlay/b.yaml': service('stock'),
    };
    assert.deepEqual(await outline(files), ['k8s: cart', 'k8s/chart: orders', 'k8s/overlay: stock']);
  });

  it('an overlay with a remote base is open', async () => {
    const [unit] = await unitsOf({ 'prod/kustomization.yaml': 'resources:\n  - https://github.com/example/shop//base?ref=v1\n' });
    assert.deepEqual(
      unit?.gaps.map(({ kind }) => kind),
      ['remote'],
    );
  });
});

describe('paths and folders', () => {
  it('join without leaving the root', () => {
    assert.equal(joinPath('a/b', '../c/./d'), 'a/c/d');
    assert.equal(joinPath('.', '.'), '.');
    assert.equal(joinPath('a', '..'), '.');
    assert.equal(joinPath('a', '../..'), undefined);
  });

  it('find the nearest folder', () => {
    const folders = new Set(['.', 'a', 'a/b', 'ab']);
    assert.equal(nearestFolder('a/b/c/x.conf', folders), 'a/b');
    assert.equal(nearestFolder('a/x.conf', folders), 'a');
    assert.equal(nearestFolder('abc/x.conf', folders), '.');
    assert.equal(nearestFolder('abc/x.conf', new Set(['a', 'ab'])), undefined);
  });

  it('tell environments apart where the paths part, not elsewhere', () => {
    assert.ok(inOtherEnvironment('k8s/prod/cart', 'k8s/dev'));
    assert.ok(!inOtherEnvironment('k8s/prod', 'k8s/prod/cart'));
    assert.ok(!inOtherEnvironment('services/cart', 'k8s/prod'));
    assert.ok(!inOtherEnvironment('services/prod', 'k8s/dev'));
  });
});
