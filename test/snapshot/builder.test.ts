import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { load } from 'js-yaml';
import { kubernetesContainers } from '../../src/model/containers/kubernetes.ts';
import { kubeObject } from '../../src/model/kubernetes/objects.ts';
import { SnapshotBuilder } from '../../src/snapshot/builder.ts';
import { serviceAddressOf } from '../../src/snapshot/service-address.ts';
import { addressIn } from '../../src/snapshot/service-edges.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { jsonTree } from '../../src/text/json-tree.ts';

const ABOUT = {
  takenAt: '2026-11-21T12:00:00Z',
  cluster: { context: 'c', server: 'https://x', version: 'v1.36.0', scope: 'all', namespaces: [] },
  reads: [],
} as const;

function built(...yaml: readonly string[]): Snapshot {
  const builder = new SnapshotBuilder();
  for (const text of yaml.flatMap((one) => one.split(/^---$/m))) builder.add(load(text));
  return builder.finish(ABOUT);
}

/** The object of a kind, the only one. */
function objectOf(snapshot: Snapshot, kind: string): unknown {
  const found = snapshot.objects.filter((object) => object.kind === kind);
  assert.equal(found.length, 1, `${found.length} objects of kind ${kind}`);
  return found[0];
}

function containersIn(snapshot: Snapshot): ReturnType<typeof kubernetesContainers> {
  return kubernetesContainers(
    snapshot.objects.map((object, at) => {
      const { file, root } = jsonTree(`${at}.json`, object);
      assert.equal(root.kind, 'map');
      return kubeObject(file, root as Parameters<typeof kubeObject>[1], object.apiVersion, object.kind, false);
    }),
  );
}

const SERVICE = `
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop }
spec: { selector: { app: orders }, ports: [{ port: 8080 }] }`;

