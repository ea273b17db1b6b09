/** RFC 8058: a POST without cookies unsubscribes at once; a GET only asks, since scanners follow every link. */

import * as db from "../_shared/db.ts";
import { FORM_BYTES, idInPath, malformed, Problem, readForm, serve } from "../_shared/http.ts";
import { escape, page, wantsPage, words } from "../_shared/page.ts";

const WORDS = {
  en: [
    "Stop these mails?",
    "You will get no more notifications or offers by mail from",
    "Stop",
    "Done",
    "You will get no more of these mails from",
  ],
  de: [
    "Keine Mails mehr?",
    "Sie erhalten dann keine Benachrichtigungen und Angebote mehr per Mail von",
    "Abbestellen",
    "Erledigt",
    "Sie erhalten keine solchen Mails mehr von",
  ],
  fr: [
    "Ne plus recevoir ces e-mails ?",
    "Vous ne recevrez plus de notifications ni d’offres par e-mail de",
    "Se désabonner",
    "C’est fait",
    "Vous ne recevrez plus ces e-mails de",
  ],
  es: [
    "¿Dejar de recibir estos correos?",
    "Ya no recibirá avisos ni ofertas por correo de",
    "Darse de baja",
    "Hecho",
    "Ya no recibirá estos correos de",
  ],
  it: [
    "Non ricevere più queste e-mail?",
    "Non riceverà più avvisi né offerte via e-mail da",
    "Annulla iscrizione",
    "Fatto",
    "Non riceverà più queste e-mail da",
  ],
  nl: [
    "Geen mails meer?",
    "U krijgt dan geen meldingen en aanbiedingen meer per mail van",
    "Afmelden",
    "Klaar",
    "U krijgt deze mails niet meer van",
  ],
  pt: [
    "Deixar de receber estes e-mails?",
    "Não receberá mais avisos nem ofertas por e-mail de",
    "Cancelar",
    "Feito",
    "Não receberá mais estes e-mails de",
  ],
};

const unknown = () => new Problem(404, "not_found", "No such link.");

export const handler = serve("unsubscribe", ["GET", "POST"], async (request) => {
  const id = idInPath(request, "unsubscribe");
  if (!id) throw unknown();
  if (request.method === "GET") {
    const asked = await db.unsubscribePage(id);
    if (!asked) throw unknown();
    const [language, [title, text, button]] = words(WORDS, asked.locale);
    return page(
      language,
      title!,
      `<p>${escape(`${text} ${asked.tenant_name}.`)}</p><form method="post">` +
        `<button name="List-Unsubscribe" value="One-Click">${escape(button!)}</button></form>`,
    );
  }
  const form = await readForm(request, FORM_BYTES);
  if (form.get("List-Unsubscribe") !== "One-Click") throw malformed("List-Unsubscribe=One-Click is expected.");
  const done = await db.unsubscribe(id);
  if (!done) throw unknown();
  if (!wantsPage(request)) return new Response(null, { headers: { "cache-control": "no-store" } });
  const [language, [, , , title, text]] = words(WORDS, done.locale);
  return page(language, title!, `<p>${escape(`${text} ${done.tenant_name}.`)}</p>`);
});
