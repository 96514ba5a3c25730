import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { addFiles, cli, deployment, folderWith, found, git, jsonReport, node20 } from './harness.ts';

const RULE = 'runtime/gomemlimit-malformed';
const BAD = deployment('api', '512Mi');
const GOOD = deployment('api', '460MiB');

describe('exit status of lint', () => {
  const bad = folderWith({ 'a/api.yaml': BAD });
  const good = folderWith({ 'a/api.yaml': GOOD });
  const empty = folderWith({ 'README.md': '# nothing\n' });
  const cases: readonly (readonly [string, string, readonly string[], number])[] = [
    ['something at the default', bad, [], 1],
    ['nothing', good, [], 0],
    ['never', bad, ['--fail-on', 'never'], 0],
    ['the finding is at the limit', bad, ['--fail-on', 'error'], 1],
    ['a milder limit', bad, ['--fail-on', 'hint'], 1],
    ['another rule only', bad, ['--rule', 'runbook-lens/unused-suppression'], 0],
    ['this rule only', bad, ['--rule', RULE], 1],
    ['an empty folder', empty, [], 0],
    ['an empty folder, and that is a failure', empty, ['--fail-if-nothing-checked'], 2],
    ['a path with nothing to check in it', bad, ['--fail-if-nothing-checked', 'b'], 2],
    ['something to check', good, ['--fail-if-nothing-checked'], 0],
    ['an unknown option', bad, ['--foo'], 2],
    ['an option without its value', bad, ['--format'], 2],
    ['a value that is none', bad, ['--format', 'xml'], 2],
    ['a severity that is none', bad, ['--severity', 'fatal'], 2],
    ['a path that is not there', bad, ['nowhere.yaml'], 2],
    ['a path outside of the root', bad, ['..'], 2],
    ['a root that is not there', bad, ['--root', 'nowhere'], 2],
    ['a configuration that is not there', bad, ['--config', 'nowhere.yaml'], 2],
    ['a rule that nobody knows', bad, ['--rule', 'kong/nothing'], 2],
    ['a rule of a later version', bad, ['--rule', 'kong/upstream-slots'], 2],
    ['--since outside of Git', bad, ['--since', 'HEAD'], 2],
    ['an output that cannot be written', bad, ['--output', 'a/api.yaml/report'], 2],
  ];
  mkdirSync(join(bad, 'b'));
  for (const [name, folder, args, status] of cases) {
    it(name, () => {
      const run = cli(folder, ['lint', ...args]);
      assert.equal(run.status, status, run.stderr);
      if (status !== 2) return;
      assert.match(run.stderr, /^runbook-lens: /);
      assert.doesNotMatch(run.stderr, /\n\s+at /, 'no stack trace');
    });
  }

  it('no command, and a command that is none', () => {
    assert.equal(cli(bad, []).status, 2);
    assert.equal(cli(bad, ['lnt']).status, 2);
    assert.match(cli(bad, ['lnt']).stderr, /unknown command 'lnt'[\s\S]*lint/);
  });

  it('help and version are no failure', () => {
    const help = cli(bad, ['--help']);
    assert.equal(help.status, 0);
    for (const name of ['lint', 'rules', 'runbooks', 'baseline', 'diagnose']) assert.match(help.stdout, new RegExp(`^ {2}${name} `, 'm'));
    assert.match(cli(bad, ['--version']).stdout, /^\d+\.\d+\.\d+\n$/);
    assert.equal(cli(bad, ['lint', '--help']).status, 0);
  });

  it('runs on plain Node 20', (context) => {
    if (node20 === undefined) {
      process.stderr.write('SKIPPED: no Node 20 on PATH; the command line was tried on a newer one only\n');
      context.skip('no Node 20 on PATH');
      return;
    }
    assert.equal(cli(bad, ['lint'], { node: node20 }).status, 1);
    assert.equal(cli(bad, ['lint'], { node: process.execPath }).status, 1);
  });
});

