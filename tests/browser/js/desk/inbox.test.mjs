import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { barriers, DESK, launch, open, PHONE } from '../browser.mjs';
import { control, eventually } from '../people.mjs';
import { bringUp, comeIn, mail, mailAgain, reply, rows, signIn, texts, turnTo } from './staff.mjs';

const { DESK_URL } = process.env;

describe('two of the staff at one inbox', () => {
  let browser, olivia, ana;

  before(async () => {
    browser = await launch();
    [olivia, ana] = await Promise.all([comeIn(browser, 'Olivia'), comeIn(browser, 'Ana')]);
  });
  after(() => browser?.close());

  it('see a mail and the answer of the AI without a reload', async () => {
    const name = await mail();
    await Promise.all([olivia, ana].map((page) => eventually(async () => (await rows(page))[0], name)));
    await turnTo(olivia, name);
    await eventually(async () => (await texts(olivia)).length, 2);
    await olivia.locator('[data-status=sent]').waitFor();
    await olivia.getByText('The AI answers in this conversation.').waitFor();
  });

  it('know of each other: who is here, and who writes, as soon as it happens', async () => {
    const name = await olivia.locator('#conversation-title').textContent();
    await turnTo(ana, name);
    await olivia.getByText('Ana Agent is here, too').waitFor();
    await ana.getByLabel('Reply', { exact: true }).pressSequentially('Hal');
    await olivia.getByText('Ana Agent is writing an answer').waitFor();
  });

  it('take over for good: the other one sees it, and the AI says nothing more', async () => {
    await olivia.getByRole('button', { name: 'Take over' }).click();
    await ana.getByText('A person answers; the AI is silent.').waitFor();
    const before = (await texts(ana)).length;
    await mailAgain();
    await eventually(async () => (await texts(ana)).length, before + 1);
    await ana.locator('[data-status=inbound_human_takeover]').last().waitFor();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.equal((await texts(ana)).length, before + 1);
  });

  it('do not answer twice: what landed meanwhile makes Send ask first', async () => {
    await ana.getByLabel('Reply', { exact: true }).fill('');
    await olivia.getByLabel('Reply', { exact: true }).fill('I answer this.');
    await ana.getByLabel('Reply', { exact: true }).fill('No, I do.');
    // Ana's window hears of nothing while she presses Send.
    await ana.route('**/v1/threads/*/messages?since=*', (route) => route.abort());
    await olivia.getByRole('button', { name: 'Send', exact: true }).click();
    await eventually(async () => (await texts(olivia)).at(-1), 'I answer this.');
    await ana.getByRole('button', { name: 'Send', exact: true }).click();
    await ana.getByText('Something came in while you wrote:').waitFor();
    assert.equal(await ana.getByLabel('Reply', { exact: true }).inputValue(), 'No, I do.');
    await ana.unroute('**/v1/threads/*/messages?since=*');
    await ana.getByRole('button', { name: 'Look first' }).click();
    await eventually(async () => (await texts(ana)).filter((text) => text === 'I answer this.').length, 1);
    assert.ok(!(await texts(ana)).includes('No, I do.'));
  });

  it('keep their drafts over another conversation and a reload, until they are sent', async () => {
    const name = await ana.locator('#conversation-title').textContent();
    const other = await mail();
    await turnTo(ana, other);
    assert.equal(await ana.getByLabel('Reply', { exact: true }).inputValue(), '');
    await ana.goBack();
    await ana.getByRole('heading', { name, level: 2 }).waitFor();
    await ana.reload();
    await eventually(() => ana.getByLabel('Reply', { exact: true }).inputValue(), 'No, I do.');
    await reply(ana, 'No, I do.');
    await eventually(async () => (await texts(olivia)).at(-1), 'No, I do.');
    await eventually(() => ana.getByLabel('Reply', { exact: true }).inputValue(), '');
  });

  it('have nothing moved under their hands: what is new waits above', async () => {
    const shown = await rows(ana);
    const name = await mail();
    await ana.locator('.arrivals').waitFor();
    assert.deepEqual(await rows(ana), shown);
    // The reply of a moment ago moved its conversation, too: it may have been what waited first.
    await eventually(async () => (await bringUp(ana), (await rows(ana))[0]), name);
  });

  it('miss nothing while the server was away', async () => {
    await ana.goto(`${DESK_URL}`);
    await ana.getByTestId('list').waitFor();
    await control('restart');
    const name = await mail();
    await eventually(async () => (await rows(ana))[0], name, 20_000);
    await eventually(async () => (await rows(olivia)).includes(name) || ((await bringUp(olivia)), false), true, 20_000);
  });

  it('can take an action back', async () => {
    const name = (await rows(ana))[0];
    await turnTo(ana, name);
    await ana.locator('body').press('e');
    await ana.getByText('This conversation is closed.').waitFor();
    await ana.locator('body').press('z');
    await ana.getByText('This conversation is closed.').waitFor({ state: 'detached' });
  });

  it('see what they close fade in its place, and leave when they turn to another; taken back, it stands there again', async () => {
    await ana.goto(`${DESK_URL}?view=all`);
    await eventually(async () => (await rows(ana)).length > 2, true);
    await bringUp(ana);
    const shown = await rows(ana);
    const row = (name) => ana.locator('.row').filter({ has: ana.locator('.name').getByText(name, { exact: true }) });
    await turnTo(ana, shown[1]);
    await ana.locator('body').press('e');
    await row(shown[1]).getByText('Closed', { exact: true }).waitFor();
    assert.deepEqual(await barriers(ana), []);
    assert.deepEqual(await rows(ana), shown, 'it stays in its place');
    await row(shown[2]).click();
    await eventually(() => rows(ana), shown.filter((name) => name !== shown[1]));
    await ana.locator('body').press('z');
    await eventually(() => rows(ana), shown);
    await ana.locator('body').press('e');
    await row(shown[2]).getByText('Closed', { exact: true }).waitFor();
    await ana.locator('body').press('Escape');
    await row(shown[2]).waitFor({ state: 'detached' });
    await ana.locator('body').press('j');
    assert.equal(await ana.locator('.row.has-cursor .name').textContent(), shown[3], 'what took its place is next');
    await ana.locator('body').press('z');
    await eventually(() => rows(ana), shown);
    await turnTo(ana, shown[1]);
  });

  it('find why something happened', async () => {
    await ana.getByRole('button', { name: 'Why?' }).first().click();
    await ana.getByRole('heading', { name: 'Decision' }).waitFor();
    await ana.getByText('confidence', { exact: true }).waitFor();
    assert.deepEqual(await barriers(ana), []);
    await ana.keyboard.press('Escape');
  });

  it('work with the keyboard alone', async () => {
    await ana.goto(`${DESK_URL}?view=all`);
    await ana.locator('.row').first().waitFor();
    await ana.locator('body').press('j');
    await ana.locator('body').press('j');
    const name = await ana.locator('.row.has-cursor .name').textContent();
    await ana.locator('body').press('Enter');
    await ana.getByRole('heading', { name, level: 2 }).waitFor();
    await ana.locator('body').press('r');
    await ana.keyboard.type('Typed, jjj');
    await ana.keyboard.press('Control+Enter');
    await eventually(async () => (await texts(ana)).at(-1), 'Typed, jjj');
    await ana.keyboard.press('Escape');
    await ana.keyboard.press('?');
    await ana.getByRole('heading', { name: 'Keyboard' }).waitFor();
    assert.deepEqual(await barriers(ana), []);
    await ana.getByLabel('Use single keys').uncheck();
    await ana.keyboard.press('Escape');
    await ana.locator('body').press('Escape');
    await ana.locator('body').press('t');
    await ana.getByRole('heading', { name, level: 2 }).waitFor();
  });

  it('take a wording by its name, and send a file with it', async () => {
    await ana.goto(`${DESK_URL}?view=all`);
    await ana.locator('.row').first().click();
    const field = ana.getByLabel('Reply', { exact: true });
    await field.fill('');
    await field.pressSequentially('/park');
    await ana.getByRole('listbox', { name: 'Wordings' }).getByRole('option').first().waitFor();
    assert.deepEqual(await barriers(ana), []);
    await field.press('Enter');
    assert.equal(await field.inputValue(), 'Please park in the yard.');
    await ana.locator('input[type=file]').setInputFiles({ name: 'plan.txt', mimeType: 'text/plain', buffer: Buffer.from('a plan') });
    await ana.getByText('plan.txt', { exact: true }).waitFor();
    await eventually(() => ana.getByRole('button', { name: 'Send', exact: true }).isEnabled(), true);
    assert.deepEqual(await barriers(ana), []);
    await ana.getByRole('button', { name: 'Send', exact: true }).click();
    await eventually(async () => (await texts(ana)).at(-1), 'Please park in the yard.');
    await ana.locator('.bubble').last().getByRole('button', { name: 'Files' }).click();
    const [download] = await Promise.all([ana.waitForEvent('download'), ana.getByRole('button', { name: 'Download plan.txt' }).click()]);
    assert.equal(download.suggestedFilename(), 'plan.txt');
    await eventually(() => ana.locator('.composer .uploads li').count(), 0);
  });

  it('meet no barrier, in the light and in the dark, at the desk and on the phone', async () => {
    for (const options of [DESK, PHONE]) {
      for (const colorScheme of ['light', 'dark']) {
        const page = await comeIn(browser, 'Ana', '?view=all', { ...options, colorScheme });
        await page.locator('.row').first().waitFor();
        assert.deepEqual(await barriers(page), [], `list, ${colorScheme}`);
        await page.locator('.row').first().click();
        await page.locator('.bubble').first().waitFor();
        assert.deepEqual(await barriers(page), [], `conversation, ${colorScheme}`);
        const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        assert.ok(width[0] <= width[1], `scrolls sideways: ${width}`);
        await page.context().close();
      }
    }
    const page = await open(browser, DESK_URL, { ...PHONE, viewport: { width: 320, height: 640 } });
    await page.getByLabel('E-mail').waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.context().close();
  });

  it('find what was sorted out in views of its own, away from what waits', async () => {
    const { name } = await control('newsletter');
    await ana.goto(`${DESK_URL}?view=all`);
    const views = ana.getByRole('navigation', { name: 'Views' });
    await views.getByRole('button', { name: 'Automated' }).click();
    await eventually(async () => (await rows(ana)).includes(name), true);
    await ana.locator('.row', { hasText: name }).click();
    await ana.getByRole('heading', { name, level: 2 }).waitFor();
    assert.deepEqual(await barriers(ana), []);
    await views.getByRole('button', { name: 'Spam' }).click();
    await ana.getByText('No spam: nothing was taken for it.').waitFor();
    await views.getByRole('button', { name: 'All open' }).click();
    await ana.locator('.row').first().waitFor();
    assert.ok(!(await rows(ana)).includes(name));
  });

  it('see what strangers wrote as text, and nothing of other tenants', async () => {
    await control('hostile');
    const page = await comeIn(browser, 'Ana', '?view=all');
    await page.locator('.row', { hasText: 'Mallory' }).first().click();
    await page.locator('.bubble').first().waitFor();
    assert.match((await texts(page))[0], /<img src=x onerror=/);
    assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
    assert.equal(await page.locator('.bubble img, .bubble script, .bubble a').count(), 0);
    await page.goto(`${DESK_URL}?view=all&thread=${process.env.DESK_FOREIGN_THREAD}`);
    await page.getByRole('alert').waitFor();
    assert.ok(!(await page.content()).includes('Secret of Birch'));
    assert.deepEqual(page.errors.filter((one) => !/404/.test(one)), []);
    await page.context().close();
  });

  it('come in by a link that opens a tab of its own, with no token in any address', async () => {
    const page = await open(browser, DESK_URL, DESK);
    await page.getByLabel('E-mail').fill('agent@acme.test');
    await page.getByRole('button', { name: 'Send me a link instead' }).click();
    await page.getByText('Look into your mail').waitFor();
    const { url } = await control('link');
    const second = await page.context().newPage();
    const addresses = [];
    second.on('framenavigated', (frame) => addresses.push(frame.url()));
    await second.goto(url);
    await second.getByTestId('list').waitFor();
    assert.ok(!addresses.some((one) => /access_token|refresh_token/.test(one)), addresses.join(' '));
    await second.goto(DESK_URL);
    await second.getByTestId('list').waitFor();
    await page.context().close();
  });

  it('leave no draft behind when they sign out, in any tab', async () => {
    const page = await comeIn(browser, 'Olivia', '?view=all');
    await page.locator('.row').first().click();
    await page.getByLabel('Reply', { exact: true }).fill('Not for the next one at this machine');
    const second = await page.context().newPage();
    await second.goto(DESK_URL);
    await signIn(second, 'Olivia');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await second.getByRole('button', { name: 'Sign in' }).waitFor();
    assert.deepEqual(await page.evaluate(() => Object.keys(localStorage).filter((name) => name.includes('draft'))), []);
    assert.deepEqual(await page.evaluate(() => Object.keys(sessionStorage)), []);
    await page.context().close();
  });

  it('and the browser refused nothing on any page', async () => {
    assert.deepEqual((await control('refused')).lines, []);
    assert.deepEqual([...olivia.errors, ...ana.errors].filter((one) => !/Failed to fetch|409|net::|502|401/.test(one)), []);
  });
});
