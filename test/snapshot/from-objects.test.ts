import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import '../helpers/property-seed.ts';
import { type FilesSnapshot, matchSavedLogs, snapshotFromFiles } from '../../src/snapshot/from-objects.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';

type Read = Extract<FilesSnapshot, { readonly ok: true }>;

function read(files: Readonly<Record<string, string>>): Promise<FilesSnapshot> {
  return snapshotFromFiles(
    Object.entries(files).map(([path, text]) => ({ path, text: () => Promise.resolve(text) })),
    'there',
  );
}

async function good(files: Readonly<Record<string, string>>): Promise<Read> {
  const result = await read(files);
  assert.ok(result.ok, result.ok ? '' : result.problem.en);
  return result;
}

function outcomes({ reads }: Snapshot): Record<string, string> {
  return Object.fromEntries(
    reads
      .filter(({ outcome }) => outcome === 'read')
      .map(({ group, resource, count }) => [group === '' ? resource : `${resource}.${group}`, String(count)]),
  );
}

const json = (value: unknown): string => JSON.stringify(value, null, 4);
const pod = (name: string, more: object = {}) => ({
  metadata: { name, namespace: 'shop', creationTimestamp: '2026-11-21T10:00:00Z', ...more },
  spec: { containers: [{ name: 'app', image: 'example/app:1' }] },
});

/** As `kubectl cluster-info dump` writes it: typed lists, whose items don't say what they are. */
const DUMP = {
  'dump/nodes.json': json({
    kind: 'NodeList',
    apiVersion: 'v1',
    items: [{ metadata: { name: 'n1', creationTimestamp: '2026-11-20T10:00:00Z' } }],
  }),
  'dump/shop/pods.json': json({ kind: 'PodList', apiVersion: 'v1', items: [pod('a')] }),
  'dump/shop/deployments.json': json({ kind: 'DeploymentList', apiVersion: 'apps/v1', metadata: {}, items: null }),
  'dump/shop/events.json': json({
    kind: 'EventList',
    apiVersion: 'v1',
    items: [
      {
        metadata: { name: 'e', namespace: 'shop' },
        reason: 'BackOff',
        lastTimestamp: '2026-11-21T11:30:00Z',
        involvedObject: { kind: 'Pod', namespace: 'shop', name: 'a' },
      },
    ],
  }),
  'dump/shop/a/logs.txt': [
    '==== START logs for container app of pod shop/a ====',
    'GET took 12 ms token=abc',
    'nothing',
    '==== END logs for container app of pod shop/a ====',
    '==== START logs for container side of pod shop/a ====',
    'GET took 99 ms',
    '==== END logs for container side of pod shop/a ====',
    '==== START logs for container broken of pod shop/a ====',
    'Request log error: an error on the server took 7 ms',
    '==== END logs for container broken of pod shop/a ====',
    '',
  ].join('\n'),
};

describe('a folder of kubectl cluster-info dump', () => {
  it('gives what is in it, and says what is not', async () => {
    const { snapshot, skipped } = await good(DUMP);
    assert.deepEqual(skipped, []);
    assert.equal(snapshot.takenAt, '2026-11-21T11:30:00Z');
    assert.deepEqual(snapshot.cluster, { context: '', server: 'there', version: '', scope: 'listed', namespaces: ['shop'] });
    assert.deepEqual(outcomes(snapshot), { nodes: '1', pods: '1', 'deployments.apps': '0', events: '1', 'pods/log': '1' });
    const configMaps = snapshot.reads.find(({ resource }) => resource === 'configmaps');
    assert.deepEqual(configMaps, {
      verb: 'list',
      group: '',
      resource: 'configmaps',
      outcome: 'not-asked',
      count: 0,
      detail: 'none in these files',
    });
    assert.deepEqual(
      snapshot.pods.map(({ name }) => name),
      ['a'],
    );
    assert.deepEqual(
      snapshot.events.map(({ reason }) => reason),
      ['BackOff'],
    );
  });

  const signatures = [{ id: 'slow', pattern: /took (?<durationMs>\d+) ms/ }];
  const ask = (container: string, previous = false, name = 'a') => ({ namespace: 'shop', pod: name, container, previous, signatures });

  it('has the logs of each container, and none where kubectl got none', async () => {
    const { logs } = await good(DUMP);
    assert.deepEqual(await matchSavedLogs([ask('app'), ask('broken'), ask('other'), ask('app', true), ask('app', false, 'b')], logs), [
      {
        namespace: 'shop',
        pod: 'a',
        container: 'app',
        previous: false,
        lines: 2,
        matches: [{ signature: 'slow', count: 1, line: 'GET took 12 ms token=***', numbers: { durationMs: [12] } }],
      },
    ]);
  });

  it('or all of it in one file', async () => {
    const text = ['nodes', 'shop/pods', 'shop/deployments', 'shop/events']
      .map((name) => `${DUMP[`dump/${name}.json` as keyof typeof DUMP]}\n`)
      .join('');
    const { snapshot, logs } = await good({ 'dump.txt': `${text}${DUMP['dump/shop/a/logs.txt']}` });
    assert.deepEqual(outcomes(snapshot), { nodes: '1', pods: '1', 'deployments.apps': '0', events: '1', 'pods/log': '1' });
    const [state] = await matchSavedLogs([ask('side')], logs);
    assert.deepEqual(state?.matches[0]?.numbers, { durationMs: [99] });
  });
});