const CLIENT = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  template:
    spec:
      containers:
        - name: web
          image: example/web:1
          env:
            - { name: ORDERS_ADDR, value: "dns:///orders.shop.svc:8080" }
            - { name: MODE, value: orders }
            - { name: IMAGE, value: "orders:9" }
            - { name: EMPTY, value: "" }
            - { name: FROM_MAP, valueFrom: { configMapKeyRef: { name: settings, key: addr } } }
            - { name: LIMIT, valueFrom: { configMapKeyRef: { name: settings, key: GOMEMLIMIT } } }
          envFrom: [{ prefix: P_, configMapRef: { name: settings } }, { configMapRef: { name: go } }]`;
const MAPS = `
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: shop }
data: { addr: "http://orders:8080/x", GOMEMLIMIT: 900MiB, PASSWORD: abc, EMPTY: "" }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: go, namespace: shop }
data: { GOMEMLIMIT: 900MiB }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: other }
data: { GOMEMLIMIT: 900MiB }`;

describe('settings of containers', () => {
  for (const [title, order] of [
    ['Services first', [SERVICE, CLIENT, MAPS]],
    ['Services last', [MAPS, CLIENT, SERVICE]],
  ] as const) {
    it(`${title}: what is kept, what names a Service, what is set all the same`, () => {
      const snapshot = built(...order);
      const [container] = containersIn(snapshot);
      assert.ok(container);
      const variables = [...container.env.variables.values()].map((variable) => {
        const address = serviceAddressOf(variable);
        return [variable.name, address ?? (variable.value.known ? variable.value.value : '?')];
      });
      assert.deepEqual(Object.fromEntries(variables), {
        ORDERS_ADDR: { namespace: 'shop', name: 'orders', host: 'orders.shop.svc', port: 8080, prefix: 'dns:///' },
        MODE: '?',
        IMAGE: '?',
        EMPTY: '',
        FROM_MAP: { namespace: 'shop', name: 'orders', host: 'orders', port: 8080, prefix: 'http://' },
        LIMIT: '?',
        P_addr: { namespace: 'shop', name: 'orders', host: 'orders', port: 8080, prefix: 'http://' },
        P_GOMEMLIMIT: '?',
        P_PASSWORD: '?',
        P_EMPTY: '',
        GOMEMLIMIT: '900MiB',
      });
      assert.deepEqual(container.env.unseen, []);
      assert.deepEqual(
        snapshot.objects.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata }) => `${String(metadata.namespace)}/${metadata.name}`),
        ['shop/go', 'shop/settings'],
      );
    });
  }

  it('a Service that is added later is found by a second finish', () => {
    const builder = new SnapshotBuilder();
    builder.add(load(CLIENT));
    assert.ok(!JSON.stringify(builder.finish(ABOUT)).includes('serviceAddress'));
    builder.add(load(SERVICE));
    assert.ok(JSON.stringify(builder.finish(ABOUT)).includes('serviceAddress'));
  });

  const addresses: readonly (readonly [string, string, unknown])[] = [
    ['X', 'orders:50051', { namespace: 'shop', name: 'orders', host: 'orders', port: 50051 }],
    ['X', 'orders.other:80', { namespace: 'other', name: 'orders', host: 'orders.other', port: 80 }],
    ['X', 'orders.other.svc.cluster.local.:80', { namespace: 'other', name: 'orders', host: 'orders.other.svc.cluster.local.', port: 80 }],
    ['X', 'passthrough:///orders:80', { namespace: 'shop', name: 'orders', host: 'orders', port: 80, prefix: 'passthrough:///' }],
    ['X', 'grpc://orders', { namespace: 'shop', name: 'orders', host: 'orders', prefix: 'grpc://' }],
    ['X', 'redis://:pw@orders:6379/0', { namespace: 'shop', name: 'orders', host: 'orders', port: 6379, prefix: 'other://' }],
    ['X', 'jdbc:mysql://orders:3306/x', { namespace: 'shop', name: 'orders', host: 'orders', port: 3306, prefix: 'other://' }],
    ['X', 'orders:1,payments:2', { namespace: 'shop', name: 'orders', host: 'orders', port: 1 }],
    ['ORDERS_HOST', 'orders', { namespace: 'shop', name: 'orders', host: 'orders' }],
    ['ordersServiceUrl', 'orders', { namespace: 'shop', name: 'orders', host: 'orders' }],
    ['MODE', 'orders', undefined],
    ['X', 'pod-0.orders.shop.svc:80', undefined],
    ['X', 'db.example.com:80', undefined],
    ['X', 'http://10.0.0.1:80', undefined],
    ['X', 'a b', undefined],
  ];
  for (const [name, text, expected] of addresses) it(`${name}=${text}`, () => assert.deepEqual(addressIn(name, text, 'shop'), expected));
});

describe('owners', () => {
  const pod = (name: string, owner: string, labels = '{}') => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop, labels: ${labels}, ownerReferences: [${owner}] }
spec: { containers: [{ name: a, image: a }] }`;
  const owned = (kind: string, apiVersion: string, name: string, owner = '') =>
    `{ apiVersion: ${apiVersion}, kind: ${kind}, metadata: { name: ${name}, namespace: shop, ownerReferences: [${owner}] }, spec: {} }`;
  const ref = (kind: string, name: string) => `{ kind: ${kind}, name: ${name}, controller: true }`;
  const chain = (snapshot: Snapshot) =>
    snapshot.pods.map(({ owner, via }) => `${owner.kind}/${owner.name}${via === undefined ? '' : ` via ${via}`}`);

  const cases: readonly (readonly [string, readonly string[], string])[] = [
    [
      'a Deployment over its ReplicaSet',
      [pod('p', ref('ReplicaSet', 'web-1')), owned('ReplicaSet', 'apps/v1', 'web-1', ref('Deployment', 'web'))],
      'Deployment/web via web-1',
    ],
    [
      'a Rollout',
      [pod('p', ref('ReplicaSet', 'web-1')), owned('ReplicaSet', 'apps/v1', 'web-1', ref('Rollout', 'web'))],
      'Rollout/web via web-1',
    ],
    ['a ReplicaSet of its own', [pod('p', ref('ReplicaSet', 'web')), owned('ReplicaSet', 'apps/v1', 'web')], 'ReplicaSet/web'],
    [
      'ReplicaSets could not be listed',
      [pod('p', ref('ReplicaSet', 'web-7d9f'), '{ pod-template-hash: 7d9f }')],
      'Deployment/web via web-7d9f',
    ],
    [
      'a CronJob over its Job',
      [pod('p', ref('Job', 'sync-1')), owned('Job', 'batch/v1', 'sync-1', ref('CronJob', 'sync'))],
      'CronJob/sync via sync-1',
    ],
    ['Jobs could not be listed', [pod('p', ref('Job', 'sync-29381040'))], 'CronJob/sync via sync-29381040'],
    ['a Job of its own', [pod('p', ref('Job', 'sync-29381040')), owned('Job', 'batch/v1', 'sync-29381040')], 'Job/sync-29381040'],
    ['a kind that nobody knows', [pod('p', ref('StrimziPodSet', 'kafka'))], 'StrimziPodSet/kafka'],
    ['nobody', [pod('p', '')], 'Pod/p'],
  ];
  for (const [title, yaml, expected] of cases) it(title, () => assert.deepEqual(chain(built(...yaml)), [expected]));

  it('a workload that another one controls is no object of its own; a pod that nobody controls is', () => {
    const kinds = built(
      pod('p', ref('ReplicaSet', 'web-1')),
      pod('q', ''),
      owned('ReplicaSet', 'apps/v1', 'web-1', ref('Deployment', 'web')),
      owned('Deployment', 'apps/v1', 'web'),
      owned('Job', 'batch/v1', 'j', ref('CronJob', 'c')),
    ).objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    assert.deepEqual(kinds, ['Deployment/web', 'Pod/q']);
  });

  it('an object that comes twice counts once, the later one', () => {
    const event = (count: number) =>
      `{ apiVersion: v1, kind: Event, metadata: { name: e, namespace: shop }, reason: BackOff, count: ${count}, involvedObject: { kind: Pod, name: p } }`;
    const snapshot = built(pod('p', ''), pod('p', ref('ReplicaSet', 'x'), '{ a: b }'), event(1), event(7));
    assert.deepEqual(
      snapshot.pods.map(({ labels }) => labels),
      [{ a: 'b' }],
    );
    assert.deepEqual(
      snapshot.events.map(({ count }) => count),
      [7],
    );
  });
});

