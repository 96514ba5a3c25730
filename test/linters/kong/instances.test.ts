import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { kongInstances } from '../../../src/linters/kong/facts.ts';
import { isKongImage, kongVersionOfImage } from '../../../src/linters/kong/image.ts';
import { isVersionKnown } from '../../../src/model/version.ts';
import { textOf } from '../../../src/text/source.ts';
import { engineOf } from '../../helpers/engine.ts';

/** Each instance as `surface version name=value…`; `?` for what isn't known, `…` when something can't be seen. */
async function instances(files: Readonly<Record<string, string>>): Promise<string[]> {
  const engine = await engineOf(files, { rules: [] });
  const repository = engine.repository();
  return repository.units.flatMap((unit) =>
    kongInstances(unit, repository).map((instance) => {
      const settings = [...instance.settings.values()].map(({ name, value }) => `${name}=${value.known ? value.value : '?'}`).sort();
      const version = isVersionKnown(instance.version) ? instance.version.text : '?';
      return [instance.surface, version, ...settings, ...(instance.unseen ? ['…'] : [])].join(' ');
    }),
  );
}

const chart = (dependency: string, values: string): Record<string, string> => ({
  'Chart.yaml': `apiVersion: v2\nname: edge\nversion: 1.0.0\ndependencies:\n  - ${dependency}\n`,
  'values.yaml': values,
});
const KONG = '{ name: kong, version: 2.38.0, repository: "https://charts.konghq.com" }';

describe('images', () => {
  it('by the last segment, whatever stands before', () => {
    for (const image of ['kong', 'kong/kong:3.4', 'bitnami/kong:3', 'registry.example.com:5000/a/b/kong-gateway:3.4.3.1'])
      assert.ok(isKongImage(image), image);
    for (const image of ['pantsel/konga:1', 'kong/deck:v1', 'kong/kubernetes-ingress-controller:3', 'a/kong-plugins:1', ''])
      assert.ok(!isKongImage(image), image);
  });
  it('Enterprise before 1.x has numbers of its own', () => {
    assert.ok(!isVersionKnown(kongVersionOfImage('x/kong-enterprise-edition:0.36-1')));
    assert.equal(kongVersionOfImage('x/kong-enterprise-edition:1.5.0.5').text, '1.5.0.5');
    assert.equal(kongVersionOfImage('kong:0.14.1').text, '0.14.1');
    assert.ok(!isVersionKnown(kongVersionOfImage('pantsel/konga:0.14.1')));
  });
});

