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

/** A calm window: what the picture is about and little else. */
const SETTINGS = {
  'breadcrumbs.enabled': false,
  'editor.minimap.enabled': false,
  'editor.scrollbar.horizontal': 'hidden',
  'editor.scrollbar.vertical': 'hidden',
  'editor.stickyScroll.enabled': false,
  'problems.defaultViewMode': 'tree',
  'window.menuBarVisibility': 'hidden',
  'workbench.statusBar.visible': false,
};

/** Sharp on a dense screen, and still light; large pictures take less. */
const SCALE = 1.5;

/**
 * What a picture is of. `expected` is a text that must be on it.
 * @typedef {object} Subject
 * @property {string} file path in the folder
 * @property {string} token where the cursor goes
 * @property {string} expected
 * @property {string} [runbook] id
 * @property {string} [verdict] as the Cluster view says it
 * @property {string[]} [commands] titles: to diagnose, and to open the report
 *
 * How each kind of picture comes about. Gives the parts of the window that it shows.
 * @type {Record<string, (page: import('playwright-core').Page, folder: string, subject: Subject) => Promise<string[]>>}
 */
export const KINDS = {
  /** The squiggle and the Problems panel below it. */
  async problems(page, folder, { file, token, expected }) {
    await hideSideBar(page);
    await openSubject(page, folder, file, token);
    await showProblems(page, expected);
    await page.locator('.markers-panel .monaco-list-row', { hasText: expected }).first().click();
    return ['.part.editor', '.part.panel'];
  },
  /** The lightbulb's menu at the squiggle. */
  async lightbulb(page, folder, { file, token, expected }) {
    await hideSideBar(page);
    await openSubject(page, folder, file, token);
    await openLightbulb(page, expected);
    return ['.part.editor'];
  },
  /** The hover at the squiggle. */
  async hover(page, folder, { file, token, expected }) {
    await hideSideBar(page);
    await openSubject(page, folder, file, token);
    await showHover(page, expected);
    return ['.part.editor'];
  },
  /** The extension's side bar beside the file. */
  async sideBar(page, folder, { file, token, expected }) {
    await openSubject(page, folder, file, token);
    await openSideBar(page, 'Runbook Lens');
    await page.locator('.sidebar .monaco-list-row', { hasText: expected }).first().waitFor({ timeout: WAIT_MS });
    await widenSideBar(page, 440);
    return ['.part.activitybar', '.part.sidebar', '.part.editor'];
  },
  /** The Cluster view and the incident report, of a real API server with staged incidents. */
  async cluster(page, folder, { file, token, expected, verdict, commands }) {
    await openFileAt(page, folder, file, token);
    await openSideBar(page, 'Runbook Lens');
    await widenSideBar(page, 400);
    for (const view of ['findings', 'runbooks']) await collapse(page, view);
    const [diagnose, report] = commands ?? [];
    await runCommand(page, String(diagnose));
    // Return on each list: the current context, and all that may be read.
    for (const step of ['(1/2)', '(2/2)']) {
      await page.locator('.quick-input-title', { hasText: step }).first().waitFor({ timeout: WAIT_MS });
      await page.keyboard.press('Enter');
    }
    await page
      .locator('.sidebar .monaco-list-row', { hasText: String(verdict) })
      .first()
      .waitFor({ timeout: WAIT_MS });
    await runCommand(page, String(report));
    await webviewContent(page).getByText(expected).first().waitFor({ timeout: WAIT_MS });
    await webviewContent(page).locator('svg.picture').first().waitFor({ timeout: WAIT_MS });
    // No tooltip over it.
    await page.mouse.move(900, 10);
    return ['.part.activitybar', '.part.sidebar', '.part.editor'];
  },
  /** The runbook beside the code, opened from the lightbulb. */
  async runbookReader(page, folder, { file, token, expected, runbook }) {
    await hideSideBar(page);
    await openSubject(page, folder, file, token);
    await openLightbulb(page, String(runbook));
    await page
      .locator('.action-widget .monaco-list-row', { hasText: String(runbook) })
      .first()
      .click();
    await webviewContent(page).getByText(expected).first().waitFor({ timeout: WAIT_MS });
    return ['.part.editor'];
  },
};

/** Folds a view of the side bar. @param {import('playwright-core').Page} page @param {string} view */
async function collapse(page, view) {
  const names = { findings: /^(Findings|发现)/, runbooks: /^Runbook/ };
  const header = page.locator('.sidebar .pane-header', { hasText: names[view] }).first();
  await header.waitFor({ timeout: WAIT_MS });
  if ((await header.getAttribute('aria-expanded')) === 'true') await header.click();
}

