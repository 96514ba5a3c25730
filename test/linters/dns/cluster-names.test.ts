import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { completion } from '../../../src/linters/dns/cluster-names.ts';
import { engineOf } from '../../helpers/engine.ts';

const SERVICES = new Set(['orders.shop', 'db.data', 'cache.']);
const full = (name: string, namespace = 'front'): string | undefined => {
  const found = completion(name, namespace, SERVICES);
  return found && (found.full ?? 'unknown');
};

describe('short names of Services', () => {
  it('are completed to the cluster’s domain', () => {
    assert.equal(full('orders.shop'), 'orders.shop.svc.cluster.local');
    assert.equal(full('orders.shop.svc'), 'orders.shop.svc.cluster.local');
    assert.equal(full('not-seen.shop.svc'), 'not-seen.shop.svc.cluster.local');
    assert.equal(full('db-0.db.data'), 'db-0.db.data.svc.cluster.local');
    assert.equal(full('db-0.db.data.svc'), 'db-0.db.data.svc.cluster.local');
    assert.equal(full('db-0.db', 'data'), 'db-0.db.data.svc.cluster.local');
    assert.equal(full('cache-12.cache', ''), 'unknown', 'the namespace is left to whoever applies it');
  });

  it('are Services of the repository, or end in svc', () => {
    for (const name of [
      'api.example',
      'www.orders.example',
      'db-0.db',
      'db.db',
      'orders.shop.svc.cluster.local',
      'a.svc',
      'a.b.c.d.svc',
      'a.orders.shop.x',
    ]) {
      assert.equal(full(name), undefined, name);
    }
  });
});

const CONFIG = (text: string): string => `apiVersion: v1
kind: ConfigMap
metadata: { name: web }
data:
  file: |
${text.replace(/^/gm, '    ')}
---
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  dnsConfig: { options: [{ name: ndots, value: "1" }] }
  volumes: [{ name: conf, configMap: { name: web } }]
  containers: [{ name: web, image: "node:22-alpine", volumeMounts: [{ name: conf, mountPath: /conf }] }]
`;

describe('names in the files of a ConfigMap', () => {
  const called = async (text: string): Promise<readonly unknown[]> => {
    const { findings } = (await engineOf({ 'web.yaml': CONFIG(text) })).lint();
    return findings.flatMap(({ related = [] }) => related.map(({ data }) => data?.name));
  };

  it('are read line by line', async () => {
    assert.deepEqual(await called('url=http://a.shop.svc:80/x\n  "host": "b.shop.svc",\nc.shop.svc'), [
      'a.shop.svc',
      'b.shop.svc',
      'c.shop.svc',
    ]);
    assert.deepEqual(await called('# http://a.shop.svc\n; a.shop.svc\n// a.shop.svc\n! a.shop.svc\nallowedHosts: a.shop.svc'), []);
  });

  it('are left alone in what is too long, or a template’s', async () => {
    assert.deepEqual(await called(`${'x'.repeat(65_530)}\nurl=a.shop.svc`), []);
    const length = 65_536 - '\nurl=a.shop.svc\n'.length;
    assert.deepEqual(await called(`${'x'.repeat(length)}\nurl=a.shop.svc`), ['a.shop.svc']);
    assert.deepEqual(await called(`${'x'.repeat(length + 1)}\nurl=a.shop.svc`), []);
  });
});

describe('names in variables', () => {
  it('have no place of their own when they are put together', async () => {
    const pod = (value: string): string =>
      `apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  dnsConfig: { options: [{ name: ndots, value: "2" }] }\n  containers:\n    - { name: web, image: "node:22-alpine", env: [{ name: NS, value: shop }, { name: URL, value: ${value} }] }\n`;
    const { findings } = (await engineOf({ 'pod.yaml': pod('"http://orders.$(NS).svc:80"') })).lint();
    const [first] = findings[0]?.related ?? [];
    assert.equal(first?.data?.name, 'orders.shop.svc');
    assert.equal(
      first?.at.file.text.slice(first.at.start, first.at.end),
      'http://orders.$(NS).svc:80',
      'a name that is put together has no place of its own',
    );
    assert.deepEqual(
      findings[0]?.fixes?.map(({ id }) => id),
      ['raise-ndots'],
    );
  });
});
