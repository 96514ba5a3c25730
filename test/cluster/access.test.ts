import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { type Cluster, type CollectRequest, openCluster, type Progress } from '../../src/cluster/cluster.ts';
import { NORMAL_EVENTS } from '../../src/cluster/plan.ts';
import { accessOf, robotRole } from '../../src/diagnosis/role.ts';
import { PROBES } from '../../src/linters/probes.ts';
import { EVENT_REASONS } from '../../src/snapshot/allowed.ts';
import type { ResourceRead, Snapshot } from '../../src/snapshot/snapshot.ts';
import { describeCluster, writeKubeconfig } from './control-plane.ts';
import { ISTIO_DEFINITIONS, KONG_DEFINITIONS } from './definitions.ts';
import { type Fakes, startFakes } from './fakes.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { stageEvent, stageService, stageWorkload, type StagedWorkload, usageOf } from './stage.ts';

/** Users who may read a part only, and what goes over the wire. */

const NEEDS = PROBES.flatMap(({ needs }) => needs);
const USERS = ['nobody', 'shopper', 'robot', 'watcher', 'namer'];
const CANARY = 'q7Xc9Lm2Vt5Rb8Nw3Kp6Hs1Jd4Gf0ZyA';

describeCluster('access', { users: USERS }, (cluster) => {
  let fakes: Fakes;
  let proxy: FaultProxy;
  let web: StagedWorkload;
  before(async () => {
    const { admin } = cluster();
    fakes = await startFakes(cluster());
    proxy = await startFaultProxy(cluster());
    await fakes.registerNode('node-1');
    await admin.apply([...ISTIO_DEFINITIONS, ...KONG_DEFINITIONS]);
    await admin.apply(`
apiVersion: v1
kind: Secret
metadata: {namespace: shop, name: password}
stringData: {password: ${CANARY}}
---
apiVersion: v1
kind: ConfigMap
metadata: {namespace: shop, name: settings}
data: {password: ${CANARY}}
---
apiVersion: v1
kind: ConfigMap
metadata: {namespace: kube-system, name: coredns}
data: {Corefile: ".:53 { kubernetes cluster.local }"}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {namespace: istio-system, name: everywhere}
spec: {host: "*.local"}
`);
    web = await stageWorkload(admin, {
      namespace: 'shop',
      name: 'web',
      annotations: { 'example.com/secret': CANARY },
      template: { containers: [{ name: 'app', image: 'web:1', env: [{ name: 'PASSWORD', value: CANARY }] }] },
      pods: 2,
    });
    await stageService(admin, web, { ports: [{ port: 80 }] });
    await stageWorkload(admin, { namespace: 'other', name: 'api', template: { containers: [{ name: 'app', image: 'api:1' }] }, pods: 1 });
  });
  after(async () => {
    await fakes?.stop();
    await proxy?.stop();
  });

  async function open(user: string, namespace?: string, server = cluster().server): Promise<Cluster> {
    const path = writeKubeconfig(`${cluster().dir}/${user}-${namespace ?? ''}`, {
      server,
      ca: cluster().ca,
      token: cluster().token(user),
      ...(namespace === undefined ? {} : { namespace }),
    });
    const opened = await openCluster({ version: '1.2.3', kubeconfig: path });
    assert.ok(opened.ok, JSON.stringify(opened));
    return opened.value;
  }

  async function collect(user: string, request: Partial<CollectRequest> = {}, namespace?: string): Promise<Snapshot> {
    const opened = await open(user, namespace);
    try {
      return await opened.collect({ scope: { kind: 'default' }, needs: NEEDS, ...request });
    } finally {
      opened.close();
    }
  }

  it('who may list everywhere gets all namespaces without a flag', async () => {
    const snapshot = await collect('admin');
    assert.deepEqual([snapshot.cluster.scope, snapshot.cluster.namespaces, snapshot.cluster.narrowed], ['all', [], undefined]);
    assert.deepEqual(outcomes(snapshot, 'forbidden'), []);
    assert.equal(snapshot.pods.length, 3);
    assert.doesNotMatch(JSON.stringify(snapshot), new RegExp(CANARY));
  });

  it('who may list nothing gets the context’s namespace, all of it forbidden, and nothing denied was asked for', async () => {
    const snapshot = await collect('nobody', {}, 'shop');
    assert.deepEqual([snapshot.cluster.scope, snapshot.cluster.namespaces, snapshot.cluster.narrowed], ['listed', ['shop'], true]);
    assert.deepEqual(outcomes(snapshot, 'read'), []);
    assert.equal(read(snapshot, 'pods', 'shop').outcome, 'forbidden');
    assert.equal(read(snapshot, 'pods/log', 'shop').outcome, 'forbidden');
    const asked = await cluster().auditEvents('nobody');
    assert.deepEqual(
      asked.filter(({ responseStatus }) => responseStatus?.code === 403),
      [],
    );
  });

  it('the Role that is printed really suffices', async () => {
    const before = await collect('shopper', {}, 'shop');
    const { roleYaml, denied } = accessOf(before);
    assert.ok(denied.length > 10);
    await cluster().admin.grantFromYaml('shopper', roleYaml);
    const snapshot = await collect('shopper', {}, 'shop');
    assert.deepEqual(outcomes(snapshot, 'forbidden'), []);
    assert.equal(accessOf(snapshot).roleYaml, '');
    assert.deepEqual([snapshot.cluster.scope, snapshot.cluster.namespaces], ['listed', ['shop']]);
    assert.deepEqual(
      snapshot.pods.map(({ namespace }) => namespace),
      ['shop', 'shop'],
    );
    // What holds for the whole cluster is read with it: Istio's root namespace, the DNS server's settings.
    assert.ok(snapshot.objects.some(({ kind, metadata }) => kind === 'DestinationRule' && metadata.namespace === 'istio-system'));
    assert.ok(snapshot.objects.some(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'coredns'));
    const logs = { namespace: 'shop', pod: web.pods[0]?.metadata.name ?? '', container: 'app', previous: false, signatures: [] };
    const withLogs = await collect('shopper', { followUp: () => ({ logs: [logs], asks: [] }) }, 'shop');
    assert.equal(read(withLogs, 'pods/log', 'shop').outcome, 'read', read(withLogs, 'pods/log', 'shop').detail);
  });

  it('the ClusterRole of a read-only robot suffices for every probe', { skip: PROBES.length === 0 }, async () => {
    await cluster().admin.grantFromYaml('robot', robotRole(PROBES));
    const snapshot = await collect('robot');
    assert.equal(snapshot.cluster.scope, 'all');
    for (const { group, resource } of NEEDS) {
      const outcome = snapshot.reads.find((one) => one.group === group && one.resource === resource)?.outcome;
      assert.ok(
        outcome === 'read' || outcome === 'absent' || (resource === 'services/proxy' && outcome === 'not-asked'),
        `${resource}: ${outcome}`,
      );
    }
  });

  it('namespaces that are named are read alone; one that is not there is no empty one', async () => {
    const snapshot = await collect('admin', { scope: { kind: 'listed', namespaces: ['other', 'no-such', 'other'] } });
    assert.deepEqual([snapshot.cluster.scope, snapshot.cluster.namespaces], ['listed', ['other', 'no-such']]);
    assert.deepEqual(
      snapshot.pods.map(({ namespace }) => namespace),
      ['other'],
    );
    assert.equal(read(snapshot, 'namespaces', 'other').outcome, 'read');
    assert.equal(read(snapshot, 'namespaces', 'no-such').outcome, 'server-error');
  });

  it('all namespaces, asked for by who may not: forbidden, with the ClusterRole to ask for', async () => {
    const snapshot = await collect('nobody', { scope: { kind: 'all' } });
    assert.equal(snapshot.cluster.scope, 'all');
    assert.equal(read(snapshot, 'pods').outcome, 'forbidden');
    assert.match(accessOf(snapshot).roleYaml, /kind: ClusterRole/);
  });

  it('an authorizer that does not tell all: only trying shows', async () => {
    const { admin } = cluster();
    await admin.grant('watcher', [{ apiGroups: [''], resources: ['pods', 'services'], verbs: ['list'] }], { namespace: 'shop' });
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      status: { resourceRules: [], nonResourceRules: [], incomplete: true },
    };
    proxy.reset();
    proxy.inject({ path: /selfsubjectrulesreviews/, fault: { kind: 'answer', status: 201, body: review } });
    const opened = await open('watcher', 'shop', proxy.server);
    const snapshot = await opened.collect({ scope: { kind: 'default' }, needs: NEEDS });
    opened.close();
    assert.deepEqual([snapshot.cluster.scope, snapshot.cluster.narrowed], ['listed', true]);
    assert.ok(proxy.requests.some(({ path }) => path.includes('selfsubjectaccessreviews')));
    assert.equal(read(snapshot, 'pods', 'shop').outcome, 'read');
    assert.equal(read(snapshot, 'configmaps', 'shop').outcome, 'forbidden');
    assert.match(read(snapshot, 'configmaps', 'shop').detail ?? '', /^403: /);
  });

  it('a rule that names objects does not grant the list', async () => {
    await cluster().admin.grant('namer', [{ apiGroups: [''], resources: ['pods'], resourceNames: ['one'], verbs: ['list', 'get'] }], {
      namespace: 'shop',
    });
    const snapshot = await collect('namer', {}, 'shop');
    assert.equal(read(snapshot, 'pods', 'shop').outcome, 'forbidden');
    assert.ok((await cluster().auditEvents('namer')).every(({ objectRef }) => objectRef?.resource !== 'pods'));
  });

  it('events: warnings, and of the normal ones those that some probe reads', async () => {
    const { admin } = cluster();
    const about = web.workload;
    await stageEvent(admin, about, { reason: 'FailedCreate', message: 'no' });
    await stageEvent(admin, about, { reason: 'SuccessfulRescale', message: 'yes', type: 'Normal' });
    await stageEvent(admin, about, { reason: 'Pulled', message: 'dull', type: 'Normal' });
    const snapshot = await collect('admin');
    assert.deepEqual(snapshot.events.map(({ reason }) => reason).sort(), ['FailedCreate', 'SuccessfulRescale']);
    assert.equal(read(snapshot, 'events').count, 2);
    for (const reason of NORMAL_EVENTS) assert.ok(reason in EVENT_REASONS, reason);
  });

  it('metrics: absent, one sample, or several while it observes; pods once more at the end', { timeout: 30_000 }, async () => {
    assert.equal(read(await collect('admin'), 'pods', undefined, 'metrics.k8s.io').outcome, 'absent');
    await fakes.registerMetrics();
    let round = 0;
    const [pod] = web.pods;
    assert.ok(pod);
    // Samples are told apart by the time that the metrics server gives them, in whole seconds.
    const sample = () => ({
      ...usageOf(pod, { app: { cpu: `${++round}m`, memory: '60Mi' } }),
      time: new Date(Date.now() + round * 15_000),
    });
    fakes.setMetrics({ pods: () => [sample()] });
    const one = await collect('admin');
    assert.equal(read(one, 'pods', undefined, 'metrics.k8s.io').outcome, 'read');
    assert.deepEqual(
      one.usage.map(({ containers }) => containers.length),
      [1],
    );
    const progress: Progress[] = [];
    const startMs = performance.now();
    const several = await collect('admin', { observeMs: 1000, deadlineMs: 5000, onProgress: (each) => progress.push(each) });
    assert.ok(performance.now() - startMs >= 1000);
    assert.deepEqual(
      several.usage.map(({ containers }) => containers[0]?.cpuMillicores),
      [2, 3, 4],
    );
    assert.equal(several.pods.length, 3);
    assert.deepEqual(
      progress.filter(({ step }) => step === 'observe').map(({ count, total }) => `${count}/${total}`),
      ['1/3', '2/3', '3/3'],
    );
    assert.ok(progress.some(({ step, resource, count, done }) => step === 'list' && resource === 'pods' && count === 3 && done));
    const cancel = AbortSignal.timeout(400);
    const cancelledMs = performance.now();
    const cut = await collect('admin', { observeMs: 20_000, signal: cancel });
    assert.ok(performance.now() - cancelledMs < 10_000);
    assert.equal(cut.usage.length, 1);
    await fakes.unregisterMetrics();
  });

  it('services are asked with --deep only, through the proxy, and only what is read of an answer is kept', async () => {
    const ask = (path: string) => ({ namespace: 'shop', service: 'web:80', path, read: (body: string) => ({ length: body.length }) });
    const followUp = () => ({ logs: [], asks: [ask('/status'), ask('/broken')] });
    assert.equal(read(await collect('admin', { followUp }), 'services/proxy').outcome, 'not-asked');
    proxy.reset();
    proxy.inject(
      { path: /services\/web:80\/proxy\/status/, fault: { kind: 'answer', status: 200, body: `{"secret": "${CANARY}"}` } },
      { path: /services\/web(?::|%3A)80\/proxy\/status/, fault: { kind: 'answer', status: 200, body: `{"secret": "${CANARY}"}` } },
      { path: /proxy\/broken/, fault: { kind: 'answer', status: 401, body: 'who are you' } },
    );
    const opened = await open('admin', undefined, proxy.server);
    const snapshot = await opened.collect({ scope: { kind: 'all' }, needs: NEEDS, deep: true, followUp });
    opened.close();
    assert.deepEqual(snapshot.answers, [{ namespace: 'shop', service: 'web:80', path: '/status', values: { length: CANARY.length + 14 } }]);
    assert.deepEqual(
      snapshot.reads
        .filter(({ resource }) => resource === 'services/proxy')
        .map(({ outcome }) => outcome)
        .sort(),
      ['read', 'server-error'],
    );
    // The 401 was the service's: nobody took it for the end of our own credentials.
    assert.equal(read(snapshot, 'pods').outcome, 'read');
  });

  it('over all of this: GET, LIST, and reviews of the user’s own rights; no Secret', async () => {
    for (const user of [...USERS, 'admin']) {
      const events = (await cluster().auditEvents(user)).filter(({ userAgent }) => userAgent === 'runbook-lens/1.2.3');
      assert.ok(events.length > 0, user);
      for (const { verb, objectRef, requestURI } of events) {
        const allowed =
          verb === 'get' ||
          verb === 'list' ||
          (verb === 'create' && /^selfsubject(?:access|rules)reviews$/.test(objectRef?.resource ?? ''));
        assert.ok(allowed, `${verb} ${requestURI}`);
        assert.notEqual(objectRef?.resource, 'secrets', requestURI);
        assert.doesNotMatch(requestURI, /secrets|exec|attach|portforward|watch=/);
      }
    }
  });
});

function outcomes(snapshot: Snapshot, outcome: string): string[] {
  return snapshot.reads.filter((one) => one.outcome === outcome).map(({ resource, namespace }) => `${namespace ?? ''}/${resource}`);
}

function read(snapshot: Snapshot, resource: string, namespace?: string, group?: string): ResourceRead {
  const found = snapshot.reads.find(
    (one) =>
      one.resource === resource &&
      (namespace === undefined || one.namespace === namespace) &&
      (group === undefined ? one.group !== 'metrics.k8s.io' : one.group === group),
  );
  assert.ok(found, `no read of ${resource} in ${namespace}`);
  return found;
}
