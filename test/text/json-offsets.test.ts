import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import '../helpers/property-seed.ts';
import { parseEmbeddedYaml } from '../../src/text/embedded.ts';
import { jsonTree } from '../../src/text/json-tree.ts';
import { offsetMap, scalarAt, textAt } from '../../src/text/yaml.ts';

describe('text inside a live object', () => {
  it('each character has its place in the JSON, escapes and all', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const { file, root } = jsonTree('x.json', { a: text });
        const scalar = scalarAt(root, 'a');
        assert.ok(scalar);
        const map = offsetMap(scalar);
        assert.ok(map);
        for (let at = 0; at < text.length; at++) {
          const written = file.text.slice(map(at), map(at + 1));
          assert.equal(JSON.parse(`"${written}"`), text[at]);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('is parsed as any other', () => {
    const { file, root } = jsonTree('x.json', { mesh: 'defaultConfig:\n  concurrency: 2\nname: "a\\tb"\n' });
    const scalar = scalarAt(root, 'mesh');
    const inner = scalar && parseEmbeddedYaml(scalar);
    assert.equal(textAt(inner, 'name'), 'a\tb');
    const concurrency = scalarAt(inner, 'defaultConfig', 'concurrency');
    assert.equal(concurrency && file.text.slice(concurrency.start, concurrency.end), '2');
  });
});
