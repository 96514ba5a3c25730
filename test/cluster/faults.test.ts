import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, type CollectRequest, openCluster } from '../../src/cluster/cluster.ts';
import type { ResourceRead, Snapshot } from '../../src/snapshot/snapshot.ts';
import { describeCluster, writeKubeconfig } from './control-plane.ts';
import { definition } from './definitions.ts';
import { type Fakes, startFakes } from './fakes.ts';
import { type FaultProxy, type FaultRule, startFaultProxy } from './fault-proxy.ts';
import { stageWorkload } from './stage.ts';

/** What goes wrong on the wire: never a hang, never a crash, and what could not be read is told. */

const ALL: CollectRequest = { scope: { kind: 'all' }, needs: [] };
const TOKEN = 'Zm9yYmlkZGVuLXRva2VuLWNhbmFyeQ1234567890';

describeCluster('faults', { users: ['reader'] }, (cluster) => {
  let proxy: FaultProxy;
  let fakes: Fakes;
  before(async () => {
    const { admin } = cluster();
    proxy = await startFaultProxy(cluster());
    fakes = await startFakes(cluster());
    await fakes.registerNode('node-1');
    await admin.apply([
      definition({ group: 'networking.istio.io', kind: 'DestinationRule', versions: ['v1beta1'] }),
      definition({ group: 'configuration.konghq.com', kind: 'KongPlugin', versions: ['v1'], served: false }),
    ]);
    // More ConfigMaps than the first page takes: lists with a continue token.
    const maps = Array.from({ length: 130 }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'shop', name: `map-${index}` },
      data: { canary: TOKEN },
    }));
    await admin.apply(maps);
    await stageWorkload(admin, { namespace: 'shop', name: 'web', template: { containers: [{ name: 'app', image: 'web:1' }] }, pods: 2 });
  });
  after(async () => {
    await fakes?.stop();
    await proxy?.stop();
  });

  async function open(requestDeadlineMs = 2000): Promise<Cluster> {
    const opened = await openCluster({ version: '1.2.3', kubeconfig: proxy.kubeconfig(), requestDeadlineMs });
    assert.ok(opened.ok, JSON.stringify(opened));
    return opened.value;
  }

  /** Opens, then reads with the faults in force. */
  async function collectWith(
    rules: readonly FaultRule[],
    request: Partial<CollectRequest> = {},
    requestDeadlineMs?: number,
  ): Promise<Snapshot> {
    proxy.reset();
    const opened = await open(requestDeadlineMs);
    proxy.inject(...rules);
    try {
      return await opened.collect({ ...ALL, ...request });
    } finally {
      opened.close();
      proxy.reset();
    }
  }

  const PODS = /^GET \/api\/v1\/pods\?/;
  const MAPS = /^GET \/api\/v1\/configmaps\?/;

  it('nothing wrong: everything is read, four at a time, in a handful of requests', async () => {
    proxy.reset();
    const opened = await open();
    const snapshot = await opened.collect(ALL);
    opened.close();
    assert.equal(read(snapshot, 'pods').outcome, 'read');
    assert.equal(read(snapshot, 'pods').count, 2);
    assert.equal(read(snapshot, 'configmaps').detail, undefined);
    assert.ok(read(snapshot, 'configmaps').count >= 130);
    assert.equal(read(snapshot, 'destinationrules').outcome, 'read');
    assert.ok(proxy.mostAtOnce <= 4, `${proxy.mostAtOnce} at once`);
    assert.equal(snapshot.requests.count, proxy.requests.length);
    for (const { userAgent } of proxy.requests) assert.equal(userAgent, 'runbook-lens/1.2.3');
    assert.doesNotMatch(JSON.stringify(snapshot), new RegExp(TOKEN));
  });

  for (const [name, fault, outcome, detail] of [
    ['403', { kind: 'answer', status: 403 }, 'forbidden', /^403: /],
    ['404 for what discovery said is there', { kind: 'answer', status: 404 }, 'server-error', /^404: /],
    ['500', { kind: 'answer', status: 500 }, 'server-error', /^500: /],
    ['503 in plain text', { kind: 'answer', status: 503, body: 'service unavailable' }, 'server-error', /^503: service unavailable$/],
    [
      'a page of a proxy',
      { kind: 'answer', status: 502, body: '<html>x', headers: { 'content-type': 'text/html' } },
      'server-error',
      /HTML/,
    ],
    ['a reset before the answer', { kind: 'reset', at: 'before-headers' }, 'unreachable', /ECONNRESET|hang up/],
    ['a reset in the body', { kind: 'reset', at: 'in-body' }, 'unreachable', /./],
    ['no answer', { kind: 'stall', at: 'before-headers' }, 'timeout', /no complete answer within 0.7 s/],
    ['a body that stops', { kind: 'stall', at: 'in-body' }, 'timeout', /no complete answer within 0.7 s/],
    ['a server that is too slow', { kind: 'slow', chunkBytes: 40, delayMs: 60 }, 'timeout', /no complete answer within 0.7 s/],
    ['half of the body, well ended', { kind: 'truncated' }, 'server-error', /no list/],
    ['bytes that are no JSON', { kind: 'garbage' }, 'server-error', /no list/],
    [
      'a secret in a message',
      { kind: 'answer', status: 500, body: `password=${TOKEN} of https://u:${TOKEN}@db` },
      'server-error',
      /^500: password=\*\*\*/,
    ],
  ] as const satisfies readonly (readonly [string, FaultRule['fault'], string, RegExp])[]) {
    it(`${name} on pods: ${outcome}, and the rest is read`, { timeout: 15_000 }, async () => {
      const snapshot = await collectWith([{ path: PODS, fault }], {}, 700);
      const pods = read(snapshot, 'pods');
      assert.equal(pods.outcome, outcome, pods.detail);
      assert.match(pods.detail ?? '', detail);
      assert.doesNotMatch(JSON.stringify(snapshot), new RegExp(TOKEN));
      for (const other of ['services', 'configmaps', 'deployments', 'nodes']) assert.equal(read(snapshot, other).outcome, 'read', other);
    });
  }

  for (const [name, fault, requests] of [
    ['500', { kind: 'answer', status: 500 }, 2],
    ['503', { kind: 'answer', status: 503 }, 2],
    ['a reset', { kind: 'reset', at: 'before-headers' }, 2],
    ['a reset in the body', { kind: 'reset', at: 'in-body' }, 2],
    ['429', { kind: 'answer', status: 429, headers: { 'retry-after': '1' }, body: 'too many requests' }, 3],
  ] as const satisfies readonly (readonly [string, FaultRule['fault'], number])[]) {
    it(`${name}, ${requests} times: read all the same, and each attempt counts`, { timeout: 15_000 }, async () => {
      proxy.reset();
      const opened = await open();
      proxy.inject({ path: PODS, toHit: requests, fault });
      const snapshot = await opened.collect(ALL);
      opened.close();
      assert.equal(read(snapshot, 'pods').outcome, 'read', read(snapshot, 'pods').detail);
      assert.equal(proxy.requests.filter(({ path }) => path.startsWith('/api/v1/pods?')).length, requests + 1);
      assert.equal(snapshot.requests.count, proxy.requests.length);
    });
  }

  it('429 is waited for as long as Retry-After says', async () => {
    proxy.reset();
    const opened = await open();
    proxy.inject({ path: PODS, toHit: 1, fault: { kind: 'answer', status: 429, headers: { 'retry-after': '2' }, body: 'slow down' } });
    await opened.collect(ALL);
    opened.close();
    const [first, second] = proxy.requests.filter(({ path }) => path.startsWith('/api/v1/pods?'));
    assert.ok(first?.endMs && second && second.startMs - first.endMs >= 1900);
  });

  it('429 with a Retry-After beyond the deadline: does not wait for it', { timeout: 5000 }, async () => {
    const fault = { kind: 'answer', status: 429, headers: { 'retry-after': '3600' }, body: 'come back tomorrow' } as const;
    const pods = read(await collectWith([{ path: PODS, fault }], { deadlineMs: 4000 }), 'pods');
    assert.equal(pods.outcome, 'timeout');
    assert.match(pods.detail ?? '', /429.*Retry-After: 3600 s/);
  });

  it('410 on a continue token: the list is read from the start once, and the report says so', async () => {
    const fault = { kind: 'answer', status: 410 } as const;
    const maps = read(await collectWith([{ path: /configmaps\?.*continue=/, toHit: 1, fault }]), 'configmaps');
    assert.equal(maps.outcome, 'read');
    assert.match(maps.detail ?? '', /410/);
    assert.ok(maps.count >= 130 && maps.count < 180, `${maps.count}`);
  });

  it('410 again: expired, never read', async () => {
    const maps = read(await collectWith([{ path: MAPS, fromHit: 2, fault: { kind: 'answer', status: 410 } }]), 'configmaps');
    assert.equal(maps.outcome, 'expired');
    assert.match(maps.detail ?? '', /read from the start again/);
  });

  it('a list that breaks at its second page is not a list that was read', async () => {
    const maps = read(await collectWith([{ path: /configmaps\?.*continue=/, fault: { kind: 'answer', status: 403 } }]), 'configmaps');
    assert.deepEqual([maps.outcome, maps.count], ['forbidden', 100]);
    assert.match(maps.detail ?? '', /ended after 100 objects/);
  });

  it('401 from the start on: expired, as it was accepted before; nobody asks again and again', async () => {
    proxy.reset();
    const opened = await open();
    proxy.inject({ path: /./, fault: { kind: 'answer', status: 401 } });
    const before = proxy.requests.length;
    const snapshot = await opened.collect(ALL);
    opened.close();
    assert.equal(read(snapshot, 'pods').outcome, 'expired');
    assert.ok(proxy.requests.length - before <= 12, `${proxy.requests.length - before} requests`);
  });

  it('401 once: the credentials are asked for again, and all is read', async () => {
    const snapshot = await collectWith([{ path: PODS, toHit: 1, fault: { kind: 'answer', status: 401 } }]);
    assert.equal(read(snapshot, 'pods').outcome, 'read');
  });

  it('a wrong token: no cluster, and what to do', async () => {
    const path = writeKubeconfig(join(cluster().dir, 'wrong-token'), { server: cluster().server, ca: cluster().ca, token: TOKEN });
    const opened = await openCluster({ version: '1', kubeconfig: path });
    assert.ok(!opened.ok);
    assert.equal(opened.error.code, 'unauthorized');
    assert.doesNotMatch(JSON.stringify(opened.error), new RegExp(TOKEN));
  });

  it('discovery that fails: what is not Kubernetes’ own stays unknown, never absent', async () => {
    for (const status of [403, 500]) {
      const snapshot = await collectWith([{ path: /^GET \/apis$/, fault: { kind: 'answer', status } }]);
      assert.equal(read(snapshot, 'pods').outcome, 'read');
      assert.notEqual(read(snapshot, 'destinationrules').outcome, 'absent');
      assert.notEqual(read(snapshot, 'destinationrules').outcome, 'read');
      assert.equal(read(snapshot, 'deployments').outcome, status === 403 ? 'read' : 'server-error');
    }
  });

  it('a server that does not aggregate discovery: each group is asked', async () => {
    const groups = await cluster().admin.call('GET', '/apis');
    const snapshot = await collectWith([{ path: /^GET \/apis$/, fault: { kind: 'answer', status: 200, body: groups.json } }]);
    assert.equal(read(snapshot, 'deployments').outcome, 'read');
    assert.equal(read(snapshot, 'destinationrules').outcome, 'read');
    assert.equal(read(snapshot, 'kongplugins').outcome, 'absent');
    assert.equal(read(snapshot, 'horizontalpodautoscalers').outcome, 'read');
  });

  it('an API group that is not there, a definition without a served version: absent, with the reason', async () => {
    const snapshot = await collectWith([]);
    assert.deepEqual([read(snapshot, 'rollouts').outcome, read(snapshot, 'kongplugins').outcome], ['absent', 'absent']);
    assert.match(read(snapshot, 'rollouts').detail ?? '', /does not serve the group argoproj.io/);
    assert.match(read(snapshot, 'kongplugins').detail ?? '', /configuration.konghq.com/);
    assert.equal(read(snapshot, 'pods', 'metrics.k8s.io').outcome, 'absent');
  });

  it('the whole deadline: what is left is told as timeout, at once', { timeout: 40_000 }, async () => {
    const startMs = performance.now();
    const snapshot = await collectWith([{ path: PODS, fault: { kind: 'stall', at: 'before-headers' } }], { deadlineMs: 1500 }, 30_000);
    // Its requests have 30 s each.
    assert.ok(performance.now() - startMs < 8_000);
    assert.equal(read(snapshot, 'pods').outcome, 'timeout');
    assert.match(read(snapshot, 'pods').detail ?? '', /whole run/);
    assert.equal(read(snapshot, 'services').outcome, 'read');
  });

  it('cancelled: all requests end within a second, and none is sent after it', { timeout: 40_000 }, async () => {
    proxy.reset();
    const opened = await open(30_000);
    proxy.inject({ path: /pods|configmaps|services|events|nodes/, fault: { kind: 'stall', at: 'in-body' } });
    const cancel = new AbortController();
    const collecting = opened.collect({ ...ALL, signal: cancel.signal });
    await sleep(700);
    const startMs = performance.now();
    const sent = proxy.requests.length;
    cancel.abort();
    const snapshot = await collecting;
    // A tenth of a second on a quiet machine; without cancelling it would be the 30 s of a request.
    assert.ok(performance.now() - startMs < 5_000, `${performance.now() - startMs} ms`);
    await sleep(300);
    assert.equal(proxy.requests.length, sent);
    assert.ok(proxy.requests.every(({ endMs }) => endMs !== undefined));
    opened.close();
    assert.ok(['pods', 'configmaps'].some((resource) => read(snapshot, resource).outcome === 'cancelled'));
    assert.ok(snapshot.reads.every(({ outcome }) => ['cancelled', 'read', 'absent', 'not-asked'].includes(outcome)));
  });

  it('cancelled before it began: nothing is sent', async () => {
    proxy.reset();
    const opened = await open();
    const sent = proxy.requests.length;
    const snapshot = await opened.collect({ ...ALL, signal: AbortSignal.abort() });
    opened.close();
    assert.equal(proxy.requests.length, sent);
    assert.equal(read(snapshot, 'pods').outcome, 'cancelled');
  });

  describe('logs', () => {
    const asked = (pod: string, previous = false) => ({
      namespace: 'shop',
      pod,
      container: 'app',
      previous,
      signatures: [{ id: 'test/killed', pattern: /worker process \d+ exited on signal 9/ }],
    });

    async function logsOf(
      pods: (snapshot: Snapshot) => readonly ReturnType<typeof asked>[],
      rules: readonly FaultRule[] = [],
      deadlineMs = 1500,
    ) {
      return collectWith(rules, { followUp: (snapshot) => ({ logs: pods(snapshot), asks: [] }) }, deadlineMs);
    }

    it('lines that match are kept, with their time; others are not', async () => {
      const snapshot = await logsOf(({ pods }) => {
        fakes.setLog('shop', pods[0]?.name ?? '', 'app', { current: [`secret ${TOKEN}`, 'worker process 7 exited on signal 9', 'ok'] });
        return pods.slice(0, 1).map(({ name }) => asked(name));
      });
      assert.deepEqual(read(snapshot, 'pods/log').outcome, 'read');
      assert.equal(snapshot.logs[0]?.lines, 3);
      assert.equal(snapshot.logs[0]?.matches[0]?.count, 1);
      assert.ok(snapshot.logs[0]?.matches[0]?.at);
      assert.doesNotMatch(JSON.stringify(snapshot), new RegExp(TOKEN));
    });

    it('no run before this one: nothing to read, and that is known', async () => {
      const snapshot = await logsOf(({ pods }) => pods.slice(0, 1).map(({ name }) => asked(name, true)));
      assert.equal(read(snapshot, 'pods/log').outcome, 'read', read(snapshot, 'pods/log').detail);
      assert.deepEqual(snapshot.logs, []);
    });

    it('a node that cannot be asked is its own outcome; the other pod’s log is read', { timeout: 20_000 }, async () => {
      const snapshot = await logsOf(({ pods }) => {
        const [sick, well] = pods;
        fakes.setLog('shop', sick?.name ?? '', 'app', { current: ['x'], behaviour: { kind: 'error', status: 500, text: 'disk broken' } });
        fakes.setLog('shop', well?.name ?? '', 'app', { current: ['y'] });
        return pods.map(({ name }) => asked(name));
      });
      const outcomes = snapshot.reads.filter(({ resource }) => resource === 'pods/log').map(({ outcome, count }) => [outcome, count]);
      assert.deepEqual(outcomes.sort(), [
        ['read', 1],
        ['server-error', 0],
      ]);
      assert.equal(snapshot.logs.length, 1);
    });

    it('a log that stalls: timeout', { timeout: 40_000 }, async () => {
      const snapshot = await logsOf(({ pods }) => {
        fakes.setLog('shop', pods[0]?.name ?? '', 'app', { current: ['a', 'b'], behaviour: { kind: 'stalled', afterLines: 1 } });
        return pods.slice(0, 1).map(({ name }) => asked(name));
      });
      assert.equal(read(snapshot, 'pods/log').outcome, 'timeout');
    });

    it('a pod that went meanwhile has no log; 403 is told', async () => {
      const gone = await logsOf(() => [asked('no-such-pod')]);
      assert.equal(read(gone, 'pods/log').outcome, 'read', read(gone, 'pods/log').detail);
      const denied = await logsOf(
        ({ pods }) => pods.slice(0, 1).map(({ name }) => asked(name)),
        [{ path: /\/log\?/, fault: { kind: 'answer', status: 403 } }],
      );
      assert.equal(read(denied, 'pods/log').outcome, 'forbidden');
    });

    it('more containers than are read: told as limit', async () => {
      const snapshot = await logsOf(({ pods }) => Array.from({ length: 23 }, () => asked(pods[0]?.name ?? '', true)));
      const outcomes = snapshot.reads.filter(({ resource }) => resource === 'pods/log').map(({ outcome }) => outcome);
      assert.deepEqual(outcomes.sort(), ['limit', 'read']);
    });
  });
});

function read(snapshot: Snapshot, resource: string, group?: string): ResourceRead {
  const found = snapshot.reads.find((one) => one.resource === resource && (group === undefined || one.group === group));
  assert.ok(found, `no read of ${resource}`);
  return found;
}
