import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { changedFiles } from '../../src/fixes/apply.ts';
import { verifyFix } from '../../src/fixes/verify.ts';
import { Engine } from '../../src/linters/engine.ts';
import type { LintFinding, LintResult } from '../../src/linters/lint-result.ts';
import { RULES } from '../../src/linters/registry.ts';
import { positionAt, type SourceFile } from '../../src/text/source.ts';
import { engineOf } from '../helpers/engine.ts';
import { type Marker, type PageCase, readPage } from './page.ts';

const ROOT = join(import.meta.dirname, '../../docs/rules');

for (const rule of RULES) {
  describe(rule.id, () => {
    const page = readPage(readFileSync(join(ROOT, `${rule.id}.md`), 'utf8'));
    it('has a page with its id, findings and guards', () => {
      assert.equal(page.id, rule.id);
      assert.ok(
        page.cases.some((item) => item.markers.length > 0),
        'no case with a finding',
      );
      assert.ok(
        page.cases.some((item) => item.markers.length === 0),
        'no silent case',
      );
    });
    for (const item of page.cases) {
      it(item.title, () => check(rule.id, item, Object.fromEntries(item.files)));
      it(`${item.title} (CRLF)`, () => {
        const crlf = [...item.files].map(([path, text]) => [path, text.replaceAll('\n', '\r\n')] as const);
        return check(rule.id, item, Object.fromEntries(crlf), true);
      });
    }
  });
}

it('every page belongs to a rule', () => {
  const pages = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.md') && path.includes('/'));
  const ids = new Set(RULES.map((rule) => rule.id));
  assert.deepEqual(
    pages.filter((path) => !ids.has(path.replace(/\.md$/, ''))),
    [],
  );
});

async function check(rule: string, item: PageCase, files: Readonly<Record<string, string>>, crlf = false): Promise<void> {
  const engine = await engineOf(files, { preview: item.preview, ...(item.configuration ? { settings: item.configuration } : {}) });
  const result = engine.lint();
  const findings = result.findings.filter((finding) => finding.rule === rule);
  const expected = item.markers.filter((marker) => marker.kind !== 'related');
  assert.deepEqual(findings.map(describeFinding).sort(), expected.map(describeMarker).sort(), `page line ${item.pageLine}`);
  const related = new Set(
    findings.flatMap((finding) => (finding.related ?? []).map((at) => place(at.at.file.path, at.at, at.messageId, 'related'))),
  );
  // Who marks one related place marks them all.
  const marked = new Set(item.markers.filter((marker) => marker.kind === 'related').map(describeMarker));
  if (marked.size > 0) assert.deepEqual([...related].sort(), [...marked].sort(), `related places, page line ${item.pageLine}`);
  for (const finding of findings) {
    const itself = (finding.related ?? []).find(
      ({ at }) => at.file.path === finding.at.file.path && at.start <= finding.at.start && at.end >= finding.at.end,
    );
    assert.ok(!itself, `${itself?.messageId} is where the finding is, and tells nothing`);
  }
  for (const marker of expected) {
    if (marker.data.size === 0) continue;
    const finding = findings.find((one) => describeFinding(one) === describeMarker(marker));
    const found: Readonly<Record<string, unknown>> = {
      ...finding?.data,
      tags: finding?.tags?.join() || 'none',
      fixes: finding?.fixes?.map((fix) => fix.id).join() || 'none',
      snippet: finding?.snippet?.reasonId ?? 'none',
      related: finding?.related?.map((at) => at.messageId).join() || 'none',
    };
    for (const [name, value] of marker.data) assert.equal(String(found[name]), value, `{${name}}, page line ${item.pageLine}`);
  }
  const snippets = findings.flatMap(({ snippet }) => (snippet ? [snippet.text] : []));
  if (item.snippets.length > 0) assert.deepEqual(snippets.sort(), item.snippets.toSorted(), `snippets, page line ${item.pageLine}`);
  checkTexts(rule, findings);
  checkFixes(engine, result, findings, item, crlf);
  await checkWithoutRelated(item, files, findings);
}

/** Every message, title and reason exists and every placeholder has its data, in both languages. */
function checkTexts(rule: string, findings: readonly LintFinding[]): void {
  const messages = RULES.find((one) => one.id === rule)?.messages ?? {};
  const used = findings.flatMap((finding) => [
    { id: finding.messageId, data: finding.data ?? {} },
    ...(finding.related ?? []).map((at) => ({ id: at.messageId, data: at.data ?? {} })),
    ...(finding.fixes ?? []).map((fix) => ({ id: fix.titleId, data: fix.data })),
    ...(finding.snippet ? [{ id: finding.snippet.reasonId, data: finding.snippet.data }] : []),
  ]);
  for (const { id, data } of used) {
    const message = messages[id];
    assert.ok(message, `no message ${id}`);
    for (const text of [message.en, message.zh]) {
      for (const [, name = ''] of text.matchAll(/\{(\w+)\}/g)) assert.ok(name in data, `${id}: no data for {${name}}`);
    }
  }
}

