/**
 * The socket of Baileys itself, as an account of the bridge opens it: a dependency that broke (its own, its protobufs,
 * `ws`, libsignal) is seen here, before a phone is. WhatsApp is a WebSocket server on loopback; nothing else is called.
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";
import { test } from "node:test";
import { Account } from "../../../bridges/whatsapp/src/account.js";
import { Log } from "../../../bridges/whatsapp/src/log.js";
import { library } from "../../../bridges/whatsapp/src/main.js";
import { Vault } from "../../../bridges/whatsapp/src/vault.js";

const require = createRequire(new URL("../../../bridges/whatsapp/src/main.js", import.meta.url));
const { WebSocketServer } = require("ws");
const held = {
  tenant_id: "0190aaaa-0000-7000-8000-000000000001",
  session_id: "0190aaaa-0000-7000-8000-000000000002",
  address: "+491700000001",
  cursor: {},
};
/** What an account asks of its database before a phone is paired: somebody waits for a code, nothing is kept yet. */
const db = new Proxy({ isPairingWanted: () => Promise.resolve(true), read: () => Promise.resolve([]) }, {
  get: (known, name) => known[name] ?? (() => Promise.resolve([])),
});

test("an account opens Baileys' real socket and says hello in Noise", { timeout: 120_000 }, async () => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const opened = [], lines = [];
  const here = {
    ...library,
    makeWASocket: (config) => {
      const sock = library.makeWASocket({ ...config, waWebSocketUrl: `ws://127.0.0.1:${server.address().port}/ws/chat` });
      opened.push(sock);
      return sock;
    },
  };
  const log = new Log("info", {}, (line) => lines.push(JSON.parse(line)));
  const account = new Account(held, db, new Vault(["A".repeat(43) + "="]), here, { mostBytes: 1000 }, log);
  const running = account.run();
  try {
    const [line, request] = await once(server, "connection");
    assert.equal(request.url, "/ws/chat");
    assert.equal(request.headers.origin, "https://web.whatsapp.com");
    const [bytes] = await once(line, "message");
    assert.equal(bytes.subarray(0, 2).toString(), "WA");
    assert.equal(bytes[2], 6, "the version of the protocol");
    assert.equal(bytes.readUIntBE(4, 3), bytes.length - 7, "one whole frame");
    const { clientHello } = library.proto.HandshakeMessage.decode(bytes.subarray(7));
    assert.equal(clientHello.ephemeral.length, 32, "a fresh key for this connection");
    const [sock] = opened;
    for (const name of ["sendMessage", "onWhatsApp", "logout", "end", "updateMediaMessage"]) {
      assert.equal(typeof sock[name], "function", `the bridge calls ${name}`);
    }
    assert.equal(typeof sock.signalRepository.lidMapping.getPNForLID, "function");
    // A server that hangs up ends this connection, and the account says so and comes back by itself.
    line.close();
    const [again] = await once(server, "connection", { signal: AbortSignal.timeout(60_000) });
    assert.ok(again && opened.length === 2);
    const ended = lines.find((one) => one.event === "the connection ended");
    assert.equal(ended.code, library.DisconnectReason.connectionClosed, JSON.stringify(lines));
  } finally {
    account.stop();
    await running;
    for (const line of server.clients) line.terminate();
    server.close();
  }
});
