/**
 * supabase-js on the Realtime gateway alone: two people, a stranger, and what each hears. Run by
 * tests/realtime/test_clients.py, which names the gateway, the key, the tokens and the topics in the environment.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createClient } from "@supabase/supabase-js";

const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, ANN, BOB, STRANGER, THREAD, HIS } = process.env;
const clients = [];

function as(token) {
  const client = createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, { accessToken: async () => token });
  clients.push(client);
  return client;
}

async function joined(channel) {
  const [status, error] = await new Promise((resolve) => channel.subscribe((...told) => resolve(told)));
  assert.equal(status, "SUBSCRIBED", String(error));
  return channel;
}

function once(channel, kind, filter) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${kind} ${JSON.stringify(filter)}`)), 60_000);
    channel.on(kind, filter, (payload) => (clearTimeout(timer), resolve(payload)));
  });
}

async function priv(client, topic, config = {}) {
  await client.realtime.setAuth();
  return client.channel(topic, { config: { private: true, ...config } });
}

after(async () => {
  for (const client of clients) {
    await client.removeAllChannels();
    client.realtime.disconnect();
  }
});

test("typing goes from one to the other, acknowledged", async () => {
  const [ann, bob] = await Promise.all([priv(as(ANN), THREAD, { broadcast: { ack: true } }), priv(as(BOB), THREAD)]);
  const heard = once(bob, "broadcast", { event: "typing" });
  await Promise.all([joined(ann), joined(bob)]);
  assert.equal(await ann.send({ type: "broadcast", event: "typing", payload: { on: true } }), "ok");
  assert.deepEqual((await heard).payload, { on: true });
});

test("bytes arrive as bytes", async () => {
  const [ann, bob] = await Promise.all([priv(as(ANN), THREAD, { broadcast: { ack: true } }), priv(as(BOB), THREAD)]);
  const heard = once(bob, "broadcast", { event: "blob" });
  await Promise.all([joined(ann), joined(bob)]);
  const bytes = new Uint8Array([0, 255, 7]);
  assert.equal(await ann.send({ type: "broadcast", event: "blob", payload: bytes.buffer }), "ok");
  assert.deepEqual(new Uint8Array((await heard).payload), bytes);
});

test("rows of the database arrive with their id", async () => {
  const ann = await priv(as(ANN), HIS);
  const heard = once(ann, "broadcast", { event: "news" });
  await joined(ann);
  process.stdout.write("# WRITE A ROW\n");
  const told = await heard;
  assert.ok(told.payload.n === 1 && told.meta.id);
});

test("a stranger is refused, and told why", async () => {
  const stranger = await priv(as(STRANGER), THREAD);
  const [status, error] = await new Promise((resolve) => stranger.subscribe((...told) => resolve(told)));
  assert.equal(status, "CHANNEL_ERROR");
  assert.match(String(error), /Unauthorized: You do not have permissions/);
});

test("a channel that was not joined sends over HTTP", async () => {
  const bob = await priv(as(BOB), THREAD);
  const heard = once(bob, "broadcast", { event: "by-post" });
  await joined(bob);
  const ann = await priv(as(ANN), THREAD);
  assert.deepEqual(await ann.httpSend("by-post", { n: 2 }), { success: true });
  assert.deepEqual((await heard).payload, { n: 2 });
});

test("presence: state, joins and leaves", async () => {
  const one = as(ANN), two = as(BOB);
  const ann = await priv(one, THREAD, { presence: { key: "ann" } });
  const bob = await priv(two, THREAD, { presence: { key: "bob" } });
  const came = new Promise((resolve) =>
    ann.on("presence", { event: "join" }, ({ key, newPresences }) => key === "bob" && resolve(newPresences[0]))
  );
  const left = new Promise((resolve) =>
    ann.on("presence", { event: "leave" }, ({ key }) => key === "bob" && resolve(key))
  );
  bob.on("presence", { event: "sync" }, () => {});
  await Promise.all([joined(ann), joined(bob)]);
  assert.equal(await ann.track({ at: "desk" }), "ok");
  assert.equal(await bob.track({ at: "phone" }), "ok");
  assert.equal((await came).at, "phone");
  await two.removeChannel(bob);
  assert.equal(await left, "bob");
});

test("changes of tables are refused and the channel stays", async () => {
  const ann = await priv(as(ANN), HIS);
  ann.on("postgres_changes", { event: "*", schema: "public", table: "et_messages" }, () => assert.fail("a row"));
  const refused = once(ann, "system", {});
  await joined(ann);
  assert.equal((await refused).status, "error");
  assert.equal(ann.state, "joined");
});

test("replay gives what was said before", async () => {
  const ann = await priv(as(ANN), HIS, { broadcast: { replay: { since: Date.now() - 60_000, limit: 5 } } });
  const heard = once(ann, "broadcast", { event: "before" });
  await joined(ann);
  assert.equal((await heard).meta.replayed, true);
});
