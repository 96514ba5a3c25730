import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import type { Log } from 'sarif';
import { cli, deployment, folderWith, jsonReport, repositoryRoot } from './harness.ts';

const schemaFile = (name: string): unknown => JSON.parse(readFileSync(join(repositoryRoot, 'schemas', name), 'utf8'));
const ajv = new Ajv({ allowUnionTypes: true });
const validate = ajv.compile(schemaFile('lint-report.schema.json') as object);

const RULE = 'runtime/gomemlimit-malformed';
const folder = folderWith({
  'b/api.yaml': deployment('api', '512Mi'),
  'a/ünïcode 100%.yaml': deployment('web', '"😀 %0A::error::1Gi"'),
  'a/two.yaml': `${deployment('one', '1Gi')}---\n${deployment('two', '2Gi')}`,
  'c/broken.yaml': 'apiVersion: v1\nkind: Service\nmetadata: [\n',
  'd/hint.yaml': deployment('ok', '460MiB', ` # runbook-lens-ignore ${RULE}`),
});

function withoutTime(text: string): string {
  return text.replace(/"durationMs": \d+/, '"durationMs": 0');
}

describe('JSON', () => {
  for (const args of [[], ['--severity', 'hint'], ['--severity', 'error', '--lang', 'zh-cn'], ['b'], ['--rule', RULE]]) {
    it(`fits its schema: ${args.join(' ') || 'plain'}`, () => {
      const run = cli(folder, ['lint', '--format', 'json', ...args]);
      assert.ok(validate(JSON.parse(run.stdout)), JSON.stringify(validate.errors, null, 2));
      assert.equal(run.status, 1);
    });
  }

  it('the schema refuses what the contract does not name', () => {
    const report = JSON.parse(cli(folder, ['lint', '--format', 'json']).stdout);
    assert.equal(validate({ ...report, version: 2 }), false);
    assert.equal(validate({ ...report, findings: [{ ...report.findings[0], severity: 'fatal' }] }), false);
    assert.equal(validate({ ...report, more: 1 }), false);
  });

  it('is sorted by file, range and rule, and the same bytes twice', () => {
    const run = cli(folder, ['lint', '--format', 'json', '--severity', 'hint']);
    const report = jsonReport(run);
    const keys = report.findings.map(({ file, range }) => `${file}:${String(range.start.line).padStart(5, '0')}`);
    assert.deepEqual(keys, [...keys].sort());
    assert.deepEqual(
      keys.map((key) => key.split(':')[0]),
      ['a/two.yaml', 'a/two.yaml', 'a/ünïcode 100%.yaml', 'b/api.yaml', 'd/hint.yaml'],
    );
    assert.equal(withoutTime(cli(folder, ['lint', '--format', 'json', '--severity', 'hint']).stdout), withoutTime(run.stdout));
  });

  it('counts all severities, shown or not, and names files that could not be parsed', () => {
    const { summary, notices } = jsonReport(cli(folder, ['lint', '--format', 'json']));
    assert.deepEqual([summary.errors, summary.warnings, summary.information, summary.hints], [4, 0, 0, 1]);
    assert.deepEqual(
      notices.map(({ kind, file }) => [kind, file]),
      [['unparsable', 'c/broken.yaml']],
    );
    assert.equal(cli(folder, ['lint', '--fail-on', 'never', '--fail-on-notice']).status, 2);
    assert.equal(cli(folder, ['lint', '--fail-on', 'never', '--fail-on-notice', 'b']).status, 0);
  });

  it('positions are zero-based UTF-16, and a fix names the bytes that it was made for', async () => {
    const { createHash } = await import('node:crypto');
    const { findings } = jsonReport(cli(folder, ['lint', '--format', 'json', 'b']));
    assert.deepEqual(findings[0]?.range, { start: { line: 12, character: 21 }, end: { line: 12, character: 26 } });
    const bytes = readFileSync(join(folder, 'b/api.yaml'));
    assert.equal(findings[0]?.fixes[0]?.edits[0]?.base, createHash('sha256').update(bytes).digest('hex'));
  });

  it('a fingerprint survives a move within the file', () => {
    const before = jsonReport(cli(folder, ['lint', '--format', 'json', 'b'])).findings[0];
    const moved = `# a\n# b\n---\n${deployment('api', '512Mi')}`;
    const after = jsonReport(cli(folder, ['lint', '--format', 'json', '--stdin-filename', 'b/api.yaml'], { input: moved })).findings[0];
    assert.equal(after?.fingerprint, before?.fingerprint);
    assert.notDeepEqual(after?.range, before?.range);
  });

  it('--output writes the same bytes to a file, whole, and nothing to standard output', () => {
    const target = folderWith({});
    const run = cli(folder, ['lint', '--format', 'json', '--output', join(target, 'deep/report.json')]);
    assert.equal(run.stdout, '');
    assert.equal(
      withoutTime(readFileSync(join(target, 'deep/report.json'), 'utf8')),
      withoutTime(cli(folder, ['lint', '--format', 'json']).stdout),
    );
    assert.deepEqual(readdirSync(join(target, 'deep')), ['report.json']);
  });
});

