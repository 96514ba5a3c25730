#!/usr/bin/env node
/**
 * Packages the extension. What ships is copied, by the list below, into `.vscode-test/stage`, and only that folder is packaged:
 * nothing gets into the VSIX by accident.
 *
 *   node scripts/package.mjs [--out FILE] [--no-build]
 *
 * Without `--out` the VSIX is `.vscode-test/runbook-lens.vsix`. Prints its path on standard output, sizes on standard error.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isMain, node24Path, repositoryRoot, stageFolder, vsixPath } from './vscode-host/layout.mjs';

/** What ships. `package.json`, `README.md` and `CHANGELOG.md` are written, not copied: see `shippedManifest` and `shippedPage`. */
const SHIPPED = [
  { path: 'dist', required: true },
  { path: 'LICENSE', required: true },
  { path: 'package.nls.json', required: false },
  { path: 'package.nls.zh-cn.json', required: false },
  { path: 'l10n', required: false },
  { path: 'media', required: false },
  { path: 'runbooks', required: false },
  { path: 'schemas', required: false },
];

/** Below `dist`, but not the editor's: the command line ships through npm; maps and build reports are for developers. */
const LEFT_OUT = [/^dist\/cli-chunks\//, /^dist\/cli\.(c|m)?js$/, /\.map$/, /^dist\/meta[^/]*\.json$/];

/** Manifest keys that mean something to npm only. */
const NPM_ONLY = ['private', 'scripts', 'bin', 'dependencies', 'devDependencies', 'allowScripts', 'files', 'overrides'];

const SIZE_LIMIT_MIB = 6;

/**
 * Copies what ships into the staging folder.
 * @returns {string} the folder
 * @throws {Error} naming every file that is required, or that the manifest points at, and is not there
 */
export function stageExtension() {
  rmSync(stageFolder, { recursive: true, force: true });
  mkdirSync(stageFolder, { recursive: true });
  const missing = [];
  for (const { path, required } of SHIPPED) {
    const source = join(repositoryRoot, path);
    if (!existsSync(source)) {
      if (required) missing.push(path);
      continue;
    }
    cpSync(source, join(stageFolder, path), { recursive: true, filter: (file) => !isLeftOut(relative(repositoryRoot, file)) });
  }
  const manifest = shippedManifest();
  writeFileSync(join(stageFolder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const page of ['README.md', 'CHANGELOG.md']) {
    writeFileSync(join(stageFolder, page), shippedPage(readFileSync(join(repositoryRoot, page), 'utf8'), manifest));
  }
  missing.push(...manifestPaths(manifest).filter((path) => !existsSync(join(stageFolder, path))));
  if (missing.length > 0)
    throw new Error(`these files ship but are missing (built? in the list of scripts/package.mjs?): ${missing.join(', ')}`);
  return stageFolder;
}

/** @param {string} path relative to the repository */
function isLeftOut(path) {
  const posix = path.replaceAll('\\', '/');
  return LEFT_OUT.some((pattern) => pattern.test(posix));
}

/** The project's manifest without what only npm reads. */
function shippedManifest() {
  const manifest = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'));
  for (const key of NPM_ONLY) delete manifest[key];
  manifest.engines = { vscode: manifest.engines.vscode };
  return manifest;
}

/**
 * README or change log as the Extensions view can show it. That view takes pictures and links with an `https:` address only: no file of the VSIX, no
 * `data:` (VS Code's sanitizer in extensionEditor.ts). With a `repository` in the manifest vsce makes such addresses of the relative
 * ones; without, pictures go, and links become their text.
 * @param {string} text Markdown
 * @param {{ repository?: unknown }} manifest
 * @returns {string} Markdown
 */
export function shippedPage(text, manifest) {
  if (manifest.repository !== undefined) return text;
  const words = (/** @type {string} */ block) => block.replace(/!\[[^\]]*\]\((?!https?:)[^)]*\)/g, '');
  // What was nothing but pictures, or a row of links, has nothing left to say.
  const saysMore = (/** @type {string} */ block) => block === '' || !/^[\s|·:-]*$/.test(words(block).replace(RELATIVE_LINK, ''));
  const shown = (/** @type {string} */ part) =>
    part
      .split(/\n{2,}/)
      .filter(saysMore)
      .map((block) => words(block).replace(RELATIVE_LINK, '$1'))
      .join('\n\n');
  return text
    .split(/(^```[\s\S]*?^```$)/m)
    .map((part) => (part.startsWith('```') ? part : shown(part)))
    .join('');
}

