/** The database as the edge sees it: a handful of functions, one statement each, under the role parley_ingress. */

import postgres from "npm:postgres@3.4.9";
import { log, malformed, unavailable } from "./http.ts";
import { database } from "./settings.ts";

const ANSWER_MS = 4_000;
let pool: postgres.Sql | null = null;

/** What verifying a call of an account needs. Secrets are still sealed. */
export interface Session {
  channel: string;
  provider: string;
  status: string;
  settings: Record<string, unknown>;
  secrets: Record<string, string>;
}

function sql(): postgres.Sql {
  if (!pool) {
    const { url, role, connections } = database();
    // No prepared statements: a hosted project may sit behind a pooler that keeps none.
    pool = postgres(url, {
      max: connections,
      connect_timeout: 3,
      idle_timeout: 60,
      prepare: false,
      onnotice: () => {},
      connection: { application_name: "parley edge", ...(role ? { role } : {}) },
    });
  }
  return pool;
}

type Statement = (sql: postgres.Sql) => postgres.PendingQuery<postgres.Row[]>;

/** The first column of the one row a statement answers. */
async function ask<T>(statement: Statement): Promise<T | null> {
  const found = await row(statement);
  return (found ? Object.values(found)[0] : null) as T | null;
}

/** The one row a statement answers, null without. Throws 503 when the database does not answer in time. */
async function row(statement: Statement): Promise<postgres.Row | null> {
  let query: postgres.PendingQuery<postgres.Row[]> | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    query = statement(sql());
    const late = new Promise<never>((_, reject) => timer = setTimeout(() => reject(new Error("no answer")), ANSWER_MS));
    const rows = await Promise.race([query, late]);
    return rows[0] ?? null;
  } catch (error) {
    const { code = "", message = "" } = error as { code?: string; message?: string };
    // What is queued must not run after its caller was told that nothing was kept, nor pile up while nobody answers.
    if (message === "no answer") query?.cancel();
    if (/^(22|23)/.test(code)) throw malformed("The database refuses these values.");
    log("the database does not answer", { code, reason: code ? undefined : message.slice(0, 80) });
    throw unavailable();
  } finally {
    clearTimeout(timer);
  }
}

export async function findSession(id: string): Promise<Session | null> {
  return await ask<Session>((sql) => sql`select to_jsonb(s) as session from private.webhook_session(${id}) as s`);
}

export async function acceptWebhook(
  id: string,
  eventId: string,
  headers: Record<string, string>,
  payload: Uint8Array,
): Promise<string> {
  return await ask<string>((sql) =>
    sql`select private.accept_webhook(${id}, ${eventId}, ${sql.json(headers)}, ${payload}) as result`
  ) ?? "unknown";
}

export async function rejectWebhook(id: string, reason: string): Promise<void> {
  await ask((sql) => sql`select private.reject_webhook(${id}, ${reason})`);
}

export async function track(
  id: string,
  ip: string | null,
  agent: string | null,
  machine: boolean,
): Promise<{ kind: string; target_url: string | null } | null> {
  return await ask((sql) => sql`select private.track(${id}, ${ip}, ${agent}, ${machine}) as link`);
}

/** A file for a provider that fetches it; null when it is not its time. */
export async function linkedFile(
  id: string,
): Promise<{ filename: string; content_type: string; data: Uint8Array } | null> {
  const found = await row((sql) => sql`select f.* from private.linked_file(${id}) as f`);
  return found as { filename: string; content_type: string; data: Uint8Array } | null;
}

/** Who asks, in which language; null for an unknown link. */
export interface Page {
  tenant_name: string;
  locale: string;
  greeting?: string | null;
}

export async function unsubscribePage(id: string): Promise<Page | null> {
  return await ask<Page>((sql) => sql`select private.unsubscribe_page(${id}) as page`);
}

export async function unsubscribe(id: string): Promise<Page | null> {
  return await ask<Page>((sql) => sql`select private.unsubscribe(${id}) as page`);
}

export async function formPage(id: string): Promise<Page | null> {
  return await ask<Page>((sql) => sql`select private.form_page(${id}) as page`);
}

export async function acceptForm(id: string, eventId: string, payload: Uint8Array): Promise<string> {
  return await ask<string>((sql) => sql`select private.accept_form(${id}, ${eventId}, ${payload}) as result`) ??
    "unknown";
}

export async function rejectForm(id: string): Promise<void> {
  await ask((sql) => sql`select private.reject_form(${id})`);
}
