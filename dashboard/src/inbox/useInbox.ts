/** The inbox as it is, and kept so: pages by keyset, hints, gaps. */

import { useCallback, useEffect, useRef, useState } from 'react';

import type { ThreadHead } from '../api/schema.js';
import { useDesk } from '../desk.js';
import type { Hint } from '../live/hints.js';
import { belongs, keyOf, paramsOf, type Place } from './views.js';
import { back, drop, first, keep, newer, NOTHING, older, type Page, put, type Rows, settle } from './rows.js';

const TOGETHER_MS = 120;
const AT_ONCE = 20;

export interface Inbox extends Rows {
  problem: unknown;
  isLoading: boolean;
  more(): void;
  settle(): void;
  reload(): void;
  /** Something of ours changed it: shown before the server's hint comes. */
  replace(thread: Partial<ThreadHead> & { id: string }): void;
}

export function useInbox(place: Place): Inbox {
  const { api, hints, person } = useDesk();
  const [rows, setRows] = useState<Rows>(NOTHING);
  const [problem, setProblem] = useState<unknown>(null);
  const [isLoading, setLoading] = useState(true);
  const key = keyOf(place);
  const now = useRef({ key, rows, place });
  now.current = { key, rows, place };
  const isPaging = useRef(false);
  /** Those that left the view while the reader looked: what is taken back brings them back. */
  const left = useRef(new Set<string>());

  /** Applied only while the reader still looks at the view it was asked for. */
  const change = useCallback((asked: string, how: (rows: Rows) => Rows) => {
    if (now.current.key === asked) setRows(how);
  }, []);

  const load = useCallback(async (asked: string, at: Place) => {
    setLoading(true);
    try {
      const page = await api.get<Page>('/threads', { ...paramsOf(at), limit: 50 });
      change(asked, () => first(page));
      if (now.current.key === asked) setProblem(null);
    } catch (thrown) {
      if (now.current.key === asked) setProblem(thrown);
    } finally {
      if (now.current.key === asked) setLoading(false);
    }
  }, [api, change]);

  const catchUp = useCallback(async () => {
    const { key: asked, place: at } = now.current;
    let from = now.current.rows.newer;
    if (from === null) return load(asked, at);
    try {
      for (let pages = 0; ; pages++) {
        const page: Page = await api.get('/threads', { ...paramsOf(at), newer_than: from, limit: 50 });
        change(asked, (was) => newer(was, page));
        if (!page.next_cursor || pages >= AT_ONCE) break;
        from = page.next_cursor;
      }
      if (now.current.key === asked) setProblem(null);
    } catch (thrown) {
      if (now.current.key === asked) setProblem(thrown);
    }
    return undefined;
  }, [api, change, load]);

  const refresh = useCallback(async (threadIds: string[]) => {
    const { key: asked, place: at } = now.current;
    for (const id of threadIds) {
      try {
        const thread = await api.get<ThreadHead>(`/threads/${id}`);
        const stays = belongs(thread, at, person.userId);
        if (!stays) left.current.add(id);
        change(asked, (was) => (!stays && at.thread !== id ? drop(was, id) : left.current.has(id) && stays ? back(was, thread) : put(was, thread)));
      } catch {
        // It cannot be read any more, or not now: the next hint, or the next look, tells.
      }
    }
  }, [api, change, person.userId]);

  useEffect(() => {
    setRows(NOTHING);
    left.current.clear();
    void load(key, now.current.place);
  }, [key, load]);

  // What does not belong here any more stays in its place while it is open, and leaves when the reader turns to another.
  useEffect(() => {
    const { rows: { shown }, place: at } = now.current;
    const stays = (row: ThreadHead) => row.id === place.thread || belongs(row, at, person.userId);
    for (const row of shown) if (!stays(row)) left.current.add(row.id);
    setRows((was) => keep(was, stays));
  }, [place.thread, person.userId]);

  useEffect(() => {
    const moved = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      const known = new Set(now.current.rows.shown.map((row) => row.id));
      const ids = [...moved].filter((id) => known.has(id) || left.current.has(id)).slice(0, AT_ONCE);
      moved.clear();
      void catchUp().then(() => refresh(ids));
    };
    const stop = hints.listen({
      onHints(found: Hint[]) {
        for (const { threadId, isNote } of found) if (!isNote) moved.add(threadId);
        if (moved.size) timer ??= setTimeout(flush, TOGETHER_MS);
      },
      onGap: () => void load(now.current.key, now.current.place),
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [hints, catchUp, refresh, load]);

  const more = useCallback(() => {
    const { key: asked, place: at, rows: { cursor } } = now.current;
    if (cursor === null || isPaging.current) return;
    isPaging.current = true;
    api.get<Page>('/threads', { ...paramsOf(at), cursor, limit: 50 })
      .then((page) => change(asked, (was) => older(was, page)), setProblem)
      .finally(() => (isPaging.current = false));
  }, [api, change]);

  return {
    ...rows,
    problem,
    isLoading,
    more,
    settle: () => setRows(settle),
    reload: () => void load(key, place),
    replace: ({ id, ...fields }) => setRows((was) => ({ ...was, shown: was.shown.map((row) => (row.id === id ? { ...row, ...fields } : row)) })),
  };
}
