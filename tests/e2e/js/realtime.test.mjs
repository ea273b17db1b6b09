/** Realtime of a project: rooms anybody may enter, and private ones. People and their topics are in tests/realtime. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { anonymous, service } from "./client.mjs";

const clients = [];

function connected(client) {
  clients.push(client);
  return client;
}

function subscribed(channel) {
  return new Promise((resolve) => channel.subscribe((...told) => resolve(told)));
}

function heard(channel, event) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`nothing heard of ${event}`)), 60_000);
    channel.on("broadcast", { event }, (told) => (clearTimeout(timer), resolve(told)));
  });
}

after(async () => {
  for (const client of clients) {
    await client.removeAllChannels();
    client.realtime.disconnect();
  }
});

test("what one says in a public room the other hears", async () => {
  const room = `e2e-${randomUUID()}`;
  const one = connected(anonymous()).channel(room, { config: { broadcast: { ack: true } } });
  const two = connected(anonymous()).channel(room);
  const told = heard(two, "hello");
  assert.equal((await subscribed(two))[0], "SUBSCRIBED");
  assert.equal((await subscribed(one))[0], "SUBSCRIBED");
  assert.equal(await one.send({ type: "broadcast", event: "hello", payload: { n: 1 } }), "ok");
  assert.deepEqual((await told).payload, { n: 1 });
});

test("a private topic is closed to strangers and open to the server", async () => {
  const topic = `thread:${randomUUID()}`;
  const stranger = connected(anonymous());
  await stranger.realtime.setAuth();
  const [status, error] = await subscribed(stranger.channel(topic, { config: { private: true } }));
  assert.equal(status, "CHANNEL_ERROR");
  assert.match(String(error), /Unauthorized/);
  const server = connected(service());
  await server.realtime.setAuth();
  const channel = server.channel(topic, { config: { private: true } });
  assert.equal((await subscribed(channel))[0], "SUBSCRIBED");
});
