/** Twilio: HMAC over the address it was given and the sorted fields. Messages and status callbacks alike. */

import { equal, hmac, toBase64, utf8 } from "../_shared/crypto.ts";
import { malformed, UUID } from "../_shared/http.ts";
import { publicUrls } from "../_shared/settings.ts";
import { type Call, webhook } from "../_shared/webhook.ts";

const NAME = "sms-webhook";

function fields(body: Uint8Array): URLSearchParams {
  return new URLSearchParams(new TextDecoder().decode(body));
}

/** The addresses Twilio may have been given: every place we are known at, with the path and query of this call. */
function addresses({ request }: Call): string[] {
  const here = new URL(request.url);
  const path = here.pathname.slice(here.pathname.lastIndexOf(`/${NAME}/`));
  return publicUrls(request).map((base) => `${base}/functions/v1${path}${here.search}`);
}

export const handler = webhook({
  name: NAME,
  channel: "sms",
  secrets: ["auth_token"],
  async verify(call) {
    const given = call.request.headers.get("x-twilio-signature");
    const pairs = [...new Set([...fields(call.body)].map(([name, value]) => JSON.stringify([name, value])))]
      .map((pair) => JSON.parse(pair) as [string, string])
      .sort((a, b) => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]) ? -1 : 1)
      .map(([name, value]) => name + value).join("");
    const key = utf8(call.account.secrets.auth_token ?? "");
    let fits = false;
    for (const address of addresses(call)) {
      fits = await equal(given, toBase64(await hmac("SHA-1", key, utf8(address + pairs)))) || fits;
    }
    return fits ? null : "signature";
  },
  identify({ request, body }) {
    const said = fields(body);
    const sid = said.get("MessageSid") ?? said.get("SmsSid") ?? "";
    const status = said.get("MessageStatus") ?? said.get("SmsStatus") ?? "received";
    if (!/^[A-Za-z0-9]{10,64}$/.test(sid) || !/^[a-z_-]{1,40}$/.test(status)) {
      throw malformed("A call has a MessageSid.");
    }
    // Status callbacks repeat the queue id we put into their address; it is signed with the rest of it.
    const queueId = new URL(request.url).searchParams.get("q") ?? "";
    const headers: Record<string, string> = UUID.test(queueId) ? { "queue-id": queueId } : {};
    return { id: `${sid}:${status}`, headers };
  },
  answer: () =>
    new Response("<Response></Response>", { headers: { "content-type": "text/xml", "cache-control": "no-store" } }),
});
