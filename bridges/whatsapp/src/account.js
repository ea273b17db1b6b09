/** One account: connect, pair, keep what arrives, send, reconnect, and tell how it is. */

import { setTimeout as sleep } from "node:timers/promises";
import { LeaseLost } from "./db.js";
import { judge } from "./endings.js";
import { Inbox } from "./inbox.js";
import { numberOf, queueOf, readReceipt, readUserReceipt, receipt } from "./reading.js";
import { Sender } from "./sender.js";
import { BridgeState } from "./state.js";

const HEARTBEAT_MS = 30_000, SETTLE_MS = 4_000, QR_S = 60, UNPAIRED_S = 10, LOOK_MS = 1_000;

/** @typedef {{ code?: number, ending?: import("./endings.js").Ending }} End an ending of ours goes before a code */

export class Account {
  /** @type {any} the open socket */
  #sock = null;
  /** @type {Promise<unknown>} */
  #events = Promise.resolve();
  #failures = 0;
  #told = { status: "", reason: /** @type {string | null} */ (null), at: 0 };

  /**
   * @param {import("./db.js").Held} held @param {import("./db.js").Database} db
   * @param {import("./vault.js").Vault} vault @param {import("./state.js").Library} library
   * @param {{ mostBytes: number }} settings @param {import("./log.js").Log} log
   */
  constructor(held, db, vault, library, settings, log) {
    this.held = held;
    this.db = db;
    this.vault = vault;
    this.library = library;
    this.mostBytes = settings.mostBytes;
    this.log = log.with({ tenant_id: held.tenant_id, session_id: held.session_id });
    this.stopped = new AbortController();
    this.sender = new Sender(this);
  }

  /** Until stopped, or the lease is lost. */
  async run() {
    try {
      while (!this.stopped.signal.aborted) await this.#once();
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error;
      this.log.info("another process holds this account now");
    } finally {
      this.stop();
    }
  }

  stop() {
    this.stopped.abort();
    this.#hangUp();
  }

