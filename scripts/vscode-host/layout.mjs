/**
 * Where the VS Code host lives and which versions it is pinned to. Everything is below `.vscode-test/`, which git ignores:
 * delete that folder and the next run builds it again.
 */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The npm package that carries VS Code's own server and web workbench. */
export const CODE_SERVER_VERSION = '4.139.1';

/** The VS Code version inside it; the desktop run downloads the same one. */
export const VSCODE_VERSION = '1.139.1';

export const repositoryRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const hostFolder = join(repositoryRoot, '.vscode-test');
export const codeServerFolder = join(hostFolder, 'code-server');
export const vscodeServerFolder = join(codeServerFolder, 'node_modules', 'code-server', 'lib', 'vscode');
export const stageFolder = join(hostFolder, 'stage');
export const vsixPath = join(hostFolder, 'runbook-lens.vsix');
export const resultPath = join(hostFolder, 'result.json');

/** `publisher.name` as installed; the suite checks that this extension comes from the extensions folder. */
export const EXTENSION_ID = 'runbook-lens.runbook-lens';

/** Node 24, which the server needs, from the devDependency `node` (the machine's own Node may be older). */
export function node24Path() {
  const path = join(repositoryRoot, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(path)) throw new MissingPrerequisite('Node 24 (devDependency "node") is not in node_modules', 'run: npm install');
  return path;
}

/** Something this machine lacks and the scripts may not or cannot install themselves. `remedy` is what the reader should do. */
export class MissingPrerequisite extends Error {
  /** @param {string} what @param {string} remedy */
  constructor(what, remedy) {
    super(`${what}; ${remedy}`);
    this.name = 'MissingPrerequisite';
    this.what = what;
    this.remedy = remedy;
  }
}

/** Progress goes to standard error: standard output is for results. @param {string} line */
export function progress(line) {
  process.stderr.write(`vscode-host: ${line}\n`);
}

/** @param {string} moduleUrl `import.meta.url` of a script. @returns {boolean} whether it was started directly. */
export function isMain(moduleUrl) {
  return process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(moduleUrl);
}

/** On Ctrl-C and the like, leaves through `process.exit`, so that the `exit` handlers end what was started. */
export function exitOnSignals() {
  for (const [signal, number] of [
    ['SIGHUP', 1],
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ]) {
    process.once(signal, () => process.exit(128 + number));
  }
}
