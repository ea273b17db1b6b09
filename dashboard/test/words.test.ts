import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { afterEach, describe, expect, it } from 'vitest';

import { faults, read, translated } from '../scripts/words.js';
import { direction, listOf, moment, speak, t, type TextId } from '../src/text/intl.js';
import { languageFor, localeFor, PSEUDO, TAGS } from '../src/text/languages.js';

const en = read('en');
const IDS = Object.keys(en) as TextId[];

afterEach(() => speak('en'));

describe('every catalogue', () => {
  it.each(translated())('%s says all that English says (what it lacks: `npm run words`)', (tag) => {
    expect(faults(tag, en, read(tag))).toEqual({ missing: {}, strange: [], wrong: [] });
  });

  it('is one the desk offers', () => {
    expect(['en', ...translated()].sort()).toEqual([...TAGS].sort());
  });

  it('is told apart from one with faults', () => {
    const found = faults('ar', { a: '{n, plural, one {#} other {#}}', b: '{who}', c: 'x' }, { a: '{n, plural, one {#} other {#}}', b: '{what}', d: '' });
    expect(found.missing).toEqual({ c: 'x' });
    expect(found.strange).toEqual(['d']);
    expect(found.wrong).toEqual(expect.arrayContaining(['b: lacks {who argument}', 'a: lacks the form {n plural few}']));
  });
});

describe('the language', () => {
  it('is the first one wanted that there is, and English where there is none', () => {
    expect(languageFor([null, 'fr-FR', 'de-AT', 'ar'])).toBe('de');
    expect(languageFor(['pt_BR@latin', undefined, 'AR-eg'])).toBe('ar');
    expect(languageFor(['fr'])).toBe('en');
    expect(languageFor([PSEUDO, 'de'])).toBe(PSEUDO);
  });

  it('is written as the region of the reader writes it', () => {
    expect(localeFor('de', ['en-US@posix', 'en-US', 'de-AT'])).toBe('de-AT');
    expect(localeFor('ar', ['en-US'])).toBe('ar');
  });

  it('counts as its grammar does', async () => {
    await speak('ar');
    expect(direction()).toBe('rtl');
    const said = [1, 2, 3, 11, 100].map((n) => t('inbox.unread', { n }));
    expect(new Set(said.map((one) => one.replace(/\d+/, '#'))).size).toBe(4);
    expect(said[1]).toBe('رسالتان غير مقروءتين');
    expect(said[2]).toMatch(/^3 /);
  });
});

describe('a text of others inside one of ours', () => {
  it('stands by itself where it would be torn apart, and can turn nothing else round', async () => {
    expect(t('action.assigned', { name: 'Ana' })).toBe('Assigned to Ana');
    expect(t('action.assigned', { name: 'נועה' })).toBe('Assigned to \u2068נועה\u2069');
    expect(t('action.assigned', { name: '\u202egnp.exe\u2069' })).toBe('Assigned to gnp.exe');
    await speak('ar');
    expect(t('contacts.none', { address: '+49 170 1' })).toContain('\u2068+49 170 1\u2069');
    expect(listOf(['Ana', 'Bo'])).toMatch(/\u2068Ana\u2069.*\u2068Bo\u2069/);
  });

  it('still chooses among what a message says of it', async () => {
    await speak('ar');
    expect(t('nav.screen', { screen: 'tasks' })).toBe('المهام');
    expect(t('nav.screen', { screen: 'unheard' })).toBe('\u2068unheard\u2069');
  });
});

describe('the language nobody speaks', () => {
  it('stretches and brackets every text, and loses no argument', async () => {
    await speak(PSEUDO);
    for (const id of IDS) {
      const values = Object.fromEntries([...(en[id] as string).matchAll(/\{(\w+)/g)].map(([, name]) => [name as string, 7]));
      expect(t(id, values), id).toMatch(/^⟦[^]*⟧$/);
    }
    const plain = en['app.offline'] as string;
    expect(t('app.offline').length).toBeGreaterThan(plain.length * 1.3);
    expect(t('action.assigned', { name: 'Ana' })).toMatch(/^⟦Å.*Ana⟧$/);
    expect(moment('2026-11-30T12:00:00Z')).toMatch(/^⟦.*2026.*⟧$/);
  });
});

describe('the style sheets', () => {
  const folder = fileURLToPath(new URL('../src/', import.meta.url));
  const sheets = readdirSync(folder, { recursive: true }).map(String).filter((name) => name.endsWith('.css'));
  const PHYSICAL = /(?:^|[;{\s])((?:margin|padding|border)-(?:left|right)[\w-]*|left|right|float|text-align\s*:\s*(?:left|right)|border-(?:top|bottom)-(?:left|right)-radius)\s*[:;}]/g;

  it.each(sheets)('%s says start and end, never left and right', (name) => {
    const text = readFileSync(folder + name, 'utf8').replace(/\/\*[^]*?\*\//g, '');
    expect([...text.matchAll(PHYSICAL)].map(([, what]) => what)).toEqual([]);
  });
});
