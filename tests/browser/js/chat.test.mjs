import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';

import { barriers, DESK, launch, open } from './browser.mjs';
import { bodies, comeIn, control, eventually, lastTick, write } from './people.mjs';

// One red pixel.
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==', 'base64');

describe('two people in two browsers', () => {
  let browser, ann, ben;

  before(async () => {
    browser = await launch();
    ann = await comeIn(browser, 'Ann', 'Ben Builder');
    ben = await comeIn(browser, 'Ben', 'Ann Asker');
  });
  after(() => browser?.close());
  beforeEach(() => {
    ann.errors.length = ben.errors.length = 0;
  });

  it('a message is on the other screen as it is sent, ticked as read, once', async () => {
    await write(ann, 'Hi! Can you start tomorrow?');
    await eventually(() => bodies(ben), ['Hi! Can you start tomorrow?']);
    await eventually(() => lastTick(ann), 'read');
    assert.deepEqual(await bodies(ann), ['Hi! Can you start tomorrow?']);
  });

  it('each sees that the other is here, and that he writes, also while what they write is judged', async () => {
    await control('judge');
    await ann.reload();
    await ann.getByText('here now').waitFor();
    await ben.getByText('here now').waitFor();
    await ben.getByLabel('Message', { exact: true }).pressSequentially('Gre');
    await ann.getByText('is writing').waitFor({ state: 'attached' });
    await control('judge-no-more');
    await write(ben, 'Great! What time?');
    await ann.getByText('is writing').waitFor({ state: 'detached' });
    await eventually(async () => (await bodies(ann)).at(-1), 'Great! What time?');
  });

  it('an answer quotes, a reaction shows, an edit and a withdrawal reach the other', async () => {
    const theirs = ann.locator('.bubble').last();
    await theirs.getByLabel('What to do with this message').click();
    await theirs.getByLabel('React with 👍').click();
    await ben.getByRole('button', { name: '👍, 1' }).waitFor();
    await theirs.getByLabel('What to do with this message').click();
    await theirs.getByRole('button', { name: 'Reply' }).click();
    await write(ann, '8 AM wroks?');
    await ben.locator('.bubble blockquote', { hasText: 'Great! What time?' }).waitFor();
    const mine = ann.locator('.bubble.mine').last();
    await mine.getByLabel('What to do with this message').click();
    await mine.getByRole('button', { name: 'Edit' }).click();
    await ann.getByLabel('Message', { exact: true }).fill('8 AM works?');
    await ann.getByRole('button', { name: 'Save' }).click();
    await eventually(async () => (await bodies(ben)).at(-1), '8 AM works?');
    await ben.getByText('edited').waitFor();
    await write(ann, 'Oops');
    await eventually(async () => (await bodies(ben)).at(-1), 'Oops');
    const oops = ann.locator('.bubble.mine').last();
    await oops.getByLabel('What to do with this message').click();
    await oops.getByRole('button', { name: 'Take back' }).click();
    await ben.getByText('This message was taken back.').waitFor();
  });

  it('an image is sent, checked and shown', async () => {
    await ann.locator('input[type=file]').setInputFiles({ name: 'valve.png', mimeType: 'image/png', buffer: PIXEL });
    await write(ann, 'This is the valve.');
    await ben.locator('.bubble img[alt="valve.png"]').waitFor();
    await eventually(() => ben.locator('.bubble img').evaluate((image) => image.complete && image.naturalWidth > 0), true);
  });

  it('a reload shows the same and keeps what was not sent yet', async () => {
    const shown = await bodies(ben);
    await ben.getByLabel('Message', { exact: true }).fill('half a thou');
    await ben.reload();
    await eventually(() => bodies(ben), shown);
    assert.equal(await ben.getByLabel('Message', { exact: true }).inputValue(), 'half a thou');
    await ben.getByLabel('Message', { exact: true }).fill('');
  });

  it('what is written offline is sent once and in order when the line is back, also over a reload', async () => {
    const known = await bodies(ben);
    await ann.context().setOffline(true);
    for (const text of ['one', 'two', 'three']) await write(ann, text);
    await eventually(async () => (await bodies(ann)).slice(-3), ['one', 'two', 'three']);
    await write(ben, 'meanwhile');
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await ann.context().setOffline(false);
    await eventually(async () => (await bodies(ben)).slice(known.length), ['meanwhile', 'one', 'two', 'three']);
    await eventually(async () => (await bodies(ann)).slice(known.length), ['meanwhile', 'one', 'two', 'three']);
  });

  it('a restart of the server loses, doubles and reorders nothing', async () => {
    const known = (await bodies(ben)).length;
    const restarted = control('restart');
    const wanted = [];
    for (let i = 0; i < 6; i++) {
      wanted.push(`through the restart ${i}`);
      await write(ann, wanted[i]);
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    await restarted;
    await eventually(async () => (await bodies(ben)).slice(known), wanted);
    await eventually(async () => (await bodies(ann)).slice(known), wanted);
    await eventually(() => lastTick(ann), 'read');
  });

  it('nobody saw an error on the page', () => {
    assert.deepEqual([...ann.errors, ...ben.errors], []);
  });
});

describe('the example', () => {
  let browser;

  before(async () => {
    browser = await launch();
  });
  after(() => browser?.close());

  for (const colorScheme of ['light', 'dark']) {
    it(`has no barriers in ${colorScheme}`, async () => {
      const front = await open(browser, process.env.CHAT_URL, { ...DESK, colorScheme });
      await front.getByLabel('E-mail').waitFor();
      assert.deepEqual(await barriers(front), []);
      await front.context().close();
      const page = await comeIn(browser, 'Ann', 'Ben Builder', { ...DESK, colorScheme });
      await page.locator('.bubble').first().waitFor();
      assert.deepEqual(await barriers(page), []);
      await page.locator('.bubble .menu summary').first().click();
      assert.deepEqual(await barriers(page), []);
      await page.context().close();
    });
  }

  it('is used with the keyboard alone', async () => {
    const page = await comeIn(browser, 'Ann', 'Ben Builder', DESK);
    await page.getByLabel('Message', { exact: true }).focus();
    await page.keyboard.type('typed');
    await page.keyboard.press('Enter');
    await eventually(async () => (await bodies(page)).at(-1), 'typed');
    await page.keyboard.type('two');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('lines');
    await page.keyboard.press('Enter');
    await eventually(async () => (await bodies(page)).at(-1), 'two\nlines');
    await page.context().close();
  });

  it('shows what is pushed, and a tap leads to its conversation', async () => {
    const page = await comeIn(browser, 'Ann', 'Ben Builder', DESK);
    const threadId = await page.evaluate(() => location.hash.slice(1));
    // A browser without a screen grants nobody notifications: its user and its screen are played here.
    await page.addInitScript(() => {
      Object.defineProperty(Notification, 'permission', { get: () => 'granted' });
      Notification.requestPermission = () => Promise.resolve('granted');
    });
    await page.goto(page.url().split('#')[0]);
    await page.reload();
    const bell = page.getByRole('button', { name: 'Notify me of messages' });
    await bell.waitFor();
    assert.equal(await bell.getAttribute('aria-pressed'), 'false');
    await bell.click();
    await page.getByRole('alert').filter({ hasText: 'nothing is pushed from here yet' }).waitFor(); // this stack has no notifier
    assert.deepEqual(await barriers(page), []);
    const pushed = { title: 'Ben Builder', body: 'You have a new message', data: { url: `./#${threadId}`, thread_id: threadId, badge: 1 } };
    const [worker] = page.context().serviceWorkers();
    const shown = await worker.evaluate(async (told) => {
      const screen = [];
      globalThis.registration.showNotification = (title, rest) => Promise.resolve(screen.push({ title, ...rest }));
      Object.defineProperty(globalThis.navigator, 'setAppBadge', { value: undefined }); // no icon either: it would hang
      await globalThis.tell(told);
      globalThis.lead(told.data).catch(() => undefined); // only a tap may focus a window
      return screen;
    }, pushed);
    assert.deepEqual(shown, [pushed]);
    await page.getByRole('log').waitFor();
    assert.equal(await page.evaluate(() => location.hash.slice(1)), threadId);
    await page.context().close();
  });

  it('shows what a stranger wrote as text, whatever it is', async () => {
    const page = await comeIn(browser, 'Ann', 'Ben Builder', DESK);
    const nasty = '<img src=x onerror="globalThis.bad=1"><script>globalThis.bad=1</script> [x](javascript:globalThis.bad=1)';
    await write(page, nasty);
    await eventually(async () => (await bodies(page)).at(-1), nasty);
    assert.equal(await page.evaluate(() => globalThis.bad), undefined);
    await page.context().close();
  });
});
