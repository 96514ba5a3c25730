import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { engineOf } from '../helpers/engine.ts';
import type { Files } from './sample-files.ts';

const service = (name: string): string => `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\nspec: {}\n`;

interface LeftOut {
  readonly kind: 'oversize' | 'unreadable';
  readonly file: string;
}

/** What the only unit of these files could hold besides what was seen. */
async function gapsOf(files: Files, leftOut?: LeftOut): Promise<string[]> {
  const engine = await engineOf(files);
  if (leftOut) engine.workspace.setNotice(leftOut.file, { ...leftOut, message: 'left out' });
  const [unit, ...more] = engine.repository().units;
  assert.ok(unit && more.length === 0, 'one unit');
  return [...new Set(unit.gaps.map(({ kind }) => kind))].sort();
}

describe('the gaps of a unit', () => {
  const cart = { 'k8s/a.yaml': service('cart') };

  it('are none where all was read', async () => {
    assert.deepEqual(await gapsOf(cart), []);
  });

  it('are a file that does not parse', async () => {
    assert.deepEqual(await gapsOf({ ...cart, 'k8s/b.yaml': 'kind: Service\nmetadata: {name: [\n' }), ['unparsable']);
  });

  it('are a file that is too large or can’t be read', async () => {
    assert.deepEqual(await gapsOf(cart, { kind: 'oversize', file: 'k8s/big.yaml' }), ['oversize']);
    assert.deepEqual(await gapsOf(cart, { kind: 'unreadable', file: 'k8s/deep/locked.yaml' }), ['unreadable']);
  });

  it('are not what is left out elsewhere', async () => {
    assert.deepEqual(await gapsOf(cart, { kind: 'oversize', file: 'elsewhere/big.yaml' }), []);
  });

  it('close again when the file is mended', async () => {
    const engine = await engineOf(cart);
    engine.workspace.setNotice('k8s/big.yaml', { kind: 'oversize', file: 'k8s/big.yaml', message: 'left out' });
    const kinds = (): string[] => engine.repository().units.flatMap(({ gaps }) => gaps.map(({ kind }) => kind));
    assert.deepEqual(kinds(), ['oversize']);
    assert.deepEqual(
      engine.lint().notices.map(({ file, kind }) => [file, kind]),
      [['k8s/big.yaml', 'oversize']],
    );
    engine.workspace.setFile('k8s/big.yaml', undefined);
    assert.deepEqual(kinds(), []);
  });

  it('are a remote base, and a resource that is not there', async () => {
    const overlay = (resource: string): Files => ({
      'prod/kustomization.yaml': `resources:\n  - a.yaml\n  - ${resource}\n`,
      'prod/a.yaml': service('cart'),
    });
    assert.deepEqual(await gapsOf(overlay('https://github.com/example/shop//base?ref=v1')), ['remote']);
    assert.equal((await gapsOf(overlay('missing.yaml'))).length, 1);
    assert.equal((await gapsOf(overlay('../../outside'))).length, 1);
  });

  it('are a chart’s dependency that is not in the repository', async () => {
    const files = {
      'chart/Chart.yaml':
        'apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n  - {name: redis, version: 1.0.0, repository: "https://charts.example.com"}\n',
      'chart/templates/a.yaml': service('cart'),
    };
    assert.deepEqual(await gapsOf(files), ['remote']);
  });
});
