#!/usr/bin/env node
/**
 * Takes the pictures of the documentation from the packaged extension in a real VS Code, in English and Chinese.
 *
 *   node scripts/vscode-host/screenshots.mjs [--only NAME] [--lang en|zh-cn] [--out DIR] [--no-build]
 *
 * Writes `<name>.png` and `<name>.zh-cn.png` to docs/images/. The list of pictures is in pictures.mjs.
 * Exit code 1 when a picture doesn't show what it is about: each waits for its text before the shutter.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { packageExtension } from '../package.mjs';
import { installChineseFont } from './install.mjs';
import { exitOnSignals, isMain, progress, repositoryRoot } from './layout.mjs';
import { PICTURES } from './pictures.mjs';
import {
  openFileAt,
  openLightbulb,
  openSideBar,
  runCommand,
  showHover,
  showProblems,
  waitForSquiggle,
  webviewContent,
  withWorkbench,
} from './workbench.mjs';

const WAIT_MS = 20_000;
const SETTINGS = { 'window.menuBarVisibility': 'hidden', 'editor.minimap.enabled': false, 'workbench.statusBar.visible': true };

/**
 * How each kind of picture comes about. `expected` is a text that must be on it.
 * @typedef {object} Subject
 * @property {string} file path in the folder
 * @property {string} token where the cursor goes
 * @property {string} expected
 * @property {string} [sideBar] title of the view container
 * @property {string} [command] title in the command palette
 * @property {string} [pick] what to choose from the list that the command shows
 *
 * @type {Record<string, (page: import('playwright-core').Page, folder: string, subject: Subject) => Promise<void>>}
 */
export const KINDS = {
  /** The squiggle and the Problems panel below it. */
  async problems(page, folder, { file, token, expected }) {
    await openFileAt(page, folder, file, token);
    await waitForSquiggle(page);
    await showProblems(page, expected);
  },
  /** The lightbulb's menu at the squiggle. */
  async lightbulb(page, folder, { file, token, expected }) {
    await openFileAt(page, folder, file, token);
    await waitForSquiggle(page);
    await openLightbulb(page, expected);
  },
  /** The hover at the squiggle. */
  async hover(page, folder, { file, token, expected }) {
    await openFileAt(page, folder, file, token);
    await waitForSquiggle(page);
    await showHover(page, expected);
  },
  /** The extension's side bar beside the file. */
  async sideBar(page, folder, { file, token, expected, sideBar }) {
    await openFileAt(page, folder, file, token);
    await waitForSquiggle(page);
    await openSideBar(page, String(sideBar));
    await page.locator('.sidebar .monaco-list-row', { hasText: expected }).first().waitFor({ timeout: WAIT_MS });
  },
  /** The runbook reader, opened by a command and a choice. */
  async runbookReader(page, folder, { file, token, expected, command, pick }) {
    await openFileAt(page, folder, file, token);
    await waitForSquiggle(page);
    await runCommand(page, String(command));
    if (pick !== undefined) {
      await page.locator('.quick-input-widget input').first().fill(pick);
      await page.locator('.quick-input-widget .monaco-list-row', { hasText: pick }).first().click({ timeout: WAIT_MS });
    }
    await webviewContent(page).getByText(expected).first().waitFor({ timeout: WAIT_MS });
  },
};

/**
 * Takes one picture.
 * @param {{ name: string, kind: keyof typeof KINDS, folder: string, locale?: string, subject: Subject, vsixPath: string, outFolder: string }} picture
 * @returns {Promise<string>} path of the PNG
 */
export async function takePicture({ name, kind, folder, locale, subject, vsixPath, outFolder }) {
  const path = join(outFolder, `${name}${locale === undefined ? '' : `.${locale}`}.png`);
  const take = KINDS[kind];
  if (take === undefined) throw new Error(`no kind of picture is named "${kind}": ${Object.keys(KINDS).join(', ')}`);
  const settings = locale === undefined ? SETTINGS : { ...SETTINGS, 'runbookLens.lang': locale };
  await withWorkbench({ folder, vsixPath, locale, settings, viewport: { width: 1280, height: 760 } }, async (page, opened) => {
    await take(page, opened, subject);
    await page.waitForTimeout(300); // fades and scroll bars settle
    mkdirSync(outFolder, { recursive: true });
    await page.screenshot({ path, animations: 'disabled' });
  });
  return path;
}

if (isMain(import.meta.url)) {
  exitOnSignals();
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      lang: { type: 'string' },
      out: { type: 'string' },
      'no-build': { type: 'boolean', default: false },
    },
  });
  const outFolder = values.out === undefined ? join(repositoryRoot, 'docs', 'images') : resolve(values.out);
  const { path: vsixPath } = packageExtension({ build: !values['no-build'] });
  const chosen = PICTURES.filter((picture) => values.only === undefined || picture.name === values.only);
  if (chosen.length === 0) throw new Error(`no picture is named "${values.only}": ${PICTURES.map((picture) => picture.name).join(', ')}`);
  for (const { name, kind, folder, en, zh } of chosen) {
    for (const [locale, subject] of [
      [undefined, en],
      ['zh-cn', zh],
    ]) {
      if (subject === undefined || (values.lang !== undefined && values.lang !== (locale ?? 'en'))) continue;
      if (locale !== undefined) installChineseFont({ mayInstallPackages: true });
      try {
        progress(await takePicture({ name, kind, folder: join(repositoryRoot, folder), locale, subject, vsixPath, outFolder }));
      } catch (error) {
        progress(`NOT taken: ${name} (${locale ?? 'en'}): ${error.message}`);
        process.exitCode = 1;
      }
    }
  }
}
