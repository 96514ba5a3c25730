import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Log } from 'sarif';
import type { LintFinding } from '../../src/linters/lint-result.ts';
import type { Rule } from '../../src/linters/rule.ts';
import { codeFrame } from '../../src/report/code-frame.ts';
import { columnsOf, harmless, palette, wantsColour } from '../../src/report/colour.ts';
import { lintGithub } from '../../src/report/github.ts';
import { lintJson } from '../../src/report/json.ts';
import type { LintReport } from '../../src/report/lint-report.ts';
import { messageText, ruleText } from '../../src/report/message.ts';
import { lintSarif } from '../../src/report/sarif.ts';
import { lintText } from '../../src/report/text.ts';
import { type SourceFile, sourceFile } from '../../src/text/source.ts';

const RULE: Rule = {
  id: 'kong/example',
  title: { en: 'An example', zh: '示例' },
  runbook: 'kong/incident#fix',
  severity: 'warning',
  default: 'on',
  affects: 'Kong',
  fixable: 'review',
  sources: [],
  messages: {
    bad: { en: 'Value {value} is bad [see docs].', zh: '值 {value} 有问题。' },
    because: { en: 'it is set [here]', zh: '在这里设置' },
    fix: { en: 'Use {value}', zh: '改用 {value}' },
    hand: { en: 'No one line to edit.', zh: '没有唯一可修改的位置。' },
  },
  check() {},
};

function anchor(file: SourceFile, token: string) {
  const start = file.text.indexOf(token);
  assert.ok(start >= 0, token);
  return { file, start, end: start + token.length };
}

const file = sourceFile('deploy/ünï kong.yaml', 'kong:\n\ttabbed: "中文值" # x\nlast: 1\n');
const other = sourceFile('base/env.yaml', 'a: 1\r\nb: two\r\n');

function finding(more: Partial<LintFinding> = {}): LintFinding {
  return {
    rule: RULE.id,
    severity: 'warning',
    messageId: 'bad',
    data: { value: 'a%b\nc' },
    at: anchor(file, '中文值'),
    related: [{ at: anchor(other, 'two'), messageId: 'because' }],
    unit: 'deploy',
    units: ['deploy'],
    runbook: RULE.runbook,
    fingerprint: '0123456789abcdef0123',
    ...more,
  };
}

function report(more: Partial<LintReport> = {}): LintReport {
  return {
    tool: { name: 'runbook-lens', version: '1.2.3' },
    findings: [finding()],
    hidden: { error: 0, warning: 0, information: 1, hint: 2 },
    notices: [{ kind: 'unparsable', file: 'bad,name.yaml', message: 'line 1: 100%\n::error::' }],
    files: 2,
    documents: 2,
    units: 1,
    suppressed: 3,
    baseline: 0,
    durationMs: 5,
    language: 'en',
    rules: [RULE],
    fixesOf: () => [],
    ...more,
  };
}

describe('messages', () => {
  it('fill placeholders in both languages; what has no data stays visible', () => {
    const message = { en: '{a} of {b} {c}', zh: '{b} 中的 {a}' };
    assert.equal(messageText(message, { a: 1, b: '$&{a}' }, 'en'), '1 of $&{a} {c}');
    assert.equal(messageText(message, { a: 1, b: 2 }, 'zh-cn'), '2 中的 1');
    assert.equal(messageText({ en: '{toString} {constructor}', zh: '' }, {}, 'en'), '{toString} {constructor}');
  });

  it('an id that the rule lacks is shown as it is', () => {
    assert.equal(ruleText(RULE, 'toString', undefined, 'en'), 'toString');
    assert.equal(ruleText(undefined, 'bad', undefined, 'en'), 'bad');
  });
});

