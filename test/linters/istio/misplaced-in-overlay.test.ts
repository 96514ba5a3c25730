import assert from 'node:assert/strict';
import { it } from 'node:test';
import { annotationOnWrongObject } from '../../../src/linters/istio/rules/annotation-on-wrong-object.ts';
import { engineOf } from '../../helpers/engine.ts';

it('what an overlay annotated is not moved into the base: a snippet shows the patch', async () => {
  const engine = await engineOf(
    {
      'base/deploy.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: { name: orders }
spec:
  template:
    metadata: { labels: { app: orders } }
    spec: { containers: [{ name: orders, image: "example/orders:1" }] }
`,
      'base/kustomization.yaml': 'resources: [deploy.yaml]\n',
      'prod/kustomization.yaml': 'resources: [../base]\npatches: [{ path: sidecar.yaml }]\n',
      'prod/sidecar.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: orders
  annotations: { sidecar.istio.io/proxyCPU: 50m }
`,
    },
    { rules: [annotationOnWrongObject] },
  );
  const [finding, ...more] = engine.lint().findings;
  assert.equal(more.length, 0);
  assert.equal(finding?.at.file.path, 'prod/sidecar.yaml');
  assert.deepEqual(finding.fixes ?? [], []);
  assert.equal(finding.snippet?.reasonId, 'inPatch');
  assert.deepEqual(finding.snippet.data, { file: 'base/deploy.yaml' });
  assert.equal(finding.snippet.text, 'spec:\n  template:\n    metadata:\n      annotations:\n        sidecar.istio.io/proxyCPU: "50m"\n');
});
