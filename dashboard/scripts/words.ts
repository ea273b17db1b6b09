/**
 * What the catalogues lack against English, ready to be translated: `npm run words` prints it per language, and fails while
 * there is any. A language that lacks an id says it in English meanwhile.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { createIntl, createIntlCache, type MessageFormatElement } from 'react-intl';

export type Words = Record<string, string>;

const FOLDER = fileURLToPath(new URL('../src/text/', import.meta.url));
const KINDS = ['literal', 'argument', 'number', 'date', 'time', 'select', 'plural', 'pound', 'tag'];

export const read = (tag: string): Words => JSON.parse(readFileSync(`${FOLDER}${tag}.json`, 'utf8')) as Words;

/** Every language there is a catalogue of, besides English. */
export const translated = (): string[] => readdirSync(FOLDER).flatMap((name) => (/^[a-z]{2,3}\.json$/.test(name) && name !== 'en.json' ? [name.slice(0, -5)] : []));

export interface Faults {
  /** Ids without a translation, with the English text. */
  missing: Words;
  /** Ids English does not know any more. */
  strange: string[];
  /** Translations that take other arguments, choose among other things, or leave a plural form of the language out. */
  wrong: string[];
}

export function faults(tag: string, en: Words, other: Words): Faults {
  const missing = Object.entries(en).filter(([id]) => other[id] === undefined);
  const known = Object.entries(other).filter(([id]) => en[id] !== undefined);
  return {
    missing: Object.fromEntries(missing),
    strange: Object.keys(other).filter((id) => en[id] === undefined),
    wrong: known.flatMap(([id, text]) => differences(tag, en[id] as string, text).map((what) => `${id}: ${what}`)),
  };
}

function differences(tag: string, english: string, text: string): string[] {
  const [wanted, found] = [shape('en', english), shape(tag, text)];
  const forms = new Intl.PluralRules(tag).resolvedOptions().pluralCategories;
  const lost = [...wanted].filter((one) => !found.has(one));
  const made = [...found].filter((one) => !wanted.has(one) && !one.includes(' plural '));
  const unsaid = [...wanted].flatMap((one) => (/^\S+ plural$/.test(one) ? forms.map((form) => `${one} ${form}`) : [])).filter((one) => !found.has(one));
  return [
    ...lost.filter((one) => !one.includes(' plural ')).map((one) => `lacks {${one}}`),
    ...made.map((one) => `has {${one}}, which English has not`),
    ...unsaid.map((one) => `lacks the form {${one}}`),
  ];
}

/** What a message takes: `name kind`, and for what it chooses among `name kind option`. */
function shape(tag: string, text: string): Set<string> {
  const intl = createIntl({ locale: tag, onError: () => undefined }, createIntlCache());
  const found = new Set<string>();
  const walk = (parts: MessageFormatElement[]) => {
    for (const part of parts) {
      const kind = KINDS[part.type] as string;
      if (kind === 'literal' || kind === 'pound') continue;
      const name = 'value' in part ? String(part.value) : '';
      found.add(`${name} ${kind}`);
      for (const [option, chosen] of 'options' in part ? Object.entries(part.options) : []) {
        found.add(`${name} ${kind} ${option}`);
        walk(chosen.value);
      }
    }
  };
  walk(intl.formatters.getMessageFormat(text, tag).getAst());
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const en = read('en');
  for (const tag of translated()) {
    const { missing, strange, wrong } = faults(tag, en, read(tag));
    if (Object.keys(missing).length) console.log(`${tag}.json lacks:`, JSON.stringify(missing, null, 2));
    for (const id of strange) console.log(`${tag}.json has ${id}, which en.json has not`);
    for (const one of wrong) console.log(`${tag}.json, ${one}`);
    if (Object.keys(missing).length + strange.length + wrong.length) process.exitCode = 1;
  }
}
