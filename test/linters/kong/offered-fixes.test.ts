import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LintFinding } from '../../../src/linters/lint-result.ts';
import { engineOf } from '../../helpers/engine.ts';

/** What the findings of a rule on one Kong container offer: message, fixes, related messages, and `snippet` where there is one. */
async function offers(rule: string, image: string, env: Readonly<Record<string, string>>, more: Readonly<Record<string, string>> = {}) {
  const variables = Object.entries(env).map(([name, value]) => `      ${name}: ${JSON.stringify(value)}\n`);
  const compose = `services:\n  kong:\n    image: ${image}\n    environment:\n${variables.join('')}`;
  const { '.runbook-lens.yaml': settings, ...files } = more;
  const engine = await engineOf({ 'compose.yaml': compose, ...files }, settings === undefined ? {} : { settings });
  return engine
    .lint()
    .findings.filter((finding) => finding.rule === rule)
    .map(described);
}

function described(finding: LintFinding): string {
  return [
    finding.messageId,
    ...(finding.fixes ?? []).map((fix) => `${fix.id}:${fix.safety}`),
    ...(finding.related ?? []).map((related) => `@${related.messageId}`),
    ...(finding.snippet ? ['snippet'] : []),
  ].join(' ');
}

const POSTGRES = { KONG_DATABASE: 'postgres' };
const ROUTES = { '.runbook-lens.yaml': 'assume: { routes: 2000 }\n' };
const DECK = { 'kong.yml': '_format_version: "3.0"\nroutes: [{ name: a, paths: ["~/a(?=b)"] }]\n' };
const SCRIPT = { 'write.sh': 'deck sync -s kong.yaml\n' };

describe('kong/strict-consistency', () => {
  const rule = 'kong/strict-consistency';
  it('a snippet where the tag floats over two names, and only there', async () => {
    assert.deepEqual(await offers(rule, 'kong:2', POSTGRES), ['default-strict snippet']);
    assert.deepEqual(await offers(rule, 'kong:2.8', POSTGRES), ['default-strict eventual:review']);
    assert.deepEqual(await offers(rule, 'kong:2', { ...POSTGRES, KONG_WORKER_CONSISTENCY: 'strict' }), ['strict eventual:review']);
  });
  it('no fix where the version may not know the name', async () => {
    assert.deepEqual(await offers(rule, 'kong:1', POSTGRES), ['maybe']);
  });
  it('one reason for its severity: the routes, else the writes', async () => {
    assert.deepEqual(await offers(rule, 'kong:2.8', POSTGRES, SCRIPT), ['default-writes eventual:review @write']);
    assert.deepEqual(await offers(rule, 'kong:2.8', POSTGRES, { ...SCRIPT, ...ROUTES }), ['default-routes eventual:review']);
    assert.deepEqual(await offers(rule, 'kong:2.8', POSTGRES, DECK), ['default-strict eventual:review']);
  });
});

describe('kong/full-rebuild-flavor', () => {
  const rule = 'kong/full-rebuild-flavor';
  const traditional = { KONG_ROUTER_FLAVOR: 'traditional' };
  it('a fix, unless the version or a route stands against it', async () => {
    assert.deepEqual(await offers(rule, 'kong:3.4', traditional), ['traditional traditional-compatible:review']);
    assert.deepEqual(await offers(rule, 'kong:3.0', traditional), ['traditional traditional-compatible:review']);
    assert.deepEqual(await offers(rule, 'kong:3.0.0', traditional), ['upgrade']);
    assert.deepEqual(await offers(rule, 'kong:3.4', traditional, DECK), ['traditional @regex snippet']);
  });
});

