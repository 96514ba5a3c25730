import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Verdict } from '../../../src/linters/probe.ts';
import { jvmMemoryLimit as probe } from '../../../src/linters/runtime/probes/jvm-memory-limit.ts';
import { container, judge, pod, type SnapshotParts } from '../snapshot-of.ts';
import { oomKilled, ordersPod, ordersYaml, using } from './orders-cluster.ts';

function orders(env: Readonly<Record<string, string>>, parts: SnapshotParts = {}, limit = '512Mi', more = ''): SnapshotParts {
  return { pods: [ordersPod()], ...parts, yaml: ordersYaml(env, limit, more) };
}

const ROOM = { JAVA_TOOL_OPTIONS: '-XX:MaxRAMPercentage=75.0' };
const NO_ROOM = { JAVA_TOOL_OPTIONS: '-Xmx512m' };
const BARE = { JAVA_VERSION: 'jdk-17.0.15+6' };
const COMMAND = '          command: [java, -Xmx300m, -jar, app.jar]';

const TABLE: readonly (readonly [string, Verdict, SnapshotParts])[] = [
  ['killed an hour ago', 'live', orders(ROOM, { pods: [ordersPod(oomKilled(60))] })],
  ['killed, known by its program', 'live', orders({}, { pods: [ordersPod(oomKilled(60))] }, '512Mi', COMMAND)],
  [
    'killed, known by its image',
    'live',
    { pods: [pod('search-0', { containers: [container({ image: 'docker.io/library/elasticsearch:8.15.0', ...oomKilled(60) })] })] },
  ],
  ['killed 25 hours ago, with room', 'mitigated', orders(ROOM, { pods: [ordersPod(oomKilled(25 * 60))] })],
  ['a heap as large as the limit', 'latent', orders(NO_ROOM, { usage: [using(300)] })],
  ['a heap of 90 percent', 'latent', orders({ JAVA_TOOL_OPTIONS: '-XX:MaxRAMPercentage=90.0' })],
  ['nearly full', 'latent', orders(ROOM, { usage: [using(462)] })],
  ['not full', 'mitigated', orders(ROOM, { usage: [using(460)] })],
  ['room, by the program’s own words', 'mitigated', orders({}, {}, '512Mi', COMMAND)],
  ['no flag, not full', 'clear', orders(BARE, { usage: [using(300)] })],
  ['no limit', 'clear', orders(BARE, { pods: [ordersPod({}, { containers: [container({ image: 'registry.example/orders:1.4' })] })] }, '')],
  ['no flag, no metrics', 'unknown', orders(BARE)],
  ['a heap as large as the limit, where nobody may read it', 'unknown', orders({ JVM_OPTS: '-Xms256m -Xmx512m' }, { usage: [using(230)] })],
  ['a heap below the limit, where nobody may read it', 'clear', orders({ JVM_OPTS: '-Xmx300m' }, { usage: [using(230)] })],
  ['the same beside one that the JVM reads', 'mitigated', orders({ ...ROOM, JVM_OPTS: '-Xmx512m' }, { usage: [using(230)] })],
  ['killed, and nobody can tell what it is', 'absent', orders({}, { pods: [ordersPod(oomKilled(60))] })],
  ['killed, and it is Go', 'absent', orders({ GOMEMLIMIT: '460MiB' }, { pods: [ordersPod(oomKilled(60))] })],
  ['nothing of a JVM', 'absent', orders({})],
];

describe('runtime/jvm-memory-limit', () => {
  for (const [name, verdict, parts] of TABLE) it(`${verdict}: ${name}`, () => assert.equal(judge(probe, parts).verdict, verdict));

  const safe: readonly (readonly [string, SnapshotParts])[] = [
    ['room', orders(ROOM, { usage: [using(300)] })],
    ['not full', orders(BARE, { usage: [using(300)] })],
    ['nothing of a JVM', orders({})],
  ];
  for (const need of probe.needs.filter(({ optional }) => !optional)) {
    const resource = need.group === '' ? need.resource : `${need.resource}.${need.group}`;
    for (const [name, parts] of safe) {
      it(`unknown without ${resource}: ${name}`, () => {
        assert.equal(judge(probe, { ...parts, outcomes: { [resource]: 'forbidden' } }).verdict, 'unknown');
      });
    }
  }

  it('names the flag that bounds the heap, and its place', () => {
    const [subject] = judge(probe, orders(ROOM)).subjects;
    const [bound] = subject?.evidence ?? [];
    assert.deepEqual(
      [bound?.pointer, bound?.value],
      ['/spec/template/spec/containers/0/env/0/value', '-XX:MaxRAMPercentage=75.0, limit 512 MiB'],
    );
  });

  it('gains time with twice the memory', () => {
    const [subject] = judge(probe, orders(ROOM, { pods: [ordersPod(oomKilled(60))] })).subjects;
    assert.deepEqual(
      subject?.actions.map(({ command, undo }) => [command, undo]),
      [
        ['kubectl -n shop top pod orders-6d-abcde --containers', undefined],
        [
          'kubectl -n shop set resources deployment/orders -c app --limits=memory=1Gi',
          'kubectl -n shop set resources deployment/orders -c app --limits=memory=512Mi',
        ],
      ],
    );
  });

  it('thresholds are options', () => {
    assert.equal(judge(probe, orders(ROOM, { usage: [using(462)] }), { fullPercent: 95 }).verdict, 'mitigated');
    assert.equal(judge(probe, orders(ROOM, { pods: [ordersPod(oomKilled(60))] }), { window: '30m' }).verdict, 'mitigated');
  });
});
