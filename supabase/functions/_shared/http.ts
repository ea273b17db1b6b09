/** What every function answers with, and how it reads what it was sent: bounded, and never with a stack trace. */

export const WEBHOOK_BYTES = 1_048_576;
export const FORM_BYTES = 65_536;
const READ_MS = 10_000;
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** An answer that is no success: thrown anywhere, turned into a problem document (RFC 9457) by `serve`. */
export class Problem extends Error {
  constructor(readonly status: number, readonly code: string, detail: string, readonly headers: HeadersInit = {}) {
    super(detail);
  }
}

/** One answer for a bad signature and for an account that is not there, byte for byte. */
export const refused = () =>
  new Problem(401, "bad_signature", "The signature does not fit, or there is no such account.");
export const malformed = (detail: string) => new Problem(400, "malformed", detail);
export const unavailable = () =>
  new Problem(503, "unavailable", "Nothing was kept. Send it again.", { "retry-after": "5" });

const TITLES: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

function problem(error: Problem): Response {
  const title = TITLES[error.status] ?? "Error";
  const body = {
    type: `urn:parley:problem:${error.code}`,
    title,
    status: error.status,
    detail: error.message,
    code: error.code,
  };
  const headers = { "content-type": "application/problem+json", "cache-control": "no-store", ...error.headers };
  return new Response(JSON.stringify(body), { status: error.status, headers });
}

/** One line of the log, as JSON. Never a body, a secret or an address. */
export function log(message: string, extra: Record<string, unknown> = {}): void {
  console.log(JSON.stringify({ at: new Date().toISOString(), logger: "parley.edge", message, ...extra }));
}

export type Handler = (request: Request) => Promise<Response>;

/** The handler of a function: `methods` are the ones it knows, `answer` may throw a Problem. */
export function serve(name: string, methods: readonly string[], answer: Handler): Handler {
  return async (request) => {
    try {
      if (!methods.includes(request.method)) {
        throw new Problem(405, "method_not_allowed", `Use ${methods.join(" or ")}.`, { allow: methods.join(", ") });
      }
      return await answer(request);
    } catch (error) {
      if (error instanceof Problem) {
        if (error.status !== 401) log("refused", { function: name, status: error.status, code: error.code });
        return problem(error);
      }
      // The name tells a colleague enough; a message may hold what a stranger sent.
      log("failed", { function: name, error: error instanceof Error ? `${error.name} ${stackTop(error)}` : "unknown" });
      return problem(new Problem(500, "internal", "Something went wrong on our side."));
    }
  };
}

function stackTop(error: Error): string {
  return (error.stack ?? "").split("\n").find((line) => line.trim().startsWith("at "))?.trim() ?? "";
}

/** The id behind the function's name in the path (`/<name>/<id>`, hosted or local), null when it is no UUID. */
export function idInPath(request: Request, name: string): string | null {
  const parts = new URL(request.url).pathname.split("/");
  const id = parts[parts.lastIndexOf(name) + 1] ?? "";
  const plain = id.replace(/\.gif$/, "").toLowerCase();
  return UUID.test(plain) ? plain : null;
}

/** The body, byte for byte. Throws 413 beyond `limit` and 408 when it does not arrive. */
export async function readBody(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () => new Problem(413, "too_large", `At most ${limit} bytes.`);
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge();
  if (!request.body) return new Uint8Array();
  const reader = request.body.getReader();
  const pieces: Uint8Array[] = [];
  let size = 0;
  const timer = setTimeout(() => reader.cancel("too slow").catch(() => {}), READ_MS);
  const started = Date.now();
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.byteLength;
      if (size > limit) throw tooLarge();
      pieces.push(value);
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw malformed("The body broke off.");
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => {});
  }
  if (Date.now() - started >= READ_MS) throw new Problem(408, "too_slow", "The body did not arrive in time.");
  const body = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    body.set(piece, at);
    at += piece.byteLength;
  }
  return body;
}

/** The fields of a form. Throws 400 for what is none. Files count as empty. */
export async function readForm(request: Request, limit: number): Promise<Map<string, string>> {
  const body = await readBody(request, limit);
  const type = request.headers.get("content-type") ?? "";
  const fields = new Map<string, string>();
  try {
    if (/^application\/json\b/i.test(type)) {
      for (const [name, value] of Object.entries(parseObject(body))) {
        if (typeof value === "string") fields.set(name, value);
      }
    } else {
      const form = await new Response(body, { headers: { "content-type": type } }).formData();
      for (const [name, value] of form) fields.set(name, typeof value === "string" ? value : "");
    }
  } catch {
    throw malformed("A form is expected.");
  }
  return fields;
}

/** The JSON value in some bytes. Throws 400 for anything else. */
export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw malformed("JSON is expected.");
  }
}

/** The JSON object in some bytes. Throws 400 for anything else. */
export function parseObject(body: Uint8Array): Record<string, unknown> {
  const value = parseJson(body);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw malformed("A JSON object is expected.");
  }
  return value as Record<string, unknown>;
}
