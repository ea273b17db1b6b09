/** Telegram: the secret token we gave with setWebhook comes back in a header. */

import { equal } from "../_shared/crypto.ts";
import { malformed, parseObject } from "../_shared/http.ts";
import { webhook } from "../_shared/webhook.ts";

export const handler = webhook({
  name: "telegram-webhook",
  channel: "telegram",
  secrets: ["webhook_secret"],
  async verify({ request, account }) {
    const given = request.headers.get("x-telegram-bot-api-secret-token");
    return await equal(given, account.secrets.webhook_secret) ? null : "signature";
  },
  identify({ body }) {
    const update = parseObject(body).update_id;
    if (!Number.isSafeInteger(update)) throw malformed("An update has an update_id.");
    return { id: String(update) };
  },
});