describe('Kong’s chart', () => {
  it('as a dependency: version of the chart’s own image, or of the values', async () => {
    assert.deepEqual(await instances(chart(KONG, 'kong: {}\n')), ['chart 3.6']);
    assert.deepEqual(await instances(chart(KONG, 'kong: { image: { tag: "3.4.2" }, env: { LOG_LEVEL: warn } }\n')), [
      'chart 3.4.2 log_level=warn',
    ]);
    assert.deepEqual(await instances(chart(KONG, 'kong: { image: { tag: "" } }\n')), ['chart 3.6']);
    assert.deepEqual(await instances(chart(KONG, 'kong: { image: { tag: nightly, effectiveSemver: "3.7.1" } }\n')), ['chart 3.7.1']);
    assert.deepEqual(await instances(chart(KONG, 'kong: { image: { unifiedRepoTag: "a.example/kong:3.5" } }\n')), ['chart 3.5']);
    assert.deepEqual(await instances(chart(KONG, 'kong: { image: { unifiedRepoTag: "a.example/gateway:3.5" } }\n')), ['chart ?']);
  });
  it('an image that isn’t known gives no version', async () => {
    assert.deepEqual(await instances(chart(KONG, 'kong: { image: { repository: a.example/gateway, tag: "3.4" } }\n')), ['chart ?']);
    assert.deepEqual(await instances(chart(KONG, 'kong: { image: { digest: "sha256:12" } }\n')), ['chart ?']);
  });
  it('by its repository, or by Kong’s settings beside the chart’s own keys', async () => {
    const anywhere = (values: string): Promise<string[]> =>
      instances(chart('{ name: kong, version: 2.38.0, repository: "oci://a.example" }', values));
    assert.deepEqual(await anywhere('kong: { image: { tag: "3.4" } }\n'), []);
    assert.deepEqual(await anywhere('kong: { env: { database: postgres } }\n'), []);
    assert.deepEqual(await anywhere('kong: { env: { greeting: hi }, ingressController: {} }\n'), []);
    assert.deepEqual(await anywhere('kong: { env: { database: postgres }, ingressController: {} }\n'), ['chart 3.6 database=postgres']);
    assert.deepEqual(await anywhere('kong: { env: { database: postgres }, proxy: {}, admin: {} }\n'), ['chart 3.6 database=postgres']);
    assert.deepEqual(await anywhere('kong: { env: { database: postgres }, proxy: {} }\n'), []);
    assert.deepEqual(await anywhere('kong: { env: { database: postgres }, image: { repository: a/kong } }\n'), [
      'chart 3.6 database=postgres',
    ]);
    const unseen = (values: string): Promise<string[]> => instances(chart('{ name: kong, version: 2.38.0 }', values));
    assert.deepEqual(await unseen('kong: { env: { database: postgres } }\n'), []);
    assert.deepEqual(await unseen('kong: { env: { pg_host: db } }\n'), ['chart 3.6 pg_host=db']);
    const bitnami = '{ name: kong, version: 12.0.0, repository: "oci://registry-1.docker.io/bitnamicharts" }';
    assert.deepEqual(await instances(chart(bitnami, 'kong: { env: { database: postgres }, ingressController: {} }\n')), []);
  });
  it('kong/ingress: the gateway, whose chart version isn’t said', async () => {
    const ingress = '{ name: ingress, version: 0.24.0, repository: "https://charts.konghq.com" }';
    const other = '{ name: ingress, version: 0.24.0, repository: "https://a.example" }';
    const values = (gateway: string): string => `ingress: { controller: {}, gateway: ${gateway} }\n`;
    assert.deepEqual(await instances(chart(ingress, values('{ env: { role: traditional } }'))), ['chart ? role=traditional']);
    assert.deepEqual(await instances(chart(ingress, 'ingress: { controller: {} }\n')), []);
    assert.deepEqual(await instances(chart(other, values('{ replicas: 2 }'))), []);
    assert.deepEqual(await instances(chart(other, values('{ env: { role: traditional }, image: { repository: kong } }'))), [
      'chart ? role=traditional',
    ]);
  });
  it('kong/ingress from a repository that isn’t in view', async () => {
    const ingress = (values: string): Promise<string[]> => instances(chart('{ name: ingress, version: 0.24.0 }', values));
    assert.deepEqual(await ingress('ingress: { gateway: { env: { role: traditional } } }\n'), []);
    assert.deepEqual(await ingress('ingress: { gateway: { env: { router_flavor: traditional } } }\n'), [
      'chart ? router_flavor=traditional',
    ]);
  });
  it('switched off, another chart, values from elsewhere', async () => {
    assert.deepEqual(await instances(chart(KONG, 'kong: { deployment: { kong: { enabled: false } }, env: { database: postgres } }\n')), []);
    const other = '{ name: gateway, version: 1.0.0, repository: "https://a.example" }';
    assert.deepEqual(await instances(chart(other, 'gateway: { env: { database: postgres }, image: { repository: kong } }\n')), []);
    assert.deepEqual(await instances(chart(KONG, 'kong: { envFrom: [{ secretRef: { name: a } }] }\n')), ['chart 3.6 …']);
    assert.deepEqual(
      await instances(chart(KONG, 'kong: { env: { pg_password: { valueFrom: { secretKeyRef: { name: a, key: b } } }, role: null } }\n')),
      ['chart 3.6 pg_password=?'],
    );
  });
  it('values that stand alone, at the top or below the chart’s name', async () => {
    const kong = '{ env: { database: postgres }, image: { repository: kong, tag: "3.4" } }';
    assert.deepEqual(await instances({ 'values.yaml': `${kong}\n` }), ['chart 3.4 database=postgres …']);
    assert.deepEqual(await instances({ 'values.yaml': `kong: ${kong}\n` }), ['chart 3.4 database=postgres …']);
    assert.deepEqual(await instances({ 'values.yaml': 'env: { database: postgres }\nimage: { repository: app }\n' }), []);
  });
});

