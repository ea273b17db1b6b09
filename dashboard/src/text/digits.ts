/**
 * The digits of the reader. Which ones those are, his region says: in Cairo and Riyadh ٣, in Dubai, Rabat and where no region
 * is named 3; so `Intl` has it, and so Arabic readers have it on the rest of their system. Numbers that stand in our own
 * sentences are written as those that are put into them.
 */

import type { MessageFormatElement } from 'react-intl';

const LITERAL = 0;
const SELECT = 5;
const PLURAL = 6;
/** A number by itself: no part of a name or code, which everybody writes alike. */
const NUMBERS = /(?<![\w.-])\d+(?![\w-]|\.\w)/g;

/** Writes the numbers in our words in the digits of a locale; null where those are these. */
export function inDigitsOf(locale: string): ((message: MessageFormatElement[]) => MessageFormatElement[]) | null {
  const digits = [...new Intl.NumberFormat(locale, { useGrouping: false }).format(9_876_543_210)].reverse();
  if (digits[1] === '1') return null;
  const written = (text: string) => text.replace(NUMBERS, (number) => number.replace(/\d/g, (digit) => digits[Number(digit)] ?? digit));
  const through = (message: MessageFormatElement[]): MessageFormatElement[] => message.map((part) => {
    if (part.type === LITERAL) return { ...part, value: written(part.value) };
    if (part.type !== SELECT && part.type !== PLURAL) return part;
    const options = Object.entries(part.options).map(([name, option]) => [name, { ...option, value: through(option.value) }]);
    return { ...part, options: Object.fromEntries(options) } as typeof part;
  });
  return through;
}
