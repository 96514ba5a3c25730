import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { load } from 'js-yaml';
import {
  compareDrift,
  isOlderThanChange,
  type Drift,
  type DriftState,
  type LiveSide,
  type ManifestFinding,
  type ManifestObject,
} from '../../src/diagnosis/drift.ts';
import type { LiveObject, ReadOutcome, ReplicaSetState } from '../../src/snapshot/snapshot.ts';

const RULE = 'kong/db-cache-ttl-zero';
const CODE_RULE = 'grpc/clusterip-pinned';
const VALUE = '/spec/template/spec/containers/0/env/0/value';

interface Side {
  readonly namespace?: string;
  readonly name?: string;
  readonly kind?: string;
  /** Lines of the container's env, YAML flow. */
  readonly env?: string;
  /** Before the container that matters. */
  readonly sidecar?: boolean;
}

function objectYaml({
  namespace = 'edge',
  name = 'kong',
  kind = 'Deployment',
  env = '[{ name: TTL, value: "0" }]',
  sidecar = false,
}: Side): string {
  const first = sidecar ? '{ name: proxy-agent, image: agent:1 }, ' : '';
  return `
apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${name}${namespace === '' ? '' : `, namespace: ${namespace}`} }
spec: { template: { spec: { containers: [${first}{ name: proxy, image: "kong:0.12.3", env: ${env} }] } } }`;
}

function live(side: Side = {}): LiveObject {
  return load(objectYaml(side)) as LiveObject;
}

function manifest(side: Side = {}, over: Partial<ManifestObject> = {}): ManifestObject {
  const { namespace = 'edge', name = 'kong', kind = 'Deployment' } = side;
  return { kind, namespace, name, path: 'kong.yaml', line: 1, value: load(objectYaml(side)) as never, open: false, silenced: [], ...over };
}

function finding(places: readonly number[] = [0], over: Partial<ManifestFinding> = {}): ManifestFinding {
  return { id: 'f1', rule: RULE, path: 'kong.yaml', line: 15, places: places.map((object) => ({ object, pointer: VALUE })), ...over };
}

interface Case {
  readonly says: string;
  readonly objects: readonly ManifestObject[];
  readonly findings?: readonly ManifestFinding[];
  readonly live?: readonly LiveObject[];
  /** Objects that the rule speaks of in the cluster, with the place. */
  readonly liveFindings?: LiveSide['findings'];
  readonly outcome?: ReadOutcome;
  readonly states: readonly DriftState[];
}

const THERE: LiveSide['findings'] = [{ rule: RULE, object: { kind: 'Deployment', namespace: 'edge', name: 'kong' }, pointer: VALUE }];
const MENDED = '[{ name: TTL, value: "3600" }]';
const OTHER = '[{ name: OTHER, value: "1" }]';
const DROPPED = '[{ name: TTL, valueFrom: { dropped: {} } }]';

const CASES: readonly Case[] = [
  { says: 'the same on both sides', objects: [manifest()], findings: [finding()], live: [live()], liveFindings: THERE, states: ['both'] },
  { says: 'the file is mended', objects: [manifest({ env: MENDED })], live: [live()], liveFindings: THERE, states: ['fixed-in-files'] },
  {
    says: 'the file no longer has the setting',
    objects: [manifest({ env: OTHER })],
    live: [live()],
    liveFindings: THERE,
    states: ['fixed-in-files'],
  },
  {
    says: 'the cluster is mended',
    objects: [manifest()],
    findings: [finding()],
    live: [live({ env: MENDED })],
    states: ['fixed-in-cluster'],
  },
  {
    says: 'the cluster no longer has the setting',
    objects: [manifest()],
    findings: [finding()],
    live: [live({ env: OTHER })],
    states: ['fixed-in-cluster'],
  },
  {
    says: 'a container that was injected before it does not move the place',
    objects: [manifest()],
    findings: [finding()],
    live: [live({ env: MENDED, sidecar: true })],
    states: ['fixed-in-cluster'],
  },
  {
    says: "the cluster's value was not kept",
    objects: [manifest()],
    findings: [finding()],
    live: [live({ env: DROPPED })],
    states: ['unsure'],
  },
  { says: 'the same value, and yet the rule is silent', objects: [manifest()], findings: [finding()], live: [live()], states: ['unsure'] },
  {
    says: 'the file takes it from elsewhere',
    objects: [manifest({ env: '[{ name: TTL, valueFrom: { configMapKeyRef: { name: a, key: b } } }]' })],
    live: [live()],
    liveFindings: THERE,
    states: [],
  },
  { says: 'the file is a template', objects: [manifest({ env: MENDED }, { open: true })], live: [live()], liveFindings: THERE, states: [] },
  { says: 'the file silences the rule', objects: [manifest({}, { silenced: [RULE] })], live: [live()], liveFindings: THERE, states: [] },
  {
    says: 'another rule is silenced',
    objects: [manifest({ env: MENDED }, { silenced: ['kong/other'] })],
    live: [live()],
    liveFindings: THERE,
    states: ['fixed-in-files'],
  },
  { says: 'the same value in the file, and yet no finding', objects: [manifest()], live: [live()], liveFindings: THERE, states: [] },
  {
    says: 'the manifest of another environment does not have it, nor the cluster',
    objects: [manifest(), manifest({ env: MENDED }, { path: 'prod/kong.yaml' })],
    findings: [finding()],
    live: [live({ env: MENDED })],
    states: ['other-manifest'],
  },
  {
    says: 'the manifest of another environment is open',
    objects: [manifest({ env: MENDED }), manifest({ env: MENDED }, { open: true })],
    live: [live()],
    liveFindings: THERE,
    states: [],
  },
  {
    says: 'all environments have it',
    objects: [manifest(), manifest({}, { path: 'prod/kong.yaml' })],
    findings: [finding([0, 1])],
    live: [live({ env: MENDED })],
    states: ['fixed-in-cluster'],
  },
  {
    says: 'the rule needs code',
    objects: [manifest()],
    findings: [finding([0], { rule: CODE_RULE })],
    live: [live({ env: MENDED })],
    states: ['not-judged'],
  },
  { says: 'not in the cluster', objects: [manifest()], findings: [finding()], live: [], states: ['not-there'] },
  {
    says: 'a place of another namespace',
    objects: [manifest()],
    findings: [finding()],
    live: [live({ namespace: 'shop' })],
    states: ['not-there'],
  },
  { says: 'not read', objects: [manifest()], findings: [finding()], live: [], outcome: 'forbidden', states: ['not-read'] },
  { says: 'a kind that nobody lists', objects: [manifest({ kind: 'Rollout' })], findings: [finding()], live: [], states: ['not-read'] },
  {
    says: 'no namespace in the file, one in the cluster',
    objects: [manifest({ namespace: '' })],
    findings: [finding()],
    live: [live()],
    liveFindings: THERE,
    states: ['both'],
  },
  {
    says: 'no namespace in the file, two in the cluster',
    objects: [manifest({ namespace: '' })],
    findings: [finding()],
    live: [live(), live({ namespace: 'shop' })],
    liveFindings: THERE,
    states: ['several'],
  },
  { says: 'a finding in code', objects: [], findings: [finding([])], live: [live()], states: ['no-object'] },
  { says: 'nothing about this object in the files', objects: [], live: [live()], liveFindings: THERE, states: [] },
];

