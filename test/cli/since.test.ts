import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { addFiles, cli, deployment, folderWith, found, git, jsonReport } from './harness.ts';

const RULE = 'runtime/gomemlimit-malformed';

/** A repository with one commit, on main. */
function repository(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = folderWith(files);
  git(folder, 'init', '-q');
  git(folder, 'add', '-A');
  git(folder, 'commit', '-qm', 'first');
  return folder;
}

const since = (folder: string, ref: string, ...args: readonly string[]) =>
  cli(folder, ['lint', '--format', 'json', '--since', ref, ...args]);

describe('lint --since', () => {
  it('leaves out what was there, and reports what came: committed, staged, changed or untracked', () => {
    const folder = repository({
      'old/api.yaml': deployment('old', '512Mi'),
      'a/api.yaml': deployment('a', '460MiB'),
      'b/api.yaml': deployment('b', '460MiB'),
    });
    assert.deepEqual(found(since(folder, 'HEAD')), []);
    assert.equal(since(folder, 'HEAD').status, 0);
    addFiles(folder, { 'a/api.yaml': deployment('a', '1Gi') });
    git(folder, 'commit', '-qam', 'second');
    addFiles(folder, { 'b/api.yaml': deployment('b', '1Gi'), 'new/api.yaml': deployment('new', '1Gi') });
    const run = since(folder, 'HEAD~1');
    assert.equal(run.status, 1);
    assert.deepEqual(found(run), [`a/api.yaml ${RULE}`, `b/api.yaml ${RULE}`, `new/api.yaml ${RULE}`]);
    assert.deepEqual(found(since(folder, 'HEAD')), [`b/api.yaml ${RULE}`, `new/api.yaml ${RULE}`]);
    assert.deepEqual(found(since(folder, 'HEAD', 'new')), [`new/api.yaml ${RULE}`]);
  });

  it('compares with the merge base, not with the tip of the other branch', () => {
    const folder = repository({ 'a/api.yaml': deployment('a', '1Gi') });
    git(folder, 'checkout', '-qb', 'feature');
    git(folder, 'checkout', '-q', 'main');
    addFiles(folder, { 'a/api.yaml': deployment('a', '460MiB') });
    git(folder, 'commit', '-qam', 'mended on main');
    git(folder, 'checkout', '-q', 'feature');
    assert.deepEqual(found(since(folder, 'main')), [], 'the branch did not cause it');
  });

  it('a finding moves with its renamed file', () => {
    // Git takes a file for a renamed one as long as half of it is the same.
    const remarks = Array.from({ length: 30 }, (_, line) => `# remark ${line}\n`).join('');
    const folder = repository({ 'a/api.yaml': remarks + deployment('a', '1Gi'), 'a/web.yaml': deployment('web', '460MiB') });
    mkdirSync(join(folder, 'deploy'));
    git(folder, 'mv', 'a/api.yaml', 'deploy/service.yaml');
    assert.deepEqual(found(since(folder, 'HEAD')), []);
    assert.deepEqual(found(cli(folder, ['lint', '--format', 'json'])), [`deploy/service.yaml ${RULE}`]);
    // A rename with a new finding in the same file gives that one alone.
    addFiles(folder, { 'deploy/service.yaml': `${remarks}${deployment('a', '1Gi')}---\n${deployment('b', '2Gi')}` });
    git(folder, 'add', '-A');
    assert.deepEqual(
      jsonReport(since(folder, 'HEAD')).findings.map((finding) => finding.range.start.line),
      [56],
    );
  });

  it('lines that move, and a finding that is gone, are no news', () => {
    const folder = repository({ 'a/api.yaml': deployment('a', '1Gi'), 'b/api.yaml': deployment('b', '1Gi') });
    addFiles(folder, { 'a/api.yaml': `# a comment\n\n${deployment('a', '1Gi')}`, 'b/api.yaml': deployment('b', '460MiB') });
    assert.deepEqual(found(since(folder, 'HEAD')), []);
  });

  it('works below the top of the repository, and with names that Git quotes', () => {
    const folder = repository({ 'sub/ünï "x".yaml': deployment('a', '1Gi'), 'other/b.yaml': deployment('b', '1Gi') });
    assert.deepEqual(found(since(join(folder, 'sub'), 'HEAD', '--root', '.')), []);
    assert.deepEqual(found(since(folder, 'HEAD')), []);
    addFiles(folder, { 'sub/new.yaml': deployment('n', '1Gi') });
    assert.deepEqual(found(since(join(folder, 'sub'), 'HEAD', '--root', '.')), [`new.yaml ${RULE}`]);
  });

  it('leaves the working tree and the index alone', () => {
    const folder = repository({ 'a/api.yaml': deployment('a', '1Gi') });
    addFiles(folder, { 'a/api.yaml': deployment('a', '2Gi') });
    const before = [git(folder, 'status', '--porcelain'), readFileSync(join(folder, '.git/index')).toString('hex')];
    since(folder, 'HEAD');
    assert.deepEqual([git(folder, 'status', '--porcelain'), readFileSync(join(folder, '.git/index')).toString('hex')], before);
  });

  it('a ref that is none, one that looks like an option, and histories without an ancestor are exit 2', () => {
    const folder = repository({ 'a/api.yaml': deployment('a', '1Gi') });
    git(folder, 'checkout', '-q', '--orphan', 'other');
    git(folder, 'commit', '-qm', 'another root');
    for (const ref of ['nowhere', '--help', '-x', '', 'main']) {
      const run = since(folder, ref);
      assert.equal(run.status, 2, `${ref}: ${run.stdout}`);
      assert.match(run.stderr, /--since/);
      assert.equal(run.stdout, '');
    }
  });

  it('in a shallow clone a commit that is not there is said to be further back; a detached HEAD is no matter', () => {
    const folder = repository({ 'a/api.yaml': deployment('a', '1Gi') });
    addFiles(folder, { 'b/api.yaml': deployment('b', '1Gi') });
    git(folder, 'add', '.');
    git(folder, 'commit', '-qm', 'second');
    git(folder, 'checkout', '-q', '--detach');
    assert.deepEqual(found(since(folder, 'HEAD~1')), [`b/api.yaml ${RULE}`]);
    git(folder, 'clone', '-q', '--depth', '1', `file://${folder}`, 'shallow');
    const run = since(join(folder, 'shallow'), 'HEAD~1');
    assert.equal(run.status, 2);
    assert.match(run.stderr, /shallow/);
  });

  it('works where a folder was put away and ignored since', () => {
    const folder = repository({ 'a/api.yaml': deployment('a', '1Gi') });
    renameSync(join(folder, 'a'), join(folder, 'b'));
    addFiles(folder, { '.gitignore': 'b/\n' });
    assert.deepEqual(found(since(folder, 'HEAD')), []);
  });
});
