import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sourceFile } from '../../src/text/source.ts';
import { textAt, type YamlNode } from '../../src/text/yaml.ts';
import { maskTemplate, parseDocument, splitDocuments, type YamlDocument } from '../../src/text/yaml-documents.ts';
import { parseFile } from '../../src/workspace/parse-file.ts';

function documentsOf(text: string, path = 'chart/templates/a.yaml'): YamlDocument[] {
  const file = sourceFile(path, text);
  const template = maskTemplate(text);
  return splitDocuments(text).map((span) => parseDocument(file, span, template));
}

function keysOf(node: YamlNode | undefined): string[] {
  return node?.kind === 'map' ? [...node.pairs.keys()] : [];
}

/** Each key with what its scalar holds in the file, and whether that is known. */
function scalarsOf(node: YamlNode | undefined): string[] {
  if (node?.kind !== 'map') return [];
  return [...node.pairs].map(([key, { value }]) => {
    const text = value.file.text.slice(value.start, value.end).trim();
    return `${key}${value.kind === 'scalar' && value.unknown ? '?' : ''}=${text}`;
  });
}

describe('a block scalar that begins with a template’s actions', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'a condition that is longer than its first line',
      'a: |\n  {{- if .Values.someSwitch }}\n  x: 1\n  {{- end }}\nb: 2\n',
      ['a?={{- if .Values.someSwitch }}\n  x: 1\n  {{- end }}', 'b=2'],
    ],
    [
      'an action at column 0',
      'a: |-\n{{- if .Values.someSwitch }}\n  x\n{{- end }}\nb: 2\n',
      ['a?={{- if .Values.someSwitch }}\n  x\n{{- end }}', 'b=2'],
    ],
    [
      'several actions, with empty lines between, and one that writes',
      'a: >2+  # folded\n\n    {{- with .Values.a }}\n\n      {{- range .b }}{{ . }}\n      {{- end }}\n  x\n    {{- end }}\nb: 2\n',
      ['a?={{- with .Values.a }}\n\n      {{- range .b }}{{ . }}\n      {{- end }}\n  x\n    {{- end }}', 'b=2'],
    ],
    [
      'an action that runs over lines',
      'a: |\n  {{- if and .Values.a\n         .Values.b }}\n  x\n  {{- end }}\nb: 2\n',
      ['a?={{- if and .Values.a\n         .Values.b }}\n  x\n  {{- end }}', 'b=2'],
    ],
    [
      'below a key that is a template itself',
      '{{ .k }}.json: |\n      {{- $length := len .Values.statements }}\n      {\n        {{- range .Values.b }}\n      }\nb: 2\n',
      ['{{ .k }}.json\u00000?={{- $length := len .Values.statements }}\n      {\n        {{- range .Values.b }}\n      }', 'b=2'],
    ],
    ['nothing but an action', 'a: |\n{{ .Files.Get "x" | indent 4 }}\nb: 2\n', ['a?={{ .Files.Get "x" | indent 4 }}', 'b=2']],
  ];
  for (const [what, text, scalars] of cases) {
    for (const [eol, written] of [
      ['LF', text],
      ['CRLF', text.replaceAll('\n', '\r\n')],
    ] as const) {
      it(`${what} (${eol})`, () => {
        const [document] = documentsOf(written);
        assert.equal(document?.problem, undefined);
        assert.deepEqual(
          scalarsOf(document?.root).map((line) => line.replaceAll('\r', '')),
          scalars,
        );
      });
    }
  }

  it('keeps what stands in front and behind in its place', () => {
    const text = 'ä: 1\na:\n  - |\n    {{- if .Values.someSwitch }}\n    x\n    {{- end }}\n  - y\nb: 2\n';
    const [document] = documentsOf(text);
    const root = document?.root;
    assert.deepEqual(keysOf(root), ['ä', 'a', 'b']);
    const list = root?.kind === 'map' ? root.pairs.get('a')?.value : undefined;
    assert.ok(list?.kind === 'sequence');
    assert.deepEqual(
      list.items.map((item) => text.slice(item.start, item.end).trim()),
      ['{{- if .Values.someSwitch }}\n    x\n    {{- end }}', 'y'],
    );
  });

  it('is not one that only looks like it: a line that ends in `>`', () => {
    const [document] = documentsOf('a: b->\n  {{- if .Values.x }}\nc: 1\n  {{- end }}\n');
    assert.equal(document?.problem, undefined);
    assert.equal(textAt(document?.root, 'c'), '1');
  });

  it('makes no difference to the length of the text', () => {
    const text = 'a: |\r\n  {{- if .x }} {{ .y }}\r\n  {{/* ä\r\n */}}\r\n  x\r\n';
    assert.equal(maskTemplate(text)?.text.length, text.length);
  });
});

