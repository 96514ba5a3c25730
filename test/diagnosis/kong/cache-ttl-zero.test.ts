import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { followUp } from '../../../src/diagnosis/diagnose.ts';
import { NO_CONFIGURATION } from '../../../src/linters/engine.ts';
import { readPlugins } from '../../../src/linters/kong/live-admin.ts';
import { cacheTtlZero as probe } from '../../../src/linters/kong/probes/cache-ttl-zero.ts';
import type { Verdict } from '../../../src/linters/probe.ts';
import { RULES } from '../../../src/linters/registry.ts';
import { judge, minutesAgo, pod, snapshotOf, type SnapshotParts } from '../snapshot-of.ts';
import { kongPod, kongYaml, line, oomKilled, proxyLog, using } from './kong-cluster.ts';

const FAULTY = 'kong:0.12.3';
const ZERO = { KONG_DATABASE: 'postgres', KONG_DB_CACHE_TTL: '0', KONG_NGINX_WORKER_PROCESSES: '4' };

function kong(image: string, env: Readonly<Record<string, string>>, parts: SnapshotParts = {}): SnapshotParts {
  return { pods: [kongPod(image)], ...parts, yaml: kongYaml(image, env) + (parts.yaml ?? '') };
}

const rising = [using(300, 10), using(312, 5), using(330)];

const TABLE: readonly (readonly [string, Verdict, SnapshotParts])[] = [
  ['killed an hour ago', 'live', kong(FAULTY, ZERO, { pods: [kongPod(FAULTY, oomKilled(60))] })],
  ['killed yesterday and a bit', 'latent', kong(FAULTY, ZERO, { pods: [kongPod(FAULTY, oomKilled(24 * 60 + 1))] })],
  ['a worker killed', 'live', kong(FAULTY, ZERO, { logs: [proxyLog(line('kong/worker-killed', 30))] })],
  ['a worker killed, nobody knows when', 'latent', kong(FAULTY, ZERO, { logs: [proxyLog(line('kong/worker-killed', undefined))] })],
  ['LuaJIT out of memory', 'live', kong(FAULTY, ZERO, { logs: [proxyLog(line('kong/lua-out-of-memory', 30))] })],
  ['memory that grows with each sample', 'live', kong(FAULTY, ZERO, { usage: rising })],
  ['two samples', 'latent', kong(FAULTY, ZERO, { usage: rising.slice(1) })],
  ['a sample that is smaller', 'latent', kong(FAULTY, ZERO, { usage: [using(300, 10), using(299, 5), using(330)] })],
  ['little growth', 'latent', kong(FAULTY, ZERO, { usage: [using(300, 10), using(310, 5), using(323)] })],
  [
    'growth of a container that has just started',
    'latent',
    kong(FAULTY, ZERO, { usage: rising, pods: [kongPod(FAULTY, { startedAt: minutesAgo(15) })] }),
  ],
  ['as configured', 'latent', kong(FAULTY, ZERO)],
  ['a tag that may be one of them', 'latent', kong('kong:0.13', ZERO, { pods: [kongPod('kong:0.13', oomKilled(60))] })],
  ['one worker', 'mitigated', kong(FAULTY, { ...ZERO, KONG_NGINX_WORKER_PROCESSES: '1' })],
  [
    'killed, with one worker',
    'mitigated',
    kong(FAULTY, { ...ZERO, KONG_NGINX_WORKER_PROCESSES: '1' }, { pods: [kongPod(FAULTY, oomKilled(60))] }),
  ],
  ['the default put back', 'clear', kong(FAULTY, { ...ZERO, KONG_DB_CACHE_TTL: '3600' })],
  ['nobody sets it', 'clear', kong('kong:latest', { KONG_DATABASE: 'postgres' })],
  ['0.13.1', 'clear', kong('kong:0.13.1', ZERO, { pods: [kongPod('kong:0.13.1', oomKilled(60))] })],
  ['a version of today', 'clear', kong('kong:3.9.1', ZERO)],
  ['a version that is not known', 'unknown', kong('kong:latest', ZERO)],
  [
    'settings out of a Secret',
    'unknown',
    {
      pods: [kongPod(FAULTY)],
      yaml: kongYaml(FAULTY, { KONG_DATABASE: 'postgres' }).replace(
        '          env:\n',
        '          envFrom: [{ secretRef: { name: kong } }]\n          env:\n',
      ),
    },
  ],
  [
    'a new version with settings out of a Secret',
    'clear',
    {
      pods: [kongPod('kong:2.8.1')],
      yaml: kongYaml('kong:2.8.1', ZERO).replace(
        '          env:\n',
        '          envFrom: [{ secretRef: { name: kong } }]\n          env:\n',
      ),
    },
  ],
  ['pods alone', 'unknown', { pods: [kongPod(FAULTY)] }],
  ['pods alone of a version of today', 'clear', { pods: [kongPod('kong:3.9.1')] }],
  ['no Kong', 'absent', { pods: [pod('shop-1')] }],
];

