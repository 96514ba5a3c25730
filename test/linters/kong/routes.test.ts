import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { routeCount } from '../../../src/linters/kong/routes.ts';
import { sourceFile } from '../../../src/text/source.ts';
import { oversizeNotice } from '../../../src/workspace/oversize.ts';
import type { Notice } from '../../../src/workspace/parsed-file.ts';
import { engineOf } from '../../helpers/engine.ts';

async function count(files: Readonly<Record<string, string>>, settings?: string): Promise<number | undefined> {
  const engine = await engineOf(files, { rules: [], ...(settings !== undefined && { settings }) });
  const repository = engine.repository();
  assert.equal(repository.units.length, 1);
  const [unit] = repository.units;
  return unit && routeCount(unit, repository, 'any.yaml')?.routes;
}

/** `routes file:offset`. */
async function placeOfCount(files: Readonly<Record<string, string>>): Promise<string | undefined> {
  const repository = (await engineOf(files, { rules: [] })).repository();
  const [unit] = repository.units;
  const found = unit && routeCount(unit, repository, 'any.yaml');
  return found && `${found.routes} ${found.at?.file.path}:${found.at?.start}`;
}

const COMPOSE = 'services:\n  kong:\n    image: kong:3.4\n';

function deck(...names: readonly (string | undefined)[]): string {
  return `_format_version: "3.0"\nroutes:\n${names.map((name) => `  - { ${name === undefined ? '' : `name: ${name}, `}paths: [/] }\n`).join('')}`;
}

describe('routes of declarative files', () => {
  it('at the top, below services, and below workspaces', async () => {
    const nested = '_format_version: "3.0"\nservices:\n  - name: s\n    routes: [{ name: b }, { name: c }]\nroutes: [{ name: a }]\n';
    assert.equal(await count({ 'compose.yaml': COMPOSE, 'kong.yml': nested }), 3);
  });
  it('files of one configuration add up, editions of it don’t', async () => {
    assert.equal(await count({ 'compose.yaml': COMPOSE, 'a.yaml': deck('a', 'b'), 'b.yaml': deck('c', undefined) }), 4);
    assert.equal(await count({ 'compose.yaml': COMPOSE, 'dev.yaml': deck('a'), 'prod.yaml': deck('a', 'b', 'c') }), 3);
  });
  it('examples count only when there is nothing else', async () => {
    assert.equal(await count({ 'compose.yaml': COMPOSE, 'kong.yml': deck('a'), 'examples/big.yml': deck('x', 'y', 'z') }), 1);
    assert.equal(await count({ 'compose.yaml': COMPOSE, 'examples/big.yml': deck('x', 'y', 'z') }), 3);
  });
  it('editions in any order; of two that are equal the first is shown', async () => {
    assert.equal(await count({ 'compose.yaml': COMPOSE, 'a-prod.yaml': deck('a', 'b', 'c'), 'b-staging.yaml': deck('a') }), 3);
    assert.equal(await placeOfCount({ 'compose.yaml': COMPOSE, 'a.yaml': deck('a', 'b'), 'b.yaml': deck('a', 'b') }), '2 a.yaml:0');
  });
  it('a file without routes says nothing of their number', async () => {
    const plugins = '_format_version: "3.0"\nplugins: [{ name: prometheus }]\n';
    assert.equal(await count({ 'compose.yaml': COMPOSE, 'kong.yml': plugins }, 'assume: { routes: 9 }'), 9);
  });
  it('go before an assumed number', async () => {
    assert.equal(await count({ 'compose.yaml': COMPOSE, 'kong.yml': deck('a') }, 'assume: { routes: 9 }'), 1);
    assert.equal(await count({ 'compose.yaml': COMPOSE }, 'assume: { routes: 9 }'), 9);
    assert.equal(await count({ 'compose.yaml': COMPOSE }), undefined);
  });
});

