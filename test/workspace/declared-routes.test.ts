import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { countDeclaredRoutes } from '../../src/workspace/declared-routes.ts';
import type { Notice } from '../../src/workspace/parsed-file.ts';
import { scan } from '../../src/workspace/scan.ts';

/** Counts twice: in one piece, and with every byte a chunk of its own behind the first line. */
function count(text: string): number | undefined {
  const bytes = Buffer.from(text);
  const whole = countDeclaredRoutes('kong.yaml', [bytes]);
  const first = bytes.indexOf('_format_version') + 20;
  const pieces = [
    bytes.subarray(0, first),
    ...Array.from({ length: Math.max(0, bytes.length - first) }, (_, at) => bytes.subarray(first + at, first + at + 1)),
  ];
  assert.deepEqual(countDeclaredRoutes('kong.yaml', pieces)?.routes, whole?.routes, 'in pieces');
  const crlf = countDeclaredRoutes('kong.yaml', [Buffer.from(text.replaceAll('\n', '\r\n'))]);
  assert.equal(crlf?.routes, whole?.routes, 'CRLF');
  return whole?.routes;
}

describe('routes of a declarative file, counted in passing', () => {
  it('as decK writes it: dashes at the column of the key', () => {
    const text = `_format_version: "3.0"
_info:
  select_tags: [edge]
services:
- connect_timeout: 60000
  host: shop
  name: shop
  plugins:
  - name: rate-limiting
    config:
      routes:
      - not a route
  routes:
  - https_redirect_status_code: 426
    name: shop-list
    paths:
    - ~/v1/shop$
    - /v2/shop
    plugins:
    - name: acl
  - name: shop-item
    headers:
      x-routes:
      - "1"
- name: bare
  host: bare
routes:
- name: without-service
  paths: [/x, /y]
plugins:
- name: request-termination
  config: { routes: [a, b, c] }
`;
    assert.equal(count(text), 3);
  });
  it('with indented dashes, and a dash alone on its line', () => {
    assert.equal(
      count('_format_version: "3.0"\nservices:\n  -\n    name: a\n    routes:\n      - name: r1\n      -\n        name: r2\n'),
      2,
    );
  });
  it('in flow style, over lines, with comments and brackets in strings', () => {
    const text = `_format_version: '1.1'
services:
- name: a
  routes: [{ name: r1, paths: ["/a]", '/it''s', /b] }, # ] not the end
    {name: r2, url: http://x}, *r3]
- { name: b, routes: [ { name: r4 } ], tags: [x, y] }
`;
    assert.equal(count(text), 4);
  });
  it('JSON, in one line and in many', () => {
    const value = {
      _format_version: '3.0',
      services: [
        {
          name: 'a\\"',
          routes: [
            { name: 'r1', paths: ['/a'] },
            { name: 'r2', headers: { routes: ['x'] } },
          ],
        },
        { name: 'b', plugins: [{ name: 'acl', config: { routes: [1, 2, 3] } }], routes: [] },
      ],
      routes: [{ name: 'r3' }],
    };
    assert.equal(count(JSON.stringify(value)), 3);
    assert.equal(count(JSON.stringify(value, undefined, 2)), 3);
  });
  it('what stands in a block scalar or in quotes over lines is text', () => {
    const text = `_format_version: "3.0"
plugins:
- name: pre-function
  config:
    access:
    - |
      routes:
      - no
    - >-
      services:
        routes:
        - no
services:
- name: a
  description: "routes:
    - no
    "
  "routes":
  - &one !map
    name: r1
    description: |+

      - no

    paths: [/a]
  - <<: *one
  - name: r3
`;
    assert.equal(count(text), 3);
  });
  it('points at where the file says what it is', () => {
    const hit = countDeclaredRoutes('kong.yaml', [Buffer.from('# 配置\n_format_version: "3.0"\nroutes:\n- name: a\n')]);
    assert.deepEqual(hit && [hit.start, hit.end, hit.head.text], [5, 20, '# 配置\n_format_version']);
  });
  it('gives nothing for another file, for none, and for one that ends in the middle', () => {
    assert.equal(count('kind: ConfigMap\ndata:\n  kong.yml: |\n    _format_version: "3.0"\n    routes:\n    - name: a\n'), undefined);
    assert.equal(count('_format_version: "3.0"\nservices: []\n'), undefined);
    assert.equal(count('{"_format_version":"3.0","routes":[{"name":"a"},{"name":'), undefined);
    assert.equal(count(`{"_format_version":"3.0","routes":${'['.repeat(300)}`), undefined);
  });
});

it('a scan counts the routes of a decK file over the size cap', () => {
  const root = mkdtempSync(join(tmpdir(), 'declared-'));
  try {
    const route = (at: number): string => `  - name: route-${at}\n    paths:\n    - /shop/${at}/${'x'.repeat(100)}\n`;
    const routes = Array.from({ length: 50_000 }, (_, at) => route(at)).join('');
    writeFileSync(join(root, 'kong.yaml'), `_format_version: "3.0"\nservices:\n- name: shop\n  routes:\n${routes}`);
    writeFileSync(join(root, 'values.yaml'), `list:\n${'- x\n'.repeat(1_100_000)}`);
    const notices: Notice[] = [];
    scan(root, { file: (file) => assert.fail(file.path), notice: (notice) => notices.push(notice) });
    assert.deepEqual(
      notices.map(({ kind, file, declared }) => [kind, file, declared?.routes]),
      [
        ['oversize', 'kong.yaml', 50_000],
        ['oversize', 'values.yaml', undefined],
      ],
    );
    assert.match(notices[0]?.message ?? '', /50000/);
  } finally {
    rmSync(root, { recursive: true });
  }
});

it('keeps nothing of what it counts', () => {
  const lines = Buffer.from('  - name: route\n    paths:\n    - /shop/list\n'.repeat(4_000));
  function* chunks(): Generator<Uint8Array> {
    yield Buffer.from('_format_version: "3.0"\nservices:\n- name: shop\n  routes:\n');
    for (let at = 0; at < 300; at++) yield lines;
  }
  const before = process.memoryUsage().rss;
  assert.equal(countDeclaredRoutes('kong.yaml', chunks())?.routes, 1_200_000);
  const grownMiB = (process.memoryUsage().rss - before) / 2 ** 20;
  assert.ok(grownMiB < 30, `${grownMiB.toFixed(0)} MiB for ${((lines.length * 300) / 2 ** 20).toFixed(0)} MiB`);
});
