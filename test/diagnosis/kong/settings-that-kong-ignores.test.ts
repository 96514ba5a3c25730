import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { followUp } from '../../../src/diagnosis/diagnose.ts';
import { NO_CONFIGURATION } from '../../../src/linters/engine.ts';
import { settingsThatKongIgnores as probe } from '../../../src/linters/kong/probes/settings-that-kong-ignores.ts';
import type { Verdict } from '../../../src/linters/probe.ts';
import { RULES } from '../../../src/linters/registry.ts';
import type { ReplicaSetState } from '../../../src/snapshot/snapshot.ts';
import { container, event, judge, minutesAgo, pod, snapshotOf, type SnapshotParts } from '../snapshot-of.ts';
import { CONTROLLER, kongPod, kongYaml, line, proxyLog } from './kong-cluster.ts';

const IMAGE = 'kong:2.8.1';
const OLD_NAME = { KONG_DATABASE: 'postgres', KONG_ROUTER_CONSISTENCY: 'eventual' };
const BOTH = { ...OLD_NAME, KONG_WORKER_CONSISTENCY: 'eventual' };
const RIGHT = { KONG_DATABASE: 'postgres', KONG_WORKER_CONSISTENCY: 'eventual' };

function kong(image: string, env: Readonly<Record<string, string>>, parts: SnapshotParts = {}): SnapshotParts {
  return { pods: [kongPod(image)], ...parts, yaml: kongYaml(image, env) + (parts.yaml ?? '') };
}

function plugin(field: string, more = ''): string {
  return `
---
apiVersion: configuration.konghq.com/v1
kind: KongPlugin
metadata: { name: office-only, namespace: shop }
plugin: ip-restriction
config: { ${field}: [10.0.0.0/8]${more} }
`;
}

const replicaSet = (name: string, revision: number): ReplicaSetState => ({
  namespace: 'edge',
  name,
  owner: { kind: 'Deployment', namespace: 'edge', name: 'kong' },
  createdAt: minutesAgo(600),
  revision,
  replicas: 1,
});

const refusedPush = event({ kind: 'KongPlugin', namespace: 'shop', name: 'office-only' }, 'KongConfigurationApplyFailed', {
  lastAt: minutesAgo(10),
});
const oldPush = { ...refusedPush, lastAt: minutesAgo(25 * 60) };
const controllerPod = pod('controller-1', {
  namespace: 'edge',
  owner: { kind: 'Deployment', namespace: 'edge', name: 'controller' },
  containers: [container({ name: 'ingress-controller', image: 'kong/kubernetes-ingress-controller:3.4' })],
});
const controllerLog = { ...proxyLog(line('kong/unknown-field', 5)), pod: 'controller-1', container: 'ingress-controller' };

const TABLE: readonly (readonly [string, Verdict, SnapshotParts])[] = [
  ['an old name, and it runs', 'live', kong(IMAGE, OLD_NAME)],
  [
    'an old name, and the pods are those of an older template',
    'latent',
    kong(IMAGE, OLD_NAME, {
      pods: [kongPod(IMAGE, {}, { via: 'kong-1' })],
      replicaSets: [replicaSet('kong-1', 1), replicaSet('kong-2', 2)],
    }),
  ],
  [
    'an old name, and the pods are those of the newest template',
    'live',
    kong(IMAGE, OLD_NAME, {
      pods: [kongPod(IMAGE, {}, { via: 'kong-2' })],
      replicaSets: [replicaSet('kong-1', 1), replicaSet('kong-2', 2)],
    }),
  ],
  ['an old name, and the pods run a version that reads it', 'latent', kong(IMAGE, OLD_NAME, { pods: [kongPod('kong:2.0.5')] })],
  ['an old name, and nothing runs', 'latent', kong(IMAGE, OLD_NAME, { pods: [] })],
  [
    'an old name, and it does not come up',
    'latent',
    kong(IMAGE, OLD_NAME, { pods: [kongPod(IMAGE, { state: 'waiting', reason: 'CrashLoopBackOff' })] }),
  ],
  ['a name that comes later', 'live', kong('kong:2.0.5', RIGHT)],
  ['what a database left behind', 'latent', kong('kong:3.4.2', { KONG_CASSANDRA_PORT: '9042' })],
  ['a tag that floats over the change', 'latent', kong('kong:2', OLD_NAME)],
  ['both names', 'mitigated', kong(IMAGE, BOTH)],
  ['the name that this version knows', 'clear', kong(IMAGE, RIGHT)],
  ['an old name, version not known', 'unknown', kong('kong:latest', OLD_NAME)],
  ['other names, version not known', 'clear', kong('kong:latest', { KONG_DATABASE: 'off' })],
  [
    'settings out of a Secret',
    'unknown',
    {
      pods: [kongPod(IMAGE)],
      yaml: kongYaml(IMAGE, RIGHT).replace('          env:\n', '          envFrom: [{ secretRef: { name: kong } }]\n          env:\n'),
    },
  ],
  ['pods alone', 'unknown', { pods: [kongPod(IMAGE)] }],
  ['no Kong', 'absent', { pods: [pod('shop-1')] }],
  ['a plugin’s field that 3.x refuses', 'latent', kong('kong:3.4.2', {}, { yaml: plugin('whitelist') })],
  ['the same, and a push was refused', 'live', kong('kong:3.4.2', {}, { yaml: plugin('whitelist'), events: [refusedPush] })],
  ['the same, and a push was refused yesterday', 'latent', kong('kong:3.4.2', {}, { yaml: plugin('whitelist'), events: [oldPush] })],
  [
    'the same in the controller’s words',
    'live',
    kong('kong:3.4.2', {}, { yaml: plugin('whitelist'), pods: [kongPod('kong:3.4.2'), controllerPod], logs: [controllerLog] }),
  ],
  [
    'a field that 2.8 still takes, and a push was refused',
    'latent',
    kong(IMAGE, RIGHT, { yaml: plugin('whitelist'), events: [refusedPush] }),
  ],
  ['a field of today, and a push was refused', 'clear', kong('kong:3.4.2', {}, { yaml: plugin('allow'), events: [refusedPush] })],
  ['a field that no rule knows, in Kong’s words', 'live', kong('kong:3.4.2', {}, { logs: [proxyLog(line('kong/unknown-field', 5))] })],
];

