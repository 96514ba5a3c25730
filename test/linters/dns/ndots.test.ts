import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostsIn, hostsInFiles } from '../../../src/linters/dns/external-hosts.ts';
import { engineOf } from '../../helpers/engine.ts';

const hosts = (name: string, text: string): string[] => hostsIn(name, text).map(({ host, start }) => `${host}@${start}`);

describe('hosts that a setting calls', () => {
  it('reads URLs, hosts with a port and lists', () => {
    assert.deepEqual(hosts('PAYMENT_URL', 'https://user:pw@api.example.com:8443/v1?x=1'), ['api.example.com@16']);
    assert.deepEqual(hosts('mail.host', 'smtp.mail.example.net:587'), ['smtp.mail.example.net@0']);
    assert.deepEqual(hosts('KAFKA_BROKERS', 'b1.k.example.com:9092,b2.k.example.com:9092'), ['b1.k.example.com@0', 'b2.k.example.com@22']);
    assert.deepEqual(hosts('paymentEndpoint', 'api.example.co.uk'), ['api.example.co.uk@0']);
  });

  it('takes nothing that may be inside the cluster or is asked as it is', () => {
    for (const text of [
      'http://orders',
      'orders.shop',
      'orders.shop.svc.cluster.local',
      'https://api.example.com./v1',
      'a.b.eu-west-1.rds.amazonaws.com',
      '10.0.0.1',
      'mongodb+srv://db.a.example.com',
      'someone@mail.a.example.com',
      'see https://api.example.com/docs',
    ]) {
      assert.deepEqual(hosts('X_URL', text), [], text);
    }
  });

  it('takes nothing of settings that name an address for others', () => {
    for (const name of [
      'PUBLIC_URL',
      'BASE_URL',
      'apiUrl',
      'OIDC_ISSUER_URL',
      'CORS_ORIGIN_HOST',
      'VITE_API_URL',
      'CALLBACK_URL',
      'CONTACT',
    ]) {
      assert.deepEqual(hosts(name, 'https://api.shop.example.com'), [], name);
    }
  });
});

it('hosts in the files of a ConfigMap: not in what is too long, or a template’s', async () => {
  const found = async (data: string, path = 'conf.yaml'): Promise<string[]> => {
    const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: conf }\ndata:\n  app.conf: |\n${data.replace(/^/gm, '    ')}\n`;
    const { units } = (await engineOf({ [path]: text }, { rules: [] })).repository();
    return units.flatMap((unit) => unit.objects.flatMap(hostsInFiles)).map(({ host }) => host);
  };
  const line = 'payment_url=https://api.x.example.com';
  assert.deepEqual(await found(line), ['api.x.example.com']);
  assert.deepEqual(await found(`${line}\nlevel={{ .Values.level }}`), []);
  assert.deepEqual(await found(`${line}\n${'x'.repeat(65_536 - line.length - 2)}`), ['api.x.example.com']);
  assert.deepEqual(await found(`${line}\n${'x'.repeat(65_536 - line.length - 1)}`), []);
});

function pod(...images: readonly string[]): string {
  const env = '[{ name: A_URL, value: https://a.x.example.com }, { name: B_URL, value: https://b.x.example.com }]';
  const containers = images.map((image, index) => `    - { name: c${index}, image: ${image}, env: ${env} }\n`);
  return `apiVersion: v1\nkind: Pod\nmetadata: { name: orders }\nspec:\n  containers:\n${containers.join('')}`;
}

/** Fix ids and the snippet's reason of the only finding. */
async function offered(...images: readonly string[]): Promise<string> {
  const engine = await engineOf({ 'pod.yaml': pod(...images) }, { preview: true });
  const [finding, ...others] = engine.lint().findings;
  assert.ok(finding && others.length === 0);
  return [...(finding.fixes ?? []).map((fix) => fix.id), finding.snippet?.reasonId].join(' ').trim();
}

describe('the fix for ndots', () => {
  it('is there only where every image is known to use glibc', async () => {
    assert.equal(await offered('node:22-slim'), 'set-ndots');
    assert.equal(await offered('node:22', 'debian:12'), 'set-ndots');
    assert.equal(await offered('docker.io/library/node:22'), 'set-ndots');
    assert.equal(await offered('node:22-alpine'), 'musl');
    assert.equal(await offered('node:22', 'example/agent:3-alpine'), 'musl');
    assert.equal(await offered('node:22', 'example/agent:3'), 'unknownLibc');
  });

  it('has one finding a workload, at the first host', async () => {
    const engine = await engineOf({ 'pod.yaml': pod('node:22', 'python:3.12') }, { preview: true });
    const found = engine.lint().findings;
    assert.equal(found.length, 1);
    assert.deepEqual(found[0]?.data, { count: 2, runtime: 'Node.js' });
  });
});

describe('the runtime of an image of one’s own', () => {
  const files = { 'k8s.yaml': pod('registry.example.com/orders:1'), 'orders/requirements.txt': 'requests==2.32.3\n' };
  const found = async (more: Readonly<Record<string, string>>): Promise<readonly string[]> => {
    const engine = await engineOf({ ...files, ...more }, { preview: true });
    return engine.lint().findings.map((finding) => `${finding.messageId} ${finding.snippet?.reasonId ?? ''}`.trim());
  };

  it('is what its Dockerfile says', async () => {
    assert.deepEqual(await found({}), ['storm unknownLibc']);
    assert.deepEqual(await found({ 'orders/Dockerfile': 'FROM python:3.12-slim\n' }), ['storm']);
    assert.deepEqual(await found({ 'orders/Dockerfile': 'FROM gcr.io/distroless/python3-debian12\n' }), ['storm']);
    assert.deepEqual(await found({ 'orders/Dockerfile': 'FROM ubuntu:24.04\nCMD ["gunicorn", "app"]\n' }), ['storm']);
    assert.deepEqual(await found({ 'orders/Dockerfile': 'FROM golang:1.26\n' }), []);
  });

  it('is not known where several Dockerfiles stand', async () => {
    assert.deepEqual(await found({ 'orders/Dockerfile': 'FROM python:3.12\n', 'orders/Dockerfile.job': 'FROM python:3.12\n' }), []);
  });
});
