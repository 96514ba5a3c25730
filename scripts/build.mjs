#!/usr/bin/env node
/**
 * Bundles the product into `dist/`: the command line (`cli.js`, with what it needs seldom in `cli-chunks/`), and the editor's
 * extension, worker and cluster reader, as far as their sources are there. Copies the wasm grammars.
 *
 *   node scripts/build.mjs [--verbose] [--out DIR]     sizes and time on standard error; default: dist
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync, chmodSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({ options: { verbose: { type: 'boolean', default: false }, out: { type: 'string', default: 'dist' } } });
const { verbose } = values;
const dist = resolve(root, values.out);

/** The runtime, and a grammar for each language of client code that is read. */
const WASM = [
  'tree-sitter.wasm',
  'tree-sitter-go.wasm',
  'tree-sitter-java.wasm',
  'tree-sitter-python.wasm',
  'tree-sitter-typescript.wasm',
  'tree-sitter-tsx.wasm',
  'tree-sitter-javascript.wasm',
];

/**
 * js-yaml makes its parser's state by spreading its default options. Up to Node 20 each object made so from a plain object has a hidden class of its
 * own, and what reads it runs at a third of its speed; spread from a frozen object, all have one.
 *
 * @type {import('esbuild').Plugin}
 */
const fastParserState = {
  name: 'fast-parser-state',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]js-yaml[\\/]dist[\\/]/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const contents = source.replace(/(?<=\bDEFAULT_PARSER_OPTIONS = )\{[^{}]*\}/, 'Object.freeze($&)');
      if (contents === source) throw new Error(`${relative(root, path)} has no DEFAULT_PARSER_OPTIONS to freeze`);
      return { contents };
    });
  },
};

/** @type {import('esbuild').BuildOptions} */
const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  minify: true,
  keepNames: false,
  legalComments: 'eof',
  metafile: true,
  logLevel: 'silent',
  plugins: [fastParserState],
};

/** Some dependencies are CommonJS and ask for `require`, which an ES module does not have. */
const REQUIRE = "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/**
 * Of the Kubernetes client only what reads kubeconfigs, TLS options and proxies is used; requests and credentials are our own. Its generated API
 * (340 KiB), undici (730 KiB, Node 22.19 and up) and the providers that run commands stay out: nobody here calls them.
 * @type {import('esbuild').Plugin}
 */
const kubeconfigOnly = {
  name: 'kubeconfig-only',
  setup({ onResolve, onLoad }) {
    const refuse = (name) => `export function ${name}() { throw new Error('${name} is not part of this bundle'); }`;
    const provider = (name) => `export class ${name} { isAuthProvider() { return false; } }`;
    const unused = {
      undici: ['Agent', 'ProxyAgent'].map(refuse),
      './gen/index.js': ['ServerConfiguration', 'createConfiguration'].map(refuse),
      './middleware.js': ['setHeaderMiddleware'].map(refuse),
      './azure_auth.js': ['AzureAuth'].map(provider),
      './gcp_auth.js': ['GoogleCloudPlatformAuth'].map(provider),
      './oidc_auth.js': ['OpenIDConnectAuth'].map(provider),
      './exec_auth.js': ['ExecAuth'].map(provider),
    };
    onResolve({ filter: /^(?:undici|\.\/[\w/]+\.js)$/ }, ({ path, importer }) =>
      Object.hasOwn(unused, path) && /@kubernetes[\\/]client-node[\\/]dist[\\/]config\.js$/.test(importer)
        ? { path, namespace: 'unused' }
        : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'unused' }, ({ path }) => ({ contents: unused[path].join('\n') }));
  },
};

/**
 * In the editor's worker `await import('…/cluster/cluster.ts')` loads `cluster.cjs`, when it is first asked for.
 * @type {import('esbuild').Plugin}
 */
const clusterApart = {
  name: 'cluster-apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/cluster\/cluster\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './cluster.cjs', external: true } : undefined,
    );
  },
};

/** @returns {Promise<import('esbuild').BuildResult[]>} */
async function bundle() {
  const builds = [
    // `vscode` is not external here: an import of it that leaks into the command line fails the build.
    build({
      ...shared,
      entryPoints: { cli: 'src/cli.ts' },
      outdir: dist,
      format: 'esm',
      splitting: true,
      chunkNames: 'cli-chunks/[name]-[hash]',
      banner: { js: REQUIRE },
      plugins: [fastParserState, kubeconfigOnly],
    }),
  ];
  const commonJs = [
    { source: join('src', 'extension.ts'), name: 'extension.cjs', external: ['vscode'], plugins: [] },
    { source: join('src', 'service', 'worker.ts'), name: 'worker.cjs', external: [], plugins: [clusterApart] },
    { source: join('src', 'cluster', 'cluster.ts'), name: 'cluster.cjs', external: [], plugins: [kubeconfigOnly] },
  ];
  for (const { source, name, external, plugins } of commonJs.filter((entry) => existsSync(join(root, entry.source)))) {
    builds.push(
      build({
        ...shared,
        entryPoints: [source],
        outfile: join(dist, name),
        format: 'cjs',
        external,
        plugins: [fastParserState, ...plugins],
        define: { 'import.meta.url': '__moduleUrl' },
        banner: { js: "const __moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
      }),
    );
  }
  return Promise.all(builds);
}

function copyWasm() {
  const from = join(root, 'node_modules', '@vscode', 'tree-sitter-wasm', 'wasm');
  const to = join(dist, 'wasm');
  mkdirSync(to, { recursive: true });
  const missing = WASM.filter((name) => !existsSync(join(from, name)));
  if (missing.length > 0) throw new Error(`@vscode/tree-sitter-wasm has no ${missing.join(', ')}; run: npm install`);
  for (const name of WASM) cpSync(join(from, name), join(to, name));
}

/** @param {import('esbuild').BuildResult[]} results */
function report(results, startedMs) {
  const files = results.flatMap((result) => Object.entries(result.metafile.outputs).map(([file, output]) => [file, output.bytes]));
  for (const name of WASM) files.push([`wasm/${name}`, statSync(join(dist, 'wasm', name)).size]);
  for (const [file, bytes] of files.sort((a, b) => b[1] - a[1]))
    process.stderr.write(`${(bytes / 1024).toFixed(0).padStart(6)} KiB  ${file}\n`);
  const total = files.reduce((sum, [, bytes]) => sum + bytes, 0);
  process.stderr.write(`${(total / 1024).toFixed(0).padStart(6)} KiB  in ${((performance.now() - startedMs) / 1000).toFixed(1)} s\n`);
}

const startedMs = performance.now();
try {
  rmSync(dist, { recursive: true, force: true });
  const results = await bundle();
  copyWasm();
  const inputs = results.map((result) => result.metafile);
  writeFileSync(join(dist, 'meta.json'), JSON.stringify(inputs));
  const cli = join(dist, 'cli.js');
  if (!readFileSync(cli, 'utf8').startsWith('#!')) throw new Error(`${relative(root, cli)} lost its first line (#!/usr/bin/env node)`);
  chmodSync(cli, 0o755);
  if (verbose) report(results, startedMs);
} catch (error) {
  const errors = error?.errors;
  if (!Array.isArray(errors)) process.stderr.write(`build: ${error?.message ?? error}\n`);
  else
    for (const { text, location } of errors) {
      process.stderr.write(`build: ${location ? `${location.file}:${location.line}:${location.column + 1}: ` : ''}${text}\n`);
    }
  process.exitCode = 1;
}
