/** A headless Chromium that shows the workbench. */
import { chromium } from 'playwright-core';
import { installChromium } from './install.mjs';

const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

/**
 * @typedef {object} BrowserOptions
 * @property {string} [locale] display language as VS Code writes it ("zh-cn"). Sets `vscode.env.language`, so extensions speak it;
 *   the workbench's own texts stay English, because no package registry carries VS Code's language packs.
 * @property {{ width: number, height: number }} [viewport]
 * @property {number} [deviceScaleFactor]
 */

/**
 * @param {BrowserOptions} [options]
 * @returns {Promise<{ page: import('playwright-core').Page, close: () => Promise<void> }>}
 */
export async function openBrowser({ locale, viewport = { width: 1280, height: 800 }, deviceScaleFactor = 1 } = {}) {
  // No sandbox: it refuses to work for root and in many containers, and the page comes from our own server on this machine.
  const browser = await chromium.launch({ executablePath: installChromium(), headless: true, chromiumSandbox: false, args: FLAGS });
  const context = await browser.newContext({
    viewport,
    deviceScaleFactor,
    ...(locale === undefined ? {} : { locale: browserLocale(locale) }),
  });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  if (locale !== undefined) await context.addInitScript(`globalThis._VSCODE_NLS_LANGUAGE = ${JSON.stringify(locale)};`);
  return { page: await context.newPage(), close: () => browser.close() };
}

/** @param {string} locale "zh-cn" @returns {string} "zh-CN" */
function browserLocale(locale) {
  const [language, region] = locale.split('-');
  return region === undefined ? String(language) : `${language}-${region.toUpperCase()}`;
}
