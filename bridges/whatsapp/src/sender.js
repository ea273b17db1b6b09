/** The way out of one account. What may have been sent is never sent again; what certainly was not, may be. */

const ACK_MS = 15_000, REMEMBERED = 2000;

/**
 * @typedef {object} Sending
 * @property {string} id the message id, chosen by us
 * @property {string} to E.164
 * @property {string} body
 * @property {{ filename: string, content_type: string, data: string } | null} [file] data in base64
 * @property {string | null} [quoted] the id of the message this one answers
 * @property {boolean} [check] ask first whether the number is on WhatsApp
 *
 * @typedef {object} Outcome
 * @property {"accepted" | "rejected" | "retry" | "unknown"} kind retry: certainly nothing was sent
 * @property {string} [code]
 * @property {string} [error]
 * @property {boolean} [gone] the number is not on WhatsApp
 */

export class Sender {
  /** @type {any} */
  #sock = null;
  /** @type {Map<string, (error: string | null) => void>} */
  #waiting = new Map();
  /** @type {Map<string, Promise<Outcome>>} */
  #done = new Map();
  /** @type {Promise<unknown>} */
  #turn = Promise.resolve();
  /** Whether the message in hand went through encryption, after which it may be on its way. */
  encrypted = false;

  /** @param {{ log: import("./log.js").Log }} account */
  constructor(account) {
    this.account = account;
  }

  get isOpen() {
    return this.#sock !== null;
  }

  /** @param {any} sock */
  open(sock) {
    this.#sock = sock;
  }

  close() {
    this.#sock = null;
    for (const tell of this.#waiting.values()) tell(null);
  }

  /** @param {string} id @param {string} [error] */
  acknowledged(id, error) {
    this.#waiting.get(id)?.(error ?? "");
  }

  /** One message at a time; the same id again gets the same answer. @param {Sending} given @returns {Promise<Outcome>} */
  send(given) {
    const before = this.#done.get(given.id);
    if (before) return before;
    const turn = this.#turn.then(() => this.#send(given));
    this.#turn = turn.catch(() => {});
    this.#done.set(given.id, turn);
    turn.then((outcome) => outcome.kind === "retry" && this.#done.delete(given.id), () => this.#done.delete(given.id));
    for (const old of this.#done.keys()) {
      if (this.#done.size <= REMEMBERED) break;
      this.#done.delete(old);
    }
    return turn;
  }

  /** @param {Sending} given @returns {Promise<Outcome>} */
  async #send(given) {
    const sock = this.#sock;
    if (!sock) return { kind: "retry", code: "not_connected", error: "the account is not connected to WhatsApp" };
    const jid = `${given.to.replace(/^\+/, "")}@s.whatsapp.net`;
    if (given.check) {
      try {
        const found = await sock.onWhatsApp(jid);
        if (!found?.some((/** @type {any} */ one) => one.exists)) {
          return { kind: "rejected", code: "not_on_whatsapp", error: "this number is not on WhatsApp", gone: true };
        }
      } catch (error) {
        return { kind: "retry", code: "no_answer", error: `WhatsApp does not say whether the number exists: ${error}` };
      }
    }
    /** @type {Promise<string | null>} */
    const acknowledged = new Promise((resolve) => this.#waiting.set(given.id, resolve));
    const timer = setTimeout(() => this.#waiting.get(given.id)?.(null), ACK_MS);
    this.encrypted = false;
    try {
      const quoted = given.quoted &&
        { key: { remoteJid: jid, id: given.quoted, fromMe: false }, message: { conversation: "" } };
      await sock.sendMessage(jid, content(given), { messageId: given.id, ...(quoted ? { quoted } : {}) });
      const said = await acknowledged;
      if (said === null) {
        return { kind: "unknown", code: "no_answer", error: "WhatsApp has not said that it has the message" };
      }
      return said
        ? { kind: "rejected", code: said, error: `WhatsApp refuses the message (${said})` }
        : { kind: "accepted" };
    } catch (error) {
      const kind = this.encrypted ? "unknown" : "retry";
      return { kind, code: kind === "retry" ? "connection" : "no_answer", error: String(error).slice(0, 300) };
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(given.id);
    }
  }
}

/** What the library is given. @param {Sending} given */
function content({ body, file }) {
  if (!file) return { text: body };
  const data = Buffer.from(file.data, "base64"), mimetype = file.content_type, caption = body || undefined;
  if (/^image\/(jpeg|png|webp)$/.test(mimetype)) return { image: data, mimetype, caption };
  if (mimetype === "video/mp4") return { video: data, mimetype, caption };
  return { document: data, mimetype, fileName: file.filename, caption };
}