describe('a pod', () => {
  const POD = `
apiVersion: v1
kind: Pod
metadata:
  name: orders
  namespace: shop
  creationTimestamp: "2026-11-21T10:00:00Z"
  labels: { app: orders }
  annotations:
    sidecar.istio.io/status: '{"revision":"default","containers":["istio-proxy"]}'
    example.com/x: y
spec:
  nodeName: node-1
  dnsPolicy: ClusterFirst
  initContainers:
    - { name: istio-init, image: "istio/proxyv2:1.24.2", args: [istio-iptables, -o, "3306"] }
    - { name: helper, image: helper, restartPolicy: Always }
  containers:
    - { name: istio-proxy, image: "istio/proxyv2:1.24.2", env: [{ name: ISTIO_META_IDLE_TIMEOUT, value: 24h }, { name: TOKEN, value: abc }] }
    - name: app
      image: example/app:1
      env: [{ name: GOMEMLIMIT, value: 900MiB }]
      resources: { limits: { memory: 1Gi, cpu: 500m }, requests: { memory: 512Mi } }
  volumes: [{ name: istio-envoy, emptyDir: {} }, { name: mine, emptyDir: {} }]
status:
  phase: Running
  podIP: 10.0.0.1
  conditions: [{ type: Ready, status: "True", lastTransitionTime: "2026-11-21T10:01:00Z" }]
  initContainerStatuses:
    - { name: istio-init, ready: true, restartCount: 0, state: { terminated: { reason: Completed, exitCode: 0 } } }
  containerStatuses:
    - name: app
      ready: true
      restartCount: 3
      state: { running: { startedAt: "2026-11-21T11:00:00Z" } }
      lastState: { terminated: { reason: OOMKilled, exitCode: 137, startedAt: "2026-11-21T10:30:00Z", finishedAt: "2026-11-21T10:59:00Z" } }
    - { name: istio-proxy, ready: false, restartCount: 0, state: { waiting: { reason: CrashLoopBackOff } } }`;

  it('as the cluster has it', () => {
    const [pod] = built(POD).pods;
    assert.deepEqual(pod, {
      namespace: 'shop',
      name: 'orders',
      node: 'node-1',
      phase: 'Running',
      ip: '10.0.0.1',
      createdAt: '2026-11-21T10:00:00Z',
      readySince: '2026-11-21T10:01:00Z',
      deleting: false,
      hostNetwork: false,
      labels: { app: 'orders' },
      annotations: { 'sidecar.istio.io/status': '{"revision":"default","initContainers":[],"containers":["istio-proxy"]}' },
      dnsPolicy: 'ClusterFirst',
      containers: [
        {
          name: 'istio-proxy',
          image: 'istio/proxyv2:1.24.2',
          role: 'main',
          ready: false,
          restarts: 0,
          state: 'waiting',
          reason: 'CrashLoopBackOff',
          statusAt: '/status/containerStatuses/1',
          env: { ISTIO_META_IDLE_TIMEOUT: '24h' },
          args: [],
        },
        {
          name: 'app',
          image: 'example/app:1',
          role: 'main',
          ready: true,
          restarts: 3,
          state: 'running',
          startedAt: '2026-11-21T11:00:00Z',
          lastTermination: { reason: 'OOMKilled', exitCode: 137, startedAt: '2026-11-21T10:30:00Z', finishedAt: '2026-11-21T10:59:00Z' },
          statusAt: '/status/containerStatuses/0',
          memoryLimitMiB: 1024,
          memoryRequestMiB: 512,
          cpuLimitCores: 0.5,
          env: { GOMEMLIMIT: '900MiB' },
          args: [],
        },
        {
          name: 'istio-init',
          image: 'istio/proxyv2:1.24.2',
          role: 'init',
          ready: true,
          restarts: 0,
          state: 'terminated',
          reason: 'Completed',
          termination: { reason: 'Completed', exitCode: 0 },
          statusAt: '/status/initContainerStatuses/0',
          env: {},
          args: ['istio-iptables', '-o', '3306'],
        },
        { name: 'helper', image: 'helper', role: 'sidecar', ready: false, restarts: 0, state: 'unknown', env: {}, args: [] },
      ],
      owner: { kind: 'Pod', namespace: 'shop', name: 'orders' },
    });
  });

  it('as a workload: without what was injected, every place as it is', () => {
    const pod = objectOf(built(POD), 'Pod') as { readonly spec: { readonly [key: string]: readonly ({ readonly name: string } | null)[] } };
    const names = (key: string) => pod.spec[key]?.map((item) => item?.name ?? null);
    assert.deepEqual(names('containers'), [null, 'app']);
    assert.deepEqual(names('initContainers'), [null, 'helper']);
    assert.deepEqual(names('volumes'), [null, 'mine']);
  });

  it('a proxy that somebody wrote stays', () => {
    const own = POD.replace(/ {4}sidecar\.istio\.io\/status.*\n/, '');
    const pod = objectOf(built(own), 'Pod') as { readonly spec: { readonly containers: readonly { readonly name: string }[] } };
    assert.deepEqual(
      pod.spec.containers.map(({ name }) => name),
      ['istio-proxy', 'app'],
    );
  });
});