/** Opens the file and waits until it is judged; a code lens that came later would move the lines. */
async function openSubject(page, folder, file, token) {
  await openFileAt(page, folder, file, token);
  await waitForSquiggle(page);
  await page.locator('.codelens-decoration').first().waitFor({ timeout: WAIT_MS });
}

/** @param {import('playwright-core').Page} page */
async function hideSideBar(page) {
  await runCommand(page, 'View: Toggle Primary Side Bar Visibility');
  await page.locator('.part.sidebar').waitFor({ state: 'hidden', timeout: WAIT_MS });
}

/** Drags the border of the side bar. @param {import('playwright-core').Page} page @param {number} width in pixels */
async function widenSideBar(page, width) {
  const box = await page.locator('.part.sidebar').boundingBox();
  if (!box) throw new Error('there is no side bar');
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width + 1, y);
  await page.mouse.down();
  await page.mouse.move(box.x + width, y, { steps: 8 });
  await page.mouse.up();
  await page.mouse.move(box.x + width + 200, y);
}

/**
 * Where some parts of the window stand together.
 * @param {import('playwright-core').Page} page @param {string[]} selectors
 */
async function areaOf(page, selectors) {
  const boxes = [];
  for (const selector of selectors) boxes.push(await page.locator(selector).first().boundingBox());
  const shown = boxes.filter((box) => box !== null);
  if (shown.length < selectors.length) throw new Error(`a part of the window is not there: ${selectors.join(', ')}`);
  const x = Math.min(...shown.map((box) => box.x));
  const y = Math.min(...shown.map((box) => box.y));
  const width = Math.max(...shown.map((box) => box.x + box.width)) - x;
  const height = Math.max(...shown.map((box) => box.y + box.height)) - y;
  return { x, y, width, height };
}

/**
 * Takes one picture.
 * @param {{ name: string, kind: string, folder: string, width: number, height: number, scale?: number, locale?: string, subject: Subject, vsixPath: string, outFolder: string, env?: Record<string, string> }} picture
 * @returns {Promise<string>} path of the PNG
 */
export async function takePicture({ name, kind, folder, width, height, scale = SCALE, locale, subject, vsixPath, outFolder, env }) {
  const path = join(outFolder, `${name}${locale === undefined ? '' : `.${locale}`}.png`);
  const take = KINDS[kind];
  if (take === undefined) throw new Error(`no kind of picture is named "${kind}": ${Object.keys(KINDS).join(', ')}`);
  const settings = locale === undefined ? SETTINGS : { ...SETTINGS, 'runbookLens.lang': locale };
  const options = { folder, vsixPath, locale, env, settings, viewport: { width, height }, deviceScaleFactor: scale };
  await withWorkbench(options, async (page, opened) => {
    const parts = await take(page, opened, subject);
    await page.waitForTimeout(1000); // fades, code lenses and scroll bars settle
    const toasts = await page.locator('.notification-toast').count();
    if (toasts > 0) throw new Error('a notification stands in the picture');
    mkdirSync(outFolder, { recursive: true });
    await page.screenshot({ path, animations: 'disabled', clip: await areaOf(page, parts) });
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
  for (const { name, kind, folder, width, height, scale, en, zh } of chosen) {
    for (const [locale, subject] of [
      [undefined, en],
      ['zh-cn', zh],
    ]) {
      if (subject === undefined || (values.lang !== undefined && values.lang !== (locale ?? 'en'))) continue;
      if (locale !== undefined) installChineseFont({ mayInstallPackages: true });
      /** @type {{ env: Record<string, string>, stop(): Promise<string[]> } | undefined} */
      let cluster;
      try {
        if (kind === 'cluster') cluster = await startPictureCluster();
        const { env } = cluster ?? {};
        const picture = {
          name,
          kind,
          folder: join(repositoryRoot, folder),
          width,
          height,
          scale,
          locale,
          subject,
          vsixPath,
          outFolder,
          env,
        };
        progress(await takePicture(picture));
      } catch (error) {
        progress(`NOT taken: ${name} (${locale ?? 'en'}): ${error.message}`);
        process.exitCode = 1;
      } finally {
        await cluster?.stop();
      }
    }
  }
}

/** Its helpers are the cluster tests' own, in TypeScript: Node 24. */
async function startPictureCluster() {
  const { startEditorCluster, whyNoEditorCluster } = await import('../../test/vscode/cluster.ts');
  const reason = whyNoEditorCluster();
  if (reason !== undefined) throw new Error(`there is no cluster to show: ${reason}`);
  return startEditorCluster('pictures');
}
