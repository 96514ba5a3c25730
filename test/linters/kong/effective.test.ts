import assert from 'node:assert/strict';
import { it } from 'node:test';
import { roleOf } from '../../../src/linters/kong/effective.ts';
import { kongInstances } from '../../../src/linters/kong/facts.ts';
import { engineOf } from '../../helpers/engine.ts';

it('the role: as it is set, else Kong’s own unless something may set it', async () => {
  const role = async (env: string): Promise<unknown> => {
    const text = `apiVersion: v1\nkind: Pod\nmetadata: { name: kong }\nspec: { containers: [{ name: kong, image: "kong:3.4", ${env} }] }\n`;
    const repository = (await engineOf({ 'kong.yaml': text }, { rules: [] })).repository();
    return repository.units.flatMap((unit) => kongInstances(unit, repository).map((instance) => roleOf(instance) ?? '?')).join();
  };
  assert.equal(await role('env: [{ name: KONG_ROLE, value: data_plane }]'), 'data_plane');
  assert.equal(await role('env: [{ name: KONG_ROLE, valueFrom: { configMapKeyRef: { name: kong, key: role } } }]'), '?');
  assert.equal(await role('envFrom: [{ secretRef: { name: kong } }]'), '?');
  assert.equal(await role('env: []'), 'traditional');
});
