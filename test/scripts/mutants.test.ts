import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Compiler } from '../../scripts/mutation/compiler.ts';
import { withSwitches } from '../../scripts/mutation/mutants.ts';

const SOURCE = `
const LIMIT = 3;
type Severity = 'error' | 'warning';
export function judge(items: readonly number[], known: boolean, name?: string): Severity | undefined {
  if (!known) return undefined;
  const many = items.filter((item) => item > 0);
  if (many.length < LIMIT && name !== undefined && name.length > 1) return 'warning';
  return many.length > 5 ? 'error' : undefined;
}
`;

describe('the mutants of a file', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mutants-test-')));
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(folder, 'tsconfig.json'),
    '{ "compilerOptions": { "strict": true, "noEmit": true, "types": [] }, "include": ["src"] }',
  );
  writeFileSync(join(folder, 'src/judge.ts'), SOURCE);
  const compiler = new Compiler(folder);
  const mutants = compiler.mutants('src/judge.ts');
  after(() => {
    compiler.close();
    rmSync(folder, { recursive: true });
  });

  it('are its guards, operands, predicates, thresholds and severities, and no types', () => {
    assert.deepEqual(
      mutants.map(({ line, what }) => `${line} ${what}`),
      [
        '5 guard removed',
        '6 predicate always true',
        '6 threshold',
        '7 guard removed',
        '7 without operand name.length > 1',
        '7 without operand name !== undefined',
        '7 without operand many.length < LIMIT',
        '7 threshold',
        '7 threshold',
        '7 other severity',
        '8 always the first',
        '8 always the second',
        '8 threshold',
        '8 other severity',
      ],
    );
  });

  it('are in the file all at once, each behind a switch', async () => {
    writeFileSync(join(folder, 'src/switched.ts'), withSwitches(SOURCE, mutants));
    const { judge } = await import(pathToFileURL(join(folder, 'src/switched.ts')).href);
    const results = (number: number): unknown[] => {
      Object.assign(globalThis, { mutant: number });
      return [judge([1], false, 'ab'), judge([0, 0, 0, 0, 0, 1], true, 'ab'), judge([1, 2, 3, 4, 5, 6], true, undefined)];
    };
    const asItIs = [undefined, 'warning', 'error'];
    assert.deepEqual(results(-1), asItIs);
    const differing = mutants.filter((_, number) => JSON.stringify(results(number)) !== JSON.stringify(asItIs));
    assert.deepEqual(
      new Set(differing.map(({ what }) => what)),
      new Set(['guard removed', 'predicate always true', 'other severity', 'always the second', 'threshold']),
    );
    assert.deepEqual(results(-1), asItIs);
  });

  it('are shown to the compiler, which knows what a guard narrows', () => {
    const accepted = (what: string): boolean[] =>
      mutants.filter((mutant) => mutant.what === what).map((mutant) => compiler.accepts(mutant));
    assert.deepEqual(accepted('without operand name !== undefined'), [false]);
    assert.deepEqual(accepted('without operand many.length < LIMIT'), [true]);
    assert.deepEqual(accepted('always the first'), [true]);
  });
});
