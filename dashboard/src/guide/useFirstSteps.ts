/** How far the tenant is on the way to its first answered message. Once it is there, nobody asks again. */

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';

import type { FirstStepsTold } from '../api/schema.js';
import { useDesk } from '../desk.js';

const HIDDEN = 'parley-guide-hidden';
const DONE = 'parley-guide-done';
const TOGETHER_MS = 300;

const listeners = new Set<() => void>();

function keep(name: string, isSo: boolean): void {
  if (isSo) localStorage.setItem(name, '1');
  else localStorage.removeItem(name);
  for (const told of listeners) told();
}

const useKept = (name: string): boolean => useSyncExternalStore((told) => (listeners.add(told), () => listeners.delete(told)), () => localStorage.getItem(name) !== null);

/** `isAsked`: the reader opened the guide himself; else it stays away where it is done or hidden. */
export function useFirstSteps(isAsked: boolean) {
  const { api, hints, person } = useDesk();
  const queries = useQueryClient();
  const hidden = `${HIDDEN}:${person.tenantId}:${person.userId}`;
  const done = `${DONE}:${person.tenantId}`;
  const isHidden = useKept(hidden);
  const wasDone = useKept(done);
  const isWanted = isAsked || !(isHidden || wasDone);
  const { data, error, refetch } = useQuery({ queryKey: [person.tenantId, 'first-steps'], queryFn: () => api.get<FirstStepsTold>('/first-steps'), enabled: isWanted });

  // Each step ticks itself by what happens, not by what was pressed.
  useEffect(() => {
    if (!isWanted) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = () => void (timer ??= setTimeout(() => {
      timer = undefined;
      void queries.invalidateQueries({ queryKey: [person.tenantId, 'first-steps'] });
    }, TOGETHER_MS));
    const stop = hints.listen({ onHints: soon, onGap: soon });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [hints, queries, person.tenantId, isWanted]);

  return {
    steps: data,
    problem: error,
    again: () => void refetch(),
    isHidden,
    /** It is over, or not wanted: the inbox is an inbox. */
    isAway: !isWanted,
    hide: (isSo: boolean) => keep(hidden, isSo),
    finish: () => keep(done, true),
  };
}

export const STEPS = 4;

export const countDone = (steps: FirstStepsTold): number => [steps.has_account, steps.has_knowledge, steps.first_thread_id !== null, steps.is_answered].filter(Boolean).length;
