import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, it } from 'node:test';

/**
 * Who may import whom. Data goes one way: text → model → workspace → linters → fixes → service → cli and editor; nothing on the left
 * knows what is on its right. Names are folders or files of src/; a type-only import counts like any other unless said otherwise.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  text: [],
  code: ['text'],
  model: ['text', 'code'],
  workspace: ['text', 'code', 'model'],
  fixes: ['text', 'model'],
  runbooks: ['text'],
  snapshot: ['text', 'model'],
  cluster: ['text', 'snapshot'],
  diagnosis: ['text', 'model', 'linters', 'snapshot'],
  configuration: ['text', 'model', 'runbooks'],
  linters: ['text', 'code', 'model', 'workspace', 'configuration', 'runbooks', 'snapshot'],
  report: ['text', 'model', 'workspace', 'linters', 'fixes', 'runbooks', 'snapshot', 'diagnosis'],
  service: [
    ...['text', 'code', 'model', 'workspace', 'linters', 'fixes', 'configuration', 'report', 'runbooks'],
    ...['snapshot', 'cluster', 'diagnosis'],
  ],
  cli: [
    ...['text', 'code', 'model', 'workspace', 'linters', 'fixes', 'configuration', 'report', 'runbooks', 'service'],
    ...['snapshot', 'cluster', 'diagnosis'],
  ],
  editor: ['text', 'linters', 'report', 'runbooks', 'service', 'configuration', 'snapshot', 'cluster', 'diagnosis'],
};

/** The rules' vocabulary: no logic beyond comparing severities. */
const VOCABULARY = new Set(['linters/rule.ts']);

/** Contracts that are shared as types in both directions: a rule speaks of fixes, a container says how to change it. */
const SHARED_TYPES = new Set([
  'fixes/change.ts',
  'linters/rule.ts',
  'linters/insight.ts',
  'linters/lint-result.ts',
  'model/unit.ts',
  'model/value.ts',
  'model/container.ts',
  'workspace/parsed-file.ts',
]);

/** Packages that only one room may name. */
const ONLY_IN: readonly (readonly [RegExp, RegExp])[] = [
  [/^vscode$/, /^(?:editor\/|extension\.ts$)/],
  [/^@kubernetes\/client-node/, /^cluster\//],
  [/^@vscode\/tree-sitter-wasm$/, /^code\//],
  [/^commander$/, /^cli(?:\/|\.ts$)/],
  [/^dockerfile-ast$/, /^text\/dockerfile/],
  [
    /^node:(?:fs|child_process|worker_threads|net|https?|tls)/,
    /^(?:cli(?:\/|\.ts$)|service\/|editor\/|cluster\/|extension\.ts$|workspace\/(?:scan|read-file)|fixes\/write)/,
  ],
];

interface Import {
  readonly from: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** A file's imports and re-exports, static and dynamic. */
export function importsOf(from: string, text: string): Import[] {
  const imports: Import[] = [];
  const statement = /^(?:import|export)\s+(type\s+)?(?:[\s\S]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;
  for (const match of text.matchAll(statement)) imports.push({ from, specifier: match[2] ?? '', typeOnly: match[1] !== undefined });
  for (const match of text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g))
    imports.push({ from, specifier: match[1] ?? '', typeOnly: false });
  return imports;
}

/** Why an import is not allowed, or `undefined`. @param from path below src/ */
export function violation({ from, specifier, typeOnly }: Import): string | undefined {
  if (!specifier.startsWith('.')) {
    for (const [packageName, where] of ONLY_IN) {
      if (packageName.test(specifier) && !where.test(from)) return `${from} must not import ${specifier}`;
    }
    return undefined;
  }
  const target = posix.normalize(posix.join(posix.dirname(from), specifier));
  if (target.startsWith('../')) return undefined;
  const room = from.split('/')[0] ?? '';
  const other = target.split('/')[0] ?? '';
  const rooms = technologies(from, target);
  if (rooms) return `${from} must not import ${target}: one technology's room never imports another's`;
  if (room === other || !(room in MAY_IMPORT)) return undefined;
  if (MAY_IMPORT[room]?.includes(other)) return undefined;
  if (VOCABULARY.has(target) || (typeOnly && SHARED_TYPES.has(target))) return undefined;
  return `${from} must not import ${target}`;
}

const TECHNOLOGIES = new Set(['kong', 'istio', 'kiam', 'aws', 'dns', 'runtime', 'grpc']);

function technologies(from: string, target: string): boolean {
  const [a, first = ''] = from.split('/');
  const [b, second = ''] = target.split('/');
  return a === 'linters' && b === 'linters' && TECHNOLOGIES.has(first) && TECHNOLOGIES.has(second) && first !== second;
}

describe('import boundaries', () => {
  const src = join(import.meta.dirname, '../../src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));

  it('hold in the whole tree', () => {
    const found = files.flatMap((path) => {
      const from = path.replaceAll('\\', '/');
      return importsOf(from, readFileSync(join(src, path), 'utf8')).flatMap((one) => violation(one) ?? []);
    });
    assert.deepEqual(found, []);
  });

  it('see every file', () => assert.ok(files.length > 100, `${files.length} files`));

  const planted: readonly (readonly [string, string])[] = [
    ['linters/kong/facts.ts', "import * as vscode from 'vscode';"],
    ['linters/kong/facts.ts', "import { x } from '../istio/facts.ts';"],
    ['text/yaml.ts', "import type { Unit } from '../linters/engine.ts';"],
    ['model/unit.ts', "import { scan } from '../workspace/scan.ts';"],
    ['linters/grpc/facts.ts', "import { readFileSync } from 'node:fs';"],
    ['report/json.ts', "export { x } from '../cli/lint.ts';"],
    ['workspace/scan.ts', "const x = await import('../cli/lint.ts');"],
    ['cli/lint.ts', "import\n  { a,\n b } from '../editor/hover.ts';"],
  ];
  for (const [from, text] of planted) {
    it(`a planted violation is seen: ${from} ${text.replaceAll('\n', ' ')}`, () => {
      assert.equal(importsOf(from, text).flatMap((one) => violation(one) ?? []).length, 1);
    });
  }
});
