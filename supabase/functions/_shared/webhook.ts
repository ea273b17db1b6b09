/** A provider calls: verify over the raw bytes, keep once, answer. Nothing is read here that verifying does not need. */

import { acceptWebhook, findSession, rejectWebhook, type Session } from "./db.ts";
import { fromBase64, openFernet } from "./crypto.ts";
import { type Handler, idInPath, log, Problem, readBody, refused, serve, WEBHOOK_BYTES } from "./http.ts";
import { secretKeys } from "./settings.ts";

/** The account a call is for, its secrets open. */
export interface Account {
  provider: string;
  settings: Record<string, unknown>;
  secrets: Record<string, string>;
}

export interface Call {
  request: Request;
  body: Uint8Array<ArrayBuffer>;
  account: Account;
}

/** What makes a verified call this call, and the few headers its reader needs. */
export interface Event {
  id: string;
  headers?: Record<string, string>;
}

/** Why a call is not the provider's. */
export type Reason = "signature" | "stale";

export interface Kind {
  name: string;
  channel: string;
  /** What `verify` and `challenge` read of the account's secrets: the adapter declares the same (`webhook_secrets`). */
  secrets: readonly string[];
  /** Where several providers share the function: the one an account that is not there is verified like. */
  provider?: string;
  /** null when the signature fits. */
  verify(call: Call): Promise<Reason | null>;
  /** The event of a verified call; throws 400 for what makes no sense. */
  identify(call: Call): Promise<Event> | Event;
  /** What the provider wants to hear; an empty 200 otherwise. */
  answer?(): Response;
  /** After the call was kept: what a provider needs to have done before it goes on. */
  afterwards?(call: Call): Promise<void>;
  /** GET, where a provider asks whether the address is ours. */
  challenge?(request: Request, account: Account): Promise<Response | null>;
}

/** The handler of one kind of webhook. */
export function webhook(kind: Kind): Handler {
  const methods = kind.challenge ? ["POST", "GET"] : ["POST"];
  return serve(kind.name, methods, async (request) => {
    const started = performance.now();
    const id = idInPath(request, kind.name);
    const body = request.method === "GET" ? new Uint8Array() : await readBody(request, WEBHOOK_BYTES);
    const session = id ? await findSession(id) : null;
    const known = session?.channel === kind.channel;
    // An account that is not there is verified like any other, against secrets nobody has: it takes as long.
    const account = known ? await open(session) : decoy(kind, session);
    if (request.method === "GET") {
      const answer = await kind.challenge!(request, account);
      if (!answer || !known) throw await turnAway(kind, id, "signature");
      return answer;
    }
    const call = { request, body, account };
    const reason = await kind.verify(call);
    if (reason || !known || !id) throw await turnAway(kind, id, reason ?? "signature");
    const event = await identify(kind, call, id);
    const result = await acceptWebhook(id, event.id, event.headers ?? {}, body);
    if (result === "unknown") throw refused();
    await kind.afterwards?.(call);
    log("kept", { function: kind.name, session_id: id, result, ms: Math.round(performance.now() - started) });
    return kind.answer?.() ?? new Response(null, { status: 200, headers: { "cache-control": "no-store" } });
  });
}

async function turnAway(kind: Kind, id: string | null, reason: Reason): Promise<Problem> {
  log("refused", { function: kind.name, session_id: id, reason });
  await rejectWebhook(id ?? "00000000-0000-0000-0000-000000000000", reason);
  return refused();
}

async function identify(kind: Kind, call: Call, id: string): Promise<Event> {
  try {
    return await kind.identify(call);
  } catch (error) {
    if (error instanceof Problem && error.status === 400) await rejectWebhook(id, "malformed");
    throw error;
  }
}

async function open(session: Session): Promise<Account> {
  const secrets: Record<string, string> = {};
  for (const [name, sealed] of Object.entries(session.secrets)) {
    // Base64 of the stored bytes, which are a Fernet token in text.
    const token = new TextDecoder().decode(fromBase64(sealed) ?? new Uint8Array());
    const plain = await openFernet(token, secretKeys());
    if (plain === null) {
      log("a secret cannot be opened", { name });
      throw new Problem(503, "unavailable", "Nothing was kept. Send it again.", { "retry-after": "60" });
    }
    secrets[name] = plain;
  }
  return { provider: session.provider, settings: session.settings, secrets };
}

function decoy(kind: Kind, session: Session | null): Account {
  const secrets = Object.fromEntries(kind.secrets.map((name) => [name, crypto.randomUUID() + crypto.randomUUID()]));
  const provider = session?.channel === kind.channel ? session.provider : kind.provider ?? kind.channel;
  return { provider, settings: {}, secrets };
}