function compare(given: Case, times: Readonly<Record<string, string>> = {}, replicaSets: readonly ReplicaSetState[] = []): Drift[] {
  const { objects, findings = [], liveFindings = [], outcome = 'read' } = given;
  const reads = [{ verb: 'list', group: 'apps', resource: 'deployments', outcome, count: 1 }] as const;
  const side: LiveSide = {
    snapshot: { objects: given.live ?? [], reads, replicaSets },
    findings: liveFindings,
    notInCluster: new Set([CODE_RULE]),
  };
  return compareDrift({ objects, findings }, side, (path) => times[path]);
}

describe('files against a cluster', () => {
  for (const given of CASES) {
    it(given.says, () =>
      assert.deepEqual(
        compare(given).map(({ state }) => state),
        given.states,
      ),
    );
  }

  it('names the place in the live object, whatever stands before it', () => {
    const [drift] = compare({
      says: '',
      objects: [manifest()],
      findings: [finding()],
      live: [live({ env: MENDED, sidecar: true })],
      states: [],
    });
    assert.equal(drift?.pointer, '/spec/template/spec/containers/1/env/0/value');
  });

  const set = (revision: number, createdAt: string, name = 'kong'): ReplicaSetState => ({
    namespace: 'edge',
    name: `${name}-${revision}`,
    owner: { kind: 'Deployment', namespace: 'edge', name },
    createdAt,
    revision,
    replicas: 1,
  });
  const fixed: Case = { says: '', objects: [manifest({ env: MENDED })], live: [live()], liveFindings: THERE, states: [] };

  it('says when what runs was rolled out, by the newest revision, and when the file was changed', () => {
    const sets = [set(9, '2026-11-20T10:00:00Z'), set(10, '2026-11-21T10:00:00Z'), set(11, '2026-11-21T11:30:00Z', 'gateway')];
    const [drift] = compare(fixed, { 'kong.yaml': '2026-11-21T13:00:00+02:00' }, sets);
    assert.deepEqual([drift?.rolledOutAt, drift?.changedAt], ['2026-11-21T10:00:00Z', '2026-11-21T13:00:00+02:00']);
    assert.equal(drift && isOlderThanChange(drift), true);
  });

  it('is not older when the roll-out came after the change, in whatever zone the times are', () => {
    const [drift] = compare(fixed, { 'kong.yaml': '2026-11-21T13:00:00+02:00' }, [set(3, '2026-11-21T11:30:00Z')]);
    assert.equal(drift && isOlderThanChange(drift), false);
  });

  it('does not say what it does not know', () => {
    const [drift] = compare(fixed, {}, [set(3, '2026-11-21T11:30:00Z')]);
    assert.equal(drift && isOlderThanChange(drift), undefined);
    assert.equal(isOlderThanChange(compare(fixed, { 'kong.yaml': '2026-11-21T13:00:00Z' })[0] ?? {}), undefined);
  });
});
