import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEmbeddedYaml } from '../../src/text/embedded.ts';
import { sourceFile, textOf } from '../../src/text/source.ts';
import { nodeAt, scalarAt, textAt, type YamlScalar } from '../../src/text/yaml.ts';
import { parseYaml } from '../../src/text/yaml-parse.ts';

function meshOf(text: string): YamlScalar {
  const result = parseYaml(sourceFile('mesh.yaml', text));
  assert.ok(result.ok);
  const mesh = scalarAt(result.roots[0], 'data', 'mesh');
  assert.ok(mesh);
  return mesh;
}

for (const [name, eol] of [
  ['LF', '\n'],
  ['CRLF', '\r\n'],
] as const) {
  test(`nodes inside a literal block stand where the outer file has them (${name})`, () => {
    const text = [
      'data:',
      '  mesh: |-',
      '    defaultConfig:',
      '      # kept',
      "      image: 'a''b'",
      '      list: [1, é, 3]',
      'end: 1',
      '',
    ].join(eol);
    const root = parseEmbeddedYaml(meshOf(text));
    const image = scalarAt(root, 'defaultConfig', 'image');
    assert.ok(image);
    assert.equal(image.text, "a'b");
    assert.equal(textOf(image), "a''b");
    assert.equal(image.file.path, 'mesh.yaml');
    const last = nodeAt(root, 'defaultConfig', 'list', 2);
    assert.ok(last);
    assert.equal(textOf(last), '3');
    const list = nodeAt(root, 'defaultConfig', 'list');
    assert.ok(list);
    assert.equal(textOf(list), '[1, é, 3]');
    const key = root?.kind === 'map' ? root.pairs.get('defaultConfig')?.key : undefined;
    assert.ok(key);
    assert.equal(textOf(key), 'defaultConfig');
  });
}

test('a block inside the block keeps its decoded text and its place', () => {
  const root = parseEmbeddedYaml(meshOf('data:\n  mesh: |\n    a: |\n      x\n      y\n    b: 2\n'));
  assert.equal(textAt(root, 'a'), 'x\ny\n');
  assert.equal(textAt(root, 'b'), '2');
});

test('no way back to the file, no tree', () => {
  assert.equal(parseEmbeddedYaml(meshOf('data:\n  mesh: "a: 1\\nb: 2"\n')), undefined);
  assert.equal(parseEmbeddedYaml(meshOf('data:\n  mesh: >\n    a:\n    b\n')), undefined);
  assert.equal(parseEmbeddedYaml(meshOf('data:\n  mesh: |\n    a: [1\n')), undefined);
});
