// What two people at one inbox may rely on, whatever comes in between. A sentence of the desk's promises per test.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';

import { launch } from '../browser.mjs';
import { control, eventually } from '../people.mjs';
import { bringUp, comeIn, mail, reply, rows, signIn, texts, turnTo } from './staff.mjs';

const { DESK_URL } = process.env;
const [PROJECT_URL, PROJECT_KEY] = JSON.parse(process.env.DESK_PROJECT);
const PASSWORD = JSON.parse(process.env.DESK_STAFF).Ana.password;
const { createClient } = createRequire(new URL('../../../../clients/js/package.json', import.meta.url))('@supabase/supabase-js');

const field = (page) => page.getByLabel('Reply', { exact: true });
const send = (page) => page.getByRole('button', { name: 'Send', exact: true });
const count = async (page, text) => (await texts(page)).filter((one) => one === text).length;
const lists = (page, name) => eventually(async () => (await bringUp(page), (await rows(page)).includes(name)), true, 15_000);
const posts = (route) => route.request().method() === 'POST';

/** Stop a tab as a browser does that saves power: none of its code runs until what is returned wakes it. */
async function sleep(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Debugger.enable');
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  await session.send('Debugger.pause'); // at the next statement, whenever that would be
  return async () => {
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    await session.send('Debugger.disable');
    await session.detach();
  };
}

