/**
 * The edge functions at the paths hosted Supabase serves them at, in one process: /functions/v1/<name>/…
 *
 * Which there are is found by looking: every folder of supabase/functions whose name does not begin with `_`.
 */

type Handler = (request: Request) => Response | Promise<Response>;

const PREFIX = "/functions/v1";
const FOLDER = new URL("../supabase/functions/", import.meta.url);

async function found(): Promise<Map<string, Handler>> {
  const handlers = new Map<string, Handler>();
  for await (const entry of Deno.readDir(FOLDER)) {
    if (!entry.isDirectory || entry.name.startsWith("_")) continue;
    const { handler } = await import(new URL(`${entry.name}/handler.ts`, FOLDER).href);
    if (typeof handler !== "function") throw new Error(`${entry.name}/handler.ts exports no handler`);
    handlers.set(entry.name, handler);
  }
  return handlers;
}

const functions = await found();

async function route(request: Request): Promise<Response> {
  const url = new URL(request.url);
  if (url.pathname === "/health") return new Response("ok\n");
  const name = url.pathname.startsWith(`${PREFIX}/`) ? url.pathname.slice(PREFIX.length + 1).split("/")[0]! : "";
  const handler = functions.get(name);
  if (!handler) {
    return Response.json({ code: "NOT_FOUND", message: "Requested function was not found" }, { status: 404 });
  }
  // Hosted, a function sees its own name first in the path; the same here, so that it runs unchanged.
  url.pathname = url.pathname.slice(PREFIX.length);
  const { method, headers, body } = request;
  return await handler(new Request(url, { method, headers, body, duplex: "half" } as RequestInit));
}

const port = Number(Deno.env.get("PARLEY_FUNCTIONS_PORT") ?? 8009);
const server = Deno.serve({ hostname: "127.0.0.1", port, onListen: () => console.log(`listening on ${port}`) }, route);
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.addSignalListener(signal, () => void server.shutdown().then(() => Deno.exit(0)));
}