describe('what lint looks at', () => {
  it('the root is the Git root above the working folder, and paths are relative to it', () => {
    const folder = folderWith({ 'a/api.yaml': BAD, 'b/web.yaml': deployment('web', '1Gi') });
    assert.deepEqual(found(cli(join(folder, 'a'), ['lint', '--format', 'json'])), [`api.yaml ${RULE}`]);
    git(folder, 'init', '-q');
    assert.deepEqual(found(cli(join(folder, 'a'), ['lint', '--format', 'json'])), [`a/api.yaml ${RULE}`, `b/web.yaml ${RULE}`]);
    assert.deepEqual(found(cli(join(folder, 'a'), ['lint', '--format', 'json', '--root', '../b'])), [`web.yaml ${RULE}`]);
  });

  it('a path narrows the report, not the reading', () => {
    const folder = folderWith({ 'a/api.yaml': BAD, 'b/web.yaml': deployment('web', '1Gi') });
    const run = cli(folder, ['lint', '--format', 'json', 'b']);
    assert.deepEqual(found(run), [`b/web.yaml ${RULE}`]);
    assert.equal(jsonReport(run).summary.files, 2);
    assert.deepEqual(found(cli(join(folder, 'b'), ['lint', '--format', 'json', '--root', '..', 'web.yaml'])), [`b/web.yaml ${RULE}`]);
    assert.deepEqual(found(cli(folder, ['lint', '--format', 'json', 'b', 'a/api.yaml'])).length, 2);
    assert.deepEqual(found(cli(folder, ['lint', '--format', 'json', '.'])).length, 2);
  });

  it('the severity that is shown is not the severity that fails', () => {
    const folder = folderWith({ 'a/api.yaml': BAD, '.runbook-lens.yaml': `rules: { ${RULE}: hint }\n` });
    const run = cli(folder, ['lint']);
    assert.equal(run.status, 0);
    assert.match(run.stdout, /1 hint hidden \(--severity hint\)\n$/);
    assert.equal(cli(folder, ['lint', '--fail-on', 'hint']).status, 1);
    assert.match(cli(folder, ['lint', '--severity', 'hint']).stdout, /: hint runtime\/gomemlimit-malformed /);
    const json = jsonReport(cli(folder, ['lint', '--format', 'json']));
    assert.deepEqual([json.findings.length, json.summary.hints], [0, 1]);
  });

  it('suppressions in comments count', () => {
    const folder = folderWith({ 'api.yaml': deployment('api', '512Mi', ` # runbook-lens-ignore ${RULE} -- until Friday`) });
    const run = cli(folder, ['lint', '--format', 'json']);
    assert.equal(run.status, 0);
    assert.equal(jsonReport(run).summary.suppressed, 1);
  });
});

describe('text on standard input', () => {
  const folder = folderWith({ 'a/api.yaml': GOOD });

  it('is judged as if it were the file, whether the file is there or not', () => {
    assert.deepEqual(found(cli(folder, ['lint', '--format', 'json', '--stdin-filename', 'a/api.yaml'], { input: BAD })), [
      `a/api.yaml ${RULE}`,
    ]);
    assert.deepEqual(found(cli(folder, ['lint', '--format', 'json', '--stdin-filename', 'c/new.yaml'], { input: BAD })), [
      `c/new.yaml ${RULE}`,
    ]);
    assert.equal(cli(folder, ['lint']).status, 0);
  });

  it('with --fix the fixed text has standard output for itself, and nothing is written', () => {
    const run = cli(folder, ['lint', '--stdin-filename', 'a/api.yaml', '--fix'], { input: BAD });
    assert.equal(run.stdout, deployment('api', '512MiB'));
    assert.equal(run.status, 0);
    assert.match(run.stderr, /No findings/);
    assert.equal(readFileSync(join(folder, 'a/api.yaml'), 'utf8'), GOOD);
  });

  it('with --fix and nothing to fix, the text comes back as it was, byte-order mark and line ends included', () => {
    const text = `\ufeff${GOOD.replaceAll('\n', '\r\n')}`;
    assert.equal(cli(folder, ['lint', '--stdin-filename', 'a/api.yaml', '--fix'], { input: text }).stdout, text);
  });

  it('with --fix, what no rule reads, what is ignored and what is no text comes back as it was', () => {
    const ignoring = folderWith({ '.runbook-lens.yaml': 'ignore: ["old/**"]\n' });
    const fixed = (name: string, input: string | Uint8Array) => cli(ignoring, ['lint', '--fix', '--stdin-filename', name], { input });
    assert.equal(fixed('a.yaml', 'apiVersion: v1\nkind: Node\n').stdout, 'apiVersion: v1\nkind: Node\n');
    assert.equal(fixed('notes.md', '# x\n').stdout, '# x\n');
    assert.equal(fixed('broken.yaml', 'kind: Service\na: [\n').stdout, 'kind: Service\na: [\n');
    assert.equal(fixed('old/api.yaml', BAD).stdout, BAD);
    assert.equal(fixed('a.yaml', Buffer.from([0, 1, 65])).stdout, '\u0000\u0001A');
  });

  it('--output takes the report', () => {
    const output = join(folder, 'report.json');
    const args = ['lint', '--stdin-filename', 'a/api.yaml', '--fix', '--format', 'json', '--output', output];
    const run = cli(folder, args, { input: BAD });
    assert.equal(run.stdout, deployment('api', '512MiB'));
    assert.deepEqual(JSON.parse(readFileSync(output, 'utf8')).findings, []);
  });
});

