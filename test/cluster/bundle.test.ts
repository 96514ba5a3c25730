import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Metafile } from 'esbuild';
import { node20, repositoryRoot } from '../cli/harness.ts';
import { describeCluster, writeKubeconfig } from './control-plane.ts';

/** The cluster reader as it ships: a bundle of its own, small, and for every Node that the product supports. */

const out = join(repositoryRoot, 'node_modules', '.cache', 'runbook-lens', `cluster-bundle-test-${process.pid}`);
after(() => rmSync(out, { recursive: true, force: true }));
const built = spawnSync(process.execPath, ['scripts/build.mjs', '--out', out], { cwd: repositoryRoot, encoding: 'utf8' });
assert.equal(built.status, 0, built.stderr);
const bundle = join(out, 'cluster.cjs');

/** Opens the cluster, reads it, and says what came of it; with `import`, as the editor's bundle does. */
const PROGRAM = `
const [, , bundle, kubeconfig] = process.argv;
process.on('warning', (warning) => { console.error(String(warning)); process.exitCode = 3; });
import(bundle).then(async ({ openCluster, readContexts }) => {
  const { ok } = readContexts({ kubeconfig });
  const opened = await openCluster({ version: '1', kubeconfig });
  if (!opened.ok) return console.log(JSON.stringify({ ok, code: opened.error.code }));
  const { reads, cluster } = await opened.value.collect({ scope: { kind: 'all' }, needs: [] });
  opened.value.close();
  console.log(JSON.stringify({ ok, version: cluster.version, pods: reads.find(({ resource }) => resource === 'pods').outcome }));
});`;

async function run(node: string, kubeconfig: string): Promise<Record<string, unknown>> {
  const program = join(out, 'open-cluster.cjs');
  writeFileSync(program, PROGRAM);
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(node, [program, bundle, kubeconfig], { stdio: ['ignore', 'pipe', 'pipe'], env });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const [status] = await once(child, 'close');
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

describe('the cluster bundle', () => {
  it('holds neither the generated API nor undici, and is small', () => {
    const metafiles: Metafile[] = JSON.parse(readFileSync(join(out, 'meta.json'), 'utf8'));
    const withClient = metafiles.filter(({ inputs }) => Object.keys(inputs).some((input) => input.includes('@kubernetes/client-node')));
    assert.ok(withClient.length >= 1);
    for (const { inputs } of withClient) {
      const unwanted = Object.keys(inputs).filter((input) =>
        /node_modules\/(?:undici|openid-client|jsonpath-plus)\/|client-node\/dist\/gen\//.test(input),
      );
      assert.deepEqual(unwanted, []);
    }
    assert.ok(statSync(bundle).size < 350 * 1024, `${statSync(bundle).size} bytes`);
  });

  it('is not in the editor’s first bundle', () => {
    assert.doesNotMatch(readFileSync(join(out, 'extension.cjs'), 'utf8'), /KUBERNETES_EXEC_INFO/);
  });
});

describeCluster('the cluster bundle on the API server', {}, (cluster) => {
  const nodes: readonly (readonly [string, string | undefined])[] = [
    ['Node 20', node20],
    ['this Node', process.execPath],
  ];
  for (const [name, node] of nodes) {
    it(`reads on ${name}`, { skip: node === undefined ? `there is no ${name} here` : false, timeout: 30_000 }, async () => {
      const result = await run(node ?? '', cluster().kubeconfig());
      assert.deepEqual([result.ok, result.pods], [true, 'read']);
      assert.match(String(result.version), /^v1\./);
    });

    it(`fails well on ${name}`, { skip: node === undefined ? `there is no ${name} here` : false, timeout: 30_000 }, async () => {
      const path = writeKubeconfig(join(cluster().dir, `nobody-${name}`), { server: 'https://127.0.0.1:1', token: 'x' });
      assert.deepEqual(await run(node ?? '', path), { ok: true, code: 'unreachable' });
    });
  }
});
