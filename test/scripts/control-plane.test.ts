import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

/** What the tests do where there is no control plane, and how one is found and built. Nothing here is a real one. */

const root = fileURLToPath(new URL('../..', import.meta.url));
const BUILD = join(root, 'scripts', 'control-plane', 'build.mjs');
const folder = mkdtempSync(join(tmpdir(), 'runbook-lens-locate-'));
after(() => rmSync(folder, { recursive: true }));

/** A program of the given name that is a shell script. */
function program(path: string, script: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

/** Surroundings with an empty cache and nothing on PATH but what `bin` holds. */
function surroundings(name: string, more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  mkdirSync(join(folder, name, 'bin'), { recursive: true });
  const { CI: _ci, KUBEBUILDER_ASSETS: _k, RUNBOOK_LENS_CLUSTER_TESTS: _o, NODE_TEST_CONTEXT: _n, ...env } = process.env;
  return { ...env, PATH: join(folder, name, 'bin'), RUNBOOK_LENS_CACHE: join(folder, name, 'cache'), ...more };
}

function build(env: NodeJS.ProcessEnv): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [BUILD], { env, encoding: 'utf8' });
}

/** Stands for Go: says its version, lists a package, and "builds" after a moment, noting each time. */
const FAKE_GO = `
case "$1" in
  env) echo go1.26.99 ;;
  list) echo example.com/package ;;
  build) echo built >> "$0.log"; /bin/sleep 0.3
    while [ "$1" != -o ]; do shift; done
    [ -e "$0.fails" ] && { echo 'main.go:1: no good' >&2; exit 1; }
    echo program > "$2" ;;
esac`;

describe('finding a control plane', () => {
  it('says what is missing without Go, and that it is no failure of the build', () => {
    const { status, stderr, stdout } = build(surroundings('nothing'));
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /no Go to build one; install Go 1\.26 or newer/);
  });

  it('takes KUBEBUILDER_ASSETS at its word', () => {
    const assets = join(folder, 'assets');
    program(join(assets, 'etcd'), 'exit 1');
    const env = surroundings('assets-env', { KUBEBUILDER_ASSETS: assets });
    const incomplete = build(env);
    assert.equal(incomplete.status, 2);
    assert.match(incomplete.stderr, /KUBEBUILDER_ASSETS names .*kube-apiserver is not there/);
    program(join(assets, 'kube-apiserver'), 'exit 1');
    assert.match(build(env).stdout, /^KUBEBUILDER_ASSETS /);
  });

  it('takes what is on PATH only if it is complete', () => {
    const env = surroundings('path');
    for (const name of ['etcd', 'kube-apiserver']) program(join(folder, 'path', 'bin', name), 'exit 1');
    assert.equal(build(env).status, 2);
    program(join(folder, 'path', 'bin', 'kube-controller-manager'), 'exit 1');
    assert.match(build(env).stdout, /^PATH /);
  });
});

describe('building a control plane', () => {
  it('builds once, though two want it at once, and finds it afterwards, even without Go', async () => {
    const env = surroundings('once');
    const go = join(folder, 'once', 'bin', 'go');
    program(go, FAKE_GO);
    const both = [1, 2].map(() => spawn(process.execPath, [BUILD], { env, stdio: 'ignore' }));
    assert.deepEqual(await Promise.all(both.map(async (each) => (await once(each, 'exit'))[0])), [0, 0]);
    assert.equal(readFileSync(`${go}.log`, 'utf8'), 'built\n');
    assert.match(build(env).stdout, /^a cached build /);
    rmSync(go);
    assert.match(build(env).stdout, /^a cached build .*go1\.26\.99\/control-plane/);
    assert.equal(existsSync(join(folder, 'once', 'cache', 'control-plane.lock')), false);
  });

  it('keeps nothing of a build that failed, and says why it failed', () => {
    const env = surroundings('failing');
    const go = join(folder, 'failing', 'bin', 'go');
    program(go, FAKE_GO);
    writeFileSync(`${go}.fails`, '');
    const { status, stderr } = build(env);
    assert.equal(status, 1);
    assert.match(stderr, /could not be built: go build ended with 1\nmain\.go:1: no good/);
    assert.deepEqual(readdirSync(join(folder, 'failing', 'cache', 'control-plane')), []);
    rmSync(`${go}.fails`);
    assert.match(build(env).stdout, /^built /);
  });

  it('goes on where a killed build left its lock', () => {
    const env = surroundings('killed');
    program(join(folder, 'killed', 'bin', 'go'), FAKE_GO);
    const dead = spawnSync(process.execPath, ['-e', '0']);
    mkdirSync(join(folder, 'killed', 'cache'), { recursive: true });
    writeFileSync(join(folder, 'killed', 'cache', 'control-plane.lock'), String(dead.pid));
    assert.match(build(env).stdout, /^built /);
  });

  it('builds anew when a source or the Go version changes', () => {
    const env = surroundings('changed');
    const go = join(folder, 'changed', 'bin', 'go');
    program(go, FAKE_GO);
    const copy = join(folder, 'changed', 'scripts');
    cpSync(join(root, 'scripts'), copy, { recursive: true });
    const buildCopy = () => spawnSync(process.execPath, [join(copy, 'control-plane', 'build.mjs')], { env, encoding: 'utf8' }).stdout;
    assert.match(buildCopy(), /^built /);
    assert.match(buildCopy(), /^a cached build /);
    writeFileSync(join(copy, 'control-plane', 'more.go'), 'package main\n');
    assert.match(buildCopy(), /^built /);
    program(go, FAKE_GO.replace('go1.26.99', 'go1.27.0'));
    assert.match(buildCopy(), /^built /);
    assert.equal(readFileSync(`${go}.log`, 'utf8'), 'built\n'.repeat(3));
  });
});

describe('the cluster tests without a control plane', () => {
  const tests = join(root, 'test', 'cluster', 'control-plane.test.ts');
  const run = (env: NodeJS.ProcessEnv) => {
    const { status, stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', tests], { env, encoding: 'utf8' });
    const count = (name: string) => Number(new RegExp(`^# ${name} (\\d+)`, 'm').exec(stdout)?.[1]);
    return { status, passed: count('pass'), failed: count('fail'), skipped: count('skipped'), stdout };
  };

  it('are skipped, and say so', () => {
    const { status, passed, failed, skipped, stdout } = run(surroundings('skipped'));
    assert.deepEqual([status, passed, failed], [0, 0, 0]);
    assert.ok(skipped > 0);
    assert.match(stdout, /# SKIP no Kubernetes control plane/);
  });

  it('fail in CI', () => {
    const { status, passed, failed } = run(surroundings('in-ci', { CI: 'true' }));
    assert.deepEqual([status, passed], [1, 0]);
    assert.ok(failed > 0);
  });
});
