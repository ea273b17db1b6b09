/**
 * What an account must not lose, sealed and in the database: Baileys' credentials and Signal keys, and each message
 * from the moment it was decrypted.
 *
 * A Signal key that decrypted a message is used up. So the keys' new state and the message are ONE write: `decrypting`
 * holds back what the library writes until the message is known. Only then does the library acknowledge it.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { digest } from "./vault.js";

/** @typedef {import("./db.js").SealedValue} SealedValue @typedef {import("./db.js").SealedMessage} SealedMessage */

export class BridgeState {
  /** Writes not yet in the database: what reads must see already. @type {Map<string, { text: string | null }>} */
  #ahead = new Map();
  /** @type {Promise<unknown>} */
  #writing = Promise.resolve();
  /** @type {Promise<unknown>} */
  #decrypting = Promise.resolve();
  /** @type {AsyncLocalStorage<{ open: boolean, rows: Row[] }>} */
  #holding = new AsyncLocalStorage();

  /**
   * @param {import("./db.js").Database} db
   * @param {import("./db.js").Held} held
   * @param {import("./vault.js").Vault} vault
   * @param {Library} library
   */
  constructor(db, held, vault, library) {
    this.db = db;
    this.held = held;
    this.vault = vault;
    this.library = library;
    /** @type {any} */
    this.creds = null;
    this.keys = {
      get: (/** @type {string} */ kind, /** @type {string[]} */ ids) => this.#get(kind, ids),
      set: (/** @type {Record<string, Record<string, unknown>>} */ data) => this.#set(data),
    };
  }

  /** Read the credentials, or make new ones; what an older key sealed is sealed anew. */
  async load() {
    const rows = await this.db.read(this.held);
    const outdated = [];
    for (const row of rows) {
      const { text, current } = this.vault.open(/** @type {string} */ (row.ciphertext));
      if (row.kind === "creds") this.creds = this.#revive(text);
      if (!current) outdated.push({ ...row, ciphertext: this.vault.seal(text) });
    }
    if (outdated.length) await this.db.write(this.held, outdated);
    this.creds ??= this.library.initAuthCreds();
    return this;
  }

  get paired() {
    return Boolean(this.creds.me?.id && this.creds.account);
  }

  /** Keep the credentials as they are now. */
  async saveCreds() {
    await this.#write([row(this.held, "creds", "", this.#text(this.creds))], []);
  }

  /** Keep messages that were not seen while they were decrypted. @param {SealedMessage[]} messages */
  async keep(messages) {
    if (messages.length) await this.#write([], messages);
  }

  /**
   * Decrypt, one message at a time: the keys it used up and what it says are written together.
   * @template T @param {() => Promise<T>} work @param {(plain: T) => SealedMessage[]} read @returns {Promise<T>}
   */
  decrypting(work, read) {
    const turn = this.#decrypting.then(async () => {
      const held = { open: true, rows: /** @type {Row[]} */ ([]) };
      try {
        const plain = await this.#holding.run(held, work);
        held.open = false;
        await this.#write(held.rows, read(plain));
        return plain;
      } catch (error) {
        held.open = false;
        for (const one of held.rows) this.#settle(one);
        throw error;
      }
    });
    this.#decrypting = turn.catch(() => {});
    return turn;
  }

  /** @param {string} kind @param {string[]} ids */
  async #get(kind, ids) {
    /** @type {Record<string, any>} */
    const found = {};
    const asked = new Map(ids.map((id) => [row(this.held, kind, id, null).digest, id]));
    for (const [key, id] of [...asked]) {
      const ahead = this.#ahead.get(`${kind}.${key}`);
      if (!ahead) continue;
      if (ahead.text !== null) found[id] = this.#value(kind, ahead.text);
      asked.delete(key);
    }
    if (!asked.size) return found;
    for (const one of await this.db.read(this.held, kind, [...asked.keys()])) {
      const id = /** @type {string} */ (asked.get(one.digest));
      found[id] = this.#value(kind, this.vault.open(/** @type {string} */ (one.ciphertext)).text);
    }
    return found;
  }

  /** @param {Record<string, Record<string, unknown>>} data */
  async #set(data) {
    const rows = Object.entries(data).flatMap(([kind, values]) =>
      Object.entries(values).map(([id, value]) => row(this.held, kind, id, value == null ? null : this.#text(value)))
    );
    const held = this.#holding.getStore();
    if (!held?.open) return await this.#write(rows, []);
    for (const one of rows) this.#ahead.set(one.key, one);
    held.rows.push(...rows);
  }

  /** One write after another, in the order they were asked for. @param {Row[]} rows @param {SealedMessage[]} inbox */
  async #write(rows, inbox) {
    if (!rows.length && !inbox.length) return;
    for (const one of rows) this.#ahead.set(one.key, one);
    // The last one wins: one statement must not name a row twice.
    const last = [...new Map(rows.map((one) => [one.key, one])).values()];
    const values = last.map((one) => ({
      kind: one.kind,
      digest: one.digest,
      ciphertext: one.text === null ? null : this.vault.seal(one.text),
    }));
    const turn = this.#writing.then(() => this.db.write(this.held, values, inbox));
    this.#writing = turn.catch(() => {});
    try {
      await turn;
    } finally {
      for (const one of rows) this.#settle(one);
    }
  }

  /** @param {Row} one */
  #settle(one) {
    if (this.#ahead.get(one.key) === one) this.#ahead.delete(one.key);
  }

  /** @param {unknown} value */
  #text(value) {
    return JSON.stringify(value, this.library.BufferJSON.replacer);
  }

  /** @param {string} text */
  #revive(text) {
    return JSON.parse(text, this.library.BufferJSON.reviver);
  }

  /** @param {string} kind @param {string} text */
  #value(kind, text) {
    const value = this.#revive(text);
    return kind === "app-state-sync-key" ? this.library.proto.Message.AppStateSyncKeyData.fromObject(value) : value;
  }
}

/**
 * @typedef {{ key: string, kind: string, digest: string, text: string | null }} Row
 * @typedef {any} Library what we use of Baileys; tests bring another `makeWASocket`
 */

/** @param {import("./db.js").Held} held @param {string} kind @param {string} id @param {string | null} text @returns {Row} */
function row(held, kind, id, text) {
  const name = digest(held.session_id, kind, id);
  return { key: `${kind}.${name}`, kind, digest: name, text };
}