describe('SARIF', () => {
  const run = cli(folder, ['lint', '--format', 'sarif', '--severity', 'hint']);
  const log = JSON.parse(run.stdout) as Log;
  const [sarif] = log.runs;

  it('is 2.1.0, with all rules that ran, whether they found something or not', () => {
    assert.equal(log.version, '2.1.0');
    assert.equal(run.status, 1);
    const rules = sarif?.tool.driver.rules ?? [];
    const ids = rules.map((rule) => rule.id);
    assert.deepEqual(ids, [...ids].sort());
    assert.ok(ids.includes('runbook-lens/stale-baseline'));
    for (const rule of rules) {
      assert.ok(rule.shortDescription?.text && rule.help?.text && rule.help.markdown, rule.id);
      assert.ok((rule.fullDescription?.text.length ?? 0) <= 1024, rule.id);
    }
    assert.match(rules.find((rule) => rule.id === RULE)?.help?.markdown ?? '', /## What it finds[\s\S]+## What to do/);
  });

  it('results point at their rule, with one-based regions, relative addresses and our fingerprint', () => {
    const results = sarif?.results ?? [];
    assert.equal(results.length, 5);
    for (const result of results) {
      assert.equal(sarif?.tool.driver.rules?.[result.ruleIndex ?? -1]?.id, result.ruleId);
      assert.match(result.partialFingerprints?.['runbookLens/v1'] ?? '', /^[0-9a-f]{16,}$/);
    }
    const place = results.find((result) => result.locations?.[0]?.physicalLocation?.artifactLocation?.uri === 'b/api.yaml');
    assert.deepEqual(place?.locations?.[0]?.physicalLocation?.region, { startLine: 13, startColumn: 22, endLine: 13, endColumn: 27 });
    assert.equal(place?.level, 'error');
    assert.equal(place?.fixes?.[0]?.artifactChanges[0]?.replacements[0]?.insertedContent?.text, '512MiB');
    const uris = results.map((result) => result.locations?.[0]?.physicalLocation?.artifactLocation?.uri);
    assert.ok(uris.includes(`a/${encodeURIComponent('ünïcode 100%.yaml')}`), uris.join(' '));
    assert.match(sarif?.originalUriBaseIds?.['%SRCROOT%']?.uri ?? '', /^file:\/\/\/.*\/$/);
    assert.equal(results.at(-1)?.level, 'note');
  });

  it('says what could not be read, and gives the same bytes twice', () => {
    const notifications = sarif?.invocations?.[0]?.toolExecutionNotifications ?? [];
    assert.deepEqual(
      notifications.map((item) => item.descriptor?.id),
      ['unparsable'],
    );
    assert.equal(cli(folder, ['lint', '--format', 'sarif', '--severity', 'hint']).stdout, run.stdout);
  });
});

describe('GitHub', () => {
  it('is one workflow command a line, whatever the files say', () => {
    const run = cli(folder, ['lint', '--format', 'github']);
    const lines = run.stdout.trimEnd().split('\n');
    assert.equal(lines.length, 5, run.stdout);
    for (const line of lines) assert.match(line, /^::(?:error|warning|notice) file=[^,:]+,/);
    const odd = lines.find((line) => line.includes('code 100'));
    assert.match(
      odd ?? '',
      /^::error file=a\/ünïcode 100%25\.yaml,line=13,endLine=13,col=\d+,endColumn=\d+,title=runtime\/gomemlimit-malformed::/,
    );
    assert.match(odd ?? '', /😀 %250A::error::1Gi/);
  });
});

describe('text', () => {
  it('the first line of a finding is path:line:column: severity rule message', () => {
    const run = cli(folder, ['lint', 'b']);
    assert.match(run.stdout, /^b\/api\.yaml:13:22: error runtime\/gomemlimit-malformed Go does not/m);
    assert.match(run.stdout, /^ {2}13 \| {15}value: 512Mi\n {5}\| {22}\^{5}$/m);
    assert.match(run.stdout, /^ {2}fix available \(--fix\): Write 512MiB$/m);
    assert.match(run.stdout, /runbooks show runtime\/go-memory-limit$/m);
    assert.match(run.stdout, /\n1 error \(5 files, \d+ units?\)\n$/);
  });
});

describe('the configuration’s schema', () => {
  const schema = schemaFile('configuration.schema.json');

  it('is the one that the settings table and the rules make', async () => {
    const { configurationSchemaText } = await import('../../src/configuration/schema.ts');
    const { ALL_RULES } = await import('../../src/service/engine-setup.ts');
    const { PROBES } = await import('../../src/linters/probes.ts');
    const later = JSON.parse(readFileSync(join(repositoryRoot, 'data', 'rules-catalogue.json'), 'utf8'));
    const text = configurationSchemaText(ALL_RULES, PROBES, later);
    const committed = readFileSync(join(repositoryRoot, 'schemas', 'configuration.schema.json'), 'utf8');
    assert.ok(committed === text, 'schemas/configuration.schema.json is not up to date; run: npm run generate');
  });

  it('takes and refuses what the program takes and refuses', () => {
    const fits = ajv.compile(schema as object);
    const files: readonly (readonly [string, unknown, boolean])[] = [
      ['{}', {}, true],
      ['lang', { lang: 'zh-cn' }, true],
      ['another language', { lang: 'fr' }, false],
      ['a rule', { rules: { [RULE]: 'warning' } }, true],
      ['a rule with a severity', { rules: { [RULE]: { severity: 'off' } } }, true],
      ['a later rule', { rules: { 'kong/upstream-slots': 'off' } }, true],
      ['no rule', { rules: { 'kong/nothing': 'off' } }, false],
      ['a severity that is none', { rules: { [RULE]: 'warn' } }, false],
      ['versions', { assume: { kong: '2.1.4', istio: 1.2, routes: 5, complete: true } }, true],
      ['an unknown key', { assume: { nginx: '1' } }, false],
      ['a threshold', { probes: { 'kong/router-rebuild-memory': { window: '6h' }, 'runtime/go-memory-limit': null } }, true],
      ['a threshold that no probe has', { probes: { 'kong/router-rebuild-memory': { windw: '6h' } } }, false],
      ['a probe that is none', { probes: { 'kong/nothing': {} } }, false],
      ['an override', { overrides: [{ files: ['a/**'], assume: { mesh: 'none' } }] }, true],
      ['a pattern that matches nothing', { ignore: ['./vendor/**'] }, false],
      ['a pattern for a folder with a dot', { ignore: ['.github/**', '!.github/a.yaml', '..b'] }, true],
      ['an override without files', { overrides: [{ rules: {} }] }, false],
    ];
    for (const [name, value, expected] of files) {
      assert.equal(fits(value), expected, `schema: ${name}`);
      const config = folderWith({ '.runbook-lens.yaml': JSON.stringify(value) });
      assert.equal(cli(config, ['lint']).status, expected ? 0 : 2, `program: ${name}`);
    }
  });
});
