import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Api, connect } from './api.ts';
import { makeCertificate } from './certificate.ts';
import { type ControlPlane, describeCluster, eventually } from './control-plane.ts';
import { type Fault, startFaultProxy, statusFault, tooManyRequests } from './fault-proxy.ts';
import { at, firstBytes } from './looking.ts';

/** The proxy does to a client what its rules say, and nothing else. */

const PODS = '/api/v1/namespaces/shop/pods';

function withServer(cluster: ControlPlane, server: string, user = 'admin'): Api {
  return connect({ server, ca: cluster.ca, token: cluster.token(user) });
}

describeCluster('faults between a client and the API server', { users: ['limited'] }, (cluster) => {
  it('hands everything on that no rule is about, and says who asked for what', async () => {
    const proxy = await startFaultProxy(cluster());
    const limited = withServer(cluster(), proxy.server, 'limited');
    const [ok, refused] = await Promise.all([limited.call('GET', '/version'), limited.call('GET', `${PODS}?limit=5`)]);
    assert.deepEqual([ok.status, refused.status], [200, 403]);
    const seen = proxy.requests.map(({ method, path, userAgent, status }) => [method, path, userAgent, status]);
    assert.deepEqual(seen.sort(), [
      ['GET', `${PODS}?limit=5`, 'runbook-lens-tests', 403],
      ['GET', '/version', 'runbook-lens-tests', 200],
    ]);
    assert.equal(proxy.mostAtOnce, 2);
    limited.close();
    await proxy.stop();
  });

  it('answers in the API server’s place, from one request to another', async () => {
    const proxy = await startFaultProxy(cluster());
    const client = withServer(cluster(), proxy.server);
    const statuses = async (path: string, count: number) => {
      const all: number[] = [];
      for (let each = 0; each < count; each++) all.push((await client.call('GET', path)).status);
      return all;
    };
    proxy.inject({ path: /\/services/, fromHit: 2, toHit: 3, fault: statusFault(503) });
    assert.deepEqual(await statuses('/api/v1/services', 4), [200, 503, 503, 200]);
    proxy.reset();
    proxy.inject({ path: /./, fromHit: 3, fault: statusFault(401) });
    assert.deepEqual(await statuses('/api/v1/services', 4), [200, 200, 401, 401]);
    proxy.reset();
    proxy.inject({ path: /continue=/, toHit: 1, fault: statusFault(410) });
    const gone = await client.call('GET', '/api/v1/pods?limit=1&continue=x');
    assert.deepEqual([gone.status, at(gone.json, '/reason'), at(gone.json, '/kind')], [410, 'Expired', 'Status']);
    assert.equal((await client.call('GET', '/api/v1/pods?limit=1')).status, 200);
    proxy.inject({ path: /\/nodes/, fault: tooManyRequests(7) });
    const busy = await client.call('GET', '/api/v1/nodes');
    assert.deepEqual([busy.status, busy.headers['retry-after'], busy.json], [429, '7', undefined]);
    assert.match(String(busy.headers['content-type']), /^text\/plain/);
    client.close();
    await proxy.stop();
  });

  it('breaks, stalls, slows and spoils real answers', async () => {
    const proxy = await startFaultProxy(cluster());
    const client = withServer(cluster(), proxy.server);
    // Discovery: an answer that doesn't change by itself.
    const path = '/apis/apps/v1';
    const real = await client.call('GET', path);
    const withFault = async (fault: Fault) => {
      proxy.reset();
      proxy.inject({ path: /./, fault });
      return client.call('GET', path).then(
        (reply) => reply,
        (error: NodeJS.ErrnoException) => error.code,
      );
    };
    assert.equal(await withFault({ kind: 'reset', at: 'before-headers' }), 'ECONNRESET');
    assert.equal(await withFault({ kind: 'reset', at: 'in-body' }), 'ECONNRESET');
    assert.equal(proxy.requests[0]?.status, 200);
    const truncated = await withFault({ kind: 'truncated' });
    assert.ok(typeof truncated === 'object' && truncated.status === 200 && truncated.json === undefined);
    assert.ok(truncated.text.length > 10 && real.text.startsWith(truncated.text));
    const garbage = await withFault({ kind: 'garbage' });
    assert.ok(typeof garbage === 'object' && garbage.status === 200 && garbage.json === undefined);
    const startMs = performance.now();
    const slow = await withFault({ kind: 'slow', chunkBytes: Math.ceil(real.text.length / 4), delayMs: 30 });
    assert.ok(performance.now() - startMs >= 4 * 29);
    assert.deepEqual(typeof slow === 'object' ? slow.json : slow, real.json);
    const delayed = await withFault({ kind: 'delay', delayMs: 50 });
    assert.ok(typeof delayed === 'object' && delayed.status === 200);
    for (const place of ['before-headers', 'in-body'] as const) {
      proxy.reset();
      proxy.inject({ path: /./, fault: { kind: 'stall', at: place } });
      const { text, ended } = await firstBytes({ ...cluster(), server: proxy.server }, path, 250);
      assert.deepEqual([text === '', ended], [place === 'before-headers', false]);
      const seen = await eventually('the proxy sees the client go', async () => proxy.requests.find(({ endMs }) => endMs !== undefined));
      assert.equal(seen.abandoned, true);
    }
    client.close();
    await proxy.stop();
  });

  it('shows a certificate that the client doesn’t trust, an expired one, one for another host, or none', async () => {
    const authority = makeCertificate({ name: 'test authority', authority: true });
    const good = { name: '127.0.0.1', addresses: ['127.0.0.1'], issuer: authority };
    const cases = [
      { certificate: makeCertificate({ name: '127.0.0.1', addresses: ['127.0.0.1'] }), outcome: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
      { certificate: makeCertificate(good), outcome: 200 },
      { certificate: makeCertificate({ ...good, notAfter: new Date(Date.now() - 60_000) }), outcome: 'CERT_HAS_EXPIRED' },
      { certificate: makeCertificate({ ...good, addresses: [], dnsNames: ['other.example'] }), outcome: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    ];
    for (const { certificate, outcome } of cases) {
      const proxy = await startFaultProxy(cluster(), { certificate });
      const client = connect({ server: proxy.server, ca: authority.cert, token: cluster().token() });
      const got = await client.call('GET', '/version').then(
        ({ status }) => status,
        (error: NodeJS.ErrnoException) => error.code,
      );
      assert.equal(got, outcome);
      client.close();
      await proxy.stop();
    }
    const plain = await startFaultProxy(cluster(), { scheme: 'http' });
    const reply = await fetch(`${plain.server}/version`, { headers: { authorization: `Bearer ${cluster().token()}` } });
    assert.equal(reply.status, 200);
    await plain.stop();
  });
});
