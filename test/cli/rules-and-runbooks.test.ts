import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RULES } from '../../src/linters/registry.ts';
import { cli, folderWith } from './harness.ts';

const RULE = 'runtime/gomemlimit-malformed';
const here = folderWith({});

describe('rules', () => {
  it('list --format json has the keys of the contract, sorted by id, and every rule of the registry', () => {
    const run = cli(here, ['rules', 'list', '--format', 'json']);
    assert.equal(run.status, 0, run.stderr);
    const list = JSON.parse(run.stdout) as Readonly<Record<string, unknown>>[];
    const ids = list.map((entry) => String(entry.id));
    assert.deepEqual(ids, [...ids].sort());
    for (const rule of RULES) assert.ok(ids.includes(rule.id), rule.id);
    for (const entry of list) {
      assert.deepEqual(Object.keys(entry), ['id', 'severity', 'default', 'fixable', 'runbook', 'affects', 'sources', 'title']);
      assert.ok(['on', 'preview'].includes(String(entry.default)) && ['safe', 'review', 'no'].includes(String(entry.fixable)));
    }
  });

  it('list is one line a rule', () => {
    const lines = cli(here, ['rules', 'list']).stdout.trimEnd().split('\n');
    assert.ok(
      lines.some((line) => /^runtime\/gomemlimit-malformed +error +on +fix: safe +runtime\/go-memory-limit +GOMEMLIMIT/.test(line)),
    );
    assert.match(cli(here, ['rules', 'list', '--lang', 'zh-cn']).stdout, /可安全修复/);
  });

  it('explain shows the facts and the page without its test cases', () => {
    const run = cli(here, ['rules', 'explain', RULE]);
    assert.equal(run.status, 0);
    assert.match(run.stdout, /affects: Go 1\.19/);
    assert.match(run.stdout, /## What it finds[\s\S]+## Why it matters[\s\S]+## What to do/);
    assert.doesNotMatch(run.stdout, /\^\^\^|## Findings/);
    assert.equal(JSON.parse(cli(here, ['rules', 'explain', RULE, '--format', 'json']).stdout).id, RULE);
  });

  it('explain of no rule is exit 2, with the nearest', () => {
    const run = cli(here, ['rules', 'explain', 'gomemlimit-malformd']);
    assert.equal(run.status, 2);
    assert.match(cli(here, ['rules', 'explain', 'runtime/gomemlimit-malformd']).stderr, /did you mean "runtime\/gomemlimit-malformed"/);
    assert.match(cli(here, ['rules', 'explain', 'kong/upstream-slots']).stderr, /planned/);
    assert.equal(cli(here, ['rules', 'explain']).status, 2);
    assert.equal(cli(here, ['rules']).status, 2);
  });
});

describe('runbooks', () => {
  it('list, in both languages', () => {
    const list = JSON.parse(cli(here, ['runbooks', 'list', '--format', 'json']).stdout) as { id: string; title: string }[];
    const ids = list.map((entry) => entry.id);
    assert.deepEqual(ids, [...ids].sort());
    assert.ok(ids.includes('runtime/go-memory-limit'));
    assert.match(cli(here, ['runbooks', 'list', '--lang', 'zh-cn']).stdout, /[\u4e00-\u9fff]/);
  });

  it('show: text, Markdown and JSON; an id with a heading’s anchor, as findings carry it', () => {
    const markdown = cli(here, ['runbooks', 'show', 'runtime/go-memory-limit', '--format', 'markdown']);
    assert.match(markdown.stdout, /^## Mitigate now$/m);
    assert.equal(cli(here, ['runbooks', 'show', 'runtime/go-memory-limit#fix']).stdout, markdown.stdout, 'no colour: the same words');
    const json = JSON.parse(cli(here, ['runbooks', 'show', 'runtime/go-memory-limit', '--format', 'json']).stdout);
    assert.equal(json.id, 'runtime/go-memory-limit');
    assert.equal(json.markdown, markdown.stdout.trim());
    const run = cli(here, ['runbooks', 'show', 'runtime/go-memory-limt']);
    assert.equal(run.status, 2);
    assert.match(run.stderr, /did you mean "runtime\/go-memory-limit"/);
  });

  it('search takes a log line; who asks in Chinese is answered in Chinese', () => {
    const line = 'fatal error: malformed GOMEMLIMIT; see `go doc runtime/debug.SetMemoryLimit`';
    const hits = JSON.parse(cli(here, ['runbooks', 'search', line, '--format', 'json']).stdout) as { id: string }[];
    assert.equal(hits[0]?.id, 'runtime/go-memory-limit');
    assert.match(cli(here, ['runbooks', 'search', ...line.split(' ')]).stdout, /^runtime\/go-memory-limit /);
    assert.match(cli(here, ['runbooks', 'search', '内存', '限制', 'GOMEMLIMIT']).stdout, /[\u4e00-\u9fff]/);
    const none = cli(here, ['runbooks', 'search', 'zzzzqqqq']);
    assert.equal(none.status, 0);
    assert.match(none.stdout, /No runbook matches/);
    assert.equal(cli(here, ['runbooks', 'search']).status, 2);
  });

  const own = folderWith({
    'docs/runbooks/broken.md': '# No front matter\n',
    'docs/other.md': '# Not a runbook\n',
    '.runbook-lens.yaml': 'runbooks: ["docs/runbooks/**/*.md"]\n',
  });

  it('check judges those that the configuration names, or the paths given', () => {
    const run = cli(own, ['runbooks', 'check', '--format', 'json']);
    assert.equal(run.status, 1);
    const problems = JSON.parse(run.stdout) as { file: string }[];
    assert.deepEqual([...new Set(problems.map((problem) => problem.file))], ['docs/runbooks/broken.md']);
    assert.match(cli(own, ['runbooks', 'check', 'docs/other.md']).stdout, /^docs\/other\.md:1: error /);
    assert.equal(cli(own, ['runbooks', 'check', '--fail-on', 'never']).status, 0);
    assert.equal(cli(own, ['runbooks', 'check', 'nowhere.md']).status, 2);
    assert.equal(cli(here, ['runbooks', 'check']).status, 2, 'nothing named');
  });

  it('a team’s own runbook is listed, shown and found beside ours', () => {
    const text = `---
id: shop/checkout-hangs
title: { en: Checkout hangs when the ledger is slow }
technologies: [shop]
severity: high
signals: { logs: ["ledger queue is full"] }
rules: []
---

# Checkout hangs when the ledger is slow

## Symptoms

Orders wait.
`;
    const folder = folderWith({ 'books/checkout.md': text, '.runbook-lens.yaml': 'runbooks: ["books/*.md"]\n' });
    assert.match(cli(folder, ['runbooks', 'list']).stdout, /^shop\/checkout-hangs /m);
    assert.match(cli(folder, ['runbooks', 'show', 'shop/checkout-hangs']).stdout, /Orders wait/);
    const hits = JSON.parse(cli(folder, ['runbooks', 'search', 'ERROR ledger queue is full', '--format', 'json']).stdout) as {
      id: string;
    }[];
    assert.equal(hits[0]?.id, 'shop/checkout-hangs');
  });
});
