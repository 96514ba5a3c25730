import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lookupObject, type Unit } from '../../src/model/unit.ts';
import type { Lookup } from '../../src/model/value.ts';
import type { KubeObject } from '../../src/model/kubernetes/objects.ts';
import { engineOf } from '../helpers/engine.ts';
import type { Files } from './sample-files.ts';

const service = (name: string, namespace?: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\n${namespace === undefined ? '' : `  namespace: ${namespace}\n`}spec: {}\n`;

async function unitOf(files: Files, notice?: { kind: 'oversize' | 'unreadable'; file: string }): Promise<Unit> {
  const engine = await engineOf(files);
  if (notice) engine.workspace.setNotice(notice.file, { ...notice, message: 'left out' });
  const [unit, ...more] = engine.repository().units;
  assert.ok(unit && more.length === 0, 'one unit');
  return unit;
}

function answer(lookup: Lookup<KubeObject>): string {
  switch (lookup.is) {
    case 'found':
      return `found ${lookup.value.namespace || '-'}/${lookup.value.name}`;
    case 'several':
      return `several ${lookup.values.length}`;
    case 'absent':
      return `absent, closed by ${lookup.closedBy}`;
    case 'unseen':
      return `unseen: ${[...new Set(lookup.gaps.map(({ kind }) => kind))].sort().join(' ')}`;
  }
}

const find = (unit: Unit, name: string, namespace = '', complete = false): string =>
  answer(lookupObject(unit, ['Service'], name, namespace, complete));

describe('the answer to "is there a Service?"', () => {
  const cart = { 'k8s/a.yaml': service('cart') };

  it('found by kind and name', async () => {
    const unit = await unitOf(cart);
    assert.equal(find(unit, 'cart'), 'found -/cart');
    assert.equal(answer(lookupObject(unit, ['ConfigMap'], 'cart', '', false)), 'absent, closed by k8s');
  });

  it('absent where the unit is closed', async () => {
    assert.equal(find(await unitOf(cart), 'orders'), 'absent, closed by k8s');
  });

  it('a namespace that is not said matches all; one that is said must be equal', async () => {
    const unit = await unitOf({ 'k8s/a.yaml': service('cart', 'shop'), 'k8s/b.yaml': service('orders') });
    assert.equal(find(unit, 'cart'), 'found shop/cart');
    assert.equal(find(unit, 'cart', 'shop'), 'found shop/cart');
    assert.equal(find(unit, 'cart', 'other'), 'absent, closed by k8s');
    assert.equal(find(unit, 'orders', 'other'), 'found -/orders');
  });

  it('several namespaces are several answers, unless one is the asker’s', async () => {
    const unit = await unitOf({ 'k8s/a.yaml': service('cart', 'one'), 'k8s/b.yaml': service('cart', 'two') });
    assert.equal(find(unit, 'cart'), 'several 2');
    assert.equal(find(unit, 'cart', 'two'), 'found two/cart');
  });

  it('the same object twice is one answer', async () => {
    assert.equal(find(await unitOf({ ...cart, 'k8s/b.yaml': service('cart') }), 'cart'), 'found -/cart');
  });

  it('unseen when a name of that kind is templated, not when another kind’s is', async () => {
    const templated = (kind: string): Files => ({
      ...cart,
      'k8s/t.yaml': `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: {{ .Values.name }}\n`,
    });
    assert.equal(find(await unitOf(templated('Service')), 'orders'), 'unseen: templated');
    assert.equal(find(await unitOf(templated('ConfigMap')), 'orders'), 'absent, closed by k8s');
  });

  it('unseen when a file of the unit does not parse', async () => {
    assert.equal(find(await unitOf({ ...cart, 'k8s/b.yaml': 'kind: Service\nmetadata: {name: [\n' }), 'orders'), 'unseen: unparsable');
  });

  it('unseen when a file was too large or could not be read', async () => {
    assert.equal(find(await unitOf(cart, { kind: 'oversize', file: 'k8s/big.yaml' }), 'orders'), 'unseen: oversize');
    assert.equal(find(await unitOf(cart, { kind: 'unreadable', file: 'k8s/deep/locked.yaml' }), 'orders'), 'unseen: unreadable');
  });

  it('unaffected by what is left out elsewhere', async () => {
    assert.equal(find(await unitOf(cart, { kind: 'oversize', file: 'elsewhere/big.yaml' }), 'orders'), 'absent, closed by k8s');
  });

  it('closed again when the file is mended', async () => {
    const engine = await engineOf(cart);
    engine.workspace.setNotice('k8s/big.yaml', { kind: 'oversize', file: 'k8s/big.yaml', message: 'left out' });
    const ask = (): string =>
      engine
        .repository()
        .units.map((unit) => find(unit, 'orders'))
        .join();
    assert.equal(ask(), 'unseen: oversize');
    assert.deepEqual(
      engine.lint().notices.map(({ file, kind }) => [file, kind]),
      [['k8s/big.yaml', 'oversize']],
    );
    engine.workspace.setFile('k8s/big.yaml', undefined);
    assert.equal(ask(), 'absent, closed by k8s');
  });

  it('unseen behind a remote base or a resource that is not there', async () => {
    const overlay = (resource: string): Files => ({
      'prod/kustomization.yaml': `resources:\n  - a.yaml\n  - ${resource}\n`,
      'prod/a.yaml': service('cart'),
    });
    assert.equal(find(await unitOf(overlay('https://github.com/example/shop//base?ref=v1')), 'orders'), 'unseen: remote');
    assert.match(find(await unitOf(overlay('missing.yaml')), 'orders'), /^unseen: /);
    assert.match(find(await unitOf(overlay('../../outside')), 'orders'), /^unseen: /);
  });

  it('unseen in a chart whose dependency is not in the repository', async () => {
    const files = {
      'chart/Chart.yaml':
        'apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n  - {name: redis, version: 1.0.0, repository: "https://charts.example.com"}\n',
      'chart/templates/a.yaml': service('cart'),
    };
    assert.match(find(await unitOf(files), 'redis'), /^unseen: /);
  });

  it('absent when the user says that the repository is complete', async () => {
    const unit = await unitOf({ ...cart, 'k8s/b.yaml': 'kind: Service\nmetadata: {name: [\n' });
    assert.equal(find(unit, 'orders', '', true), 'absent, closed by assume.complete');
    assert.equal(find(unit, 'cart', '', true), 'found -/cart');
  });
});