/** Every fix heals, and the fixed texts of the page are what comes out. `{refused}` in a title: the planner must refuse. */
function checkFixes(engine: Engine, result: LintResult, findings: readonly LintFinding[], item: PageCase, crlf: boolean): void {
  for (const finding of findings) {
    for (const fix of finding.fixes ?? []) {
      const verified = verifyFix(engine, result, finding, fix);
      if (item.title.includes('{refused}')) assert.ok(!verified.ok, `${fix.id} should be refused`);
      else assert.ok(verified.ok, `${fix.id}: ${verified.ok ? '' : `${verified.refused.reason.id} ${verified.refused.reason.detail}`}`);
      if (!verified.ok) continue;
      const changed = changedFiles(verified.planned.edits, verified.planned.creates, (path) => engine.file(path));
      for (const [path, file] of changed ?? []) {
        const breaks = file?.text.match(/\r?\n/g) ?? [];
        const mixed = verified.planned.creates.some((one) => one.file === path) ? false : breaks.some((eol) => (eol === '\r\n') !== crlf);
        assert.ok(!mixed, `${fix.id}: mixed line endings in ${path}`);
      }
    }
  }
  for (const { fix: id, safety, titleId } of item.fixed) {
    const named = findings.flatMap(({ fixes = [] }) => fixes.filter((fix, index) => (id === '' ? index === 0 : fix.id === id)));
    if (safety) assert.ok(named.length > 0 && named.every((fix) => fix.safety === safety), `a fix that isn't ${safety}`);
    if (titleId) assert.ok(named.length > 0 && named.every((fix) => fix.titleId === titleId), `a fix that isn't called ${titleId}`);
  }
  const ids = new Set(item.fixed.map((one) => one.fix));
  for (const id of ids) {
    const texts = applyEach(engine, findings, id);
    for (const { file, text } of item.fixed.filter((one) => one.fix === id)) {
      assert.equal(texts.get(file)?.replaceAll('\r\n', '\n'), text, `${file} after fix ${id || '(first)'}, page line ${item.pageLine}`);
    }
  }
}

/** Applies the named fix (or the first) of every finding in turn, judging anew after each. */
function applyEach(engine: Engine, findings: readonly LintFinding[], id: string): Map<string, string> {
  const rule = findings[0]?.rule;
  const changes = new Map<string, SourceFile | undefined>();
  for (let round = 0; round <= findings.length; round++) {
    const current = new Engine(engine.options, engine);
    for (const [path, file] of changes) current.setFile(path, file);
    const result = current.lint();
    const next = result.findings
      .filter((finding) => finding.rule === rule)
      .flatMap((finding) =>
        (finding.fixes ?? [])
          .filter((fix) => id === '' || fix.id === id)
          .slice(0, 1)
          .map((fix) => ({ finding, fix })),
      )
      .map(({ finding, fix }) => verifyFix(current, result, finding, fix))
      .find((verified) => verified.ok);
    if (!next?.ok) break;
    for (const [path, file] of changedFiles(next.planned.edits, next.planned.creates, (one) => current.file(one)) ?? [])
      changes.set(path, file);
  }
  return new Map([...changes].flatMap(([path, file]) => (file ? [[path, file.text]] : [])));
}

/** Without a related file the evidence is gone: the rule may say less, but must not fail. */
async function checkWithoutRelated(
  item: PageCase,
  files: Readonly<Record<string, string>>,
  findings: readonly LintFinding[],
): Promise<void> {
  for (const path of new Set(findings.flatMap((finding) => (finding.related ?? []).map((at) => at.at.file.path)))) {
    const rest = Object.fromEntries(Object.entries(files).filter(([name]) => name !== path));
    (await engineOf(rest, { preview: item.preview })).lint();
  }
}

function describeFinding(finding: LintFinding): string {
  return place(finding.at.file.path, finding.at, finding.messageId, finding.severity);
}

function place(path: string, at: LintFinding['at'], messageId: string, kind: string): string {
  const start = positionAt(at.file, at.start);
  const end = positionAt(at.file, at.end);
  const last = end.line === start.line ? String(end.character) : 'EOL';
  return `${path}:${start.line + 1}:${start.character}-${last} ${kind} ${messageId}`;
}

function describeMarker(marker: Marker): string {
  return `${marker.file}:${marker.line + 1}:${marker.start}-${marker.end} ${marker.kind} ${marker.messageId}`;
}
