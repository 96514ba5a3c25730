import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, type ClusterError, type ClusterOptions, openCluster } from '../../src/cluster/cluster.ts';
import { makeCertificate } from './certificate.ts';
import { type ConnectProxyOptions, startConnectProxy } from './connect-proxy.ts';
import { describeCluster, type KubeconfigContent, writeKubeconfig } from './control-plane.ts';
import { startFaultProxy } from './fault-proxy.ts';

/** How a connection comes about: certificates, credential plugins, token files, proxies. */

const SECRET = 'Y2FuYXJ5LW9mLXRoZS1wbHVnaW4tb3V0cHV0MTIzNDU2Nzg5';

const clientAuthority = makeCertificate({ name: 'client authority', authority: true });
const authorityFolder = mkdtempSync(join(tmpdir(), 'runbook-lens-authority-'));
const clientAuthorityFile = join(authorityFolder, 'clients.crt');
writeFileSync(clientAuthorityFile, clientAuthority.cert);
after(() => rmSync(authorityFolder, { recursive: true, force: true }));

describeCluster('connection', { flags: [`--client-ca-file=${clientAuthorityFile}`] }, (cluster) => {
  let count = 0;
  const folder = (): string => cluster().dir;
  const kubeconfig = (content: Partial<KubeconfigContent>): string =>
    writeKubeconfig(join(folder(), `config-${++count}`), { server: cluster().server, ca: cluster().ca, ...content });
  const open = (content: Partial<KubeconfigContent>, options: Partial<ClusterOptions> = {}) =>
    openCluster({ version: '1', kubeconfig: kubeconfig(content), ...options });

  /** It can be opened and lists namespaces; whoever it is has the rights of an administrator. */
  async function works(opening: ReturnType<typeof openCluster>): Promise<void> {
    const opened = await opening;
    assert.ok(opened.ok, JSON.stringify(opened));
    assert.match(opened.value.version, /^v1\.\d+/);
    await reads(opened.value);
    opened.value.close();
  }

  async function reads(opened: Cluster): Promise<void> {
    const snapshot = await opened.collect({ scope: { kind: 'all' }, needs: [] });
    const pods = snapshot.reads.find(({ resource }) => resource === 'pods');
    assert.equal(pods?.outcome, 'read', pods?.detail);
  }

  async function fails(opening: ReturnType<typeof openCluster>): Promise<ClusterError> {
    const opened = await opening;
    assert.ok(!opened.ok);
    assert.doesNotMatch(JSON.stringify(opened.error), new RegExp(SECRET));
    assert.doesNotMatch(JSON.stringify(opened.error), new RegExp(cluster().token()));
    return opened.error;
  }

  it('a token, the authority as data', () => works(open({ token: cluster().token() })));

  it('the authority as a file beside the kubeconfig', () => {
    writeFileSync(join(folder(), 'beside.crt'), cluster().ca);
    const path = writeKubeconfig(join(folder(), 'beside'), {
      server: cluster().server,
      token: cluster().token(),
      cluster: { 'certificate-authority': 'beside.crt' },
    });
    return works(openCluster({ version: '1', kubeconfig: path }));
  });

  it('a wrong authority: untrusted, and nothing is sent', async () => {
    const { cert } = makeCertificate({ name: 'another authority', authority: true });
    const error = await fails(open({ ca: cert, token: SECRET }));
    assert.equal(error.code, 'untrusted');
    assert.match(String(error.data.reason), /verify|self.signed|issuer/i);
  });

  it('insecure-skip-tls-verify', () =>
    works(
      openCluster({
        version: '1',
        kubeconfig: writeKubeconfig(join(folder(), 'insecure'), {
          server: cluster().server,
          token: cluster().token(),
          cluster: { 'insecure-skip-tls-verify': true },
        }),
      }),
    ));

  it('tls-server-name: the certificate must be for that name', async () => {
    const authority = makeCertificate({ name: 'authority', authority: true });
    const server = makeCertificate({ name: 'api', dnsNames: ['api.internal.example'], issuer: authority });
    const proxy = await startFaultProxy(cluster(), { certificate: server });
    const content = { server: proxy.server, ca: authority.cert, token: cluster().token() };
    try {
      await works(open({ ...content, cluster: { 'tls-server-name': 'api.internal.example' } }));
      assert.equal((await fails(open(content))).code, 'untrusted');
    } finally {
      await proxy.stop();
    }
  });

  it('a server without TLS', async () => {
    const proxy = await startFaultProxy(cluster(), { scheme: 'http' });
    try {
      await works(openCluster({ version: '1', kubeconfig: proxy.kubeconfig() }));
    } finally {
      await proxy.stop();
    }
  });

  it('impersonation: user and groups', async () => {
    await works(open({ token: cluster().token(), user: { as: 'somebody', 'as-groups': ['system:masters'] } }));
    const opened = await open({ token: cluster().token(), user: { as: 'somebody' } });
    assert.ok(opened.ok);
    const snapshot = await opened.value.collect({ scope: { kind: 'all' }, needs: [] });
    opened.value.close();
    assert.equal(snapshot.reads.find(({ resource }) => resource === 'pods')?.outcome, 'forbidden');
  });

  it('a token file, with a newline at its end, goes before a token', () => {
    writeFileSync(join(folder(), 'token'), `${cluster().token()}\n`);
    return works(open({ token: SECRET, user: { tokenFile: 'token' } }));
  });

  it('in a pod without a kubeconfig: its service account', async () => {
    const { admin, ca, server } = cluster();
    await admin.grant('system:serviceaccount:tools:robot', [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }]);
    const serviceAccount = join(folder(), 'service-account');
    mkdirSync(serviceAccount);
    writeFileSync(join(serviceAccount, 'token'), await admin.serviceAccountToken('tools', 'robot'));
    writeFileSync(join(serviceAccount, 'ca.crt'), ca);
    writeFileSync(join(serviceAccount, 'namespace'), 'tools');
    const { hostname, port } = new URL(server);
    const env = { HOME: folder(), KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    const opened = await openCluster({ version: '1', env, serviceAccount });
    assert.ok(opened.ok, JSON.stringify(opened));
    assert.equal(opened.value.namespace, 'tools');
    await reads(opened.value);
    opened.value.close();
    // A kubeconfig goes before it.
    const named = await openCluster({
      version: '1',
      env: { ...env, KUBECONFIG: kubeconfig({ token: cluster().token() }) },
      serviceAccount,
    });
    assert.ok(named.ok);
    assert.equal(named.value.context, 'test');
    named.value.close();
  });

  it('a token file that is not there', async () => {
    const error = await fails(open({ user: { tokenFile: 'no-token' } }));
    assert.equal(error.code, 'credentials-unusable');
  });

  const server = (address: string): KubeconfigContent => ({ server: address, ca: cluster().ca, token: cluster().token() });
  for (const [name, address, code] of [
    ['nobody listens', 'https://127.0.0.1:1', 'unreachable'],
    ['a name that nobody knows', 'https://no-such-host.invalid', 'unknown-host'],
    ['no URL', 'not a url', 'server-invalid'],
    ['another protocol', 'ftp://127.0.0.1', 'server-invalid'],
  ] as const) {
    it(`${name}: ${code}`, { timeout: 10_000 }, async () => assert.equal((await fails(open(server(address)))).code, code));
  }

  it('a server that never answers: timeout; cancelled: cancelled', { timeout: 10_000 }, async () => {
    const proxy = await startFaultProxy(cluster());
    proxy.inject({ path: /version/, fault: { kind: 'stall', at: 'before-headers' } });
    try {
      const late = await fails(openCluster({ version: '1', kubeconfig: proxy.kubeconfig(), requestDeadlineMs: 300 }));
      assert.equal(late.code, 'timeout');
      const signal = AbortSignal.timeout(300);
      const cancelled = await fails(openCluster({ version: '1', kubeconfig: proxy.kubeconfig(), signal }));
      assert.equal(cancelled.code, 'cancelled');
    } finally {
      await proxy.stop();
    }
  });

  // Credential plugins: small shell scripts.

  const posix = { skip: process.platform === 'win32' ? 'the plugins are shell scripts' : false, timeout: 20_000 };

  function plugin(lines: string): string {
    const path = join(folder(), `plugin-${++count}`);
    writeFileSync(path, `#!/bin/sh\n${lines}\n`);
    chmodSync(path, 0o755);
    return path;
  }
  const exec = (command: string, more: Readonly<Record<string, unknown>> = {}): Partial<KubeconfigContent> => ({
    user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'IfAvailable', ...more } },
  });
  const credential = (status: Readonly<Record<string, string>>): string =>
    `echo '${JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status })}'`;
  const runs = (path: string): number => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0);

  it('a plugin gets what kubectl gives it: arguments, environment, KUBERNETES_EXEC_INFO, no terminal', posix, async () => {
    const said = join(folder(), 'said');
    const script = plugin(
      `echo "$KUBERNETES_EXEC_INFO" > ${said}; echo "$1 $2 $MINE $OURS" >> ${said}; cat >> ${said}; ${credential({ token: cluster().token() })}`,
    );
    const env = { PATH: process.env.PATH, OURS: 'ours' };
    await works(open(exec(script, { args: ['get', 'token'], env: [{ name: 'MINE', value: 'mine' }], provideClusterInfo: true }), { env }));
    const [info = '', words] = readFileSync(said, 'utf8').split('\n');
    assert.equal(words, 'get token mine ours');
    const { apiVersion, kind, spec } = JSON.parse(info);
    assert.deepEqual([apiVersion, kind, spec.interactive], ['client.authentication.k8s.io/v1', 'ExecCredential', false]);
    assert.equal(spec.cluster.server, cluster().server);
    assert.equal(Buffer.from(spec.cluster['certificate-authority-data'], 'base64').toString(), cluster().ca);
  });

  it('without provideClusterInfo it is not told the cluster; it runs once for all requests', posix, async () => {
    const said = join(folder(), 'info');
    await works(open(exec(plugin(`echo "$KUBERNETES_EXEC_INFO" >> ${said}; ${credential({ token: cluster().token() })}`))));
    assert.equal(runs(said), 1);
    assert.equal(JSON.parse(readFileSync(said, 'utf8')).spec.cluster, undefined);
  });

  it('a token that has ended is fetched again, and so is one that the server no longer takes', posix, async () => {
    const ended = join(folder(), 'ended');
    const past = new Date(Date.now() - 1000).toISOString();
    const opened = await open(exec(plugin(`echo x >> ${ended}; ${credential({ token: cluster().token(), expirationTimestamp: past })}`)));
    assert.ok(opened.ok);
    const before = runs(ended);
    await reads(opened.value);
    assert.ok(runs(ended) > before);
    opened.value.close();

    const refused = join(folder(), 'refused');
    // The first token is wrong.
    const script = `echo x >> ${refused}; if [ $(wc -l < ${refused}) = 1 ]; then ${credential({ token: SECRET })}; else ${credential({ token: cluster().token() })}; fi`;
    await works(open(exec(plugin(script))));
    assert.equal(runs(refused), 2);
  });

  const clientCertificate = () => makeCertificate({ name: 'somebody', organisations: ['system:masters'], issuer: clientAuthority });
  const base64 = (text: string): string => Buffer.from(text).toString('base64');

  it('a certificate of the kubeconfig', () => {
    const { cert, key } = clientCertificate();
    return works(open({ user: { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) } }));
  });

  it('a certificate from a plugin', posix, async () => {
    const { cert, key } = clientCertificate();
    const path = join(folder(), 'credential.json');
    const status = { clientCertificateData: cert, clientKeyData: key };
    writeFileSync(path, JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status }));
    await works(open(exec(plugin(`cat ${path}`))));
  });

  it('a plugin that fails: the first line that it said, masked; its output is never told', posix, async () => {
    const error = await fails(
      open(exec(plugin(`echo ${SECRET}; echo "" >&2; echo "login expired, token=${SECRET}" >&2; echo "second line" >&2; exit 3`))),
    );
    assert.equal(error.code, 'exec-failed');
    assert.match(String(error.data.reason), /^login expired, token=\*\*\*$/);
  });

  it('a plugin that is not there: what to install', posix, async () => {
    const error = await fails(open(exec('no-such-login-program', { installHint: 'Install it with: brew install login\nor so' })));
    assert.deepEqual(
      [error.code, error.data.command, error.data.hint],
      ['exec-missing', 'no-such-login-program', 'Install it with: brew install login'],
    );
  });

  for (const [name, lines] of [
    ['no JSON', `echo '{"token": "${SECRET}"'`],
    ['another kind', `echo '{"kind":"Other","status":{"token":"${SECRET}"}}'`],
    [
      'another version',
      `echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"${SECRET}"}}'`,
    ],
    ['nothing', 'true'],
    ['neither token nor certificate', `echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1"}'`],
  ] as const) {
    it(`a plugin that prints ${name}`, posix, async () => assert.equal((await fails(open(exec(plugin(lines))))).code, 'exec-failed'));
  }

  it('a plugin that needs a terminal where there is none', posix, async () => {
    const error = await fails(open(exec(plugin('true'), { interactiveMode: 'Always' })));
    assert.equal(error.code, 'exec-interactive');
  });

  it('a plugin that hangs ends with the deadline or when cancelled, with its children’s pipes', posix, async () => {
    const pid = join(folder(), 'pid');
    const script = plugin(`echo $$ > ${pid}; trap '' TERM; sleep 60`);
    const startMs = performance.now();
    assert.equal((await fails(open(exec(script), { deadlineMs: 400 }))).code, 'exec-failed');
    assert.equal((await fails(open(exec(script), { signal: AbortSignal.timeout(400) }))).code, 'cancelled');
    assert.ok(performance.now() - startMs < 15_000, `${performance.now() - startMs} ms`);
    await sleep(100);
    assert.throws(() => process.kill(Number(readFileSync(pid, 'utf8')), 0), /ESRCH/);
  });

  it('what a plugin says while it runs is handed on', posix, async () => {
    let said = '';
    const onPluginOutput = (text: string): void => {
      said += text;
    };
    await works(
      open(exec(plugin(`echo "open https://login.example" >&2; ${credential({ token: cluster().token() })}`)), { onPluginOutput }),
    );
    assert.equal(said, 'open https://login.example\n');
  });

  // Identity providers: kubectl renews their tokens and stores them; we only take what it stored.

  const jwt = (expiresMs: number): string => {
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    return `${part({ alg: 'RS256' })}.${part({ sub: 'somebody', exp: Math.floor(expiresMs / 1000) })}.${part('signature')}`;
  };
  const provider = (idToken: string, name = 'oidc'): Readonly<Record<string, unknown>> => ({
    'auth-provider': {
      name,
      config: {
        'client-id': 'kubernetes',
        'id-token': idToken,
        'idp-issuer-url': 'https://127.0.0.1:1',
        'refresh-token': SECRET,
        'cmd-path': 'false',
      },
    },
  });

  it('an identity provider’s token is sent while it is valid', async () => {
    const proxy = await startFaultProxy(cluster());
    try {
      const token = jwt(Date.now() + 3600_000);
      // These tests’ API server knows no such provider.
      assert.equal((await fails(open({ server: proxy.server, user: provider(token) }))).code, 'unauthorized');
      assert.equal(proxy.requests[0]?.headers.authorization, `Bearer ${token}`);
    } finally {
      await proxy.stop();
    }
  });

  it('an identity provider’s token that has ended: kubectl renews it, we don’t', async () => {
    for (const token of [jwt(Date.now() - 1000), jwt(Date.now() + 1000), '']) {
      assert.equal((await fails(open({ user: provider(token) }))).code, 'token-ended');
    }
  });

  it('a provider that kubectl no longer knows is not run', async () => {
    const error = await fails(open({ user: provider('', 'gcp') }));
    assert.deepEqual([error.code, error.data.provider], ['provider-removed', 'gcp']);
  });

  // Proxies.

  async function withProxy(options: ConnectProxyOptions, use: (proxy: Awaited<ReturnType<typeof startConnectProxy>>) => Promise<void>) {
    const proxy = await startConnectProxy(options);
    try {
      await use(proxy);
    } finally {
      await proxy.stop();
    }
  }
  const address = (): string => cluster().server.replace('https://', '');
  /** A name that only the proxy can resolve; the certificate is for `kubernetes` too. */
  const behind = (more: Readonly<Record<string, unknown>> = {}): Partial<KubeconfigContent> => ({
    server: 'https://api.behind-the-proxy.invalid:6443',
    token: cluster().token(),
    cluster: { 'tls-server-name': 'kubernetes', ...more },
  });

  it('proxy-url, with its own user and password', () =>
    withProxy({ leadsTo: address() }, async (proxy) => {
      await works(open(behind({ 'proxy-url': proxy.url.replace('://', '://me:pass%21@') })));
      assert.equal(proxy.tunnels[0]?.target, 'api.behind-the-proxy.invalid:6443');
      assert.equal(proxy.tunnels[0]?.headers['proxy-authorization'], `Basic ${Buffer.from('me:pass!').toString('base64')}`);
      assert.ok(proxy.tunnels.length <= 4, `${proxy.tunnels.length} tunnels: connections are kept`);
    }));

  it('HTTPS_PROXY of the environment; NO_PROXY takes it back', () =>
    withProxy({ leadsTo: address() }, async (proxy) => {
      const env = { HTTPS_PROXY: proxy.url };
      await works(open(behind(), { env }));
      const error = await fails(open(behind(), { env: { ...env, NO_PROXY: 'behind-the-proxy.invalid' } }));
      assert.equal(error.code, 'unknown-host');
    }));

  it('a loopback address never goes through the environment’s proxy', () =>
    withProxy({ refuses: 403 }, async (proxy) => {
      await works(open({ token: cluster().token() }, { env: { HTTPS_PROXY: proxy.url } }));
      assert.equal(proxy.tunnels.length, 0);
    }));

  it('a proxy that refuses, one that is not there, one that hangs', { timeout: 10_000 }, async () => {
    await withProxy({ refuses: 407 }, async (proxy) => {
      const error = await fails(open(behind({ 'proxy-url': proxy.url })));
      assert.equal(error.code, 'unreachable');
      assert.match(String(error.data.reason), /407/);
    });
    assert.equal((await fails(open(behind({ 'proxy-url': 'http://127.0.0.1:1' })))).code, 'unreachable');
    await withProxy({ hangs: true }, async (proxy) => {
      assert.equal((await fails(open(behind({ 'proxy-url': proxy.url }), { requestDeadlineMs: 400 }))).code, 'timeout');
    });
  });
});
