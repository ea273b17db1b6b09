/** Notes of the staff on a conversation: asked for when it opens, and again whenever a hint says that one changed. */

import { useCallback, useEffect, useRef, useState } from 'react';

import type { NotePut, ThreadNote, ThreadNoteList } from '../api/schema.js';
import { useDesk } from '../desk.js';
import type { Hints } from '../live/hints.js';

const PAGES_MOST = 5;
const REMEMBERED = 40;

/** Shown at once when a conversation is opened again; forgotten with the desk. */
const memories = new WeakMap<Hints, Map<string, ThreadNote[]>>();

export interface Notes {
  notes: readonly ThreadNote[];
  change(id: string, note: string): Promise<void>;
  remove(id: string): Promise<void>;
  /** One of ours that was just written. */
  put(note: NotePut): void;
}

/**
 * `hasSome`: whether its head says that there are any; null while that is not known. What is not there is not asked for, and
 * nothing before `isReady`, when hints are heard.
 */
export function useNotes(threadId: string, hasSome: boolean | null, isReady: boolean): Notes {
  const { api, hints } = useDesk();
  const [notes, setNotes] = useState<ThreadNote[]>(() => memories.get(hints)?.get(threadId) ?? []);
  const isCurrent = useRef(true);
  const asked = useRef(0);
  const isWanted = useRef(false);

  const keep = useCallback((change: (was: ThreadNote[]) => ThreadNote[]) => {
    setNotes((was) => {
      const made = change(was).toSorted((a, b) => a.created_at.localeCompare(b.created_at) || a.id.localeCompare(b.id));
      const memory = memories.get(hints) ?? new Map<string, ThreadNote[]>();
      memory.delete(threadId);
      memory.set(threadId, made);
      for (const oldest of memory.keys()) {
        if (memory.size <= REMEMBERED) break;
        memory.delete(oldest);
      }
      memories.set(hints, memory);
      return made;
    });
  }, [hints, threadId]);

  const load = useCallback(async () => {
    const mine = ++asked.current;
    const found: ThreadNote[] = [];
    let cursor: string | null | undefined;
    try {
      for (let pages = 0; pages < PAGES_MOST; pages++) {
        const page: ThreadNoteList = await api.get(`/threads/${threadId}/notes`, { cursor });
        found.push(...page.items);
        cursor = page.next_cursor;
        if (!cursor) break;
      }
    } catch {
      return; // The conversation itself says what is wrong; the next hint, or the next look, asks again.
    }
    if (isCurrent.current && mine === asked.current) keep(() => found);
  }, [api, keep, threadId]);

  useEffect(() => {
    isCurrent.current = true;
    const stop = hints.listen({
      onHints: (told) => {
        if (!told.some((hint) => hint.isNote && hint.threadId === threadId)) return;
        if (isReady) void load();
        else isWanted.current = true;
      },
      onGap: () => void (hasSome && isReady && load()), // the head is read again, too, and says whether there are any by now
    });
    return () => {
      isCurrent.current = false;
      stop();
    };
  }, [hasSome, hints, isReady, load, threadId]);

  useEffect(() => {
    if (isReady && (hasSome || isWanted.current)) void load();
    else if (hasSome === false) keep(() => []);
  }, [hasSome, isReady, keep, load]);

  const put = useCallback((note: ThreadNote) => keep((was) => [...was.filter((one) => one.id !== note.id), note]), [keep]);
  return {
    notes,
    put,
    change: async (id, note) => put(await api.patch<NotePut>(`/notes/${id}`, { note })),
    remove: async (id) => {
      await api.delete(`/notes/${id}`);
      keep((was) => was.filter((one) => one.id !== id));
    },
  };
}
