import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { engineOf } from '../../helpers/engine.ts';

/** Whether something between a client and a ClusterIP Service balances requests: what is found of a client without a policy. */
const CLIENT = 'import os\nimport grpc\n\nchannel = grpc.insecure_channel(os.environ["ORDERS_ADDR"])\n';

interface Shop {
  /** Of the client's pod. */
  readonly labels?: string;
  readonly annotations?: string;
  readonly namespace?: string;
  readonly serviceLabels?: string;
  readonly assumed?: string;
  /** More manifests. */
  readonly more?: readonly string[];
}

async function found(shop: Shop): Promise<string | undefined> {
  const { labels = '', annotations = '', namespace, serviceLabels = '', assumed, more = [] } = shop;
  const space = namespace === undefined ? '' : `, namespace: ${namespace}`;
  const manifests = [
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web${space} }\nspec: { template: { metadata: { labels: { app: web, ${labels} }, annotations: { ${annotations} } }, spec: { containers: [{ name: web, image: "example/web:1", env: [{ name: ORDERS_ADDR, value: "orders:9090" }] }] } } }\n`,
    `apiVersion: v1\nkind: Service\nmetadata: { name: orders${space}, labels: { ${serviceLabels} } }\nspec: { selector: { app: orders }, ports: [{ name: grpc, port: 9090 }] }\n`,
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: orders${space} }\nspec: { replicas: 3, template: { metadata: { labels: { app: orders } }, spec: { containers: [{ name: orders, image: "example/orders:1" }] } } }\n`,
    ...more,
  ];
  const engine = await engineOf(
    { 'web/main.py': CLIENT, 'k8s.yaml': manifests.join('---\n') },
    assumed === undefined ? {} : { settings: `assume: { mesh: ${assumed} }\n` },
  );
  return engine.lint().findings.find(({ rule }) => rule === 'grpc/clusterip-pinned')?.messageId;
}

/** In lines, as people write what a mesh reads: that is what evidence of a mesh is taken from. */
function space(name: string, labels: string, annotations = ''): string {
  const lines = (text: string): string =>
    text
      .split(', ')
      .map((line) => `    ${line}\n`)
      .join('');
  return `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${name}\n  labels:\n${lines(labels)}  annotations:\n${lines(annotations)}`;
}

const SIDECAR = 'sidecar.istio.io/inject: "true"';
const AMBIENT = 'istio.io/dataplane-mode: ambient';
const WAYPOINT = 'istio.io/use-waypoint: waypoint';

const CASES: Readonly<Record<string, readonly (readonly [title: string, messageId: string | undefined, shop: Shop])[]>> = {
  namespaces: [
    ['one without a word of Istio', 'many', { namespace: 'shop', more: [space('shop', 'team: shop')] }],
    [
      'one that says it in the second of two manifests',
      undefined,
      { namespace: 'shop', more: [space('shop', 'team: shop'), space('shop', 'istio-injection: enabled')] },
    ],
    [
      'one whose Linkerd annotation is in the second',
      undefined,
      { namespace: 'shop', more: [space('shop', ''), space('shop', '', 'linkerd.io/inject: enabled')] },
    ],
    ['another one’s sidecars', 'mesh-possible', { namespace: 'shop', more: [space('lab', 'istio-injection: enabled')] }],
    [
      'one that is left out, whatever a pod asks for',
      'many',
      { namespace: 'shop', labels: SIDECAR, more: [space('shop', 'istio-injection: disabled')] },
    ],
    [
      'a pod that says no where the namespace says yes',
      'many',
      { namespace: 'shop', labels: 'sidecar.istio.io/inject: "false"', more: [space('shop', 'istio-injection: enabled')] },
    ],
    [
      'one that is left out, though it has a revision',
      'many',
      { namespace: 'shop', more: [space('shop', 'istio-injection: disabled, istio.io/rev: stable')] },
    ],
  ],
  'ambient mode': [
    ['a pod with a sidecar in such a namespace', undefined, { namespace: 'shop', labels: SIDECAR, more: [space('shop', AMBIENT)] }],
    ['in the second of two manifests', 'many', { namespace: 'shop', more: [space('shop', ''), space('shop', AMBIENT)] }],
    [
      'a pod that left it',
      'mesh-possible',
      { namespace: 'shop', labels: 'istio.io/dataplane-mode: none', serviceLabels: WAYPOINT, more: [space('shop', AMBIENT)] },
    ],
    ['a pod that left it, as assumed', 'many', { labels: 'istio.io/dataplane-mode: none', serviceLabels: WAYPOINT, assumed: 'ambient' }],
    ['as assumed, with a waypoint', undefined, { serviceLabels: WAYPOINT, assumed: 'ambient' }],
    ['as assumed, a pod with a sidecar', undefined, { labels: SIDECAR, assumed: 'ambient' }],
    ['as assumed, a pod with Linkerd’s proxy', undefined, { annotations: 'linkerd.io/inject: enabled', assumed: 'ambient' }],
    [
      'as assumed, a pod without a sidecar',
      undefined,
      { labels: 'sidecar.istio.io/inject: "false"', serviceLabels: WAYPOINT, assumed: 'ambient' },
    ],
    ['a namespace without a waypoint', 'many', { namespace: 'shop', more: [space('shop', AMBIENT)] }],
    ['another namespace’s waypoint', 'many', { namespace: 'shop', more: [space('shop', AMBIENT), space('lab', WAYPOINT)] }],
    [
      'a Service that goes past the namespace’s waypoint',
      'many',
      { namespace: 'shop', serviceLabels: 'istio.io/use-waypoint: none', more: [space('shop', `${AMBIENT}, ${WAYPOINT}`)] },
    ],
    ['a Service whose namespace is left to whoever applies it', undefined, { labels: AMBIENT, more: [space('shop', WAYPOINT)] }],
  ],
  proxies: [
    ['Kuma’s, which balance only what they are told is HTTP/2', 'mesh-possible', { labels: 'kuma.io/sidecar-injection: enabled' }],
    ['Kuma’s, switched off', 'many', { labels: 'kuma.io/sidecar-injection: disabled' }],
    [
      'none of Linkerd’s, though others have one',
      'many',
      {
        annotations: 'linkerd.io/inject: disabled',
        more: ['apiVersion: policy.linkerd.io/v1beta3\nkind: Server\nmetadata: { name: users }\n'],
      },
    ],
    [
      'none of Linkerd’s, though others have Istio’s',
      'mesh-possible',
      {
        annotations: 'linkerd.io/inject: disabled',
        more: ['apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: { name: users }\n'],
      },
    ],
    [
      'one told to leave higher ports alone',
      undefined,
      { annotations: 'linkerd.io/inject: enabled, config.linkerd.io/skip-outbound-ports: "9100-9200"' },
    ],
    [
      'one told to leave lower ports alone',
      undefined,
      { annotations: 'linkerd.io/inject: enabled, config.linkerd.io/skip-outbound-ports: "8000-9000"' },
    ],
  ],
};

for (const [title, cases] of Object.entries(CASES)) {
  describe(title, () => {
    for (const [name, messageId, shop] of cases) it(name, async () => assert.equal(await found(shop), messageId));
  });
}
