/**
 * Deletes the guards of the rules one at a time and says which deletions no test notices.
 *
 *   npm run mutate -- kong/db-cache-ttl-zero     one rule
 *   npm run mutate -- kong                       a room: its rules and its facts
 *   npm run mutate -- [--rules] [--json FILE]    all rooms (`--rules`: without their facts)
 *
 * A rule's mutant is tried against its page; what survives, against all pages and tests of its technology, then against the compiler. Facts start
 * with the second step. Works on a copy of the sources, so that files may change meanwhile. A survivor that `docs/mutation-run.md` lists among the
 * equivalent mutants is explained. Exit status 1: others survive, or the list names a mutant that is noticed now or no longer there.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Compiler } from './mutation/compiler.ts';
import { compare, placeOf, readEquivalents, written } from './mutation/equivalent.ts';
import type { Mutant } from './mutation/mutants.ts';
import { roomOf, ruleOf, Trial, type Verdict } from './mutation/trial.ts';

const ROOT = resolve(import.meta.dirname, '..');
const AT_ONCE = 2;
const EQUIVALENTS = readEquivalents(readFileSync(join(ROOT, 'docs/mutation-run.md'), 'utf8'));

interface Judged extends Mutant {
  readonly verdict: Verdict | 'equivalent';
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
  const { explained } = compare(judged.filter(survived), EQUIVALENTS, new Set([placeOf(file)]), () => true);
  return judged.map((one) => (explained.includes(one) ? { ...one, verdict: 'equivalent' } : one));
}

const survived = ({ verdict }: Judged): boolean => verdict === 'survived';

const copy = copyOfSources();
const compiler = new Compiler(copy);
try {
  const files = filesToMutate(copy);
  if (files.length === 0) throw new Error(`no such rule or technology: ${positionals.join(' ')}`);
  const tried = new Set(files.map(placeOf));
  const judged: Judged[] = [];
  process.stdout.write('| file | mutants | its page | other tests | compiler | equivalent | open |\n|---|--:|--:|--:|--:|--:|--:|\n');
  const work = async (): Promise<void> => {
    for (let file = files.shift(); file; file = files.shift()) {
      const done = await judge(copy, compiler, file);
      judged.push(...done);
      const counts = (['page', 'tests', 'types', 'equivalent', 'survived'] as const).map(
        (verdict) => done.filter((one) => one.verdict === verdict).length,
      );
      process.stdout.write(`| ${placeOf(file)} | ${done.length} | ${counts.join(' | ')} |\n`);
      if (values.json) writeFileSync(values.json, `${JSON.stringify(judged, null, 1)}\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const exists = (place: string): boolean => existsSync(join(ROOT, place)) || existsSync(join(ROOT, 'docs/rules', `${place}.md`));
  const undetected = judged.filter(({ verdict }) => verdict === 'survived' || verdict === 'equivalent');
  const { open, stale } = compare(undetected, EQUIVALENTS, tried, exists);
  process.stdout.write(`\n${judged.length} mutants, ${open.length} open\n`);
  for (const mutant of open) process.stdout.write(`${mutant.file}:${mutant.line} ${written(mutant)}\n`);
  for (const { place, mutant } of stale) process.stdout.write(`listed as equivalent, but noticed or no longer there: ${place} ${mutant}\n`);
  process.exitCode = open.length + stale.length > 0 ? 1 : 0;
} finally {
  compiler.close();
  rmSync(copy, { recursive: true, force: true });
}
