import assert from 'node:assert/strict';
import { it } from 'node:test';
import { textOf } from '../../../src/text/source.ts';
import { engineOf } from '../../helpers/engine.ts';

/** How many pods are said to be behind a Service, and from where that is known. */
const CLIENT = 'import grpc\n\nchannel = grpc.insecure_channel("orders:9090")\n';
const SERVICE = 'apiVersion: v1\nkind: Service\nmetadata: { name: orders }\nspec: { selector: { app: orders }, ports: [{ port: 9090 }] }\n';
const POD = 'metadata: { labels: { app: orders } }, spec: { containers: [{ name: orders, image: "example/orders:1" }] }';

function workload(spec: string, name = 'orders', kind = 'Deployment'): string {
  return `apiVersion: apps/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec: { ${spec}template: { ${POD} } }\n`;
}

function scaler(spec: string, target = 'orders', metadata = 'name: orders'): string {
  return `apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: { ${metadata} }\nspec: { scaleTargetRef: { kind: Deployment, name: ${target} }, ${spec} }\n`;
}

function keda(spec: string): string {
  return `apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: { name: orders-queue }\nspec: { scaleTargetRef: { name: orders }, ${spec} }\n`;
}

const CASES: readonly (readonly [title: string, said: string, ...manifests: readonly string[]])[] = [
  [
    'a pod without a workload is one',
    'one',
    `apiVersion: v1\nkind: Pod\n${POD.replace(', spec', '\nspec').replace('{ labels', '{ name: orders, labels')}\n`,
  ],
  ['a variable that a pipeline fills in', 'unknown-pods', workload('replicas: ${REPLICAS}, ')],
  ['two workloads: the one that says its number is the place', 'many 4 at 3', workload('', 'canary'), workload('replicas: 3, ')],
  ['two workloads: the canary counts', 'many 4 at 3', workload('replicas: 3, '), workload('', 'canary')],
  [
    'a workload that can’t be counted beside one that can',
    'unknown-pods',
    workload('replicas: 3, '),
    workload('', 'every-node', 'DaemonSet'),
  ],
  ['an autoscaler that adds pods', 'scaled 8 at 8', workload('replicas: 3, '), scaler('maxReplicas: 8')],
  ['an autoscaler that keeps the number', 'many 3 at 3', workload('replicas: 3, '), scaler('maxReplicas: 3')],
  [
    'two autoscalers: their pods together',
    'scaled 12 at 8',
    workload('replicas: 3, '),
    scaler('maxReplicas: 8'),
    workload('', 'canary'),
    scaler('maxReplicas: 4', 'canary'),
  ],
  ['an autoscaler of one of two', 'scaled 9 at 6', workload('replicas: 3, '), workload('', 'canary'), scaler('maxReplicas: 6', 'canary')],
  [
    'an autoscaler in another namespace',
    'many 2 at 2',
    workload('replicas: 2, ').replace('name: orders }', 'name: orders, namespace: shop }'),
    scaler('maxReplicas: 8', 'orders', 'name: orders, namespace: lab'),
  ],
  ['an autoscaler whose limit a pipeline fills in', 'many 2 at 2', workload('replicas: 2, '), scaler('maxReplicas: ${MAX}')],
  ['an autoscaler without its limit, which Kubernetes refuses', 'many 2 at 2', workload('replicas: 2, '), scaler('minReplicas: 2')],
  ['KEDA with its limit', 'scaled 5 at 5', workload('replicas: 2, '), keda('maxReplicaCount: 5')],
  ['KEDA without one', 'scaled 100 at orders-queue', workload('replicas: 2, '), keda('triggers: []')],
  ['KEDA with a limit that a pipeline fills in', 'many 2 at 2', workload('replicas: 2, '), keda('maxReplicaCount: ${MAX}')],
];

async function said(files: Readonly<Record<string, string>>): Promise<string | undefined> {
  const { findings } = (await engineOf({ 'web/main.py': CLIENT, ...files })).lint();
  const finding = findings.find(({ rule }) => rule === 'grpc/clusterip-pinned');
  const count = finding?.related?.find(({ messageId }) => messageId === 'replicas' || messageId === 'autoscaler');
  return count ? `${finding?.messageId} ${count.data?.pods} at ${textOf(count.at)}` : finding?.messageId;
}

for (const [title, expected, ...manifests] of CASES) {
  it(title, async () => assert.equal(await said({ 'k8s.yaml': [SERVICE, ...manifests].join('---\n') }), expected));
}

/** A chart whose helper may write more keys below `spec`. */
function chart(...templates: readonly string[]): Readonly<Record<string, string>> {
  return {
    'chart/Chart.yaml': 'apiVersion: v2\nname: orders\nversion: 1.0.0\n',
    'chart/templates/all.yaml': [SERVICE, ...templates].join('---\n'),
  };
}

const MORE = '  {{- include "orders.scale" . | nindent 2 }}\n';

it('a chart’s helper may give the replicas', async () => {
  const deployment = `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: orders }\nspec:\n${MORE}  template: { ${POD} }\n`;
  assert.equal(await said(chart(deployment)), 'unknown-pods');
  assert.equal(await said(chart(deployment.replace(MORE, ''))), 'one');
});

it('a chart’s helper may give KEDA’s limit', async () => {
  const scaled = `apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: { name: orders }\nspec:\n  scaleTargetRef: { name: orders }\n${MORE}`;
  assert.equal(await said(chart(workload('replicas: 2, '), scaled)), 'many 2 at 2');
});
