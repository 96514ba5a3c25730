/** Bundles the editor tests into an extension that holds nothing else, so that the packaged extension is the one that runs. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { repositoryRoot } from './layout.mjs';

export const suiteFolder = join(repositoryRoot, 'test', 'vscode', 'suite');

/**
 * VS Code runs `extensionTestsPath` only together with an extension under development. This one has no code of its own; it only makes the
 * host load the tests.
 * @param {string} targetFolder receives package.json and suite.cjs
 * @param {string} [testFolder] whose `*.editor.ts` files are the tests
 * @returns {Promise<{ carrierFolder: string, testsPath: string }>}
 */
export async function bundleSuite(targetFolder, testFolder = suiteFolder) {
  const files = readdirSync(testFolder)
    .filter((file) => file.endsWith('.editor.ts'))
    .sort();
  if (files.length === 0) throw new Error(`no *.editor.ts in ${testFolder}`);
  const testsPath = join(targetFolder, 'suite.cjs');
  const imports = files.map((file) => `import ${JSON.stringify(join(testFolder, file))};`);
  await build({
    stdin: {
      contents: [...imports, `export { run } from ${JSON.stringify(join(suiteFolder, 'index.ts'))};`].join('\n'),
      resolveDir: suiteFolder,
      loader: 'ts',
    },
    outfile: testsPath,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  mkdirSync(targetFolder, { recursive: true });
  const manifest = {
    name: 'editor-test-suite',
    publisher: 'runbook-lens-tests',
    version: '0.0.0',
    engines: { vscode: '^1.96.0' },
    extensionKind: ['workspace'],
  };
  writeFileSync(join(targetFolder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return { carrierFolder: targetFolder, testsPath };
}

/**
 * What the tests read from their environment.
 * @param {{ extensionId: string, extensionsFolder: string, workspace: string, result: string, grep?: string }} facts
 * @returns {Record<string, string>}
 */
export function suiteEnvironment({ extensionId, extensionsFolder, workspace, result, grep = '' }) {
  return {
    RUNBOOK_LENS_TEST_EXTENSION_ID: extensionId,
    RUNBOOK_LENS_TEST_EXTENSIONS_FOLDER: extensionsFolder,
    RUNBOOK_LENS_TEST_WORKSPACE: workspace,
    RUNBOOK_LENS_TEST_RESULT: result,
    RUNBOOK_LENS_TEST_GREP: grep,
  };
}
