/** Where the outbound worker reaches the bridge: 127.0.0.1 only, and with a token only. */

import { timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { digest } from "./vault.js";

const MOST_BYTES = 32 * 1024 * 1024;

/**
 * POST /send with {session_id, id, to, body, …} answers an outcome; GET /health says how many accounts are open.
 * @param {number} port @param {string[]} tokens @param {() => Map<string, import("./account.js").Account>} accounts
 */
export async function serve(port, tokens, accounts) {
  const server = createServer(async (request, response) => {
    const answer = (/** @type {number} */ status, /** @type {object} */ body) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    try {
      if (request.method === "GET" && request.url === "/health") {
        const all = [...accounts().values()];
        return answer(200, { accounts: all.length, connected: all.filter((one) => one.sender.isOpen).length });
      }
      if (!isLetIn(request.headers.authorization ?? "", tokens)) return answer(401, { code: "not_authenticated" });
      if (request.method !== "POST" || request.url !== "/send") return answer(404, { code: "not_found" });
      const given = await read(request);
      if (!given) return answer(400, { code: "malformed" });
      const account = accounts().get(given.session_id);
      if (!account) {
        return answer(200, { kind: "retry", code: "not_connected", error: "this bridge does not hold the account" });
      }
      answer(200, await account.sender.send(given));
    } catch {
      answer(500, { code: "internal" });
    }
  });
  server.requestTimeout = 60_000;
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(undefined));
  });
  return server;
}

/** @param {string} header @param {string[]} tokens */
function isLetIn(header, tokens) {
  const given = Buffer.from(digest(header));
  return tokens.map((token) => timingSafeEqual(given, Buffer.from(digest(`Bearer ${token}`)))).includes(true);
}

/** @param {import("node:http").IncomingMessage} request @returns {Promise<any>} null: no message to send */
async function read(request) {
  const pieces = [];
  let size = 0;
  for await (const piece of request) {
    size += piece.length;
    if (size > MOST_BYTES) return null;
    pieces.push(piece);
  }
  try {
    const given = JSON.parse(Buffer.concat(pieces).toString("utf8"));
    const whole = typeof given.session_id === "string" && /^[0-9A-F]{32}$/.test(given.id) &&
      /^\+[1-9][0-9]{6,14}$/.test(given.to) && typeof given.body === "string";
    return whole ? given : null;
  } catch {
    return null;
  }
}