describe('kong/removed-setting', () => {
  const rule = 'kong/removed-setting';
  const image = '@image';
  it('safe for a plain rename, review where the value changes', async () => {
    assert.deepEqual(await offers(rule, 'kong:3.4', { KONG_ROUTER_CONSISTENCY: 'eventual' }), [`renamed rename:safe ${image}`]);
    assert.deepEqual(await offers(rule, 'kong:3.4', { KONG_UPSTREAM_KEEPALIVE: '60' }), [`renamed rename:safe ${image}`]);
    assert.deepEqual(await offers(rule, 'kong:3.4', { KONG_NGINX_HTTP_UPSTREAM_KEEPALIVE_TIMEOUT: '60s' }), [
      `renamed convert:review ${image}`,
    ]);
  });
  it('nothing where the value has no meaning under the new name', async () => {
    assert.deepEqual(await offers(rule, 'kong:3.4', { KONG_NGINX_HTTP_UPSTREAM_KEEPALIVE_TIMEOUT: '1m' }), [`renamed ${image}`]);
    assert.deepEqual(await offers(rule, 'kong:3.4', { KONG_CUSTOM_PLUGINS: 'NONE' }), [`renamed ${image}`]);
    assert.deepEqual(await offers(rule, 'kong:3.4', { KONG_ROUTER_CONSISTENCY: '$SOMETHING' }), [`renamed ${image}`]);
  });
  it('removal of what is gone or set already, but never of what hasn’t come yet', async () => {
    assert.deepEqual(await offers(rule, 'kong:3.4', { KONG_CASSANDRA_PORT: '9042' }), [`removed remove:safe ${image}`]);
    const both = { KONG_ROUTER_CONSISTENCY: 'strict', KONG_WORKER_CONSISTENCY: 'eventual' };
    assert.deepEqual(await offers(rule, 'kong:3.4', both), [`renamed remove:safe ${image}`]);
    assert.deepEqual(await offers(rule, 'kong:2.8', { KONG_ROUTER_FLAVOR: 'expressions' }), [`not-yet ${image}`]);
    assert.deepEqual(await offers(rule, 'kong:1.1.3', { KONG_WORKER_CONSISTENCY: 'eventual' }), [`not-yet ${image}`]);
  });
  it('a snippet for another form, no fix while the version may still read it', async () => {
    assert.deepEqual(await offers(rule, 'kong:1.5.1', { KONG_SSL: 'on' }), [`removed ${image} snippet`]);
    assert.deepEqual(await offers(rule, 'kong:2', { KONG_ROUTER_CONSISTENCY: 'eventual' }), [`maybe-removed ${image}`]);
  });
});

describe('kong/plugin-whitelist-blacklist', () => {
  const rule = 'kong/plugin-whitelist-blacklist';
  const plugin = (config: string) => ({ 'kong.yml': `_format_version: "1.1"\nplugins: [{ name: acl, config: ${config} }]\n` });
  it('safe where the field is refused, review where it still works or two lists become one', async () => {
    assert.deepEqual(await offers(rule, 'kong:3.4', {}, plugin('{ whitelist: [a] }')), ['refused rename:safe']);
    assert.deepEqual(await offers(rule, 'kong:2.8', {}, plugin('{ whitelist: [a] }')), ['alias rename:review']);
    assert.deepEqual(await offers(rule, 'kong:3.4', {}, plugin('{ whitelist: [a], allow: [b] }')), ['refused merge:review']);
    assert.deepEqual(await offers(rule, 'kong:2.0.5', {}, plugin('{ allow: [a] }')), ['too-new rename:safe']);
  });
  it('nothing where the lists can’t be read', async () => {
    assert.deepEqual(await offers(rule, 'kong:3.4', {}, plugin('{ whitelist: [a], allow: some }')), ['refused']);
    assert.deepEqual(await offers(rule, 'kong:3.4', {}, plugin('{ whitelist: some, allow: [a] }')), ['refused']);
    assert.deepEqual(await offers(rule, 'kong:3.4', {}, plugin('{ whitelist: [{ a: b }], allow: [a] }')), ['refused']);
  });
});

describe('kong/probe-on-admin-root', () => {
  const rule = 'kong/probe-on-admin-root';
  const probe = async (image: string, get: string, env = ''): Promise<string[]> => {
    const text = `apiVersion: v1\nkind: Pod\nmetadata: { name: kong }\nspec: { containers: [{ name: kong, image: "${image}", env: [${env}], livenessProbe: { httpGet: ${get} } }] }\n`;
    const engine = await engineOf({ 'kong.yaml': text });
    return engine
      .lint()
      .findings.filter((finding) => finding.rule === rule)
      .map(described);
  };
  it('the status port where this version has one and nothing else is said of it', async () => {
    assert.deepEqual(await probe('kong:3.4', '{ path: /, port: 8001 }'), ['probe status:review status-listen:review']);
    assert.deepEqual(await probe('kong:1.3', '{ path: /, port: 8001 }'), ['probe status:review']);
    assert.deepEqual(await probe('kong', '{ path: /, port: 8001 }'), ['probe status:review']);
    assert.deepEqual(await probe('kong:3.4', '{ path: /, port: 8444, scheme: HTTPS }'), ['probe status:review']);
    assert.deepEqual(await probe('kong:3.4', '{ path: /, port: 8001 }', '{ name: KONG_STATUS_LISTEN, value: "127.0.0.1:8007" }'), [
      'probe status:review',
    ]);
  });
});
