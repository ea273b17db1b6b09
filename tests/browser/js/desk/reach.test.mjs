// Who gets where: people without a pointer everywhere, people without a right nowhere.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { DESK, launch, open, PHONE } from '../browser.mjs';
import { control, eventually } from '../people.mjs';
import { comeIn, mail, rows, texts } from './staff.mjs';

const { DESK_URL } = process.env;
const [PROJECT_URL] = JSON.parse(process.env.DESK_PROJECT);
const PASSWORD = JSON.parse(process.env.DESK_STAFF).Ana.password;

const press = async (page, keys) => { for (const key of keys.split(' ')) await page.keyboard.press(key); };
const focusIs = (page, which) => page.evaluate((selector) => document.activeElement?.matches(selector) ?? false, which);

/** Press Tab until what has the focus matches; every stop on the way must be seen, and come after the one before. */
async function tabTo(page, which, most = 80) {
  for (let n = 0; n < most; n++) {
    await page.keyboard.press('Tab');
    const wrong = await page.evaluate(() => {
      const at = document.activeElement;
      if (!at || at === document.body) return null;
      const before = globalThis.stop;
      globalThis.stop = at;
      const name = `${at.localName}.${at.className} ${at.getAttribute('aria-label') ?? at.textContent.slice(0, 30)}`;
      const { outlineStyle, outlineWidth } = getComputedStyle(at.type === 'file' ? at.parentElement : at);
      const box = (at.type === 'file' ? at.parentElement : at).getBoundingClientRect();
      if (outlineStyle === 'none' || parseFloat(outlineWidth) < 2) return `${name}: the focus is not seen`;
      if (box.width < 2 || box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth) return `${name}: out of sight`;
      if (before?.isConnected && before.compareDocumentPosition(at) & Node.DOCUMENT_POSITION_PRECEDING) return `${name}: comes after what stands behind it`;
      return null;
    });
    assert.equal(wrong, null);
    if (await focusIs(page, which)) return;
  }
  assert.fail(`${most} times Tab do not lead to ${which}`);
}

