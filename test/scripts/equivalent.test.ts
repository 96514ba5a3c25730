import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { compare, readEquivalents, written } from '../../scripts/mutation/equivalent.ts';
import type { Mutant } from '../../scripts/mutation/mutants.ts';

const ROOT = join(import.meta.dirname, '../..');

const mutant = (what: string, code: string, rule = 'kong/a'): Mutant => {
  const [room = '', name = ''] = rule.split('/');
  return { file: `src/linters/${room}/rules/${name}.ts`, line: 1, start: 0, end: 0, text: '', what, atLoad: false, code };
};

const PAGE = `# Page

- not: \`of the list\` — at all

## Equivalent mutants

### kong/a

- guard removed: \`x === 0\` — speed only
- threshold: \`'a' < b\` — never equal

### src/linters/kong/facts.ts

- always the first: \`y ? 1 : 2\` — one of two

## Another section

- guard removed: \`z\` — not of the list either
`;

describe('the list of equivalent mutants', () => {
  const list = readEquivalents(PAGE);

  it('is read from its section alone', () => {
    assert.deepEqual(
      list.map(({ place, mutant: text, reason }) => `${place} ${text} ${reason}`),
      [
        'kong/a guard removed: `x === 0` speed only',
        "kong/a threshold: `'a' < b` never equal",
        'src/linters/kong/facts.ts always the first: `y ? 1 : 2` one of two',
      ],
    );
    assert.throws(() => readEquivalents('## Equivalent mutants\n\n### kong/a\n\n- guard removed: `x`\n'), /reason/);
  });

  it('explains one survivor for each entry', () => {
    const survivors = [mutant('guard removed', 'x === 0'), mutant('guard removed', 'x === 0'), mutant('threshold', '`a` < b')];
    const { open, explained, stale } = compare(survivors, list, new Set(['kong/a']), () => true);
    assert.deepEqual(open, [survivors[1]]);
    assert.deepEqual(explained, [survivors[0], survivors[2]]);
    assert.deepEqual(stale, []);
  });

  it('is stale where a mutant is noticed, or its file is gone', () => {
    const stale = (tried: readonly string[], exists: boolean): string[] =>
      compare(exists ? [mutant('guard removed', 'x === 0')] : [], list, new Set(tried), () => exists).stale.map((one) => one.mutant);
    assert.deepEqual(stale(['kong/a'], true), ["threshold: `'a' < b`"]);
    assert.deepEqual(stale(['kong/b'], true), []);
    assert.deepEqual(stale(['kong/b'], false), ['guard removed: `x === 0`', "threshold: `'a' < b`", 'always the first: `y ? 1 : 2`']);
  });

  it('names code that is there, each with its reason', () => {
    const entries = readEquivalents(readFileSync(join(ROOT, 'docs/mutation-run.md'), 'utf8'));
    assert.ok(entries.length > 0);
    for (const { place, mutant: text } of entries) {
      const file = place.endsWith('.ts') ? place : `src/linters/${place.replace('/', '/rules/')}.ts`;
      assert.ok(existsSync(join(ROOT, file)), `${file} is gone`);
      const source = readFileSync(join(ROOT, file), 'utf8').replace(/\s+/g, ' ').replaceAll('`', "'");
      const code = /: `([^`]*)`$/.exec(text)?.[1] ?? '';
      assert.ok(code !== '' && source.includes(code.replace(/…$/, '')), `${file} has no ${code}`);
    }
  });

  it('writes long code in short', () => {
    assert.equal(written({ what: 'threshold', code: 'x'.repeat(120) }), `threshold: \`${'x'.repeat(110)}…\``);
  });
});
