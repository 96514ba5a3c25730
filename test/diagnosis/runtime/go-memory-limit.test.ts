import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { followUp } from '../../../src/diagnosis/diagnose.ts';
import { NO_CONFIGURATION } from '../../../src/linters/engine.ts';
import type { Verdict } from '../../../src/linters/probe.ts';
import { RULES } from '../../../src/linters/registry.ts';
import { goMemoryLimit as probe } from '../../../src/linters/runtime/probes/go-memory-limit.ts';
import type { ContainerState } from '../../../src/snapshot/snapshot.ts';
import { container, judge, minutesAgo, pod, snapshotOf, type SnapshotParts } from '../snapshot-of.ts';
import { oomKilled, ordersPod, ordersYaml, using } from './orders-cluster.ts';

function orders(env: Readonly<Record<string, string>>, parts: SnapshotParts = {}, limit = '512Mi', more = ''): SnapshotParts {
  return { pods: [ordersPod()], ...parts, yaml: ordersYaml(env, limit, more) };
}

const ROOM = { GOMEMLIMIT: '460MiB' };
const NO_ROOM = { GOMEMLIMIT: '512MiB' };
const MALFORMED = { GOMEMLIMIT: '512Mi' };
const BARE = { GODEBUG: 'netdns=go' };

const ended = (exitCode: number, minutes: number): Partial<ContainerState> => ({
  state: 'waiting',
  reason: 'CrashLoopBackOff',
  ready: false,
  restarts: 6,
  lastTermination: { reason: 'Error', exitCode, finishedAt: minutesAgo(minutes) },
});
const malformedLine = (minutes: number) => ({
  namespace: 'shop',
  pod: 'orders-6d-abcde',
  container: 'app',
  previous: true,
  lines: 2,
  matches: [{ signature: 'runtime/malformed-gomemlimit', count: 1, line: 'fatal error: malformed GOMEMLIMIT', at: minutesAgo(minutes) }],
});
const noLimit = container({ image: 'registry.example/orders:1.4' });