async function signInAt(page, email) {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

describe('the desk', () => {
  let browser;

  before(async () => {
    browser = await launch();
    await mail();
  });
  after(() => browser?.close());

  for (const [size, options] of Object.entries({ 'at the desk': DESK, 'on a phone': PHONE })) {
    it(`is worked with Tab, Enter and Escape alone ${size}`, async () => {
      const page = await comeIn(browser, 'Ana', '?view=all', { ...options, hasTouch: false, isMobile: false });
      await page.locator('.row').first().waitFor();
      await page.evaluate(() => document.activeElement?.blur());
      await page.reload();
      await page.locator('.row').first().waitFor();
      await page.keyboard.press('Tab');
      assert.ok(await focusIs(page, '.skip'), 'the first stop leads past the frame');
      assert.ok((await page.locator('.skip').boundingBox()).width > 20);
      await page.keyboard.press('Enter');
      assert.ok(await focusIs(page, '#main'));
      await tabTo(page, '.row');
      await press(page, 'ArrowDown ArrowDown ArrowUp');
      await eventually(() => focusIs(page, '.row.has-cursor'), true);
      const name = await page.evaluate(() => document.activeElement.querySelector('.name').textContent);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name, level: 2 }).waitFor();
      await page.locator('#reply').waitFor();
      await page.evaluate(() => delete globalThis.stop);
      await tabTo(page, '.conversation .skip');
      await page.keyboard.press('Enter');
      await eventually(() => focusIs(page, '#reply'), true);
      await page.evaluate(() => delete globalThis.stop);
      const text = `Without a mouse, ${size}`;
      await page.keyboard.type(text);
      await tabTo(page, '[type=submit]');
      await page.keyboard.press('Enter');
      await eventually(async () => (await texts(page)).at(-1), text);
      await press(page, 'Shift+Tab Shift+Tab Escape Escape');
      await eventually(() => page.locator('.inbox.has-thread').count(), 0);
      if (size === 'on a phone') await eventually(() => focusIs(page, '.row'), true);
      assert.deepEqual(page.errors, []);
      await page.context().close();
    });
  }

  it('moves nothing for those who want it still', async () => {
    const page = await comeIn(browser, 'Ana', '?view=all', { ...DESK, reducedMotion: 'reduce' });
    await page.locator('.row').first().click();
    await page.locator('.bubble').first().waitFor();
    const moving = await page.evaluate(() => [...document.querySelectorAll('*')].filter((one) => {
      const { transitionDuration, animationDuration } = getComputedStyle(one);
      return /[1-9]/.test(transitionDuration) || /[1-9]/.test(animationDuration);
    }).map((one) => one.className));
    assert.deepEqual(moving, []);
    await page.context().close();
  });

  it('shows a stranger nothing: no customer, no other tenant, no token somebody made himself', async () => {
    const olivia = await comeIn(browser, 'Olivia', '?view=all');
    await olivia.locator('.row').first().click();
    await olivia.locator('.bubble').first().waitFor();
    const thread = new URL(olivia.url()).searchParams.get('thread');
    const name = (await rows(olivia))[0];

    const customer = await open(browser, `${DESK_URL}?view=all&thread=${thread}`, DESK);
    await signInAt(customer, 'ann@homes.test');
    await customer.getByRole('heading', { name: 'You work in no tenant yet' }).waitFor();

    const other = await open(browser, `${DESK_URL}?view=all&thread=${thread}`, DESK);
    await signInAt(other, 'owner@birch.test');
    await other.locator('.pane').getByRole('alert').waitFor();

    await olivia.evaluate(() => {
      const kept = JSON.parse(sessionStorage.getItem('parley-desk'));
      const [head, body, sign] = kept.access_token.split('.');
      const claims = JSON.parse(atob(body.replaceAll('-', '+').replaceAll('_', '/')));
      const forged = btoa(JSON.stringify({ ...claims, role: 'service_role' })).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
      sessionStorage.setItem('parley-desk', JSON.stringify({ ...kept, access_token: `${head}.${forged}.${sign}` }));
    });
    await olivia.reload();
    await olivia.getByRole('alert').waitFor();
    for (const page of [customer, other, olivia]) {
      assert.ok(!(await page.content()).includes(name));
      assert.equal(await page.locator('.bubble').count(), 0);
      await page.context().close();
    }
  });

  it('takes every hostile text for a text: names, subjects, bodies, addresses of the page', async () => {
    const { texts: hostile } = await control('hostile-texts');
    const page = await comeIn(browser, 'Ana', '?view=all');
    const asked = new Set();
    page.on('request', (one) => asked.add(new URL(one.url()).origin));
    const harmless = async (where) => {
      const found = await page.evaluate(() => ({
        hacked: globalThis.hacked ?? globalThis.frames[0]?.hacked,
        made: [...document.querySelectorAll('main :is(script, object, embed, svg animate, math, a[href^="javascript:" i], iframe:not([sandbox]), iframe[sandbox~="allow-scripts"], details[ontoggle])')].map((one) => one.outerHTML.slice(0, 100)),
        handlers: [...document.querySelectorAll('main *')].filter((one) => [...one.attributes].some(({ name }) => name.startsWith('on'))).length,
      }));
      assert.deepEqual(found, { hacked: undefined, made: [], handlers: 0 }, where);
    };
    const mallory = (n) => page.locator('.row', { hasText: hostile[n].replace(/[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, '').slice(0, 12) });
    await eventually(async () => (await page.locator('button.arrivals').isVisible() && await page.locator('button.arrivals').click(), (await mallory(0).count()) > 0 && (await mallory(5).count()) > 0), true, 20_000);
    await harmless('list');
    for (const n of [0, 1, 2, 3, 4, 5]) {
      await mallory(n).first().click();
      await page.locator('#conversation-title').filter({ hasText: hostile[n].slice(0, 12) }).waitFor();
      await page.locator('.bubble-body').first().waitFor();
      await harmless(hostile[n]);
    }
    await page.goto(`${DESK_URL}contacts`);
    await page.locator('table').waitFor();
    await harmless('contacts');
    await page.goto(`${DESK_URL}?view=${encodeURIComponent(hostile[1])}&q=${encodeURIComponent(hostile[0])}&thread=${encodeURIComponent(hostile[4])}`);
    await page.locator('.list').waitFor(); // what is no id of a conversation asks for none
    await harmless('address');
    assert.deepEqual([...asked].filter((one) => ![new URL(DESK_URL).origin, new URL(PROJECT_URL).origin, 'null'].includes(one)), []);
    await page.context().close();
    assert.deepEqual((await control('refused')).lines, []);
  });
});
