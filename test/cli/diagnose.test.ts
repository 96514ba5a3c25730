import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { DiagnosisReport } from '../../src/report/diagnosis-report.ts';
import { cli, folderWith } from './harness.ts';

/** Kong in the version whose cache leaks, set so that it does; and beside it what `kubectl get` writes of a quiet Service. */
const KONG = `apiVersion: v1
kind: List
items:
  - apiVersion: apps/v1
    kind: Deployment
    metadata: { name: kong, namespace: edge, creationTimestamp: "2026-11-20T10:00:00Z" }
    spec:
      replicas: 1
      selector: { matchLabels: { app: kong } }
      template:
        metadata: { labels: { app: kong } }
        spec:
          containers:
            - name: proxy
              image: kong:0.12.3
              env:
                - { name: KONG_DB_CACHE_TTL, value: "0" }
                - { name: KONG_NGINX_WORKER_PROCESSES, value: "4" }
                - { name: KONG_PG_PASSWORD, value: CANARY-password }
`;
const SERVICE = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'kong', namespace: 'edge', creationTimestamp: '2026-11-20T10:00:00Z' },
  spec: { selector: { app: 'kong' }, ports: [{ port: 80 }] },
});

function json(stdout: string): DiagnosisReport {
  return JSON.parse(stdout) as DiagnosisReport;
}

describe('diagnose --from', () => {
  const files = folderWith({ 'kong.yaml': KONG, 'dump/kong.yaml': KONG, 'dump/more/service.json': SERVICE, 'dump/notes.txt': 'hello' });

  it('takes a file of kubectl get, and what could not be known from it is unknown or latent, never live or clear', () => {
    const run = cli(files, ['diagnose', '--from', 'kong.yaml', '--format', 'json']);
    assert.equal(run.status, 1, run.stderr);
    const { incidents, cluster } = json(run.stdout);
    const kong = incidents.find(({ runbook }) => runbook === 'kong/cache-ttl-zero');
    assert.equal(kong?.verdict, 'latent');
    assert.equal(kong.subjects[0]?.name, 'kong');
    assert.equal(kong.subjects[0]?.findings[0]?.pointer, '/spec/template/spec/containers/0/env/0/value');
    assert.deepEqual([cluster.scope, cluster.namespaces], ['listed', ['edge']]);
    for (const { runbook, verdict } of incidents) assert.ok(verdict === 'latent' || verdict === 'unknown', `${runbook}: ${verdict}`);
  });

  it('takes a folder of such files, and names what holds no objects', () => {
    const run = cli(files, ['diagnose', '--from', 'dump', '--quiet']);
    assert.equal(run.status, 1);
    assert.match(run.stdout, /^LATENT kong\/cache-ttl-zero /);
    assert.equal(run.stderr, '');
    assert.match(cli(files, ['diagnose', '--from', 'dump']).stderr, /1 files hold no objects that could be read; the first: notes\.txt/);
  });

  it('takes a snapshot that --save kept, with the same report to the byte', () => {
    const [first, second] = [1, 2].map((round) => {
      const from = round === 1 ? ['--from', 'kong.yaml', '--save', 'saved.json'] : ['--from', 'saved.json'];
      return cli(files, ['diagnose', ...from, '--format', 'json']).stdout;
    });
    assert.equal(first, second);
    assert.doesNotMatch(readFileSync(join(files, 'saved.json'), 'utf8'), /CANARY/);
    assert.doesNotMatch(`${first}`, /CANARY/);
  });

  it('speaks Chinese, and Markdown', () => {
    const run = cli(files, ['diagnose', '--from', 'kong.yaml', '--lang', 'zh-cn', '--format', 'markdown']);
    assert.equal(run.status, 1);
    assert.match(run.stdout, /\| \*\*潜在\*\* \| `kong\/cache-ttl-zero` \|/);
  });

  it('--strict wants every verdict, --fail-on never wants none', () => {
    const strict = cli(files, ['diagnose', '--from', 'kong.yaml', '--strict']);
    assert.equal(strict.status, 2);
    assert.match(strict.stderr, /--strict: no verdict on .*\//);
    assert.match(strict.stdout, /LATENT/);
    assert.equal(cli(files, ['diagnose', '--from', 'kong.yaml', '--fail-on', 'never']).status, 0);
  });

  it('takes thresholds from the configuration, and points at one that no probe has', () => {
    const at = folderWith({ 'kong.yaml': KONG, '.runbook-lens.yaml': 'probes: { kong/cache-ttl-zero: { windw: 1h } }\n' });
    const run = cli(at, ['diagnose', '--from', 'kong.yaml']);
    assert.equal(run.status, 2);
    assert.match(run.stderr, /\.runbook-lens\.yaml:1:34: .*did you mean "window"/m);
  });

  it('honours the annotation that silences a rule on an object', () => {
    const ignoring = KONG.replace('namespace: edge,', 'namespace: edge, annotations: { runbook-lens.dev/ignore: kong/db-cache-ttl-zero },');
    const at = folderWith({ 'kong.yaml': ignoring });
    const report = json(cli(at, ['diagnose', '--from', 'kong.yaml', '--format', 'json']).stdout);
    assert.deepEqual(
      report.incidents
        .flatMap(({ subjects }) => subjects)
        .flatMap(({ findings }) => findings.map(({ rule }) => rule))
        .filter((rule) => rule === 'kong/db-cache-ttl-zero'),
      [],
    );
  });
});

describe('diagnose that can’t do its work says why and ends with 2', () => {
  const at = folderWith({
    'cut.json': '{"format":"runbook-lens-snapshot","version":1,',
    'old.json': '{"format":"runbook-lens-snapshot","version":99}',
    'text.yaml': 'hello',
  });
  const env = { KUBECONFIG: '', HOME: at };
  const cases: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [['--from', 'gone'], /gone: .*no such file/],
    [['--from', 'cut.json'], /cut\.json: This is no JSON/],
    [['--from', 'old.json'], /version 99/],
    [['--from', 'text.yaml'], /text\.yaml/],
    [['--from', 'text.yaml', '--deep'], /--deep asks a cluster/],
    [['--namespace', 'a', '--all-namespaces'], /exclude each other/],
    [['--observe', '3'], /--observe 3: a duration is written like 3m/],
    [['--kubeconfig', 'gone'], /kubeconfig gone could not be read/],
    [[], /There is no kubeconfig/],
    [['--from', 'text.yaml', '--rule', 'kong/nothing'], /unknown rule/],
  ];
  for (const [args, says] of cases) {
    it(['diagnose', ...args].join(' '), () => {
      const run = cli(at, ['diagnose', ...args], { env });
      assert.equal(run.status, 2, run.stdout);
      assert.match(run.stderr, says);
      assert.equal(run.stdout, '');
    });
  }
});
