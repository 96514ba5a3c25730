/**
 * Measures reading a cluster: a real API server with etcd on this machine, filled with 1,000, 10,000 and 30,000 pods, read by the bundle that ships.
 * Reader and server share the cores. Filling takes minutes.
 *
 *   npm run bench -- cluster            all sizes
 *   npm run bench -- cluster --quick    1,000 and 10,000 pods
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const RUNS = 3;
const SIZES = [
  { pods: 1000, services: 200, nodes: 50 },
  { pods: 10_000, services: 2000, nodes: 500 },
  { pods: 30_000, services: 6000, nodes: 1500 },
];
const GOALS = { pods: 10_000, wallMs: 10_000, peakMiB: 250, requests: 120 };

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
const seconds = (ms) => (ms / 1000).toFixed(2);

/** @param {{ quick: boolean }} options @returns {Promise<string>} a table */
export async function benchCluster({ quick }) {
  const { startControlPlane, whyNoControlPlane } = await import('../../test/cluster/control-plane.ts');
  const { loadCluster } = await import('../../test/cluster/load.ts');
  const missing = whyNoControlPlane();
  if (missing) throw new Error(missing);
  if (spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { cwd: root }).status !== 0) throw new Error('the build failed');
  const rows = [];
  for (const size of quick ? SIZES.slice(0, 2) : SIZES) {
    const cluster = await startControlPlane();
    try {
      const progress = (done, total) => process.stderr.write(`\r${size.pods} pods: ${done} of ${total} objects `);
      const loaded = await loadCluster(cluster, { ...size, progress });
      process.stderr.write(`\r${size.pods} pods: filled in ${seconds(loaded.durationMs)} s\n`);
      const runs = Array.from({ length: RUNS }, () => readOnce(cluster.kubeconfig()));
      const whole = Array.from({ length: RUNS }, () => diagnoseOnce(cluster.kubeconfig())).filter((run) => run !== undefined);
      rows.push({
        ...size,
        found: runs[0].pods,
        wallMs: median(runs.map(({ wallMs }) => wallMs)),
        cpuMs: median(runs.map(({ cpuMs }) => cpuMs)),
        peakMiB: Math.max(...runs.map(({ peakMiB }) => peakMiB)),
        requests: runs[0].requests,
        diagnoseMs: whole.length > 0 ? median(whole.map(({ wallMs }) => wallMs)) : undefined,
        diagnoseMiB: whole.length > 0 ? Math.max(...whole.map(({ peakMiB }) => peakMiB)) : undefined,
      });
      process.stderr.write(`${JSON.stringify(rows.at(-1))}\n`);
    } finally {
      await cluster.stop();
    }
  }
  return table(rows);
}

function readOnce(kubeconfig) {
  const child = join(root, 'scripts', 'bench', 'cluster-child.cjs');
  const done = spawnSync(process.execPath, [child, join(root, 'dist', 'cluster.cjs'), kubeconfig], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(done.stderr);
  return JSON.parse(done.stdout);
}

/** The whole command: reading, rules, probes, report. Missing while the command line has no such command. */
function diagnoseOnce(kubeconfig) {
  const cli = join(root, 'dist', 'cli.js');
  if (!existsSync(cli)) return undefined;
  const probe = join(root, 'scripts', 'bench', 'peak-memory.cjs');
  const startedMs = performance.now();
  const args = [
    '--require',
    probe,
    cli,
    'diagnose',
    '--kubeconfig',
    kubeconfig,
    '--all-namespaces',
    '--format',
    'json',
    '--output',
    '/dev/null',
  ];
  const done = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (done.status !== 0 && done.status !== 1) return undefined;
  return { wallMs: performance.now() - startedMs, peakMiB: Number(/peak-mib (\d+)/.exec(done.stderr)?.[1] ?? 0) };
}

function table(rows) {
  const lines = rows.map((row) => {
    const whole = row.diagnoseMs === undefined ? '– | –' : `${seconds(row.diagnoseMs)} | ${row.diagnoseMiB}`;
    const read = `${seconds(row.wallMs)} | ${seconds(row.cpuMs)} | ${(row.wallMs / row.pods).toFixed(3)} | ${row.requests} | ${Math.round(row.peakMiB)}`;
    return `| ${row.pods} | ${row.services} | ${row.nodes} | ${read} | ${whole} |`;
  });
  const goal = rows.find(({ pods }) => pods === GOALS.pods);
  const missed = goal ? Object.entries(GOALS).filter(([name, most]) => goal[name] > most) : [];
  return `## Reading a cluster

A real kube-apiserver with etcd on the same ${cpus().length} cores, Node ${process.versions.node}; medians of ${RUNS} runs, memory is the highest. "read" is one collection by the bundle that ships,
loading it included; "diagnose" is the whole command with rules, probes and report.

| pods | Services | nodes | read s | CPU s | ms per pod | requests | peak MiB | diagnose s | peak MiB |
|---|---|---|---|---|---|---|---|---|---|
${lines.join('\n')}

Goals at 10,000 pods: ≤ 10 s, ≤ 250 MiB, ≤ 120 requests. ${missed.length === 0 ? 'Met.' : `Not met: ${missed.map(([name, most]) => `${name} ${Math.round(goal[name])} (${most})`).join(', ')}.`}
`;
}