describe('containers', () => {
  const pod = (containers: string, more = ''): Record<string, string> => ({
    'kong.yaml': `apiVersion: v1\nkind: Pod\nmetadata: { name: kong }\nspec: { containers: [${containers}]${more} }\n`,
  });
  it('an unknown image counts by Kong’s variables, a known one by its name', async () => {
    const env = 'env: [{ name: KONG_DATABASE, value: postgres }]';
    assert.deepEqual(await instances(pod(`{ name: a, ${env} }`)), ['kubernetes ? database=postgres']);
    assert.deepEqual(await instances(pod(`{ name: a, image: app, ${env} }`)), []);
    assert.deepEqual(await instances(pod('{ name: a, env: [{ name: KONG_ADMIN_URL, value: x }] }')), []);
    assert.deepEqual(await instances(pod('{ name: a, image: "kong:3.4", args: [kong, health] }')), []);
    assert.deepEqual(await instances(pod('{ name: a, image: "kong:3.4", args: [kong, docker-start] }')), ['kubernetes 3.4']);
  });
  it('an environment that a template fills is not seen', async () => {
    const template = (env: string): Record<string, string> => ({
      'Chart.yaml': 'apiVersion: v2\nname: gateway\nversion: 1.0.0\n',
      'values.yaml': 'tag: "2.8"\n',
      'templates/kong.yaml': `apiVersion: v1\nkind: Pod\nmetadata: { name: kong }\nspec:\n  containers:\n    - name: proxy\n      image: kong:{{ .Values.tag }}\n      env:\n${env}      ports: []\n`,
    });
    assert.deepEqual(await instances(template('{{- include "gateway.env" . | nindent 8 }}\n')), ['kubernetes 2.8 …']);
    assert.deepEqual(await instances(template('        - { name: KONG_ROLE, value: data_plane }\n')), ['kubernetes 2.8 role=data_plane']);
  });
  it('pods of Kong’s operators, on top of what the operator sets', async () => {
    const template = 'podTemplateSpec: { spec: { containers: [{ name: proxy, image: "kong:3.9" }, { name: other, image: "kong:3.4" }] } }';
    const object = (group: string, kind: string, spec: string): Record<string, string> => ({
      'a.yaml': `apiVersion: ${group}/v1beta1\nkind: ${kind}\nmetadata: { name: a }\nspec: ${spec}\n`,
    });
    const operator = 'gateway-operator.konghq.com';
    assert.deepEqual(await instances(object(operator, 'DataPlane', `{ deployment: { ${template} } }`)), ['kubernetes 3.9 …']);
    assert.deepEqual(await instances(object(operator, 'GatewayConfiguration', `{ dataPlaneOptions: { deployment: { ${template} } } }`)), [
      'kubernetes 3.9 …',
    ]);
    const beside = object(operator, 'DataPlane', `{ deployment: { ${template} } }`);
    const pod = 'apiVersion: v1\nkind: Pod\nmetadata: { name: b }\nspec: { containers: [{ name: proxy, image: "kong:2.8" }] }\n';
    assert.deepEqual(await instances({ ...beside, 'b.yaml': pod }), ['kubernetes 2.8', 'kubernetes 3.9 …']);
    assert.deepEqual(await instances(object(operator, 'ControlPlane', `{ deployment: { ${template} } }`)), []);
    assert.deepEqual(await instances(object('example.com', 'DataPlane', `{ deployment: { ${template} } }`)), []);
  });
  it('a configuration file in a volume', async () => {
    const configMap = (key: string): string =>
      `---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: conf }\ndata:\n  ${key}: |\n    role = traditional\n`;
    const mounted = (mount: string, volume: string, more = ''): Promise<string[]> =>
      instances({
        'kong.yaml': `apiVersion: v1\nkind: Pod\nmetadata: { name: kong }\nspec:\n  containers: [{ name: kong, image: "kong:3.4", volumeMounts: [{ name: c, ${mount} }] }]\n  volumes: [{ name: c, ${volume} }]\n${more}`,
      });
    const whole = 'configMap: { name: conf }';
    assert.deepEqual(await mounted('mountPath: /etc/kong', whole, configMap('kong.conf')), ['kubernetes 3.4 role=traditional']);
    assert.deepEqual(await mounted('mountPath: /etc/kong/kong.conf, subPath: kong.conf', whole, configMap('kong.conf')), [
      'kubernetes 3.4 role=traditional',
    ]);
    assert.deepEqual(
      await mounted(
        'mountPath: /etc/kong/kong.conf, subPath: it',
        'configMap: { name: conf, items: [{ key: kong.conf, path: it }] }',
        configMap('kong.conf'),
      ),
      ['kubernetes 3.4 role=traditional'],
    );
    assert.deepEqual(await mounted('mountPath: /etc/kong/kong.conf, subPath: other', whole, configMap('kong.conf')), [
      'kubernetes 3.4 …',
      'config-file 3.4 role=traditional …',
    ]);
    assert.deepEqual(await mounted('mountPath: /etc/kong', 'secret: { secretName: conf }'), ['kubernetes 3.4 …']);
    assert.deepEqual(await mounted('mountPath: /etc/kong', 'emptyDir: {}'), ['kubernetes 3.4']);
    assert.deepEqual(await mounted('mountPath: /tmp', 'secret: { secretName: conf }'), ['kubernetes 3.4']);
  });
  it('compose volumes', async () => {
    const compose = (volume: string): Promise<string[]> =>
      instances({
        'compose.yaml': `services:\n  kong:\n    image: kong:3.4\n    volumes:\n      - ${volume}\n`,
        'conf/kong.conf': 'role = traditional\n',
      });
    assert.deepEqual(await compose('./conf:/etc/kong:ro'), ['compose 3.4 role=traditional']);
    assert.deepEqual(await compose('{ type: bind, source: ./conf/kong.conf, target: /etc/kong/kong.conf }'), [
      'compose 3.4 role=traditional',
    ]);
    assert.deepEqual(await compose('config:/etc/kong'), ['compose 3.4 …', 'config-file 3.4 role=traditional …']);
    assert.deepEqual(await compose('./conf:/opt/other'), ['compose 3.4', 'config-file 3.4 role=traditional …']);
  });
  it('an image that is built here from Kong’s, with its ENV', async () => {
    const files = {
      'compose.yaml': 'services:\n  gateway:\n    build: ./gateway\n    environment: { KONG_ROLE: traditional }\n',
      'gateway/Dockerfile': 'FROM kong:3.4.2\nENV KONG_DATABASE=off KONG_ROLE=data_plane\n',
    };
    assert.deepEqual(await instances(files), [
      'compose 3.4.2 database=off role=traditional',
      'dockerfile 3.4.2 database=off role=data_plane …',
    ]);
    assert.deepEqual(await instances({ ...files, 'gateway/Dockerfile': 'FROM python:3.12-slim\nENV KONG_DATABASE=postgres\n' }), []);
    const engine = await engineOf(files, { rules: [] });
    const repository = engine.repository();
    const written = repository.units.flatMap((unit) => kongInstances(unit, repository).map((instance) => instance.written.length));
    assert.deepEqual(written, [3, 2]);
  });
});

