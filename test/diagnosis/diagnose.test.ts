import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { robotRole } from '../../src/diagnosis/role.ts';
import type { ReadOutcome } from '../../src/snapshot/snapshot.ts';
import { SAMPLE_PROBE } from './sample-probe.ts';
import { container, diagnosisOf, judge, minutesAgo, pod, snapshotOf } from './snapshot-of.ts';

const APP = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: app, namespace: shop }
spec:
  template:
    spec:
      containers:
        - name: app
          image: kong:0.12.3
          env: [{ name: KONG_NGINX_WORKER_PROCESSES, value: "2" }, { name: KONG_DB_CACHE_TTL, value: "0" }]
`;
const calm = pod('app-1');
const restarted = pod('app-2', { containers: [container({ restarts: 5, startedAt: minutesAgo(7) })] });

describe('a verdict', () => {
  it('is live for what is measured, whatever else could not be read', () => {
    const incident = judge(SAMPLE_PROBE, { yaml: APP, pods: [calm, restarted], outcomes: { 'deployments.apps': 'forbidden' } });
    assert.equal(incident.verdict, 'live');
    assert.equal(incident.subjects[0]?.evidence[0]?.object.name, 'app-2');
  });

  const outcomes: readonly ReadOutcome[] = [
    ...(['forbidden', 'unauthorized', 'expired', 'timeout', 'unreachable', 'server-error', 'cancelled', 'limit', 'not-asked'] as const),
  ];
  for (const outcome of outcomes) {
    it(`is unknown, never clear or absent, where a resource that it needs is ${outcome}`, () => {
      for (const yaml of [APP, '']) {
        const incident = judge(SAMPLE_PROBE, { yaml, pods: [calm].slice(yaml === '' ? 1 : 0), outcomes: { pods: outcome } });
        assert.equal(incident.verdict, 'unknown');
        assert.ok(incident.notChecked.some(({ what, reason }) => what === 'pods' && reason === outcome));
      }
    });
  }

  it('stands without an optional resource, and says so', () => {
    const incident = judge(SAMPLE_PROBE, { yaml: APP, pods: [calm], outcomes: { 'pods.metrics.k8s.io': 'forbidden' } });
    assert.equal(incident.verdict, 'clear');
    assert.deepEqual(incident.notChecked, [
      { what: 'pods.metrics.k8s.io', reason: 'forbidden' },
      { what: 'grpc/clusterip-pinned', reason: 'needs-code' },
    ]);
  });

  it('is absent without a subject, also where the API server does not serve the resource', () => {
    assert.equal(judge(SAMPLE_PROBE, {}).verdict, 'absent');
    assert.equal(judge(SAMPLE_PROBE, { outcomes: { 'deployments.apps': 'absent' } }).verdict, 'absent');
  });

  it('depends on the probe’s options', () => {
    assert.equal(judge(SAMPLE_PROBE, { yaml: APP, pods: [restarted] }, { restarts: 6 }).verdict, 'clear');
  });

  it('is unknown where one namespace of several was refused', () => {
    const snapshot = snapshotOf({ yaml: APP, pods: [calm] }, [SAMPLE_PROBE]);
    const reads = [
      ...snapshot.reads.filter(({ resource }) => resource !== 'deployments'),
      { verb: 'list' as const, group: 'apps', resource: 'deployments', namespace: 'shop', outcome: 'read' as const, count: 1 },
      { verb: 'list' as const, group: 'apps', resource: 'deployments', namespace: 'edge', outcome: 'forbidden' as const, count: 0 },
    ];
    const { incidents, access } = diagnosisOf({ ...snapshot, reads }, [SAMPLE_PROBE]);
    assert.equal(incidents[0]?.verdict, 'unknown');
    assert.deepEqual(access.denied, [{ verb: 'list', resource: 'deployments.apps', namespace: 'edge' }]);
    assert.match(
      access.roleYaml,
      /kind: Role\nmetadata:\n {2}name: runbook-lens\n {2}namespace: edge\nrules:\n {2}- apiGroups: \["apps"\]/,
    );
  });
});

describe('live objects', () => {
  it('are judged by the rules, with a pointer into the object', () => {
    const { subjects } = judge(SAMPLE_PROBE, { yaml: APP, pods: [restarted] });
    const [finding] = subjects[0]?.findings ?? [];
    assert.equal(finding?.rule, 'kong/db-cache-ttl-zero');
    assert.equal(finding?.pointer, '/spec/template/spec/containers/0/env/1/value');
    assert.deepEqual(finding?.object, { kind: 'Deployment', namespace: 'shop', name: 'app' });
  });

  it('may ask a rule to be silent', () => {
    const yaml = APP.replace(
      'namespace: shop }',
      'namespace: shop, annotations: { runbook-lens.dev/ignore: "kong/x, kong/db-cache-ttl-zero" } }',
    );
    assert.deepEqual(judge(SAMPLE_PROBE, { yaml, pods: [restarted] }).subjects[0]?.findings, []);
  });

  it('that are owned by what could not be read are a workload all the same', () => {
    assert.equal(judge(SAMPLE_PROBE, { pods: [restarted], outcomes: { 'deployments.apps': 'forbidden' } }).verdict, 'live');
  });
});

describe('the role for a robot', () => {
  it('holds each resource once, by group and verb, and no secrets', () => {
    const role = robotRole([SAMPLE_PROBE, SAMPLE_PROBE]);
    assert.match(
      role,
      /^apiVersion: rbac\.authorization\.k8s\.io\/v1\nkind: ClusterRole\nmetadata:\n {2}name: runbook-lens\nrules:\n {2}- apiGroups: \[""\]\n/,
    );
    assert.match(role, / {2}- apiGroups: \["metrics\.k8s\.io"\]\n {4}resources: \[pods\]\n {4}verbs: \[list\]\n/);
    for (const [line = ''] of role.matchAll(/resources: .*/g)) {
      const names = line.replace(/^resources: \[|\]$/g, '').split(', ');
      assert.equal(new Set(names).size, names.length, line);
      assert.ok(!names.includes('secrets'));
    }
  });
});

describe('a user of one namespace', () => {
  const shop = (resource: string, group: string, outcome: ReadOutcome) => ({
    verb: 'list' as const,
    group,
    resource,
    namespace: 'shop',
    outcome,
    count: 1,
  });
  const cluster = { context: '', server: '', version: '', scope: 'listed' as const, namespaces: ['shop'] };
  const reads = [shop('pods', '', 'read'), shop('deployments', 'apps', 'read')];

  it('has verdicts of it, whatever the DNS server’s namespace refuses', () => {
    const refused = {
      verb: 'get' as const,
      group: '',
      resource: 'pods',
      namespace: 'kube-system',
      outcome: 'forbidden' as const,
      count: 0,
    };
    const snapshot = { ...snapshotOf({ yaml: APP, pods: [calm] }, [SAMPLE_PROBE]), cluster, reads: [...reads, refused] };
    const [incident] = diagnosisOf(snapshot, [SAMPLE_PROBE]).incidents;
    assert.equal(incident?.verdict, 'clear');
    assert.ok(!incident?.notChecked.some(({ namespace }) => namespace === 'kube-system'));
  });

  it('has none where the namespace itself refuses', () => {
    const snapshot = {
      ...snapshotOf({ yaml: APP, pods: [calm] }, [SAMPLE_PROBE]),
      cluster,
      reads: [...reads.slice(1), shop('pods', '', 'forbidden')],
    };
    assert.equal(diagnosisOf(snapshot, [SAMPLE_PROBE]).incidents[0]?.verdict, 'unknown');
  });
});
