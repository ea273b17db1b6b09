/** What needs no database: endings, reading, sealing. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "../../../bridges/whatsapp/src/endings.js";
import { library } from "../../../bridges/whatsapp/src/main.js";
import { isForUs, numberOf, queueOf, readMessage, readReceipt, readUserReceipt } from "../../../bridges/whatsapp/src/reading.js";
import { digest, Vault } from "../../../bridges/whatsapp/src/vault.js";

const { DisconnectReason } = library;
const session = "0190aaaa-0000-7000-8000-000000000000";
const kept = (id = "A1") => ({ key: { remoteJid: "491700000001@s.whatsapp.net", id }, at: 1_700_000_000, name: "Ada", message: "" });

test("every reason Baileys knows has its own ending", () => {
  for (const [name, code] of Object.entries(DisconnectReason).filter(([, code]) => typeof code === "number")) {
    const first = judge(code, 1), later = judge(code, 8);
    assert.ok(first.reason, name);
    assert.ok(later.afterS <= 3600 && later.afterS >= first.afterS, name);
  }
  assert.equal(judge(DisconnectReason.loggedOut, 1).then, "forget");
  assert.equal(judge(DisconnectReason.multideviceMismatch, 1).then, "forget");
  assert.deepEqual(judge(DisconnectReason.restartRequired, 1).afterS, 0);
  for (const code of [403, 408, 428, 440, 500, 503, undefined]) assert.equal(judge(code, 9).then, "again");
  assert.equal(judge(428, 1).status, null, "one hiccup is nobody's business");
  assert.equal(judge(428, 2).status, "degraded");
});

test("what is no message of a person to us is left out", () => {
  const text = { conversation: "hi" }, from = (remoteJid, more = {}) => ({ remoteJid, id: "A", ...more });
  assert.ok(isForUs(from("491700000001@s.whatsapp.net"), text));
  assert.ok(isForUs(from("77@lid"), text));
  for (const jid of ["1-2@g.us", "status@broadcast", "1@newsletter", "x", undefined]) assert.ok(!isForUs(from(jid), text));
  assert.ok(!isForUs(from("491700000001@s.whatsapp.net", { fromMe: true }), text));
  for (const message of [null, {}, { protocolMessage: { type: 5 } }, { reactionMessage: { text: "x" } }]) {
    assert.ok(!isForUs(from("491700000001@s.whatsapp.net"), message));
  }
});

test("numbers are read with and without a device, and nothing else is one", () => {
  assert.equal(numberOf("491700000001@s.whatsapp.net"), "+491700000001");
  assert.equal(numberOf("491700000001:12@s.whatsapp.net"), "+491700000001");
  for (const jid of ["77@lid", "0123456789@s.whatsapp.net", "12@s.whatsapp.net", "", null, undefined]) assert.equal(numberOf(jid), null);
});

test("texts, wrappers, replies, places, cards and polls become messages", () => {
  const read = (message) => readMessage(session, "+491700000001", kept(), message).events[1].message;
  assert.equal(read({ conversation: "a\0b\ud800" }).body, "ab\ufffd");
  assert.equal(read({ ephemeralMessage: { message: { extendedTextMessage: { text: "x" } } } }).body, "x");
  const reply = read({ extendedTextMessage: { text: "y", contextInfo: { stanzaId: "Q1" } } });
  assert.deepEqual(reply.reference_ids, [`${session}:491700000001:Q1`]);
  assert.match(read({ locationMessage: { degreesLatitude: 1.5, degreesLongitude: 2, name: "Here" } }).body, /^Here\n1.500000, 2.000000$/);
  assert.match(read({ contactMessage: { displayName: "Bo", vcard: "TEL;waid=1:+1 2" } }).body, /Contact: Bo \+1 2/);
  assert.match(read({ pollCreationMessage: { name: "When?", options: [{ optionName: "Now" }] } }).body, /Poll: When\?\n- Now/);
});

test("edits and revokes name the message they change", () => {
  const change = (type, rest) => readMessage(session, "+491700000001", kept(), { protocolMessage: { type, key: { id: "B2" }, ...rest } }).events[0];
  const edit = change(14, { editedMessage: { conversation: "new" }, timestampMs: 1_700_000_001_000 });
  assert.deepEqual([edit.type, edit.external_message_id, edit.body], ["edit", `${session}:491700000001:B2`, "new"]);
  assert.equal(change(0, {}).body, null);
});

test("receipts are ours only under an id of ours, and never go by another status", () => {
  const id = "0190AAAA000070008000000000000001", key = { id, fromMe: true, remoteJid: "491700000001@s.whatsapp.net" };
  assert.equal(queueOf(id), "0190aaaa-0000-7000-8000-000000000001");
  for (const other of ["3EB0123456789012345678", "0190AAAA000040008000000000000001", "", undefined]) assert.equal(queueOf(other), null);
  const kinds = [0, 1, 2, 3, 4, 5].map((status) => readReceipt(session, { key, update: { status } })?.receipt.kind);
  assert.deepEqual(kinds, ["failed", undefined, "sent", "delivered", "read", "read"]);
  assert.equal(readReceipt(session, { key: { ...key, fromMe: false }, update: { status: 4 } }), null);
  assert.equal(readUserReceipt(session, { key, receipt: { readTimestamp: 5 } }).receipt.kind, "read");
});

test("values open under any key, seal under the first, and a wrong key says so", () => {
  const [a, b] = ["A".repeat(43) + "=", "B".repeat(42) + "A="];
  const sealed = new Vault([a]).seal("grüße 🌍");
  assert.deepEqual(new Vault([b, a]).open(sealed), { text: "grüße 🌍", current: false });
  assert.equal(new Vault([a]).open(sealed).current, true);
  assert.throws(() => new Vault([b]).open(sealed), /not in PARLEY_SECRETS_KEYS/);
  const bytes = Buffer.from(Buffer.from(sealed, "base64").toString(), "base64url");
  bytes[30] ^= 1;
  assert.throws(() => new Vault([a]).open(Buffer.from(bytes.toString("base64url")).toString("base64")));
  assert.notEqual(digest("a", "bc"), digest("ab", "c"));
});
