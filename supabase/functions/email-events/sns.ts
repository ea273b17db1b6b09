/** Amazon SNS: the signature is checked with a certificate that only Amazon can serve, for the one topic we expect. */

import { concat, fromBase64, utf8 } from "../_shared/crypto.ts";
import { log, unavailable } from "../_shared/http.ts";

const HOST = /^sns\.([a-z0-9-]{4,30})\.amazonaws\.com(\.cn)?$/;
const CERTIFICATE = /^\/SimpleNotificationService-[0-9a-zA-Z]{1,64}\.pem$/;
const FETCH_MS = 3_000;
const CERTIFICATE_BYTES = 32_768;
const KEPT = 50;
const keys = new Map<string, { spki: Uint8Array<ArrayBuffer>; until: number } | null>();
/** What is being fetched: calls that come together ask Amazon once, or the first flood would time out on itself. */
const coming = new Map<string, Promise<Uint8Array<ArrayBuffer> | null>>();

export type Message = Record<string, unknown>;
const text = (message: Message, name: string): string =>
  typeof message[name] === "string" ? message[name] as string : "";

/** The certificate's address, when it is one of Amazon's in the region of the topic. */
function certificateUrl(message: Message): URL | null {
  let url: URL;
  try {
    url = new URL(text(message, "SigningCertURL"));
  } catch {
    return null;
  }
  const region = HOST.exec(url.hostname)?.[1];
  const plain = url.protocol === "https:" && url.port === "" && url.username === "" && url.search === "";
  return plain && CERTIFICATE.test(url.pathname) && region === text(message, "TopicArn").split(":")[3] ? url : null;
}

/** What Amazon signs: the names and values of these fields, a line each. */
function signedText(message: Message): string {
  const names = text(message, "Type") === "Notification"
    ? ["Message", "MessageId", ...(message.Subject ? ["Subject"] : []), "Timestamp", "TopicArn", "Type"]
    : ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
  return names.map((name) => `${name}\n${text(message, name)}\n`).join("");
}

/** Whether Amazon signed this message for `topic`. Throws 503 when its certificate cannot be had. */
export async function isSigned(message: Message, topic: string): Promise<boolean> {
  const url = certificateUrl(message);
  const signature = fromBase64(text(message, "Signature"));
  const hash = { "1": "SHA-1", "2": "SHA-256" }[text(message, "SignatureVersion")];
  if (!topic || text(message, "TopicArn") !== topic || !url || !signature || !hash) return false;
  const spki = await publicKey(url);
  if (!spki) return false;
  try {
    const algorithm = { name: "RSASSA-PKCS1-v1_5", hash };
    const key = await crypto.subtle.importKey("spki", spki, algorithm, false, ["verify"]);
    return await crypto.subtle.verify(algorithm, key, signature, utf8(signedText(message)));
  } catch {
    return false;
  }
}

async function publicKey(url: URL): Promise<Uint8Array<ArrayBuffer> | null> {
  const known = keys.get(url.href);
  if (known === null || (known && known.until > Date.now())) return known && known.spki;
  const asked = coming.get(url.href) ?? fetchKey(url).finally(() => coming.delete(url.href));
  coming.set(url.href, asked);
  return await asked;
}

async function fetchKey(url: URL): Promise<Uint8Array<ArrayBuffer> | null> {
  const pem = await download(url);
  const found = pem === null ? null : readCertificate(pem);
  const fresh = found && found.until > Date.now() && found.from <= Date.now() + 60_000 ? found : null;
  if (keys.size >= KEPT) keys.clear();
  keys.set(url.href, fresh);
  return fresh && fresh.spki;
}

/** The text at `url`, null when there is none; redirects are not followed. Throws 503 when nobody answers. */
async function download(url: URL): Promise<string | null> {
  try {
    const answer = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(FETCH_MS) });
    const body = await answer.arrayBuffer();
    return answer.ok && body.byteLength <= CERTIFICATE_BYTES ? new TextDecoder().decode(body) : null;
  } catch {
    log("the signing certificate cannot be had", { host: url.hostname });
    throw unavailable();
  }
}

/** Tells Amazon that the subscription is wanted: the address is made of signed fields, not the one that came along. */
export async function confirm(message: Message): Promise<void> {
  const url = new URL(`https://${new URL(text(message, "SigningCertURL")).hostname}/`);
  url.search = new URLSearchParams({
    Action: "ConfirmSubscription",
    TopicArn: text(message, "TopicArn"),
    Token: text(message, "Token"),
  }).toString();
  const body = await download(url);
  log("subscription", { topic: text(message, "TopicArn"), confirmed: body !== null });
  if (body === null) throw unavailable();
}

// ── the public key of a certificate: DER, read by hand, since WebCrypto knows keys and no certificates ────────────────

interface Element {
  tag: number;
  from: number;
  start: number;
  end: number;
}

function element(der: Uint8Array, at: number): Element {
  const tag = der[at], first = der[at + 1];
  if (tag === undefined || first === undefined) throw new RangeError("too short");
  const bytes = first < 0x80 ? 0 : first & 0x7f;
  if (bytes > 3) throw new RangeError("too long");
  let length = bytes ? 0 : first;
  for (let i = 0; i < bytes; i++) length = length * 256 + (der[at + 2 + i] ?? 0);
  const start = at + 2 + bytes;
  if (start + length > der.length) throw new RangeError("too short");
  return { tag, from: at, start, end: start + length };
}

function time(der: Uint8Array, at: Element): number {
  const digits = new TextDecoder().decode(der.subarray(at.start, at.end));
  const full = at.tag === 0x17 ? (Number(digits.slice(0, 2)) < 50 ? "20" : "19") + digits : digits;
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full);
  if (!parts) throw new RangeError("no time");
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function readCertificate(pem: string): { spki: Uint8Array<ArrayBuffer>; from: number; until: number } | null {
  const found = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/.exec(pem);
  const der = found && fromBase64(found[1]!.replace(/\s+/g, ""));
  if (!der) return null;
  try {
    const body = element(der, element(der, 0).start);
    const parts: Element[] = [];
    for (let at = body.start; at < body.end && parts.length < 8;) {
      const next = element(der, at);
      if (next.tag !== 0xa0) parts.push(next);
      at = next.end;
    }
    const [, , , validity, , spki] = parts;
    if (!validity || !spki) return null;
    const from = element(der, validity.start);
    return {
      spki: concat(der.subarray(spki.from, spki.end)),
      from: time(der, from),
      until: time(der, element(der, from.end)),
    };
  } catch {
    return null;
  }
}
