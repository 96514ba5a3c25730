import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findKustomizations, isRemote, resolvePath } from '../../src/model/kubernetes/kustomize/kustomization-file.ts';
import { kustomizationReleases } from '../../src/model/kubernetes/kustomize/helm-charts.ts';
import { resolveKustomization } from '../../src/model/kubernetes/kustomize/resolve.ts';
import { type SourceFile, sourceFile, textOf } from '../../src/text/source.ts';
import { itemsAt, scalarAt, textAt, type YamlScalar } from '../../src/text/yaml.ts';
import { parseFile } from '../../src/workspace/parse-file.ts';

function resolve(files: Record<string, string>, folder = 'overlay') {
  const sources = new Map(Object.entries(files).map(([path, text]) => [path, sourceFile(path, text)]));
  const readText = (path: string): SourceFile | undefined => sources.get(path);
  const readParsed = (path: string) => {
    const file = sources.get(path);
    return file && parseFile(file);
  };
  return { ...resolveKustomization(folder, readParsed, readText), sources, readText };
}

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
        - name: web
          image: web:1
          env:
            - name: LEVEL
              value: info
            - name: KEEP
              value: kept
`;

const BASE = { 'base/kustomization.yaml': 'resources: [web.yaml]\n', 'base/web.yaml': DEPLOYMENT };

function place(scalar: YamlScalar | undefined): string {
  assert.ok(scalar);
  return `${scalar.file.path}: ${textOf(scalar)}`;
}

test('each scalar stands in the file that decides it, and remembers what it replaced', () => {
  const { objects, gaps } = resolve({
    ...BASE,
    'middle/kustomization.yaml': 'resources: [../base]\nreplicas:\n  - {name: web, count: 2}\n',
    'overlay/kustomization.yaml': `resources: [../middle]
namePrefix: p-
namespace: prod
images:
  - name: web
    newTag: "2"
patches:
  - path: patch.yaml
  - patch: |-
      - op: replace
        path: /spec/template/spec/containers/0/env/1/value
        value: changed
    target: {kind: Deployment}
`,
    'overlay/patch.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  template:
    spec:
      containers:
        - name: web
          env:
            - {name: LEVEL, value: debug}
`,
  });
  assert.deepEqual(gaps, []);
  const [object] = objects;
  assert.ok(object);
  assert.equal(object.name, 'p-web');
  assert.equal(object.namespace, 'prod');
  assert.equal(object.file.path, 'base/web.yaml');
  const { root } = object;
  const replicas = scalarAt(root, 'spec', 'replicas');
  assert.equal(place(replicas), 'overlay/patch.yaml: 3');
  assert.deepEqual(
    replicas?.overrides?.map((node) => place(node as YamlScalar)),
    ['middle/kustomization.yaml: 2', 'base/web.yaml: 1'],
  );
  const name = scalarAt(root, 'metadata', 'name');
  assert.equal(place(name), 'base/web.yaml: web');
  assert.equal(name?.derived, true);
  const [container] = itemsAt(root, 'spec', 'template', 'spec', 'containers');
  const image = scalarAt(container, 'image');
  assert.equal(image?.text, 'web:2');
  assert.equal(place(image), 'overlay/kustomization.yaml: 2');
  assert.equal(image?.derived, true);
  const [level, keep] = itemsAt(container, 'env');
  assert.equal(place(scalarAt(level, 'value')), 'overlay/patch.yaml: debug');
  assert.equal(place(scalarAt(keep, 'value')), 'overlay/kustomization.yaml: changed');
  assert.equal(place(scalarAt(root, 'metadata', 'namespace')), 'overlay/kustomization.yaml: prod');
});