describe('holes of a template', () => {
  const openOf = (text: string): boolean | undefined => {
    const root = documentsOf(text)[0]?.root;
    return root?.kind === 'map' ? root.open : undefined;
  };
  it('stand among the keys, or right behind them with other actions between', () => {
    assert.equal(openOf('a: 1\n{{ toYaml .Values.x }}\nb: 2\n'), true);
    assert.equal(openOf('a: 1\n{{- end }}\n\n{{ toYaml .Values.x }}\n'), true);
    assert.equal(openOf('a: 1\n{{- if .x }}\nb: 2\n{{- end }}\n'), false);
  });
  it('write the value of a key that has none', () => {
    const root = documentsOf('a:\n  {{- toYaml .Values.x | nindent 2 }}\nb:\n')[0]?.root;
    assert.deepEqual(scalarsOf(root), ['a?=', 'b=']);
  });
});

describe('JSON', () => {
  const one = (name: string): string => `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "${name}"}}`;
  const namesOf = (path: string, text: string): (string | undefined)[] | undefined => {
    const parsed = parseFile(sourceFile(path, text));
    assert.deepEqual(parsed?.notices ?? [], []);
    return parsed?.format === 'yaml' ? parsed.objects.map(({ name }) => name) : undefined;
  };

  it('holds several documents, as kubectl reads them', () => {
    assert.deepEqual(namesOf('a.json', `${one('a')}\n${one('b')}\n`), ['a', 'b']);
    assert.deepEqual(namesOf('a.json', `\n${one('a').replace('{"name', '{\r\n"name')} \r\n\r\n  ${one('b')}`), ['a', 'b']);
    assert.deepEqual(namesOf('a.yaml', `${one('a')}\n---\n${one('b')}\n${one('c')}\n`), ['a', 'b', 'c']);
  });

  it('has places in the file', () => {
    const text = `${one('a')}\n${one('b')}\n`;
    const parsed = parseFile(sourceFile('a.json', text));
    assert.ok(parsed?.format === 'yaml');
    const at = parsed.objects[1]?.root;
    assert.equal(at && text.slice(at.start, at.end), one('b'));
  });

  it('with braces in strings and lists is one document', () => {
    const text = '{"apiVersion": "v1", "kind": "ConfigMap",\n "data": {"a": "}\\n{"},\n "x": [{}\n, {"b": {}\n}\n]}\n';
    assert.equal(splitDocuments(text).length, 1);
  });

  it('in which a comma is missing is one document, and says so at its place', () => {
    const text = '{"apiVersion": "v1", "kind": "List", "items": [\n  {"kind": "Service"}\n  {"kind": "Service"}\n]}\n';
    assert.equal(splitDocuments(text).length, 1);
    assert.match(
      parseFile(sourceFile('a.json', text))
        ?.notices.map(({ message }) => message)
        .join() ?? '',
      /^line 3: /,
    );
  });

  it('of a template is not cut where an action ends', () => {
    assert.equal(splitDocuments('{ "a":\n  {{ if .x }}\n  {{ .y }}\n }\n').length, 1);
  });

  it('with comments is somebody else’s: nothing is said about it', () => {
    assert.equal(
      parseFile(sourceFile('.devcontainer/devcontainer.json', '{\n  // the kong image\n  "image": "kong",\n}\n'))?.notices.length ?? 0,
      0,
    );
  });

  it('that a cluster or Kong should read is missed', () => {
    for (const text of ['{"apiVersion": "v1", "kind": "Service", ', '{"_format_version": "3.0", "services": [']) {
      assert.equal(parseFile(sourceFile('a.json', text))?.notices.length, 1, text);
    }
  });
});

describe('a values file for Terraform’s templatefile', () => {
  it('is read as far as it is literal: directives choose, and a variable alone on its line writes what it will', () => {
    for (const eol of ['\n', '\r\n']) {
      const text = 'env:\n  a: 1\n%{ if cached }\n  ttl: ${ttl}\n%{ endif ~}\n  b: "${b}:80"\n${more}\nc: x\n'.replaceAll('\n', eol);
      const parsed = parseFile(sourceFile('values.yaml', text));
      assert.ok(parsed?.format === 'yaml');
      assert.deepEqual(parsed.notices, []);
      const root = parsed.documents[0]?.root;
      assert.deepEqual(scalarsOf(root?.kind === 'map' ? root.pairs.get('env')?.value : undefined), ['a=1', 'ttl?=${ttl}', 'b?=${b}:80']);
      assert.equal(root?.kind === 'map' && root.open, true);
    }
  });

  it('is broken where it is broken all the same', () => {
    const parsed = parseFile(sourceFile('values.yaml', 'kind: Pod\n%{ if a }\na: [1\n%{ endif }\n'));
    assert.equal(parsed?.format === 'yaml' && parsed.notices.length, 1);
  });
});