const TABLE: readonly (readonly [string, Verdict, SnapshotParts])[] = [
  ['killed an hour ago', 'live', orders(ROOM, { pods: [ordersPod(oomKilled(60))] })],
  ['killed 25 hours ago, with room', 'mitigated', orders(ROOM, { pods: [ordersPod(oomKilled(25 * 60))] })],
  [
    'killed an hour ago, the pod is going',
    'mitigated',
    orders(ROOM, { pods: [ordersPod(oomKilled(60), { deleting: true }), ordersPod({}, { name: 'orders-7e-fghij' })] }),
  ],
  [
    'a known Go program, killed',
    'live',
    {
      pods: [
        pod('coredns-1', {
          containers: [container({ name: 'coredns', image: 'registry.k8s.io/coredns/coredns:v1.11.3', ...oomKilled(60) })],
        }),
      ],
    },
  ],
  [
    'a known Go program, nothing happens to it',
    'absent',
    {
      pods: [
        pod('coredns-1', {
          containers: [container({ name: 'coredns', image: 'registry.k8s.io/coredns/coredns:v1.11.3', memoryLimitMiB: 170 })],
        }),
      ],
    },
  ],
  ['crash loop with exit code 2', 'live', orders(MALFORMED, { pods: [ordersPod(ended(2, 3))] })],
  [
    'crash loop, its end not told',
    'live',
    orders(MALFORMED, { pods: [ordersPod({ state: 'waiting', reason: 'CrashLoopBackOff', ready: false })] }),
  ],
  ['crash loop with another exit code', 'latent', orders(MALFORMED, { pods: [ordersPod(ended(1, 3))] })],
  ['the runtime’s own words', 'live', orders(MALFORMED, { pods: [ordersPod(ended(1, 3))], logs: [malformedLine(3)] })],
  [
    'the runtime’s own words of the day before',
    'latent',
    orders(MALFORMED, { pods: [ordersPod(ended(1, 3))], logs: [malformedLine(25 * 60)] }),
  ],
  ['malformed, and the old pods still run', 'latent', orders(MALFORMED)],
  ['exit code 2 without a malformed value', 'mitigated', orders(ROOM, { pods: [ordersPod(ended(2, 3))] })],
  [
    'exit code 2 a day ago, running again',
    'latent',
    orders(MALFORMED, {
      pods: [ordersPod({ restarts: 1, lastTermination: { reason: 'Error', exitCode: 2, finishedAt: minutesAgo(25 * 60) } })],
    }),
  ],
  [
    'exit code 2 just now, running again',
    'live',
    orders(MALFORMED, { pods: [ordersPod({ restarts: 1, lastTermination: { reason: 'Error', exitCode: 2, finishedAt: minutesAgo(1) } })] }),
  ],
  [
    'ended with exit code 2, not restarted yet',
    'live',
    orders(MALFORMED, {
      pods: [ordersPod({ state: 'terminated', termination: { reason: 'Error', exitCode: 2, finishedAt: minutesAgo(1) } })],
    }),
  ],
  [
    'malformed, and its image is missing',
    'latent',
    orders(MALFORMED, { pods: [ordersPod({ state: 'waiting', reason: 'ImagePullBackOff', ready: false })] }),
  ],
  [
    'a known Go program, nearly full',
    'latent',
    {
      pods: [
        pod('coredns-1', {
          containers: [container({ name: 'coredns', image: 'registry.k8s.io/coredns/coredns:v1.11.3', memoryLimitMiB: 170 })],
        }),
      ],
      usage: [
        {
          at: minutesAgo(0),
          containers: [{ namespace: 'shop', pod: 'coredns-1', container: 'coredns', cpuMillicores: 1, memoryMiB: 160 }],
        },
      ],
    },
  ],
  ['no room below the limit', 'latent', orders(NO_ROOM, { usage: [using(300)] })],
  ['no GOMEMLIMIT and nearly full', 'latent', orders(BARE, { usage: [using(462)] })],
  ['no GOMEMLIMIT and not full', 'clear', orders(BARE, { usage: [using(460)] })],
  ['full up to its own limit', 'mitigated', orders(ROOM, { usage: [using(480)] })],
  ['room', 'mitigated', orders(ROOM, { usage: [using(300)] })],
  ['nothing bounds it', 'clear', orders(BARE, { pods: [ordersPod({}, { containers: [noLimit] })] }, '')],
  ['no GOMEMLIMIT, no metrics', 'unknown', orders(BARE)],
  ['killed, and nobody can tell what it is', 'unknown', orders({}, { pods: [ordersPod(oomKilled(60))] })],
  ['killed the day before, and nobody can tell what it is', 'absent', orders({}, { pods: [ordersPod(oomKilled(25 * 60))] })],
  ['killed, and it is a JVM', 'absent', orders({ JAVA_TOOL_OPTIONS: '-Xmx400m' }, { pods: [ordersPod(oomKilled(60))] })],
  ['killed, and it is Node.js', 'absent', orders({ NODE_VERSION: '20.1.0' }, { pods: [ordersPod(oomKilled(60))] })],
  [
    'an injected proxy with Go’s settings, killed',
    'absent',
    orders(
      {},
      {
        pods: [
          ordersPod(
            {},
            {
              containers: [
                container(),
                container({
                  name: 'istio-proxy',
                  image: 'docker.io/istio/proxyv2:1.24.0',
                  env: { GOMEMLIMIT: '1073741824' },
                  ...oomKilled(60),
                }),
              ],
            },
          ),
        ],
      },
    ),
  ],
  ['settings that everybody gets, killed', 'unknown', orders({ GOGC: '50', JAVA_OPTS: '-Xmx1g' }, { pods: [ordersPod(oomKilled(60))] })],
  ['nothing of Go', 'absent', orders({})],
];

