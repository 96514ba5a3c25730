import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { listBody } from '../../src/cluster/list-body.ts';
import '../helpers/property-seed.ts';

describe('a list whose items are parsed later', () => {
  it('is what JSON.parse makes of it, wherever the items stand and whatever they hold', () => {
    const item = fc.dictionary(fc.string(), fc.jsonValue());
    const list = fc.record({
      before: fc.jsonValue(),
      items: fc.array(item),
      after: fc.jsonValue(),
      indent: fc.constantFrom(undefined, 2),
      token: fc.string(),
    });
    fc.assert(
      fc.property(list, ({ before, items, after, indent, token }) => {
        const whole = {
          kind: 'PodList',
          before,
          nested: { items: [1, { items: [{}] }] },
          items,
          metadata: { continue: token, remainingItemCount: 3 },
          after,
        };
        const body = listBody(JSON.stringify(whole, null, indent));
        assert.ok(body);
        assert.deepEqual([body.count, body.next, body.remaining], [items.length, token, 3]);
        const half = items.length >> 1;
        assert.deepEqual([...body.items(0, half), ...body.items(half, items.length)], JSON.parse(JSON.stringify(items)));
      }),
      { numRuns: 300 },
    );
  });

  it('cut anywhere it is no list, or breaks when its items are parsed', () => {
    const text = JSON.stringify({ kind: 'PodList', items: [{ a: 'x"}]\\' }, { b: [{}, '{'] }], metadata: { continue: 'x' } });
    for (let length = 0; length < text.length; length++) assert.equal(listBody(text.slice(0, length)), undefined, text.slice(0, length));
    assert.deepEqual(listBody(text)?.items(0, 9), [{ a: 'x"}]\\' }, { b: [{}, '{'] }]);
    const broken = listBody('{"items": [{"a" 1}], "metadata": {}}');
    assert.throws(() => broken?.items(0, 1), SyntaxError);
  });

  for (const [text, count] of [
    ['{"items": null, "metadata": {}}', 0],
    ['{"items": []}', 0],
    ['{"metadata": {}}', 0],
    ['{"items": {}}', undefined],
    ['{"items": 7}', undefined],
    ['[]', undefined],
    ['null', undefined],
    ['', undefined],
    ['{"x": "items", "y": [{}]}', 0],
  ] as const) {
    it(`${text || 'nothing'}: ${count ?? 'no list'}`, () => assert.equal(listBody(text)?.count, count));
  }
});
