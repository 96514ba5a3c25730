/**
 * The process that tries the mutants of one file. It gets `{ file, text, steps }` as MUTATION: the file's URL, its text with switches, and
 * the steps, each with its verdict, test files and the names' beginning; MUTANT is on from the start (-1: none). Then each message is the number
 * of a mutant, and the answer the verdict of the first step that fails, or `survived`.
 */
import { registerHooks } from 'node:module';
import { tests } from './test-shim.mjs';

const { file, text, steps } = JSON.parse(process.env.MUTATION ?? '');
globalThis.mutant = Number(process.env.MUTANT);

registerHooks({
  resolve(specifier, context, next) {
    return specifier === 'node:test'
      ? { url: new URL('./test-shim.mjs', import.meta.url).href, shortCircuit: true }
      : next(specifier, context);
  },
  load(url, context, next) {
    const loaded = next(url, context);
    return url === file ? { ...loaded, source: text } : loaded;
  },
});

/** A page's cases with LF say as much about a guard as those with CRLF. */
async function testsOf({ files, name }) {
  const from = tests.length;
  for (const one of files) await import(one);
  return tests.slice(from).filter((test) => !test.name.endsWith('(CRLF)') && (name === undefined || test.name.startsWith(name)));
}

async function verdictOf(loaded) {
  for (const { verdict, own } of loaded) {
    for (const test of own) {
      try {
        await test.body();
      } catch {
        // What has just noticed one is likely to notice the next.
        own.unshift(...own.splice(own.indexOf(test), 1));
        return verdict;
      }
    }
  }
  return 'survived';
}

let loaded;
try {
  const byFiles = new Map();
  loaded = [];
  for (const step of steps) {
    const key = step.files.join();
    if (!byFiles.has(key)) byFiles.set(key, await testsOf({ files: step.files }));
    const own = byFiles.get(key).filter((test) => step.name === undefined || test.name.startsWith(step.name));
    if (own.length === 0) throw new Error(`no test of ${key} begins with "${step.name}"`);
    loaded.push({ verdict: step.verdict, own });
  }
} catch (error) {
  if (process.env.MUTANT === '-1') throw error;
  // A mutant that can't even be loaded is noticed by everything.
}
process.on('message', async (number) => {
  globalThis.mutant = number;
  process.send(loaded === undefined ? steps[0].verdict : await verdictOf(loaded));
});
process.send('ready');
