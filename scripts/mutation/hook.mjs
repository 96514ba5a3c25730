/**
 * Loaded into the test process of one mutant (`--import`, and as its reporter): the mutated file is changed as it is loaded, so nothing is
 * written and several mutants can run on the same copy. The first failed test ends the process.
 */
import { registerHooks } from 'node:module';

const mutant = process.env.MUTANT ? JSON.parse(process.env.MUTANT) : undefined;

if (mutant) {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (url !== mutant.url) return loaded;
      const source = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source);
      return { ...loaded, source: source.slice(0, mutant.start) + mutant.text + source.slice(mutant.end) };
    },
  });
}

/** @param {AsyncIterable<import('node:test').TestEvent>} events */
export default async function* reporter(events) {
  let passed = 0;
  for await (const event of events) {
    if (event.type === 'test:complete' && event.data.details.passed === false) process.exit(1);
    if (event.type === 'test:pass') passed++;
  }
  yield `${passed}\n`;
}