describe('files over the size cap', () => {
  const large = (path: string, routes: number): Notice => {
    const text = `_format_version: "3.0"\nroutes:\n${'- name: a\n'.repeat(routes)}`;
    return oversizeNotice(path, 20 * 2 ** 20, [Buffer.from(text)]);
  };
  const countWith = async (files: Readonly<Record<string, string>>, notices: readonly Notice[], settings?: string): Promise<unknown> => {
    const engine = await engineOf({ 'compose.yaml': COMPOSE, ...files }, { rules: [], ...(settings !== undefined && { settings }) });
    for (const notice of notices) engine.workspace.setNotice(notice.file, notice);
    const repository = engine.repository();
    const [unit] = repository.units;
    const found = unit && routeCount(unit, repository, 'any.yaml');
    return found && `${found.routes} ${found.at?.file.path}:${found.at?.start}`;
  };
  it('count with the routes that were counted in passing', async () => {
    assert.equal(await countWith({}, [large('kong.yaml', 30_000)]), '30000 kong.yaml:0');
    assert.equal(await countWith({ 'a.yml': deck('a') }, [large('kong.yaml', 30_000)]), '30000 kong.yaml:0');
    assert.equal(await countWith({ 'a.yml': deck('a', 'b', 'c') }, [large('kong.yaml', 2)]), '3 a.yml:0');
    assert.equal(await countWith({}, [large('dev.yaml', 20_000), large('prod.yaml', 30_000)]), '30000 prod.yaml:0');
    assert.equal(await countWith({}, [large('kong.yaml', 9), large('test/kong.yaml', 30_000)]), '9 kong.yaml:0');
    assert.equal(await countWith({ 'a.yml': deck('a', 'b') }, [large('kong.yaml', 2)]), '2 a.yml:0');
  });
  it('go before an assumed number; one that says nothing of routes doesn’t', async () => {
    const other = oversizeNotice('big.yaml', 20 * 2 ** 20, []);
    assert.equal(await countWith({}, [large('kong.yaml', 30_000)], 'assume: { routes: 40000 }'), '30000 kong.yaml:0');
    assert.equal(await countWith({ 'a.yml': deck('a') }, [other], 'assume: { routes: 40000 }'), '40000 a.yml:0');
    assert.equal(await countWith({ 'a.yml': deck('a') }, [other], 'assume: { routes: 0 }'), '1 a.yml:0');
    const script = oversizeNotice('schema.sql', 20 * 2 ** 20, []);
    assert.equal(await countWith({ 'a.yml': deck('a') }, [script], 'assume: { routes: 40000 }'), '1 a.yml:0');
    const broken: Notice = { kind: 'unparsable', file: 'b.yml', message: 'line 1' };
    assert.equal(await countWith({ 'a.yml': deck('a') }, [broken], 'assume: { routes: 40000 }'), '1 a.yml:0');
  });
  it('a file that shrinks is read again', async () => {
    const engine = await engineOf({ 'compose.yaml': COMPOSE }, { rules: [] });
    const routes = (): number | undefined => {
      const repository = engine.repository();
      const [unit] = repository.units;
      return unit && routeCount(unit, repository, 'any.yaml')?.routes;
    };
    engine.workspace.setNotice('kong.yaml', large('kong.yaml', 30_000));
    assert.equal(routes(), 30_000);
    engine.workspace.setNotice('kong.yaml', large('kong.yaml', 40_000));
    assert.equal(routes(), 40_000);
    engine.setFile('kong.yaml', sourceFile('kong.yaml', deck('a')));
    assert.equal(routes(), 1);
  });
});

describe('routes that the ingress controller makes', () => {
  const ingress = (name: string, head: string, rules: string): string =>
    `---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: ${name}\n${head}\n  rules: ${rules}\n`;
  const backend = (service: string, port: number): string => `backend: { service: { name: ${service}, port: { number: ${port} } } }`;
  it('one for each host, service and port of an Ingress of Kong’s class', async () => {
    const rules = `[{ host: a.example, http: { paths: [{ path: /1, ${backend('x', 80)} }, { path: /2, ${backend('x', 80)} }, { path: /3, ${backend('x', 81)} }] } },
    { host: b.example, http: { paths: [{ path: /, ${backend('x', 80)} }] } }]`;
    const byClass = ingress('one', 'spec:\n  ingressClassName: kong', rules);
    const byAnnotation = ingress('two', '  annotations: { kubernetes.io/ingress.class: kong }\nspec:', rules);
    const nginx = ingress('three', 'spec:\n  ingressClassName: nginx', rules);
    assert.equal(await count({ 'a.yaml': byClass + byAnnotation + nginx }), 6);
    assert.equal(await count({ 'a.yaml': nginx }), undefined);
    assert.equal(await placeOfCount({ 'a.yaml': nginx, 'b.yaml': byClass }), '3 b.yaml:43');
    assert.equal(await count({ 'a.yaml': byClass }, 'assume: { routes: 7 }'), 7);
  });
  it('one for each rule of a route below a Gateway of Kong’s class', async () => {
    const gateway = (name: string, className: string): string =>
      `---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: { name: ${name} }\nspec: { gatewayClassName: ${className} }\n`;
    const route = (name: string, parent: string): string =>
      `---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: ${name} }\nspec: { parentRefs: [{ name: ${parent} }], rules: [{}, {}] }\n`;
    const own =
      '---\napiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: { name: edge }\nspec: { controllerName: konghq.com/kic-gateway-controller }\n';
    const other = own.replace('edge', 'envoy').replace('konghq.com/kic-gateway', 'gateway.envoyproxy.io/gatewayclass');
    const text =
      own +
      other +
      gateway('g', 'edge') +
      gateway('k', 'kong') +
      gateway('e', 'envoy') +
      route('a', 'g') +
      route('b', 'k') +
      route('c', 'e');
    assert.equal(await count({ 'a.yaml': text }), 4);
  });
  it('one for each rule of a TCPIngress', async () => {
    const tcp = (group: string): string =>
      `apiVersion: ${group}\nkind: TCPIngress\nmetadata: { name: t }\nspec: { rules: [{ port: 1 }, { port: 2 }] }\n`;
    assert.equal(await count({ 'a.yaml': tcp('configuration.konghq.com/v1beta1') }), 2);
    assert.equal(await count({ 'a.yaml': tcp('example.com/v1') }), undefined);
  });
});
