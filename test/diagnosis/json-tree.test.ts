import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import '../helpers/property-seed.ts';
import { jsonPointer, type JsonValue, jsonTree } from '../../src/text/json-tree.ts';
import type { YamlNode } from '../../src/text/yaml.ts';

function scalars(node: YamlNode, path: readonly (string | number)[] = []): { node: YamlNode; path: readonly (string | number)[] }[] {
  if (node.kind === 'map') return [...node.pairs].flatMap(([name, { value }]) => scalars(value, [...path, name]));
  if (node.kind === 'sequence') return node.items.flatMap((item, at) => scalars(item, [...path, at]));
  return [{ node, path }];
}

function follow(value: JsonValue, pointer: string): unknown {
  let at: unknown = value;
  for (const token of pointer.split('/').slice(1)) at = (at as Record<string, unknown>)[token.replaceAll('~1', '/').replaceAll('~0', '~')];
  return at;
}

describe('a live object as a tree', () => {
  it('stands where its text does, and each pointer leads to what it points at', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (any) => {
        const value = JSON.parse(JSON.stringify(any)) as JsonValue;
        const { file, root } = jsonTree('x.json', value);
        assert.deepEqual(JSON.parse(file.text), value);
        for (const { node } of scalars(root)) {
          const pointer = jsonPointer(root, node);
          const text = file.text.slice(node.start, node.end);
          const quoted = file.text[node.start - 1] === '"' && node.kind === 'scalar' && node.style === 'double';
          assert.deepEqual(JSON.parse(quoted ? `"${text}"` : text), follow(value, pointer));
        }
      }),
      { numRuns: 300 },
    );
  });
});
