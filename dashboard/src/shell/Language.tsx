/** Which language the desk speaks: everybody's own choice, each named as its readers call it. */

import { useEffect, useRef } from 'react';

import { t } from '../text/intl.js';
import { LANGUAGES, type LanguageTag, TAGS } from '../text/languages.js';

interface Props {
  /** What was chosen; null while the browser's is followed. */
  chosen: string | null;
  onChoose(tag: LanguageTag | null): void;
}

// Everything is drawn anew in the new language: whoever chose it stays where he was.
let wasHere = false;

export function Language({ chosen, onChoose }: Props) {
  const field = useRef<HTMLSelectElement>(null);
  useEffect(() => {
    if (wasHere) field.current?.focus();
    wasHere = false;
  }, []);
  const isKnown = TAGS.some((tag) => tag === chosen);
  return (
    <select
      ref={field}
      className="language"
      aria-label={t('app.language')}
      title={t('app.language')}
      value={isKnown ? (chosen as string) : ''}
      onChange={(event) => {
        wasHere = true;
        onChoose((event.target.value || null) as LanguageTag | null);
      }}
    >
      <option value="">{t('app.languageOfBrowser')}</option>
      {TAGS.map((tag) => <option key={tag} value={tag} lang={tag} translate="no">{LANGUAGES[tag].name}</option>)}
    </select>
  );
}
