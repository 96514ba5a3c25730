import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Verdict } from '../../../src/linters/probe.ts';
import { routerRebuildMemory as probe } from '../../../src/linters/kong/probes/router-rebuild-memory.ts';
import { readRoutes, readStatus } from '../../../src/linters/kong/live-admin.ts';
import { followUp } from '../../../src/diagnosis/diagnose.ts';
import { NO_CONFIGURATION } from '../../../src/linters/engine.ts';
import { RULES } from '../../../src/linters/registry.ts';
import { container, judge, pod, snapshotOf, type SnapshotParts } from '../snapshot-of.ts';
import { CONTROLLER, ingresses, kongPod, kongYaml, line, oomKilled, proxyLog, using } from './kong-cluster.ts';

const OLD = 'kong:2.2.0';
const DATABASE = { KONG_DATABASE: 'postgres', KONG_NGINX_WORKER_PROCESSES: '4' };
const EVENTUAL = { ...DATABASE, KONG_WORKER_CONSISTENCY: 'eventual' };
const DBLESS = { KONG_DATABASE: 'off', KONG_NGINX_WORKER_PROCESSES: '2' };
const NEW = 'kong:3.9.1';
const TRADITIONAL = { ...DBLESS, KONG_ROUTER_FLAVOR: 'traditional' };
const ADMIN_PROBE = '          livenessProbe: { httpGet: { path: /, port: 8001 } }';

function kong(image: string, env: Readonly<Record<string, string>>, parts: SnapshotParts = {}, limit?: string, more = ''): SnapshotParts {
  return { pods: [kongPod(image)], ...parts, yaml: `${kongYaml(image, env, limit, more)}${parts.yaml ?? ''}` };
}

