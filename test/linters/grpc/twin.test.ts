import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LintFinding } from '../../../src/linters/lint-result.ts';
import { engineOf } from '../../helpers/engine.ts';

/** When the fix over a ClusterIP Service is offered, and the reason given where it isn't. */
const CLIENT = 'import os\nimport grpc\n\nchannel = grpc.insecure_channel(os.environ["ORDERS_ADDR"])\n';

function web(value: string): string {
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec: { template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: "example/web:1", env: [{ name: ORDERS_ADDR, value: "${value}" }] }] } } }\n---\n`;
}

const SERVICE =
  'apiVersion: v1\nkind: Service\nmetadata: { name: orders }\nspec: { selector: { app: orders }, ports: [{ name: grpc, port: 9090 }] }\n---\n';

function pods(metadata = 'name: orders', labels = 'app: orders'): string {
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata: { ${metadata} }\nspec: { replicas: 3, template: { metadata: { labels: { ${labels} } }, spec: { containers: [{ name: orders, image: "example/orders:1" }] } } }\n---\n`;
}

const SHOP = web('orders:9090') + SERVICE + pods();

async function found(files: Readonly<Record<string, string>>): Promise<readonly LintFinding[]> {
  const { findings } = (await engineOf(files)).lint();
  return findings.filter((finding) => finding.rule === 'grpc/clusterip-pinned');
}

/** The fix's id, or the reason of the snippet. */
async function offered(files: Readonly<Record<string, string>>): Promise<string | undefined> {
  const [finding] = await found(files);
  return finding?.fixes?.[0]?.id ?? finding?.snippet?.reasonId;
}

describe('the headless twin is offered', () => {
  it('for a plain Service', async () => assert.equal(await offered({ 'web/main.py': CLIENT, 'k8s.yaml': SHOP }), 'headless-twin'));
  it('with one port where two go to the same', async () => {
    const two = SHOP.replace('[{ name: grpc, port: 9090 }]', '[{ name: grpc, port: 9090 }, { name: old, port: 80, targetPort: 9090 }]');
    const [finding] = await found({ 'web/main.py': CLIENT, 'k8s.yaml': two });
    const change = finding?.fixes?.[0]?.changes.find((one) => one.change === 'add-object');
    assert.match(JSON.stringify(change?.object), /"ports":\[\{"name":"grpc","port":9090,"targetPort":9090\}\]/);
  });
});

