/** The settings the functions know, as docs/channels/webhooks.md lists them. Nothing else reads the environment. */

const read = (name: string): string => (Deno.env.get(name) ?? "").trim();

/** How to reach Postgres: as parley_ingress, or (hosted, nothing set) as the owner who then steps down to that role. */
export function database(): { url: string; role: string | null; connections: number } {
  const own = read("PARLEY_INGRESS_DATABASE_URL");
  const connections = Math.max(1, Number(read("PARLEY_POOL_SIZE")) || 4);
  return { url: own || read("SUPABASE_DB_URL"), role: own ? null : "parley_ingress", connections };
}

/** The Fernet keys channel secrets may be sealed with, newest first. */
export const secretKeys = (): string[] =>
  read("PARLEY_SECRETS_KEYS").split(",").map((key) => key.trim()).filter(Boolean);

/** Where the internet reaches the functions, without a slash at the end; several, when nobody said which. */
export function publicUrls(request: Request): string[] {
  const here = new URL(request.url);
  const host = request.headers.get("x-forwarded-host") ?? request.headers.get("host") ?? here.host;
  const scheme = request.headers.get("x-forwarded-proto") ?? here.protocol.replace(":", "");
  const told = [read("PARLEY_PUBLIC_URL"), read("SUPABASE_URL")].filter(Boolean).map((url) => url.replace(/\/+$/, ""));
  return [...new Set([...told, `${scheme}://${host}`])];
}
