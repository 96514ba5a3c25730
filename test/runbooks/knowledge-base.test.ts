import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { checkRunbooks } from '../../src/runbooks/check.ts';
import { loadRunbooks, parseFrontMatter, splitFrontMatter } from '../../src/runbooks/load.ts';
import { scanMarkdown } from '../../src/runbooks/markdown.ts';
import { indexRunbooks, searchRunbooks } from '../../src/runbooks/search.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const files = new Map(
  readdirSync(`${root}runbooks`, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => [`runbooks/${path.replaceAll('\\', '/')}`, readFileSync(`${root}runbooks/${path}`, 'utf8')]),
);
const { runbooks, problems } = loadRunbooks(files);

test('every runbook is as runbooks/README.md demands, in both languages', () => {
  assert.ok(runbooks.length >= 6, `${runbooks.length} runbooks`);
  assert.deepEqual(problems, []);
  const found = checkRunbooks(files, { languages: ['en', 'zh-cn'] });
  assert.deepEqual(
    found.map(({ file, line, message }) => `${file}:${line} ${message}`),
    [],
  );
});

test('every front matter satisfies the JSON schema', () => {
  const validate = new Ajv({ strict: true }).compile(JSON.parse(readFileSync(`${root}schemas/runbook.schema.json`, 'utf8')));
  for (const [path, content] of files) {
    const { yaml } = splitFrontMatter(content);
    if (yaml === undefined) continue;
    const parsed = parseFrontMatter(yaml);
    assert.ok(parsed.ok && validate(parsed.value), `${path}: ${JSON.stringify(validate.errors)}`);
  }
});

test('every command says how it was checked, in both languages', () => {
  let commands = 0;
  for (const [path, content] of files) {
    if (path.endsWith('README.md')) continue;
    const { markdown, firstLine } = splitFrontMatter(content);
    for (const { line, risk, checked } of scanMarkdown(markdown, firstLine).fences) {
      assert.ok(risk && checked && /^(ran|source|docs|help): /.test(checked), `${path}:${line}`);
      if (risk === 'read' || risk === 'change') commands += 1;
    }
  }
  assert.ok(commands >= runbooks.length * 2 * 3, `${commands} commands`);
});

const index = indexRunbooks(runbooks);

test('every log signal, filled in and wrapped in a log line, arrives at its runbook', () => {
  for (const runbook of runbooks) {
    for (const pattern of runbook.signals.logs) {
      const line = `2026-11-21T03:12:44.123Z stderr F 10.1.2.3 ${pattern.replaceAll('*', '4711')} while logging request`;
      const hit = searchRunbooks(index, line).find(({ id }) => id === runbook.id);
      assert.ok(
        hit?.reasons.some(({ kind, text }) => kind === 'log' && text === pattern),
        `${runbook.id}: ${pattern}`,
      );
    }
  }
});

test('titles find their runbook first', () => {
  for (const { id, title } of runbooks) {
    assert.equal(searchRunbooks(index, title.en)[0]?.id, id);
    assert.equal(searchRunbooks(index, title['zh-cn'])[0]?.id, id);
  }
});