const REFUSED: readonly (readonly [title: string, reason: string, files: Readonly<Record<string, string>>])[] = [
  [
    'in a chart',
    'made',
    {
      'web/main.py': CLIENT,
      'chart/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
      'chart/values.yaml': 'port: 9090\n',
      'chart/templates/all.yaml': SHOP.replace('port: 9090 }', 'port: {{ .Values.port }} }'),
    },
  ],
  [
    'under a prefix',
    'made',
    {
      'web/main.py': CLIENT,
      'k8s/kustomization.yaml': 'namePrefix: shop-\nresources: [all.yaml]\n',
      'k8s/all.yaml': web('shop-orders:9090') + SERVICE + pods(),
    },
  ],
  [
    'with a patched selector',
    'made',
    {
      'web/main.py': CLIENT,
      'k8s/kustomization.yaml': 'resources: [all.yaml]\npatches: [{ path: selector.yaml }]\n',
      'k8s/all.yaml': web('orders:9090') + SERVICE + pods('name: orders', 'app: orders, tier: backend'),
      'k8s/selector.yaml': 'apiVersion: v1\nkind: Service\nmetadata: { name: orders }\nspec: { selector: { tier: backend } }\n',
    },
  ],
  [
    'for a variable that feeds HTTP, too',
    'by-hand',
    { 'web/main.py': `${CLIENT}import requests\nrequests.get("http://" + os.environ["ORDERS_ADDR"] + "/healthz")\n`, 'k8s.yaml': SHOP },
  ],
  [
    'where another Service bears the name',
    'by-hand',
    {
      'web/main.py': CLIENT,
      'k8s.yaml': SHOP + SERVICE.replace('name: orders', 'name: orders-headless').replace('app: orders', 'app: users'),
    },
  ],
  [
    'with TLS',
    'with-tls',
    { 'web/main.py': CLIENT.replace('insecure_channel(', 'secure_channel(').replace('"])', '"], credentials)'), 'k8s.yaml': SHOP },
  ],
  [
    'where something speaks of a mesh',
    'in-mesh',
    {
      'web/main.py': CLIENT,
      'k8s.yaml': SHOP,
      'mesh.yaml': 'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: { name: users }\nspec: { host: users }\n',
    },
  ],
  ['for options that aren’t known', 'by-hand', { 'web/main.py': CLIENT.replace('"])', '"], options=options())'), 'k8s.yaml': SHOP }],
  [
    'for a policy of the program’s own',
    'by-hand',
    { 'web/main.py': CLIENT.replace('"])', '"], options=[("grpc.lb_policy_name", "nearest")])'), 'k8s.yaml': SHOP },
  ],
  [
    'for pick_first, on purpose',
    'by-hand',
    { 'web/main.py': CLIENT.replace('"])', '"], options=[("grpc.lb_policy_name", "pick_first")])'), 'k8s.yaml': SHOP },
  ],
  [
    'for a service config between double quotes',
    'by-hand',
    { 'web/main.py': CLIENT.replace('"])', '"], options=[("grpc.service_config", "{}")])'), 'k8s.yaml': SHOP },
  ],
  [
    'for a channel for each call',
    'by-hand',
    {
      'web/main.py':
        'import os\nimport grpc\n\ndef get():\n    with grpc.insecure_channel(os.environ["ORDERS_ADDR"]) as channel:\n        return call(channel)\n',
      'k8s.yaml': SHOP,
    },
  ],
];

describe('the headless twin is left to the reader', () => {
  for (const [title, reason, files] of REFUSED) it(title, async () => assert.equal(await offered(files), reason));
});

describe('the headless twin is offered all the same', () => {
  it('where HTTP takes another variable', async () => {
    const basket = 'basket = grpc.insecure_channel(os.environ["BASKET_ADDR"])\n';
    const client = `${CLIENT}${basket}import requests\nrequests.get("http://" + os.environ["BASKET_ADDR"] + "/healthz")\n`;
    assert.equal(await offered({ 'web/main.py': client, 'k8s.yaml': SHOP }), 'headless-twin');
  });
  it('where another namespace has a Service of that name', async () => {
    const shop = web('orders.shop:9090') + SERVICE.replace('name: orders', 'name: orders, namespace: shop') + pods();
    const other = SERVICE.replace('name: orders', 'name: orders-headless, namespace: lab').replace('app: orders', 'app: users');
    assert.equal(await offered({ 'web/main.py': CLIENT, 'k8s.yaml': shop + other }), 'headless-twin');
  });
  it('with the protocol that the Service says', async () => {
    const service = SHOP.replace('port: 9090 }]', 'port: 9090, appProtocol: kubernetes.io/h2c }]');
    const [finding] = await found({ 'web/main.py': CLIENT, 'k8s.yaml': service });
    const change = finding?.fixes?.[0]?.changes.find((one) => one.change === 'add-object');
    assert.match(JSON.stringify(change?.object), /"targetPort":9090,"appProtocol":"kubernetes.io\/h2c"\}/);
  });
});

