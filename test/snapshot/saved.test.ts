import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { looksSaved, readSnapshot } from '../../src/snapshot/read-saved.ts';
import { snapshotText } from '../../src/snapshot/save.ts';
import { container, event, minutesAgo, NOW, pod, snapshotOf } from '../diagnosis/snapshot-of.ts';

const SNAPSHOT = snapshotOf({
  yaml: 'apiVersion: v1\nkind: Service\nmetadata: { name: a, namespace: shop }\nspec: { clusterIP: None }\n',
  pods: [pod('a', { containers: [container({ lastTermination: { reason: 'OOMKilled', exitCode: 137 }, memoryLimitMiB: 512 })] })],
  events: [event({ kind: 'Pod', namespace: 'shop', name: 'a' }, 'BackOff')],
  usage: [{ at: NOW, containers: [{ namespace: 'shop', pod: 'a', container: 'app', cpuMillicores: 5, memoryMiB: 10 }] }],
  logs: [
    {
      namespace: 'shop',
      pod: 'a',
      container: 'app',
      previous: false,
      lines: 3,
      matches: [{ signature: 'x', count: 1, line: 'l', at: minutesAgo(1), numbers: { n: [1] } }],
    },
  ],
  answers: [{ namespace: 'shop', service: 'a', path: '/x', values: { n: 1 } }],
});

describe('a saved snapshot', () => {
  it('comes back as it was', () => {
    const text = snapshotText(SNAPSHOT);
    assert.ok(looksSaved(text));
    const result = readSnapshot(text);
    assert.ok(result.ok, result.ok ? '' : result.problem.en);
    assert.deepEqual(result.snapshot, SNAPSHOT);
  });

  it('has the same bytes whatever order its keys came in', () => {
    const turned = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(turned);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, item]) => [key, turned(item)]),
      );
    };
    const other = { ...SNAPSHOT, objects: turned(SNAPSHOT.objects), pods: turned(SNAPSHOT.pods) } as typeof SNAPSHOT;
    assert.equal(snapshotText(other), snapshotText(SNAPSHOT));
  });

  it('a byte order mark and other white space do no harm', () => {
    assert.ok(readSnapshot(`\uFEFF${JSON.stringify(SNAPSHOT)}`).ok);
    assert.ok(looksSaved(`\uFEFF ${JSON.stringify(SNAPSHOT, null, 4)}`));
    assert.ok(!looksSaved('{"kind":"List"}'));
  });

  const broken: readonly (readonly [string, string, RegExp])[] = [
    ['no JSON', '{"format": "runbook-lens-snapshot", ', /no JSON/],
    ['another JSON', '{"kind": "List"}', /no snapshot/],
    ['a list', '[]', /no snapshot/],
    ['a newer version', JSON.stringify({ ...SNAPSHOT, version: 2 }), /version 2/],
    ['no version', JSON.stringify({ ...SNAPSHOT, version: undefined }), /version \?/],
    ['no pods', JSON.stringify({ ...SNAPSHOT, pods: undefined }), /\/pods /],
    ['a time that is none', JSON.stringify({ ...SNAPSHOT, takenAt: 'yesterday' }), /\/takenAt/],
    [
      'an object without a name',
      JSON.stringify({ ...SNAPSHOT, objects: [{ apiVersion: 'v1', kind: 'Service', metadata: {} }] }),
      /\/objects\/0\/metadata\/name/,
    ],
    ['a pod of another shape', JSON.stringify({ ...SNAPSHOT, pods: [{ ...SNAPSHOT.pods[0], containers: {} }] }), /\/pods\/0\/containers/],
    ['labels that are no texts', JSON.stringify({ ...SNAPSHOT, pods: [{ ...SNAPSHOT.pods[0], labels: { a: 1 } }] }), /\/pods\/0\/labels/],
  ];
  for (const [title, text, expected] of broken) {
    it(`${title}: says what is wrong, in both languages`, () => {
      const result = readSnapshot(text);
      assert.ok(!result.ok);
      assert.match(result.problem.en, expected);
      assert.match(result.problem.zh, /[\u4e00-\u9fff]/);
    });
  }
});
