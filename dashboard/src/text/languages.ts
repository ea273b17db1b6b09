/** The languages the desk speaks. A catalogue is fetched when somebody wants it; English is always there, for what another lacks. */

import enProblems from './problems/en.json';

export type Catalogue = Partial<Record<string, string>>;

export interface Language {
  /** As its readers call it. */
  name: string;
  dir: 'ltr' | 'rtl';
  load(): Promise<{ default: Catalogue }>;
  /** What is said of a problem, by its code; of one without words, what the server says. */
  problems(): Promise<{ default: Catalogue }>;
}

export const LANGUAGES = {
  en: { name: 'English', dir: 'ltr', load: async () => ({ default: {} }), problems: async () => ({ default: enProblems }) },
  de: { name: 'Deutsch', dir: 'ltr', load: () => import('./de.json'), problems: () => import('./problems/de.json') },
  ar: { name: 'العربية', dir: 'rtl', load: () => import('./ar.json'), problems: () => import('./problems/ar.json') },
} as const satisfies Record<string, Language>;

export type LanguageTag = keyof typeof LANGUAGES;

/** Every text longer, accented and in brackets: what escapes the catalogue stays bare. Offered to nobody, for tests and for the eye. */
export const PSEUDO = 'en-XA';

export const TAGS = Object.keys(LANGUAGES) as LanguageTag[];

export type Tag = LanguageTag | typeof PSEUDO;

/** The first language of these that the desk speaks; `de-AT` is answered in German. */
export function languageFor(wanted: readonly (string | null | undefined)[]): Tag {
  for (const tag of wanted) {
    if (tag === PSEUDO) return PSEUDO;
    const base = tag?.split(/[-_]/)[0]?.toLowerCase();
    const found = TAGS.find((one) => one === base);
    if (found) return found;
  }
  return 'en';
}

/** How dates and numbers are written: as the reader's system does for this language, where it names a region. Some name what no browser formats by (`en-US@posix`). */
export function localeFor(tag: Tag, systems: readonly string[]): string {
  if (tag === PSEUDO) return tag;
  for (const name of systems) {
    try {
      const locale = Intl.getCanonicalLocales(name)[0];
      if (locale?.split('-')[0] === tag) return locale;
    } catch {
      continue;
    }
  }
  return tag;
}
