/** Seals and opens values like `app/secrets.py`: Fernet, the first key seals, every key opens. */

import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { SetupError } from "./settings.js";

const VERSION = 0x80;

export class Vault {
  /** @param {string[]} keys */
  constructor(keys) {
    this.keys = keys.map((key) => Buffer.from(key, "base64url"));
    if (!keys.length || this.keys.some((key) => key.length !== 32)) {
      throw new SetupError("PARLEY_SECRETS_KEYS is not a list of Fernet keys", "see .env.example");
    }
  }

  /** @param {string} text @returns {string} base64 of the token, as the database's functions take it */
  seal(text) {
    const [key] = this.keys, iv = randomBytes(16), head = Buffer.alloc(9);
    head[0] = VERSION;
    head.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000)), 1);
    const cipher = createCipheriv("aes-128-cbc", key.subarray(16), iv);
    const signed = Buffer.concat([head, iv, cipher.update(text, "utf8"), cipher.final()]);
    const token = Buffer.concat([signed, mac(key, signed)]).toString("base64url");
    // Python's Fernet pads its tokens, and expects it.
    return Buffer.from(token + "=".repeat((4 - token.length % 4) % 4)).toString("base64");
  }

  /** @param {string} sealed base64 of a token @returns {{ text: string, current: boolean }} current: by the newest key */
  open(sealed) {
    const token = Buffer.from(Buffer.from(sealed, "base64").toString("latin1"), "base64url");
    if (token.length >= 73 && token[0] === VERSION) {
      const signed = token.subarray(0, -32);
      for (const [place, key] of this.keys.entries()) {
        if (!timingSafeEqual(mac(key, signed), token.subarray(-32))) continue;
        const decipher = createDecipheriv("aes-128-cbc", key.subarray(16), token.subarray(9, 25));
        const text = Buffer.concat([decipher.update(token.subarray(25, -32)), decipher.final()]).toString("utf8");
        return { text, current: place === 0 };
      }
    }
    throw new SetupError(
      "a value was sealed with a key that is not in PARLEY_SECRETS_KEYS",
      "add the old key at the end",
    );
  }

  /** What the outbound worker shows to be let in; one for each key, so that keys can rotate. */
  tokens() {
    return this.keys.map((key) => createHmac("sha256", key).update("parley whatsapp bridge").digest("hex"));
  }
}

/** @param {Buffer} key @param {Buffer} data */
const mac = (key, data) => createHmac("sha256", key.subarray(0, 16)).update(data).digest();

/** A name that says nothing: SHA-256 as hex. @param {...string} parts */
export const digest = (...parts) => createHash("sha256").update(parts.join("\0")).digest("hex");
