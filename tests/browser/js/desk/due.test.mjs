// When a task is due, and who does it: given, changed, taken away.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { barriers, launch, PHONE } from '../browser.mjs';
import { control, eventually } from '../people.mjs';
import { comeIn, mail, turnTo } from './staff.mjs';

const { DESK_URL } = process.env;
/** A day and hour in a week, as the browser's own field takes it. */
const inAWeek = () => `${new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10)}T09:30`;

describe('what is due', () => {
  let browser, olivia, ana, thread;

  before(async () => {
    browser = await launch();
    olivia = await comeIn(browser, 'Olivia', '?view=all');
    await turnTo(olivia, await mail());
    // What there is to do rests on an answer that was sent.
    await eventually(async () => (await olivia.locator('.bubble.by-ai').count()) > 0, true);
    ({ thread } = await control('to-do'));
    await olivia.goto(`${DESK_URL}tasks`);
  });
  after(() => browser?.close());

  const row = (page) => page.locator('tbody tr').filter({ has: page.locator(`a[href*="${thread}"]`) });
  const dialog = () => olivia.getByRole('dialog');
  const plan = async (change) => {
    await row(olivia).getByRole('button', { name: 'When and who' }).click();
    await change();
    await dialog().getByRole('button', { name: 'Save' }).click();
  };

  it('is said to be overdue in a word, and not once it has another date and somebody who does it', async () => {
    await row(olivia).getByText('Overdue').waitFor();
    await plan(async () => {
      assert.deepEqual(await barriers(olivia), []);
      await dialog().getByLabel('Due').fill(inAWeek());
      await dialog().getByLabel('Who does it').selectOption({ label: 'Ana Agent' });
    });
    await row(olivia).getByText('Ana Agent').waitFor();
    assert.equal(await row(olivia).getByText('Overdue').count(), 0);
    assert.equal(await row(olivia).locator('time').getAttribute('datetime'), `${inAWeek()}:00Z`);
  });

  it('stands among the tasks of whoever does it, on a phone as well', async () => {
    ana = await comeIn(browser, 'Ana', '', { ...PHONE, colorScheme: 'dark' });
    await ana.goto(`${DESK_URL}tasks?view=mine`);
    await row(ana).waitFor();
    assert.deepEqual(await barriers(ana), []);
    const [wide, has] = [await ana.evaluate(() => document.documentElement.scrollWidth), ana.viewportSize().width];
    assert.ok(wide <= has, `scrolls sideways: ${wide} > ${has}`);
  });

  it('is no moment that has been: said at the field, and what was typed stays', async () => {
    await plan(() => dialog().getByLabel('Due').fill('2020-01-01T09:00'));
    await dialog().getByRole('alert').waitFor();
    assert.equal(await dialog().getByLabel('Due').getAttribute('aria-invalid'), 'true');
    assert.equal(await dialog().getByLabel('Due').inputValue(), '2020-01-01T09:00');
    await dialog().getByRole('button', { name: 'Cancel' }).click();
  });

  it('needs no date: then it stands behind all that have one', async () => {
    await plan(() => dialog().getByLabel('Due').fill(''));
    await row(olivia).getByText('No date').waitFor();
    assert.match(await row(olivia).textContent(), /Ana Agent/, 'what was not changed stays');
    const dates = await olivia.locator('tbody tr td:first-child').allTextContents();
    assert.ok(dates.slice(dates.indexOf('No date')).every((one) => one === 'No date'), dates.join(' | '));
    assert.deepEqual((await control('refused')).lines, []);
  });
});
