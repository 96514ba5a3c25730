import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type ClusterError, readContexts, type Result } from '../../src/cluster/cluster.ts';
import { chooseContext, loadKubeconfig } from '../../src/cluster/kubeconfig.ts';
import { proxyFromEnvironment } from '../../src/cluster/proxy.ts';

/** Kubeconfigs that need no server: what is found, what wins, and what is said when something is wrong. */

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'runbook-lens-kubeconfig-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const A = `apiVersion: v1
kind: Config
current-context: ""
clusters: [{name: one, cluster: {server: "https://user:s3cret@one.example:6443/path?x=1", certificate-authority: ca/one.crt}}]
users: [{name: me, user: {token: first}}]
contexts:
  - {name: prod-eu, context: {cluster: one, user: me, namespace: shop}}
`;
const B = `apiVersion: v1
kind: Config
current-context: staging
clusters: [{name: one, cluster: {server: "https://other.example"}}, {name: two, cluster: {server: "https://two.example"}}, {name: broken}]
users: [{name: me, user: {token: second}}, {name: robot, user: {tokenFile: tokens/robot, as-groups: [readers, dev], as-uid: "7", as-user-extra: {scopes/x: [view]}}}]
contexts:
  - {name: staging, context: {cluster: two, user: robot}}
  - {name: prod-eu, context: {cluster: two, user: me}}
  - {name: gone, context: {cluster: nowhere, user: me}}
  - {name: nobody, context: {cluster: two, user: ghost}}
  - {name: half, context: {cluster: broken, user: me}}
`;

describe('a kubeconfig is found as kubectl finds it', () => {
  it('KUBECONFIG is a list: the first to name a thing wins, files that are not there are passed over', () => {
    const env = { KUBECONFIG: [write('a', A), join(folder, 'not-there'), '', write('b', B)].join(delimiter) };
    const read = readContexts({ env });
    assert.ok(read.ok);
    assert.equal(read.value.current, 'staging');
    const prod = read.value.contexts.find(({ name }) => name === 'prod-eu');
    assert.deepEqual(prod, { name: 'prod-eu', cluster: 'one', user: 'me', namespace: 'shop', server: 'https://one.example:6443/path' });
    const loaded = loadKubeconfig({ env });
    assert.ok(loaded.ok);
    const chosen = chooseContext(loaded.value, 'prod-eu');
    assert.ok(chosen.ok);
    assert.equal(chosen.value.config.getCurrentUser()?.token, 'first');
    assert.equal(chosen.value.config.getCurrentCluster()?.caFile, join(folder, 'ca/one.crt'));
  });

  it('--kubeconfig is the only one, and must be there', () => {
    const env = { KUBECONFIG: write('b', B) };
    const read = readContexts({ env, kubeconfig: write('a', A) });
    assert.ok(read.ok);
    assert.deepEqual(
      read.value.contexts.map(({ name }) => name),
      ['prod-eu'],
    );
    assert.deepEqual(errorOf(readContexts({ env, kubeconfig: join(folder, 'none') })), 'kubeconfig-unreadable');
  });

  it('without both, ~/.kube/config', () => {
    mkdirSync(join(folder, '.kube'), { recursive: true });
    writeFileSync(join(folder, '.kube/config'), A);
    const read = readContexts({ env: { HOME: folder } });
    assert.ok(read.ok);
    assert.equal(read.value.contexts.length, 1);
  });

  it('nothing anywhere: says where it looked', () => {
    const read = readContexts({ env: { HOME: join(folder, 'no-home') } });
    assert.ok(!read.ok);
    assert.equal(read.error.code, 'no-kubeconfig');
    assert.match(String(read.error.data.places), /no-home.\.kube.config/);
  });

  it('an empty file is a kubeconfig without contexts', () => {
    const loaded = loadKubeconfig({ kubeconfig: write('empty', '\n') });
    assert.ok(loaded.ok);
    assert.equal(errorOf(chooseContext(loaded.value, undefined)), 'no-context');
  });
});

describe('what is wrong in a kubeconfig', () => {
  it('broken YAML: the line, and nothing of the text', () => {
    const read = readContexts({ kubeconfig: write('broken', `${A}users: [{name: me, user: {token: "hunter2hunter2}}]\n`) });
    assert.ok(!read.ok);
    assert.equal(read.error.code, 'kubeconfig-broken');
    assert.ok(Number(read.error.data.line) >= 8, JSON.stringify(read.error.data));
    assert.doesNotMatch(JSON.stringify(read.error), /hunter2/);
  });

  for (const [name, text] of [
    ['a list', '- a\n'],
    ['a word', 'hello'],
    ['lists that are none', 'clusters: 7\nusers: {a: b}\ncontexts: x\n'],
    [
      'a server that is no text',
      'clusters: [{name: c, cluster: {server: 7}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\nusers: [{name: u}]\n',
    ],
  ] as const) {
    it(`${name}: a value, not an exception`, () => {
      const loaded = loadKubeconfig({ kubeconfig: write('odd', text) });
      if (loaded.ok) assert.ok(!chooseContext(loaded.value, 'x').ok);
      else assert.equal(loaded.error.code, 'kubeconfig-broken');
    });
  }

  const loadedB = () => {
    const loaded = loadKubeconfig({ kubeconfig: write('b', B) });
    assert.ok(loaded.ok);
    return loaded.value;
  };

  it('a context that is not there: the nearest name, else all', () => {
    const near = chooseContext(loadedB(), 'stagin');
    assert.ok(!near.ok);
    assert.deepEqual([near.error.code, near.error.data.near], ['context-unknown-near', 'staging']);
    const far = chooseContext(loadedB(), 'xyz');
    assert.ok(!far.ok);
    assert.match(String(far.error.data.known), /staging, prod-eu/);
  });

  for (const [context, what, name] of [
    ['gone', 'cluster', 'nowhere'],
    ['nobody', 'user', 'ghost'],
    ['half', 'cluster', 'broken'],
  ] as const) {
    it(`context ${context} names a ${what} that is not there in usable form`, () => {
      const chosen = chooseContext(loadedB(), context);
      assert.ok(!chosen.ok);
      assert.deepEqual([chosen.error.code, chosen.error.data.what, chosen.error.data.name], ['context-incomplete', what, name]);
    });
  }

  it('every message says the same in both languages', () => {
    const errors: ClusterError[] = [];
    for (const read of [chooseContext(loadedB(), 'gone'), chooseContext(loadedB(), 'xyz'), chooseContext(loadedB(), 'stagin')]) {
      if (!read.ok) errors.push(read.error);
    }
    assert.equal(errors.length, 3);
    for (const { message, data } of errors) {
      const holes = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, hole]) => hole ?? '').sort();
      assert.deepEqual(holes(message.en), holes(message.zh));
      for (const hole of holes(message.en)) assert.ok(hole in data, hole);
    }
  });
});