test('a generated value stands in the literal, the env file or the file that it comes from', () => {
  const { objects } = resolve({
    'overlay/kustomization.yaml':
      'configMapGenerator:\n  - name: c\n    literals: ["A=one two"]\n    envs: [c.env]\n    files: [kong.conf]\n',
    'overlay/c.env': '# x\nB=2\n',
    'overlay/kong.conf': 'database = off\n',
  });
  const root = objects[0]?.root;
  assert.equal(place(scalarAt(root, 'data', 'A')), 'overlay/kustomization.yaml: one two');
  assert.equal(place(scalarAt(root, 'data', 'B')), 'overlay/c.env: 2');
  assert.equal(place(scalarAt(root, 'data', 'kong.conf')), 'overlay/kong.conf: database = off\n');
});

test('the values of a generated Secret are never read', () => {
  const { objects } = resolve({ 'overlay/kustomization.yaml': 'secretGenerator:\n  - name: s\n    literals: [password=hunter2]\n' });
  const password = scalarAt(objects[0]?.root, 'data', 'password');
  assert.equal(password?.unknown?.why, 'secret');
  assert.equal(password?.text, '');
});

test('members name every path that the result depends on, missing ones too', () => {
  const { members, gaps, localFolders } = resolve({
    ...BASE,
    'overlay/kustomization.yaml': 'resources: [../base, missing.yaml]\npatches: [{path: gone.yaml, target: {kind: Deployment}}]\n',
  });
  for (const path of [
    'overlay/kustomization.yaml',
    'base/kustomization.yaml',
    'base/web.yaml',
    'overlay/missing.yaml',
    'overlay/gone.yaml',
  ]) {
    assert.ok(members.includes(path), path);
  }
  assert.deepEqual(localFolders, ['base']);
  assert.deepEqual(
    gaps.map((gap) => `${gap.kind} ${gap.path}`),
    ['unreadable overlay/missing.yaml', 'unreadable overlay/gone.yaml'],
  );
});

test('remote bases, circles, what leaves the root and broken files are gaps', () => {
  const gapsOf = (files: Record<string, string>): string[] => resolve(files).gaps.map((gap) => gap.kind);
  assert.deepEqual(gapsOf({ 'overlay/kustomization.yaml': 'resources: ["github.com/a/b//c?ref=v1", "https://example.org/x.yaml"]\n' }), [
    'remote',
    'remote',
  ]);
  assert.deepEqual(gapsOf({ 'overlay/kustomization.yaml': 'resources: [../a]\n', 'a/kustomization.yaml': 'resources: [../overlay]\n' }), [
    'unparsable',
  ]);
  assert.deepEqual(gapsOf({ 'overlay/kustomization.yaml': 'resources: [../../..]\n' }), ['unreadable']);
  assert.deepEqual(
    gapsOf({ 'overlay/kustomization.yaml': 'resources: [x.yaml]\n', 'overlay/x.yaml': 'apiVersion: v1\nkind: Service\na: [\n' }),
    ['unparsable'],
  );
  assert.deepEqual(gapsOf({ 'overlay/kustomization.yaml': 'resources: [\n' }), ['unparsable']);
  assert.deepEqual(gapsOf({ 'overlay/kustomization.yaml': 'generators: [g.yaml]\n' }), ['unsupported']);
  assert.deepEqual(gapsOf({}), ['unreadable']);
});

test('what another program could have changed is unknown, not wrong', () => {
  const { objects, gaps } = resolve({
    ...BASE,
    'overlay/kustomization.yaml': 'resources: [../base]\ntransformers: [t.yaml]\n',
  });
  assert.equal(textAt(objects[0]?.root, 'spec', 'replicas'), undefined);
  assert.equal(objects[0]?.name, undefined);
  assert.equal(objects[0]?.kind, 'Deployment');
  assert.deepEqual(
    gaps.map((gap) => gap.detail),
    ['transformers'],
  );
});

test('a JSON patch that cannot be done makes its target unknown', () => {
  const { objects, gaps } = resolve({
    ...BASE,
    'overlay/kustomization.yaml':
      'resources: [../base]\npatches:\n  - target: {kind: Deployment}\n    patch: |\n      - {op: remove, path: /spec/absent}\n',
  });
  assert.equal(textAt(objects[0]?.root, 'spec', 'replicas'), undefined);
  assert.equal(gaps.length, 1);
});

