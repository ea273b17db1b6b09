/** A person without an inbox of ours answers: a link shows a form, the form becomes a message. */

import * as db from "../_shared/db.ts";
import { sha256, toHex, utf8 } from "../_shared/crypto.ts";
import { FORM_BYTES, idInPath, malformed, Problem, readForm, serve } from "../_shared/http.ts";
import { escape, page, wantsPage, words } from "../_shared/page.ts";

const TEXT_CHARS = 4_000;
const NAME_CHARS = 200;
const NONCE = /^[\w-]{8,64}$/;
const WORDS = {
  en: ["Your answer to", "Your answer", "Your name", "Send", "Thank you", "Your answer has reached"],
  de: ["Ihre Antwort an", "Ihre Antwort", "Ihr Name", "Senden", "Vielen Dank", "Ihre Antwort ist angekommen bei"],
  fr: ["Votre réponse à", "Votre réponse", "Votre nom", "Envoyer", "Merci", "Votre réponse est bien arrivée chez"],
  es: ["Su respuesta a", "Su respuesta", "Su nombre", "Enviar", "Gracias", "Su respuesta ha llegado a"],
  it: ["La sua risposta a", "La sua risposta", "Il suo nome", "Invia", "Grazie", "La sua risposta è arrivata a"],
  nl: ["Uw antwoord aan", "Uw antwoord", "Uw naam", "Versturen", "Bedankt", "Uw antwoord is aangekomen bij"],
  pt: ["A sua resposta a", "A sua resposta", "O seu nome", "Enviar", "Obrigado", "A sua resposta chegou a"],
};

const unknown = () => new Problem(404, "not_found", "This link is not known, or no longer.");

export const handler = serve("form-reply", ["GET", "POST"], async (request) => {
  const id = idInPath(request, "form-reply");
  if (!id) throw unknown();
  return request.method === "GET" ? await show(id) : await take(request, id);
});

async function show(id: string): Promise<Response> {
  const asked = await db.formPage(id);
  if (!asked) throw unknown();
  const [language, [title, text, name, button]] = words(WORDS, asked.locale);
  // `website` is for programs that fill in everything; people neither see nor reach it.
  return page(
    language,
    `${title} ${asked.tenant_name}`,
    `<form method="post">` +
      `<label for="text">${
        escape(text!)
      }</label><textarea id="text" name="text" rows="8" required maxlength="${TEXT_CHARS}"></textarea>` +
      `<label for="name">${escape(name!)}</label><input id="name" name="name" maxlength="${NAME_CHARS}" value="${
        escape(asked.greeting ?? "")
      }">` +
      `<p class="aside" aria-hidden="true"><input name="website" tabindex="-1" autocomplete="off"></p>` +
      `<input type="hidden" name="nonce" value="${crypto.randomUUID()}"><button>${escape(button!)}</button></form>`,
  );
}

async function take(request: Request, id: string): Promise<Response> {
  const form = await readForm(request, FORM_BYTES);
  // deno-lint-ignore no-control-regex -- what no keyboard writes, and Postgres does not take
  const text = (form.get("text") ?? "").replace(/\r\n?/g, "\n").replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, "").trim();
  // deno-lint-ignore no-control-regex
  const name = (form.get("name") ?? "").replace(/[\x00-\x1f\x7f]/g, " ").trim();
  const asked = await db.formPage(id);
  if (!asked) throw unknown();
  if (form.get("website")) {
    await db.rejectForm(id);
  } else {
    if (!text || [...text].length > TEXT_CHARS) throw malformed(`An answer has 1 to ${TEXT_CHARS} characters.`);
    if ([...name].length > NAME_CHARS) throw malformed(`A name has at most ${NAME_CHARS} characters.`);
    const nonce = form.get("nonce") ?? "";
    const event = NONCE.test(nonce) ? nonce : toHex(await sha256(utf8(text)));
    const result = await db.acceptForm(id, event, utf8(JSON.stringify({ text, name: name || null })));
    if (result === "unknown") throw unknown();
  }
  // Whoever filled the hidden field hears the same thanks.
  if (!wantsPage(request)) return Response.json({ received: true }, { headers: { "cache-control": "no-store" } });
  const [language, [, , , , title, said]] = words(WORDS, asked.locale);
  return page(language, title!, `<p>${escape(`${said} ${asked.tenant_name}.`)}</p>`);
}
