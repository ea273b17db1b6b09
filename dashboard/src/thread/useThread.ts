/**
 * One conversation: its head, its messages, and both kept true. Opening it costs four requests at most: what it begins with
 * (two), that it was read (which answers with the head as it is then), and its notes where there are some. The last two wait
 * until hints are heard, so that nothing can come in between.
 */

import { useCallback, useEffect, useRef, useState } from 'react';

import type { MessagePage, Thread, ThreadHead } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { recall, remember } from './memory.js';
import { lookAgain } from './patience.js';
import { BLANK, merge, MOST, moving, NEWEST, PAGE, pageFor, type Timeline } from './timeline.js';

const TOGETHER_MS = 60;

export interface Opened {
  thread: Thread | null;
  line: Timeline;
  /** Up to where the staff had read when this was opened: where the reading begins. Null until there is something to show. */
  readSeq: number | null;
  /** Hints are heard, or nobody should wait for them: what is asked for from now on stays true. */
  isReady: boolean;
  /** Nothing can have happened since it was read: hints were heard all the while. */
  isCertain(): boolean;
  problem: unknown;
  older(): Promise<void>;
  /** Read messages again: what became of them changes without a new rev. */
  again(seqs: readonly number[]): Promise<void>;
  latest(): Promise<void>;
  catchUp(): Promise<void>;
  refreshHead(): Promise<void>;
  /** The head as somebody else got it: what is newer than what is shown is asked for. */
  settle(found: Thread): void;
  retry(): void;
}

