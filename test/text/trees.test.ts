import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse as smolToml } from 'smol-toml';
import { type JsonNode, jsonAt, parseJson } from '../../src/text/json.ts';
import { parseToml, type TomlNode, tomlAt } from '../../src/text/toml.ts';
import { parseXml, xmlChild, xmlElements } from '../../src/text/xml.ts';

test('XML elements with places', () => {
  const text =
    '<?xml version="1.0"?>\r\n<!DOCTYPE project>\r\n<project a="ä>" b=\'1\'>\r\n\t<!-- <x> -->\r\n  <v>\r\n ü1.2&amp;&#65;<!-- c -->3 <![CDATA[<&]]>\r\n</v><e/><e></e></project>\r\n<!-- end -->';
  const result = parseXml(text);
  assert.ok(result.ok);
  const v = xmlChild(result.root, 'v');
  assert.equal(v?.text.text, 'ü1.2&A3 <&');
  assert.equal(text.slice(v?.text.at.start, v?.text.at.end), 'ü1.2&amp;&#65;<!-- c -->3 <![CDATA[<&');
  assert.equal(text.slice(v?.nameAt.start, v?.nameAt.end), 'v');
  assert.equal(text.slice(v?.at.start, v?.at.end).endsWith('</v>'), true);
  assert.equal(xmlElements(result.root, 'e').length, 2);
  assert.equal(text.slice(result.root.at.start, result.root.at.end).startsWith('<project'), true);
});

test('XML that is refused says where', () => {
  const table: [string, number][] = [
    ['<a><b></a>', 6],
    ['<a>', 0],
    ['', 0],
    ['<a></a><b/>', 7],
    ['<a>&unknown;</a>', 3],
    ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 12],
    ['<a b></a>', 2],
    ['text<a/>', 0],
    ['<a><!-- </a>', 3],
    ['</a>', 0],
    ['<a>'.repeat(101), 300],
  ];
  for (const [text, offset] of table) {
    const result = parseXml(text);
    assert.ok(!result.ok, text);
    assert.equal(result.problem.offset, offset, text);
  }
});

function plainToml(node: TomlNode): unknown {
  if (node.kind === 'string') return node.text;
  if (node.kind === 'array') return node.items.map(plainToml);
  if (node.kind === 'table') return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plainToml(value)]));
  if (node.text === 'true' || node.text === 'false') return node.text === 'true';
  return Number.isNaN(Number(node.text.replaceAll('_', ''))) ? `raw ${node.text}` : Number(node.text.replaceAll('_', ''));
}

function plainOracle(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

test('TOML gives the same data as smol-toml', () => {
  const texts = [
    '[versions]\ngrpc = "1.6"\n[libraries]\na-b = { module = "g:a", version.ref = "grpc" }\n"q.k" = "x"\n[bundles]\nz = ["a-b",\n # c\n "c", ]\n',
    '[[package]]\r\nname = "ä"\r\nversion = "1"\r\n[package.dependencies]\r\nb = ">=1"\r\n[[package]]\r\nname = \'c\'\r\nfiles = [\r\n  {file = "x", hash = "y"},\r\n]\r\n[metadata]\r\nn = 12_000\r\n',
    'a.b.c = 1\na.b.d = true\nb = """\nx \\\n   y"""\nc = \'\'\'z\'\'\'\'\nd = "\\u00e4\\n\\t\\""\ne = -1.5e3\nf = [[1], [2, 3]]\ng = {}\n',
    '[a.b]\nx = 1\n[a]\ny = 2\n[[a.c]]\nz = 1\n[a.c.d]\nq = 2\n[[a.c]]\n',
  ];
  for (const text of texts) {
    const result = parseToml(text);
    assert.ok(result.ok, text);
    assert.deepEqual(plainToml(result.root), plainOracle(smolToml(text)), text);
  }
});

test('TOML places, and problems where they stand', () => {
  const text = '\t[versions] # ü\r\ngrpc = "1.\\u0036" # c\r\nx = { strictly = \'2\' }\r\n';
  const result = parseToml(text);
  assert.ok(result.ok);
  const grpc = tomlAt(result.root, 'versions', 'grpc');
  assert.equal(text.slice(grpc?.at.start, grpc?.at.end), '1.\\u0036');
  assert.equal(grpc?.kind === 'string' && grpc.text, '1.6');
  const strictly = tomlAt(result.root, 'versions', 'x', 'strictly');
  assert.equal(text.slice(strictly?.at.start, strictly?.at.end), '2');
  const table: [string, number][] = [
    ['a = ', 4],
    ['a = 1\na = 2', 6],
    ['a = "x', 4],
    ['[a', 2],
    ['a = 1 b', 6],
    ['a = [1', 6],
    ['a = "\\q"', 5],
    ['a = 1\n[a]', 7],
    [`a = ${'['.repeat(200)}`, 105],
  ];
  for (const [broken, offset] of table) {
    const read = parseToml(broken);
    assert.ok(!read.ok, broken);
    assert.equal(read.problem.offset, offset, broken);
  }
});

function plainJson(node: JsonNode): unknown {
  if (node.kind === 'object') return Object.fromEntries([...node.members].map(([key, { value }]) => [key, plainJson(value)]));
  if (node.kind === 'array') return node.items.map(plainJson);
  return node.kind === 'string' ? node.text : JSON.parse(node.text);
}

test('JSON gives the same data as JSON.parse, with places', () => {
  const text = '{\r\n\t"ä\\n": [1, -2.5e3, true, null, "x\\u00fc"],\r\n "b": {"c": {}, "d": []}, "b2": "" }\r\n';
  const result = parseJson(text);
  assert.ok(result.ok);
  assert.deepEqual(plainJson(result.root), JSON.parse(text));
  const list = jsonAt(result.root, 'ä\n');
  const item = list?.kind === 'array' ? list.items[4] : undefined;
  assert.equal(text.slice(item?.at.start, item?.at.end), 'x\\u00fc');
  for (const broken of ['', '{', '{"a"}', '{"a":1,}', '[1,]', '"a', '"\\x"', 'tru', '1 2', '[01]', '"a\nb"', '['.repeat(300)])
    assert.equal(parseJson(broken).ok, false, broken);
});