const TABLE: readonly (readonly [string, Verdict, SnapshotParts])[] = [
  ['killed an hour ago, 2.2 with a database', 'live', kong(OLD, EVENTUAL, { pods: [kongPod(OLD, oomKilled(60))] })],
  [
    'killed 25 hours ago, room for a write now',
    'mitigated',
    kong(OLD, EVENTUAL, { pods: [kongPod(OLD, oomKilled(25 * 60))], usage: [using(1000)] }),
  ],
  ['a worker killed by signal 9, 2.2 with a database', 'live', kong(OLD, EVENTUAL, { logs: [proxyLog(line('kong/worker-killed', 30))] })],
  [
    'the same line without a time',
    'mitigated',
    kong(OLD, EVENTUAL, { usage: [using(1000)], logs: [proxyLog(line('kong/worker-killed', undefined))] }),
  ],
  ['requests that passed the lock', 'live', kong(OLD, DATABASE, { logs: [proxyLog(line('kong/rebuild-lock-timeout', 5))] })],
  [
    'a rebuild that failed, and a version that is not known',
    'live',
    kong('kong:latest', DBLESS, { logs: [proxyLog(line('kong/rebuild-failed', 5))] }),
  ],
  ['the same a week ago', 'unknown', kong('kong:latest', DBLESS, { logs: [proxyLog(line('kong/rebuild-failed', 7 * 24 * 60))] })],
  [
    'killed with 6,000 routes and the traditional router',
    'live',
    kong(
      NEW,
      { ...DBLESS, KONG_ROUTER_FLAVOR: 'traditional' },
      { yaml: CONTROLLER + ingresses(6000), pods: [kongPod(NEW, oomKilled(60))] },
    ),
  ],
  [
    'nearly full with 6,000 routes and the traditional router',
    'live',
    kong(NEW, { ...DBLESS, KONG_ROUTER_FLAVOR: 'traditional' }, { yaml: CONTROLLER + ingresses(6000), usage: [using(3800)] }),
  ],
  [
    'killed with 6,000 routes, but rebuilding only what changed',
    'unknown',
    kong(NEW, DBLESS, { yaml: CONTROLLER + ingresses(6000), pods: [kongPod(NEW, oomKilled(60))] }),
  ],
  ['killed with 20 routes', 'unknown', kong(OLD, DBLESS, { yaml: CONTROLLER + ingresses(20), pods: [kongPod(OLD, oomKilled(60))] })],
  [
    'killed, but the leak of another incident explains it',
    'unknown',
    kong(
      'kong:0.12.3',
      { KONG_DATABASE: 'postgres', KONG_DB_CACHE_TTL: '0', KONG_NGINX_WORKER_PROCESSES: '4' },
      { pods: [kongPod('kong:0.12.3', oomKilled(60))] },
    ),
  ],
  ['more than half full at rest', 'latent', kong(OLD, EVENTUAL, { usage: [using(2100)] })],
  [
    'killed with 5,000 routes and the traditional router',
    'live',
    kong(NEW, TRADITIONAL, { yaml: CONTROLLER + ingresses(5000), pods: [kongPod(NEW, oomKilled(60))] }),
  ],
  [
    'killed, traditional, and nobody knows the routes',
    'unknown',
    kong(NEW, { ...TRADITIONAL, KONG_DATABASE: 'postgres' }, { pods: [kongPod(NEW, oomKilled(60))] }),
  ],
  ['killed, 2.2 without a database, and nobody knows the routes', 'unknown', kong(OLD, DBLESS, { pods: [kongPod(OLD, oomKilled(60))] })],
  [
    'killed, and another incident may explain it, or not',
    'live',
    kong('kong:0.13', { ...DATABASE, KONG_DB_CACHE_TTL: '0' }, { pods: [kongPod('kong:0.13', oomKilled(60))] }),
  ],
  ['nearly full, 2.2 with a database', 'latent', kong(OLD, EVENTUAL, { usage: [using(3800)] })],
  [
    '6,000 routes and the traditional router, room for a write',
    'latent',
    kong(NEW, TRADITIONAL, { yaml: CONTROLLER + ingresses(6000), usage: [using(900)] }),
  ],
  ['strict by default, room for a write', 'mitigated', kong(OLD, DATABASE, { usage: [using(1500)] })],
  ['more than half full, but rebuilding only what changed', 'mitigated', kong(NEW, EVENTUAL, { usage: [using(2100)] })],
  ['a version that is not known, room for a write', 'unknown', kong('kong:latest', DBLESS, { usage: [using(300)] })],
  [
    'workers that nobody can count',
    'unknown',
    {
      pods: [kongPod('kong:2.8.1')],
      yaml: `${kongYaml('kong:2.8.1', DBLESS).replace('name: KONG_NGINX_WORKER_PROCESSES, value: "2"', 'name: KONG_NGINX_WORKER_PROCESSES, valueFrom: { dropped: {} }')}${CONTROLLER}${ingresses(3000)}`,
    },
  ],
  ['exactly half full', 'mitigated', kong(OLD, EVENTUAL, { usage: [using(2048)] })],
  ['the lowest sample counts', 'mitigated', kong(OLD, EVENTUAL, { usage: [using(2000, 3), using(3000)] })],
  ['more than half full, but only 20 routes', 'clear', kong(OLD, DBLESS, { yaml: CONTROLLER + ingresses(20), usage: [using(2100)] })],
  [
    'a limit that the rule finds too small',
    'latent',
    kong(OLD, { ...EVENTUAL, KONG_NGINX_WORKER_PROCESSES: '16' }, { usage: [using(400)] }, '1Gi'),
  ],
  ['one worker per CPU of the node', 'latent', kong(NEW, { KONG_DATABASE: 'postgres' })],
  ['one worker per CPU of the node, but few routes', 'clear', kong(NEW, { KONG_DATABASE: 'off' }, { yaml: CONTROLLER })],
  ['more idle workers than fit, whatever the routes', 'latent', kong(NEW, { KONG_DATABASE: 'off' }, { yaml: CONTROLLER }, '512Mi')],
  [
    'few routes, but a probe that asks the Admin API for everything',
    'latent',
    kong(OLD, DBLESS, { yaml: CONTROLLER + ingresses(20) }, '4Gi', ADMIN_PROBE),
  ],
  ['3.0.0 itself', 'latent', kong('kong:3.0.0', DBLESS)],
  ['room for a write, eventual', 'mitigated', kong(OLD, EVENTUAL, { usage: [using(1500)] })],
  ['room by arithmetic', 'mitigated', kong('kong:2.8.1', DBLESS, { yaml: CONTROLLER + ingresses(3000) })],
  ['the incremental router', 'mitigated', kong(NEW, EVENTUAL)],
  ['no metrics and no routes', 'unknown', kong(OLD, EVENTUAL)],
  [
    'no limit at all',
    'unknown',
    kong(OLD, EVENTUAL, { pods: [kongPod(OLD, {}, { containers: [container({ name: 'proxy', image: OLD })] })], usage: [using(1500)] }, ''),
  ],
  [
    'settings out of a Secret',
    'unknown',
    {
      pods: [kongPod(NEW)],
      yaml: kongYaml(NEW, DBLESS).replace('          env:\n', '          envFrom: [{ secretRef: { name: kong } }]\n          env:\n'),
    },
  ],
  ['few routes', 'clear', kong(OLD, DBLESS, { yaml: CONTROLLER + ingresses(999) })],
  ['1,000 routes are not few', 'mitigated', kong(OLD, DBLESS, { yaml: CONTROLLER + ingresses(1000), usage: [using(900)] })],
  ['a control plane', 'clear', kong(NEW, { ...DATABASE, KONG_ROLE: 'control_plane' })],
  ['no Kong', 'absent', { pods: [pod('shop-1')] }],
  [
    'a migration is no Kong that serves',
    'absent',
    { pods: [kongPod(OLD, {}, { owner: { kind: 'Job', namespace: 'edge', name: 'kong-migrations' } })] },
  ],
  ['pods alone, 2.2', 'unknown', { pods: [kongPod(OLD)] }],
];

