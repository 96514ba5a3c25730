import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import type { CheckOptions } from '../../src/runbooks/check.ts';
import { checkRunbooks } from '../../src/runbooks/check.ts';
import { frontMatterFaults } from '../../src/runbooks/front-matter.ts';
import { parseFrontMatter, splitFrontMatter } from '../../src/runbooks/load.ts';
import { CHINESE, EN_PATH, ENGLISH, plant, sampleFiles, ZH_PATH } from './sample.ts';

const both: CheckOptions = { languages: ['en', 'zh-cn'] };
const messages = (files: ReadonlyMap<string, string>, options = both): string[] =>
  checkRunbooks(files, options).map(({ file, line, message }) => `${file === ZH_PATH ? 'zh' : 'en'}:${line} ${message}`);

test('the sample breaks no demand', () => {
  assert.deepEqual(messages(sampleFiles()), []);
});

/** The line of the first line of a text that starts with the given words. */
const lineOf = (text: string, start: string): number => text.split('\n').findIndex((line) => line.startsWith(start)) + 1;

const RISKY = '```sh change checked="help: kubectl rollout restart --help"';
const planted: readonly { name: string; from: string; to: string; says: RegExp; at: string }[] = [
  { name: 'unknown key', from: 'severity: high', to: 'severity: high\nowner: me', says: /unknown key "owner"/, at: 'owner:' },
  { name: 'missing key', from: 'severity: high\n', to: '', says: /"severity" is missing/, at: '---' },
  { name: 'wrong severity', from: 'severity: high', to: 'severity: awful', says: /"severity" must be one of critical/, at: 'severity' },
  { name: 'date that is no day', from: '"2026-01-31"', to: '"31.1.2026"', says: /"reviewed" must be a day/, at: 'reviewed' },
  {
    name: 'unknown signal',
    from: '  alerts: [TillJammed]',
    to: '  alarms: [TillJammed]',
    says: /"signals" does not know "alarms"/,
    at: 'signals',
  },
  {
    name: 'number in a list',
    from: 'technologies: [shop]',
    to: 'technologies: [1]',
    says: /"technologies" every entry must be text/,
    at: 'technologies',
  },
  {
    name: 'affects without a range',
    from: '{ product: till, range: ">=1.0 <2.0", fixedIn: "2.0" }',
    to: '{ product: till }',
    says: /"affects" entry 1 needs "range"/,
    at: 'affects',
  },
  { name: 'id is not the path', from: 'id: shop/till-jams', to: 'id: shop/till', says: /differs from the path/, at: 'id:' },
  {
    name: 'no source',
    from: 'sources:\n  - https://example.com/till',
    to: 'sources: []',
    says: /"sources" needs at least one/,
    at: 'sources',
  },
  {
    name: 'H1 is not the title',
    from: '# The till jams after midnight\n',
    to: '# The till\n',
    says: /differs from the title/,
    at: '# The till',
  },
  { name: 'missing heading', from: '## Impact\n', to: '', says: /heading "## Impact" is missing/, at: '' },
  { name: 'unknown heading', from: '## Impact', to: '## Consequences', says: /"## Consequences" is not a heading/, at: '## Consequences' },
  {
    name: 'order',
    from: '## Prevent\nAlert at 400 receipts.\n\n## When this is not it\nThe lights are off.',
    to: '## When this is not it\nThe lights are off.\n\n## Prevent\nAlert at 400 receipts.',
    says: /out of order/,
    at: '## Prevent',
  },
  { name: 'part of Detect missing', from: '### By hand\nOpen', to: 'Open', says: /heading "### By hand" is missing/, at: '## Detect' },
  {
    name: 'rule not told',
    from: '`shop/paper-tray` underlines',
    to: 'A rule underlines',
    says: /rule `shop\/paper-tray` .* is not told/,
    at: '### In your files',
  },
  { name: 'fence without class', from: RISKY, to: '```sh', says: /needs a risk class/, at: '```sh' },
  { name: 'fence without checked', from: RISKY, to: '```sh change', says: /how this was checked/, at: '```sh change' },
  {
    name: 'vague checked',
    from: 'checked="help: kubectl rollout restart --help"',
    to: 'checked="sure"',
    says: /how this was checked/,
    at: '```sh change',
  },
  {
    name: 'source without a tag',
    from: 'shop/till:config/tray.yaml@2.0',
    to: 'tray.yaml',
    says: /cited as owner\/repository/,
    at: '```yaml',
  },
  { name: 'empty fence', from: 'tray: 1000\n', to: '', says: /fence is empty/, at: '```yaml' },
  { name: 'open fence', from: '**You should see:** one pod, running.', to: '```', says: /never closed/, at: '```' },
  {
    name: 'change without undo',
    from: '**Undo:** nothing to take back.',
    to: 'Wait.',
    says: /no "\*\*Undo:\*\*" line/,
    at: '```sh change',
  },
  {
    name: 'nothing expected',
    from: '**You should see:** one pod',
    to: 'One pod',
    says: /after "\*\*You should see:\*\*"/,
    at: '## Verify',
  },
  {
    name: 'reference without address',
    from: '- [Manual](https://example.com/till)\n',
    to: '- The manual\n',
    says: /a reference needs a URL/,
    at: '- The manual',
  },
  {
    name: 'broken link',
    from: 'The lights are off.',
    to: 'See [this](no-such.md).',
    says: /runbooks\/shop\/no-such\.md, which does not exist/,
    at: 'See [this]',
  },
];

