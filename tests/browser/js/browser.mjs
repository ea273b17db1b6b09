// Chromium for the tests: CHROMIUM where it names one, else the one inside the package.

import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';

import bundled from '@sparticuz/chromium';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--no-first-run', '--disable-dev-shm-usage',
];
const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A phone: the size the example is made for. */
export const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
export const DESK = { viewport: { width: 1180, height: 800 } };

export async function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM || (await bundled.executablePath()), args: FLAGS });
}

/** A page of its own: no cookie and no storage is shared with another. What it says wrong ends up in `page.errors`. */
export async function open(browser, url, options = PHONE) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(60_000); // what must come is waited for: only a failure takes as long
  const page = await context.newPage();
  page.errors = [];
  page.on('pageerror', (error) => page.errors.push(String(error)));
  page.on('console', (message) => {
    // A request that fails because the test took the network away is no error of the page.
    if (message.type() === 'error' && !/ERR_|Failed to load resource|WebSocket/.test(message.text())) page.errors.push(message.text());
  });
  await page.goto(url);
  return page;
}

/** What axe finds wrong with the page as it is shown, or with a part of it: a line per finding, none when it is well. */
export async function barriers(page, part = null) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const { violations } = await page.evaluate((which) => globalThis.axe.run(which ?? document, { resultTypes: ['violations'] }), part);
  return violations.map((one) => `${one.id}: ${one.help} (${one.nodes.map((node) => node.target.join(' ')).join(', ')})`);
}