describe('the text to copy', () => {
  const text = async (files: Readonly<Record<string, string>>): Promise<string | undefined> => (await found(files))[0]?.snippet?.text;
  const secure = CLIENT.replace('insecure_channel(', 'secure_channel(').replace('"])', '"], credentials)');
  it('is the twin with its port', async () =>
    assert.equal(
      await text({ 'web/main.py': secure, 'k8s.yaml': SHOP.replace('port: 9090 }]', 'port: 9090, targetPort: 8080 }]') }),
      '# client: target dns:///orders-headless:8080 and the policy round_robin\napiVersion: v1\nkind: Service\nmetadata:\n  name: orders-headless\nspec:\n  clusterIP: None\n  selector:\n    app: orders\n  ports:\n    - name: grpc\n      port: 8080\n      targetPort: 8080\n',
    ));
  it('has no name where the Service’s port has none', async () =>
    assert.match(
      (await text({ 'web/main.py': secure, 'k8s.yaml': SHOP.replace('name: grpc, ', '') })) ?? '',
      /ports:\n {4}- port: 9090\n/,
    ));
  it('is the sidecar where something speaks of a mesh', async () => {
    const rule = 'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: { name: users }\nspec: { host: users }\n';
    assert.match((await text({ 'web/main.py': CLIENT, 'k8s.yaml': SHOP, 'mesh.yaml': rule })) ?? '', /sidecar\.istio\.io\/inject: "true"/);
  });
  it('is of the Service that stands in the way', async () => {
    const client =
      'import grpc\n\ndef connect(addr):\n    return grpc.insecure_channel(addr)\n\na = connect("orders:9090")\nb = connect("basket:9090")\n';
    const basket = (SERVICE + pods()).replaceAll('orders', 'basket').replace('port: 9090', 'port: 9090, targetPort: rpc');
    const [finding] = await found({ 'web/main.py': client, 'k8s.yaml': SERVICE + pods() + basket });
    assert.deepEqual(finding?.snippet?.data, { service: 'basket' });
  });
});

describe('a headless Service that is there already', () => {
  const twin = (metadata: string, port: number): string =>
    `apiVersion: v1\nkind: Service\nmetadata: { ${metadata} }\nspec: { clusterIP: None, selector: { app: orders }, ports: [{ port: ${port} }] }\n---\n`;
  const added = async (yaml: string): Promise<boolean | undefined> => {
    const [finding] = await found({ 'web/main.py': CLIENT, 'k8s.yaml': yaml });
    return finding?.fixes?.[0]?.changes.some((change) => change.change === 'add-object');
  };
  it('is used with the same port of the pods', async () => {
    assert.equal(await added(SHOP + twin('name: orders-pods', 9090)), false);
    assert.equal(await added(SHOP + twin('name: orders-pods', 9091)), true);
  });
  it('is used in the same namespace', async () => {
    const shop = web('orders.shop:9090') + SERVICE.replace('name: orders', 'name: orders, namespace: shop') + pods();
    assert.equal(await added(shop + twin('name: orders-pods, namespace: shop', 9090)), false);
    assert.equal(await added(shop + twin('name: orders-pods, namespace: lab', 9090)), true);
  });
});

describe('pods and clients that are others’', () => {
  it('pods of another namespace are not behind the Service', async () => {
    const service = SERVICE.replace('name: orders', 'name: orders, namespace: shop');
    const [finding] = await found({
      'web/main.py': CLIENT,
      'k8s.yaml': web('orders.shop:9090') + service + pods('name: orders, namespace: lab'),
    });
    assert.equal(finding?.messageId, 'unknown-pods');
  });
  it('pods with one of two labels are not behind the Service', async () => {
    const service = SERVICE.replace('app: orders', 'app: orders, tier: backend');
    const [finding] = await found({ 'web/main.py': CLIENT, 'k8s.yaml': web('orders:9090') + service + pods() });
    assert.equal(finding?.messageId, 'unknown-pods');
  });
  it('a literal of another environment’s folder is not this one’s', async () => {
    const literal = 'import grpc\n\nchannel = grpc.insecure_channel("orders:9090")\n';
    assert.equal((await found({ 'staging/tool/main.py': literal, 'production/k8s.yaml': SERVICE + pods() })).length, 0);
    assert.equal((await found({ 'tool/main.py': literal, 'production/k8s.yaml': SERVICE + pods() })).length, 1);
  });
});
