/** Every word the desk shows, by id, in the language that is spoken. Messages are ICU; an id English lacks is a type error. */

import { createIntl, createIntlCache, type IntlShape, type MessageFormatElement } from 'react-intl';

import { type Direction, isolated, ISOLATED, isolating } from './bidi.js';
import en from './en.json';
import { type Catalogue, LANGUAGES, localeFor, PSEUDO, type Tag } from './languages.js';

export type TextId = keyof typeof en;
export type Values = Record<string, string | number>;
type Words = ReturnType<IntlShape['formatters']['getMessageFormat']>;

interface Speech {
  tag: Tag;
  dir: Direction;
  intl: IntlShape;
  catalogue: Catalogue;
  /** What is done to every message, and to every date, before it is shown. */
  changed(message: MessageFormatElement[]): MessageFormatElement[];
  marked(text: string): string;
  ready: Map<TextId, Words>;
}

const plain = <T>(one: T): T => one;

function speech(tag: Tag, catalogue: Catalogue, changes: Partial<Speech> = {}): Speech {
  const intl = createIntl({ locale: localeFor(tag, navigator.languages), defaultLocale: 'en', onError: () => undefined }, createIntlCache());
  return { tag, dir: tag === PSEUDO ? 'ltr' : LANGUAGES[tag].dir, intl, catalogue, changed: plain, marked: plain, ready: new Map(), ...changes };
}

let now = speech('en', {});

/** Speak a language from now on; what is shown already is not changed by it. */
export async function speak(tag: Tag): Promise<void> {
  if (tag === now.tag) return;
  if (tag === PSEUDO) {
    const { pseudo, bracketed } = await import('./pseudo.js');
    now = speech(tag, {}, { changed: pseudo, marked: bracketed });
  } else {
    now = speech(tag, (await LANGUAGES[tag].load()).default);
  }
}

export const spoken = (): Tag => now.tag;

export const direction = (): Direction => now.dir;

export function t(id: TextId, values: Values = {}): string {
  let words = now.ready.get(id);
  if (!words) now.ready.set(id, words = prepared(id));
  const shown = Object.entries(values).map(([name, value]) => [ISOLATED + name, typeof value === 'string' ? isolated(value, now.dir) : value]);
  return String(words.format({ ...values, ...Object.fromEntries(shown) }));
}

/** What a catalogue lacks is said in English. */
function prepared(id: TextId): Words {
  const { getMessageFormat } = now.intl.formatters;
  const text = now.catalogue[id];
  const locale = text === undefined && now.tag !== PSEUDO ? 'en' : now.intl.locale;
  return getMessageFormat(isolating(now.changed(getMessageFormat(text ?? en[id], locale).getAst())), locale);
}

type DateOptions = Parameters<IntlShape['formatDate']>[1];

const date = (at: string | Date, options: DateOptions): string => now.marked(now.intl.formatDate(at, options));

export function time(at: string): string {
  return date(at, { hour: 'numeric', minute: '2-digit' });
}

export function day(at: string): string {
  return date(at, { weekday: 'short', day: 'numeric', month: 'short' });
}

export function moment(at: string): string {
  return date(at, { dateStyle: 'medium', timeStyle: 'short' });
}

/** As short as a list needs it: the time today, the day this year, else the date. */
export function brief(at: string): string {
  const then = new Date(at);
  const today = new Date();
  if (then.toDateString() === today.toDateString()) return time(at);
  if (then.getFullYear() === today.getFullYear()) return date(at, { day: 'numeric', month: 'short' });
  return date(at, { dateStyle: 'short' });
}

export const listOf = (names: string[]): string => now.intl.formatList(names.map((name) => isolated(name, now.dir)));