  async #once() {
    /** @type {import("./endings.js").Ending} */
    let ending;
    try {
      const state = await new BridgeState(this.db, this.held, this.vault, this.library).load();
      if (!state.paired && !(await this.#isWanted())) return;
      const end = await this.#connect(state);
      if (this.stopped.signal.aborted) return;
      if (end.code !== 515) this.#failures++;
      ending = end.ending ?? judge(end.code, this.#failures);
      if (!state.paired && end.code !== 515) {
        await this.db.showPairing(this.held, null);
        if (!end.ending) {
          ending = { ...ending, then: "again", status: null, afterS: Math.min(ending.afterS, UNPAIRED_S) };
        }
      }
      this.log.warning("the connection ended", { code: end.code, failures: this.#failures, reason: ending.reason });
    } catch (error) {
      if (error instanceof LeaseLost || this.stopped.signal.aborted) throw error;
      this.log.error("the account cannot be served", { reason: String(error).slice(0, 300) });
      ending = { ...judge(undefined, ++this.#failures), reason: "the database or the bridge has trouble: see its log" };
    }
    if (ending.then === "forget") await this.#insist(() => this.db.logOut(this.held));
    if (ending.status) await this.tell(ending.status, ending.reason);
    await this.#pause(ending.afterS * 1000 * (0.75 + Math.random() / 4), ending);
  }

  /** Wait, and let the account's state be known to be looked after. @param {number} ms @param {import("./endings.js").Ending} ending */
  async #pause(ms, ending) {
    const until = Date.now() + ms;
    while (!this.stopped.signal.aborted && Date.now() < until) {
      await this.#rest(Math.min(until - Date.now(), HEARTBEAT_MS));
      if (ending.status) await this.tell(ending.status, ending.reason);
    }
  }

  /** Whether somebody waits to pair a phone; looks once. */
  async #isWanted() {
    const wanted = await this.db.isPairingWanted(this.held);
    if (!wanted) await this.#rest(LOOK_MS);
    return wanted;
  }

  /** @param {number} ms */
  async #rest(ms) {
    await sleep(ms, undefined, { signal: this.stopped.signal }).catch(() => {});
  }

  /** One connection, from its beginning to its end. @param {BridgeState} state @returns {Promise<End>} */
  async #connect(state) {
    const inbox = new Inbox(state, this.mostBytes, {
      download: (message) => this.library.downloadMediaMessage(message, "stream", {}, this.#mediaContext()),
      phoneOf: async (lid) => (await this.#sock?.signalRepository?.lidMapping?.getPNForLID(lid)) ?? null,
    }, this.log);
    /** @type {WeakMap<Uint8Array, any>} the stanza each ciphertext came in */
    const stanzas = new WeakMap();
    /** @type {(end: End) => void} */
    let over = () => {};
    /** @type {Promise<End>} */
    const ended = new Promise((resolve) => over = resolve);
    const sock = this.#sock = this.library.makeWASocket(this.#config(state, inbox, stanzas));
    sock.ws.prependListener("CB:message", (/** @type {any} */ node) => {
      for (const part of Array.isArray(node.content) ? node.content : []) {
        if (part.content instanceof Uint8Array) stanzas.set(part.content, node);
      }
    });
    sock.ws.on("CB:ack,class:message", (/** @type {any} */ node) => this.#acknowledged(node.attrs));
    sock.ev.process((/** @type {any} */ events) => {
      const turn = this.#events.then(() => this.#handle(events, state, inbox, over));
      this.#events = turn.catch((error) => {
        if (!(error instanceof LeaseLost)) {
          this.log.error("events were not handled", { reason: String(error).slice(0, 300) });
        }
        over({ code: undefined });
      });
    });
    const draining = inbox.run().catch((error) => {
      over({ code: undefined });
      if (!(error instanceof LeaseLost)) this.log.error("the inbox stopped", { reason: String(error).slice(0, 300) });
    });
    const beating = setInterval(() => void this.#beat(inbox), HEARTBEAT_MS);
    this.stopped.signal.addEventListener("abort", () => over({ code: undefined }), { once: true });
    try {
      return await ended;
    } finally {
      clearInterval(beating);
      this.sender.close();
      this.#hangUp();
      await this.#events;
      inbox.stop();
      await draining;
    }
  }

  /** @param {BridgeState} state @param {Inbox} inbox @param {WeakMap<Uint8Array, any>} stanzas */
  #config(state, inbox, stanzas) {
    const { library } = this;
    return {
      auth: { creds: state.creds, keys: state.keys },
      logger: this.log.forLibrary(),
      markOnlineOnConnect: false, // else the phone itself would no longer ring
      emitOwnEvents: false,
      syncFullHistory: false,
      shouldIgnoreJid: (/** @type {string} */ jid) => /@(g\.us|broadcast|newsletter)$/.test(jid ?? ""),
      getMessage: async (/** @type {any} */ key) => {
        const queue = queueOf(key.id);
        const body = queue && await this.db.sentText(this.held, queue);
        return body ? { conversation: body } : undefined;
      },
      makeSignalRepository: (/** @type {any} */ auth, /** @type {any} */ logger, /** @type {any} */ pnToLid) => {
        const inner = library.makeSignalRepository(auth, logger, pnToLid);
        const decrypt = inner.decryptMessage.bind(inner), encrypt = inner.encryptMessage.bind(inner);
        inner.decryptMessage = async (/** @type {any} */ given) => {
          /** @type {{ digest: string, ciphertext: string }[]} */
          let rows = [];
          const plain = await state.decrypting(
            () => decrypt(given),
            (text) => rows = this.#decrypted(state, inbox, stanzas.get(given.ciphertext), text),
          );
          if (rows.length) inbox.added(rows);
          return plain;
        };
        inner.encryptMessage = (/** @type {any} */ given) => {
          this.sender.encrypted = true;
          return encrypt(given);
        };
        return inner;
      },
    };
  }

  /** The inbox row of a message that was just decrypted. @param {BridgeState} state @param {Inbox} inbox @param {any} node @param {Uint8Array} plain */
  #decrypted(state, inbox, node, plain) {
    if (!node) return [];
    try {
      const { decodeMessageNode, proto, unpadRandomMax16 } = this.library;
      const { fullMessage } = decodeMessageNode(node, state.creds.me?.id ?? "", state.creds.me?.lid ?? "");
      return inbox.rows({ ...fullMessage, message: proto.Message.decode(unpadRandomMax16(plain)) });
    } catch (error) {
      this.log.warning("a message is kept only once the library told of it", { reason: String(error).slice(0, 200) });
      return [];
    }
  }

  /** @param {any} events @param {BridgeState} state @param {Inbox} inbox @param {(end: End) => void} over */
  async #handle(events, state, inbox, over) {
    if (events["creds.update"]) {
      Object.assign(state.creds, events["creds.update"]);
      await this.#insist(() => state.saveCreds());
    }
    const history = events["messaging-history.set"], upsert = events["messages.upsert"];
    if (history) await this.#insist(() => inbox.add(history.messages ?? [], true));
    if (upsert) await this.#insist(() => inbox.add(upsert.messages ?? []));
    const receipts = [
      ...(events["messages.update"] ?? []).map((/** @type {any} */ one) => readReceipt(this.held.session_id, one)),
      ...(events["message-receipt.update"] ?? []).map((/** @type {any} */ one) =>
        readUserReceipt(this.held.session_id, one)
      ),
    ].filter(Boolean);
    if (receipts.length) await this.#insist(() => this.db.store(this.held, [], receipts));
    if (events["connection.update"]) await this.#connection(events["connection.update"], state, over);
  }

  /** @param {any} update @param {BridgeState} state @param {(end: End) => void} over */
  async #connection(update, state, over) {
    if (update.qr && !state.paired) {
      if (!(await this.db.isPairingWanted(this.held))) {
        return over({ ending: { then: "again", afterS: 0, status: null, reason: "nobody waits for a code" } });
      }
      await this.db.showPairing(this.held, this.vault.seal(update.qr), QR_S);
    }
    if (update.connection === "open") await this.#opened(state, over);
    if (update.connection === "close") over({ code: update.lastDisconnect?.error?.output?.statusCode });
  }

