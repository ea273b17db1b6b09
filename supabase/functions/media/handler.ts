/** Files of a message that is being sent, for providers that fetch them. The path holds an id nobody can guess. */

import * as db from "../_shared/db.ts";
import { idInPath, Problem, serve } from "../_shared/http.ts";

const TYPE = /^[a-z0-9.+-]{1,60}\/[a-z0-9.+-]{1,100}$/;

export const handler = serve("media", ["GET", "HEAD"], async (request) => {
  const id = idInPath(request, "media");
  const file = id ? await db.linkedFile(id) : null;
  if (!file) throw new Problem(404, "not_found", "No such file, or its time is over.");
  const headers = {
    "content-type": TYPE.test(file.content_type) ? file.content_type : "application/octet-stream",
    "content-length": String(file.data.byteLength),
    "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(file.filename)}`,
    "content-security-policy": "sandbox; default-src 'none'",
    "cache-control": "no-store, private",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
  };
  return new Response(request.method === "HEAD" ? null : Uint8Array.from(file.data), { headers });
});
