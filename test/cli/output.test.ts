import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, constants, existsSync, lstatSync, mkdirSync, openSync, readFileSync, readSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { addFiles, cli, cliCommand, deployment, folderWith } from './harness.ts';

const BAD = deployment('api', '512Mi');

/** Runs a shell line in which `$LENS` is the command line. Gives the last line of standard output aside: the status that was echoed. */
function shell(folder: string, line: string): { readonly stdout: string; readonly stderr: string } {
  const done = spawnSync('/bin/sh', ['-c', line], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8', LENS: cliCommand() },
  });
  return { stdout: done.stdout, stderr: done.stderr };
}

describe('--output', () => {
  it('what cannot be written is exit 2, says which file, and leaves nothing behind', () => {
    const folder = folderWith({ 'api.yaml': BAD, 'taken/x.txt': '' });
    for (const output of ['taken', 'api.yaml/report.json', '/proc/report.json']) {
      const run = cli(folder, ['lint', '--format', 'json', '--output', output]);
      assert.equal(run.status, 2, output);
      assert.match(run.stderr, /^runbook-lens: cannot write .*(?:taken|report\.json): /);
      assert.equal(run.stdout, '');
    }
    assert.equal(lstatSync(join(folder, 'taken')).isDirectory(), true);
    assert.equal(existsSync(join(folder, `taken.${process.pid}.tmp`)), false);
  });

  it('a pipe is written to, not replaced', { skip: process.platform === 'win32' }, () => {
    const folder = folderWith({ 'api.yaml': BAD });
    const pipe = join(folder, 'pipe');
    assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
    const reader = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      assert.equal(cli(folder, ['lint', '--quiet', '--output', 'pipe']).status, 1);
      assert.equal(lstatSync(pipe).isFIFO(), true);
      const bytes = Buffer.alloc(4096);
      assert.match(bytes.toString('utf8', 0, readSync(reader, bytes)), /^api\.yaml:13:22: error /);
    } finally {
      closeSync(reader);
    }
  });

  it('a link stays a link, and a folder that is not there is made', () => {
    const folder = folderWith({ 'api.yaml': BAD, 'real.txt': 'old' });
    symlinkSync('real.txt', join(folder, 'link.txt'));
    assert.equal(cli(folder, ['lint', '--quiet', '--output', 'link.txt']).status, 1);
    assert.equal(lstatSync(join(folder, 'link.txt')).isSymbolicLink(), true);
    assert.match(readFileSync(join(folder, 'real.txt'), 'utf8'), /^api\.yaml:13:22: error /);
    assert.equal(cli(folder, ['lint', '--quiet', '--output', 'new/deep/report.txt']).status, 1);
    assert.equal(existsSync(join(folder, 'new/deep/report.txt')), true);
  });
});

describe('standard output', { skip: process.platform === 'win32' }, () => {
  it('a reader that has seen enough ends nothing badly', () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`${at}.yaml`, BAD]));
    const run = shell(folderWith(many), '{ $LENS lint --color; echo $? >&2; } | head -n 1');
    assert.match(run.stdout, /error/);
    assert.equal(run.stderr, '1\n');
  });

  it('one that is closed changes no status', () => {
    const run = shell(folderWith({ 'api.yaml': BAD }), '$LENS lint >&-; echo $?');
    assert.equal(run.stdout, '1\n');
  });

  it('a full disk is exit 2, in one line', { skip: !existsSync('/dev/full') }, () => {
    const run = shell(folderWith({ 'api.yaml': BAD }), '{ $LENS lint > /dev/full; echo $?; }');
    assert.equal(run.stdout, '2\n');
    assert.match(run.stderr, /^runbook-lens: .*ENOSPC[^\n]*\n$/);
  });
});

describe('a root with nothing in it', () => {
  const folder = folderWith({});
  it('is no failure, unless told so', () => {
    mkdirSync(join(folder, 'inner'));
    for (const format of ['text', 'json', 'sarif', 'github']) assert.equal(cli(folder, ['lint', '--format', format]).status, 0, format);
    assert.equal(cli(folder, ['lint', '--fail-if-nothing-checked']).status, 2);
  });

  it('with a path outside of it is exit 2, and nothing is written', () => {
    for (const args of [['..'], ['/etc'], ['--stdin-filename', '../x.yaml'], ['nowhere.yaml']]) {
      const run = cli(folder, ['lint', '--fix', ...args], { input: BAD });
      assert.equal(run.status, 2, args.join(' '));
      assert.equal(run.stdout, '');
    }
    addFiles(folder, { 'runbook.md': '' });
    assert.equal(cli(folder, ['baseline', '..']).status, 2);
    assert.equal(existsSync(join(folder, '.runbook-lens-baseline.json')), false);
  });
});
