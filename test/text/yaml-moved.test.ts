import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import '../helpers/property-seed.ts';
import { sourceFile } from '../../src/text/source.ts';
import { nodeAt, type YamlNode } from '../../src/text/yaml.ts';
import { movedDocument } from '../../src/text/yaml-moved.ts';
import { parseDocument, splitDocuments } from '../../src/text/yaml-documents.ts';
import { parseFile } from '../../src/workspace/parse-file.ts';

const head = (kind: string, name: string): string => `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n`;

/** Documents of every way to write a value. */
const DOCUMENTS = [
  `${head('Service', 'web')}spec:\n  selector: { app: web, "tier": 'it''s the front of the shop' }\n  ports: [{ port: 80 }, { port: 443 }]\n`,
  `${head('ConfigMap', 'settings')}data:\n  a.properties: |\n    first.key=a value that is long\n    second.key=2\n  folded: >-\n    one line\n    and another\n  "quoted \\u00e9 key": "tab\\tand a long enough text"\n`,
  `${head('ConfigMap', 'twice')}data:\n  one: 1\n  one: a second time\n  ? [complex, key]\n  : value\n  empty:\n  list:\n    -\n    - ~\n`,
  `${head('ConfigMap', 'anchored')}data:\n  base: &base { a: 1 }\n  other:\n    <<: *base\n  third: *base\n`,
  `${head('ConfigMap', 'loose')}data: { other: *nowhere }\n`,
  `${head('Deployment', 'web')}spec:\n  template:\n    spec:\n      containers:\n        - name: web # é\n          image: registry.example.com/web:1.2.3\n          args: [--port, "8080"]\n`,
  `${head('ConfigMap', 'filled-in')}data: { a: "\${A}", b: $B }\n`,
  `${head('ConfigMap', 'terraform')}data:\n%{ if a }\n  a: \${b}\n%{ endif }\n  c: 1\n\${more}\n`,
  `${head('ConfigMap', 'broken')}data: { a: 1\n`,
  `{ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "json" } }\n`,
  `kind: Unread\napiVersion: example.com/v1\n`,
];

const stream = fc.array(fc.constantFrom(...DOCUMENTS), { maxLength: 5 }).map((documents) => documents.join('---\n'));

describe('documents that an edit leaves as they are', () => {
  it('are what parsing their file from scratch gives', () => {
    fc.assert(
      fc.property(stream, stream, (before, after) => {
        const known = parseFile(sourceFile('shop/all.yaml', before));
        const file = sourceFile('shop/all.yaml', after);
        assert.deepEqual(parseFile(file, known), parseFile(file));
      }),
    );
  });

  it('are copied, unless they have anchors', () => {
    for (const text of DOCUMENTS) {
      const file = sourceFile('a.yaml', text);
      const [span] = splitDocuments(text);
      assert.ok(span);
      const document = parseDocument(file, span, undefined);
      const prefix = `${head('Service', 'first')}---\n`;
      const other = sourceFile('a.yaml', prefix + text);
      const to = splitDocuments(other.text)[1];
      assert.ok(to);
      // Behind a separator the line break after the dashes belongs to the document.
      const moved = movedDocument(document, other, { ...to, start: to.start + 1 });
      if (text.includes('&') || document.problem) assert.equal(moved, undefined);
      else {
        assert.deepEqual(moved?.root, parseDocument(other, to, undefined).root);
        assert.deepEqual(fieldsOf(moved?.root), fieldsOf(document.root));
      }
    }
  });

  it('leave the tree of the file before as it was', () => {
    const [text = ''] = DOCUMENTS;
    const file = sourceFile('a.yaml', text);
    const before = parseFile(file);
    parseFile(sourceFile('a.yaml', `${head('Service', 'first')}---\n${text}`), before);
    assert.deepEqual(before, parseFile(file));
  });
});

/** Names of a node's fields, in their order: nodes of another shape would make every reader slower. */
function fieldsOf(root: YamlNode | undefined): readonly (readonly string[])[] {
  return [root, nodeAt(root, 'metadata'), nodeAt(root, 'metadata', 'name'), nodeAt(root, 'spec', 'ports')].map((node) =>
    Object.keys(node ?? {}),
  );
}
