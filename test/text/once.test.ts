import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ObjectMemo, oncePer, oncePerPart } from '../../src/text/once.ts';

/** A keystroke makes some 2 MiB of objects. Where one of them is held until the next full collection, it holds most of the others. */
const MOST_KIB_A_KEYSTROKE = 100;

describe('what is worked out of an object', () => {
  it('is worked out once for each object, also where it is nothing', () => {
    let asked = 0;
    const count = oncePer((_key: object): undefined => {
      asked++;
    });
    const [one, other] = [{}, []];
    for (const key of [one, one, other, other]) assert.equal(count(key), undefined);
    assert.equal(asked, 2);
  });

  it('is kept apart for each question', () => {
    const object = { n: 1 };
    const double = oncePer(({ n }: typeof object) => n * 2);
    const text = oncePer(({ n }: typeof object) => String(n));
    assert.deepEqual([double(object), text(object), double(object)], [2, '1', 2]);
  });

  it('does not show, and a copy starts without', () => {
    const name = oncePer(({ n }: { n: number }) => `n${n}`);
    const object = { n: 1 };
    name(object);
    assert.deepEqual(Reflect.ownKeys({ ...object }), ['n']);
    assert.equal(JSON.stringify(object), '{"n":1}');
    assert.deepEqual(structuredClone(object), { n: 1 });
    assert.equal(name({ ...object, n: 2 }), 'n2');
  });

  it('is worked out anew each time for an object that was frozen', () => {
    const memo = new ObjectMemo<object, number>();
    const frozen = Object.freeze({});
    assert.equal(memo.set(frozen, 1), 1);
    assert.equal(memo.get(frozen), undefined);
  });

  it('is worked out once for an object and something of it', () => {
    const asked: string[] = [];
    const joined = oncePerPart((whole: { readonly id: string }, part: string) => {
      asked.push(part);
      return whole.id + part;
    });
    const [a, b] = [{ id: 'a' }, { id: 'b' }];
    assert.deepEqual([joined(a, 'x'), joined(a, 'x'), joined(a, 'y'), joined(b, 'x')], ['ax', 'ax', 'ay', 'bx']);
    assert.deepEqual(asked, ['x', 'y', 'x']);
  });

  it('goes with the object while somebody types: the young collection frees it', () => {
    const script = join(import.meta.dirname, '..', 'helpers', 'typing-growth.ts');
    // Room enough that no full collection comes in between. V8 may also guess that what lived long once will do so again, and makes it old at once:
    // that is its own affair.
    const flags = ['--initial-old-space-size=2000', '--no-allocation-site-pretenuring'];
    const run = spawnSync(process.execPath, [...flags, script], { encoding: 'utf8' });
    assert.equal(run.stderr, '');
    assert.ok(Number(run.stdout) < MOST_KIB_A_KEYSTROKE, `the old generation grows by ${run.stdout} KiB a keystroke`);
  });
});
