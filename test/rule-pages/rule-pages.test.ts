import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { LintFinding } from '../../src/linters/lint-result.ts';
import { RULES } from '../../src/linters/registry.ts';
import { positionAt } from '../../src/text/source.ts';
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
        check(rule.id, item, Object.fromEntries(crlf));
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

async function check(rule: string, item: PageCase, files: Record<string, string>): Promise<void> {
  const engine = await engineOf(files, { preview: item.preview });
  const findings = engine.lint().findings.filter((finding) => finding.rule === rule);
  const expected = item.markers.filter((marker) => marker.kind !== 'related');
  assert.deepEqual(findings.map(describeFinding).sort(), expected.map(describeMarker).sort(), `page line ${item.pageLine}`);
  const related = new Set(
    findings.flatMap((finding) => (finding.related ?? []).map((at) => place(at.at.file.path, at.at, at.messageId, 'related'))),
  );
  for (const marker of item.markers) {
    if (marker.kind === 'related')
      assert.ok(related.has(describeMarker(marker)), `no related location ${describeMarker(marker)} among ${[...related].join(', ')}`);
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