describe('kong/router-rebuild-memory', () => {
  for (const [name, verdict, parts] of TABLE) it(`${verdict}: ${name}`, () => assert.equal(judge(probe, parts).verdict, verdict));

  describe('never clear, mitigated or absent without', () => {
    const safe: readonly (readonly [string, SnapshotParts])[] = [
      ['few routes', kong(OLD, DBLESS, { yaml: CONTROLLER + ingresses(20), usage: [using(300)] })],
      ['room', kong(OLD, EVENTUAL, { usage: [using(1500)] })],
      ['no Kong', { pods: [pod('shop-1')] }],
    ];
    for (const need of probe.needs.filter(({ optional }) => !optional)) {
      const resource = need.group === '' ? need.resource : `${need.resource}.${need.group}`;
      for (const [name, parts] of safe) {
        it(`${resource}: ${name}`, () => {
          const { verdict, notChecked } = judge(probe, { ...parts, outcomes: { [resource]: 'forbidden' } });
          assert.equal(verdict, 'unknown');
          assert.ok(notChecked.some(({ what, reason }) => what === resource && reason === 'forbidden'));
        });
      }
    }
    for (const resource of [
      'ingresses.networking.k8s.io',
      'httproutes.gateway.networking.k8s.io',
      'tcpingresses.configuration.konghq.com',
    ]) {
      it(`${resource}: too few routes may be those that were read`, () => {
        const parts = kong(OLD, DBLESS, { yaml: CONTROLLER + ingresses(20), outcomes: { [resource]: 'forbidden' } });
        assert.equal(judge(probe, parts).verdict, 'unknown');
      });
    }
    it('metrics: whether it fits', () => {
      const parts = kong(OLD, EVENTUAL, { outcomes: { 'pods.metrics.k8s.io': 'forbidden' } });
      const { verdict, subjects } = judge(probe, parts);
      assert.equal(verdict, 'unknown');
      assert.ok(subjects[0]?.wouldProve.some(({ messageId }) => messageId === 'prove-metrics'));
    });
  });

  it('two Kongs: nobody can tell whose the routes of the cluster are', () => {
    const other = kongYaml(NEW, DBLESS).replace('name: kong,', 'name: other,');
    const parts = kong(OLD, DBLESS, { yaml: `${CONTROLLER}${ingresses(20)}---${other}` });
    assert.deepEqual(
      judge(probe, parts).subjects.map(({ object, verdict }) => [object.name, verdict]),
      [
        ['kong', 'unknown'],
        ['other', 'mitigated'],
      ],
    );
  });

  it('the evidence says where it stands, the strongest first', () => {
    const parts = kong(OLD, EVENTUAL, { pods: [kongPod(OLD, oomKilled(60))], usage: [using(2310)] });
    const [subject] = judge(probe, parts).subjects;
    assert.deepEqual(
      subject?.evidence.map(({ source, object, pointer, value, explains }) => [source, object.kind, pointer, value, explains.messageId]),
      [
        ['status', 'Pod', '/status/containerStatuses/0/lastState/terminated/reason', 'proxy: OOMKilled', 'killed'],
        ['metrics', 'Pod', '', 'proxy: 2310 MiB of 4096 MiB', 'steady'],
        ['config', 'Deployment', '/spec/template/spec/containers/0/image', '2.2.0', 'version-database'],
      ],
    );
  });

  it('the actions name this cluster’s objects, and each change comes with what takes it back', () => {
    const deck = `
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: kong-sync, namespace: edge }
spec: { schedule: '0 * * * *', jobTemplate: { spec: { template: { spec: { containers: [{ name: deck, image: 'kong/deck:v1.40' }] } } } } }
`;
    const parts = kong(
      OLD,
      { ...DATABASE, KONG_NGINX_WORKER_PROCESSES: 'auto', KONG_WORKER_CONSISTENCY: 'strict' },
      { yaml: deck, usage: [using(2300)] },
    );
    const [subject] = judge(probe, parts).subjects;
    const changes = subject?.actions.filter(({ risk }) => risk === 'change') ?? [];
    assert.deepEqual(
      changes.map(({ command, undo }) => [command, undo]),
      [
        [
          `kubectl -n edge patch cronjob kong-sync -p '{"spec":{"suspend":true}}'`,
          `kubectl -n edge patch cronjob kong-sync -p '{"spec":{"suspend":false}}'`,
        ],
        [
          'kubectl -n edge set resources deployment/kong -c proxy --limits=memory=6912Mi',
          'kubectl -n edge set resources deployment/kong -c proxy --limits=memory=4Gi',
        ],
        [
          'kubectl -n edge set env deployment/kong -c proxy KONG_NGINX_WORKER_PROCESSES=2',
          'kubectl -n edge set env deployment/kong -c proxy KONG_NGINX_WORKER_PROCESSES=auto',
        ],
        [
          'kubectl -n edge set env deployment/kong -c proxy KONG_WORKER_CONSISTENCY=eventual',
          'kubectl -n edge set env deployment/kong -c proxy KONG_WORKER_CONSISTENCY=strict',
        ],
      ],
    );
  });

  it('says what else would prove it', () => {
    const proofs = (parts: SnapshotParts) => judge(probe, parts).subjects[0]?.wouldProve.map(({ messageId }) => messageId);
    const killed = { pods: [kongPod(OLD, oomKilled(60))] };
    assert.deepEqual(proofs(kong(OLD, EVENTUAL, killed)), ['prove-routes', 'prove-lines']);
    assert.deepEqual(proofs(kong(OLD, EVENTUAL, { logs: [proxyLog(line('kong/rebuild-lock-timeout', 5))] })), []);
    assert.deepEqual(proofs(kong(OLD, EVENTUAL, { usage: [using(2100)] })), ['prove-lines', 'prove-routes']);
    assert.deepEqual(proofs(kong(NEW, TRADITIONAL, { yaml: CONTROLLER + ingresses(6000) })), ['prove-lines']);
    assert.deepEqual(proofs(kong(OLD, EVENTUAL)), ['prove-metrics', 'prove-routes']);
    const unlimited = { pods: [kongPod(OLD, {}, { containers: [container({ name: 'proxy', image: OLD })] })], usage: [using(1500)] };
    assert.deepEqual(proofs(kong(OLD, EVENTUAL, unlimited, '')), ['prove-routes']);
    assert.deepEqual(proofs(kong(OLD, EVENTUAL, { usage: [{ ...using(1500), containers: [] }] })), ['prove-routes']);
  });

  it('names what was measured and what prevents it', () => {
    const said = (parts: SnapshotParts) => judge(probe, parts).subjects[0]?.evidence.map(({ explains }) => explains.messageId);
    assert.deepEqual(said(kong('kong:3.0.0', DBLESS)), ['unsafe-version']);
    assert.deepEqual(said(kong(OLD, EVENTUAL, { usage: [using(1500)] })), ['steady', 'headroom', 'eventual']);
    assert.deepEqual(said(kong(OLD, DATABASE, { usage: [using(1500)] })), ['steady', 'headroom']);
    assert.deepEqual(said(kong(OLD, EVENTUAL, { usage: [using(3800)] })), ['full']);
    assert.deepEqual(said(kong(NEW, EVENTUAL, { logs: [proxyLog(line('kong/rebuild-failed', 5))] })), ['rebuild-failed']);
    assert.deepEqual(said(kong(NEW, EVENTUAL, { logs: [proxyLog(line('kong/rebuild-lock-timeout', 5))] })), ['lock-timeout']);
    const unlimited = { pods: [kongPod(OLD, {}, { containers: [container({ name: 'proxy', image: OLD })] })] };
    assert.deepEqual(said(kong(OLD, EVENTUAL, unlimited, '')), ['no-limit']);
  });

  it('offers actions where there is something to do', () => {
    const offered = (parts: SnapshotParts) => (judge(probe, parts).subjects[0]?.actions ?? []).length;
    assert.ok(offered(kong(OLD, EVENTUAL, { pods: [kongPod(OLD, oomKilled(60))] })) > 0);
    assert.equal(offered(kong(OLD, EVENTUAL, { usage: [using(1500)] })), 0);
  });

  it('thresholds are options', () => {
    const halfFull = kong(NEW, TRADITIONAL, { yaml: CONTROLLER + ingresses(4000), usage: [using(2048)] });
    assert.equal(judge(probe, halfFull, { manyRoutes: 4000, fullPercent: 50 }).verdict, 'mitigated');
    assert.equal(judge(probe, halfFull, { manyRoutes: 4000, fullPercent: 49 }).verdict, 'live');
    const half = kong(OLD, EVENTUAL, { usage: [using(2100)] });
    assert.equal(judge(probe, half, { headroomPercent: 150 }).verdict, 'mitigated');
    const killed = kong(OLD, EVENTUAL, { pods: [kongPod(OLD, oomKilled(60))], usage: [using(1000)] });
    assert.equal(judge(probe, killed, { window: '30m' }).verdict, 'mitigated');
  });

  const ask = (parts: SnapshotParts) =>
    followUp(snapshotOf(parts, [probe]), { rules: RULES, configuration: NO_CONFIGURATION, preview: false, probes: [probe] });

  it('reads the logs of suspects only, the former run’s where there was one', () => {
    const suspect = kong(OLD, EVENTUAL, { pods: [kongPod(OLD, oomKilled(60)), kongPod(OLD, {}, { name: 'kong-7f-fghij' })] });
    assert.deepEqual(
      ask(suspect).logs.map(({ pod: name, container, previous }) => [name, container, previous]),
      [
        ['kong-7f-abcde', 'proxy', false],
        ['kong-7f-abcde', 'proxy', true],
        ['kong-7f-fghij', 'proxy', false],
      ],
    );
    assert.deepEqual(ask(kong(NEW, DBLESS)).logs, []);
  });

  it('knows Kong’s own lines', () => {
    const signatures = ask(kong(OLD, EVENTUAL)).logs[0]?.signatures ?? [];
    const idOf = (text: string) => signatures.find(({ pattern }) => pattern.test(text))?.id;
    const lines: readonly (readonly [string, string | undefined])[] = [
      ['2026/11/21 11:02:03 [alert] 1#0: worker process 2310 exited on signal 9', 'kong/worker-killed'],
      ['2026/11/21 11:02:03 [alert] 1#0: worker process 2310 exited on signal 11', undefined],
      ['[kong] concurrency.lua:101 bypassing router lock: timeout', 'kong/rebuild-lock-timeout'],
      ['handler.lua:503: could not rebuild router: timeout (stale router will be used)', 'kong/rebuild-failed'],
      ['could not rebuild router via timer: no memory', 'kong/rebuild-failed'],
      ['concurrent incremental router rebuild without mutex, this is unsafe', 'kong/rebuild-failed'],
      ['start worker process 2311', undefined],
    ];
    for (const [text, id] of lines) assert.equal(idOf(text), id, text);
  });

  const service = `
---
apiVersion: v1
kind: Service
metadata: { name: kong-admin, namespace: edge }
spec: { selector: { app: kong }, ports: [{ name: admin, port: 8444, targetPort: 8444 }, { name: proxy, port: 80, targetPort: 8000 }] }
---
apiVersion: v1
kind: Service
metadata: { name: kong-status, namespace: edge }
spec: { selector: { app: kong }, ports: [{ name: status, port: 80, targetPort: 8100 }] }
---
apiVersion: v1
kind: Service
metadata: { name: other, namespace: edge }
spec: { selector: { app: other }, ports: [{ name: admin, port: 8001 }] }
`;

  it('asks Kong’s own Services only, through the proxy', () => {
    assert.deepEqual(
      ask(kong(OLD, EVENTUAL, { yaml: service })).asks.map(({ service: name, path }) => [name, path]),
      [
        ['https:kong-admin:8444', '/status?unit=b&scale=0'],
        ['https:kong-admin:8444', '/routes?size=1000'],
      ],
    );
    const control = kong(NEW, { ...DATABASE, KONG_ROLE: 'control_plane' }, { yaml: service });
    assert.deepEqual(ask(control).asks, []);
  });

  it('keeps numbers only of what they answer', () => {
    const status = {
      memory: {
        workers_lua_vms: [
          { http_allocated_gc: 300, pid: 1 },
          { http_allocated_gc: 100, pid: 2 },
          { http_allocated_gc: 90, pid: 3 },
        ],
      },
    };
    assert.deepEqual(readStatus(JSON.stringify(status)), { workers: 3, largestVmBytes: 300, medianVmBytes: 100 });
    assert.deepEqual(readRoutes(JSON.stringify({ data: [{ name: 'secret' }], next: null })), { routes: 1, more: 0 });
    assert.deepEqual(readRoutes(JSON.stringify({ data: [{}], next: '/routes?offset=x' })), { routes: 1, more: 1 });
    for (const body of ['', '<html>', '[]', '{}', '{"data":3}', '{"memory":{"workers_lua_vms":"x"}}', 'null']) {
      assert.deepEqual([readStatus(body), readRoutes(body)], [{}, {}], body);
    }
  });

  it('the Admin API’s count of routes decides', () => {
    const answer = (routes: number, more: number) => ({
      namespace: 'edge',
      service: 'https:kong-admin:8444',
      path: '/routes?size=1000',
      values: { routes, more },
    });
    const killed = { yaml: service, pods: [kongPod(OLD, oomKilled(60))] };
    assert.equal(judge(probe, kong(OLD, EVENTUAL, { ...killed, answers: [answer(20, 0)] })).verdict, 'unknown');
    assert.equal(judge(probe, kong(OLD, EVENTUAL, { ...killed, answers: [answer(1000, 1)] })).verdict, 'live');
    const waits = { ...DATABASE, KONG_WORKER_CONSISTENCY: 'strict' };
    assert.equal(judge(probe, kong(NEW, waits, { yaml: service })).verdict, 'latent');
    assert.equal(judge(probe, kong(NEW, waits, { yaml: service, answers: [answer(20, 0)] })).verdict, 'clear');
  });

  it('a worker ahead of the others speaks for another incident', () => {
    const values = { workers: 4, largestVmBytes: 600 * 2 ** 20, medianVmBytes: 200 * 2 ** 20 };
    const answers = [{ namespace: 'edge', service: 'https:kong-admin:8444', path: '/status?unit=b&scale=0', values }];
    const [subject] = judge(probe, kong(OLD, EVENTUAL, { yaml: service, answers })).subjects;
    assert.ok(subject?.evidence.some(({ explains, value }) => explains.messageId === 'vm-ahead' && value.includes('600 MiB')));
  });
});
