/** What went wrong, in the reader's language: by the problem's code; where no words are known, as the server says it. */

import { ApiProblem, Offline } from '../api/http.js';
import { saidOf, spoken, t } from '../text/intl.js';

export interface Told {
  text: string;
  /** What to do about it, where the text does not say so itself. */
  remedy: string | null;
  /** The input it is about, where the text does not name it. */
  field: string | null;
  /** The server's own sentence, in English, where the text is another one. */
  own: string | null;
}

export function told(thrown: unknown): Told {
  if (thrown instanceof Offline) return { text: t('app.offline'), remedy: null, field: null, own: null };
  if (!(thrown instanceof ApiProblem)) return { text: thrown instanceof Error ? thrown.message : String(thrown), remedy: null, field: null, own: null };
  const { detail, remedy, field, code } = thrown.problem;
  const words = saidOf(code);
  if (words === null) return { text: sentence(detail), remedy: remedy ? sentence(remedy) : null, field: null, own: null };
  // In English the desk's words stand for what the server says to programs: to a person they say it all.
  return { text: words, remedy: null, field: field ?? null, own: spoken() === 'en' ? null : [detail, remedy].filter(Boolean).map((one) => sentence(one as string)).join(' ') };
}

/** The same in one line. */
export function lineOf(thrown: unknown): string {
  const { text, remedy, field } = told(thrown);
  return [text, remedy, field && t('error.field', { field })].filter(Boolean).join(' ');
}

/** As a sentence begins and ends: what databases say is in lower case, without a stop. */
function sentence(text: string): string {
  const begun = /^[a-z]+[ ,:]/.test(text) ? text[0]?.toUpperCase() + text.slice(1) : text;
  return /[.!?:…]$/.test(begun) ? begun : `${begun}.`;
}
