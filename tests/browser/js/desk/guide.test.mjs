// From an empty tenant to the first answered message, by a real mail.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { barriers, DESK, launch, open, PHONE } from '../browser.mjs';
import { control } from '../people.mjs';

const { DESK_URL } = process.env;

async function enter(browser, { email, password }, options) {
  const page = await open(browser, DESK_URL, options);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByTestId('list').waitFor();
  return page;
}

const title = (page) => page.getByRole('heading', { name: 'First steps', level: 2 });
const step = (page, name) => page.getByRole('listitem', { name });
const ticked = (page, name) => step(page, name).getByRole('img', { name: 'Done' }).waitFor();

describe('the first steps of a tenant', () => {
  let browser, nele, who;

  before(async () => {
    browser = await launch();
    who = await control('newcomer');
    nele = await enter(browser, who, DESK);
  });
  after(() => browser?.close());

  it('begin in the empty inbox, where nothing is ticked', async () => {
    await title(nele).waitFor();
    await nele.getByText('0 of 4 done', { exact: true }).waitFor();
    assert.deepEqual(await barriers(nele), []);
  });

  it('tick themselves by what is so, and are where they were after a reload', async () => {
    await nele.getByRole('button', { name: 'Use an address of ours' }).focus();
    await nele.keyboard.press('Enter');
    await ticked(nele, 'Be reachable');
    await nele.reload();
    await ticked(nele, 'Be reachable');
    await nele.getByText('1 of 4 done', { exact: true }).waitFor();
    await step(nele, 'Tell the AI what it may say').getByRole('link', { name: 'Questions and answers' }).click();
    await nele.getByRole('button', { name: 'Add a question' }).click();
    const dialog = nele.getByRole('dialog');
    await dialog.getByLabel('Question', { exact: true }).fill('When are you open?');
    await dialog.getByLabel('Keywords', { exact: true }).fill('opening hours, open');
    await dialog.getByLabel('Answer', { exact: true }).fill('Every day from nine to six.');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await nele.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Inbox' }).click();
    await ticked(nele, 'Tell the AI what it may say');
  });

  it('can be put away, and taken out again', async () => {
    await nele.getByRole('button', { name: 'Hide these steps' }).click();
    await nele.getByText('Choose a conversation').waitFor();
    await nele.reload();
    await nele.getByText('Choose a conversation').waitFor();
    await nele.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'First steps' }).click();
    await nele.getByRole('button', { name: 'Show these steps in the inbox again' }).click();
    await nele.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Inbox' }).click();
    await title(nele).waitFor();
  });

  it('lead on a phone, too', async () => {
    const page = await enter(browser, who, PHONE);
    await page.getByRole('link', { name: 'First steps: 2 of 4 done' }).click();
    await title(page).waitFor();
    assert.deepEqual(await barriers(page), []);
    const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= seen, `${wide} > ${seen}`);
    await page.context().close();
  });

  it('say what to write to, show it arrive, and end with the answer', async () => {
    await step(nele, 'Write the first message').getByText(/@/).first().waitFor();
    assert.match(await nele.getByRole('region', { name: 'A line for the terminal that sends a mail' }).textContent(), /smtplib/);
    await control('first-mail');
    await ticked(nele, 'Write the first message');
    await ticked(nele, 'See it answered');
    await nele.getByText('All done: your first message was answered.').waitFor();
    assert.deepEqual(await barriers(nele), []);
    await nele.getByRole('link', { name: 'Open the conversation' }).click();
    await nele.getByRole('heading', { name: 'Ada First', level: 2 }).waitFor();
    await nele.goto(DESK_URL);
    await nele.getByText('Choose a conversation').waitFor();
    assert.deepEqual(nele.errors, []);
  });
});
