import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { barriers, DESK, launch, open, PHONE } from '../browser.mjs';
import { control, eventually } from '../people.mjs';
import { comeIn, goTo, signIn } from './staff.mjs';

const { DESK_URL } = process.env;
const WHY = 'Complaint 4711: he never came';

const go = async (page) => {
  await goTo(page, 'Viewer');
  await page.getByRole('heading', { name: 'Conversations between people' }).waitFor();
};
const look = async (page, reason = WHY) => {
  await page.getByLabel('Why do you look?').first().fill(reason);
  await page.getByRole('button', { name: 'Look', exact: true }).click();
};
const lines = (page) => page.getByRole('list', { name: 'Messages' }).getByRole('listitem');

describe('what an admin may read of others', () => {
  let browser, olivia, people;

  before(async () => {
    browser = await launch();
    people = await control('between');
    olivia = await open(browser, DESK_URL, DESK);
    await olivia.clock.install();
    await signIn(olivia, 'Olivia');
    await go(olivia);
  });
  after(() => browser?.close());

  it('shows nothing, and asks for nothing, before there is a reason', async () => {
    const asked = [];
    olivia.on('request', (one) => one.url().includes('/v1/viewer') && asked.push(one.url()));
    await look(olivia, 'no');
    await olivia.getByRole('button', { name: 'Look', exact: true }).click();
    assert.deepEqual(asked, []);
    assert.equal(await olivia.getByRole('table').count(), 0);
    assert.ok(!(await olivia.content()).includes(people.customer));
  });

  it('finds who wrote about what, without a word of it, and says that this is on record', async () => {
    await look(olivia);
    const row = olivia.getByRole('row', { name: new RegExp(people.customer) });
    await row.waitFor();
    await olivia.getByRole('note').getByText(WHY).waitFor();
    assert.ok(!(await olivia.content()).includes('Line 49'));
    assert.deepEqual(await barriers(olivia), []);
  });

  it('asks again for each conversation, by keyboard too, and shows its messages as text, to read only', async () => {
    await olivia.getByRole('button', { name: new RegExp(`Read: .*${people.customer}`) }).press('Enter');
    const reason = olivia.getByRole('dialog').getByLabel('Why do you look?');
    assert.equal(await reason.inputValue(), WHY);
    assert.deepEqual(await barriers(olivia), []);
    await reason.fill('');
    await reason.press('Enter');
    await reason.fill(`${WHY}, the last page`);
    await reason.press('Enter');
    await eventually(() => lines(olivia).count(), 50);
    assert.equal(await olivia.evaluate(() => globalThis.hacked), undefined);
    assert.ok((await lines(olivia).nth(46).textContent()).includes('<img src=x onerror='));
    assert.equal(await lines(olivia).locator('img, script, a').count(), 0);
    const marks = await lines(olivia).evaluateAll((all) => all.slice(-3).map((one) => one.textContent));
    assert.match(marks[0], /masked for its readers/);
    assert.match(marks[1], /edited/);
    assert.match(marks[2], /taken back/);
    assert.equal(await olivia.getByRole('textbox', { name: 'Reply' }).count(), 0);
    assert.ok(await olivia.getByRole('heading', { name: /Between/ }).evaluate((one) => one === document.activeElement));
    assert.deepEqual(await barriers(olivia), []);
  });

  it('goes back page by page', async () => {
    await olivia.getByRole('button', { name: 'Older messages' }).click();
    await eventually(() => lines(olivia).count(), 53);
    assert.match(await lines(olivia).first().textContent(), /Line 1$/);
    assert.equal(await olivia.getByRole('button', { name: 'Older messages' }).count(), 0);
  });

  it('takes everything from the page once the reason is old', async () => {
    await olivia.clock.fastForward('16:00');
    await eventually(() => lines(olivia).count(), 0);
    await olivia.getByRole('status').getByText('15 minutes ago').first().waitFor();
    assert.ok(!(await olivia.content()).includes(people.customer));
  });

  it('says when the server is away, and goes on when it is back', async () => {
    await olivia.route('**/v1/viewer/**', (route) => route.abort());
    await look(olivia);
    await olivia.getByRole('alert').waitFor();
    await olivia.unroute('**/v1/viewer/**');
    await olivia.getByRole('button', { name: 'Try again' }).click();
    await olivia.getByRole('row', { name: new RegExp(people.customer) }).waitFor();
  });

  it('finds by address or what it is about, and says when there is nobody or nothing', async () => {
    await olivia.getByLabel('Whose').selectOption('contact');
    await olivia.getByLabel('E-mail or phone').fill('nobody@people.test');
    await look(olivia);
    await olivia.getByRole('alert').getByText('Nobody is reached at nobody@people.test.').waitFor();
    await olivia.getByLabel('Whose').selectOption('booking');
    await olivia.getByLabel('Id', { exact: true }).fill('no such booking');
    await look(olivia);
    await olivia.getByText('No conversation was found.').waitFor();
    assert.equal(await olivia.getByRole('table').count(), 0);
  });

  it('leaves a row in the audit log for each look, with its reason', async () => {
    await olivia.getByRole('link', { name: 'See the audit log' }).first().click();
    await olivia.getByRole('row', { name: new RegExp(`thread.read .*${WHY}, the last page`) }).first().waitFor();
    assert.equal(await olivia.getByRole('row', { name: new RegExp(`thread.read .*${WHY}, the last page`) }).count(), 2);
    await olivia.getByRole('row', { name: new RegExp(`thread.searched .*${WHY}`) }).first().waitFor();
    assert.deepEqual(olivia.errors, []);
  });

  it('stands on a phone and in the dark without a barrier, and scrolls nowhere sideways', async () => {
    for (const [options, colorScheme] of [[PHONE, 'dark'], [PHONE, 'light'], [DESK, 'dark']]) {
      const page = await comeIn(browser, 'Olivia', '', { ...options, colorScheme });
      await go(page);
      await look(page);
      await page.getByRole('button', { name: new RegExp(`Read: .*${people.customer}`) }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Read', exact: true }).click();
      await lines(page).first().waitFor();
      assert.deepEqual(await barriers(page), []);
      // A phone widens its window to what does not fit.
      const [wide, has] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(wide <= has && has === options.viewport.width, `${wide}, ${has}`);
      await page.context().close();
    }
  });

  it('names the right to whoever lacks it, asks for nothing, and shows nothing', async () => {
    const ana = await comeIn(browser, 'Ana');
    const asked = [];
    ana.on('request', (one) => one.url().includes('/v1/viewer') && asked.push(one.url()));
    assert.equal(await ana.getByRole('link', { name: 'Viewer' }).count(), 0);
    await ana.goto(`${DESK_URL}viewer`);
    await ana.getByRole('alert').getByText('“admin”').waitFor();
    assert.deepEqual(asked, []);
    assert.ok(!(await ana.content()).includes(people.customer));
    assert.equal(await ana.getByRole('textbox').count(), 0);
    await ana.context().close();
  });
});
