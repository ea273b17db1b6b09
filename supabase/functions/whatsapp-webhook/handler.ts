/** WhatsApp Cloud API: HMAC over the raw bytes with the app's secret; GET asks whether the address is ours. */

import { equal, hmac, sha256, toHex, utf8 } from "../_shared/crypto.ts";
import { malformed, parseObject } from "../_shared/http.ts";
import { webhook } from "../_shared/webhook.ts";

export const handler = webhook({
  name: "whatsapp-webhook",
  channel: "whatsapp",
  secrets: ["app_secret", "verify_token"],
  async verify({ request, body, account }) {
    const mac = toHex(await hmac("SHA-256", utf8(account.secrets.app_secret ?? ""), body));
    return await equal(request.headers.get("x-hub-signature-256"), `sha256=${mac}`) ? null : "signature";
  },
  async identify({ body }) {
    if (!Array.isArray(parseObject(body).entry)) throw malformed("A call has entries.");
    // A batch has no id of its own; a repeated one has the same bytes.
    return { id: `sha256:${toHex(await sha256(body))}` };
  },
  async challenge(request, account) {
    const asked = new URL(request.url).searchParams;
    const fits = await equal(asked.get("hub.verify_token"), account.secrets.verify_token);
    const challenge = asked.get("hub.challenge") ?? "";
    if (!fits || asked.get("hub.mode") !== "subscribe" || !/^[\w.-]{1,200}$/.test(challenge)) return null;
    return new Response(challenge, { headers: { "content-type": "text/plain", "x-content-type-options": "nosniff" } });
  },
});
