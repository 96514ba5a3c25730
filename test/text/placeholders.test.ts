import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseEmbeddedDocuments } from '../../src/text/embedded.ts';
import { withPlaceholders } from '../../src/text/placeholders.ts';
import { sourceFile } from '../../src/text/source.ts';
import { scalarAt, type YamlNode } from '../../src/text/yaml.ts';
import { parseYaml } from '../../src/text/yaml-parse.ts';

function rootOf(text: string): YamlNode | undefined {
  const parsed = parseYaml(sourceFile('a.yaml', text));
  assert.ok(parsed.ok);
  const [root] = parsed.roots;
  return root && withPlaceholders(root, text);
}

/** What is not known of the value of `a`. */
const expressionOf = (value: string): string | undefined => {
  const { unknown } = scalarAt(rootOf(`a: ${value}\n`), 'a') ?? {};
  return unknown?.why === 'templated' ? unknown.expression : undefined;
};

describe('a value that a pipeline fills in', () => {
  it('is not known', () => {
    const cases = {
      '${TTL}': '${TTL}',
      '"${ttl:=300}s"': '${ttl:=300}',
      "'${var.ttl}'": '${var.ttl}',
      $TTL: '$TTL',
      'db:$TAG': 'db:$TAG',
      '"#{Db.Ttl}#"': '#{Db.Ttl}',
      '((db-ttl))': '((db-ttl))',
      '<seconds>': '<seconds>',
      '<your role>': '<your role>',
      __TTL__: '__TTL__',
      '"@TTL@"': '@TTL@',
      '"%TTL%"': '%TTL%',
    };
    for (const [value, expression] of Object.entries(cases)) assert.equal(expressionOf(value), expression, value);
  });

  it('is not mistaken for what Kubernetes, a pattern or a sentence means', () => {
    const known = ['$(TTL)', '$$', '^/a$', '~/users/(?<id>\\d+)$', 'a $5 fee', '5 < 6 > 4', '"%REQ(X)%"', '__init__', '"{}"', '50%', 'a@B'];
    for (const value of known) assert.equal(expressionOf(value), undefined, value);
  });

  it('stays as it is written where names meet, and in commands and scripts', () => {
    const root = rootOf(
      'metadata: { name: "${app}", labels: { app: "${app}" } }\nimage: kong:${TAG}\nargs: ["--ttl=${TTL}"]\nscript: |\n  echo ${TTL}\nttl: ${TTL}\n',
    );
    const paths = [['metadata', 'name'], ['metadata', 'labels', 'app'], ['image'], ['args', 0], ['script']];
    for (const path of paths) assert.equal(scalarAt(root, ...path)?.unknown, undefined, path.join('.'));
    assert.equal(scalarAt(root, 'ttl')?.unknown?.why, 'templated');
  });

  it('in a text inside the file: not known either, unless the program that reads it does the filling in', () => {
    const scalar = scalarAt(rootOf('config: |\n  ttl: ${TTL}\n'), 'config');
    assert.ok(scalar);
    assert.equal(scalarAt(parseEmbeddedDocuments(scalar)?.[0], 'ttl')?.unknown?.why, 'templated');
    assert.equal(scalarAt(parseEmbeddedDocuments(scalar, 'program')?.[0], 'ttl')?.text, '${TTL}');
  });
});
