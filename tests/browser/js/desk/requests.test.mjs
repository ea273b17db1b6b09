// What opening a conversation asks of the server, in every way there is to open one; and that nothing is missed by asking less.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { launch } from '../browser.mjs';
import { control, eventually } from '../people.mjs';
import { comeIn, reply, texts, turnTo } from './staff.mjs';

const { DESK_URL } = process.env;
const MOST = 4;
const QUIET_MS = 900;

/** What is asked about a conversation while something is done, until nothing is for a while. */
async function asked(page, thread, doing) {
  const calls = [];
  let last = Date.now();
  const listen = (request) => {
    const { pathname, search } = new URL(request.url());
    if (!pathname.startsWith(`/v1/threads/${thread}`)) return;
    calls.push(`${request.method()} ${pathname.slice(`/v1/threads/${thread}`.length)}${search}`);
    last = Date.now();
  };
  page.on('request', listen);
  await doing();
  await page.locator(`.conversation[data-thread="${thread}"] .bubble`).first().waitFor();
  last = Date.now();
  while (Date.now() - last < QUIET_MS) await page.waitForTimeout(50);
  page.off('request', listen);
  return calls;
}

const atMost = (calls, most = MOST) => assert.ok(calls.length <= most, `${calls.length}: ${calls.join(', ')}`);

/** What the server pushes is held back; let go, joins are answered, and what was told meanwhile stays untold. */
async function holdPushes(page) {
  const [held, state] = [[], { isHeld: true }];
  await page.routeWebSocket(/\/realtime\//, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => (state.isHeld ? held.push([socket, message]) : socket.send(message)));
  });
  return () => {
    state.isHeld = false;
    for (const [socket, message] of held) if (typeof message === 'string' && message.includes('"phx_reply"')) socket.send(message);
  };
}

/** The same person in another tab of the same session, where nothing that is pushed arrives before it is let go. */
async function tabWithoutPushes(page) {
  const tab = await page.context().newPage();
  const release = await holdPushes(tab);
  await tab.addInitScript((session) => sessionStorage.setItem('parley-desk', session), await page.evaluate(() => sessionStorage.getItem('parley-desk')));
  return [tab, release];
}

describe('opening a conversation', () => {
  let browser, page, few, some, many, growing;
  const at = ({ thread }) => `${DESK_URL}?view=all&thread=${thread}`;

  before(async () => {
    browser = await launch();
    // All of them first: what is told of their making is told before anybody listens.
    [few, some, many, growing] = [await control('quiet'), await control('quiet-60'), await control('quiet-200'), await control('quiet')];
    await control('mail');
    page = await comeIn(browser, 'Ana', '?view=all');
    await page.locator('.row').first().waitFor();
  });
  after(() => browser?.close());

  it('costs four requests at most by its address', async () => {
    const calls = await asked(page, many.thread, () => page.goto(at(many)));
    assert.deepEqual(calls.toSorted(), ['GET ', 'GET /messages?before_seq=9007199254740991&limit=100', 'GET /notes', 'POST /read']);
    await eventually(async () => (await texts(page)).at(-1), 'Line 260 of many');
    await page.locator('.unread-mark + li').getByText('Line 161 of many', { exact: true }).waitFor();
  });

  it('costs four from the list, with everything read and with more unread than a page has: it opens where nobody has read yet', async () => {
    await page.goto(`${DESK_URL}?view=all`);
    atMost(await asked(page, few.thread, () => turnTo(page, few.name)));
    assert.equal(await page.locator('.unread-mark').count(), 0);
    atMost(await asked(page, some.thread, () => turnTo(page, some.name)));
    await page.locator('.unread-mark + li').getByText('Line 201 of many', { exact: true }).waitFor();
  });

  it('costs four when it is opened again, and shows at once what it was', async () => {
    await turnTo(page, few.name);
    atMost(await asked(page, some.thread, () => turnTo(page, some.name)));
    assert.equal(await page.locator('.unread-mark').count(), 0, 'it was read a moment ago');
  });

  it('costs four when much came while it was away', async () => {
    await turnTo(page, growing.name);
    await page.locator('.bubble').first().waitFor();
    await turnTo(page, some.name);
    const { text } = await control('quiet-grows');
    atMost(await asked(page, growing.thread, () => turnTo(page, growing.name)));
    await eventually(async () => (await texts(page)).at(-1), text);
  });

  it('costs four where the connection is slow, and misses nothing of what comes meanwhile', async () => {
    const [tab, release] = await tabWithoutPushes(page);
    atMost(await asked(tab, growing.thread, async () => {
      await tab.goto(at(growing));
      await tab.locator('.bubble').first().waitFor();
      setTimeout(release, 600);
    }));
    await tab.close();
    const [late, letGo] = await tabWithoutPushes(page);
    await late.goto(at(growing));
    await late.locator('.bubble').first().waitFor();
    const { text } = await control('quiet-more');
    letGo();
    await eventually(async () => (await texts(late)).at(-1), text);
    await late.close();
  });

  it('waits for no connection longer than it takes, and misses nothing once there is one', async () => {
    const [tab, release] = await tabWithoutPushes(page);
    const read = tab.waitForResponse((one) => one.url().endsWith(`/${growing.thread}/read`));
    await tab.goto(at(growing));
    await read;
    const { text } = await control('quiet-more');
    release();
    await eventually(async () => (await texts(tab)).at(-1), text);
    await tab.close();
  });

  it('is followed by what becomes of a reply, without a reload and without asking by the clock', async () => {
    await turnTo(page, few.name);
    await reply(page, 'On its way.');
    const bubble = page.locator('.bubble', { hasText: 'On its way.' });
    await bubble.locator('[data-status=sent]').waitFor();
    // What it owes to having been opened, and to having been sent, is behind it: nothing more is asked until it arrives.
    await asked(page, few.thread, () => page.waitForTimeout(2_000));
    const calls = await asked(page, few.thread, async () => {
      await control('arrived');
      await bubble.locator('[data-status=delivered]').waitFor();
    });
    atMost(calls.filter((one) => one.startsWith('GET /messages?before_seq')), 1);
  });
});