describe('the rest of a cluster', () => {
  it('endpoints of slices; of Endpoints where there are no slices', () => {
    const { endpoints } = built(`
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: orders-1, namespace: shop, labels: { kubernetes.io/service-name: orders } }
endpoints:
  - { addresses: [10.0.0.1], conditions: { ready: true }, targetRef: { kind: Pod, name: a }, nodeName: n1, zone: z1, hints: { forZones: [{ name: z1 }] } }
  - { addresses: [10.0.0.2], conditions: { ready: false }, targetRef: { kind: Pod, name: b } }
  - { addresses: [10.0.0.3], conditions: {} }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: orders-2, namespace: shop, labels: { kubernetes.io/service-name: orders } }
endpoints: [{ addresses: ["fd00::1"], conditions: { ready: true }, targetRef: { kind: Pod, name: a } }]
---
apiVersion: v1
kind: Endpoints
metadata: { name: orders, namespace: shop }
subsets: [{ addresses: [{ ip: 9.9.9.9 }] }]
---
apiVersion: v1
kind: Endpoints
metadata: { name: old, namespace: shop }
subsets: [{ addresses: [{ ip: 10.1.0.1, targetRef: { kind: Pod, name: o } }], notReadyAddresses: [{ ip: 10.1.0.2 }] }]`);
    assert.deepEqual(endpoints, [
      { namespace: 'shop', service: 'old', ip: '10.1.0.2', ready: false },
      { namespace: 'shop', service: 'old', ip: '10.1.0.1', ready: true, pod: 'o' },
      { namespace: 'shop', service: 'orders', ip: '10.0.0.3', ready: true },
      { namespace: 'shop', service: 'orders', ip: '10.0.0.1', ready: true, pod: 'a', node: 'n1', zone: 'z1', forZones: ['z1'] },
      { namespace: 'shop', service: 'orders', ip: '10.0.0.2', ready: false, pod: 'b' },
    ]);
  });

  it('samples: what was not measured is not zero', () => {
    const builder = new SnapshotBuilder();
    const containers = [{ name: 'a', usage: { cpu: '1234567n', memory: '2048Ki' } }, { name: 'b', usage: {} }, { name: 'c' }];
    builder.addUsage([{ metadata: { namespace: 'shop', name: 'p' }, containers }], ABOUT.takenAt);
    assert.deepEqual(builder.finish(ABOUT).usage, [
      { at: ABOUT.takenAt, containers: [{ namespace: 'shop', pod: 'p', container: 'a', cpuMillicores: 1.235, memoryMiB: 2 }] },
    ]);
  });

  it('nodes, events, ReplicaSets', () => {
    const snapshot = built(`
apiVersion: v1
kind: Node
metadata: { name: n1, labels: { node.kubernetes.io/instance-type: m5.large } }
status: { nodeInfo: { kubeletVersion: v1.36.0, operatingSystem: linux, architecture: amd64 }, conditions: [{ type: Ready, status: "True" }] }
---
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  { name: web-1, namespace: shop, creationTimestamp: "2026-11-21T10:00:00Z", annotations: { deployment.kubernetes.io/revision: "4" }, ownerReferences: [{ kind: Deployment, name: web, controller: true }] }
status: { replicas: 3 }
---
apiVersion: v1
kind: Event
metadata: { name: e, namespace: kube-system }
type: Warning
reason: KiamRoleForbidden
message: "denied token=abc"
series: { count: 4, lastObservedTime: "2026-11-21T11:00:00.000000Z" }
eventTime: "2026-11-21T10:00:00.000000Z"
involvedObject: { kind: Pod, name: p, namespace: shop }
---
{ apiVersion: v1, kind: Event, metadata: { name: f, namespace: shop }, reason: Scheduled, message: x, involvedObject: { kind: Pod, name: p } }`);
    assert.deepEqual(snapshot.nodes, [
      { name: 'n1', kubeletVersion: 'v1.36.0', operatingSystem: 'linux', architecture: 'amd64', instanceType: 'm5.large', ready: true },
    ]);
    assert.deepEqual(snapshot.replicaSets, [
      {
        namespace: 'shop',
        name: 'web-1',
        owner: { kind: 'Deployment', namespace: 'shop', name: 'web' },
        createdAt: '2026-11-21T10:00:00Z',
        revision: 4,
        replicas: 3,
      },
    ]);
    assert.deepEqual(snapshot.events, [
      {
        object: { kind: 'Pod', namespace: 'shop', name: 'p' },
        type: 'Warning',
        reason: 'KiamRoleForbidden',
        count: 4,
        firstAt: '2026-11-21T10:00:00.000000Z',
        lastAt: '2026-11-21T11:00:00.000000Z',
        message: 'denied token=***',
      },
    ]);
  });

  it('a field whose value is not kept never reads as missing', () => {
    const rule = objectOf(
      built(`
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: db, namespace: shop }
spec: { host: db, trafficPolicy: { connectionPool: { tcp: { idleTimeout: { odd: 1 }, tcpKeepalive: {} } } } }`),
      'DestinationRule',
    ) as { readonly spec: unknown };
    assert.deepEqual(rule.spec, {
      host: 'db',
      trafficPolicy: { connectionPool: { tcp: { idleTimeout: { dropped: {} }, tcpKeepalive: {} } } },
    });
  });

  it('texts of technologies: what is read stays, the rest is known to be set', () => {
    const map = objectOf(
      built(`
apiVersion: v1
kind: ConfigMap
metadata: { name: kong, namespace: edge }
data:
  kong.conf: |
    # a comment
    router_flavor = traditional
    pg_password = abc
  kong.yml: |
    _format_version: "3.0"
    services: [{ name: s, url: "http://a", routes: [{ name: r, paths: ["~/(?=x)", /y] }, { name: q }] }]
    plugins: [{ name: acl, config: { whitelist: [a], hide: true } }]
  Corefile: |
    .:53 {
        hosts {
            10.0.0.1 a
        }
        kubernetes cluster.local in-addr.arpa {
            pods verified
        }
        autopath @kubernetes
        forward . /etc/resolv.conf
    }
  other: abc`),
      'ConfigMap',
    ) as { readonly data: unknown };
    assert.deepEqual(map.data, {
      'kong.conf': 'router_flavor = traditional\npg_password = ${dropped}\n',
      'kong.yml':
        '{"_format_version":"3.0","services":[{"routes":[{"name":"r","paths":["~/(?=x)"]},{"name":"q"}]}],"plugins":[{"name":"acl","config":{"whitelist":{"dropped":{}}}}]}',
      Corefile:
        '.:53 {\n    hosts {\n    }\n    kubernetes cluster.local in-addr.arpa {\n        pods verified\n    }\n    autopath @kubernetes\n    forward . /etc/resolv.conf\n}\n',
      other: { dropped: {} },
    });
  });
});
