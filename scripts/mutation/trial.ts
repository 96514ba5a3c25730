/** Tries the mutants of one file in a process of their own. */
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Mutant, withSwitches } from './mutants.ts';

/** A mutant that loops is ended after this time. */
const LIMIT_MS = 20_000;

/** What noticed a mutant: a case of the rule's page (for facts: of a page of the room), another page or test of the room, the compiler. */
export type Verdict = 'page' | 'tests' | 'types' | 'survived';

export const roomOf = (file: string): string => file.split('/')[2] ?? '';

export function ruleOf(file: string): string | undefined {
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
export class Trial {
  private readonly start: (first: number) => ChildProcess;
  private child: ChildProcess | undefined;

  constructor(copy: string, file: string, mutants: readonly Mutant[]) {
    const url = (path: string): string => pathToFileURL(join(copy, path)).href;
    const steps = stepsOf(copy, file).map((step) => ({ ...step, files: step.files.map(url) }));
    const text = withSwitches(readFileSync(join(copy, file), 'utf8'), mutants);
    const MUTATION = JSON.stringify({ file: url(file), text, steps });
    this.start = (first) =>
      fork(join(import.meta.dirname, 'try-mutants.mjs'), {
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