describe('GitHub commands', () => {
  it('escape what would end a line, a property or a command', () => {
    const lines = lintGithub(report()).trimEnd().split('\n');
    assert.equal(lines.length, 2);
    assert.equal(
      lines[0],
      '::warning file=deploy/ünï kong.yaml,line=2,endLine=2,col=11,endColumn=14,title=kong/example::Value a%25b%0Ac is bad [see docs].%0Abase/env.yaml:2:4: it is set [here]%0Arunbook: kong/incident#fix',
    );
    assert.equal(lines[1], '::notice file=bad%2Cname.yaml,title=unparsable::line 1: 100%25%0A::error::');
  });

  it('leave columns out where a finding spans lines, and map severities', () => {
    const wide = { ...anchor(other, 'a: 1'), end: other.text.length };
    const commands = (severity: LintFinding['severity']) =>
      lintGithub(report({ notices: [], findings: [finding({ at: wide, severity })] }));
    assert.match(commands('error'), /^::error file=base\/env\.yaml,line=1,endLine=3,title=/);
    assert.match(commands('information'), /^::notice /);
    assert.match(commands('hint'), /^::notice /);
  });
});

describe('SARIF', () => {
  const options = { rootUri: 'file:///repo/', page: () => '# page' };

  it('links evidence from the message, with brackets escaped', () => {
    const log = JSON.parse(lintSarif(report(), options)) as Log;
    const result = log.runs[0]?.results?.[0];
    assert.equal(result?.message.text, 'Value a%b\nc is bad \\[see docs\\]. See: [it is set \\[here\\]](1)');
    assert.equal(result?.relatedLocations?.[0]?.id, 1);
    assert.equal(result?.relatedLocations?.[0]?.physicalLocation?.artifactLocation?.uri, 'base/env.yaml');
    assert.deepEqual(result?.relatedLocations?.[0]?.physicalLocation?.region, { startLine: 2, startColumn: 4, endLine: 2, endColumn: 7 });
    assert.equal(result?.locations?.[0]?.physicalLocation?.artifactLocation?.uri, 'deploy/%C3%BCn%C3%AF%20kong.yaml');
    assert.deepEqual(result?.locations?.[0]?.physicalLocation?.region, { startLine: 2, startColumn: 11, endLine: 2, endColumn: 14 });
    assert.equal(log.runs[0]?.tool.driver.rules?.[0]?.help?.markdown, '# page');
  });
});

describe('JSON', () => {
  it('carries the snippet where there is no fix, and leaves out what is not there', () => {
    const snippet = { reasonId: 'hand', data: {}, language: 'yaml', text: 'a: 1' };
    const [first] = JSON.parse(lintJson(report({ findings: [finding({ snippet, runbook: '', related: [] })] }))).findings;
    assert.deepEqual(first.snippet, { reason: 'No one line to edit.', language: 'yaml', text: 'a: 1' });
    assert.equal('runbook' in first, false);
    assert.deepEqual(first.related, []);
  });

  it('speaks the language that is asked for; ids and data stay', () => {
    const [en] = JSON.parse(lintJson(report())).findings;
    const [zh] = JSON.parse(lintJson(report({ language: 'zh-cn' }))).findings;
    assert.equal(zh.message, '值 a%b\nc 有问题。');
    assert.deepEqual([zh.messageId, zh.data, zh.fingerprint], [en.messageId, en.data, en.fingerprint]);
  });
});

