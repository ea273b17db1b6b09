import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ME, OTHER } from './server.js';
import { makeWorld, until, type World } from './world.js';

const T = 'a-thread';
let world: World;

beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => {
  vi.unstubAllGlobals();
  return world.end();
});

const bodies = () => world.server.thread(T).messages.map((m) => m.body);

describe('moderation', () => {
  it('shows that a message is being checked, until it was', async () => {
    const chat = world.client.conversation(T);
    world.server.isModerated = true;
    chat.open();
    await until(() => chat.view.get().isReady);
    await chat.send('call 510-574-7946');
    await until(() => chat.view.get().messages[0]?.tick === 'sent');
    expect(chat.view.get().messages[0]?.moderation_status).toBe('pending');
    world.server.judge(T, 1, 'filtered', 'Not before you are connected.', 'call [phone removed]');
    await chat.refresh();
    const message = chat.view.get().messages[0];
    expect([message?.moderation_status, message?.body]).toEqual(['filtered', 'call [phone removed]']);
  });

  it('says why, and what to change', async () => {
    const chat = world.client.conversation(T);
    world.server.isModerated = true;
    chat.open();
    await chat.send('call 510-574-7946');
    await until(() => chat.view.get().messages[0]?.tick === 'sent');
    world.server.judge(T, 1, 'blocked', 'Not before you are connected.');
    const told = await chat.moderation(chat.view.get().messages[0]?.id ?? '');
    expect(told.comments.map((c) => c.comment)).toEqual(['Not before you are connected.']);
    await expect(chat.moderation('another')).rejects.toMatchObject({ status: 404 });
  });

  it('tells nothing about what others wrote', async () => {
    const chat = world.client.conversation(T);
    world.server.write(T, 'hello');
    chat.open();
    await until(() => chat.view.get().messages.length === 1);
    expect(chat.view.get().messages[0]?.moderation_status).toBeNull();
  });
});

describe('sending', () => {
  it('shows a message at once and ticks it when the server has it', async () => {
    const chat = world.client.conversation(T);
    chat.open();
    await until(() => chat.view.get().isReady);
    world.server.fate = (rpc) => (rpc === 'send_message' ? 'dropped' : 'ok');
    await chat.send('hello');
    expect(chat.view.get().messages.map((m) => [m.body, m.tick])).toEqual([['hello', 'sending']]);
    world.server.fate = () => 'ok';
    await until(() => chat.view.get().messages[0]?.tick === 'sent');
    expect(chat.view.get().messages).toHaveLength(1);
    expect(bodies()).toEqual(['hello']);
  });

  it('doubles nothing when the answer is lost', async () => {
    const chat = world.client.conversation(T);
    chat.open();
    let lost = 0;
    world.server.fate = (rpc) => (rpc === 'send_message' && lost++ < 1 ? 'lost' : 'ok');
    await chat.send('once');
    await until(() => chat.view.get().messages[0]?.tick === 'sent');
    await until(() => world.server.calls.filter((c) => c.rpc === 'send_message').length >= 1);
    expect(bodies()).toEqual(['once']);
    expect(chat.view.get().messages).toHaveLength(1);
  });

  it.each([
    ['React Native', undefined],
    ['a page over plain HTTP', { getRandomValues: (bytes: Uint8Array) => bytes.fill(7) }],
  ])('works in %s', async (_, crypto) => {
    vi.stubGlobal('crypto', crypto);
    vi.stubGlobal('structuredClone', undefined);
    vi.stubGlobal('AbortSignal', class {});
    const chat = world.client.conversation(T);
    chat.open();
    await chat.send('from a phone');
    await until(() => chat.view.get().messages[0]?.tick === 'sent');
    const [sent] = world.server.thread(T).messages;
    expect(sent?.client_message_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('keeps the order of a conversation while the line is bad', async () => {
    const chat = world.client.conversation(T);
    let turn = 0;
    const fates = ['dropped', 'ok', 'lost', 'ok', 'busy', 'ok', 'limited', 'ok'] as const;
    world.server.fate = (rpc) => (rpc === 'send_message' ? (fates[turn++ % fates.length] ?? 'ok') : 'ok');
    chat.open();
    const wanted = Array.from({ length: 6 }, (_, i) => `message ${i}`);
    for (const body of wanted) await chat.send(body);
    await until(() => bodies().length === wanted.length && chat.view.get().messages.every((m) => m.tick === 'sent'), 40_000);
    expect(bodies()).toEqual(wanted);
    expect(chat.view.get().messages.map((m) => m.body)).toEqual(wanted);
  }, 60_000);

  it('sends after a reload what was written offline', async () => {
    world.server.fate = () => 'dropped';
    await world.client.conversation(T).send('from the tunnel');
    await world.client.conversation(T).send('still there');
    const again = await world.reload();
    world.server.fate = () => 'ok';
    const chat = again.conversation(T);
    chat.open();
    await until(() => bodies().length === 2);
    expect(bodies()).toEqual(['from the tunnel', 'still there']);
    await until(async () => (await world.storage.keys('outbox/')).length === 0);
  });

  it('keeps a refused message with its reason until the user decides, and sends the next one', async () => {
    const chat = world.client.conversation(T);
    chat.open();
    let refusals = 1;
    world.server.fate = (rpc) => (rpc === 'send_message' && refusals-- > 0 ? 'refused' : 'ok');
    const entry = await chat.send('too long');
    await chat.send('short');
    await until(() => bodies().includes('short'));
    const failed = chat.view.get().messages.find((m) => m.tick === 'failed');
    expect(failed?.problem).toEqual({ code: 'bad_length', message: 'too long', remedy: 'write less' });
    expect(await chat.discard(entry.clientMessageId)).toBe(true);
    expect(chat.view.get().messages.map((m) => m.body)).toEqual(['short']);
  });

  it('retries a refused message under the same id', async () => {
    const chat = world.client.conversation(T);
    chat.open();
    world.server.fate = (rpc) => (rpc === 'send_message' ? 'refused' : 'ok');
    const entry = await chat.send('again');
    await until(() => chat.view.get().messages[0]?.tick === 'failed');
    world.server.fate = () => 'ok';
    await chat.retry(entry.clientMessageId);
    await until(() => bodies().length === 1);
    const ids = world.server.calls.filter((c) => c.rpc === 'send_message').map((c) => c.args['p_client_message_id']);
    expect(new Set(ids)).toEqual(new Set([entry.clientMessageId]));
  });

  it('waits for a session when it has none, and loses nothing', async () => {
    const chat = world.client.conversation(T);
    world.server.fate = () => 'signed_out';
    await chat.send('later');
    await until(() => world.troubles.some((t) => t.kind === 'signed_out'));
    expect(await world.storage.keys('outbox/')).toHaveLength(1);
    world.server.fate = () => 'ok';
    const again = await world.reload();
    again.conversation(T).open();
    await until(() => bodies().length === 1);
  });

  it('does not send what another user of the device queued', async () => {
    world.server.fate = () => 'dropped';
    await world.client.conversation(T).send('mine');
    await until(() => world.troubles.length === 1);
    world.client.close();
    const [key] = await world.storage.keys('outbox/');
    const stored = await world.storage.get(key as string);
    await world.storage.delete(key as string);
    await world.storage.set((key as string).replace(ME, OTHER), stored);
    world.server.fate = () => 'ok';
    (await world.reload()).conversation(T).open();
    await until(() => world.server.calls.some((c) => c.rpc === 'poll_messages'));
    expect(bodies()).toEqual([]);
  });
});
