/**
 * The workbench as a user sees it, with the packaged extension installed: for pictures, and for looking at what no extension API shows.
 *
 *   await withWorkbench({ folder: 'examples' }, async (page) => {
 *     await openFile(page, 'kong/values.yaml:12');
 *     await page.screenshot({ path: 'docs/images/x.png' });
 *   });
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { packageExtension } from '../package.mjs';
import { openBrowser } from './browser.mjs';
import { installChromium, installServer } from './install.mjs';
import { hostFolder } from './layout.mjs';
import { startServer } from './server.mjs';

const READY_TIMEOUT_MS = 60_000;
const WAIT_MS = 20_000;

/** @typedef {import('playwright-core').Page} Page */

/**
 * @typedef {object} WorkbenchOptions
 * @property {string} folder opened as a copy, so that fixes don't change it
 * @property {string} [vsixPath] default: built and packaged now
 * @property {string} [locale] "zh-cn": extensions speak Chinese (the workbench itself stays English)
 * @property {Record<string, unknown>} [settings] user settings
 * @property {boolean} [restricted] Restricted Mode
 * @property {Record<string, string>} [env] environment of the extension host
 * @property {{ width: number, height: number }} [viewport] default 1280 × 800
 * @property {number} [deviceScaleFactor] 2 makes sharper and larger pictures
 */

/**
 * Runs `work` with a workbench that has finished loading, and ends everything afterwards.
 * @template T
 * @param {WorkbenchOptions} options
 * @param {(page: Page, folder: string) => Promise<T>} work gets the page and the path of the opened copy
 * @returns {Promise<T>}
 */
export async function withWorkbench({ folder, vsixPath, locale, settings, restricted, env, viewport, deviceScaleFactor }, work) {
  await installServer();
  installChromium();
  const extension = vsixPath ?? packageExtension().path;
  mkdirSync(hostFolder, { recursive: true });
  const runFolder = mkdtempSync(join(hostFolder, 'run-'));
  // The folder's own name is what the window title and the explorer show.
  const copyParent = realpathSync(mkdtempSync(join(tmpdir(), 'runbook-lens-workbench-')));
  const opened = join(copyParent, basename(resolve(folder)));
  cpSync(resolve(folder), opened, { recursive: true, verbatimSymlinks: true });
  const server = await startServer({ runFolder, vsixPaths: [extension], settings, restricted, env });
  try {
    const { page, close } = await openBrowser({ locale, viewport, deviceScaleFactor });
    try {
      const address = new URL(server.url);
      address.searchParams.set('folder', opened);
      address.searchParams.set('payload', JSON.stringify([['skipWelcome', 'true']]));
      await page.goto(address.href, { timeout: READY_TIMEOUT_MS });
      await page.locator('.monaco-workbench .explorer-folders-view .monaco-list-row').first().waitFor({ timeout: READY_TIMEOUT_MS });
      return await work(page, opened);
    } finally {
      await close();
    }
  } finally {
    await server.stop();
    for (const each of [runFolder, copyParent]) rmSync(each, { recursive: true, force: true });
  }
}

/** Opens a file by its path in the folder, `path:line:column` puts the cursor there. @param {Page} page @param {string} pathAndPosition */
export async function openFile(page, pathAndPosition) {
  const name = basename(pathAndPosition.replace(/(:\d+){1,2}$/, ''));
  await page.keyboard.press('ControlOrMeta+P');
  const input = page.locator('.quick-input-widget input').first();
  await input.fill(pathAndPosition);
  await page.locator('.quick-input-widget .monaco-list-row', { hasText: name }).first().waitFor({ timeout: WAIT_MS });
  await input.press('Enter');
  await page.locator('.tabs-container .tab.active', { hasText: name }).waitFor({ timeout: WAIT_MS });
  await page.locator('.editor-group-container.active .view-lines .view-line').first().waitFor({ timeout: WAIT_MS });
}

/**
 * Opens a file with the cursor at the first occurrence of `token`, so that pictures survive edits above it.
 * @param {Page} page @param {string} folder as `withWorkbench` gives it @param {string} path in the folder @param {string} token
 * @throws {Error} when the file doesn't contain it
 */
export async function openFileAt(page, folder, path, token) {
  const text = readFileSync(join(folder, path), 'utf8');
  const offset = text.indexOf(token);
  if (offset < 0) throw new Error(`${path} does not contain "${token}"`);
  const before = text.slice(0, offset).split('\n');
  await openFile(page, `${path}:${before.length}:${String(before.at(-1)).length + 1}`);
}

/** Runs a command by the title that the palette shows ("View: Toggle Problems"). @param {Page} page @param {string} title */
export async function runCommand(page, title) {
  await page.keyboard.press('F1');
  const input = page.locator('.quick-input-widget input').first();
  await input.fill(`>${title}`);
  await page.locator('.quick-input-widget .monaco-list-row', { hasText: title }).first().waitFor({ timeout: WAIT_MS });
  await input.press('Enter');
}

/** Shows the Problems panel and waits until it lists something that contains `text`. @param {Page} page @param {string} text */
export async function showProblems(page, text) {
  await runCommand(page, 'Problems: Focus on Problems View');
  await page.locator('.markers-panel .monaco-list-row', { hasText: text }).first().waitFor({ timeout: WAIT_MS });
}

/** Waits until the open editor has a squiggle. @param {Page} page */
export async function waitForSquiggle(page) {
  await page
    .locator('.squiggly-error, .squiggly-warning, .squiggly-info, .squiggly-hint')
    .first()
    .waitFor({ state: 'attached', timeout: WAIT_MS });
}

/** Opens the lightbulb's menu at the cursor. @param {Page} page @param {string} action a title that it must show */
export async function openLightbulb(page, action) {
  await page
    .locator('.editor-group-container.active .monaco-editor textarea, .editor-group-container.active .native-edit-context')
    .first()
    .focus();
  await page.keyboard.press('ControlOrMeta+Period');
  await page.locator('.action-widget', { hasText: action }).first().waitFor({ timeout: WAIT_MS });
}

/** Shows the hover at the cursor. @param {Page} page @param {string} text that it must show */
export async function showHover(page, text) {
  await page.keyboard.press('ControlOrMeta+K');
  await page.keyboard.press('ControlOrMeta+I');
  await page.locator('.monaco-hover:visible', { hasText: text }).first().waitFor({ timeout: WAIT_MS });
}

/** Opens a view container of the activity bar by its title. @param {Page} page @param {string} title */
export async function openSideBar(page, title) {
  const entry = page.locator('.activitybar .action-item', { has: page.locator(`[aria-label^="${title}"]`) }).first();
  await entry.waitFor({ timeout: WAIT_MS });
  if ((await entry.locator('[aria-expanded="true"]').count()) === 0) await entry.click();
  await page.locator('.sidebar .composite.title', { hasText: new RegExp(title, 'i') }).waitFor({ timeout: WAIT_MS });
}

/** The document inside the (first visible) webview: an iframe in an iframe. @param {Page} page */
export function webviewContent(page) {
  return page.frameLocator('iframe.webview.ready').first().frameLocator('iframe#active-frame');
}
