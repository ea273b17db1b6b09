/** The database as the bridge sees it: the functions of the channels chapter, under the worker role. */

import postgres from "postgres";

/**
 * @typedef {object} Held an account under our lease
 * @property {string} tenant_id
 * @property {string} session_id
 * @property {string} fence
 * @property {{ seen?: number }} cursor
 * @property {string} address
 * @property {Record<string, unknown>} config
 * @property {string} status
 *
 * @typedef {{ kind: string, digest: string, ciphertext: string | null }} SealedValue
 * @typedef {{ digest: string, ciphertext: string }} SealedMessage
 * @typedef {{ seq: string, ciphertext: string, tries: number }} Waiting
 */

/** Somebody else holds the account now: nothing was changed. */
export class LeaseLost extends Error {}

/** The values themselves are refused: trying again is no use. */
export class Refused extends Error {}

/** An array for Postgres. @param {readonly (string | number)[]} values hex or numbers: nothing to quote */
const list = (values) => `{${values.join(",")}}`;

export class Database {
  /** @param {string} url @param {number} connections */
  constructor(url, connections) {
    // No prepared statements: there may be a pooler that keeps none.
    this.sql = postgres(url, {
      max: connections,
      prepare: false,
      fetch_types: false,
      connect_timeout: 10,
      idle_timeout: 300,
      onnotice: () => {},
      connection: { application_name: "parley whatsapp bridge" },
    });
  }

  /** @template T @param {PromiseLike<T>} query @returns {Promise<T>} */
  async #ask(query) {
    try {
      return await query;
    } catch (error) {
      const code = /** @type {{ code?: string }} */ (error).code ?? "";
      if (code === "PT409") throw new LeaseLost();
      if (/^(22|23)/.test(code)) throw new Refused(`${code}: ${/** @type {Error} */ (error).message.slice(0, 200)}`);
      throw error;
    }
  }

  /** Accounts nobody holds. @param {string} worker @param {number} limit @returns {Promise<Held[]>} */
  async claim(worker, limit) {
    return await this.#ask(this.sql`
      select c.tenant_id::text, c.session_id::text, c.fence::text, c.cursor, c.address, c.config
      from private.claim_receivers(${worker}, 'baileys', ${limit}) as c`);
  }

  /** False: stop. @param {Held} held @returns {Promise<boolean>} */
  async renew(held) {
    const [row] = await this.#ask(this.sql`
      select private.renew_receiver(${held.tenant_id}, ${held.session_id}, ${held.fence}) as kept`);
    return row.kept;
  }

  /** The phone that was paired is this account's. False: another account proved the number. @param {Held} held */
  async prove(held) {
    const [row] = await this.#ask(this.sql`
      select private.prove_receiver(${held.tenant_id}, ${held.session_id}, ${held.fence}) as proven`);
    return /** @type {boolean} */ (row.proven);
  }

  /** @param {Held} held */
  async release(held) {
    await this.#ask(this.sql`select private.release_receiver(${held.tenant_id}, ${held.session_id}, ${held.fence})`);
  }

  /** Seconds a lease lasts. */
  async leaseSeconds() {
    const [row] = await this.#ask(this.sql`select extract(epoch from private.lease_length())::float8 as seconds`);
    return Number(row.seconds);
  }

  /** @param {Held} held @param {string} status @param {string | null} reason @param {boolean} received */
  async beat(held, status, reason, received) {
    await this.#ask(this.sql`
      select private.record_heartbeat(${held.tenant_id}, ${held.session_id}, ${status}, ${reason}, ${received})`);
  }

  /** @param {Held} held @param {SealedValue[]} values @param {SealedMessage[]} inbox */
  async write(held, values, inbox = []) {
    await this.#ask(this.sql`
      select private.write_bridge_state(${held.tenant_id}, ${held.session_id}, ${held.fence},
        ${JSON.stringify(values)}::text::jsonb, ${JSON.stringify(inbox)}::text::jsonb)`);
  }

  /** @param {Held} held @param {string | null} kind @param {string[] | null} digests @returns {Promise<SealedValue[]>} */
  async read(held, kind = null, digests = null) {
    return await this.#ask(this.sql`
      select v.kind, v.digest, v.ciphertext from private.read_bridge_values(${held.tenant_id}, ${held.session_id},
        ${held.fence}, ${kind}, ${digests && list(digests)}::text::text[]) as v`);
  }

  /** @param {Held} held */
  async logOut(held) {
    await this.#ask(this.sql`select private.log_out_bridge(${held.tenant_id}, ${held.session_id}, ${held.fence})`);
  }

  /** @param {Held} held @param {string | null} ciphertext @param {number} seconds */
  async showPairing(held, ciphertext, seconds = 60) {
    await this.#ask(this.sql`
      select private.show_pairing(${held.tenant_id}, ${held.session_id}, ${held.fence}, ${ciphertext}, ${seconds})`);
  }

  /** @param {Held} held */
  async isPairingWanted(held) {
    const [row] = await this.#ask(this.sql`
      select private.is_pairing_wanted(${held.tenant_id}, ${held.session_id}) as wanted`);
    return /** @type {boolean} */ (row.wanted);
  }

  /** @param {Held} held @param {number} limit @returns {Promise<Waiting[]>} */
  async take(held, limit) {
    return await this.#ask(this.sql`
      select i.seq::text, i.ciphertext, i.tries from private.take_bridge_inbox(${held.tenant_id}, ${held.session_id},
        ${held.fence}, ${limit}) as i`);
  }

  /** @param {Held} held @param {string} seq @param {number} seconds @param {string} error */
  async putBack(held, seq, seconds, error) {
    await this.#ask(this.sql`
      select private.put_back_bridge_inbox(${held.tenant_id}, ${held.session_id}, ${held.fence}, ${seq}, ${seconds},
        ${error})`);
  }

  /** @param {Held} held @param {string[]} done @param {object[]} events @param {number | null} seen */
  async store(held, done, events, seen = null) {
    const [row] = await this.#ask(this.sql`
      select private.store_bridge_events(${held.tenant_id}, ${held.session_id}, ${held.fence},
        ${list(done)}::text::bigint[], ${JSON.stringify(events)}::text::jsonb, ${seen}) as stored`);
    return Number(row.stored);
  }

  /** What we said under this id. @param {Held} held @param {string} queueId @returns {Promise<string | null>} */
  async sentText(held, queueId) {
    const [row] = await this.#ask(this.sql`
      select private.bridge_message(${held.tenant_id}, ${held.session_id}, ${queueId}) as body`);
    return row.body;
  }

  async close() {
    await this.sql.end({ timeout: 5 });
  }
}
