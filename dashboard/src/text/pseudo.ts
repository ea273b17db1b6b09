/** The catalogue as nobody speaks it: accented, 40 % longer, in brackets. Arguments stay as they are. */

import type { IntlShape, MessageFormatElement } from 'react-intl';

export const OPEN = '⟦';
export const END = '⟧';

const ACCENTS: Record<string, string> = {
  a: 'á', b: 'ƀ', c: 'ç', d: 'ð', e: 'é', f: 'ƒ', g: 'ĝ', h: 'ĥ', i: 'î', j: 'ĵ', k: 'ķ', l: 'ļ', m: 'ɱ', n: 'ñ', o: 'ö', p: 'þ', q: 'ǫ', r: 'ŕ', s: 'š', t: 'ţ', u: 'û', v: 'ṽ', w: 'ŵ', x: 'ẋ', y: 'ý', z: 'ž',
  A: 'Å', B: 'Ɓ', C: 'Ç', D: 'Ð', E: 'É', F: 'Ƒ', G: 'Ĝ', H: 'Ĥ', I: 'Î', J: 'Ĵ', K: 'Ķ', L: 'Ļ', M: 'Ṁ', N: 'Ñ', O: 'Ö', P: 'Þ', Q: 'Ǫ', R: 'Ŕ', S: 'Š', T: 'Ţ', U: 'Û', V: 'Ṽ', W: 'Ŵ', X: 'Ẋ', Y: 'Ý', Z: 'Ž',
};
const LONGER = 0.4;
const LITERAL = 0;
const SELECT = 5;
const PLURAL = 6;

const FORMATS = ['formatDate', 'formatTime', 'formatNumber', 'formatList', 'formatRelativeTime', 'formatDisplayName', 'formatDateTimeRange'] as const;

/** Dates, numbers and lists in brackets, too: they are the language's own. */
export function bracketing(intl: IntlShape): IntlShape {
  const marked = FORMATS.map((name) => [name, (...given: unknown[]) => OPEN + String((intl[name] as (...all: unknown[]) => unknown)(...given)) + END]);
  return { ...intl, ...Object.fromEntries(marked) } as IntlShape;
}

export function pseudo(message: MessageFormatElement[]): MessageFormatElement[] {
  const literal = (value: string) => ({ type: LITERAL, value }) as MessageFormatElement;
  return [literal(OPEN), ...message.map(longer), literal(END)];
}

function longer(part: MessageFormatElement): MessageFormatElement {
  if (part.type === LITERAL) return { ...part, value: stretched(part.value) };
  if (part.type !== SELECT && part.type !== PLURAL) return part;
  const options = Object.entries(part.options).map(([name, option]) => [name, { ...option, value: option.value.map(longer) }]);
  return { ...part, options: Object.fromEntries(options) } as typeof part;
}

/** Words grow at their vowels, or at their end: where a line may break stays as it was. */
function stretched(text: string): string {
  return text.replace(/[A-Za-z]+/g, (word) => {
    let missing = Math.ceil(word.length * LONGER);
    const accented = [...word].map((letter) => {
      const sign = ACCENTS[letter] ?? letter;
      if (missing === 0 || !/[aeiou]/i.test(letter)) return sign;
      missing--;
      return sign + sign;
    });
    return accented.join('') + (accented.at(-1) ?? '').slice(-1).repeat(missing);
  });
}
