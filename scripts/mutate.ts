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
import { type ChildProcess, fork } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { API } from 'typescript/unstable/sync';
import { type Mutant, mutantsOf, withSwitches } from './mutation/mutants.ts';

const ROOT = resolve(import.meta.dirname, '..');
const AT_ONCE = 2;
/** A mutant that loops is ended after this time. */
const LIMIT_MS = 60_000;

type Verdict = 'page' | 'tests' | 'types' | 'survived';

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
const roomOf = (file: string): string => file.split('/')[2] ?? '';

function ruleOf(file: string): string | undefined {
  const [, room, name] = /^src\/linters\/([^/]+)\/rules\/([^/]+)\.ts$/.exec(file) ?? [];
  return room && `${room}/${name}`;
}

interface Step {
  readonly verdict: Verdict;
  /** Test files below the root. */
  readonly files: readonly string[];
  /** How the names of its tests begin; all of them when undefined. */
  readonly name?: string;
}

/** What is tried for a file's mutants, the cheap step first. */
function stepsOf(copy: string, file: string): Step[] {
  const files = ['test/rule-pages/rule-pages.test.ts'];
  const room = `test/linters/${roomOf(file)}`;
  const tests = existsSync(join(copy, room)) ? readdirSync(join(copy, room)).filter((name) => name.endsWith('.test.ts')) : [];
  const rule = ruleOf(file);
  return [
    ...(rule ? [{ verdict: 'page' as const, files, name: `${rule} ` }] : []),
    { verdict: rule ? 'tests' : 'page', files, name: `${roomOf(file)}/` },
    ...(tests.length > 0 ? [{ verdict: 'tests' as const, files: tests.map((name) => `${room}/${name}`) }] : []),
  ];
}

/** A process with one file's mutants, each behind a switch. */
class Trial {
  private readonly start: (first: number) => ChildProcess;
  private child: ChildProcess | undefined;

  constructor(copy: string, file: string, mutants: readonly Mutant[]) {
    const url = (path: string): string => pathToFileURL(join(copy, path)).href;
    const steps = stepsOf(copy, file).map((step) => ({ ...step, files: step.files.map(url) }));
    const text = withSwitches(readFileSync(join(copy, file), 'utf8'), mutants);
    const MUTATION = JSON.stringify({ file: url(file), text, steps });
    this.start = (first) =>
      fork(join(ROOT, 'scripts/mutation/try-mutants.mjs'), {
        cwd: copy,
        execArgv: [],
        stdio: ['ignore', 'ignore', first === -1 ? 'inherit' : 'ignore', 'ipc'],
        env: { ...process.env, NODE_COMPILE_CACHE: join(copy, '.compiled'), MUTATION, MUTANT: String(first) },
      });
  }

  /** -1 is the file as it is. `anew`: in a process of its own, where the mutant is on while files are loaded. */
  async verdictOf(mutant: number, anew = false): Promise<Verdict> {
    if (!this.child || anew) {
      this.end();
      this.child = this.start(anew ? mutant : -1);
      if ((await answerOf(this.child)) !== 'ready') throw new Error('the tests could not be loaded');
    }
    const answer = answerOf(this.child);
    this.child.send(mutant);
    const verdict = await answer;
    if (verdict === undefined || anew) this.end();
    return verdict === undefined || verdict === 'ready' ? 'page' : verdict;
  }

  end(): void {
    this.child?.kill('SIGKILL');
    this.child = undefined;
  }
}

/** The next message of a process; undefined when it ends or takes too long, as one does that loops. */
function answerOf(child: ChildProcess): Promise<Verdict | 'ready' | undefined> {
  return new Promise((done) => {
    const timer = setTimeout(() => done(undefined), LIMIT_MS);
    const settle = (answer?: Verdict | 'ready'): void => {
      clearTimeout(timer);
      child.removeAllListeners();
      done(answer);
    };
    child.once('message', (message) => settle(message as Verdict | 'ready'));
    child.once('exit', () => settle());
  });
}

class Compiler {
  private readonly copy: string;
  private changed: Mutant | undefined;
  private readonly api: API;
  constructor(copy: string) {
    this.copy = copy;
    this.api = new API({
      cwd: copy,
      fs: { readFile: (path) => (this.changed && path === join(copy, this.changed.file) ? this.textOf(this.changed) : undefined) },
    });
    this.api.updateSnapshot({ openProjects: [join(copy, 'tsconfig.json')] });
  }

  private textOf({ file, start, end, text }: Mutant): string {
    const before = readFileSync(join(this.copy, file), 'utf8');
    return before.slice(0, start) + text + before.slice(end);
  }

  private get program() {
    const [project] = this.api.updateSnapshot().getProjects();
    if (!project) throw new Error('no project');
    return project.program;
  }

  mutants(file: string): Mutant[] {
    const source = this.program.getSourceFile(join(this.copy, file));
    if (!source) throw new Error(`${file} is not part of the project`);
    return mutantsOf(file, source);
  }

  /** Whether the mutated file is still well typed; unused names don't count. */
  accepts(mutant: Mutant): boolean {
    this.changed = mutant;
    const path = join(this.copy, mutant.file);
    const [project] = this.api.updateSnapshot({ fileChanges: { changed: [path] } }).getProjects();
    const errors =
      project?.program.getSemanticDiagnostics(path).filter(({ code }) => code !== 6133 && code !== 6196 && code !== 6192) ?? [];
    this.changed = undefined;
    this.api.updateSnapshot({ fileChanges: { changed: [path] } });
    return errors.length === 0;
  }

  close(): void {
    this.api.close();
  }
}

/** Tries all mutants of a file. Survivors are tried again, each in a process of its own, and then shown to the compiler. */
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
    if (verdict === 'survived') verdict = await trial.verdictOf(number, true);
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