describe('kong/cache-ttl-zero', () => {
  for (const [name, verdict, parts] of TABLE) it(`${verdict}: ${name}`, () => assert.equal(judge(probe, parts).verdict, verdict));

  const safe: readonly (readonly [string, SnapshotParts])[] = [
    ['the default put back', kong(FAULTY, { ...ZERO, KONG_DB_CACHE_TTL: '3600' })],
    ['one worker', kong(FAULTY, { ...ZERO, KONG_NGINX_WORKER_PROCESSES: '1' })],
    ['no Kong', { pods: [pod('shop-1')] }],
  ];
  for (const need of probe.needs.filter(({ optional }) => !optional)) {
    const resource = need.group === '' ? need.resource : `${need.resource}.${need.group}`;
    for (const [name, parts] of safe) {
      it(`unknown without ${resource}: ${name}`, () => {
        assert.equal(judge(probe, { ...parts, outcomes: { [resource]: 'timeout' } }).verdict, 'unknown');
      });
    }
  }

  it('offers commands and proofs only where there is a leak', () => {
    const of = (parts: SnapshotParts) => {
      const [subject] = judge(probe, parts).subjects;
      return [subject?.wouldProve.map(({ messageId }) => messageId), subject?.actions.length];
    };
    assert.deepEqual(of(kong(FAULTY, ZERO)), [['prove-growth', 'prove-plugin'], 3]);
    assert.deepEqual(of(kong(FAULTY, ZERO, { usage: rising })), [[], 3]);
    assert.deepEqual(of(kong('kong:latest', ZERO)), [['prove-setting'], 0]);
    assert.deepEqual(of(kong('kong:3.9.1', ZERO)), [[], 0]);
    assert.deepEqual(of(kong(FAULTY, ZERO, { pods: [] })), [['prove-growth', 'prove-plugin'], 1]);
  });

  it('says which plugin makes it a leak', () => {
    const plugin =
      '---\napiVersion: configuration.konghq.com/v1\nkind: KongPlugin\nmetadata: { name: bots, namespace: edge }\nplugin: bot-detection\n';
    const [subject] = judge(probe, kong(FAULTY, ZERO, { yaml: plugin })).subjects;
    const bots = subject?.evidence.find(({ explains }) => explains.messageId === 'bot-detection');
    assert.deepEqual([bots?.object.kind, bots?.pointer, bots?.value], ['KongPlugin', '/plugin', 'bot-detection']);
  });

  it('points at the setting, and puts the default back', () => {
    const [subject] = judge(probe, kong(FAULTY, ZERO, { usage: rising })).subjects;
    assert.deepEqual(
      subject?.evidence.map(({ pointer, value }) => [pointer, value]),
      [
        ['', 'proxy: 300 → 330 MiB'],
        ['/spec/template/spec/containers/0/env/1/value', '0.12.3, db_cache_ttl = 0'],
        ['', 'proxy: 330 MiB of 4096 MiB'],
      ],
    );
    const change = subject?.actions.find(({ risk }) => risk === 'change');
    assert.deepEqual(
      [change?.command, change?.undo],
      [
        'kubectl -n edge set env deployment/kong -c proxy KONG_DB_CACHE_TTL=3600',
        'kubectl -n edge set env deployment/kong -c proxy KONG_DB_CACHE_TTL=0',
      ],
    );
  });

  it('asks the Admin API for the plugin only, and for its number only', () => {
    const service =
      '---\napiVersion: v1\nkind: Service\nmetadata: { name: kong-admin, namespace: edge }\nspec: { selector: { app: kong }, ports: [{ port: 8001 }] }\n';
    const settings = { rules: RULES, configuration: NO_CONFIGURATION, preview: false, probes: [probe] };
    const asked = (parts: SnapshotParts) => followUp(snapshotOf(parts, [probe]), settings);
    assert.deepEqual(
      asked(kong(FAULTY, ZERO, { yaml: service })).asks.map(({ service: name, path }) => [name, path]),
      [['kong-admin:8001', '/plugins?name=bot-detection']],
    );
    const healthy = asked(kong('kong:3.9.1', ZERO, { yaml: service }));
    assert.deepEqual([healthy.asks, healthy.logs], [[], []]);
    assert.deepEqual(readPlugins('{"total":2,"data":[{"id":"secret"}]}'), { plugins: 2 });
    assert.deepEqual(readPlugins('{"data":[{"id":"secret"}],"next":null}'), { plugins: 1 });
    assert.deepEqual(readPlugins('{"message":"unauthorized"}'), {});
    const values = { plugins: 1 };
    const answers = [{ namespace: 'edge', service: 'kong-admin:8001', path: '/plugins?name=bot-detection', values }];
    const [subject] = judge(probe, kong(FAULTY, ZERO, { yaml: service, answers })).subjects;
    assert.ok(subject?.evidence.some(({ value }) => value === 'bot-detection = 1'));
  });
});
