// What did not arrive: found, said in words, sent again once; and never what may have arrived.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { barriers, launch, PHONE } from '../browser.mjs';
import { control, eventually } from '../people.mjs';
import { comeIn, mail, texts, turnTo } from './staff.mjs';

const { DESK_URL } = process.env;

describe('what did not arrive', () => {
  let browser, ana, name, thread;

  before(async () => {
    browser = await launch();
    ana = await comeIn(browser, 'Ana', '?view=all');
    await turnTo(ana, await mail());
    await eventually(async () => (await ana.locator('.bubble.by-ai').count()) > 0, true);
    ({ name, thread } = await control('undelivered'));
    await ana.goto(`${DESK_URL}deliveries`);
  });
  after(() => browser?.close());

  const row = (status) => ana.locator('tbody tr', { hasText: `This one ends as ${status}.` });
  const view = (title) => ana.locator('.views').getByRole('button', { name: title, exact: true }).click();

  it('is a list with the reason in words, by kind and channel, at an address that stays', async () => {
    await row('failed').getByText('Did not arrive').waitFor();
    await row('failed').getByText('The provider’s answer: 554').waitFor();
    await row('cancelled').getByText('Outside of the provider’s window: only a template may go').waitFor();
    await row('dispatch_unknown').getByText('Outcome unknown').waitFor();
    assert.deepEqual(await barriers(ana), []);
    await view('Stopped by a rule');
    await row('failed').waitFor({ state: 'detached' });
    await row('cancelled').waitFor();
    assert.match(ana.url(), /trouble=stopped/);
    await ana.getByLabel('Channel', { exact: true }).selectOption({ label: 'SMS' });
    await ana.getByText('No rule has stopped anything.').waitFor();
    await ana.reload();
    await ana.getByText('No rule has stopped anything.').waitFor();
    await ana.getByLabel('Channel', { exact: true }).selectOption({ label: 'Any' });
    await row('cancelled').waitFor();
  });

  it('of what nobody knows the end it says so, and offers to settle it, not to send it again', async () => {
    await view('Outcome unknown');
    await ana.getByText(/has arrived once, or not at all/).waitFor();
    await row('dispatch_unknown').waitFor();
    assert.deepEqual(await row('dispatch_unknown').getByRole('button').allTextContents(), ['It arrived', 'It did not arrive']);
    assert.deepEqual(await barriers(ana), []);
    await row('dispatch_unknown').getByRole('button', { name: 'It did not arrive' }).click();
    await row('dispatch_unknown').waitFor({ state: 'detached' });
    await view('Did not arrive');
    await row('dispatch_unknown').getByText('A person said that it did not arrive').waitFor();
    await row('dispatch_unknown').getByRole('button', { name: 'Send again' }).waitFor();
  });

  it('is sent again once, as a new message, and leads to its conversation', async () => {
    const other = await ana.context().newPage();
    await other.addInitScript((session) => sessionStorage.setItem('parley-desk', session), await ana.evaluate(() => sessionStorage.getItem('parley-desk')));
    await other.goto(`${DESK_URL}deliveries?trouble=failed`);
    for (const page of [ana, other]) await page.locator('tbody tr', { hasText: 'This one ends as failed.' }).getByRole('button', { name: 'Send again' }).click();
    assert.deepEqual(await barriers(ana), []);
    for (const page of [ana, other]) await page.getByRole('dialog').getByRole('button', { name: 'Send again' }).click();
    await row('failed').getByText('Sent again').waitFor();
    await other.close();
    assert.equal(await row('failed').getByRole('button').count(), 0);
    await row('failed').getByRole('link', { name }).click();
    await ana.locator(`.conversation[data-thread="${thread}"]`).waitFor();
    await eventually(async () => (await texts(ana)).filter((one) => one === 'This one ends as failed.').length, 2);
    await eventually(() => ana.locator('.bubble', { hasText: 'This one ends as failed.' }).last().locator('[data-status=sent]').count(), 1);
  });

  it('fits a phone, in the dark as well', async () => {
    const phone = await comeIn(browser, 'Ana', '', { ...PHONE, colorScheme: 'dark' });
    await phone.goto(`${DESK_URL}deliveries`);
    await phone.locator('tbody tr', { hasText: 'This one ends as cancelled.' }).waitFor();
    assert.deepEqual(await barriers(phone), []);
    const [wide, has] = [await phone.evaluate(() => document.documentElement.scrollWidth), phone.viewportSize().width];
    assert.ok(wide <= has, `scrolls sideways: ${wide} > ${has}`);
    await phone.context().close();
    assert.deepEqual((await control('refused')).lines, []);
    assert.deepEqual(ana.errors, []);
  });
});