describe('kong/settings-that-kong-ignores', () => {
  for (const [name, verdict, parts] of TABLE) it(`${verdict}: ${name}`, () => assert.equal(judge(probe, parts).verdict, verdict));

  const safe: readonly (readonly [string, SnapshotParts])[] = [
    ['the right name', kong(IMAGE, RIGHT)],
    ['both names', kong(IMAGE, BOTH)],
    ['no Kong', { pods: [pod('shop-1')] }],
  ];
  for (const need of probe.needs.filter(({ optional }) => !optional)) {
    const resource = need.group === '' ? need.resource : `${need.resource}.${need.group}`;
    for (const [name, parts] of safe) {
      it(`unknown without ${resource}: ${name}`, () => {
        assert.equal(judge(probe, { ...parts, outcomes: { [resource]: 'forbidden' } }).verdict, 'unknown');
      });
    }
  }

  it('without the plugins’ CRDs there is nothing to miss', () => {
    const outcomes = { 'kongplugins.configuration.konghq.com': 'absent', 'kongclusterplugins.configuration.konghq.com': 'absent' } as const;
    assert.equal(judge(probe, kong(IMAGE, RIGHT, { outcomes })).verdict, 'clear');
  });

  it('points at the setting, tells since when Kong runs, and sets the name that it knows', () => {
    const [subject] = judge(probe, kong(IMAGE, OLD_NAME)).subjects;
    assert.deepEqual(
      subject?.evidence.map(({ pointer, value, explains }) => [pointer, value, explains.messageId]),
      [
        ['/spec/template/spec/containers/0/env/1/name', 'KONG_ROUTER_CONSISTENCY', 'ignored'],
        ['/status/containerStatuses/0/state/running/startedAt', 'proxy: kong:2.8.1', 'runs'],
      ],
    );
    const [change] = subject?.actions ?? [];
    assert.deepEqual(
      [change?.command, change?.undo],
      [
        'kubectl -n edge set env deployment/kong -c proxy KONG_WORKER_CONSISTENCY=eventual',
        'kubectl -n edge set env deployment/kong -c proxy KONG_WORKER_CONSISTENCY-',
      ],
    );
  });

  it('converts a value where the new name wants another form', () => {
    const [subject] = judge(probe, kong('kong:3.4.2', { KONG_NGINX_HTTP_UPSTREAM_KEEPALIVE_TIMEOUT: '30s' })).subjects;
    assert.ok(subject?.actions[0]?.command.endsWith('KONG_UPSTREAM_KEEPALIVE_IDLE_TIMEOUT=30'));
  });

  it('renames a plugin’s field, but merges no lists', () => {
    const changes = (yaml: string) =>
      judge(probe, kong('kong:3.4.2', {}, { yaml }))
        .subjects.flatMap(({ actions }) => actions)
        .filter(({ risk }) => risk === 'change');
    assert.deepEqual(
      changes(plugin('whitelist')).map(({ command, undo }) => [command, undo]),
      [
        [
          `kubectl -n shop patch kongplugin office-only --type=json -p '[{"op":"move","from":"/config/whitelist","path":"/config/allow"}]'`,
          `kubectl -n shop patch kongplugin office-only --type=json -p '[{"op":"move","from":"/config/allow","path":"/config/whitelist"}]'`,
        ],
      ],
    );
    assert.deepEqual(changes(plugin('whitelist', ', allow: [10.1.0.0/16]')), []);
  });

  const settings = { rules: RULES, configuration: NO_CONFIGURATION, preview: false, probes: [probe] };
  const logs = (parts: SnapshotParts) => followUp(snapshotOf(parts, [probe]), settings).logs;

  it('reads logs only where a field may be refused', () => {
    assert.deepEqual(logs(kong(IMAGE, OLD_NAME)), []);
    assert.equal(logs(kong(IMAGE, RIGHT, { pods: [kongPod(IMAGE, { state: 'waiting', ready: false, restarts: 3 })] })).length, 2);
    const suspected = kong('kong:3.4.2', {}, { yaml: plugin('whitelist') + CONTROLLER, pods: [kongPod('kong:3.4.2'), controllerPod] });
    assert.deepEqual(
      logs(suspected).map(({ pod: name, container: own }) => [name, own]),
      [
        ['kong-7f-abcde', 'proxy'],
        ['controller-1', 'ingress-controller'],
      ],
    );
  });

  it('knows how Kong words it', () => {
    const [signature] = logs(kong('kong:3.4.2', {}, { yaml: plugin('whitelist') }))[0]?.signatures ?? [];
    const lines: readonly (readonly [string, boolean])[] = [
      ["      in 'whitelist': unknown field", true],
      ['400 Bad Request {"message":"schema violation (config.whitelist: unknown field)"}', true],
      ['error: HTTP status 400 (message: "declarative config is invalid: {plugins={{config={whitelist=\\"unknown field\\"}}}}")', true],
      ['the field is unknown', false],
    ];
    for (const [text, matches] of lines) assert.equal(signature?.pattern.test(text), matches, text);
  });
});
