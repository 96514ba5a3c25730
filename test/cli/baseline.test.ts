import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { addFiles, cli, deployment, folderWith, found, jsonReport } from './harness.ts';

const RULE = 'runtime/gomemlimit-malformed';
const FILE = '.runbook-lens-baseline.json';

interface Entry {
  readonly rule: string;
  readonly file: string;
  readonly fingerprint: string;
}

function entries(folder: string): Entry[] {
  return JSON.parse(readFileSync(join(folder, FILE), 'utf8')).findings;
}

describe('baseline', () => {
  it('keeps today’s findings out of later runs, and only those', () => {
    const folder = folderWith({ 'a/api.yaml': deployment('a', '1Gi'), 'b/api.yaml': deployment('b', '1Gi') });
    const run = cli(folder, ['baseline']);
    assert.equal(run.status, 0, run.stderr);
    assert.equal(run.stdout, '');
    assert.deepEqual(
      entries(folder).map((entry) => `${entry.file} ${entry.rule}`),
      [`a/api.yaml ${RULE}`, `b/api.yaml ${RULE}`],
    );
    const clean = cli(folder, ['lint', '--format', 'json']);
    assert.equal(clean.status, 0);
    assert.deepEqual([found(clean), jsonReport(clean).summary.baseline], [[], 2]);
    addFiles(folder, { 'a/api.yaml': `# moved\n${deployment('a', '1Gi')}---\n${deployment('new', '2Gi')}` });
    assert.deepEqual(
      jsonReport(cli(folder, ['lint', '--format', 'json'])).findings.map((finding) => finding.range.start.line),
      [27],
    );
    assert.match(cli(folder, ['lint']).stdout, /2 in the baseline/);
  });

  it('a path replaces its own entries and keeps the others', () => {
    const folder = folderWith({ 'a/api.yaml': deployment('a', '1Gi'), 'b/api.yaml': deployment('b', '1Gi') });
    cli(folder, ['baseline']);
    const before = entries(folder);
    addFiles(folder, { 'a/api.yaml': deployment('a', '460MiB'), 'b/api.yaml': deployment('b', '460MiB') });
    cli(folder, ['baseline', 'a']);
    assert.deepEqual(
      entries(folder),
      before.filter((entry) => entry.file === 'b/api.yaml'),
    );
    cli(folder, ['baseline']);
    assert.deepEqual(entries(folder), []);
  });

  it('the same findings give the same bytes', () => {
    const folder = folderWith({ 'a/api.yaml': deployment('a', '1Gi'), 'b/api.yaml': deployment('b', '1Gi') });
    cli(folder, ['baseline']);
    const first = readFileSync(join(folder, FILE), 'utf8');
    cli(folder, ['baseline']);
    assert.equal(readFileSync(join(folder, FILE), 'utf8'), first);
  });

  it('an entry that matches nothing any more is a hint at its line, where it was judged', () => {
    const folder = folderWith({ 'a/api.yaml': deployment('a', '1Gi'), 'b/api.yaml': deployment('b', '1Gi') });
    cli(folder, ['baseline']);
    addFiles(folder, { 'b/api.yaml': deployment('b', '460MiB') });
    const hints = (...args: readonly string[]) =>
      jsonReport(cli(folder, ['lint', '--format', 'json', '--severity', 'hint', ...args])).findings.map(
        ({ file, rule, range }) => `${file}:${range.start.line + 1} ${rule}`,
      );
    assert.deepEqual(hints(), [`${FILE}:3 runbook-lens/stale-baseline`]);
    assert.deepEqual(hints('a'), [], 'b was not asked about');
    assert.deepEqual(hints('--rule', 'runbook-lens/unused-suppression'), [], 'the rule did not run');
    addFiles(folder, { '.runbook-lens.yaml': 'rules: { runbook-lens/stale-baseline: off }\n' });
    assert.deepEqual(hints(), []);
  });

  it('findings of the baseline are not fixed', () => {
    const folder = folderWith({ 'a/api.yaml': deployment('a', '1Gi') });
    cli(folder, ['baseline']);
    cli(folder, ['lint', '--fix']);
    assert.equal(readFileSync(join(folder, 'a/api.yaml'), 'utf8'), deployment('a', '1Gi'));
  });

  it('a baseline that is none is exit 2', () => {
    for (const text of ['{', '[]', '{"version": 2, "findings": []}', '{"version": 1, "findings": [{"rule": "a/b"}]}']) {
      const folder = folderWith({ 'a/api.yaml': deployment('a', '1Gi'), [FILE]: text });
      const run = cli(folder, ['lint']);
      assert.equal(run.status, 2, text);
      assert.match(run.stderr, /\.runbook-lens-baseline\.json/);
    }
  });

  it('nothing is written for a path that is not there', () => {
    const folder = folderWith({ 'a/api.yaml': deployment('a', '1Gi') });
    assert.equal(cli(folder, ['baseline', 'nowhere']).status, 2);
    assert.equal(existsSync(join(folder, FILE)), false);
  });
});
