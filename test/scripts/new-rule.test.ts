import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';

const repositoryRoot = resolve(import.meta.dirname, '..', '..');
const RULE = 'kong/made-for-the-test';
const RUNBOOK = 'kong/cache-ttl-zero';
const RULE_FILE = 'src/linters/kong/rules/made-for-the-test.ts';
const PAGE = `docs/rules/${RULE}.md`;

/** What a rule consists of, in a copy: nothing here is written. */
const copy = mkdtempSync(join(tmpdir(), 'runbook-lens-new-'));
after(() => rmSync(copy, { recursive: true, force: true }));
const parts = ['src', 'docs', 'runbooks', 'data', 'schemas', 'scripts', 'test/helpers', 'test/rule-pages'];
for (const part of [...parts, 'package.json', 'README.md', 'README.zh-cn.md']) {
  cpSync(join(repositoryRoot, part), join(copy, part), { recursive: true });
}
symlinkSync(join(repositoryRoot, 'node_modules'), join(copy, 'node_modules'));

function node(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const { NODE_TEST_CONTEXT: _t, ...env } = process.env;
  return spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8', env });
}

const read = (path: string): string => readFileSync(join(copy, path), 'utf8');
const runPage = () => node('--test', `--test-name-pattern=${RULE}`, 'test/rule-pages/rule-pages.test.ts');

describe('npm run new', () => {
  it('refuses what it can’t do, and writes nothing', () => {
    const registry = read('src/linters/registry.ts');
    const refused: readonly (readonly [readonly string[], number, RegExp])[] = [
      [[], 2, /usage: npm run new -- rule/],
      [['rule', RULE], 2, /usage/],
      [['rule', RULE, '--runbok', RUNBOOK], 2, /runbok/],
      [['rule', 'Kong_Foo', '--runbook', RUNBOOK], 1, /"Kong_Foo" is not technology\/name/],
      [['rule', 'kong/db-cache-ttl-zero', '--runbook', RUNBOOK], 1, /rules\/db-cache-ttl-zero\.ts is there already/],
      [['rule', RULE, '--runbook', 'kong/nowhere'], 1, /runbooks\/kong\/nowhere\.md is not there/],
    ];
    for (const [args, status, said] of refused) {
      const run = node('scripts/new.ts', ...args);
      assert.equal(run.status, status, args.join(' '));
      assert.match(run.stderr, said);
    }
    assert.equal(read('src/linters/registry.ts'), registry);
  });

  it('writes the rule, its page, its line and the runbook’s, and all that is generated', () => {
    // The copy may be of a moment at which something else was not yet generated.
    assert.equal(node('scripts/generate.ts').status, 0);
    const run = node('scripts/new.ts', 'rule', RULE, '--runbook', RUNBOOK);
    assert.equal(run.status, 0, run.stderr);
    assert.match(run.stdout, /its page fails now, and says what is left/);
    const registry = read('src/linters/registry.ts').split('\n');
    const importAt = registry.indexOf("import { madeForTheTest } from './kong/rules/made-for-the-test.ts';");
    assert.match(registry[importAt - 1] ?? '', /limit-below-rebuild-headroom/);
    assert.match(registry[importAt + 1] ?? '', /plugin-whitelist-blacklist/);
    const entryAt = registry.indexOf('  madeForTheTest,');
    assert.deepEqual([registry[entryAt - 1], registry[entryAt + 1]], ['  limitBelowRebuildHeadroom,', '  pluginWhitelistBlacklist,']);
    assert.match(read(`runbooks/${RUNBOOK}.md`), /^rules: \[.*, kong\/made-for-the-test\]$/m);
    assert.match(read(PAGE), /<!-- rule:begin -->\n\*\*What is wrong/);
    assert.match(read('README.md'), /docs\/rules\/kong\/made-for-the-test\.md/);
    assert.equal(node('scripts/generate.ts', '--check').status, 0);
    assert.equal(node('scripts/new.ts', 'rule', RULE, '--runbook', RUNBOOK).status, 1, 'a second time');
  });

  it('adds to a runbook that lists its rules one a line', () => {
    const run = node('scripts/new.ts', 'rule', 'grpc/made-for-the-test', '--runbook', 'grpc/one-pod-gets-all-requests');
    assert.equal(run.status, 0, run.stderr);
    assert.match(
      read('runbooks/grpc/one-pod-gets-all-requests.md'),
      /^ {2}- grpc\/node-load-balancing-ignored\n {2}- grpc\/made-for-the-test\nprobes:/m,
    );
    assert.match(read('src/linters/registry.ts'), /^ {2}grpcMadeForTheTest,$/m);
  });

  it('the page fails until the rule is written', () => {
    const failed = runPage();
    assert.equal(failed.status, 1);
    assert.match(failed.stdout, /✖ A Deployment/);
    assert.match(failed.stdout, /deployment\.yaml:12:21-26 warning found/);
    assert.doesNotMatch(failed.stdout, /✖ The value is not in the files/);
    const written = read(RULE_FILE)
      .replace('check({ unit })', 'check({ unit, report })')
      .replace(/^ *\/\/ Take .*\n/m, '')
      .replace('// report(', 'report(');
    writeFileSync(join(copy, RULE_FILE), written);
    const passed = runPage();
    assert.equal(passed.status, 0, passed.stdout);
    assert.match(passed.stdout, /✔ A Deployment/);
  });
});

describe('npm run generate -- --check', () => {
  it('says what is stale, writes nothing, and fails', () => {
    const page = 'docs/rules/kong/db-cache-ttl-zero.md';
    const stale = read(page).replace('<!-- rule:end -->', 'A line by hand.\n<!-- rule:end -->');
    writeFileSync(join(copy, page), stale);
    const run = node('scripts/generate.ts', '--check');
    assert.equal(run.status, 1);
    assert.match(run.stdout, /db-cache-ttl-zero\.md is stale: \+0 -1 lines; first at line \d+:\n {4}- A line by hand\.\n/);
    assert.match(run.stdout, /1 stale file\. Run: npm run generate/);
    assert.equal(read(page), stale);
    assert.equal(node('scripts/generate.ts').status, 0);
    assert.equal(node('scripts/generate.ts', '--check').status, 0);
  });

  it('a rule without a page is a fault, and the rest is still looked at', () => {
    rmSync(join(copy, 'docs/rules/kong/db-cache-ttl-zero.md'));
    const run = node('scripts/generate.ts', '--check');
    assert.equal(run.status, 1);
    assert.match(run.stderr, /docs\/rules\/kong\/db-cache-ttl-zero\.md is missing/);
  });
});
