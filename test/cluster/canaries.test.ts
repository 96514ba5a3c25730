import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { cliCommand } from '../cli/harness.ts';
import { describeCluster } from './control-plane.ts';
import { type Fakes, startFakes } from './fakes.ts';

/** A word that stands only where nothing of it may be kept; each place has its own, so that a leak says where it came from. */
const canary = (place: string): string => `CANARY${place}x7Kq9`;

const MANIFESTS = `
apiVersion: v1
kind: Secret
metadata: { namespace: edge, name: kong-secrets, annotations: { note: ${canary('SecretAnnotation')} } }
stringData: { password: ${canary('Secret')}, KONG_PG_PASSWORD: ${canary('SecretSetting')} }
---
apiVersion: v1
kind: ConfigMap
metadata: { namespace: edge, name: kong-env, annotations: { note: ${canary('MapAnnotation')} } }
data: { KONG_PG_PASSWORD: ${canary('MapPassword')}, GOMEMLIMIT: 400MiB, TOKEN: ${canary('MapToken')}, kong.conf: "pg_password = ${canary('Conf')}\\ndb_cache_ttl = 0\\n" }
---
apiVersion: apps/v1
kind: Deployment
metadata: { namespace: edge, name: kong, annotations: { note: ${canary('Annotation')}, sidecar.istio.io/made-up: ${canary('MeshAnnotation')} } }
spec:
  replicas: 1
  selector: { matchLabels: { app: kong } }
  template:
    metadata: { labels: { app: kong }, annotations: { vault.example/token: ${canary('PodAnnotation')} } }
    spec:
      containers:
        - name: proxy
          image: kong:0.12.3
          command: [kong, start, --token, ${canary('Argument')}]
          env:
            - { name: KONG_DB_CACHE_TTL, value: "0" }
            - { name: KONG_NGINX_WORKER_PROCESSES, value: "4" }
            - { name: KONG_PG_PASSWORD, value: ${canary('Password')} }
            - { name: API_KEY, value: ${canary('Key')} }
            - { name: DATABASE_URL, value: "postgres://kong:${canary('Url')}@db.edge:5432/kong" }
            - { name: JAVA_TOOL_OPTIONS, value: "-Xmx64m -Djavax.net.ssl.trustStorePassword=${canary('Java')}" }
            - { name: FROM_SECRET, valueFrom: { secretKeyRef: { name: kong-secrets, key: password } } }
          envFrom: [{ configMapRef: { name: kong-env } }, { secretRef: { name: kong-secrets } }]
          resources: { limits: { memory: 1Gi } }
---
apiVersion: v1
kind: Service
metadata: { namespace: edge, name: db }
spec: { selector: { app: db }, ports: [{ port: 5432 }] }
---
apiVersion: v1
kind: Pod
metadata: { namespace: edge, name: kong-1, labels: { app: kong } }
spec:
  nodeName: node-1
  containers:
    - { name: proxy, image: "kong:0.12.3", env: [{ name: API_KEY, value: ${canary('PodKey')} }, { name: KONG_DB_CACHE_TTL, value: "0" }, { name: KONG_NGINX_WORKER_PROCESSES, value: "4" }] }
status:
  phase: Running
  message: ${canary('StatusMessage')}
  containerStatuses:
    - { name: proxy, image: "kong:0.12.3", imageID: x, containerID: containerd://x, ready: true, restartCount: 3, state: { running: { startedAt: "2026-01-01T00:00:00Z" } }, lastState: { terminated: { reason: OOMKilled, exitCode: 137, message: ${canary('Termination')}, finishedAt: "2026-01-01T00:00:00Z" } } }
`;
const LINES = [
  `2026/11/21 11:05:12 [alert] 1#0: worker process 31 exited on signal 9, password=${canary('LogPassword')}`,
  `Authorization: Bearer ${canary('LogBearer')}`,
  `worker process 32 exited on signal 9, token: eyJhbGciOiJIUzI1NiJ9.${canary('LogJwt')}.abcdefghijklmnop`,
  `connected to postgres://kong:${canary('LogUrl')}@db/kong`,
];

describeCluster('what must not get out', {}, (cluster) => {
  let fakes: Fakes;
  let folder = '';
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'runbook-lens-canaries-'));
    fakes = await startFakes(cluster());
    await fakes.registerNode('node-1');
    await cluster().admin.apply(MANIFESTS);
    fakes.setLog('edge', 'kong-1', 'proxy', { current: LINES, previous: LINES });
  });
  after(async () => {
    await fakes.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs the built command line beside this process, whose kubelet has to go on answering. */
  async function diagnose(...args: readonly string[]): Promise<{ readonly status: number; readonly text: string }> {
    const env = { ...process.env, KUBECONFIG: cluster().kubeconfig('admin'), RUNBOOK_LENS_DEBUG: '1', LC_ALL: 'C.UTF-8' };
    const run = spawn('sh', ['-c', `${cliCommand()} diagnose "$@"`, 'sh', ...args], { cwd: folder, env });
    let text = '';
    for (const stream of [run.stdout, run.stderr]) stream.on('data', (part: Buffer) => (text += part.toString()));
    const [status] = (await once(run, 'close')) as [number];
    return { status, text };
  }

  function leaks(text: string): string[] {
    return [...new Set(text.match(/CANARY\w+/g) ?? [])];
  }

  it('reaches neither report, nor snapshot, nor standard error, in any format', async () => {
    let seen = '';
    for (const format of ['text', 'json', 'markdown']) {
      for (const lang of ['en', 'zh-cn']) {
        const run = await diagnose('--format', format, '--lang', lang, '--save', `saved-${format}.json`, '--verbose', '--deep');
        assert.equal(run.status, 1, run.text.slice(0, 2000));
        seen += run.text;
      }
    }
    assert.match(seen, /kong\/cache-ttl-zero/);
    // The lines were read and told of, masked: otherwise this test would prove nothing.
    assert.match(seen, /worker process 3[12] exited on signal 9/);
    for (const name of readdirSync(folder)) seen += readFileSync(join(folder, name), 'utf8');
    assert.match(seen, /"runbook-lens-snapshot"/);
    assert.deepEqual(leaks(seen), []);
  });

  it('nor a message about what went wrong', async () => {
    const { admin } = cluster();
    await admin.patch(
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: 'edge', name: 'kong' } },
      { metadata: { labels: { odd: 'x' } } },
    );
    const run = await diagnose('--save', 'saved-text.json/snapshot.json');
    assert.equal(run.status, 2);
    assert.deepEqual(leaks(run.text), []);
  });
});