describe('a dump in YAML', () => {
  it('to standard output: logs stand between the documents', async () => {
    const text = [
      'apiVersion: v1\nkind: PodList\nitems:\n- metadata: { name: a, namespace: shop, creationTimestamp: "2026-11-21T10:00:00Z" }\n  spec: {}\n',
      DUMP['dump/shop/a/logs.txt'],
      '---\napiVersion: v1\nkind: NodeList\nitems: []\n',
    ].join('');
    const { snapshot, logs } = await good({ 'dump.yaml': text });
    assert.deepEqual(outcomes(snapshot), { nodes: '0', pods: '1', 'pods/log': '1' });
    assert.deepEqual([...logs.keys()], ['shop/a']);
  });
});

describe('files of kubectl get', () => {
  it('YAML and JSON, lists, objects, several documents', async () => {
    const { snapshot, skipped } = await good({
      'a.yaml': `
apiVersion: v1
kind: List
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata: { name: web, namespace: shop, creationTimestamp: "2026-11-21T10:00:00Z" }
  spec: { replicas: 2, template: { spec: { containers: [{ name: a, image: a }] } } }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop, creationTimestamp: "2026-11-21T10:05:00Z" }
spec: { ports: [{ port: 80 }] }
`,
      'b.json': json({ apiVersion: 'v1', kind: 'Pod', ...pod('p') }),
      'c.json': json({
        apiVersion: 'v1',
        kind: 'List',
        items: [
          {
            apiVersion: 'metrics.k8s.io/v1beta1',
            kind: 'PodMetrics',
            metadata: { name: 'p', namespace: 'shop' },
            timestamp: '2026-11-21T11:00:00Z',
            containers: [{ name: 'app', usage: { cpu: '5m', memory: '1Mi' } }],
          },
        ],
      }),
      'readme.md': '# nothing',
      'broken.json': '{"kind": "List"',
    });
    assert.deepEqual(skipped, ['readme.md', 'broken.json']);
    assert.equal(snapshot.takenAt, '2026-11-21T11:00:00Z');
    assert.deepEqual(outcomes(snapshot), { services: '1', pods: '1', 'deployments.apps': '1', 'pods.metrics.k8s.io': '1' });
    assert.deepEqual(snapshot.usage, [
      { at: '2026-11-21T11:00:00Z', containers: [{ namespace: 'shop', pod: 'p', container: 'app', cpuMillicores: 5, memoryMiB: 1 }] },
    ]);
    const deployment = snapshot.objects.find(({ kind }) => kind === 'Deployment') as { readonly spec?: unknown } | undefined;
    assert.deepEqual(deployment?.spec, { replicas: 2, template: { spec: { containers: [{ name: 'a', image: 'a' }] } } });
  });

  it('a pod whose workload is in no file: that kind was not written for its namespace', async () => {
    const owner = { ownerReferences: [{ kind: 'StatefulSet', name: 'db', controller: true }] };
    const other = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'x', namespace: 'other', creationTimestamp: '2026-11-21T10:00:00Z' },
    };
    const { snapshot } = await good({
      'a.json': json({ kind: 'PodList', apiVersion: 'v1', items: [pod('db-0', owner)] }),
      'b.json': json(other),
    });
    assert.deepEqual(
      snapshot.reads.filter(({ resource }) => resource === 'statefulsets'),
      [
        { verb: 'list', group: 'apps', resource: 'statefulsets', outcome: 'read', count: 1 },
        {
          verb: 'list',
          group: 'apps',
          resource: 'statefulsets',
          namespace: 'shop',
          outcome: 'not-asked',
          count: 0,
          detail: 'StatefulSet db is not in these files',
        },
      ],
    );
  });

  it('times that people write are not when it was taken', async () => {
    const object = {
      apiVersion: 'v1',
      kind: 'Pod',
      ...pod('p', { annotations: { time: '2030-01-01T00:00:00Z' } }),
      data: { time: '2031-01-01T00:00:00Z' },
    };
    const { snapshot } = await good({ 'a.json': json(object) });
    assert.equal(snapshot.takenAt, '2026-11-21T10:00:00Z');
  });

  const bad: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
    ['nothing', {}, /No Kubernetes objects/],
    ['no objects', { 'a.yaml': 'a: b' }, /No Kubernetes objects/],
    ['manifests', { 'a.yaml': 'apiVersion: v1\nkind: Service\nmetadata: { name: a }\n' }, /manifests/],
  ];
  for (const [title, files, expected] of bad) {
    it(`${title}: says so in both languages`, async () => {
      const result = await read(files);
      assert.ok(!result.ok);
      assert.match(result.problem.en, expected);
      assert.match(result.problem.zh, /[\u4e00-\u9fff]/);
    });
  }

  it('a file that cannot be read is left out', async () => {
    const result = await snapshotFromFiles(
      [
        { path: 'gone.json', text: () => Promise.reject(new Error('gone')) },
        { path: 'a.json', text: () => Promise.resolve(json({ apiVersion: 'v1', kind: 'Pod', ...pod('p') })) },
      ],
      'there',
    );
    assert.ok(result.ok);
    assert.deepEqual(result.skipped, ['gone.json']);
  });

  it('whatever the text, nothing throws', async () => {
    const piece = fc.constantFrom(
      '{',
      '}\n',
      '"kind": "PodList",',
      '"apiVersion": "v1"',
      '==== START logs for container a of pod b/c ====\n',
      'items:\n',
      '- a: b\n',
      'kind: List\n',
      'apiVersion: v1\n',
      '---\n',
      '[',
      '&a',
      '*a',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        await read({ 'a.yaml': pieces.join('') });
      }),
      { numRuns: 300 },
    );
  });
});
