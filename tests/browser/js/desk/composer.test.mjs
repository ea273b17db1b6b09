import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { barriers, DESK, launch, PHONE } from '../browser.mjs';
import { control, eventually } from '../people.mjs';
import { comeIn, mail, reply, rows, texts, turnTo } from './staff.mjs';

const { DESK_URL } = process.env;
const notes = (page) => page.locator('.note-body').allTextContents();
const chips = (page) => page.locator('.labels li').allTextContents();
const option = (page, name) => page.getByRole('option', { name });

/** Press a key that asks something, and wait for the question. */
async function ask(page, key, question) {
  await page.evaluate(() => document.activeElement?.blur());
  await page.keyboard.press(key);
  await page.getByRole('combobox', { name: question }).waitFor();
}

describe('writing, noting and sorting', () => {
  let browser, olivia, ana, name;

  before(async () => {
    browser = await launch();
    [olivia, ana] = await Promise.all([comeIn(browser, 'Olivia'), comeIn(browser, 'Ana')]);
    name = await mail();
    await Promise.all([turnTo(olivia, name), turnTo(ana, name)]);
    await eventually(async () => (await texts(ana)).length, 2);
  });
  after(() => browser?.close());

  it('opening a conversation asks at most four things of it', async () => {
    const asked = [];
    const heard = (request) => /\/v1\//.test(request.url()) && asked.push(request.url());
    const id = await ana.locator('article.conversation').getAttribute('data-thread');
    await ana.goto(`${DESK_URL}?view=all`);
    await ana.locator('.row').first().waitFor();
    ana.on('request', heard);
    await ana.locator(`[data-thread="${id}"]`).click();
    await ana.locator('.bubble').first().waitFor();
    await ana.waitForTimeout(200);
    ana.off('request', heard);
    assert.ok(asked.filter((url) => url.includes(id)).length <= 4, asked.join('\n'));
  });

  it('a note is seen by colleagues at once, on its own paper, and never as a message', async () => {
    const before = await texts(ana);
    await olivia.locator('body').press('n');
    await olivia.keyboard.type('She is an old customer');
    await olivia.keyboard.press('Control+Enter');
    await eventually(() => notes(ana), ['She is an old customer']);
    assert.deepEqual(await texts(ana), before);
    await eventually(() => olivia.getByLabel('Note for colleagues').inputValue(), '');
    assert.deepEqual(await barriers(olivia), []);
    await olivia.locator('.bubble.note').getByRole('button', { name: 'Change' }).click();
    await olivia.locator('.bubble.note textarea').fill('She is our oldest customer');
    await olivia.locator('.bubble.note').getByRole('button', { name: 'Save' }).click();
    await eventually(() => notes(ana), ['She is our oldest customer']);
    assert.equal(await ana.locator('.bubble.note').getByRole('button', { name: 'Change' }).count(), 0);
    await ana.reload();
    await eventually(() => notes(ana), ['She is our oldest customer']);
    await olivia.locator('.bubble.note').getByRole('button', { name: 'Delete' }).click();
    await eventually(() => notes(ana), []);
  });

  it('a note and a reply are two drafts, and neither becomes the other', async () => {
    await ana.locator('body').press('r');
    await ana.keyboard.type('for the contact');
    await ana.keyboard.press('Escape');
    await ana.locator('body').press('n');
    await ana.keyboard.type('for us');
    await ana.reload();
    await ana.locator('.bubble').first().waitFor();
    assert.equal(await ana.getByLabel('Reply', { exact: true }).inputValue(), 'for the contact');
    await ana.getByRole('button', { name: 'Note', exact: true }).click();
    assert.equal(await ana.getByLabel('Note for colleagues').inputValue(), 'for us');
    await ana.getByLabel('Note for colleagues').fill('');
    await ana.getByRole('button', { name: 'Reply', exact: true }).click();
    await ana.getByLabel('Reply', { exact: true }).fill('');
  });

  it('labels, a colleague and a moment are chosen by keyboard, shown at once and taken back', async () => {
    const had = await chips(ana);
    await ask(ana, 'l', 'Labels');
    await ana.keyboard.type('vip');
    assert.deepEqual(await barriers(ana), []);
    await ana.keyboard.press('Enter');
    await ana.keyboard.press('Escape');
    await eventually(() => chips(ana), [...had, 'vip'].sort());
    await eventually(() => chips(olivia), [...had, 'vip'].sort());
    await ana.locator('.toast', { hasText: 'label' }).waitFor();
    await ana.keyboard.press('z');
    await eventually(() => chips(olivia), had);
    await ask(ana, 'a', 'Assign to');
    await ana.keyboard.type('Oliv');
    await ana.keyboard.press('Enter');
    await olivia.getByText('Assigned to you.').waitFor();
    await ask(ana, 's', 'Snooze until');
    await option(ana, /Tomorrow morning/).waitFor();
    assert.deepEqual(await barriers(ana), []);
    await ana.keyboard.press('ArrowDown');
    await ana.keyboard.press('Enter');
    await olivia.getByText('Snoozed until').first().waitFor();
    await ana.locator('.toast', { hasText: 'Snoozed' }).waitFor();
    await ana.keyboard.press('z');
    await olivia.getByText('Snoozed until').first().waitFor({ state: 'detached' });
  });

  it('what the server refuses is as it was', async () => {
    await ana.route('**/v1/threads/*/labels', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify({ type: 'x', title: 'x', status: 503, detail: 'Not now.', code: 'unavailable' }) }));
    const had = await chips(ana);
    await ask(ana, 'l', 'Labels');
    await ana.keyboard.type('never');
    await ana.keyboard.press('Enter');
    await ana.keyboard.press('Escape');
    await ana.getByText('Not now.').waitFor();
    assert.deepEqual(await chips(ana), had);
    await ana.unroute('**/v1/threads/*/labels');
  });

  it('Ctrl+K does what a key does, goes anywhere, and searches', async () => {
    const palette = 'What do you want to do?';
    await ask(ana, 'Control+k', palette);
    assert.deepEqual(await barriers(ana), []);
    await ana.keyboard.type('take over');
    await ana.keyboard.press('Enter');
    await ana.getByText('A person answers; the AI is silent.').waitFor();
    await ask(ana, 'Control+k', palette);
    await ana.keyboard.type('go to tasks');
    await ana.keyboard.press('Enter');
    await ana.locator('#page-title').waitFor();
    await ask(ana, 'Control+k', palette);
    await ana.keyboard.type('opening hours');
    await ana.keyboard.press('Enter');
    await ana.waitForURL(/q=opening/);
    await eventually(async () => (await rows(ana)).includes(name), true);
  });

  it('a search finds people by address, stays while a conversation is open, and over a reload', async () => {
    await ana.goto(`${DESK_URL}?view=all`);
    await ana.locator('.row').first().waitFor();
    await ana.locator('body').press('/');
    await ana.keyboard.type(name.toLowerCase().replaceAll(' ', '.'));
    await ana.keyboard.press('Enter');
    await eventually(() => rows(ana), [name]);
    await ana.locator('.row').click();
    await ana.locator('.bubble').first().waitFor();
    assert.deepEqual(await rows(ana), [name]);
    await ana.reload();
    await eventually(() => rows(ana), [name]);
    const id = await ana.locator('article.conversation').getAttribute('data-thread');
    await ana.goto(`${DESK_URL}?view=all&q=${id}`);
    await eventually(() => rows(ana), [name]);
    await ana.goto(`${DESK_URL}?view=all&q=nobody.at.all`);
    await ana.getByText('Nothing matches').waitFor();
  });

  it('filters are in the address, and go with a press', async () => {
    await ana.goto(`${DESK_URL}?view=all&channel=email`);
    await ana.locator('.row').first().waitFor();
    await ana.locator('.filter-switch').click();
    await ana.getByLabel('Colleague', { exact: true }).selectOption({ label: 'Ana Agent' });
    await eventually(async () => (await rows(ana)).includes(name), true);
    assert.match(ana.url(), /assignee=/);
    assert.deepEqual(await barriers(ana), []);
    await ana.locator('.filters .chip').first().click();
    await ana.waitForURL((url) => !url.search.includes('channel='));
  });

  it('a suggestion is taken, labelled, changed, and sent by a person alone', async () => {
    const asker = await mail();
    await ana.goto(`${DESK_URL}?view=all`);
    await turnTo(ana, asker);
    await eventually(async () => (await texts(ana)).length, 2);
    await ana.getByRole('button', { name: 'Suggest', exact: true }).click();
    await ana.getByRole('button', { name: 'Use this' }).first().waitFor();
    assert.deepEqual(await barriers(ana), []);
    await ana.getByRole('button', { name: 'Use this' }).first().click();
    await ana.getByText('A suggestion: read it before you send it').waitFor();
    await ana.getByLabel('Reply', { exact: true }).pressSequentially(' Yours, Ana');
    await ana.getByText('A suggestion, changed by you').waitFor();
    assert.equal((await texts(ana)).length, 2);
    const text = await ana.getByLabel('Reply', { exact: true }).inputValue();
    await ana.getByRole('button', { name: 'Send', exact: true }).click();
    await eventually(async () => (await texts(ana)).at(-1), text);
  });

  it('says before Send that only a template may go, and fills and sends one', async () => {
    const who = (await control('whatsapp')).name;
    await ana.goto(`${DESK_URL}?view=all`);
    await turnTo(ana, who);
    await ana.getByText('only an approved template').waitFor();
    assert.equal(await ana.getByLabel('Reply', { exact: true }).count(), 0);
    await ana.getByRole('button', { name: 'Choose a template' }).click();
    await ana.getByLabel('Template', { exact: true }).waitFor();
    const names = await ana.getByLabel('Template', { exact: true }).locator('option').allTextContents();
    assert.deepEqual(names, ['Choose one…', 'offer (de)', 'visit_reminder (en_US)']);
    await ana.getByLabel('Template', { exact: true }).selectOption({ label: 'visit_reminder (en_US)' });
    assert.ok(await ana.getByRole('button', { name: 'Send template' }).isDisabled());
    await ana.getByLabel('Text: 1').fill('Tuesday');
    await ana.getByLabel('Text: 2').fill('nine');
    assert.equal(await ana.getByTestId('preview').textContent(), 'Your visit\n\nWe come on Tuesday at nine.\n\nAcme');
    assert.deepEqual(await barriers(ana), []);
    await ana.getByRole('button', { name: 'Send template' }).click();
    await eventually(async () => (await texts(ana)).at(-1), 'Your visit\n\nWe come on Tuesday at nine.\n\nAcme');
  });

  it('on the phone and in the dark nothing is out of reach', async () => {
    for (const [options, colorScheme] of [[PHONE, 'dark'], [DESK, 'dark'], [PHONE, 'light']]) {
      const page = await comeIn(browser, 'Ana', '?view=all', { ...options, colorScheme });
      await turnTo(page, name);
      await page.getByRole('button', { name: 'Note', exact: true }).click();
      await page.getByLabel('Note for colleagues').fill('Seen on the way');
      await page.getByRole('button', { name: 'Add note' }).click();
      await page.locator('.bubble.note').first().waitFor();
      assert.deepEqual(await barriers(page), []);
      const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(width[0] <= width[1], `scrolls sideways: ${width}`);
      await page.context().close();
    }
  });

  it('and the browser refused nothing', async () => {
    assert.deepEqual((await control('refused')).lines, []);
    assert.deepEqual([...olivia.errors, ...ana.errors].filter((one) => !/Failed to fetch|409|503|net::/.test(one)), []);
  });
});