const RELATIVE_LINK = /\[([^\]]*)\]\((?!https?:|mailto:|#)[^)]*\)/g;

/** @param {Record<string, unknown>} manifest @returns {string[]} every file that it points at: main, icon, and all `./…` values. */
function manifestPaths(manifest) {
  const paths = ['main', 'browser', 'icon'].flatMap((key) => (typeof manifest[key] === 'string' ? [manifest[key]] : []));
  if (manifest.main === undefined) throw new Error('package.json has no "main": VS Code would have nothing to run');
  const visit = (/** @type {unknown} */ value, /** @type {string} */ key) => {
    if (typeof value === 'string') {
      if (value.startsWith('./') || ['markdown', 'svg', 'image'].includes(key)) paths.push(value);
    } else if (value !== null && typeof value === 'object') {
      for (const [childKey, child] of Object.entries(value)) visit(child, childKey);
    }
  };
  visit(manifest.contributes ?? {}, 'contributes');
  return [...new Set(paths)].filter((path) => !/^https?:/.test(path));
}

/**
 * Packages a folder as it is.
 * @param {string} folder an extension: package.json and what it points at
 * @param {string} out path of the VSIX
 * @returns {{ path: string, sizeMiB: number }}
 * @throws {Error} with vsce's own words
 */
export function packageFolder(folder, out) {
  mkdirSync(dirname(out), { recursive: true });
  rmSync(out, { force: true });
  const vsce = join(repositoryRoot, 'node_modules', '@vscode', 'vsce', 'vsce');
  // The stage has no node_modules (bundled).
  const args = [vsce, 'package', '--no-dependencies', '--no-yarn', '--out', out];
  const { repository } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (repository === undefined) args.push('--allow-missing-repository', '--no-rewrite-relative-links');
  if (!existsSync(join(folder, 'LICENSE'))) args.push('--skip-license');
  const done = spawnSync(node24Path(), args, { cwd: folder, encoding: 'utf8', timeout: 120_000 });
  if (done.status !== 0 || !existsSync(out)) {
    throw new Error(`vsce could not package ${folder}:\n${`${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}`.trim()}`);
  }
  return { path: out, sizeMiB: statSync(out).size / 1024 / 1024 };
}

/**
 * Builds (unless told not to), stages and packages the extension.
 * @param {{ out?: string, build?: boolean }} [options]
 * @returns {{ path: string, sizeMiB: number }}
 */
export function packageExtension({ out = vsixPath, build = true } = {}) {
  if (build) {
    const done = spawnSync(process.execPath, [join(repositoryRoot, 'scripts', 'build.mjs')], {
      cwd: repositoryRoot,
      stdio: ['ignore', 2, 2],
    });
    if (done.status !== 0) throw new Error('the build failed, see above');
  }
  const result = packageFolder(stageExtension(), out);
  if (result.sizeMiB > SIZE_LIMIT_MIB)
    throw new Error(`${basename(out)} has ${result.sizeMiB.toFixed(1)} MiB, more than ${SIZE_LIMIT_MIB}`);
  return result;
}

if (isMain(import.meta.url)) {
  const { values } = parseArgs({ options: { out: { type: 'string' }, 'no-build': { type: 'boolean', default: false } } });
  try {
    const { path, sizeMiB } = packageExtension({
      out: values.out === undefined ? vsixPath : resolve(values.out),
      build: !values['no-build'],
    });
    process.stderr.write(`packaged ${sizeMiB.toFixed(2)} MiB from ${relative(repositoryRoot, stageFolder)}\n`);
    process.stdout.write(`${path}\n`);
  } catch (error) {
    process.stderr.write(`package: ${error.message}\n`);
    process.exitCode = 1;
  }
}
