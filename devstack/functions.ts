/** The edge functions at the paths hosted Supabase serves them at, in one process: /functions/v1/<name>/… */

import { handler as emailEvents } from "../supabase/functions/email-events/handler.ts";
import { handler as formReply } from "../supabase/functions/form-reply/handler.ts";
import { handler as media } from "../supabase/functions/media/handler.ts";
import { handler as smsWebhook } from "../supabase/functions/sms-webhook/handler.ts";
import { handler as telegramWebhook } from "../supabase/functions/telegram-webhook/handler.ts";
import { handler as track } from "../supabase/functions/track/handler.ts";
import { handler as unsubscribe } from "../supabase/functions/unsubscribe/handler.ts";
import { handler as whatsappWebhook } from "../supabase/functions/whatsapp-webhook/handler.ts";

const PREFIX = "/functions/v1";
const FUNCTIONS = new Map(Object.entries({
  "email-events": emailEvents,
  "form-reply": formReply,
  media,
  "sms-webhook": smsWebhook,
  "telegram-webhook": telegramWebhook,
  track,
  unsubscribe,
  "whatsapp-webhook": whatsappWebhook,
}));

async function route(request: Request): Promise<Response> {
  const url = new URL(request.url);
  if (url.pathname === "/health") return new Response("ok\n");
  const name = url.pathname.startsWith(`${PREFIX}/`) ? url.pathname.slice(PREFIX.length + 1).split("/")[0]! : "";
  const handler = FUNCTIONS.get(name);
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
