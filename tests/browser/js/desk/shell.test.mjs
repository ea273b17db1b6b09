// The frame: every screen at every width, who may go where, the title, and what the browser tells.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { barriers, DESK, launch, PHONE } from '../browser.mjs';
import { control, eventually } from '../people.mjs';
import { comeIn, mail, turnTo } from './staff.mjs';

const { DESK_URL } = process.env;
const ROUTES = ['?view=all', '?view=closed', 'contacts', 'tasks', 'reviews', 'policy', 'deliveries', 'channels', 'knowledge', 'members', 'settings', 'viewer', 'audit', 'start'];
const WIDTHS = { 320: { ...PHONE, viewport: { width: 320, height: 640 } }, 390: PHONE, 900: { viewport: { width: 900, height: 700 } }, 1180: DESK };

describe('the frame of the desk', () => {
  let browser, olivia;

  before(async () => {
    browser = await launch();
    await mail();
    await control('right-to-left');
    olivia = await comeIn(browser, 'Olivia', '?view=all');
  });
  after(() => browser?.close());

  it('scrolls sideways at no width, on no screen', async () => {
    const wide = [];
    for (const [width, options] of Object.entries(WIDTHS)) {
      const page = await comeIn(browser, 'Olivia', '', options);
      for (const route of ROUTES) {
        await page.goto(`${DESK_URL}${route}`);
        await page.locator('#page-title, .row, .state').first().waitFor();
        await eventually(() => page.locator('[aria-busy]').count(), 0);
        if (route === '?view=all') await page.locator('.row').first().click().then(() => page.locator('.bubble').first().waitFor());
        const [is, may, down] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth, document.documentElement.scrollHeight - innerHeight]);
        if (down > 0) wide.push(`${route} at ${width}: the page itself is ${down} px too long`);
        if (is > may || may !== Number(width)) wide.push(`${route} at ${width}: ${is} > ${may}`);
      }
      await page.context().close();
    }
    assert.deepEqual(wide, []);
  });

  it('says of an address where nothing is that there is nothing, and shows the way back', async () => {
    const page = await comeIn(browser, 'Olivia');
    await page.goto(`${DESK_URL}nowhere`);
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.getByRole('link', { name: 'To the inbox' }).click();
    await page.locator('.row').first().waitFor();
    await page.goto(`${DESK_URL}?view=all&thread=half-an-id&channel=%3Cb%3E`);
    await page.locator('.row').first().waitFor();
    assert.equal(await page.getByRole('alert').count(), 0);
    assert.deepEqual(page.errors, []);
    await page.context().close();
  });

  it('shows on a phone what matters most, and the rest behind one button', async () => {
    const page = await comeIn(browser, 'Olivia', '', PHONE);
    assert.equal(await page.getByRole('navigation', { name: 'Screens' }).getByRole('link').count(), 4);
    await page.getByRole('button', { name: 'More' }).click();
    assert.deepEqual(await barriers(page), []);
    await page.getByRole('dialog').getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('heading', { name: /Settings|Business/, level: 2 }).waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(await page.title(), 'Settings · Parley');
    await page.context().close();
  });

  it('leads nobody where he may not go', async () => {
    const page = await comeIn(browser, 'Ana');
    const links = await page.getByRole('navigation', { name: 'Screens' }).getByRole('link').allTextContents();
    assert.ok(links.includes('Team') && !links.includes('Audit'), links.join());
    await page.context().close();
  });

  it('counts in the title what of one’s own waits, and tells of it only whoever asked', async () => {
    const context = await browser.newContext(DESK);
    context.setDefaultTimeout(60_000);
    await context.grantPermissions(['notifications']);
    await context.addInitScript(() => {
      globalThis.told = [];
      globalThis.Notification = class {
        static permission = 'default';
        static requestPermission = async () => (this.permission = 'granted');
        constructor(title, { body }) { globalThis.told.push([title, body]); }
        close() {}
      };
      document.hasFocus = () => false;
    });
    const page = await context.newPage();
    await page.goto(`${DESK_URL}contacts`);
    await page.getByLabel('E-mail').fill('agent@acme.test');
    await page.getByLabel('Password').fill(JSON.parse(process.env.DESK_STAFF).Ana.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('#page-title').waitFor();
    const before = await page.title();
    assert.match(before, /Contacts · Parley$/);
    const name = await mail();
    await turnTo(olivia, name);
    await eventually(() => page.evaluate(() => globalThis.told), []);
    await page.getByRole('button', { name: 'Tell me of new messages in Mine' }).click();
    await page.getByRole('button', { name: /are on: switch off/ }).waitFor();
    const ana = await comeIn(browser, 'Ana', '?view=all');
    await turnTo(ana, name);
    const answered = ana.waitForResponse(/\/assign$/);
    await ana.getByRole('button', { name: 'Assign', exact: true }).click();
    await ana.getByRole('option', { name: 'Me', exact: true }).click();
    await answered;
    // What the AI answers before anybody looks is no news; here a person answers.
    const taken = ana.waitForResponse(/\/take-over$/);
    await ana.getByRole('button', { name: 'Take over' }).click();
    await taken;
    await ana.context().close();
    await olivia.goto(`${DESK_URL}tasks`);
    await control('mail-again');
    await eventually(() => page.evaluate(() => globalThis.told.at(-1)?.[1]), 'New message');
    assert.equal(await page.evaluate(() => globalThis.told.at(-1)[0]), name);
    await eventually(async () => /^\(\d+\) Contacts · Parley$/.test(await page.title()), true);
    await page.getByRole('button', { name: /are on: switch off/ }).click();
    await page.getByRole('button', { name: 'Tell me of new messages in Mine' }).waitFor();
    await context.close();
  });
});
