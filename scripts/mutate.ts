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
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { API } from 'typescript/unstable/sync';
import { type Mutant, mutantsOf } from './mutation/mutants.ts';

const ROOT = resolve(import.meta.dirname, '..');
const AT_ONCE = 2;
/** A mutant that loops is killed after this time. */
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

/** Arguments of the test runner for each step of a file: first the cheap one. */
function stepsOf(copy: string, file: string): { readonly verdict: Verdict; readonly args: readonly string[] }[] {
  const pages = 'test/rule-pages/rule-pages.test.ts';
  const room = `test/linters/${roomOf(file)}`;
  const tests = existsSync(join(copy, room)) ? readdirSync(join(copy, room)).filter((name) => name.endsWith('.test.ts')) : [];
  const rule = ruleOf(file);
  return [
    ...(rule ? [{ verdict: 'page' as const, args: [`--test-name-pattern=^${rule} `, pages] }] : []),
    { verdict: rule ? 'tests' : 'page', args: [`--test-name-pattern=^${roomOf(file)}/`, pages] },
    ...(tests.length > 0 ? [{ verdict: 'tests' as const, args: tests.map((name) => `${room}/${name}`) }] : []),
  ];
}

/** Runs tests on the copy, with a mutant or as it is; a page's cases with LF only, which say as much about a guard. Gives the number of passed tests, or undefined when one failed. */
function passes(copy: string, args: readonly string[], mutant?: Mutant): Promise<number | undefined> {
  const hook = join(ROOT, 'scripts/mutation/hook.mjs');
  const change = mutant && { ...mutant, url: pathToFileURL(join(copy, mutant.file)).href };
  return new Promise((done) => {
    const child = spawn(
      process.execPath,
      [
        '--test',
        '--test-isolation=none',
        '--test-skip-pattern=\\(CRLF\\)$',
        `--import=${hook}`,
        `--test-reporter=${hook}`,
        '--test-reporter-destination=stdout',
        ...args,
      ],
      {
        cwd: copy,
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { ...process.env, NODE_COMPILE_CACHE: join(copy, '.compiled'), MUTANT: change ? JSON.stringify(change) : '' },
      },
    );
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    let printed = '';
    child.stdout.on('data', (data) => {
      printed += data;
    });
    child.on('close', (status) => {
      clearTimeout(timer);
      done(status === 0 ? Number(printed.trim().split('\n').at(-1)) : undefined);
    });
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

async function judge(copy: string, compiler: Compiler, mutant: Mutant): Promise<Verdict> {
  for (const { verdict, args } of stepsOf(copy, mutant.file)) if ((await passes(copy, args, mutant)) === undefined) return verdict;
  return compiler.accepts(mutant) ? 'survived' : 'types';
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
  for (const file of files) {
    for (const { args } of stepsOf(copy, file)) {
      if (!(await passes(copy, args))) throw new Error(`these tests fail (or are none) without any mutant: ${args.join(' ')}`);
    }
    const queue = compiler.mutants(file);
    const done: Judged[] = [];
    const work = async (): Promise<void> => {
      for (let mutant = queue.shift(); mutant; mutant = queue.shift())
        done.push({ ...mutant, verdict: await judge(copy, compiler, mutant) });
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    judged.push(...done.sort((a, b) => a.start - b.start));
    const count = (verdict: Verdict): number => done.filter((one) => one.verdict === verdict).length;
    process.stdout.write(
      `| ${ruleOf(file) ?? file} | ${done.length} | ${count('page')} | ${count('tests')} | ${count('types')} | ${count('survived')} |\n`,
    );
    if (values.json) writeFileSync(values.json, `${JSON.stringify(judged, null, 1)}\n`);
  }
  const survivors = judged.filter(({ verdict }) => verdict === 'survived');
  process.stdout.write(`\n${judged.length} mutants, ${survivors.length} survived\n`);
  for (const { file, line, what, code } of survivors) process.stdout.write(`${file}:${line} ${what}: ${code.slice(0, 110)}\n`);
  process.exitCode = survivors.length > 0 ? 1 : 0;
} finally {
  compiler.close();
  rmSync(copy, { recursive: true, force: true });
}
