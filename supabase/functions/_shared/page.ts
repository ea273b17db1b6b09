/** Plain pages for people without an account: no script, no cookie, nothing from elsewhere. */

const SECURITY = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-robots-tag": "noindex",
};

const STYLE = "body{font:16px/1.5 system-ui,sans-serif;max-width:34em;margin:12vh auto;padding:0 1em}" +
  "label{display:block;margin:1em 0 .3em}textarea,input{font:inherit;width:100%;box-sizing:border-box;padding:.5em}" +
  "button{font:inherit;padding:.5em 1.2em;margin-top:1em}.aside{position:absolute;left:-9999px}";

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
export const escape = (text: string): string => text.replace(/[&<>"']/g, (char) => ESCAPES[char]!);

/** A page; `body` is HTML, `title` text. */
export function page(language: string, title: string, body: string, status = 200): Response {
  const html = `<!doctype html><html lang="${escape(language)}"><meta charset="utf-8">` +
    `<meta name="viewport" content="width=device-width"><title>${escape(title)}</title><style>${STYLE}</style>` +
    `<h1>${escape(title)}</h1>${body}</html>`;
  return new Response(html, { status, headers: SECURITY });
}

/** Whether a browser asks, rather than a program. */
export const wantsPage = (request: Request): boolean => /\btext\/html\b/.test(request.headers.get("accept") ?? "");

/** The words of one language out of several, English where it is not among them. */
export function words<T>(languages: Record<string, T> & { en: T }, locale: string): [string, T] {
  const language = locale.slice(0, 2).toLowerCase();
  return languages[language] ? [language, languages[language]] : ["en", languages.en];
}
