/** A person's own language is kept with his membership: it is the same in every browser, and what translations come in. */

import { useDesk } from '../desk.js';
import type { LanguageTag } from '../text/languages.js';
import { speakAgain } from '../text/speaking.js';
import { say } from './toast.js';
import { lineOf } from './told.js';

export function useLanguageChoice(): { chosen: string | null; onChoose(tag: LanguageTag | null): void } {
  const { api, membership } = useDesk();
  const choose = async (language: LanguageTag | null) => {
    try {
      await api.put('/me/language', { language });
      await speakAgain(language);
    } catch (thrown) {
      say(lineOf(thrown));
    }
  };
  return { chosen: membership.language, onChoose: (tag) => void choose(tag) };
}