  /** @param {BridgeState} state @param {(end: End) => void} over */
  async #opened(state, over) {
    await this.db.showPairing(this.held, null);
    const number = numberOf(state.creds.me?.id);
    const wrong = number !== this.held.address
      ? `the phone that was paired is ${number}, the account is ${this.held.address}`
      : (await this.db.prove(this.held))
      ? null
      : `another account has proved that ${number} is its own`;
    if (wrong) {
      await this.#sock?.logout?.("wrong number").catch(() => {});
      return over({ ending: { then: "forget", afterS: 0, status: "disconnected", reason: wrong } });
    }
    this.sender.open(this.#sock);
    const sock = this.#sock;
    // Who is thrown out again at once was not well.
    setTimeout(() => {
      if (this.#sock === sock) this.#failures = 0;
    }, SETTLE_MS).unref();
    await this.tell("connected", null);
    this.log.info("connected");
  }

  /** WhatsApp has the message (or refuses it), whoever still waits to hear so. @param {Record<string, string>} attrs */
  #acknowledged({ id, from, error }) {
    this.sender.acknowledged(id, error);
    const event = receipt(this.held.session_id, id, error ? "failed" : "sent", 0, from, error);
    if (event) {
      this.#events = this.#events.then(() => this.#insist(() => this.db.store(this.held, [], [event]))).catch(() => {});
    }
  }

  /** Try until the database has done it: what is given up here is lost. Throws LeaseLost. @template T @param {() => Promise<T>} work */
  async #insist(work) {
    for (let pause = 100;; pause = Math.min(pause * 2, 5_000)) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof LeaseLost || this.stopped.signal.aborted) throw error;
        this.log.warning("the database does not answer, trying again", { reason: String(error).slice(0, 200) });
        await this.#rest(pause);
      }
    }
  }

  /** @param {Inbox} inbox */
  async #beat(inbox) {
    const { status, reason } = this.#told;
    if (!status || !this.sender.isOpen) return;
    const received = inbox.received;
    inbox.received = false;
    await this.db.beat(this.held, status, reason, received).catch(() => {});
  }

  /** The state as an admin sees it: told when it changed, and now and then that it has not. @param {string} status @param {string | null} reason */
  async tell(status, reason) {
    const same = this.#told.status === status && this.#told.reason === reason;
    if (same && Date.now() - this.#told.at < HEARTBEAT_MS / 2) return;
    this.#told = { status, reason, at: Date.now() };
    await this.db.beat(this.held, status, reason, false).catch((error) =>
      this.log.warning("the state was not told", { reason: String(error).slice(0, 200) })
    );
  }

  #mediaContext() {
    return {
      logger: this.log.forLibrary(),
      reuploadRequest: (/** @type {any} */ m) => this.#sock.updateMediaMessage(m),
    };
  }

  #hangUp() {
    const sock = this.#sock;
    this.#sock = null;
    try {
      sock?.end?.(undefined);
    } catch { /* it is gone already */ }
  }
}
