#!/usr/bin/env node
// Compares what this project resolves with what the real kustomize and helm make.
//
//   node scripts/compare-resolving.mjs --write-golden            writes test/corpus/resolving/fixtures/*/expected*.yaml (needs Go)
//   node scripts/compare-resolving.mjs REPOSITORY [REPOSITORY…]  compares every overlay and chart of Git clones (needs Go)
//
// The tools are built once from their Go modules into RUNBOOK_LENS_CACHE (by default the user's cache folder).
// Needs a Node that runs TypeScript (24). Prints a Markdown table; details of disagreements go to standard error.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from './control-plane/locate.mjs';

const KUSTOMIZE = { name: 'kustomize', module: 'sigs.k8s.io/kustomize/kustomize/v5@v5.8.1' };
const HELM = { name: 'helm', module: 'helm.sh/helm/v3/cmd/helm@v3.21.4' };
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
if (!process.features.typescript) {
  console.error('this script needs a Node that runs TypeScript: node_modules/.bin/node scripts/compare-resolving.mjs');
  process.exit(2);
}
const { compareHelm, compareKustomize, readTree } = await import(join(root, 'test/corpus/resolving/compare.ts'));

function tool({ name, module }) {
  const bin = join(cacheFolder(), 'tools', 'bin');
  const path = join(bin, name);
  if (!existsSync(path)) {
    mkdirSync(bin, { recursive: true });
    console.error(`building ${module}`);
    execFileSync('go', ['install', module], { env: { ...process.env, GOBIN: bin }, stdio: ['ignore', 'inherit', 'inherit'] });
  }
  return path;
}

function run(command, args) {
  const result = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, timeout: 60_000 });
  return { ok: result.status === 0, out: result.stdout ?? '', problem: (result.stderr ?? '').trim().split('\n').at(-1) ?? '' };
}

function build(folder) {
  return run(tool(KUSTOMIZE), ['build', '--load-restrictor', 'LoadRestrictionsNone', folder]);
}

function template(chart, values) {
  const layers = values.flatMap((path) => ['--values', path]);
  return run(tool(HELM), ['template', 'release-name', chart, '--namespace', 'release-namespace', '--skip-tests', ...layers]);
}

function writeGolden() {
  const corpus = join(root, 'test/corpus/resolving/fixtures');
  for (const entry of readdirSync(corpus, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const folder = join(corpus, entry.name);
    const overlay = join(folder, 'overlay');
    if (existsSync(overlay)) {
      const result = build(overlay);
      if (!result.ok) throw new Error(`${overlay}: ${result.problem}`);
      writeFileSync(join(folder, 'expected.yaml'), result.out);
    }
    const chart = join(folder, 'chart');
    if (existsSync(chart)) {
      const layers = readdirSync(chart).filter((name) => /^values[-.][\w-]+\.ya?ml$/.test(name));
      for (const layer of layers.length > 0 ? layers : [undefined]) {
        const result = template(chart, layer ? [join(chart, layer)] : []);
        if (!result.ok) throw new Error(`${chart}: ${result.problem}`);
        writeFileSync(join(folder, `expected${layer ? `.${layer.replace(/\.ya?ml$/, '')}` : ''}.yaml`), result.out);
      }
    }
  }
}

/** Writes the files of HEAD to a temporary folder. A partial clone may lack some (pictures, mostly): they are left out. */
function checkOut(repository) {
  const work = mkdtempSync(join(tmpdir(), 'resolving-'));
  const listing = execFileSync('git', ['-C', repository, 'ls-tree', '-r', 'HEAD'], { encoding: 'utf8', maxBuffer: 2 ** 30 });
  const entries = listing.split('\n').flatMap((line) => /^100\d+ blob (\w+)\t(?!")(.+)$/.exec(line)?.slice(1, 3).join('\t') ?? []);
  const wanted = entries
    .map((entry) => entry.split('\t'))
    .filter(([, path]) => !/\.(?:png|gif|jpe?g|svg|mp4|pdf|zip|go|ts|tsx|js|md|html|css)$/.test(path));
  const input = wanted.map(([hash]) => `${hash}\n`).join('');
  const { stdout } = spawnSync('git', ['-C', repository, 'cat-file', '--batch'], { input, maxBuffer: 2 ** 31 });
  let at = 0;
  for (const [, path] of wanted) {
    const end = stdout.indexOf(10, at);
    const [, type, size] = stdout.toString('utf8', at, end).split(' ');
    at = end + 1;
    if (type !== 'blob') continue;
    mkdirSync(dirname(join(work, path)), { recursive: true });
    writeFileSync(join(work, path), stdout.subarray(at, at + Number(size)));
    at += Number(size) + 1;
  }
  return work;
}

const totals = { entries: 0, objects: 0, scalars: 0, agree: 0, unknown: 0, disagree: 0, missing: 0, extra: 0 };

function row(where, path, result) {
  totals.entries++;
  for (const key of Object.keys(totals)) if (key !== 'entries') totals[key] += result[key];
  const { objects, scalars, agree, unknown, disagree } = result;
  console.log(`| ${where} | ${path} | ${objects} | ${scalars} | ${agree} | ${unknown} | ${disagree} |`);
  for (const difference of result.differences.slice(0, 12)) console.error(`  ${where} ${path}: ${difference}`);
}

function compareRepository(repository) {
  const name = basename(repository) === 'repo' ? basename(dirname(repository)).replace('+', '/') : basename(repository);
  const commit = execFileSync('git', ['-C', repository, 'rev-parse', '--short=10', 'HEAD'], { encoding: 'utf8' }).trim();
  const work = checkOut(repository);
  try {
    const tree = readTree(work);
    const where = `${name}@${commit}`;
    for (const folder of tree.kustomizations()) {
      const result = build(join(work, folder));
      if (!result.ok) {
        console.error(`  ${where} ${folder}: kustomize: ${result.problem.slice(0, 160)}`);
        continue;
      }
      row(where, folder, compareKustomize(tree, folder, result.out));
    }
    for (const release of tree.releases()) {
      const result = template(
        join(work, release.folder),
        release.layers.map((layer) => join(work, layer)),
      );
      if (!result.ok) {
        console.error(`  ${where} ${release.id}: helm: ${result.problem.slice(0, 160)}`);
        continue;
      }
      row(where, release.id, compareHelm(release, result.out));
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const args = process.argv.slice(2);
if (args[0] === '--write-golden') writeGolden();
else {
  console.log('| repository | path | objects | scalars | agree | unknown | disagree |\n|---|---|---|---|---|---|---|');
  for (const repository of args) compareRepository(repository);
  const { entries, objects, scalars, agree, unknown, disagree, missing, extra } = totals;
  console.log(`| **${entries} overlays and charts** | | ${objects} | ${scalars} | ${agree} | ${unknown} | ${disagree} |`);
  console.error(`objects of the tools that we don't have: ${missing}; of ours that the tools don't make: ${extra}`);
  process.exitCode = disagree > 0 ? 1 : 0;
}