describe('runtime/go-memory-limit', () => {
  for (const [name, verdict, parts] of TABLE) it(`${verdict}: ${name}`, () => assert.equal(judge(probe, parts).verdict, verdict));

  const safe: readonly (readonly [string, SnapshotParts])[] = [
    ['room', orders(ROOM, { usage: [using(300)] })],
    ['not full', orders(BARE, { usage: [using(300)] })],
    ['nothing of Go', orders({})],
  ];
  for (const need of probe.needs.filter(({ optional }) => !optional)) {
    const resource = need.group === '' ? need.resource : `${need.resource}.${need.group}`;
    for (const [name, parts] of safe) {
      it(`unknown without ${resource}: ${name}`, () => {
        assert.equal(judge(probe, { ...parts, outcomes: { [resource]: 'forbidden' } }).verdict, 'unknown');
      });
    }
  }

  it('one finding does not speak for the container beside it', () => {
    const more =
      '        - { name: agent, image: "registry.example/agent:2", env: [{ name: GOMEMLIMIT, value: 100MiB }], resources: { limits: { memory: 128Mi } } }';
    const [subject] = judge(probe, orders(NO_ROOM, { usage: [using(300)] }, '512Mi', more)).subjects;
    assert.equal(subject?.verdict, 'latent');
    assert.equal(subject.findings.length, 1);
    assert.ok(subject.evidence.some(({ explains }) => explains.messageId === 'bounded'));
  });

  it('says where the kill stands and what shows that it is Go', () => {
    const [subject] = judge(probe, orders(ROOM, { pods: [ordersPod(oomKilled(60))], usage: [using(300)] })).subjects;
    assert.deepEqual(
      subject?.evidence.map(({ object, pointer, value, time }) => [object.name, pointer, value, time]),
      [
        ['orders-6d-abcde', '/status/containerStatuses/0/lastState/terminated/reason', 'app: OOMKilled', minutesAgo(60)],
        ['orders-6d-abcde', '', 'app: 300 MiB of 512 MiB', minutesAgo(0)],
        ['orders', '/spec/template/spec/containers/0/env/0/name', 'GOMEMLIMIT', undefined],
      ],
    );
  });

  const changes = (parts: SnapshotParts) =>
    judge(probe, parts)
      .subjects.flatMap(({ actions }) => actions)
      .filter(({ risk }) => risk === 'change')
      .map(({ command, undo }) => [command, undo]);

  it('writes a value that Go reads, and brings the old one back', () => {
    assert.deepEqual(changes(orders(MALFORMED)), [
      [
        'kubectl -n shop set env deployment/orders -c app GOMEMLIMIT=460MiB',
        'kubectl -n shop set env deployment/orders -c app GOMEMLIMIT=512Mi',
      ],
    ]);
  });

  it('gives a killed program its limit, and twice the memory', () => {
    assert.deepEqual(changes(orders(BARE, { pods: [ordersPod(oomKilled(60))] })), [
      [
        'kubectl -n shop set env deployment/orders -c app GOMEMLIMIT=460MiB',
        'kubectl -n shop set env deployment/orders -c app GOMEMLIMIT-',
      ],
      [
        'kubectl -n shop set resources deployment/orders -c app --limits=memory=1Gi',
        'kubectl -n shop set resources deployment/orders -c app --limits=memory=512Mi',
      ],
    ]);
  });

  it('tells apart what speaks: the line, the exit code, an old kill, being full', () => {
    const said = (parts: SnapshotParts) =>
      judge(probe, parts).subjects[0]?.evidence.map(({ explains, pointer }) => [explains.messageId, pointer]);
    const sign = ['sign', '/spec/template/spec/containers/0/env/0/name'];
    assert.deepEqual(said(orders(MALFORMED, { pods: [ordersPod(ended(2, 3))] })), [
      ['aborts', '/status/containerStatuses/0/lastState/terminated/exitCode'],
      sign,
    ]);
    const looping = ordersPod({ state: 'waiting', reason: 'CrashLoopBackOff', ready: false });
    assert.deepEqual(said(orders(MALFORMED, { pods: [looping] })), [['aborts', '/status/containerStatuses/0/state/waiting/reason'], sign]);
    assert.deepEqual(said(orders(MALFORMED, { pods: [ordersPod(ended(2, 3))], logs: [malformedLine(3)] })), [['malformed-line', ''], sign]);
    assert.deepEqual(said(orders(BARE, { usage: [using(480)] })), [['full', ''], sign]);
    assert.deepEqual(said(orders(ROOM, { pods: [ordersPod(oomKilled(25 * 60))] })), [
      ['bounded', '/spec/template/spec/containers/0/env/0/value'],
      ['killed-before', '/status/containerStatuses/0/lastState/terminated/reason'],
    ]);
  });

  it('offers nothing where a field or a ConfigMap gives the value', () => {
    const parts = orders(ROOM, { pods: [ordersPod(oomKilled(60))] });
    const field = 'valueFrom: { resourceFieldRef: { resource: limits.memory } }';
    const commands = changes({ ...parts, yaml: (parts.yaml ?? '').replace('value: "460MiB"', field) }).map(([command]) => command);
    assert.deepEqual(commands, ['kubectl -n shop set resources deployment/orders -c app --limits=memory=1Gi']);
  });

  it('reads the logs of containers with a malformed value that failed', () => {
    const settings = { rules: RULES, configuration: NO_CONFIGURATION, preview: false, probes: [probe] };
    const logs = (parts: SnapshotParts) => followUp(snapshotOf(parts, [probe]), settings).logs.map(({ previous }) => previous);
    assert.deepEqual(logs(orders(MALFORMED, { pods: [ordersPod(ended(2, 3))] })), [false, true]);
    assert.deepEqual(logs(orders(MALFORMED)), []);
    assert.deepEqual(logs(orders(ROOM, { pods: [ordersPod(ended(2, 3))] })), []);
  });
});
