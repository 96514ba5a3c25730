#!/usr/bin/env node
/**
 * Opens the packaged extension in a real VS Code in the browser, on a copy of examples/, and stays until Ctrl-C.
 *
 *   node scripts/vscode-host/demo.mjs [--port N] [--folder DIR] [--lang zh-cn] [--no-build]
 *
 * `--folder` opens a folder of your own as it is, not a copy. The page needs the token in the printed address, because a workbench has a terminal.
 */
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { packageExtension } from '../package.mjs';
import { installServer } from './install.mjs';
import { hostFolder, MissingPrerequisite, progress, repositoryRoot } from './layout.mjs';
import { startServer } from './server.mjs';

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    folder: { type: 'string' },
    lang: { type: 'string' },
    'no-build': { type: 'boolean', default: false },
  },
});

/** @param {string} temporary receives the copy */
function folderToOpen(temporary) {
  if (values.folder !== undefined) return resolve(values.folder);
  const copy = join(temporary, 'examples');
  cpSync(join(repositoryRoot, 'examples'), copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

try {
  // Whoever starts the demo asked for it: what is missing may be installed.
  await installServer({ mayInstallPackages: true });
  const { path } = packageExtension({ build: !values['no-build'] });
  mkdirSync(hostFolder, { recursive: true });
  const runFolder = mkdtempSync(join(hostFolder, 'run-'));
  const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'runbook-lens-demo-')));
  const removeFolders = () => {
    for (const each of [runFolder, temporary]) rmSync(each, { recursive: true, force: true });
  };
  process.once('exit', removeFolders);
  const folder = folderToOpen(temporary);
  const settings = values.lang === undefined ? {} : { 'runbookLens.lang': values.lang };
  const port = values.port === undefined ? undefined : Number(values.port);
  const server = await startServer({ runFolder, vsixPaths: [path], port, connectionToken: randomBytes(16).toString('hex'), settings });
  const address = new URL(server.url);
  address.searchParams.set('folder', folder);
  process.stdout.write(
    `VS Code with Runbook Lens, on ${folder}:\n\n  ${address.href}\n\nStart with the Runbook Lens icon on the left, or the Problems panel (Ctrl+Shift+M). Ctrl-C ends it.\n`,
  );
  const stopped = new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, done);
  });
  const alive = setInterval(() => {}, 60_000);
  await stopped;
  clearInterval(alive);
  await server.stop();
} catch (error) {
  progress(error instanceof MissingPrerequisite ? `MISSING: ${error.message}` : `FAILED: ${error.message}`);
  process.exitCode = 1;
}
