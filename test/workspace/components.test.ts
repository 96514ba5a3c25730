import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sourceFile } from '../../src/text/source.ts';
import { meshEvidenceOf } from '../../src/workspace/mesh-evidence.ts';
import { engineOf } from '../helpers/engine.ts';
import type { Files } from './sample-files.ts';

const goMod = (name: string): string => `module example.com/${name}\n\ngo 1.22\n`;
const reading = (...variables: readonly string[]): string =>
  `package main\n\nimport (\n\t"os"\n\t"google.golang.org/grpc"\n)\n\nfunc main() {\n${variables.map((name) => `\tgrpc.NewClient(os.Getenv("${name}"))\n`).join('')}}\n`;
const program = (folder: string, ...variables: readonly string[]): Files => ({
  [`${folder}/go.mod`]: goMod(folder.slice(folder.lastIndexOf('/') + 1)),
  [`${folder}/main.go`]: reading(...variables),
});
const workload = (name: string, image: string, env: Files = {}): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec:\n  template:\n    spec:\n      containers:\n        - name: main\n          image: ${image}\n          env:\n${Object.entries(
    env,
  )
    .map(([key, value]) => `            - {name: ${key}, value: "${value}"}\n`)
    .join('')}`;

/** `unit: component join containers` for each component that runs in a unit. */
async function joins(files: Files): Promise<string[]> {
  const engine = await engineOf(files);
  return engine
    .repository()
    .units.flatMap(({ id, components }) =>
      components.map(({ component, join, containers }) =>
        [`${id}:`, component.folder, join, ...containers.map((one) => one.workload?.name ?? one.name)].join(' '),
      ),
    )
    .sort();
}

const inK8s = (list: readonly string[]): string[] => list.filter((line) => line.startsWith('k8s/prod:'));

describe('a component runs in a container', () => {
  it('whose image is called like its folder, wherever the registry is', async () => {
    const files = {
      ...program('services/cart', 'X'),
      'k8s/prod/a.yaml': workload('web', 'registry.example.com:5000/shop/cart:1.2@sha256:aa'),
    };
    assert.deepEqual(inK8s(await joins(files)), ['k8s/prod: services/cart strong web']);
  });

  it('whose workload is called like its module', async () => {
    const files = { 'code/go.mod': goMod('team/orders/v2'), 'code/main.go': reading('X'), 'k8s/prod/a.yaml': workload('orders', 'app:1') };
    assert.deepEqual(inK8s(await joins(files)), ['k8s/prod: code strong orders']);
  });

  it('by its image before its workload’s name: a program beside another is not that one', async () => {
    const files = {
      ...program('services/orders', 'X'),
      ...program('services/mailer', 'X'),
      'k8s/prod/a.yaml': workload('orders', 'mailer:1'),
    };
    assert.deepEqual(inK8s(await joins(files)), ['k8s/prod: services/mailer strong orders']);
  });

  it('weakly when several components have the name', async () => {
    const files = { ...program('a/cart', 'X'), ...program('b/cart', 'X'), 'k8s/prod/a.yaml': workload('cart', 'cart:1') };
    assert.deepEqual(inK8s(await joins(files)), ['k8s/prod: a/cart weak cart', 'k8s/prod: b/cart weak cart']);
  });

  it('weakly still when its own Dockerfile stands beside', async () => {
    const dockerfiles = { 'k8s/prod/a/cart/Dockerfile': 'FROM golang:1.22\n', 'k8s/prod/b/cart/Dockerfile': 'FROM golang:1.22\n' };
    const code = { ...program('k8s/prod/a/cart', 'X'), ...program('k8s/prod/b/cart', 'X'), ...dockerfiles };
    assert.deepEqual(inK8s(await joins({ ...code, 'k8s/prod/a.yaml': workload('cart', 'cart:1') })), [
      'k8s/prod: k8s/prod/a/cart strong Dockerfile',
      'k8s/prod: k8s/prod/a/cart weak cart',
      'k8s/prod: k8s/prod/b/cart strong Dockerfile',
      'k8s/prod: k8s/prod/b/cart weak cart',
    ]);
  });

  it('that Skaffold builds from its folder, whatever the names say', async () => {
    const files = {
      'skaffold.yaml':
        'apiVersion: skaffold/v4beta6\nkind: Config\nbuild:\n  artifacts:\n    - image: shop/web\n      context: services/cart\n',
      ...program('services/cart', 'X'),
      ...program('services/web', 'X'),
      'k8s/prod/a.yaml': workload('web', 'shop/web:1'),
    };
    assert.deepEqual(inK8s(await joins(files)), ['k8s/prod: services/cart strong web']);
  });

  it('that the compose file builds from its folder', async () => {
    const files = {
      'shop/compose.yaml': 'services:\n  web:\n    build: ./cart\n  db:\n    image: mysql:8\n',
      ...program('shop/cart', 'X'),
    };
    assert.deepEqual(await joins(files), ['shop: shop/cart strong web']);
  });

  it('that alone sets a variable that its code reads, though its Dockerfile stands in the unit, too', async () => {
    const code = { ...program('k8s/prod/code', 'ORDERS_ADDR'), 'k8s/prod/code/Dockerfile': 'FROM golang:1.22\n' };
    const files = { ...code, 'k8s/prod/a.yaml': workload('a', 'x:1', { ORDERS_ADDR: 'orders:1' }) };
    assert.deepEqual(inK8s(await joins(files)), ['k8s/prod: k8s/prod/code strong Dockerfile a']);
  });

  it('that alone sets a variable that its code reads, or when several set it alike', async () => {
    const code = program('code', 'ORDERS_ADDR');
    const one = { ...code, 'k8s/prod/a.yaml': workload('a', 'x:1', { ORDERS_ADDR: 'orders:1' }), 'k8s/prod/b.yaml': workload('b', 'y:1') };
    assert.deepEqual(inK8s(await joins(one)), ['k8s/prod: code strong a']);
    const alike = { ...one, 'k8s/prod/b.yaml': workload('b', 'y:1', { ORDERS_ADDR: 'orders:1' }) };
    assert.deepEqual(inK8s(await joins(alike)), ['k8s/prod: code strong a b']);
    const differing = { ...one, 'k8s/prod/b.yaml': workload('b', 'y:1', { ORDERS_ADDR: 'orders:2' }) };
    assert.deepEqual(inK8s(await joins(differing)), ['k8s/prod: code weak a b']);
  });

  it('but not through a variable that any program may read, nor one that is called otherwise already', async () => {
    const common = { ...program('code', 'PORT', 'LOG_LEVEL'), 'k8s/prod/a.yaml': workload('a', 'x:1', { PORT: '1', LOG_LEVEL: 'debug' }) };
    assert.deepEqual(inK8s(await joins(common)), []);
    const taken = {
      ...program('code', 'ORDERS_ADDR'),
      ...program('web', 'Y'),
      'k8s/prod/a.yaml': workload('web', 'x:1', { ORDERS_ADDR: 'orders:1' }),
    };
    assert.deepEqual(inK8s(await joins(taken)), ['k8s/prod: web strong web']);
  });

  it('never in another environment', async () => {
    const files = { ...program('dev/cart', 'X'), 'prod/a.yaml': workload('cart', 'cart:1') };
    assert.deepEqual(
      (await joins(files)).filter((line) => line.startsWith('prod')),
      [],
    );
  });

  it('or stands in the unit without one', async () => {
    const files = { ...program('shop/cart', 'X'), 'shop/a.yaml': workload('web', 'nginx:1') };
    assert.deepEqual(await joins(files), ['shop: shop/cart place']);
  });

  it('of its Dockerfile', async () => {
    const files = { ...program('cart', 'X'), 'cart/Dockerfile': 'FROM golang:1.22\nENV A=1\n' };
    assert.deepEqual(await joins(files), ['cart: cart strong Dockerfile']);
  });
});

describe('evidence of a mesh', () => {
  const evidence = (text: string): readonly [string, string] | undefined => {
    const found = meshEvidenceOf(sourceFile('a.yaml', text));
    return found && [found.mesh, text.slice(found.start, found.end)];
  };

  for (const [what, text, mesh] of [
    ['an object of Istio', 'apiVersion: networking.istio.io/v1beta1\nkind: VirtualService\n', 'istio'],
    ['a quoted object of Istio', '- "apiVersion": "security.istio.io/v1"\n', 'istio'],
    ['the injection label', 'metadata:\n  labels:\n    istio-injection: enabled\n', 'istio'],
    ['a quoted annotation', '    \'sidecar.istio.io/inject\': "true"\n', 'istio'],
    ['an annotation of Linkerd', '    linkerd.io/inject: enabled\n', 'linkerd'],
    ['a deeper name of Linkerd', '    config.linkerd.io/proxy-cpu-limit: "1"\n', 'linkerd'],
    ['an annotation of Consul', '    consul.hashicorp.com/connect-inject: "true"\n', 'consul'],
    ['an annotation of Kuma', '    kuma.io/sidecar-injection: enabled\n', 'kuma'],
  ] as const) {
    it(`is ${what}`, () => assert.equal(evidence(text)?.[0], mesh));
  }

  for (const [what, text] of [
    ['a comment', '# see https://istio.io/latest\nkind: Pod\n'],
    ['prose', 'description: works with istio.io/v1 too\n'],
    ['the annotation that many manifests carry without Istio', '    sidecar.istio.io/rewriteAppHTTPProbers: "true"\n'],
    [
      'a definition of a kind',
      'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  labels:\n    istio.io/rev: x\n',
    ],
    ['an address of another host', '    notistio.io/x: y\n'],
  ] as const) {
    it(`is not ${what}`, () => assert.equal(evidence(text), undefined));
  }

  for (const path of [
    'testdata/a.json',
    'gitops/pkg/diff/testdata/a.json',
    'test/a.yaml',
    'app/src/test/resources/a.yaml',
    'a/fixtures/b/c.yaml',
    'chart/tests/x.yaml',
    'test/e2e/a.yaml',
  ]) {
    it(`is not in test data: ${path}`, () => assert.equal(meshEvidenceOf(sourceFile(path, '    linkerd.io/inject: enabled\n')), undefined));
  }

  for (const path of [
    'contest/a.yaml',
    'latest/a.yaml',
    'test.yaml',
    'k8s/testing.yaml',
    'examples/a.yaml',
    'k8s/test-cluster/a.yaml',
    'k8s/overlays/test/a.yaml',
  ]) {
    it(`may be in ${path}`, () => assert.equal(meshEvidenceOf(sourceFile(path, '    linkerd.io/inject: enabled\n'))?.mesh, 'linkerd'));
  }

  it('covers the words that speak', () => {
    assert.deepEqual(evidence('metadata:\n  labels:\n    istio-injection: enabled\n'), ['istio', 'istio-injection:']);
  });

  it('comes and goes with its file, sorted by path', async () => {
    const engine = await engineOf({
      'z.yaml': 'apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: a}\n',
      'a.yaml': 'kind: Namespace\napiVersion: v1\nmetadata:\n  name: a\n  annotations:\n    linkerd.io/inject: enabled\n',
    });
    const meshes = (): string[] => engine.repository().meshEvidence.map(({ mesh, file }) => `${file.path} ${mesh}`);
    assert.deepEqual(meshes(), ['a.yaml linkerd', 'z.yaml istio']);
    engine.setFile('a.yaml', undefined);
    assert.deepEqual(meshes(), ['z.yaml istio']);
  });
});