describe('what the library does not know', () => {
  it('token files, impersonated groups, uid and extras; paths are relative to the file', () => {
    const loaded = loadKubeconfig({ kubeconfig: write('b', B) });
    assert.ok(loaded.ok);
    const chosen = chooseContext(loaded.value, 'staging');
    assert.ok(chosen.ok);
    assert.deepEqual(chosen.value.extras, {
      tokenFile: join(folder, 'tokens/robot'),
      impersonation: { 'Impersonate-Group': ['readers', 'dev'], 'Impersonate-Uid': '7', 'Impersonate-Extra-scopes%2Fx': ['view'] },
    });
  });

  it('a command with a path is relative to the file, one without is not; data goes before files', () => {
    const exec = (command: string) =>
      `users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: "${command}", args: [1, two], env: [{name: A, value: b}], interactiveMode: Never}}}]\n`;
    const rest = `clusters: [{name: c, cluster: {server: "https://c.example", certificate-authority: x.crt, certificate-authority-data: YQ==}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n`;
    for (const [command, expected] of [
      ['./bin/login', join(folder, 'bin/login')],
      ['aws', 'aws'],
      ['/usr/bin/aws', '/usr/bin/aws'],
    ] as const) {
      const loaded = loadKubeconfig({ kubeconfig: write('exec', exec(command) + rest) });
      assert.ok(loaded.ok);
      const chosen = chooseContext(loaded.value, 'x');
      assert.ok(chosen.ok);
      assert.equal(chosen.value.extras.exec?.command, expected);
      assert.deepEqual(chosen.value.extras.exec?.args, ['1', 'two']);
      assert.deepEqual(chosen.value.extras.exec?.env, { A: 'b' });
      assert.equal(chosen.value.extras.exec?.interactiveMode, 'Never');
      assert.equal(chosen.value.config.getCurrentCluster()?.caFile, undefined);
    }
  });
});

describe('the proxy that the environment names', () => {
  const proxy = { HTTPS_PROXY: 'http://proxy:3128', HTTP_PROXY: 'plain:80' };
  for (const [server, env, expected] of [
    ['https://api.example:6443', proxy, 'http://proxy:3128'],
    ['http://api.example', proxy, 'http://plain:80'],
    ['https://api.example', { https_proxy: 'socks5://s:1080' }, 'socks5://s:1080'],
    ['https://api.example', {}, undefined],
    ['https://localhost:6443', proxy, undefined],
    ['https://127.0.0.1:6443', proxy, undefined],
    ['https://[::1]:6443', proxy, undefined],
    ['https://api.example', { ...proxy, NO_PROXY: '*' }, undefined],
    ['https://api.example', { ...proxy, NO_PROXY: 'other, example' }, undefined],
    ['https://api.example', { ...proxy, no_proxy: '.example' }, undefined],
    ['https://example', { ...proxy, NO_PROXY: '.example' }, 'http://proxy:3128'],
    ['https://example', { ...proxy, NO_PROXY: '*.example' }, 'http://proxy:3128'],
    ['https://notexample', { ...proxy, NO_PROXY: 'example' }, 'http://proxy:3128'],
    ['https://api.example:6443', { ...proxy, NO_PROXY: 'api.example:443' }, 'http://proxy:3128'],
    ['https://api.example:6443', { ...proxy, NO_PROXY: 'api.example:6443' }, undefined],
    ['https://10.96.3.1:6443', { ...proxy, NO_PROXY: '10.96.0.0/16' }, undefined],
    ['https://10.97.3.1:6443', { ...proxy, NO_PROXY: '10.96.0.0/16' }, 'http://proxy:3128'],
    ['not a url', proxy, undefined],
  ] as const) {
    it(`${server} with ${JSON.stringify(env)}: ${expected ?? 'none'}`, () => assert.equal(proxyFromEnvironment(server, env), expected));
  }
});

it('the only things that can be sent are GETs and reviews of the user’s own rights', () => {
  const wire = readFileSync(join(import.meta.dirname, '../../src/cluster/wire.ts'), 'utf8');
  const methods = [...wire.matchAll(/readonly method: '(\w+)'/g)].map(([, method]) => method);
  assert.deepEqual(methods, ['GET', 'POST']);
  const paths = [...wire.matchAll(/'(\/apis\/[^']+)'/g)].map(([, path]) => path);
  assert.deepEqual(paths, [
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
  ]);
});

function errorOf<T>(result: Result<T, ClusterError>): string | undefined {
  return result.ok ? undefined : result.error.code;
}
