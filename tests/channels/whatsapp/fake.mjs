/**
 * The bridge with another `makeWASocket`: the rest of Baileys is real (event buffer, key transactions, decoding of
 * stanzas), WhatsApp is a server on loopback that the test commands. A message is decrypted by a key that is used up
 * by it, as in Signal: who forgets either of the two has lost the message.
 */

import { EventEmitter } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { library, main } from "../../../bridges/whatsapp/src/main.js";

const { addTransactionCapability, decryptMessageNode, makeEventBuffer, proto, writeRandomPadMax16 } = library;
const port = Number(process.env.FAKE_WHATSAPP_PORT);

/** A ratchet in one number: message n is opened once, by the key at n or before. */
function makeSignalRepository(auth) {
  const lidMapping = {
    getLIDForPN: () => Promise.resolve(null),
    getPNForLID: (lid) => Promise.resolve(lid.startsWith("7777") ? "491777777777@s.whatsapp.net" : null),
    storeLIDPNMappings: () => Promise.resolve(),
  };
  return {
    lidMapping,
    migrateSession: () => Promise.resolve(),
    decryptMessage: ({ jid, ciphertext }) =>
      auth.keys.transaction(async () => {
        const { n, plain } = JSON.parse(Buffer.from(ciphertext).toString());
        const { [jid]: record } = await auth.keys.get("session", [jid]);
        if (n < (record?.next ?? 0)) throw new Error("Key used already or never filled");
        await auth.keys.set({ session: { [jid]: { next: n + 1, chain: `chain of ${jid}` } } });
        return writeRandomPadMax16(Buffer.from(plain, "base64"));
      }, jid),
    encryptMessage: ({ jid, data }) =>
      auth.keys.transaction(async () => {
        const { [jid]: record } = await auth.keys.get("sender-key", [jid]);
        await auth.keys.set({ "sender-key": { [jid]: { sent: (record?.sent ?? 0) + 1 } } });
        return { type: "msg", ciphertext: data };
      }, jid),
  };
}

function makeWASocket(config) {
  const ws = new EventEmitter(), ev = makeEventBuffer(config.logger);
  const keys = addTransactionCapability(config.auth.keys, config.logger, { maxCommitRetries: 3, delayBetweenTriesMs: 10 });
  const { creds } = config.auth;
  const signalRepository = config.makeSignalRepository({ creds, keys }, config.logger);
  const answers = new Map();
  const line = connect(port, "127.0.0.1");
  const say = (said) => new Promise((resolve) => line.write(JSON.stringify(said) + "\n", () => resolve()));
  let asked = 0, ended = false, handling = Promise.resolve();

  const ask = (question) =>
    new Promise((resolve, reject) => {
      answers.set(++asked, { resolve, reject });
      say({ ask: question, n: asked });
    });

  const close = (code) => {
    if (ended) return;
    ended = true;
    line.destroy();
    for (const { reject } of answers.values()) reject(closed(428));
    const error = code === undefined ? undefined : closed(code);
    ev.emit("connection.update", { connection: "close", lastDisconnect: { error, date: new Date() } });
  };

  /** As Baileys does: decrypt, acknowledge, and only then tell. */
  async function deliver(message) {
    const content = (message.parts ?? []).map((part) => ({
      tag: "enc", attrs: { v: "2", type: "msg" }, content: Buffer.from(JSON.stringify(part)),
    }));
    const node = { tag: "message", attrs: message.attrs, content };
    ws.emit("CB:message", node);
    const { fullMessage, decrypt } = decryptMessageNode(node, creds.me.id, creds.me.lid ?? "", signalRepository, config.logger);
    await decrypt();
    if (ended) return;
    await say(fullMessage.messageStubType ? { retry: message.attrs.id } : { ack: message.attrs.id });
    ev.emit("messages.upsert", { messages: [fullMessage], type: message.attrs.offline ? "append" : "notify" });
  }

  async function handle(order) {
    if (order.deliver) handling = handling.then(() => deliver(order.deliver)).catch(() => {});
    else if (order.emit) ev.emit(order.emit[0], order.emit[1]);
    else if (order.ack) ws.emit("CB:ack,class:message", { tag: "ack", attrs: order.ack });
    else if (order.close) close(order.close);
    else if (order.buffer) ev.buffer();
    else if (order.flush) handling = handling.then(() => ev.flush());
    else if (order.answer) {
      const { resolve, reject } = answers.get(order.n);
      order.answer.error ? reject(new Error(order.answer.error)) : resolve(order.answer.value);
    } else if (order.wants) {
      const message = await config.getMessage({ id: order.wants });
      await say({ repeated: order.wants, text: message?.conversation ?? null });
    }
  }

  line.on("connect", () => say({ hello: creds.me?.id ?? null, registration: creds.registrationId }));
  createInterface({ input: line }).on("line", (text) => void handle(JSON.parse(text)));
  line.on("error", () => {});
  line.on("close", () => close(428));

  return {
    ws, ev, signalRepository,
    user: creds.me,
    onWhatsApp: async (jid) => [{ jid, exists: await ask({ exists: jid }) }],
    sendMessage: async (jid, content, { messageId, quoted }) => {
      await signalRepository.encryptMessage({ jid, data: Buffer.from("x") });
      if (ended) throw closed(428);
      const { text, caption, fileName, image, document } = content;
      await say({ sent: { id: messageId, jid, text: text ?? caption ?? "", fileName, bytes: (image ?? document)?.length ?? 0,
        quoted: quoted?.key.id ?? null } });
      return { key: { remoteJid: jid, id: messageId, fromMe: true } };
    },
    updateMediaMessage: (message) => Promise.resolve(message),
    logout: () => say({ logout: true }),
    end: () => close(undefined),
    ask,
  };
}

const closed = (code) => Object.assign(new Error("Connection Closed"), { output: { statusCode: code } });

/** Files come from the test as well. */
async function downloadMediaMessage({ message }) {
  const url = message.documentMessage?.url ?? message.imageMessage?.url;
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return Readable.fromWeb(answer.body);
}

await main({ ...library, proto, makeWASocket, makeSignalRepository, downloadMediaMessage });