export function useThread(threadId: string, row: ThreadHead | undefined): Opened {
  const { api, hints } = useDesk();
  const [known] = useState(() => recall(hints, threadId, row));
  const [size] = useState(() => pageFor(row));
  const [thread, setThread] = useState<Thread | null>(known?.thread ?? null);
  const [line, setLine] = useState<Timeline>(known?.line ?? BLANK);
  const [readSeq, setReadSeq] = useState<number | null>(known?.thread.staff_read_seq ?? null);
  const [problem, setProblem] = useState<unknown>(null);
  const [isRead, setRead] = useState(known !== undefined);
  const [isReady, setReady] = useState(false);
  const now = useRef({ line, isRead, isReady, isCertain: false });
  Object.assign(now.current, { line, isRead, isReady });
  const isCurrent = useRef(true);
  const busy = useRef<Promise<void> | null>(null);

  const attempt = useCallback(async (what: () => Promise<void>) => {
    try {
      await what();
      // A head is no conversation: what could not be read is said until it is.
      if (isCurrent.current && now.current.isRead) setProblem(null);
    } catch (thrown) {
      if (isCurrent.current) setProblem(thrown);
    }
  }, []);

  /** One after the other: what was asked for first never replaces what was asked for later. */
  const inOrder = useCallback(async (what: () => Promise<void>) => {
    while (busy.current) await busy.current;
    busy.current = attempt(what).finally(() => (busy.current = null));
    await busy.current;
  }, [attempt]);

  const ask = useCallback((params: { since?: number; before_seq?: number; limit: number }) => api.get<MessagePage>(`/threads/${threadId}/messages`, params), [api, threadId]);

  const change = useCallback((how: (was: Timeline) => Timeline) => {
    if (isCurrent.current) setLine(how);
  }, []);

  const take = useCallback((found: Thread) => {
    if (!isCurrent.current) return;
    setThread((was) => (was && was.last_rev > found.last_rev ? was : found));
    setReadSeq((was) => was ?? found.staff_read_seq);
  }, []);

  const refreshHead = useCallback(() => attempt(async () => take(await api.get<Thread>(`/threads/${threadId}`))), [api, attempt, take, threadId]);

  const newest = useCallback((limit: number) => inOrder(async () => {
    const page = await ask({ before_seq: NEWEST, limit });
    const isFirst = !now.current.isRead;
    // Only what is read first says where to go on from: later ones leave out what changed further up.
    change((was) => merge(was, page.messages, isFirst ? { since: page.last_rev, hasOlder: page.has_more } : {}));
    now.current.isRead = true;
    if (isCurrent.current) setRead(true);
  }), [ask, change, inOrder]);
  const latest = useCallback(() => newest(PAGE), [newest]);

  const catchUp = useCallback(async () => {
    if (!now.current.isRead) return newest(size);
    return inOrder(async () => {
      for (let since = now.current.line.since, isOver = false; !isOver;) {
        const page = await ask({ since, limit: MOST });
        isOver = !page.has_more;
        since = pastOf(page);
        change((was) => merge(was, page.messages, { since }));
      }
    });
  }, [ask, change, inOrder, newest, size]);

  /** It is shown as it was: what changed since, and what became of the newest, which has no rev. */
  const renew = useCallback(() => inOrder(async () => {
    const [changed, last] = await Promise.all([ask({ since: now.current.line.since, limit: MOST }), ask({ before_seq: NEWEST, limit: PAGE })]);
    change((was) => changed.has_more
      ? merge(BLANK, last.messages, { since: last.last_rev, hasOlder: last.has_more })
      : merge(merge(was, changed.messages, { since: pastOf(changed) }), last.messages));
  }), [ask, change, inOrder]);

  const older = useCallback(() => inOrder(async () => {
    const { messages: [first], hasOlder } = now.current.line;
    if (!first || !hasOlder) return;
    const page = await ask({ before_seq: first.seq, limit: PAGE });
    change((was) => merge(was, page.messages, { hasOlder: page.has_more }));
  }), [ask, change, inOrder]);

  const again = useCallback((seqs: readonly number[]) => inOrder(async () => {
    const { messages } = now.current.line;
    const [first, last] = [messages[0]?.seq ?? Infinity, messages.at(-1)?.seq ?? 0];
    const shown = seqs.filter((seq) => seq >= first && seq <= last);
    if (shown.length === 0) return;
    const end = Math.max(...shown);
    const page = await ask({ before_seq: end + 1, limit: Math.min(end - Math.min(...shown) + 1, MOST) });
    change((was) => merge(was, page.messages));
  }), [ask, change, inOrder]);

  const settle = useCallback((found: Thread) => {
    take(found);
    if (found.last_rev > now.current.line.since) void catchUp();
  }, [catchUp, take]);

  useEffect(() => {
    let isOver = false;
    isCurrent.current = true;
    now.current.isCertain = hints.join > 0 && !known;
    const open = async () => {
      const { join } = hints;
      await Promise.all(known ? [renew()] : [refreshHead(), newest(size)]);
      await hints.ready();
      if (isOver) return;
      now.current.isCertain &&= join === hints.join;
      setReady(true);
    };
    void open();
    return () => {
      isOver = true;
      isCurrent.current = false;
    };
  }, [hints, known, newest, refreshHead, renew, size]);

  useEffect(() => {
    if (thread && line.messages.length > 0) remember(hints, threadId, { thread, line });
  }, [hints, threadId, thread, line]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      now.current.isCertain = false;
      // While it is being opened there is a look to come, after all of this.
      if (!now.current.isReady) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        void catchUp();
        void refreshHead();
      }, TOGETHER_MS);
    };
    const stop = hints.listen({
      onHints: (found) => found.some((hint) => hint.threadId === threadId && !hint.isNote) && look(),
      onGap: look,
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [hints, threadId, catchUp, refreshHead]);

  // A dispatch moves without a new rev: while one is under way, its row is read again, ever more rarely.
  const underWay = moving(line);
  useEffect(() => (underWay ? lookAgain(() => void latest()) : undefined), [underWay, latest]);

  return {
    thread, line, readSeq: isRead ? readSeq : null, isReady, problem, older, again, latest, catchUp, refreshHead, settle,
    isCertain: useCallback(() => now.current.isCertain, []),
    retry: () => {
      void refreshHead();
      void catchUp();
    },
  };
}

/** Where to go on from after a page of changes. When it was the last one, that is where the conversation stood. */
const pastOf = (page: MessagePage): number => (page.has_more ? page.next_since : Math.max(page.next_since, page.last_rev));
