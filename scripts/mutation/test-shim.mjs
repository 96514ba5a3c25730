/** Stands for `node:test` in the process that tries mutants: tests are kept, to be run again for each one. */
export const tests = [];
const names = [];

export function describe(name, body) {
  names.push(name);
  body();
  names.pop();
}

export function it(name, body) {
  tests.push({ name: [...names, name].join(' '), body });
}