for (const { name, from, to, says, at } of planted) {
  test(`planted: ${name}`, () => {
    const text = plant(ENGLISH, from, to);
    const problems = checkRunbooks(sampleFiles(text, CHINESE), both).filter(({ file }) => file === EN_PATH);
    const found = problems.find(({ message }) => says.test(message));
    assert.ok(found, `not reported; got ${JSON.stringify(problems)}`);
    if (at === '```sh' || at === '```') assert.ok(text.split('\n')[found.line - 1]?.startsWith('```'), `line ${found.line}`);
    else if (at !== '') assert.equal(found.line, lineOf(text, at), found.message);
  });
}

const translated: readonly { name: string; from: string; to: string; says: RegExp }[] = [
  {
    name: 'front matter twice',
    from: '# 收银台午夜后卡死\n',
    to: '---\nid: x\n---\n# 收银台午夜后卡死\n',
    says: /front matter stands only in/,
  },
  { name: 'heading missing', from: '## 影响\n', to: '', says: /counterpart|differ/ },
  { name: 'heading of our own', from: '## 影响', to: '## 后果', says: /not a heading/ },
  {
    name: 'other command',
    from: 'kubectl rollout restart deployment/till',
    to: 'kubectl rollout restart deployment/tills',
    says: /differs from the one on line/,
  },
  { name: 'other risk class', from: '```sh change checked', to: '```sh read checked', says: /differs from the one on line/ },
  {
    name: 'another version in checked',
    from: 'tray.yaml@2.0"',
    to: 'tray.yaml@2.1"',
    says: /differs from the one on line/,
  },
  { name: 'checked another way', from: 'checked="source: shop', to: 'checked="docs: shop', says: /differs from the one on line/ },
  {
    name: 'English words in checked',
    from: 'tray.yaml@2.0"',
    to: 'tray.yaml@2.0 in the tray"',
    says: /words of checked are still English/,
  },
  { name: 'other link', from: 'https://example.com/till', to: 'https://example.com/zh', says: /no link to|is missing here/ },
  { name: 'English left', from: '没有人能付款。', to: 'Nobody in the shop can pay.', says: /English sentence/ },
  { name: 'English inside', from: '没有人能付款。', to: '没有人。Nobody in the shop can pay now.', says: /English sentence/ },
  { name: 'no undo', from: '**撤销：** 无需撤销。', to: '等待。', says: /Undo/ },
];

