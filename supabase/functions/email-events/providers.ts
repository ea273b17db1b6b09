/** How each mail provider proves that a call is its own, and which event it is. */

import { concat, equal, fromBase64, hmac, sha256, toBase64, toHex, utf8 } from "../_shared/crypto.ts";
import { malformed, parseJson, parseObject } from "../_shared/http.ts";
import type { Call, Event, Reason } from "../_shared/webhook.ts";
import { confirm, isSigned, type Message } from "./sns.ts";

export interface Provider {
  verify(call: Call): Promise<Reason | null>;
  identify(call: Call): Promise<Event> | Event;
  afterwards?(call: Call): Promise<void>;
}

const TOLERANCE_S = 300;
const ID = /^[\w.:@/+=-]{1,200}$/;
const digest = async (body: Uint8Array<ArrayBuffer>) => `sha256:${toHex(await sha256(body))}`;

function batch({ body }: Call): unknown[] {
  const events = parseJson(body);
  if (!Array.isArray(events)) throw malformed("A batch of events is expected.");
  return events;
}

/** Standard Webhooks, as Svix sends them for Resend: id.timestamp.body, several signatures, five minutes. */
const resend: Provider = {
  async verify({ request, body, account }) {
    const header = (name: string) =>
      request.headers.get(`svix-${name}`) ?? request.headers.get(`webhook-${name}`) ?? "";
    const [id, at] = [header("id"), header("timestamp")];
    const key = fromBase64((account.secrets.webhook_secret ?? "").replace(/^whsec_/, "")) ?? new Uint8Array();
    const expected = `v1,${toBase64(await hmac("SHA-256", key, concat(utf8(`${id}.${at}.`), body)))}`;
    let fits = false;
    for (const given of header("signature").split(" ").slice(0, 10)) fits = await equal(given, expected) || fits;
    if (!fits) return "signature";
    return Math.abs(Date.now() / 1000 - Number(at || NaN)) <= TOLERANCE_S ? null : "stale";
  },
  identify({ request, body }) {
    const id = request.headers.get("svix-id") ?? request.headers.get("webhook-id") ?? "";
    if (!ID.test(id) || typeof parseObject(body).type !== "string") throw malformed("An event has an id and a type.");
    return { id };
  },
};

/** Amazon SES over SNS. A subscription to the expected topic is confirmed once it was kept. */
const ses: Provider = {
  async verify({ body, account }) {
    return await isSigned(snsMessage(body), String(account.settings.topic_arn ?? "")) ? null : "signature";
  },
  identify({ body }) {
    const message = snsMessage(body);
    if (typeof message.MessageId !== "string" || !ID.test(message.MessageId)) {
      throw malformed("A message has a MessageId.");
    }
    return { id: message.MessageId };
  },
  async afterwards({ body }) {
    const message = snsMessage(body);
    if (message.Type === "SubscriptionConfirmation") await confirm(message);
  },
};

function snsMessage(body: Uint8Array): Message {
  try {
    return parseObject(body);
  } catch {
    return {};
  }
}

/** SendGrid's signed event webhook: ECDSA over timestamp and body. Its retries may be hours old: repeats are kept once. */
const sendgrid: Provider = {
  async verify({ request, body, account }) {
    const header = (name: string) => request.headers.get(`x-twilio-email-event-webhook-${name}`) ?? "";
    const spki = fromBase64(String(account.settings.public_key ?? ""));
    const signature = rawSignature(fromBase64(header("signature")));
    if (!spki?.length || !signature) return "signature";
    try {
      const key = await crypto.subtle.importKey("spki", spki, { name: "ECDSA", namedCurve: "P-256" }, false, [
        "verify",
      ]);
      const signed = concat(utf8(header("timestamp")), body);
      return await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, signed)
        ? null
        : "signature";
    } catch {
      return "signature";
    }
  },
  async identify(call) {
    batch(call);
    return { id: await digest(call.body) };
  },
};

/** r and s, 32 bytes each, from the DER form; null for anything else. */
function rawSignature(der: Uint8Array | null): Uint8Array<ArrayBuffer> | null {
  if (!der || der[0] !== 0x30 || der[1] !== der.length - 2) return null;
  const halves: Uint8Array[] = [];
  for (let at = 2; at < der.length;) {
    const length = der[at + 1] ?? 0;
    const number = der.subarray(at + 2, at + 2 + length);
    if (der[at] !== 0x02 || length === 0 || number.length !== length) return null;
    const plain = number.subarray(number.findIndex((byte, i) => byte !== 0 || i === length - 1));
    if (plain.length > 32) return null;
    halves.push(concat(new Uint8Array(32 - plain.length), plain));
    at += 2 + length;
  }
  return halves.length === 2 ? concat(...halves) : null;
}

/** SparkPost signs nothing: basic authentication, or the token of a custom header. */
const sparkpost: Provider = {
  async verify({ request, account }) {
    const secret = account.secrets.webhook_secret;
    const basic = /^Basic ([A-Za-z0-9+/=]+)$/.exec(request.headers.get("authorization") ?? "");
    const login = basic && fromBase64(basic[1]!);
    const byLogin = await equal(login ? new TextDecoder().decode(login) : null, secret);
    const byToken = await equal(request.headers.get("x-messagesystems-webhook-token"), secret);
    return byLogin || byToken ? null : "signature";
  },
  async identify(call) {
    batch(call);
    const id = call.request.headers.get("x-messagesystems-batch-id") ?? "";
    return { id: ID.test(id) ? `batch:${id}` : await digest(call.body) };
  },
};

/** By provider of the account, or by `kind` where that is plain SMTP. */
export const PROVIDERS = new Map<string, Provider>(Object.entries({ resend, ses, sendgrid, sparkpost }));
