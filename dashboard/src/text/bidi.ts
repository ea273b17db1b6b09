/**
 * Texts of others inside texts of ours. A name, number or address set into a sentence of the other direction would be torn
 * apart, so it stands in an isolate of its own; and what could turn the rest of the sentence round is taken out of it.
 */

import type { MessageFormatElement } from 'react-intl';

export type Direction = 'ltr' | 'rtl';

/** Names the isolated form of an argument: the plain one still chooses among `select` and `plural`. */
export const ISOLATED = '\u2068';

const CONTROLS = /[\u202a-\u202e\u2066-\u2069]/g;
const TURNS = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\u200e\u200f\u061c]/u;

/** Left to right, only what needs it is isolated; right to left, everything: a phone number has no direction of its own. */
export function isolated(text: string, dir: Direction): string {
  const harmless = text.replace(CONTROLS, '');
  return dir === 'rtl' || TURNS.test(harmless) ? `\u2068${harmless}\u2069` : harmless;
}

/** Which way a name runs: cut short, it keeps its beginning. */
export const directionOf = (name: string): Direction => (TURNS.test(name) ? 'rtl' : 'ltr');

const ARGUMENT = 1;
const SELECT = 5;
const PLURAL = 6;

/** The message with its plain arguments asking for the isolated form. */
export function isolating(message: MessageFormatElement[]): MessageFormatElement[] {
  return message.map((part) => {
    if (part.type === ARGUMENT) return { ...part, value: ISOLATED + part.value };
    if (part.type !== SELECT && part.type !== PLURAL) return part;
    const options = Object.entries(part.options).map(([name, option]) => [name, { ...option, value: isolating(option.value) }]);
    return { ...part, options: Object.fromEntries(options) } as typeof part;
  });
}
