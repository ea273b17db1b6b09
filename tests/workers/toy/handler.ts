/** Pigeons: the loft seals its letters with HMAC over the raw bytes. */

import { equal, hmac, toHex, utf8 } from "../_shared/crypto.ts";
import { malformed, parseObject } from "../_shared/http.ts";
import { webhook } from "../_shared/webhook.ts";

export const handler = webhook({
  name: "pigeon-webhook",
  channel: "pigeon",
  secrets: ["seal"],
  async verify({ request, body, account }) {
    const mac = toHex(await hmac("SHA-256", utf8(account.secrets.seal ?? ""), body));
    return await equal(request.headers.get("x-seal"), mac) ? null : "signature";
  },
  identify({ body }) {
    const { flight } = parseObject(body);
    if (typeof flight !== "string" || !flight) throw malformed("A call has a flight.");
    return { id: flight };
  },
});
