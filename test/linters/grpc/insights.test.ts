import assert from 'node:assert/strict';
import { it } from 'node:test';
import { grpcSpread } from '../../../src/linters/grpc/insights.ts';
import { textOf } from '../../../src/text/source.ts';
import { engineOf } from '../../helpers/engine.ts';

const CLIENT = 'import grpc\n\nchannel = grpc.insecure_channel("orders:9090")\n';
const service = (spec = ''): string =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: orders }\nspec: { ${spec}selector: { app: orders }, ports: [{ port: 9090 }] }\n`;
const workload = (replicas: string): string =>
  `---\napiVersion: apps/v1\nkind: Deployment\nmetadata: { name: orders }\nspec: { replicas: ${replicas}, template: { metadata: { labels: { app: orders } }, spec: { containers: [{ name: orders }] } } }\n`;

async function insightsOf(files: Readonly<Record<string, string>>): Promise<{ text: string; pods: string | number | undefined }[]> {
  const repository = (await engineOf(files)).repository();
  return repository.units.flatMap((unit) =>
    grpcSpread.insights(unit, repository).map((insight) => ({ text: textOf(insight.at), pods: insight.data.pods })),
  );
}

it('says how many pods share the requests of a pinned channel', async () => {
  assert.deepEqual(await insightsOf({ 'web/main.py': CLIENT, 'k8s.yaml': service() + workload('4') }), [{ text: 'orders:9090', pods: 4 }]);
  assert.deepEqual(await insightsOf({ 'web/main.py': CLIENT, 'k8s.yaml': service() + workload('2') }), [{ text: 'orders:9090', pods: 2 }]);
});

it('says nothing where the number or the path isn’t known', async () => {
  assert.deepEqual(await insightsOf({ 'web/main.py': CLIENT, 'k8s.yaml': service() + workload('1') }), []);
  assert.deepEqual(await insightsOf({ 'web/main.py': CLIENT, 'k8s.yaml': service() + workload('"{{ .Replicas }}"') }), []);
  assert.deepEqual(await insightsOf({ 'web/main.py': CLIENT, 'k8s.yaml': service('clusterIP: None, ') + workload('4') }), []);
  const mesh = 'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: { name: users }\nspec: { host: users }\n';
  assert.deepEqual(await insightsOf({ 'web/main.py': CLIENT, 'k8s.yaml': service() + workload('4'), 'mesh.yaml': mesh }), []);
  const perCall = 'import grpc\n\ndef get():\n    with grpc.insecure_channel("orders:9090") as channel:\n        return call(channel)\n';
  assert.deepEqual(await insightsOf({ 'web/main.py': perCall, 'k8s.yaml': service() + workload('4') }), []);
});
