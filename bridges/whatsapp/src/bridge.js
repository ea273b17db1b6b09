/** Every account of provider `baileys` that this process could claim, each under a lease. */

import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { Account } from "./account.js";
import { Database } from "./db.js";
import { serve } from "./http.js";
import { Log } from "./log.js";
import { Vault } from "./vault.js";

const LOOK_MS = 2_000, SHARE = 16, GRACE_MS = 8_000;

export class Bridge {
  /** @type {Map<string, Account>} by session */
  accounts = new Map();
  /** @type {Set<Promise<void>>} */
  #running = new Set();

  /** @param {import("./settings.js").Settings} settings @param {import("./state.js").Library} library */
  constructor(settings, library) {
    this.settings = settings;
    this.library = library;
    this.log = new Log(settings.logLevel);
    this.vault = new Vault(settings.keys);
    this.db = new Database(settings.databaseUrl, settings.connections);
    this.name = `receive-baileys:${hostname()}:${process.pid}`;
    this.stopped = new AbortController();
  }

  /** Until stopped. A database that goes away is waited for. */
  async run() {
    const server = await serve(this.settings.port, this.vault.tokens(), () => this.accounts);
    this.log.info("bridge started", { port: this.settings.port });
    const renewing = this.#renew();
    while (!this.stopped.signal.aborted) {
      await this.#claim().catch((error) =>
        this.log.warning("no accounts can be claimed", { reason: String(error).slice(0, 200) })
      );
      await this.#rest(LOOK_MS * (0.5 + Math.random()));
    }
    server.close();
    for (const account of this.accounts.values()) account.stop();
    await Promise.race([Promise.allSettled(this.#running), sleep(GRACE_MS)]);
    await renewing;
    await this.db.close();
    this.log.info("bridge stopped");
  }

  stop() {
    this.stopped.abort();
  }

  async #claim() {
    for (const held of await this.db.claim(this.name, SHARE)) {
      const account = new Account(held, this.db, this.vault, this.library, this.settings, this.log);
      this.accounts.get(held.session_id)?.stop();
      this.accounts.set(held.session_id, account);
      const running = this.#serve(account).finally(() => this.#running.delete(running));
      this.#running.add(running);
    }
  }

  /** @param {Account} account */
  async #serve(account) {
    const { held } = account;
    try {
      await account.run();
    } catch (error) {
      account.log.error("serving an account failed: this is a bug of ours", { reason: String(error).slice(0, 300) });
    } finally {
      if (this.accounts.get(held.session_id) === account) this.accounts.delete(held.session_id);
      await this.db.release(held).catch(() => {});
    }
  }

  async #renew() {
    while (!this.stopped.signal.aborted) {
      let lease = 60;
      try {
        lease = await this.db.leaseSeconds();
        for (const account of [...this.accounts.values()]) {
          if (!(await this.db.renew(account.held))) account.stop();
        }
      } catch (error) {
        this.log.warning("leases were not renewed", { reason: String(error).slice(0, 200) });
      }
      await this.#rest(Math.min(lease, 60) * 250);
    }
  }

  /** @param {number} ms */
  async #rest(ms) {
    await sleep(ms, undefined, { signal: this.stopped.signal }).catch(() => {});
  }
}
