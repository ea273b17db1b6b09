// Spam, or not: the staff says so, and is believed.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { barriers, DESK, launch, PHONE } from '../browser.mjs';
import { control, eventually } from '../people.mjs';
import { bringUp, comeIn, mail, mailAgain, rows, texts, turnTo } from './staff.mjs';

const spam = async () => (await control('spam')).name;
const view = (page, name) => page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name, exact: true }).click();
const has = (page, name) => eventually(async () => (await bringUp(page), (await rows(page)).includes(name)), true, 15_000);
const lacks = (page, name) => eventually(async () => (await rows(page)).includes(name), false);
const head = (page, name) => page.locator('.conversation-head').getByRole('button', { name, exact: true });

describe('the staff, of what was sorted out', () => {
  let browser, olivia, ana;

  before(async () => {
    browser = await launch();
    [olivia, ana] = await Promise.all([comeIn(browser, 'Olivia', '?view=spam'), comeIn(browser, 'Ana', '?view=all')]);
  });
  after(() => browser?.close());

  it('say what is no spam: everybody sees it in the inbox, nothing old is answered, and what comes next is', async () => {
    const name = await spam();
    await turnTo(olivia, name);
    await olivia.getByText('It was taken for spam. The AI does not answer here.').waitFor();
    await olivia.locator('.row').first().waitFor();
    assert.equal(await olivia.locator('.row .chip-ai').count(), 0, 'no row says that the AI answers there');
    await olivia.locator('[data-status=inbound_ai_replied]').waitFor();
    await head(olivia, 'Not spam').click();
    await olivia.getByText('Not spam. This sender comes to the inbox from now on.').waitFor();
    await has(ana, name);
    await turnTo(ana, name);
    await head(ana, 'Spam').waitFor();
    await eventually(async () => (await texts(ana)).length, 1);
    await control('spam-again');
    await eventually(async () => (await texts(ana)).length, 3);
    await ana.getByText('It was taken for spam.').waitFor({ state: 'hidden' });
    await view(olivia, 'Spam');
    await lacks(olivia, name);
  });

  it('take it back: the folder is the detector’s again', async () => {
    const name = await spam();
    await turnTo(olivia, name);
    await olivia.keyboard.press('x');
    await head(olivia, 'Spam').waitFor();
    await has(ana, name);
    await olivia.keyboard.press('z');
    await olivia.getByText('It was taken for spam.').waitFor();
    await lacks(ana, name);
  });

  it('say what is spam: the AI is silent, and whatever its sender writes stays there', async () => {
    const name = await mail();
    await has(ana, name);
    await turnTo(ana, name);
    await eventually(async () => (await texts(ana)).length, 2);
    await ana.keyboard.press('Control+k');
    await ana.getByRole('option', { name: 'Move to spam' }).click();
    await ana.getByText('Somebody moved it to spam.').waitFor();
    await mailAgain();
    await eventually(async () => (await texts(ana)).length, 3);
    await eventually(async () => ana.locator('[data-status=inbound_ai_replied]').count(), 2);
    assert.equal((await texts(ana)).length, 3);
    await view(ana, 'Spam');
    await has(ana, name);
    await view(ana, 'All open');
    await ana.locator('.row').first().waitFor();
    await lacks(ana, name);
  });

  it('fetch a newsletter out of the automated ones, or call it spam', async () => {
    const { name } = await control('newsletter');
    await view(olivia, 'Automated');
    await turnTo(olivia, name);
    await olivia.getByText('It was taken for automated mail.').waitFor();
    await head(olivia, 'Spam').waitFor();
    await head(olivia, 'Not automated').click();
    await view(olivia, 'All open');
    await has(olivia, name);
  });

  it('do so on a phone and at a desk, by day and by night, without a barrier', async () => {
    const name = await spam();
    for (const options of [PHONE, DESK]) for (const colorScheme of ['light', 'dark']) {
      const page = await comeIn(browser, 'Ana', '?view=spam', { ...options, colorScheme });
      await turnTo(page, name);
      await head(page, 'Not spam').waitFor();
      assert.deepEqual(await barriers(page), [], `${options.viewport.width}, ${colorScheme}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${wide} px too wide`);
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/spam-${options.viewport.width}-${colorScheme}.png` });
      await page.context().close();
    }
    assert.deepEqual([...olivia.errors, ...ana.errors], []);
  });
});
