/**
 * Our client library on the Realtime gateway alone, where what people write is judged. Run by tests/realtime/test_clients.py,
 * which names the gateway, the key, the people and the topic in the environment.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createClient } from "@supabase/supabase-js";
import { Live } from "../../../clients/js/dist/live.js";
import { TypingListener, TypingTeller } from "../../../clients/js/dist/typing.js";

const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, ANN, BOB, ANN_ID, BOB_ID, THREAD } = process.env;
const clients = [];

function as(token) {
  const client = createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, { accessToken: async () => token });
  clients.push(client);
  return client;
}

after(async () => {
  for (const client of clients) {
    await client.removeAllChannels();
    client.realtime.disconnect();
  }
});

test("typing and presence of the library are signs", { timeout: 60_000 }, async () => {
  const joined = Promise.withResolvers(), seen = Promise.withResolvers(), wrote = Promise.withResolvers();
  const listener = new TypingListener((ids) => ids.length > 0 && wrote.resolve(ids));
  const ann = new Live(as(ANN), THREAD, {
    presenceKey: ANN_ID,
    onJoined: (is) => is && joined.resolve(),
    onEvent: (event, payload) => event === "typing" && listener.hear(payload.user_id, payload.typing),
    onPresence: (keys) => keys.includes(BOB_ID) && seen.resolve(keys),
  });
  ann.start();
  await joined.promise;
  const come = Promise.withResolvers();
  const bob = new Live(as(BOB), THREAD, { presenceKey: BOB_ID, onJoined: (is) => is && come.resolve(), onEvent: () => {} });
  bob.start();
  await come.promise;
  await seen.promise;
  new TypingTeller((typing) => void bob.tell("typing", { user_id: BOB_ID, typing })).touch();
  assert.deepEqual(await wrote.promise, [BOB_ID]);
  listener.clear();
  await Promise.all([ann.stop(), bob.stop()]);
});

test("words are refused by name, also over HTTP", { timeout: 60_000 }, async () => {
  const client = as(ANN);
  await client.realtime.setAuth();
  const channel = client.channel(THREAD, { config: { private: true, broadcast: { ack: true }, presence: { key: "call me" } } });
  const unjoined = await channel.httpSend("typing", { text: "call me" }).catch((error) => error);
  assert.match(String(unjoined.message ?? unjoined.error), /typing/);
  await new Promise((resolve) => channel.subscribe((status) => status === "SUBSCRIBED" && resolve()));
  assert.equal(await channel.send({ type: "broadcast", event: "message", payload: { text: "call me" } }), "error");
  assert.equal(await channel.track({ user_id: ANN_ID }), "error");
  assert.equal(await channel.send({ type: "broadcast", event: "typing", payload: { user_id: ANN_ID, typing: true } }), "ok");
});