describe('files that belong to a neighbour', () => {
  it('take its version when there is only one', async () => {
    const compose = (...tags: string[]): string =>
      `services:\n${tags.map((tag) => `  k${tag.replace('.', '')}:\n    image: kong:${tag}\n`).join('')}`;
    const env = 'KONG_DATABASE=postgres\n';
    assert.deepEqual(await instances({ 'compose.yaml': compose('3.4'), 'kong.env': env }), [
      'compose 3.4',
      'env-file 3.4 database=postgres …',
    ]);
    assert.deepEqual(await instances({ 'compose.yaml': compose('3.4', '2.8'), 'kong.env': env }), [
      'compose 3.4',
      'compose 2.8',
      'env-file ? database=postgres …',
    ]);
  });
  it('not a kong.conf that one of two Kongs mounts: it is that one’s', async () => {
    const files = {
      'compose.yaml': 'services:\n  a:\n    image: kong:3.4\n    volumes: ["./kong.conf:/etc/kong/kong.conf"]\n  b:\n    image: kong:2.8\n',
      'kong.conf': 'role = traditional\n',
    };
    assert.deepEqual(await instances(files), ['compose 3.4 role=traditional', 'compose 2.8']);
  });
  it('count only with a setting that is Kong’s', async () => {
    assert.deepEqual(await instances({ 'app.env': 'KONG_ADMIN_URL=http://kong:8001\n' }), []);
    assert.deepEqual(await instances({ 'kong.conf': 'color = blue\n' }), []);
    assert.deepEqual(await instances({ 'kong.conf': 'database = off\n' }), ['config-file ? database=off …']);
    assert.deepEqual(await instances({ 'app.env': 'database=postgres\nworker_consistency=strict\n' }), []);
  });
});

it('an env file that a service reads is no instance of its own', async () => {
  const engine = await engineOf({
    'kong.env': 'KONG_DATABASE=postgres\n',
    'compose.yaml': 'services:\n  a:\n    image: kong:3.4\n    env_file: kong.env\n',
  });
  const repository = engine.repository();
  const all = repository.units.flatMap((unit) => kongInstances(unit, repository));
  assert.deepEqual(
    all.map((instance) => [instance.surface, textOf(instance.at)]),
    [['compose', '3.4']],
  );
});