describe('text', () => {
  it('a whole report', () => {
    const text = lintText(report({ notices: [] }), { colour: false, brief: false });
    assert.equal(
      text,
      `deploy/ünï kong.yaml:2:11: warning kong/example Value a%b c is bad [see docs].
  1 | kong:
  2 |     tabbed: "中文值" # x
    |              ^^^^^^
  3 | last: 1
  see base/env.yaml:2:4: it is set [here]
  runbook: runbook-lens runbooks show kong/incident

1 warning (2 files, 1 unit, 3 suppressed)
1 information, 2 hints hidden (--severity hint)
`,
    );
  });

  it('names fixes by how safe they are, and shows a snippet where there is none', () => {
    const edits = [] as const;
    const fixesOf = () => [
      { id: 'a', title: 'Use 1', safety: 'safe' as const, edits },
      { id: 'b', title: 'Use 2', safety: 'review' as const, edits },
    ];
    const withFixes = lintText(report({ fixesOf }), { colour: false, brief: false });
    assert.match(withFixes, /^ {2}fix available \(--fix\): Use 1\n {2}fix available \(--unsafe-fixes, review it\): Use 2$/m);
    const snippet = { reasonId: 'hand', data: {}, language: 'yaml', text: 'a:\n  b: 1\n' };
    const byHand = lintText(report({ findings: [finding({ snippet })] }), { colour: false, brief: false });
    assert.match(byHand, /^ {2}by hand: No one line to edit\.\n {6}a:\n {8}b: 1$/m);
  });

  it('brief: one line a finding', () => {
    assert.equal(lintText(report(), { colour: false, brief: true }).split('\n').length, 2);
    assert.equal(lintText(report({ findings: [] }), { colour: false, brief: true }), '');
  });

  it('many notices are cut short', () => {
    const notices = Array.from({ length: 25 }, (_, index) => ({ kind: 'templated' as const, file: `t${index}.yaml`, message: 'm' }));
    const text = lintText(report({ notices, findings: [] }), { colour: false, brief: false });
    assert.equal(text.match(/: notice m$/gm)?.length, 10);
    assert.match(text, /^15 more files that could not be read/m);
  });

  it('nothing found', () => {
    const none = report({ findings: [], hidden: { error: 0, warning: 0, information: 0, hint: 0 }, notices: [], suppressed: 0 });
    assert.equal(lintText(none, { colour: false, brief: false }), 'No findings (2 files, 1 unit)\n');
    assert.equal(lintText({ ...none, language: 'zh-cn' }, { colour: false, brief: false }), '没有发现问题 (2 个文件，1 个部署单元)\n');
  });

  it('a linted file cannot steer the terminal', () => {
    const evil = sourceFile('e\u001b[2J.yaml', 'a: "x\u001b]0;owned\u0007y\u202e"\n');
    const text = lintText(
      report({ findings: [finding({ at: anchor(evil, 'x\u001b'), related: [], data: { value: '\u001b[31m' } })], notices: [] }),
      {
        colour: false,
        brief: false,
      },
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what must not be there.
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    assert.equal(harmless('a\tb\n'), 'a\tb\n');
  });
});

describe('code frames', () => {
  const plain = palette(false);
  const frame = (text: string, token: string) => codeFrame(anchor(sourceFile('a.yaml', text), token), (carets) => carets, plain);

  it('first and last line of a file, CRLF, and no line after the last break', () => {
    assert.deepEqual(frame('ab: 1\r\n', 'ab'), ['1 | ab: 1', '  | ^^']);
    assert.deepEqual(frame('a: 1\nb: 2', '2'), ['1 | a: 1', '2 | b: 2', '  |    ^']);
  });

  it('an empty token gets one caret; a token over several lines its first', () => {
    const file2 = sourceFile('a.yaml', 'a:\nb: |\n  x\n  y\n');
    assert.deepEqual(codeFrame({ file: file2, start: 2, end: 2 }, (carets) => carets, plain).slice(0, 2), ['1 | a:', '  |   ^']);
    assert.deepEqual(
      codeFrame({ file: file2, start: 10, end: 17 }, (carets) => carets, plain),
      ['2 | b: |', '3 |   x', '  |   ^', '4 |   y'],
    );
  });

  it('a long line is cut around its token', () => {
    const [line = '', carets = ''] = frame(`{"a": "${'x'.repeat(5000)}", "token": 1, "b": "${'y'.repeat(5000)}"}\n`, 'token');
    assert.ok(line.length < 200 && carets.length < 200, `${line.length} ${carets.length}`);
    assert.equal(line.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1), 'token');
  });

  it('wide characters take two columns, combining marks none', () => {
    assert.deepEqual(['中文', 'abc', 'e\u0301', '😀', 'ａ'].map(columnsOf), [4, 3, 1, 2, 2]);
  });
});

describe('colours', () => {
  it('the option, then NO_COLOR, then FORCE_COLOR, then the terminal', () => {
    assert.equal(wantsColour(true, { NO_COLOR: '1' }, false), true);
    assert.equal(wantsColour(false, { FORCE_COLOR: '1' }, true), false);
    assert.equal(wantsColour(undefined, { NO_COLOR: '1', FORCE_COLOR: '1' }, true), false);
    assert.equal(wantsColour(undefined, { NO_COLOR: '' }, true), true);
    assert.equal(wantsColour(undefined, { FORCE_COLOR: '0' }, true), false);
    assert.equal(wantsColour(undefined, { FORCE_COLOR: '' }, false), true);
    assert.equal(wantsColour(undefined, { TERM: 'dumb' }, true), false);
    assert.equal(wantsColour(undefined, {}, false), false);
  });
});
