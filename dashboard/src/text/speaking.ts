/**
 * Who hears which language: the one a person chose for himself at his tenant, else the one chosen on this device, else the
 * browser's. The page says which one it is in, and in which direction it runs.
 */

import { useSyncExternalStore } from 'react';

import { direction, speak, spoken } from './intl.js';
import { languageFor, type Tag } from './languages.js';

const DEVICE = 'parley-language';
let changes = 0;
const listeners = new Set<() => void>();

/** `own` is what a person chose; nobody's while nobody is signed in. */
export async function speakFor(own: string | null): Promise<void> {
  await begin(languageFor([own, chosenHere(), ...navigator.languages]));
}

export const chosenHere = (): string | null => localStorage.getItem(DEVICE);

/** On this device, for whoever has chosen nothing himself; null follows the browser. */
export async function chooseHere(tag: Tag | null): Promise<void> {
  if (tag) localStorage.setItem(DEVICE, tag);
  else localStorage.removeItem(DEVICE);
  await speakAgain(null);
}

/** Everything that is shown is said anew. */
export async function speakAgain(own: string | null): Promise<void> {
  await speakFor(own);
  changes++;
  for (const told of listeners) told();
}

/** A key for what shows words: a new one when they are to be said anew. */
export function useSpeech(): number {
  return useSyncExternalStore(
    (told) => {
      listeners.add(told);
      return () => listeners.delete(told);
    },
    () => changes,
  );
}

async function begin(tag: Tag): Promise<void> {
  try {
    await speak(tag);
  } catch {
    // The catalogue cannot be had now: whatever is spoken already goes on.
  }
  document.documentElement.lang = spoken();
  document.documentElement.dir = direction();
}
