/** One line about what was just done, with the way back where there is one. The last one counts. */

import { useSyncExternalStore } from 'react';

export interface Toast {
  text: string;
  undo?: (() => void) | undefined;
}

const STAYS_MS = 8_000;
let current: Toast | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

export function say(text: string, undo?: () => void): void {
  set({ text, undo });
}

export function undoLast(): void {
  const undo = current?.undo;
  set(null);
  undo?.();
}

function set(toast: Toast | null): void {
  clearTimeout(timer);
  current = toast;
  if (toast) timer = setTimeout(() => set(null), STAYS_MS);
  for (const told of listeners) told();
}

export function useToast(): Toast | null {
  return useSyncExternalStore(
    (told) => {
      listeners.add(told);
      return () => listeners.delete(told);
    },
    () => current,
  );
}
