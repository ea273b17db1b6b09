/** Single keys, for those who want them: never inside a field or a dialog, and off when the reader says so. */

import { useEffect, useState } from 'react';
import { tinykeys } from 'tinykeys';

const OFF = 'parley-keys-off';

export type Bindings = Record<string, () => void>;

export const areKeysOn = (): boolean => localStorage.getItem(OFF) === null;

export function switchKeys(isOn: boolean): void {
  if (isOn) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, '1');
}

export function useKeys(bindings: Bindings): void {
  const [latest] = useState<{ bindings: Bindings }>({ bindings });
  latest.bindings = bindings;
  const names = Object.keys(bindings).join(' ');
  useEffect(
    () =>
      tinykeys(window, Object.fromEntries(names.split(' ').map((name) => [
        name,
        (event: KeyboardEvent) => {
          if (!areKeysOn() || isElsewhere(event)) return;
          event.preventDefault();
          latest.bindings[name]?.();
        },
      ])), { ignore: (event) => event.repeat || event.isComposing }),
    [names, latest],
  );
}

function isElsewhere(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement;
  // The focus may be on nothing while a dialog is open: Tab leads out of it into the browser's own bars.
  if (document.querySelector('dialog[open], [role="menu"]') || target.closest('input:not([type="file"]), textarea, select, [contenteditable]')) return true;
  // Enter presses what has the focus; only where nothing has it, it opens the marked row.
  return event.key === 'Enter' && target.closest('a, button, summary, [role="button"], [role="menuitem"], [role="option"]') !== null;
}