describe('fixes', () => {
  it('--fix-dry-run prints a diff that Git can apply, and writes nothing', () => {
    const folder = folderWith({ 'a/api.yaml': BAD });
    const run = cli(folder, ['lint', '--fix-dry-run']);
    assert.equal(run.status, 1);
    assert.equal(readFileSync(join(folder, 'a/api.yaml'), 'utf8'), BAD);
    git(folder, 'init', '-q');
    addFiles(folder, { 'fix.patch': run.stdout });
    git(folder, 'apply', 'fix.patch');
    assert.equal(readFileSync(join(folder, 'a/api.yaml'), 'utf8'), deployment('api', '512MiB'));
  });

  it('--fix writes, the exit status tells of what remains, and a second run changes nothing', () => {
    const folder = folderWith({ 'a/api.yaml': BAD.replaceAll('\n', '\r\n'), 'b/odd.yaml': deployment('odd', 'lots') });
    const run = cli(folder, ['lint', '--fix', '--format', 'json']);
    assert.equal(run.status, 1, run.stderr);
    assert.deepEqual(found(run), [`b/odd.yaml ${RULE}`]);
    assert.equal(readFileSync(join(folder, 'a/api.yaml'), 'utf8'), deployment('api', '512MiB').replaceAll('\n', '\r\n'));
    assert.match(run.stderr, /^findings fixed: 1, files written: 1\n/);
    const again = cli(folder, ['lint', '--fix', '--format', 'json']);
    assert.deepEqual(found(again), [`b/odd.yaml ${RULE}`]);
    assert.equal(again.stderr, '');
  });

  it('only what the paths ask for is fixed', () => {
    const folder = folderWith({ 'a/api.yaml': BAD, 'b/api.yaml': BAD });
    cli(folder, ['lint', '--fix', 'a']);
    assert.equal(readFileSync(join(folder, 'a/api.yaml'), 'utf8'), deployment('api', '512MiB'));
    assert.equal(readFileSync(join(folder, 'b/api.yaml'), 'utf8'), BAD);
  });
});

describe('language and words', () => {
  const folder = folderWith({ 'a/api.yaml': BAD });

  it('--lang, then the configuration, then the environment', () => {
    const zh = /进程启动即退出/;
    assert.match(cli(folder, ['lint', '--lang', 'zh-cn']).stdout, zh);
    assert.match(cli(folder, ['lint'], { env: { LC_ALL: 'zh_CN.UTF-8' } }).stdout, zh);
    assert.match(cli(folder, ['lint'], { env: { LC_ALL: '', LC_MESSAGES: '', LANG: 'zh_TW.UTF-8' } }).stdout, zh);
    assert.doesNotMatch(cli(folder, ['lint', '--lang', 'en'], { env: { LC_ALL: 'zh_CN.UTF-8' } }).stdout, zh);
    const configured = folderWith({ 'a/api.yaml': BAD, '.runbook-lens.yaml': 'lang: zh-cn\n' });
    assert.match(cli(configured, ['lint']).stdout, zh);
    assert.doesNotMatch(cli(configured, ['lint', '--no-config']).stdout, zh);
  });

  it('help and errors too', () => {
    assert.match(cli(folder, ['lint', '--help', '--lang', 'zh-cn']).stdout, /用法：[\s\S]*检查文件/);
    assert.match(cli(folder, ['lint', '--sevrity', 'x', '--lang', 'zh-cn']).stderr, /未知的选项 --sevrity（是否想写 --severity？）/);
    assert.match(cli(folder, ['lint', 'nowhere', '--lang=zh-cn']).stderr, /没有这个文件或目录/);
  });

  it('colours: asked for, refused, and not in a pipe', () => {
    const sequence = '\u001b[';
    assert.equal(cli(folder, ['lint']).stdout.includes(sequence), false);
    assert.equal(cli(folder, ['lint', '--color']).stdout.includes(sequence), true);
    assert.equal(cli(folder, ['lint'], { env: { FORCE_COLOR: '1' } }).stdout.includes(sequence), true);
    assert.equal(cli(folder, ['lint'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }).stdout.includes(sequence), false);
    assert.equal(cli(folder, ['lint', '--no-color'], { env: { FORCE_COLOR: '1' } }).stdout.includes(sequence), false);
  });

  it('--quiet is one line a finding; --verbose puts timings on standard error', () => {
    const quiet = cli(folder, ['lint', '--quiet']);
    assert.match(quiet.stdout, /^a\/api\.yaml:13:22: error runtime\/gomemlimit-malformed .+\n$/);
    assert.equal(quiet.stderr, '');
    const verbose = cli(folder, ['lint', '--verbose']);
    assert.match(verbose.stderr, /read and parse \d+ ms, check \d+ ms.*whole run \d+ ms/);
    assert.equal(verbose.stdout, cli(folder, ['lint']).stdout);
  });
});
