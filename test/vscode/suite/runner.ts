/**
 * A small test runner for inside the extension host: tests run one after the other (they share one window), each with a time limit, and
 * report TAP lines as they end. `node:test` reports at process exit, which in an extension host nobody sees.
 */
import { writeFileSync } from 'node:fs';

/** One test's outcome, as written to the result file. */
export interface Outcome {
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  readonly durationMs: number;
  /** Why it failed, or why it was skipped. */
  readonly detail?: string;
}

interface RegisteredTest {
  readonly name: string;
  readonly timeoutMs: number;
  readonly body: () => Promise<void> | void;
}

const registered: RegisteredTest[] = [];
const DEFAULT_TIMEOUT_MS = 60_000;

/** Thrown by `skip`. */
class Skipped extends Error {}

/** Registers a test. Names must be unique, because `--grep` and reports go by name. */
export function test(name: string, body: () => Promise<void> | void, options: { readonly timeoutMs?: number } = {}): void {
  if (registered.some((other) => other.name === name)) throw new Error(`two tests are named "${name}"`);
  registered.push({ name, body, timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS });
}

/** Ends the running test as skipped; in CI a skipped test fails the run. */
export function skip(reason: string): never {
  throw new Skipped(reason);
}

/**
 * Runs every registered test whose name contains `RUNBOOK_LENS_TEST_GREP`.
 * Writes `{passed, failed, skipped, tests}` to `RUNBOOK_LENS_TEST_RESULT`; throws when a test failed or none ran, which makes the host exit 1.
 */
export async function runRegisteredTests(): Promise<void> {
  // Failures name the line of the test, not of the bundle.
  process.setSourceMapsEnabled(true);
  const grep = process.env.RUNBOOK_LENS_TEST_GREP ?? '';
  const selected = registered.filter((entry) => entry.name.includes(grep));
  const outcomes: Outcome[] = [];
  console.log(`1..${selected.length}`);
  for (const [index, entry] of selected.entries()) {
    const outcome = await runOne(entry);
    outcomes.push(outcome);
    console.log(tapLine(index + 1, outcome));
    writeResult(outcomes);
  }
  writeResult(outcomes, selected.length);
  const failed = outcomes.filter((outcome) => outcome.status === 'failed').length;
  if (failed > 0) throw new Error(`${failed} of ${outcomes.length} editor tests failed`);
  if (outcomes.length === 0) throw new Error(`no editor test is named like "${grep}"`);
}

async function runOne(entry: RegisteredTest): Promise<Outcome> {
  const startMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const outcome = (status: Outcome['status'], detail?: string): Outcome => ({
    name: entry.name,
    status,
    durationMs: Math.round(performance.now() - startMs),
    ...(detail === undefined ? {} : { detail }),
  });
  try {
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`took longer than ${entry.timeoutMs} ms`)), entry.timeoutMs);
    });
    await Promise.race([(async () => entry.body())(), timeout]);
    return outcome('passed');
  } catch (error) {
    if (error instanceof Skipped) return outcome('skipped', error.message);
    return outcome('failed', error instanceof Error ? (error.stack ?? error.message) : String(error));
  } finally {
    clearTimeout(timer);
  }
}

function tapLine(number: number, outcome: Outcome): string {
  const line = `${outcome.status === 'failed' ? 'not ok' : 'ok'} ${number} - ${outcome.name}`;
  if (outcome.status === 'skipped') return `${line} # SKIP ${outcome.detail ?? ''}`;
  const detail = outcome.status === 'failed' ? `\n${(outcome.detail ?? '').replace(/^/gm, '    ')}` : '';
  return `${line} # ${outcome.durationMs} ms${detail}`;
}

/** `planned` is written only at the end: a result without it tells that the host died on the way. */
function writeResult(tests: readonly Outcome[], planned?: number): void {
  const path = process.env.RUNBOOK_LENS_TEST_RESULT;
  if (path === undefined) return;
  const count = (status: Outcome['status']) => tests.filter((outcome) => outcome.status === status).length;
  const totals = { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
  writeFileSync(path, `${JSON.stringify({ ...totals, ...(planned === undefined ? {} : { planned }), tests }, null, 2)}\n`);
}
