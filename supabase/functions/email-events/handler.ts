/** What became of mails: deliveries, bounces, complaints, as the provider of the account tells them. */

import { malformed } from "../_shared/http.ts";
import { type Call, webhook } from "../_shared/webhook.ts";
import { type Provider, PROVIDERS } from "./providers.ts";

/** An account that sends through a provider's relay is one of plain SMTP: its config says whose calls these are. */
const provider = ({ account }: Call): Provider | undefined =>
  PROVIDERS.get(account.provider === "smtp" ? String(account.settings.kind ?? "") : account.provider);

export const handler = webhook({
  name: "email-events",
  channel: "email",
  secrets: ["webhook_secret"],
  provider: "resend",
  async verify(call) {
    const known = provider(call);
    return known ? await known.verify(call) : "signature";
  },
  identify(call) {
    const known = provider(call);
    if (!known) throw malformed("This provider pushes nothing.");
    return known.identify(call);
  },
  async afterwards(call) {
    await provider(call)?.afterwards?.(call);
  },
});
