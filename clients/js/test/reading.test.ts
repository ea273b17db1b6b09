import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { OTHER } from './server.js';
import { makeWorld, until, type World } from './world.js';

const T = 'a-thread';
let world: World;

beforeEach(async () => {
  world = await makeWorld();
  world.server.pollMs = 30;
});
afterEach(() => world.end());

describe('reading', () => {
  it('begins with the newest page and loads older ones when asked, without holes', async () => {
    for (let i = 1; i <= 120; i++) world.server.write(T, `m${i}`);
    const chat = world.client.conversation(T);
    chat.open();
    await until(() => chat.view.get().isReady);
    expect(chat.view.get().messages.map((m) => m.seq)).toEqual(range(71, 120));
    world.server.change(T, 5, 'changed far above');
    world.server.change(T, 80, 'changed in view');
    await until(() => chat.view.get().messages.some((m) => m.body === 'changed in view'));
    expect(chat.view.get().messages.map((m) => m.seq)).toEqual(range(71, 120));
    await chat.loadOlder();
    await chat.loadOlder();
    expect(chat.view.get().messages.map((m) => m.seq)).toEqual(range(1, 120));
    expect(chat.view.get().messages[4]?.body).toBe('changed far above');
    expect(chat.view.get().hasOlder).toBe(false);
  });

  it('misses nothing that is written between two pages', async () => {
    const chat = world.client.conversation(T);
    chat.open();
    for (let i = 1; i <= 300; i++) {
      world.server.write(T, `m${i}`);
      if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await until(() => chat.view.get().messages.at(-1)?.seq === 300);
    const seqs = chat.view.get().messages.map((m) => m.seq);
    expect(seqs).toEqual(range(seqs[0] as number, 300));
  });

  it('shows after a reload what it knew, before the network answers', async () => {
    for (let i = 1; i <= 80; i++) world.server.write(T, `m${i}`);
    const chat = world.client.conversation(T);
    chat.open();
    await until(() => chat.view.get().messages.length === 50);
    await until(() => world.server.calls.filter((c) => c.rpc === 'poll_messages').length >= 2);
    world.server.fate = () => 'dropped';
    const again = (await world.reload()).conversation(T);
    again.open();
    await until(() => again.view.get().isReady);
    expect(again.view.get().messages.map((m) => m.seq)).toEqual(range(31, 80));
    await until(() => again.view.get().connection === 'offline');
    world.server.fate = () => 'ok';
    world.server.write(T, 'news');
    await again.refresh();
    expect(again.view.get().messages.at(-1)?.body).toBe('news');
    expect(again.view.get().connection).toBe('polling');
  });

  it('begins anew at the newest page when it was away for long', async () => {
    world.server.write(T, 'first');
    const chat = world.client.conversation(T);
    chat.open();
    await until(() => chat.view.get().messages.length === 1);
    chat.close();
    for (let i = 2; i <= 1_500; i++) world.server.write(T, `m${i}`);
    const before = world.server.calls.length;
    chat.open();
    await until(() => chat.view.get().messages.at(-1)?.seq === 1_500);
    expect(world.server.calls.length - before).toBeLessThan(8);
    expect(chat.view.get().hasOlder).toBe(true);
  });

  it('ticks from the cursors of the others, which never move back', async () => {
    const chat = world.client.conversation(T);
    chat.open();
    await chat.send('seen?');
    await until(() => chat.view.get().messages[0]?.tick === 'sent');
    world.server.thread(T).delivered.set(OTHER, 1);
    await until(() => chat.view.get().messages[0]?.tick === 'delivered');
    world.server.thread(T).reads.set(OTHER, 1);
    await until(() => chat.view.get().messages[0]?.tick === 'read');
    world.server.thread(T).reads.set(OTHER, 0);
    await chat.refresh();
    expect(chat.view.get().messages[0]?.tick).toBe('read');
  });

  it('says what it got and what was read, once for several', async () => {
    const chat = world.client.conversation(T);
    chat.open();
    for (let i = 1; i <= 3; i++) world.server.write(T, `m${i}`);
    await until(() => world.server.calls.some((c) => c.rpc === 'mark_delivered' && c.args['p_seq'] === 3));
    chat.markRead(1);
    chat.markRead(2);
    chat.markRead();
    await until(() => world.server.calls.some((c) => c.rpc === 'mark_read'));
    expect(world.server.calls.filter((c) => c.rpc === 'mark_read').map((c) => c.args['p_seq'])).toEqual([3]);
  });

  it('says that something was read as soon as the server can hear it', async () => {
    const chat = world.client.conversation(T);
    chat.open();
    world.server.write(T, 'hello');
    await until(() => chat.view.get().messages.length === 1);
    let failures = 1;
    world.server.fate = (rpc) => (rpc === 'mark_read' && failures-- > 0 ? 'busy' : 'ok');
    chat.markRead();
    await until(() => world.server.thread(T).reads.size === 1);
    expect(world.server.calls.filter((c) => c.rpc === 'mark_read')).toHaveLength(2);
  });

  it('stops asking for a conversation that is not there, and forgets it', async () => {
    const chat = world.client.conversation('gone');
    chat.open();
    await until(() => chat.view.get().problem?.code === 'not_found');
    const asked = world.server.calls.length;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(world.server.calls.length).toBe(asked);
  });
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
