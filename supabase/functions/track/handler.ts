/** Opens and clicks. The path holds an id and nothing else: where a click leads stands in the database. */

import * as db from "../_shared/db.ts";
import { idInPath, Problem, serve } from "../_shared/http.ts";

const GIF = Uint8Array.from(
  atob("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"),
  (char) => char.charCodeAt(0),
);

/** Mail proxies, prefetchers and link scanners: they open everything, whoever reads it or not. */
const MACHINES = new RegExp(
  "googleimageproxy|ggpht|yahoomailproxy|yahoo! ?slurp|^mozilla/5\\.0$|bot\\b|bot/|crawl|spider|preview|scanner|prefetch" +
    "|barracuda|mimecast|proofpoint|symantec|messagelabs|trendmicro|fireeye|safelinks|cloudmark|sophos|forcepoint" +
    "|facebookexternalhit|slack|whatsapp|telegram|skype|curl|wget|python|java/|go-http|okhttp|axios|node-fetch|headless",
  "i",
);

/** Whether a program did this, not a person. Nobody says who he is: that too is a program. */
export const isMachine = (agent: string | null, purpose: string | null): boolean =>
  !agent?.trim() || MACHINES.test(agent.trim()) || /prefetch|preview/i.test(purpose ?? "");

const image = () =>
  new Response(GIF, {
    headers: { "content-type": "image/gif", "cache-control": "no-store, private", "x-robots-tag": "noindex" },
  });

async function follow(request: Request, id: string): Promise<{ kind: string; target_url: string | null } | null> {
  const agent = request.headers.get("user-agent");
  const purpose = request.headers.get("sec-purpose") ?? request.headers.get("purpose") ??
    request.headers.get("x-purpose");
  const ip = request.headers.get("x-forwarded-for")?.split(",")[0]?.trim() ?? null;
  try {
    return await db.track(id, ip, agent, isMachine(agent, purpose));
  } catch (error) {
    // A picture that is missing would be seen by the reader; a click that leads nowhere has to be said.
    if (new URL(request.url).pathname.endsWith(".gif")) return { kind: "open", target_url: null };
    throw error;
  }
}

export const handler = serve("track", ["GET", "HEAD"], async (request) => {
  const id = idInPath(request, "track");
  const unknown = new Problem(404, "not_found", "No such link.");
  if (!id) throw unknown;
  // Asked for the headers only: a checker looks, nobody reads.
  if (request.method === "HEAD") return new Response(null, { headers: { "cache-control": "no-store" } });
  const link = await follow(request, id);
  if (link?.kind === "open") return image();
  if (!link?.target_url || !URL.canParse(link.target_url)) throw unknown;
  const headers = {
    location: new URL(link.target_url).href,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
  };
  return new Response(null, { status: 302, headers });
});
