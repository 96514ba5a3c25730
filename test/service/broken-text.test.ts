import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import '../helpers/property-seed.ts';
import { markChanged, repairsOf, splitLines } from '../../src/service/broken-text.ts';

describe('text that does not parse yet', () => {
  it('is split at every kind of line break, and nothing is lost', () => {
    assert.deepEqual(splitLines('a\nb\r\nc\rd'), ['a\n', 'b\r\n', 'c\r', 'd']);
    assert.deepEqual(splitLines(''), []);
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ' ', '\n', '\r', '\r\n') }), (text) => {
        assert.equal(splitLines(text).join(''), text);
      }),
    );
  });

  it('marks the lines that are not in the common head and tail', () => {
    const marks = markChanged(['a\n', 'b\n', 'c\n'], [false, false, false], ['a\n', 'x\n', 'y\n', 'c\n']);
    assert.deepEqual(marks, [false, true, true, false]);
  });

  it('carries marks over to their lines in the next text', () => {
    const first = markChanged(['a\n', 'b\n', 'c\n'], [false, false, false], ['a\n', 'B\n', 'c\n']);
    const second = markChanged(['a\n', 'B\n', 'c\n'], first, ['new\n', 'a\n', 'B\n', 'c\n']);
    assert.deepEqual(second, [true, false, true, false]);
  });

  it('lets the line before a removed one stand for it', () => {
    assert.deepEqual(markChanged(['a\n', 'b\n', 'c\n'], [false, false, false], ['a\n', 'c\n']), [true, false]);
  });

  it('keeps every offset: what is not marked stands where it stood', () => {
    const line = fc.string({ unit: fc.constantFrom('a', ':', ' ', '-', '"', '[', '😀') });
    fc.assert(
      fc.property(fc.array(fc.tuple(line, fc.boolean())), (rows) => {
        const lines = rows.map(([text]) => `${text}\r\n`);
        const marks = rows.map(([, mark]) => mark);
        for (const repaired of repairsOf(lines, marks)) {
          const after = splitLines(repaired);
          assert.equal(repaired.length, lines.join('').length);
          lines.forEach((text, at) => {
            assert.equal(after[at]?.length, text.length);
            if (!marks[at]) assert.equal(after[at], text);
          });
        }
      }),
    );
  });

  it('has a key in the place of a line under which others are nested', () => {
    const lines = splitLines('spec:\n  templ\n    a: 1\n  - name"\n    b: 2\n');
    const [, keyed] = repairsOf(lines, [false, true, false, true, false]);
    assert.equal(keyed, 'spec:\n  k0:  \n    a: 1\n  - k1:  \n    b: 2\n');
  });
});
