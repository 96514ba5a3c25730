import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadRunbooks, pairFiles, splitFrontMatter, textIn } from '../../src/runbooks/load.ts';
import { parseFenceInfo, scanMarkdown } from '../../src/runbooks/markdown.ts';
import { CHINESE, EN_PATH, ENGLISH, plant, sampleFiles, ZH_PATH } from './sample.ts';

test('a runbook is loaded with its front matter and both texts', () => {
  const { runbooks, problems } = loadRunbooks(sampleFiles());
  assert.deepEqual(problems, []);
  const [runbook] = runbooks;
  assert.ok(runbook);
  assert.equal(runbook.id, 'shop/till-jams');
  assert.deepEqual(runbook.title, { en: 'The till jams after midnight', 'zh-cn': '收银台午夜后卡死' });
  assert.deepEqual(runbook.affects, [{ product: 'till', range: '>=1.0 <2.0', fixedIn: '2.0' }]);
  assert.deepEqual(runbook.signals.logs, ['drawer process * exited on signal 9']);
  assert.equal(runbook.reviewed, '2026-01-31');
  assert.equal(runbook.body['zh-cn']?.file, ZH_PATH);
  const keys = [
    'symptoms',
    'impact',
    'why-it-happens',
    'detect',
    'mitigate-now',
    'fix',
    'verify',
    'prevent',
    'when-this-is-not-it',
    'references',
  ];
  assert.deepEqual(
    runbook.body.en?.sections.map(({ key }) => key),
    keys,
  );
  assert.deepEqual(
    runbook.body['zh-cn']?.sections.map(({ key }) => key),
    keys,
  );
  assert.equal(runbook.body.en?.sections[1]?.markdown, 'Nobody can pay.');
  const impactLine = ENGLISH.split('\n').indexOf('## Impact') + 1;
  assert.equal(runbook.body.en?.sections[1]?.line, impactLine);
});

test('front matter that does not parse is reported with its line and the other runbooks are loaded', () => {
  const files = sampleFiles(plant(ENGLISH, 'technologies: [shop]', 'technologies: [shop'), CHINESE);
  files.set('runbooks/shop/other.md', plant(ENGLISH, 'id: shop/till-jams', 'id: shop/other'));
  const { runbooks, problems } = loadRunbooks(files);
  assert.deepEqual(
    runbooks.map(({ id }) => id),
    ['shop/other'],
  );
  assert.equal(problems.length, 1);
  assert.equal(problems[0]?.file, EN_PATH);
  assert.ok((problems[0]?.line ?? 0) >= 6 && (problems[0]?.line ?? 0) <= 8, `line ${problems[0]?.line}`);
});

test('a file without front matter is reported, README files are not runbooks', () => {
  const { runbooks, problems } = loadRunbooks(
    new Map([
      ['runbooks/a.md', '# A\n'],
      ['runbooks/README.md', '# R\n'],
      ['runbooks/a.txt', ''],
    ]),
  );
  assert.deepEqual(runbooks, []);
  assert.deepEqual(
    problems.map(({ file, line }) => [file, line]),
    [['runbooks/a.md', 1]],
  );
});

test('a half-written runbook can still be read: missing fields are empty', () => {
  const { runbooks } = loadRunbooks(new Map([['docs/db-down.md', '---\nseverity: nonsense\n---\n# The database is down\n']]));
  assert.equal(runbooks[0]?.id, 'db-down');
  assert.equal(runbooks[0]?.severity, 'medium');
  assert.equal(runbooks[0]?.title['zh-cn'], 'The database is down');
  assert.deepEqual(runbooks[0]?.signals, { alerts: [], logs: [], metrics: [] });
  assert.ok(runbooks[0] && textIn(runbooks[0], 'zh-cn')?.file === 'docs/db-down.md', 'falls back to the other language');
});

test('a byte-order mark and CRLF change nothing but the bytes', () => {
  const windows = `\uFEFF${ENGLISH.replaceAll('\n', '\r\n')}`;
  assert.deepEqual(loadRunbooks(sampleFiles(windows)).runbooks, loadRunbooks(sampleFiles()).runbooks);
});

test('a runbook written in Chinese only carries its own front matter', () => {
  const front = ENGLISH.slice(0, ENGLISH.indexOf('# The till'));
  const { runbooks } = loadRunbooks(new Map([[ZH_PATH, `${front}${CHINESE}`]]));
  assert.equal(runbooks[0]?.id, 'shop/till-jams');
  assert.equal(runbooks[0]?.body.en, undefined);
});

test('front matter ends at the second ---; a rule in the text is no front matter', () => {
  assert.equal(splitFrontMatter('a\n---\nb\n---\n').yaml, undefined);
  const cut = splitFrontMatter('---\na: 1\nb: 2\n---\nfirst\n');
  assert.equal(cut.yaml, 'a: 1\nb: 2\n');
  assert.equal(cut.firstLine, 5);
  assert.equal(cut.markdown, 'first\n');
});

test('files are paired by name', () => {
  assert.deepEqual(pairFiles(['k/b.zh-cn.md', 'k/a.md', 'k/a.zh-cn.md']), [
    { base: 'k/a.md', files: { en: 'k/a.md', 'zh-cn': 'k/a.zh-cn.md' } },
    { base: 'k/b.md', files: { 'zh-cn': 'k/b.zh-cn.md' } },
  ]);
});

test('fences: info string, headings and links inside are not read, longer marks nest', () => {
  const scan = scanMarkdown(
    '````md config checked="ran: x"\n```sh\n# no heading [a](b)\n```\n````\n# One `[c](d)` [e](f) <https://g.example>\n',
  );
  assert.equal(scan.fences.length, 1);
  assert.equal(scan.fences[0]?.text, '```sh\n# no heading [a](b)\n```');
  assert.deepEqual(
    scan.headings.map(({ line }) => line),
    [6],
  );
  assert.deepEqual(
    scan.links.map(({ target }) => target),
    ['f', 'https://g.example'],
  );
  assert.equal(scanMarkdown('a\n```sh\nb').openFence, 2);
  assert.deepEqual(parseFenceInfo('sh read checked="docs: x y"'), { language: 'sh', risk: 'read', checked: 'docs: x y' });
  assert.deepEqual(parseFenceInfo('sh dangerous'), { language: 'sh' });
});