test('a base of an overlay and a component are not judged alone', () => {
  const files = {
    'base/kustomization.yaml': 'resources: []\n',
    'part/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n',
    'overlay/dev/kustomization.yml': 'resources: [../../base/]\ncomponents: [../../part]\n',
    'flux/kustomization.yaml': 'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: x}\n',
  };
  const parsed = Object.entries(files).map(([path, text]) => ({
    format: 'yaml' as const,
    file: sourceFile(path, text),
    documents: [],
    objects: [],
    templated: false,
    notices: [],
  }));
  assert.deepEqual(
    findKustomizations(parsed).map(({ folder, kind, usedBy, alone }) => [folder, kind, usedBy, alone]),
    [
      ['base', 'Kustomization', ['overlay/dev'], false],
      ['overlay/dev', 'Kustomization', [], true],
      ['part', 'Component', ['overlay/dev'], false],
    ],
  );
});

test('helmCharts give releases: inline values over the values file', () => {
  const { sources, readText } = resolve({
    'overlay/kustomization.yaml':
      'helmCharts:\n  - name: kong\n    repo: https://charts.example.org\n    version: 2.33.1\n    valuesFile: v.yaml\n    valuesInline: {env: {database: "off"}}\n',
    'overlay/v.yaml': 'env: {database: postgres, log_level: debug}\n',
  });
  const file = sources.get('overlay/kustomization.yaml');
  assert.ok(file);
  const [found] = findKustomizations([{ format: 'yaml', file, documents: [], objects: [], templated: false, notices: [] }]);
  assert.ok(found);
  const [release] = kustomizationReleases(found, readText);
  assert.equal(release?.chart, 'kong');
  assert.equal(release?.chartVersion, '2.33.1');
  assert.equal(place(scalarAt(release?.values, 'env', 'database')), 'overlay/kustomization.yaml: off');
  assert.equal(place(scalarAt(release?.values, 'env', 'database')?.overrides?.[0] as YamlScalar), 'overlay/v.yaml: postgres');
  assert.equal(place(scalarAt(release?.values, 'env', 'log_level')), 'overlay/v.yaml: debug');
});

test('references follow a renamed claim, although no rule reads claims', () => {
  const { objects } = resolve({
    'overlay/kustomization.yaml': 'namePrefix: p-\nresources: [pod.yaml, claim.yaml]\n',
    'overlay/pod.yaml':
      'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  volumes:\n    - {name: d, persistentVolumeClaim: {claimName: data}}\n',
    'overlay/claim.yaml': 'apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n',
  });
  assert.equal(objects.length, 1);
  assert.equal(textAt(objects[0]?.root, 'spec', 'volumes', 0, 'persistentVolumeClaim', 'claimName'), 'p-data');
});

test('a reference does not follow a renamed object of another namespace', () => {
  const { objects } = resolve({
    'overlay/kustomization.yaml': 'resources: [pod.yaml, ../named]\n',
    'overlay/pod.yaml':
      'apiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: a}\nspec:\n  containers:\n    - {name: c, envFrom: [{configMapRef: {name: settings}}]}\n',
    'named/kustomization.yaml': 'namePrefix: p-\nresources: [c.yaml]\n',
    'named/c.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: b}\n',
  });
  assert.equal(textAt(objects[0]?.root, 'spec', 'containers', 0, 'envFrom', 0, 'configMapRef', 'name'), 'settings');
  assert.equal(objects[1]?.name, 'p-settings');
});

test('paths and remote names', () => {
  assert.equal(resolvePath('a/b', '../c/./d/'), 'a/c/d');
  assert.equal(resolvePath('.', 'x'), 'x');
  assert.equal(resolvePath('a', '../..'), undefined);
  for (const remote of ['git@github.com:a/b.git', 'ssh://git@x/y', 'github.com/a/b/c?ref=main', 'git::https://x/y', 'example.com/a//b']) {
    assert.ok(isRemote(remote), remote);
  }
  for (const local of ['../base', 'a.yaml', './x/y', 'github.company/x', 'git']) assert.ok(!isRemote(local), local);
});