describe('two of the staff, whatever comes in between', () => {
  let browser, olivia, ana;

  before(async () => {
    browser = await launch();
    await mail();
    [olivia, ana] = await Promise.all([comeIn(browser, 'Olivia', '?view=all'), comeIn(browser, 'Ana', '?view=all')]);
  });
  after(() => browser?.close());

  it('see mail, Telegram and chat arrive in one inbox, answer each where it came from, and have all of it after a reload', async () => {
    await control('chat');
    const customer = createClient(PROJECT_URL, PROJECT_KEY, { auth: { persistSession: false, autoRefreshToken: false } });
    await customer.auth.signInWithPassword({ email: 'ann@homes.test', password: PASSWORD });
    const started = await customer.rpc('start_thread', { p_tenant_slug: 'acme', p_body: 'Is anybody there?', p_client_message_id: crypto.randomUUID() });
    assert.equal(started.error, null);
    const names = [await mail(), (await control('telegram')).name, 'Ann Asker'];
    for (const page of [olivia, ana]) for (const name of names) await lists(page, name);
    await turnTo(olivia, names[1]);
    await reply(olivia, 'On Telegram, by hand.');
    await eventually(async () => (await control('telegrams')).texts.includes('On Telegram, by hand.'), true);
    await turnTo(olivia, 'Ann Asker');
    await reply(olivia, 'In the chat, by hand.');
    const page = async () => (await customer.rpc('poll_messages', { p_thread_id: started.data.thread_id, p_since: 0 })).data.messages.map((one) => one.body);
    await eventually(async () => (await page()).includes('In the chat, by hand.'), true);
    const before = new Set(await rows(ana));
    await ana.reload();
    await ana.locator('.row').first().waitFor();
    assert.deepEqual([...before].filter((name) => !names.includes(name)).length + names.length, before.size);
    for (const name of names) assert.ok((await rows(ana)).includes(name), name);
  });
  it('hear of what came while a tab slept, and while the server was away under it', async () => {
    const wake = await sleep(ana);
    const first = await mail();
    await lists(olivia, first);
    await control('restart');
    const second = await mail();
    await wake();
    await lists(ana, first);
    await lists(ana, second);
  });

  it('lose nothing offline: it is said, the draft stays, and what is pressed again goes out once', async () => {
    await turnTo(ana, (await rows(ana))[0]);
    await field(ana).fill('Written in a tunnel.');
    await ana.context().setOffline(true);
    await send(ana).click();
    await ana.getByText('It is not known whether this was sent.').waitFor();
    assert.equal(await field(ana).inputValue(), 'Written in a tunnel.');
    const name = await mail();
    await ana.context().setOffline(false);
    await lists(ana, name);
    await send(ana).click();
    await eventually(() => count(ana, 'Written in a tunnel.'), 1);
    await eventually(() => field(ana).inputValue(), '');
  });

  it('send once when the answer got lost, and clear a draft only when the server has taken it', async () => {
    const route = '**/v1/threads/*/messages';
    await field(ana).fill('Answered into the void.');
    await ana.route(route, async (one) => (posts(one) ? (await one.fetch(), one.abort()) : one.fallback()));
    await send(ana).click();
    await ana.getByText('It is not known whether this was sent.').waitFor();
    await ana.unroute(route);
    await ana.reload();
    await eventually(() => field(ana).inputValue(), 'Answered into the void.');
    await ana.route(route, (one) => (posts(one) ? one.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"type":"about:blank","title":"x","status":503,"detail":"Away.","code":"away"}' }) : one.fallback()));
    await send(ana).click();
    await ana.locator('.composer').getByRole('alert').waitFor();
    assert.equal(await field(ana).inputValue(), 'Answered into the void.');
    await ana.unroute(route);
    await send(ana).click();
    await eventually(() => field(ana).inputValue(), '');
    await eventually(() => count(ana, 'Answered into the void.'), 1);
  });

  it('find what they filtered and chose in the address: after a reload, and with a conversation open', async () => {
    const name = await mail();
    await lists(ana, name);
    await ana.getByRole('button', { name: 'Unassigned' }).click();
    await ana.getByRole('searchbox').fill(name);
    await ana.getByRole('searchbox').press('Enter');
    await eventually(() => rows(ana), [name]);
    await ana.locator('.row').click();
    await ana.getByRole('heading', { name, level: 2 }).waitFor();
    await eventually(() => rows(ana), [name]);
    await ana.reload();
    await ana.getByRole('heading', { name, level: 2 }).waitFor();
    await eventually(() => rows(ana), [name]);
    assert.equal(await ana.getByRole('searchbox').inputValue(), name);
    assert.equal(await ana.getByRole('button', { name: 'Unassigned' }).getAttribute('aria-current'), 'page');
    await ana.goto(`${DESK_URL}?view=all`);
    await ana.locator('.row').first().click();
    await field(ana).waitFor();
  });

  it('are told what is wrong, by which id to ask for it, and can try again; what loads says so', async () => {
    const [{ promise: held, resolve: release }, list] = [Promise.withResolvers(), '**/v1/threads?*'];
    await olivia.route(list, async (one) => (await held, one.fulfill({
      status: 500, contentType: 'application/problem+json',
      body: JSON.stringify({ type: 'about:blank', title: 'x', status: 500, code: 'internal', detail: 'It broke.', request_id: 'req-4711' }),
    })));
    await olivia.goto(`${DESK_URL}?view=snoozed`);
    await olivia.locator('.list').getByRole('status', { name: 'Starting…' }).waitFor();
    release();
    await olivia.locator('.list').getByRole('alert').getByText('Request req-4711').waitFor();
    await olivia.unroute(list);
    await olivia.getByRole('button', { name: 'Try again' }).click();
    await olivia.getByText('Nothing is snoozed.').waitFor();
    await olivia.goto(`${DESK_URL}?view=all`);
    await olivia.locator('.row').first().waitFor();
  });

  it('take a conversation over by answering it; handing it back is on record', async () => {
    const name = await mail();
    await turnTo(olivia, name);
    await olivia.getByText('The AI answers in this conversation.').waitFor();
    await eventually(() => olivia.locator('.bubble').count(), 2);
    await reply(olivia, 'I answer this myself.');
    await olivia.getByText('A person answers; the AI is silent.').waitFor();
    await olivia.getByRole('button', { name: 'Hand back to the AI' }).click();
    await olivia.getByText('The AI answers in this conversation.').waitFor();
    await olivia.goto(`${DESK_URL}audit`);
    await olivia.getByRole('cell', { name: 'thread.hand_back' }).first().waitFor();
    await olivia.goto(`${DESK_URL}?view=all`);
    await olivia.locator('.row').first().waitFor();
  });

  it('both press Send at once: one reply leaves, the other one is asked first', async () => {
    const name = await ana.locator('#conversation-title').textContent();
    await turnTo(olivia, name);
    await eventually(() => olivia.locator('.bubble').count(), await ana.locator('.bubble').count());
    await field(ana).fill('Mine, says Ana.');
    await field(olivia).fill('Mine, says Olivia.');
    await Promise.all([send(ana).click(), send(olivia).click()]);
    const asked = async () => (await Promise.all([ana, olivia].map((page) => page.getByText('Something came in while you wrote:').count()))).join('');
    await eventually(async () => ['01', '10'].includes(await asked()), true);
    await eventually(async () => (await count(ana, 'Mine, says Ana.')) + (await count(ana, 'Mine, says Olivia.')), 1);
    for (const page of [ana, olivia]) {
      if (await page.getByRole('button', { name: 'Look first' }).isVisible()) await page.getByRole('button', { name: 'Look first' }).click();
      await field(page).fill('');
    }
  });

  it('send into the conversation they pressed Send in, however fast they turn to another', async () => {
    const [from, to] = [await ana.locator('#conversation-title').textContent(), await mail()];
    await lists(ana, to);
    await field(ana).fill('For the first one.');
    const { promise: held, resolve: release } = Promise.withResolvers();
    const left = ana.waitForResponse((one) => one.request().method() === 'POST' && one.url().endsWith('/messages'));
    await ana.route('**/v1/threads/*/messages', async (one) => (posts(one) ? (await held, one.continue()) : one.fallback()));
    await send(ana).click();
    await turnTo(ana, to);
    await field(ana).fill('For the second one.');
    release();
    await left;
    await ana.unroute('**/v1/threads/*/messages');
    await turnTo(olivia, from);
    await eventually(() => count(olivia, 'For the first one.'), 1);
    assert.equal(await field(ana).inputValue(), 'For the second one.');
    assert.equal(await count(ana, 'For the first one.'), 0);
    await turnTo(ana, from);
    await eventually(() => field(ana).inputValue(), '');
    await turnTo(ana, to);
    assert.equal(await field(ana).inputValue(), 'For the second one.');
  });

  it('open a conversation where they have not read yet, and older messages push nothing out of sight', async () => {
    const { name } = await control('long');
    await turnTo(ana, name);
    const mark = ana.locator('.unread-mark');
    await mark.waitFor();
    const at = async (which) => (await which.boundingBox())?.y ?? null;
    const top = await at(ana.getByTestId('log'));
    await eventually(async () => Math.abs((await at(mark)) - top) < 60, true);
    await mark.locator('xpath=following-sibling::li[1]').getByText('Line 101 of many').waitFor();
    const older = ana.locator('.bubble', { hasText: 'Line 40 of many' });
    assert.equal(await older.count(), 0);
    const place = await ana.evaluate(() => {
      const log = document.querySelector('[data-testid=log]');
      log.scrollTop = 60;
      const first = [...log.querySelectorAll('.bubble')].find((one) => one.getBoundingClientRect().top >= log.getBoundingClientRect().top);
      first.dataset.watched = '';
      return first.getBoundingClientRect().top;
    });
    await older.waitFor({ state: 'attached' });
    await ana.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    assert.ok(Math.abs((await at(ana.locator('[data-watched]'))) - place) < 2, 'the text jumped');
  });

  it('keep what they selected where it is, with the number of what is new above it', async () => {
    await ana.goto(`${DESK_URL}?view=all`);
    await ana.locator('.row').nth(2).click();
    await ana.locator('.bubble').first().waitFor();
    const [shown, box] = [await rows(ana), await ana.locator('.row[aria-current]').boundingBox()];
    await mail();
    await ana.getByRole('button', { name: '1 new conversation' }).waitFor();
    await mail();
    await ana.getByRole('button', { name: '2 new or moved conversations' }).waitFor();
    // The list is as much shorter as the number needs room: the last rows may be out of the page.
    assert.deepEqual((await rows(ana)).slice(0, 6), shown.slice(0, 6));
    const now = await ana.locator('.row[aria-current]').boundingBox();
    assert.equal(now.y - box.y, (await ana.locator('.arrivals').boundingBox()).height + 8);
  });

  it('know at once who looks and who writes, and ten seconds after the last sign of life that he does not', async () => {
    const name = await ana.locator('#conversation-title').textContent();
    await turnTo(olivia, name);
    await olivia.locator('.company', { hasText: 'Ana Agent is here, too' }).waitFor();
    await field(ana).pressSequentially('x');
    await olivia.locator('.company', { hasText: 'Ana Agent is writing an answer' }).waitFor();
    // The same again in a window whose clock can be put forward.
    const window = await olivia.context().newPage();
    await window.clock.install();
    await window.goto(olivia.url());
    await signIn(window, 'Olivia');
    await window.locator('.company', { hasText: 'Ana Agent' }).waitFor();
    // Where no timer runs it is shown all the same: as it comes, and not when somebody looks for it.
    await window.clock.pauseAt(await window.evaluate(() => Date.now() + 500));
    await eventually(async () => (await field(ana).pressSequentially('x'), window.locator('.company', { hasText: 'Ana Agent is writing an answer' }).count()), 1);
    await window.clock.resume();
    const wake = await sleep(ana);
    await window.clock.fastForward(4_000);
    assert.match(await window.locator('.company').textContent(), /Ana Agent/);
    await window.clock.fastForward(8_000);
    await eventually(() => window.locator('.company').textContent(), '');
    await wake();
    await window.locator('.company', { hasText: 'Ana Agent' }).waitFor();
    await window.close();
    await field(ana).fill('');
  });

  it('offer to settle what nobody knows the end of, and never to send it again', async () => {
    const asked = `Did you get this? ${Date.now()}`;
    const { name } = await control('telegram');
    await turnTo(ana, name);
    await eventually(() => ana.locator('.bubble.by-ai [data-status=sent]').count(), 1);
    await control('lose-answers');
    await reply(ana, asked);
    const bubble = ana.locator('.bubble', { hasText: asked });
    await bubble.locator('[data-status=dispatch_unknown]').waitFor();
    const buttons = await bubble.getByRole('button').allTextContents();
    assert.ok(buttons.includes('It arrived') && buttons.includes('It did not arrive'));
    assert.ok(!buttons.some((one) => /again|retry|resend/i.test(one)), buttons.join());
    await bubble.getByRole('button', { name: 'It arrived' }).click();
    await bubble.locator('[data-status=sent]').waitFor();
    assert.equal((await control('telegrams')).texts.filter((one) => one === asked).length, 1);
  });

  it('silence the AI by taking over, even while it is writing its answer', async () => {
    await control('slow-model');
    try {
      const name = await mail();
      await control('thinking');
      await turnTo(olivia, name);
      await olivia.locator('[data-status=inbound_processing]').waitFor();
      await olivia.getByRole('button', { name: 'Take over' }).click();
      await olivia.getByText('A person answers; the AI is silent.').waitFor();
      await control('thought');
      await olivia.locator('[data-status=inbound_human_takeover]').waitFor();
      assert.equal(await olivia.locator('.bubble.by-ai').count(), 0);
      assert.equal((await texts(olivia)).length, 1);
      await reply(olivia, 'A person says this.');
      await eventually(async () => (await texts(olivia)).length, 2);
      assert.equal(await olivia.locator('.bubble.by-ai').count(), 0);
    } finally {
      await control('rules');
    }
  });

  it('and the browser refused nothing on the way', async () => {
    assert.deepEqual((await control('refused')).lines, []);
    assert.deepEqual([...olivia.errors, ...ana.errors].filter((one) => !/Failed to fetch|40[19]|net::|50[23]/.test(one)), []);
  });
});
