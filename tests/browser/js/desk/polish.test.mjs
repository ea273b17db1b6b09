import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { barriers, DESK, launch, open, PHONE } from '../browser.mjs';
import { eventually } from '../people.mjs';
import { comeIn, enter, mail, rows, turnTo } from './staff.mjs';

const { DESK_URL } = process.env;
const NOWHERE = '01a00000-0000-7000-8000-000000000000';
const ROWS = 7;
const THEMES = ['light', 'dark'];

const focusIn = (page, which) => page.evaluate((where) => !!document.activeElement?.closest(where), which);
const problem = (code, more = {}) => ({
  status: 422, contentType: 'application/problem+json',
  body: JSON.stringify({ type: `urn:parley:problem:${code}`, title: 'x', status: 422, detail: 'the server said so', code, ...more }),
});

/** No barrier in a part of what is shown, in either theme. */
async function isOpenToAll(page, part) {
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    assert.deepEqual(await barriers(page, part), [], colorScheme);
  }
}

describe('the desk, looked at closely', () => {
  let browser, name;

  before(async () => {
    browser = await launch();
    const page = await comeIn(browser, 'Ana', '?view=all');
    for (let n = 0; n < ROWS; n++) name = await mail();
    await eventually(async () => (await rows(page)).length >= ROWS, true);
    await page.context().close();
  });
  after(() => browser?.close());

  it('says in the reader’s language what was refused, with the field and what to do; word for word beneath it', async () => {
    const page = await open(browser, `${DESK_URL}?view=all`, { ...DESK, locale: 'de-DE' });
    await enter(page, 'Ana');
    await page.goto(`${DESK_URL}?view=all&thread=${NOWHERE}`);
    const state = page.locator('.pane .state');
    await state.getByText('Prüfen Sie, ob Sie im richtigen sind.').waitFor();
    await state.locator('summary').click();
    assert.equal(await state.locator('[lang=en]').textContent(), 'No such thread. Check the id, and that you work in the right tenant.');
    await isOpenToAll(page, '.pane');
    await page.goto(`${DESK_URL}?view=all`);
    await turnTo(page, name);
    await page.locator('#reply').waitFor();
    for (const [answer, line] of [
      [problem('bad_time', { field: 'until' }), 'höchstens zehn Jahre entfernt. Wählen Sie einen anderen. Feld: until.'],
      [problem('of_tomorrow', { remedy: 'wait' }), 'The server said so. Wait.'],
    ]) {
      await page.route('**/v1/threads/*/close', (route) => route.fulfill(answer));
      await page.getByRole('button', { name: 'Schließen', exact: true }).click();
      await page.locator('.toast', { hasText: line }).waitFor();
      await page.unroute('**/v1/threads/*/close');
    }
    assert.deepEqual(page.errors, []);
    await page.context().close();
  });

  it('puts away until a moment of one’s own: in the reader’s zone, never one that has been', async () => {
    const page = await comeIn(browser, 'Ana', '?view=all', { ...DESK, timezoneId: 'Asia/Tokyo' });
    await turnTo(page, name);
    await page.locator('#reply').waitFor();
    await page.evaluate(() => document.activeElement?.blur());
    await page.locator('body').press('s');
    await page.getByRole('option').last().waitFor();
    await page.keyboard.type('of your own');
    await page.keyboard.press('Enter');
    const field = page.getByLabel('Day and time');
    await field.waitFor();
    await page.getByText('In your own time: Asia/Tokyo').waitFor();
    await field.fill('2020-02-03T08:00');
    await field.press('Enter');
    await page.getByText('That has been').waitFor();
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    assert.ok(await focusIn(page, 'input[type=datetime-local]'));
    await isOpenToAll(page, 'dialog');
    const year = new Date().getUTCFullYear() + 1;
    await field.fill(`${year}-02-03T08:30`);
    const sent = page.waitForRequest((one) => one.url().endsWith('/snooze'));
    await field.press('Enter');
    assert.equal((await sent).postDataJSON().until, `${year}-02-02T23:30:00.000Z`);
    await page.getByText(`Snoozed until Feb 3, ${year}`).first().waitFor();
    assert.equal(await page.locator('dialog').count(), 0);
    await page.locator('body').press('z');
    await page.getByText('Snoozed until').first().waitFor({ state: 'detached' });
    assert.deepEqual(page.errors, []);
    await page.context().close();
  });

  it('shows seven conversations on a phone, whatever its language, and the view that is on', async () => {
    for (const locale of ['de-DE', 'ar-EG']) {
      const page = await open(browser, `${DESK_URL}?view=all`, { ...PHONE, locale });
      await enter(page, 'Olivia');
      const whole = () => page.evaluate(() => {
        const box = document.querySelector('.scroller').getBoundingClientRect();
        return [...document.querySelectorAll('.row')].filter((one) => {
          const row = one.getBoundingClientRect();
          return row.top >= box.top && row.bottom <= box.bottom + 1;
        }).length;
      });
      await eventually(async () => (await whole()) >= ROWS, true);
      for (const n of [0, -1]) {
        await page.locator('.views button').nth(n).click();
        await page.locator('.views button').nth(n).and(page.locator('[aria-current]')).waitFor();
        const [line, on] = [await page.locator('.views').boundingBox(), await page.locator('.views [aria-current]').boundingBox()];
        assert.ok(on.x >= line.x - 1 && on.x + on.width <= line.x + line.width + 1, `${locale}: ${JSON.stringify(on)}`);
      }
      await page.locator('.filter-switch').click();
      await page.locator('#filters select').first().waitFor();
      if (locale === 'ar-EG') await isOpenToAll(page, '.list');
      await page.context().close();
    }
  });

  it('keeps a conversation’s head in one row on a phone; the rest is in a menu that keys go through', async () => {
    const page = await comeIn(browser, 'Ana', '?view=all', { ...PHONE, hasTouch: false, isMobile: false });
    await turnTo(page, name);
    const buttons = page.locator('.conversation-head button');
    const boxes = await buttons.evaluateAll((all) => all.map((one) => one.getBoundingClientRect().y));
    assert.ok(boxes.length >= 3 && Math.max(...boxes) - Math.min(...boxes) < 4, String(boxes));
    const more = page.getByRole('button', { name: 'More to do' });
    assert.equal(await more.getAttribute('aria-haspopup'), 'menu');
    await more.press('ArrowUp');
    const items = page.getByRole('menuitem');
    const at = () => page.evaluate(() => document.activeElement?.textContent);
    const texts = await items.allTextContents();
    assert.ok(texts.includes('Assign') && texts.includes('Label') && texts.includes('Snooze'), String(texts));
    assert.equal(await more.getAttribute('aria-expanded'), 'true');
    assert.equal(await at(), texts.at(-1));
    await isOpenToAll(page, '.conversation-head');
    for (const [key, to] of [['ArrowDown', 0], ['End', -1], ['Home', 0], ['s', texts.indexOf('Snooze')], ['Tab', texts.indexOf('Snooze')]]) {
      await page.keyboard.press(key);
      await eventually(at, texts.at(to));
    }
    await page.keyboard.press('Escape');
    assert.equal(await items.count(), 0);
    assert.ok(await focusIn(page, '.menu-box button'));
    await page.getByRole('heading', { name, level: 2 }).waitFor();
    await page.keyboard.press('Enter');
    await page.keyboard.press('s');
    await page.keyboard.press('Enter');
    await page.getByRole('option').last().click();
    const field = page.getByLabel('Day and time');
    await field.waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    await page.keyboard.press('Escape');
    await field.waitFor({ state: 'detached' });
    assert.ok(await focusIn(page, '.menu-box button'));
    await more.click();
    await page.locator('.titles').click({ position: { x: 2, y: 2 } });
    assert.equal(await items.count(), 0);
    // From one that is not there, too, there is a way back.
    await page.goto(`${DESK_URL}?view=all&thread=${NOWHERE}`);
    await page.getByText('No such thread').waitFor();
    await page.getByRole('button', { name: 'Back to the list' }).click();
    await page.locator('.row').first().waitFor();
    assert.deepEqual(page.errors, []);
    await page.context().close();
  });

  it('tells a reader which wording and which choice the arrows are at', async () => {
    const page = await comeIn(browser, 'Ana', '?view=all', DESK);
    await turnTo(page, name);
    const marked = (field) => field.evaluate((one) => {
      const option = document.getElementById(one.getAttribute('aria-activedescendant') ?? '');
      return option && [option.getAttribute('role'), option.parentElement.id === one.getAttribute('aria-controls')];
    });
    const reply = page.getByLabel('Reply', { exact: true });
    await page.route('**/v1/canned-replies', (route) => route.fulfill({
      json: { items: Array.from({ length: 8 }, (_, n) => ({ id: `${NOWHERE.slice(0, -1)}${n}`, intent: `wording_${n}`, body: `Words ${n}`.repeat(9), language: null, enabled: true })) },
    }));
    await reply.fill('/');
    await page.locator('#wordings [role=option]').first().waitFor();
    await eventually(() => marked(reply), ['option', true]);
    for (let n = 0; n < 9; n++) await reply.press('ArrowDown');
    await eventually(async () => (await reply.getAttribute('aria-activedescendant')).at(-1), '5');
    const [list, option] = [await page.locator('#wordings').boundingBox(), await page.locator('#wordings [aria-selected=true]').boundingBox()];
    assert.ok(option.y + option.height <= list.y + list.height + 1, 'what the arrows are at is in sight');
    await isOpenToAll(page, '.composer');
    await reply.fill('');
    assert.equal(await reply.getAttribute('aria-activedescendant'), null);
    await page.keyboard.press('Control+k');
    const search = page.locator('.picker input');
    await search.waitFor();
    assert.deepEqual(await marked(search), ['option', true]);
    await page.keyboard.press('ArrowUp');
    for (let n = 0; n < 30; n++) await page.keyboard.press('ArrowDown');
    const [box, last] = [await page.locator('.picker .wordings').boundingBox(), await page.locator('.picker .is-at').boundingBox()];
    assert.ok(last.y + last.height <= box.y + box.height + 1);
    assert.deepEqual(page.errors, []);
    await page.context().close();
  });

  it('cuts a tenant’s name at its end, and keeps code in its own order, where one reads from the right', async () => {
    const page = await open(browser, `${DESK_URL}?view=all`, { ...DESK, locale: 'ar-EG' });
    await enter(page, 'Olivia');
    assert.equal(await page.locator('#tenant').evaluate((one) => getComputedStyle(one).direction), 'ltr');
    await page.goto(`${DESK_URL}audit`);
    const code = page.locator('td code').first();
    await code.waitFor();
    assert.equal(await code.evaluate((one) => getComputedStyle(one).direction), 'ltr');
    await page.context().close();
  });
});
