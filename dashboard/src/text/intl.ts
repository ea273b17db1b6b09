/** Every word the desk shows, by id. Messages are ICU; a missing one is a type error. */

import { createIntl, createIntlCache } from 'react-intl';

import en from './en.json';

export type TextId = keyof typeof en;

/** How the reader writes dates. Some systems name a locale that no browser formats by (`en-US@posix`). */
function locale(): string {
  for (const name of navigator.languages) {
    try {
      return Intl.getCanonicalLocales(name)[0] ?? 'en';
    } catch {
      continue;
    }
  }
  return 'en';
}

const intl = createIntl({ locale: locale(), messages: en, defaultLocale: 'en', onError: () => undefined }, createIntlCache());

export function t(id: TextId, values?: Record<string, string | number>): string {
  return intl.formatMessage({ id }, values);
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

export const listOf = (names: string[]): string => intl.formatList(names);
