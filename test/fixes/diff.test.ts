import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import '../helpers/property-seed.ts';
import { unifiedDiff } from '../../src/fixes/diff.ts';

/** Applies a unified diff strictly: every context and removed line must be where the hunk's header says. */
function patched(before: string, diff: string): string {
  const source = before.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const out: string[] = [];
  let at = 0;
  const rows = diff.split('\n').slice(2, -1);
  for (const [index, row] of rows.entries()) {
    const head = /^@@ -(\d+),(\d+) \+(\d+),(\d+) @@$/.exec(row);
    if (head) {
      const start = Number(head[1]) - (head[2] === '0' ? 0 : 1);
      while (at < start) out.push(source[at++] ?? '');
      assert.equal(out.length, Number(head[3]) - (head[4] === '0' ? 0 : 1), 'the hunk’s new place');
      continue;
    }
    if (row.startsWith('\\')) continue;
    const line = row.slice(1) + (rows[index + 1]?.startsWith('\\') ? '' : '\n');
    if (row[0] !== '+') assert.equal(source[at++], line);
    if (row[0] !== '-') out.push(line);
  }
  return [...out, ...source.slice(at)].join('');
}

describe('unified diff', () => {
  it('shows a change with three lines around it', () => {
    const before = 'a\nb\nc\nd\ne\nf\ng\nh\n';
    assert.equal(
      unifiedDiff('x.yaml', before, before.replace('e', 'E')),
      '--- a/x.yaml\n+++ b/x.yaml\n@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n',
    );
  });

  it('tells of a missing line break and of a new file', () => {
    assert.equal(unifiedDiff('x', 'a', 'a\n'), '--- a/x\n+++ b/x\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n');
    assert.equal(unifiedDiff('x', undefined, 'a\n'), '--- /dev/null\n+++ b/x\n@@ -0,0 +1,1 @@\n+a\n');
    assert.equal(unifiedDiff('x', 'a\n', 'a\n'), '');
  });

  it('gives the new text when it is applied', () => {
    const text = fc
      .tuple(fc.array(fc.constantFrom('a', 'b', 'c', '', 'd\r'), { maxLength: 40 }), fc.boolean())
      .map(([rows, ended]) => rows.join('\n') + (ended ? '\n' : ''));
    const pair = fc.oneof(
      fc.tuple(text, text),
      fc
        .tuple(text, fc.nat(40), fc.nat(3), text)
        .map(([before, at, cut, more]): [string, string] => [before, before.slice(0, at) + more.slice(0, 6) + before.slice(at + cut)]),
    );
    fc.assert(
      fc.property(pair, ([before, after]) => {
        const diff = unifiedDiff('x', before, after);
        if (before === after) assert.equal(diff, '');
        else assert.equal(patched(before, diff), after);
      }),
      { numRuns: 2000 },
    );
  });
});