test('the words of checked may be translated', () => {
  const from = 'tray.yaml@2.0"';
  const [english, chinese] = [plant(ENGLISH, from, 'tray.yaml@2.0, the last line"'), plant(CHINESE, from, 'tray.yaml@2.0，最后一行"')];
  assert.deepEqual(checkRunbooks(sampleFiles(english, chinese), both), []);
});

for (const { name, from, to, says } of translated) {
  test(`planted in the translation: ${name}`, () => {
    const problems = checkRunbooks(sampleFiles(ENGLISH, plant(CHINESE, from, to)), both);
    assert.ok(
      problems.some(({ file, message }) => file === ZH_PATH && says.test(message)),
      JSON.stringify(problems),
    );
  });
}

test('comments in fences may be translated, identifiers and lists of them are not sentences', () => {
  const listed = plant(CHINESE, '灯没开。', '- `a b c d e f g`\n- Deployment, StatefulSet, DaemonSet, Job, CronJob, Pod 都一样');
  assert.deepEqual(messages(sampleFiles(ENGLISH, listed)), []);
});

test('a missing translation is a fault only where both languages are demanded', () => {
  const files = sampleFiles(ENGLISH, undefined);
  files.delete(ZH_PATH);
  assert.match(messages(files).join(), /Chinese file .* is missing/);
  assert.deepEqual(messages(files, {}), []);
});

test('rule and probe ids are held against those that exist', () => {
  assert.match(messages(sampleFiles(), { knownRules: new Set(['shop/other']) }).join(), /"shop\/paper-tray" is not the id of a rule/);
  assert.deepEqual(messages(sampleFiles(), { knownRules: new Set(['shop/paper-tray']), knownProbes: new Set() }), []);
});

test('two runbooks cannot share an id', () => {
  const files = new Map([
    [EN_PATH, ENGLISH],
    ['more/shop/till-jams.md', ENGLISH],
  ]);
  assert.match(
    checkRunbooks(files)
      .map(({ message }) => message)
      .join(),
    /already taken by more\/shop\/till-jams\.md/,
  );
});

test('messages come in Chinese too', () => {
  const problems = checkRunbooks(sampleFiles(plant(ENGLISH, 'severity: high', 'severity: awful')), { ...both, lang: 'zh-cn' });
  assert.deepEqual(
    problems.map(({ message }) => message),
    ['"severity" 必须是以下之一：critical, high, medium, low'],
  );
});

test('the JSON schema and the checker judge front matter alike', () => {
  const schema: unknown = JSON.parse(readFileSync(new URL('../../schemas/runbook.schema.json', import.meta.url), 'utf8'));
  assert.ok(typeof schema === 'object' && schema !== null);
  const validate = new Ajv({ strict: true, allErrors: true }).compile(schema);
  const bodies = [ENGLISH, ...planted.map(({ from, to }) => plant(ENGLISH, from, to))];
  const verdicts = { good: 0, bad: 0 };
  for (const text of bodies) {
    const parsed = parseFrontMatter(splitFrontMatter(text).yaml ?? '');
    assert.ok(parsed.ok);
    const valid = validate(parsed.value);
    assert.equal(frontMatterFaults(parsed.value).length === 0, valid, text.slice(0, 600));
    verdicts[valid ? 'good' : 'bad'] += 1;
  }
  assert.ok(verdicts.good >= 10 && verdicts.bad >= 7, JSON.stringify(verdicts));
});

test('hostile lines are cheap', () => {
  const lines = [
    '`'.repeat(20_000),
    '['.repeat(20_000),
    '[a]('.repeat(8_000),
    '<http://'.repeat(5_000),
    `\`\`\` ${' '.repeat(30_000)}\``,
    `# a${' #'.repeat(20_000)}x`,
    'a '.repeat(20_000),
  ];
  const from = performance.now();
  for (const line of lines)
    checkRunbooks(
      new Map([
        [ZH_PATH, line],
        [EN_PATH, `${ENGLISH}${line}`],
      ]),
      both,
    );
  const tookMs = performance.now() - from;
  assert.ok(tookMs < 30_000, `${Math.round(tookMs)} ms`);
});
