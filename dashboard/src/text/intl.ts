/** Every word the desk shows, by id, in the language that is spoken. Messages are ICU; an id English lacks is a type error. */

import { createIntl, createIntlCache, type IntlShape, type MessageFormatElement } from 'react-intl';

import { type Direction, isolated, ISOLATED, isolating } from './bidi.js';
import { inDigitsOf } from './digits.js';
import en from './en.json';
import { type Catalogue, LANGUAGES, localeFor, PSEUDO, type Tag } from './languages.js';
import enProblems from './problems/en.json';

export type TextId = keyof typeof en;
export type Values = Record<string, string | number>;
type Words = ReturnType<IntlShape['formatters']['getMessageFormat']>;

const cache = createIntlCache();
const ready = new Map<TextId, Words>();

function make(tag: Tag): IntlShape {
  return createIntl({ locale: localeFor(tag, navigator.languages), defaultLocale: 'en', onError: () => undefined }, cache);
}

/** The language that is spoken. Whoever formats with it does so when it is shown, never before. */
let spokenTag: Tag = 'en';
let intl = make('en');
let catalogue: Catalogue = {};
let problems: Catalogue = enProblems;
let changed = (message: MessageFormatElement[]): MessageFormatElement[] => message;

/** Speak a language from now on; what is shown already is not changed by it. */
export async function speak(tag: Tag): Promise<void> {
  if (tag === spokenTag) return;
  const language = LANGUAGES[tag === PSEUDO ? 'en' : tag];
  const [words, told, bare] = await Promise.all([language.load(), language.problems(), tag === PSEUDO ? import('./pseudo.js') : null]);
  spokenTag = tag;
  catalogue = words.default;
  problems = told.default;
  intl = bare ? bare.bracketing(make(tag)) : make(tag);
  changed = bare ? bare.pseudo : (inDigitsOf(intl.locale) ?? ((message) => message));
  ready.clear();
}

export const spoken = (): Tag => spokenTag;

export const direction = (): Direction => (spokenTag === PSEUDO ? 'ltr' : LANGUAGES[spokenTag].dir);

export function t(id: TextId, values: Values = {}): string {
  let words = ready.get(id);
  if (!words) ready.set(id, words = prepared(id));
  const shown = Object.entries(values).map(([name, value]) => [ISOLATED + name, typeof value === 'string' ? isolated(value, direction()) : number(value)]);
  return String(words.format({ ...values, ...Object.fromEntries(shown) }));
}

/** What the desk says of a problem with this code, if it has words of its own for it. */
export const saidOf = (code: string): string | null => problems[code] ?? null;

/** What a catalogue lacks is said in English. */
function prepared(id: TextId): Words {
  const { getMessageFormat } = intl.formatters;
  const text = catalogue[id];
  const locale = text === undefined && spokenTag !== PSEUDO ? 'en' : intl.locale;
  return getMessageFormat(isolating(changed(getMessageFormat(text ?? en[id], locale).getAst())), locale);
}

export function time(at: string): string {
  return intl.formatDate(at, { hour: 'numeric', minute: '2-digit' });
}

export function day(at: string): string {
  return intl.formatDate(at, { weekday: 'short', day: 'numeric', month: 'short' });
}

export function moment(at: string): string {
  return intl.formatDate(at, { dateStyle: 'medium', timeStyle: 'short' });
}

/** As short as a list needs it: the time today, the day this year, else the date. */
export function brief(at: string): string {
  const date = new Date(at);
  const now = new Date();
  if (date.toDateString() === now.toDateString()) return time(at);
  if (date.getFullYear() === now.getFullYear()) return intl.formatDate(at, { day: 'numeric', month: 'short' });
  return intl.formatDate(at, { dateStyle: 'short' });
}

export const listOf = (names: string[]): string => intl.formatList(names.map((name) => isolated(name, direction())));

export const number = (value: number): string => intl.formatNumber(value, { maximumFractionDigits: 2 });

/** A part of a time: seconds that are shown beside minutes. */
export const twoDigits = (value: number): string => intl.formatNumber(value, { minimumIntegerDigits: 2 });

export const percent = (share: number | null): string => (share === null ? '–' : intl.formatNumber(share, { style: 'percent', maximumFractionDigits: share > 0.99 && share < 1 ? 2 : 1 }));

const UNITS = [['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]] as const;

/** A length of time, in the largest unit that fits. */
export function seconds(length: number | null): string {
  if (length === null) return '–';
  if (length > 0 && length < 1) return intl.formatNumber(length * 1000, { style: 'unit', unit: 'millisecond', unitDisplay: 'short', maximumFractionDigits: 0 });
  const [unit, size] = UNITS.find(([, size]) => length >= size) ?? UNITS[3];
  return intl.formatNumber(length / size, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: unit === 'second' && length >= 10 ? 0 : 1 });
}

/** A step of a chart: an hour in the reader's zone, or a day, which is counted in UTC. */
export function bucket(at: string, step: 'hour' | 'day'): string {
  return step === 'hour'
    ? intl.formatDate(at, { weekday: 'short', hour: 'numeric', minute: '2-digit' })
    : intl.formatDate(at, { day: 'numeric', month: 'short', timeZone: 'UTC' });
}

/** A step in a table that is copied elsewhere: with its year. */
export function stamp(at: string, step: 'hour' | 'day'): string {
  return step === 'hour' ? moment(at) : intl.formatDate(at, { dateStyle: 'medium', timeZone: 'UTC' });
}
