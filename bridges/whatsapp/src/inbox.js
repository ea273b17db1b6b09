/** From the sealed inbox into et_messages, in order: fetch what belongs to a message, store it, take it out. */

import { createHash } from "node:crypto";
import { LeaseLost, Refused } from "./db.js";
import { isForUs, isPersonal, numberOf, plainest, readMessage } from "./reading.js";
import { digest } from "./vault.js";

const BATCH = 50, REMEMBERED = 5000, FILE_TRIES = 6, WAIT_S = 2;
/** History of the phone from before this is not brought in: it was answered, or not, long ago. */
const MARGIN_S = 86_400;

/** @typedef {import("./reading.js").Kept} Kept */

/**
 * @typedef {object} Fetching how the open connection helps to read a message
 * @property {(message: any) => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>} download
 * @property {(lid: string) => Promise<string | null>} phoneOf the number behind a LID
 */

export class Inbox {
  /** @type {Set<string>} ids that were kept by this process: the library tells of each message twice */
  #kept = new Set();
  /** Something came while we were not asleep: look again before sleeping. */
  #news = false;
  #wake = () => {};

  /**
   * @param {import("./state.js").BridgeState} state @param {number} mostBytes
   * @param {Fetching} fetching @param {import("./log.js").Log} log
   */
  constructor(state, mostBytes, fetching, log) {
    this.state = state;
    this.mostBytes = mostBytes;
    this.fetching = fetching;
    this.log = log;
    this.stopping = false;
    this.received = false;
  }

  /** The row that keeps one message; none when there is nothing in it for us. @param {any} message with key and message */
  rows(message) {
    const { proto, jidNormalizedUser } = this.state.library;
    if (!isForUs(message.key, message.message)) return [];
    const chat = jidNormalizedUser(message.key.remoteJid);
    const { id, remoteJidAlt } = message.key;
    const kept = {
      key: { remoteJid: chat, remoteJidAlt: remoteJidAlt ?? message.key.senderPn, id },
      at: Number(message.messageTimestamp ?? 0) || Math.floor(Date.now() / 1000),
      name: message.pushName ?? undefined,
      message: Buffer.from(proto.Message.encode(message.message).finish()).toString("base64"),
    };
    return [{
      digest: digest(this.state.held.session_id, chat, id),
      ciphertext: this.state.vault.seal(JSON.stringify(kept)),
    }];
  }

  /** Called once rows are in the database. @param {{ digest: string }[]} rows */
  added(rows) {
    for (const { digest } of rows) this.#kept.add(digest);
    for (const old of this.#kept) {
      if (this.#kept.size <= REMEMBERED) break;
      this.#kept.delete(old);
    }
    this.#news = true;
    this.#wake();
  }

  /** Messages as the library tells of them, live, missed or from history. @param {any[]} messages @param {boolean} history */
  async add(messages, history = false) {
    const seen = this.state.held.cursor.seen;
    const rows = messages
      .filter((one) => !history || (seen && Number(one.messageTimestamp ?? 0) > seen - MARGIN_S))
      .flatMap((one) => this.rows(one)).filter((row) => !this.#kept.has(row.digest));
    await this.state.keep(rows);
    this.added(rows);
  }

  stop() {
    this.stopping = true;
    this.#wake();
  }

  /** Until stopped. Throws LeaseLost. */
  async run() {
    while (!this.stopping) {
      let taken = 0;
      this.#news = false;
      try {
        taken = await this.#drain();
      } catch (error) {
        if (error instanceof LeaseLost) throw error;
        this.log.warning("messages wait in the inbox", { reason: String(error).slice(0, 200) });
      }
      if (taken < BATCH && !this.#news && !this.stopping) await this.#sleep();
    }
  }

  /** @returns {Promise<void>} */
  #sleep() {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, WAIT_S * 1000);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #drain() {
    const { db, held, vault, library } = this.state;
    const waiting = await db.take(held, BATCH);
    /** @type {{ seq: string, number: string, kept: Kept, events: object[] }[]} */
    const ready = [];
    for (const { seq, ciphertext, tries } of waiting) {
      /** @type {Kept} */
      const kept = JSON.parse(vault.open(ciphertext).text);
      const number = await this.#number(kept);
      if (!number) {
        await db.putBack(held, seq, Math.min(30 * 2 ** tries, 3600), "WhatsApp has not said whose number it is");
        continue;
      }
      const message = library.proto.Message.decode(Buffer.from(kept.message, "base64"));
      const { events, media } = readMessage(held.session_id, number, kept, message);
      if (media) {
        const file = await this.#file(kept, message, media, tries);
        if (!file) {
          await db.putBack(held, seq, Math.min(5 * 4 ** tries, 900), "the file does not come");
          continue;
        }
        Object.assign(/** @type {any} */ (events[1]), { files: [file] });
      }
      ready.push({ seq, number, kept, events });
      if (media) await this.#store(ready.splice(0)); // its bytes are not held while the next ones are fetched
    }
    await this.#store(ready);
    return waiting.length;
  }

  /** @param {{ seq: string, number: string, kept: Kept, events: object[] }[]} ready */
  async #store(ready) {
    if (!ready.length) return;
    const { db, held } = this.state;
    const seen = Math.max(...ready.map((one) => one.kept.at));
    try {
      const stored = await db.store(held, ready.map((one) => one.seq), ready.flatMap((one) => one.events), seen);
      held.cursor.seen = Math.max(held.cursor.seen ?? 0, seen);
      this.received ||= stored > 0;
      this.log.info("messages stored", { new: stored, of: ready.length });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (ready.length > 1) {
        for (const one of ready) await this.#store([one]);
        return;
      }
      const [{ seq, number, kept }] = ready;
      this.log.error("the database refuses a message; keeping what it takes", { reason: error.message });
      await db.store(held, [seq], [plainest(held.session_id, number, kept)]);
    }
  }

  /** @param {Kept} kept */
  async #number({ key }) {
    const known = numberOf(key.remoteJid) ?? numberOf(key.remoteJidAlt);
    if (known || !isPersonal(key.remoteJid)) return known;
    return numberOf(await this.fetching.phoneOf(key.remoteJid));
  }

  /** The file of a message; null when it should be tried again. @param {Kept} kept @param {any} message @param {any} media @param {number} tries */
  async #file(kept, message, media, tries) {
    const tooLarge = { ...media, refused: `larger than ${this.mostBytes} bytes` };
    if (media.size_bytes > this.mostBytes) return tooLarge;
    try {
      const pieces = [];
      let size = 0;
      for await (const piece of await this.fetching.download({ key: kept.key, message })) {
        size += piece.length;
        if (size > this.mostBytes) return { ...tooLarge, size_bytes: Math.max(size, media.size_bytes) };
        pieces.push(piece);
      }
      const data = Buffer.concat(pieces);
      const sha256 = createHash("sha256").update(data).digest("hex");
      return { ...media, size_bytes: data.length, sha256, data: data.toString("base64") };
    } catch (error) {
      this.log.warning("a file does not come", { tries, reason: String(error).slice(0, 200) });
      return tries + 1 < FILE_TRIES ? null : { ...media, refused: "WhatsApp did not give the file" };
    }
  }
}
