import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { barriers, DESK, launch, PHONE } from '../browser.mjs';
import { control, eventually } from '../people.mjs';
import { comeIn, goTo, turnTo } from './staff.mjs';

const { DESK_URL } = process.env;

const toPolicy = async (page) => {
  await goTo(page, 'Policy');
  await page.getByRole('heading', { name: 'When a person is called' }).waitFor();
};
const inForce = (page) => page.getByText(/Version \d+ is in force/).first().waitFor();

describe('when a person is called', () => {
  let browser, olivia;

  before(async () => {
    browser = await launch();
    olivia = await comeIn(browser, 'Olivia');
  });
  after(() => browser?.close());

  it('a rule is added, sharpened, tried on the past, and published', async () => {
    await toPolicy(olivia);
    await olivia.getByText('The policy calls nobody.').waitFor();
    await olivia.getByRole('button', { name: 'Add a rule' }).click();
    const dialog = olivia.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Very angry');
    await dialog.getByLabel('Whose messages').selectOption({ label: 'From customers' });
    await dialog.getByLabel('What is measured').selectOption({ label: 'Stopped messages' });
    await dialog.getByRole('button', { name: 'Add it' }).click();
    await dialog.getByRole('alert').getByText('Nothing that customers write is stopped.').waitFor();
    assert.deepEqual(await barriers(olivia), []);
    await dialog.getByLabel('What is measured').selectOption({ label: 'Urgency' });
    await dialog.getByRole('button', { name: 'Add it' }).click();
    const row = olivia.getByRole('row', { name: /very angry/ });
    await row.getByLabel('very_angry: Threshold').fill('0.6');
    await row.getByLabel('very_angry: What it does').selectOption({ label: 'Hand over to a person' });
    await olivia.getByRole('button', { name: 'Try it on past messages' }).click();
    await olivia.getByRole('heading', { name: /would fare differently/ }).waitFor();
    await olivia.getByRole('button', { name: 'Publish' }).click();
    await inForce(olivia);
    await row.waitFor();
  });

  it('meets no barrier in either light, at the desk and on the phone', async () => {
    for (const options of [DESK, PHONE]) {
      for (const colorScheme of ['light', 'dark']) {
        const page = await comeIn(browser, 'Olivia', '', { ...options, colorScheme });
        await toPolicy(page);
        await page.getByRole('row', { name: /very angry/ }).waitFor();
        assert.deepEqual(await barriers(page), []);
        assert.deepEqual(page.errors, []);
        await page.context().close();
      }
    }
  });

  it('an angry customer is handed over, and the conversation says why, at the message and in its chain', async () => {
    const { name } = await control('mail-angry');
    await goTo(olivia, 'Inbox');
    await turnTo(olivia, name);
    const line = olivia.locator('[data-escalation="very_angry"]', { hasText: /Escalated: very angry \(.*legal words.*\) – handed over to a person/ });
    await line.waitFor();
    await eventually(() => olivia.locator('.control-human').count(), 1);
    assert.deepEqual(await barriers(olivia), []);
    await olivia.locator('.bubble').last().getByRole('button', { name: 'Why?' }).click();
    await olivia.getByRole('dialog').getByRole('heading', { name: 'Escalated' }).waitFor();
    await olivia.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  });

  it('opening it asks at most four things of it, where there are notes, too', async () => {
    await olivia.locator('body').press('n');
    await olivia.keyboard.type('Call her back');
    await olivia.keyboard.press('Control+Enter');
    await olivia.locator('.bubble.note').waitFor();
    const id = await olivia.locator('article.conversation').getAttribute('data-thread');
    const opened = async () => {
      const asked = [];
      const heard = (request) => /\/v1\//.test(request.url()) && request.url().includes(id) && asked.push(`${request.method()} ${request.url()}`);
      await olivia.goto(`${DESK_URL}?view=all`);
      await olivia.locator('.row').first().waitFor();
      olivia.on('request', heard);
      await olivia.locator(`[data-thread="${id}"]`).click();
      await olivia.locator('.bubble.note').waitFor();
      await olivia.locator('[data-escalation]').waitFor();
      await olivia.waitForTimeout(300);
      olivia.off('request', heard);
      return asked;
    };
    // What is told of the note that was just written may come as late as this: it asks once more, and only once.
    let asked = await opened();
    if (asked.length > 4) asked = await opened();
    assert.ok(asked.length <= 4, asked.join('\n'));
  });

  it('its head leads to all about the contact', async () => {
    const heading = olivia.locator('#conversation-title');
    const name = await heading.textContent();
    await heading.getByRole('link', { name }).click();
    await olivia.waitForURL(/contacts\?contact=/);
    await olivia.getByRole('heading', { name, level: 2 }).waitFor();
    await olivia.goBack();
    await heading.waitFor();
  });

  it('the rule is taken away, and moderation is switched off again', async () => {
    await toPolicy(olivia);
    await olivia.getByRole('button', { name: 'Remove very_angry' }).click();
    await olivia.getByText('The policy calls nobody.').waitFor();
    await olivia.getByRole('button', { name: 'Moderate nothing' }).click();
    await olivia.getByRole('dialog').getByRole('button', { name: 'Moderate nothing' }).click();
    await olivia.getByText('Nothing is moderated').first().waitFor();
    assert.deepEqual(olivia.errors, []);
  });
});
