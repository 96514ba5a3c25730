/**
 * Deletes the guards of the rules one at a time and says which deletions no test notices.
 *
 *   npm run mutate -- kong/db-cache-ttl-zero     one rule
 *   npm run mutate -- kong                       a room: its rules and its facts
 *   npm run mutate -- [--rules] [--json FILE]    all rooms (`--rules`: without their facts)
 *
 * A rule's mutant is tried against its page; what survives, against all pages and tests of its technology, then against the compiler. Facts start
 * with the second step. Works on a copy of the sources, so that files may change meanwhile. Exit status 1: there are survivors.
 */
import { cpSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Compiler } from './mutation/compiler.ts';
import type { Mutant } from './mutation/mutants.ts';
import { roomOf, ruleOf, Trial, type Verdict } from './mutation/trial.ts';

const ROOT = resolve(import.meta.dirname, '..');
const AT_ONCE = 2;

interface Judged extends Mutant {
  readonly verdict: Verdict;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rules: { type: 'boolean', default: false }, json: { type: 'string' } },
});

/** The sources that tests load, with the packages linked. */
function copyOfSources(): string {
  const copy = realpathSync(mkdtempSync(join(tmpdir(), 'runbook-lens-mutants-')));
  for (const path of ['src', 'data', 'docs/rules', 'test', 'package.json', 'tsconfig.json']) {
    cpSync(join(ROOT, path), join(copy, path), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** Source files that the arguments name: `technology/rule`, a technology, or nothing for all. */
function filesToMutate(copy: string): string[] {
  const rooms = readdirSync(join(copy, 'docs/rules'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const files = rooms.flatMap(({ name }) =>
    readdirSync(join(copy, 'src/linters', name), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && (!values.rules || path.startsWith('rules/')))
      .map((path) => `src/linters/${name}/${path}`)
      .sort(byRulesFirst),
  );
  if (positionals.length === 0) return files;
  const wanted = new Set(
    positionals.flatMap((name) => files.filter((file) => roomOf(file) === name || ruleOf(file) === name || file === name)),
  );
  return [...wanted];
}

const byRulesFirst = (a: string, b: string): number =>
  Number(ruleOf(b) !== undefined) - Number(ruleOf(a) !== undefined) || (a < b ? -1 : 1);

/** Tries all mutants of a file, those of code that runs as the file is loaded in processes of their own; survivors are shown to the compiler. */
async function judge(copy: string, compiler: Compiler, file: string): Promise<Judged[]> {
  const mutants = compiler.mutants(file);
  const trial = new Trial(copy, file, mutants);
  const asItIs = async (): Promise<void> => {
    if ((await trial.verdictOf(-1)) !== 'survived') throw new Error(`${file}: a test fails without any mutant`);
  };
  await asItIs();
  const verdicts: Verdict[] = [];
  for (const number of mutants.keys()) verdicts.push(await trial.verdictOf(number));
  await asItIs();
  const judged: Judged[] = [];
  for (const [number, mutant] of mutants.entries()) {
    let verdict = verdicts[number] ?? 'survived';
    if (verdict === 'survived' && mutant.atLoad) verdict = await trial.verdictOf(number, true);
    if (verdict === 'survived' && !compiler.accepts(mutant)) verdict = 'types';
    judged.push({ ...mutant, verdict });
  }
  trial.end();
  return judged;
}

const copy = copyOfSources();
const compiler = new Compiler(copy);
try {
  const files = filesToMutate(copy);
  if (files.length === 0) throw new Error(`no such rule or technology: ${positionals.join(' ')}`);
  const judged: Judged[] = [];
  process.stdout.write(
    '| file | mutants | killed by its page | by other tests | by the compiler | survived |\n|---|--:|--:|--:|--:|--:|\n',
  );
  const work = async (): Promise<void> => {
    for (let file = files.shift(); file; file = files.shift()) {
      const done = await judge(copy, compiler, file);
      judged.push(...done);
      const count = (verdict: Verdict): number => done.filter((one) => one.verdict === verdict).length;
      process.stdout.write(
        `| ${ruleOf(file) ?? file} | ${done.length} | ${count('page')} | ${count('tests')} | ${count('types')} | ${count('survived')} |\n`,
      );
      if (values.json) writeFileSync(values.json, `${JSON.stringify(judged, null, 1)}\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const survivors = judged.filter(({ verdict }) => verdict === 'survived');
  process.stdout.write(`\n${judged.length} mutants, ${survivors.length} survived\n`);
  for (const { file, line, what, code } of survivors) process.stdout.write(`${file}:${line} ${what}: ${code.slice(0, 110)}\n`);
  process.exitCode = survivors.length > 0 ? 1 : 0;
} finally {
  compiler.close();
  rmSync(copy, { recursive: true, force: true });
}
