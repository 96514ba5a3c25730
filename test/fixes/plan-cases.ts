import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Change, Plain } from '../../src/fixes/change.ts';
import { after, Opened, type Step } from './planning.ts';

type Steps = readonly Step[];
type Make = (opened: Opened) => Change;

export const set =
  (path: string[], value: Plain, ...at: Step[]): Make =>
  (o) => ({ change: 'set-entry', map: o.map(...at), path, value });
export const text =
  (value: string, at: Steps, asString = false): Make =>
  (o) => ({ change: 'set-scalar', scalar: o.scalar(...at), text: value, asString });
export const remove =
  (path: string[], prune = false, ...at: Step[]): Make =>
  (o) => ({ change: 'remove-entry', map: o.map(...at), path, prune });
export const rename =
  (key: string, to: string, ...at: Step[]): Make =>
  (o) => ({ change: 'rename-key', map: o.map(...at), key, to });
export const add =
  (value: Plain, ...at: Step[]): Make =>
  (o) => ({ change: 'add-item', sequence: o.list(...at), value });
export const drop =
  (index: number, ...at: Step[]): Make =>
  (o) => ({ change: 'remove-item', sequence: o.list(...at), item: o.node(...at, index) });
export const replace =
  (found: string, value: string): Make =>
  (o) => {
    const start = o.file.text.indexOf(found);
    return { change: 'replace-text', at: { file: o.file, start, end: start + found.length }, text: value };
  };
export const insert =
  (offset: (text: string) => number, value: string): Make =>
  (o) => {
    const start = offset(o.file.text);
    return { change: 'replace-text', at: { file: o.file, start, end: start }, text: value };
  };
export const object =
  (value: Plain): Make =>
  (o) => ({ change: 'add-object', beside: o.map(), object: value });
export const append =
  (line: string): Make =>
  (o) => ({ change: 'append-line', file: o.file, text: line });

interface Case {
  readonly name: string;
  readonly before: string;
  readonly make: Make | Make[];
  readonly after: string;
  readonly path?: string;
}

/** A change to a text, and the text that it must give. */
export function run(group: string, cases: readonly Case[]): void {
  describe(group, () => {
    for (const one of cases) {
      it(one.name, () => {
        const opened = new Opened(one.before, one.path);
        const makes = Array.isArray(one.make) ? one.make : [one.make];
        assert.equal(
          after(
            opened,
            makes.map((make) => make(opened)),
          ),
          one.after,
        );
      });
    }
  });
}

export const J = 'values.json';
export const NAMED = { kind: 'S', metadata: { name: 'q' } };
