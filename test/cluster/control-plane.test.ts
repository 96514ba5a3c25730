import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { it } from 'node:test';
import { connect, type KubeJson } from './api.ts';
import { describeCluster, eventually } from './control-plane.ts';
import { definition, ISTIO_DEFINITIONS } from './definitions.ts';
import { nodeObject, startFakes } from './fakes.ts';
import { loadCluster } from './load.ts';
import { at, firstBytes } from './looking.ts';
import { brokenPromises } from './read-only.ts';
import { oomKilled, restage, schedule, stageEvent, stageService, stageWorkload, usageOf } from './stage.ts';

/** The helpers that every cluster test stands on: each does what it says against the real API server. */

const TEMPLATE = { containers: [{ name: 'app', image: 'registry.example/app:1.0', resources: { limits: { memory: '64Mi' } } }] };
const PODS = '/api/v1/namespaces/shop/pods';

describeCluster('a control plane for tests', { users: ['limited', 'robot'] }, (cluster) => {
  it('is a Kubernetes API server', async () => {
    const { json } = await cluster().admin.call('GET', '/version');
    assert.match(String(at(json, '/gitVersion')), /^v1\.\d+\.\d+/);
  });

  it('refuses what it would refuse in production', async () => {
    const wrong = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'BAD', namespace: 'shop' }, spec: { containers: [] } };
    await assert.rejects(cluster().admin.create(wrong), /422: Pod "BAD" is invalid/);
    assert.equal((await connect({ ...cluster(), token: 'wrong' }).call('GET', PODS)).status, 401);
  });

  it('gives a user no rights but those that were granted', async () => {
    const { admin, as } = cluster();
    const limited = as('limited');
    const refused = await limited.call('GET', PODS);
    assert.equal(refused.status, 403);
    assert.match(String(at(refused.json, '/message')), /User "limited" cannot list resource "pods"/);
    await admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    await admin.grant('limited', [{ apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list'] }], { namespace: 'shop' });
    assert.equal((await limited.call('GET', PODS)).status, 200);
    assert.equal((await limited.call('GET', '/api/v1/namespaces/default/pods')).status, 403);
    assert.equal((await limited.call('GET', '/api/v1/namespaces/shop/services')).status, 403);
  });

  it('grants what a Role in YAML text says, to users and service accounts', async () => {
    const { admin, as, server, ca } = cluster();
    const role = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules:
- apiGroups: [""]
  resources: [nodes]
  verbs: [list]
`;
    assert.equal((await as('robot').call('GET', '/api/v1/nodes')).status, 403);
    await admin.grantFromYaml('robot', role);
    assert.equal((await as('robot').call('GET', '/api/v1/nodes')).status, 200);
    const account = connect({ server, ca, token: await admin.serviceAccountToken('shop', 'bot') });
    assert.equal((await account.call('GET', '/api/v1/nodes')).status, 403);
    await admin.grantFromYaml('system:serviceaccount:shop:bot', role);
    assert.equal((await account.call('GET', '/api/v1/nodes')).status, 200);
    account.close();
  });

  it('logs each call with the user who made it', async () => {
    const before = (await cluster().auditEvents('limited')).length;
    await cluster().as('limited').call('GET', '/api/v1/namespaces/shop/secrets?limit=1');
    const events = (await cluster().auditEvents('limited')).slice(before);
    assert.deepEqual(
      events.map(({ verb, requestURI, objectRef, responseStatus }) => [verb, requestURI, objectRef?.resource, responseStatus?.code]),
      [['list', '/api/v1/namespaces/shop/secrets?limit=1', 'secrets', 403]],
    );
  });

  it('sees in that log whoever does more than read', async () => {
    const { admin } = cluster();
    const calls: readonly (readonly [method: string, path: string, body?: unknown])[] = [
      ['GET', '/api/v1/pods?limit=1'],
      ['GET', '/version'],
      ['GET', '/api/v1/namespaces/shop/pods/x/log?tailLines=5'],
      ['GET', '/api/v1/namespaces/shop/services/x:80/proxy/status'],
      ['POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', { spec: { namespace: 'shop' } }],
      ['GET', '/api/v1/namespaces/shop/secrets'],
      ['GET', '/api/v1/pods?watch=1&timeoutSeconds=1'],
      ['GET', '/api/v1/namespaces/shop/pods/x/exec?command=ls'],
      ['GET', '/api/v1/nodes/x/proxy/metrics'],
      ['DELETE', '/api/v1/namespaces/shop/configmaps/x'],
      [
        'POST',
        '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        { spec: { user: 'x', nonResourceAttributes: { path: '/', verb: 'get' } } },
      ],
    ];
    for (const [method, path, body] of calls) await admin.call(method, path, body);
    const events = (await cluster().auditEvents('admin')).slice(-calls.length);
    assert.deepEqual(
      events.map(({ requestURI }) => requestURI),
      calls.map(([, path]) => path),
    );
    assert.deepEqual(brokenPromises(events), []);
    const wrong = brokenPromises(events, /^runbook-lens-tests$/).map((line) => line.split(' ').slice(0, 2).join(' '));
    assert.deepEqual(wrong, [
      'list /api/v1/namespaces/shop/secrets',
      'watch /api/v1/pods?watch=1&timeoutSeconds=1',
      'get /api/v1/namespaces/shop/pods/x/exec?command=ls',
      'get /api/v1/nodes/x/proxy/metrics',
      'delete /api/v1/namespaces/shop/configmaps/x',
      'create /apis/authorization.k8s.io/v1/subjectaccessreviews',
    ]);
  });

  it('stages a workload whose pod was killed for memory, with its owners, Service and Event', async () => {
    const { admin } = cluster();
    const killedAt = new Date('2026-01-01T00:01:00Z');
    const staged = await stageWorkload(admin, {
      namespace: 'shop',
      name: 'web',
      template: TEMPLATE,
      admitted: (spec) => ({ ...spec, containers: [...spec.containers, { name: 'istio-proxy', image: 'istio/proxyv2:1.29.0' }] }),
      pods: [
        {},
        { containers: { app: { restarts: 7, waiting: { reason: 'CrashLoopBackOff' }, lastTermination: oomKilled(killedAt, 60_000) } } },
      ],
    });
    const { service, slice } = await stageService(admin, staged, { ports: [{ port: 80, targetPort: 8080 }] });
    const [healthy, killed] = (await admin.list('v1', 'Pod', 'shop')).sort((a, b) => restarts(a) - restarts(b));
    assert.ok(healthy && killed && staged.replicaSet);
    assert.equal(at(killed, '/status/containerStatuses/0/lastState/terminated/reason'), 'OOMKilled');
    assert.equal(at(killed, '/status/containerStatuses/0/lastState/terminated/startedAt'), '2026-01-01T00:00:00Z');
    assert.equal(restarts(killed), 7);
    assert.equal(at(killed, '/spec/containers/1/name'), 'istio-proxy');
    assert.equal(at(killed, '/metadata/ownerReferences/0/uid'), staged.replicaSet.metadata.uid);
    assert.equal(at(staged.replicaSet, '/metadata/ownerReferences/0/uid'), staged.workload.metadata.uid);
    assert.equal(at(staged.workload, '/status/readyReplicas'), 1);
    assert.match(String(at(service, '/spec/clusterIP')), /^10\.96\./);
    assert.deepEqual(
      [0, 1].map((index) => at(slice, `/endpoints/${index}/conditions/ready`)),
      [true, false],
    );
    const address = at(healthy, '/status/podIP');
    const changed = await restage(admin, healthy, { containers: { app: { restarts: 1, lastTermination: oomKilled(killedAt) } } });
    assert.deepEqual([restarts(changed), at(changed, '/status/podIP')], [1, address]);
    const event = await stageEvent(admin, killed, { reason: 'BackOff', message: 'Back-off restarting failed container', count: 9 });
    assert.equal(at(event, '/involvedObject/uid'), killed.metadata.uid);
  });

  it('serves custom resources as soon as their definitions are applied', async () => {
    const { admin } = cluster();
    await admin.apply([...ISTIO_DEFINITIONS, definition({ group: 'example.com', kind: 'Gone', versions: ['v1'], served: false })]);
    await admin.apply(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec: {hosts: [web]}
`);
    const older = await admin.call('GET', '/apis/networking.istio.io/v1beta1/namespaces/shop/virtualservices');
    assert.equal(at(older.json, '/items/0/spec/hosts/0'), 'web');
    assert.equal((await admin.call('GET', '/apis/example.com/v1/gones')).status, 404);
  });

  it('gives logs by a fake kubelet, as kubelets do', async () => {
    const { admin } = cluster();
    const fakes = await startFakes(cluster());
    await fakes.registerNode('node-1');
    await fakes.registerNode('node-down', { kubeletPort: 1 });
    const { pods } = await stageWorkload(admin, { namespace: 'logs', name: 'api', template: TEMPLATE, pods: [{}, { node: 'node-down' }] });
    const [name = '', downName = ''] = pods.map(({ metadata }) => metadata.name ?? '');
    const read = (query: string, pod = name) => admin.call('GET', `/api/v1/namespaces/logs/pods/${pod}/log?${query}`);
    const old = { time: new Date('2026-01-01T00:00:00Z'), text: 'long ago' };
    fakes.setLog('logs', name, 'app', { current: [old, 'one', 'two', 'three'] });
    assert.equal((await read('')).text, 'long ago\none\ntwo\nthree\n');
    assert.equal((await read('tailLines=2')).text, 'two\nthree\n');
    assert.equal((await read('sinceSeconds=60&tailLines=9')).text, 'one\ntwo\nthree\n');
    assert.equal((await read('sinceTime=2026-01-01T00:00:01Z&limitBytes=5')).text, 'one\nt');
    assert.match((await read('timestamps=true')).text, /^2026-01-01T00:00:00\.000000000Z long ago\n/);
    const noPrevious = await read('previous=true');
    assert.deepEqual([noPrevious.status, /previous terminated container/.test(noPrevious.text)], [400, true]);
    fakes.setLog('logs', name, 'app', { previous: ['OutOfMemoryError'], behaviour: { kind: 'slow', delayMs: 40 } });
    const startMs = performance.now();
    assert.equal((await read('previous=true')).text, 'OutOfMemoryError\n');
    assert.ok(performance.now() - startMs >= 40);
    fakes.setLog('logs', name, 'app', { current: ['one', 'two'], behaviour: { kind: 'reset', afterLines: 1 } });
    assert.doesNotMatch(await read('').then(({ text }) => text, String), /two/);
    fakes.setLog('logs', name, 'app', { current: ['one', 'two'], behaviour: { kind: 'stalled', afterLines: 1 } });
    // The API server keeps small pieces back, so nothing at all may have come.
    const stalled = await firstBytes(cluster(), `/api/v1/namespaces/logs/pods/${name}/log`, 300);
    assert.deepEqual([stalled.ended, stalled.text.includes('two')], [false, false]);
    assert.equal((await read('', downName)).status, 500);
    await fakes.stop();
  });

  it('has no metrics, then metrics, then a metrics API that is down', async () => {
    const { admin } = cluster();
    const path = '/apis/metrics.k8s.io/v1beta1';
    assert.equal((await admin.call('GET', `${path}/pods`)).status, 404);
    const fakes = await startFakes(cluster());
    const { pods } = await stageWorkload(admin, { namespace: 'metrics', name: 'api', template: TEMPLATE, pods: 2 });
    let sample = 0;
    fakes.setMetrics({
      pods: () => pods.map((pod, index) => usageOf(pod, { app: { cpu: `${++sample}m`, memory: `${60 + index}Mi` } })),
      nodes: [{ node: 'node-1', cpu: '250m', memory: '4Gi' }],
    });
    await fakes.registerMetrics();
    const first = await admin.call('GET', `${path}/namespaces/metrics/pods`);
    const second = await admin.call('GET', `${path}/namespaces/metrics/pods`);
    assert.equal(at(first.json, '/items/1/containers/0/usage/memory'), '61Mi');
    assert.deepEqual(
      [first, second].map(({ json }) => at(json, '/items/0/containers/0/usage/cpu')),
      ['1m', '3m'],
    );
    assert.deepEqual(at((await admin.call('GET', `${path}/namespaces/other/pods`)).json, '/items'), []);
    assert.equal(at((await admin.call('GET', `${path}/nodes`)).json, '/items/0/usage/memory'), '4Gi');
    assert.ok(fakes.seen.some(({ url, user }) => url.includes('/namespaces/metrics/pods') && user === 'admin'));
    await fakes.stop();
    assert.equal((await admin.call('GET', `${path}/pods`)).status, 503);
    await fakes.unregisterMetrics();
    assert.equal((await admin.call('GET', `${path}/pods`)).status, 404);
  });

  it('ends by itself when the test is killed', async () => {
    const helper = new URL('./control-plane.ts', import.meta.url).href;
    const script = `const { startControlPlane } = await import('${helper}');
      const cluster = await startControlPlane();
      console.log(JSON.stringify({ pid: cluster.pid, dir: cluster.dir }));
      setInterval(() => {}, 60_000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(createInterface({ input: parent.stdout }), 'line');
    const { pid, dir }: { pid: number; dir: string } = JSON.parse(line);
    process.kill(pid, 0);
    parent.kill('SIGKILL');
    await eventually('the control plane is gone', async () => (isAlive(pid) ? undefined : true));
    rmSync(dir, { recursive: true });
  });

  it('fills a cluster for the bench', async () => {
    const { admin } = cluster();
    const { requests } = await loadCluster(cluster(), { pods: 25, services: 10, nodes: 5, namespaces: 3 });
    assert.equal(requests, 25 * 2 + 10 * 4 + 5 * 2);
    const pods = (await admin.list('v1', 'Pod')).filter(({ metadata }) => metadata.namespace?.startsWith('load-'));
    assert.equal(pods.length, 25);
    assert.ok(pods.every((pod) => at(pod, '/status/phase') === 'Running' && String(at(pod, '/spec/nodeName')).startsWith('load-node-')));
  });
});

function restarts(pod: KubeJson): number {
  return Number(at(pod, '/status/containerStatuses/0/restartCount'));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describeCluster('a control plane with controllers', { kcm: true }, (cluster) => {
  it('makes pods of a Deployment and EndpointSlices of a Service, and ends namespaces', async () => {
    const { admin } = cluster();
    const [deployment] = await admin.apply(
      `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {terminationGracePeriodSeconds: 0, containers: [{name: app, image: "registry.example/app:1.0"}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
`,
      { namespace: 'live' },
    );
    const pods = await eventually('two pods', async () => {
      const found = await admin.list('v1', 'Pod', 'live');
      return found.length === 2 ? found : undefined;
    });
    assert.equal(at(pods[0], '/metadata/ownerReferences/0/kind'), 'ReplicaSet');
    await admin.create(nodeObject('node-1'));
    for (const pod of pods) await schedule(admin, pod);
    await eventually('two ready endpoints', async () => {
      const [slice] = await admin.list('discovery.k8s.io/v1', 'EndpointSlice', 'live');
      return [0, 1].every((index) => at(slice, `/endpoints/${index}/conditions/ready`) === true) ? true : undefined;
    });
    await eventually('the Deployment is available', async () => {
      const now = deployment === undefined ? undefined : await admin.get(deployment);
      return at(now, '/status/availableReplicas') === 2 ? true : undefined;
    });
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'live' } };
    await admin.delete(namespace);
    await eventually('the namespace is gone', async () => ((await admin.get(namespace)) === undefined ? true : undefined), 60_000);
  });
});
