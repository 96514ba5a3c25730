#!/usr/bin/env node
/**
 * Everything that must hold, in one go: types, lint, generated files, unit and property tests, the built command line, tests against a
 * real Kubernetes API server, and the packaged extension in a real VS Code. The last line is `N passed, N failed`.
 *
 *   npm test                      all of it
 *   npm test -- --no-editor       without the editor (it is skipped loudly; with CI=true a skip is a failure)
 *   npm test -- --no-cluster      without the API server (the same)
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { prepareControlPlane } from './control-plane/build.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({
  options: { 'no-editor': { type: 'boolean', default: false }, 'no-cluster': { type: 'boolean', default: false } },
});
const inCI = process.env.CI === 'true';
const total = { passed: 0, failed: 0, skipped: 0 };

/** @param {string[]} command @param {Record<string, string>} [env] @returns {Promise<number>} exit status */
function run(command, env = {}) {
  return new Promise((done) => {
    const [program = '', ...args] = command;
    const child = spawn(program, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
    child.on('error', (error) => {
      process.stderr.write(`${program}: ${error.message}\n`);
      done(1);
    });
    child.on('close', (status) => done(status ?? 1));
  });
}

/** A step that passes or fails as a whole. */
async function check(name, command) {
  const started = performance.now();
  const status = await run(command);
  total[status === 0 ? 'passed' : 'failed']++;
  process.stdout.write(`${status === 0 ? 'ok' : 'not ok'} - ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)\n`);
}

function testFiles() {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => join('test', path))
    .sort();
}

/** Each of them starts control planes: 300 MiB and a core for some seconds. @param {string} path */
function needsCluster(path) {
  return path.startsWith(join('test', 'cluster')) || readFileSync(join(root, path), 'utf8').includes("/cluster/control-plane.ts'");
}

/**
 * Runs tests of Node's runner, and reads the counts from a TAP file beside what people see.
 * @param {string} name of the TAP file @param {string[]} files @param {string[]} [options] of the runner @param {Record<string, string>} [env]
 */
async function nodeTests(name, files, options = [], env = {}) {
  const tap = join(root, '.cache', `${name}.tap`);
  mkdirSync(dirname(tap), { recursive: true });
  rmSync(tap, { force: true });
  const reporters = [
    '--test-reporter=dot',
    '--test-reporter-destination=stdout',
    '--test-reporter=tap',
    `--test-reporter-destination=${tap}`,
  ];
  const status = await run([process.execPath, '--test', ...options, ...reporters, ...files], env);
  const text = existsSync(tap) ? readFileSync(tap, 'utf8') : '';
  const count = (name) => Number(new RegExp(`^# ${name} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
  total.passed += count('pass');
  total.failed += count('fail') + count('cancelled');
  total.skipped += count('skipped');
  if (status !== 0 && count('fail') + count('cancelled') === 0) total.failed++;
  for (const line of text.split('\n')) if (/^\s*not ok /.test(line)) process.stdout.write(`${line.trim()}\n`);
}

/** @param {string[]} files @param {ReturnType<typeof prepareControlPlane> | undefined} preparing undefined: not wanted */
async function clusterTests(files, preparing) {
  if (preparing === undefined) {
    process.stdout.write('SKIPPED: the cluster tests (--no-cluster)\n');
    if (inCI) total.failed++;
    return nodeTests('cluster', files, [], { RUNBOOK_LENS_CLUSTER_TESTS: 'off' });
  }
  const prepared = await preparing;
  if ('missing' in prepared) {
    // The tests find out themselves: in CI each fails, elsewhere each is skipped, except those that need no cluster.
    const stars = '*'.repeat(60);
    process.stderr.write(`${stars}\nSKIPPED the cluster tests: ${prepared.missing}; ${prepared.remedy}\n${stars}\n`);
  } else process.stdout.write(`cluster tests with the control plane from ${prepared.from}\n`);
  await nodeTests('cluster', files, ['--test-concurrency=2', '--test-timeout=600000']);
}

/** @param {string[]} args @param {Record<string, string>} [env] */
async function editorTests(args, env = {}) {
  const result = join(root, '.vscode-test', 'result.json');
  rmSync(result, { force: true });
  const status = await run([process.execPath, 'scripts/vscode-host/run-tests.mjs', '--no-build', ...args], env);
  const counts = existsSync(result) ? JSON.parse(readFileSync(result, 'utf8')) : { passed: 0, failed: 1, skipped: 0 };
  total.passed += counts.passed;
  total.failed += counts.failed + (status !== 0 && counts.failed === 0 ? 1 : 0);
  total.skipped += counts.skipped;
}

// The first build on a machine takes minutes: it begins now, at a low priority, and is waited for when its turn has come.
const preparing = values['no-cluster'] ? undefined : prepareControlPlane();
await check('types', ['npx', '--no-install', 'tsc', '--noEmit']);
await check('lint and format', ['npx', '--no-install', 'biome', 'check', '.']);
await check('generated files are current', [process.execPath, 'scripts/generate.ts', '--check']);
await check('build', [process.execPath, 'scripts/build.mjs']);
const files = testFiles();
await nodeTests(
  'test',
  files.filter((path) => !needsCluster(path)),
);
await clusterTests(files.filter(needsCluster), preparing);
if (values['no-editor']) {
  process.stdout.write('SKIPPED: the editor tests (--no-editor)\n');
  total[inCI ? 'failed' : 'skipped']++;
} else {
  await editorTests(['--cluster'], values['no-cluster'] ? { RUNBOOK_LENS_CLUSTER_TESTS: 'off' } : {});
  await editorTests(['--restricted', '--grep', 'Restricted Mode']);
  await editorTests(['--locale', 'zh-cn', '--grep', 'Chinese']);
  await editorTests(['--workspace', 'test/vscode/fixtures/unrelated', '--grep', 'no file concerns us']);
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exitCode = total.failed === 0 ? 0 : 1;
