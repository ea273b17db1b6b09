/** One conversation: its head, its messages, and both kept true. Opening it costs two requests. */

import { useCallback, useEffect, useRef, useState } from 'react';

import type { Api } from '../api/http.js';
import type { Message, MessagePage, Thread } from '../api/schema.js';
import { useDesk } from '../desk.js';
import type { Hints } from '../live/hints.js';
import { BLANK, isMoving, merge, type Timeline } from './timeline.js';

const NEWEST = Number.MAX_SAFE_INTEGER;
const PAGE = 50;
const TOGETHER_MS = 60;
const MOVING_MS = 1_500;
/** Where the reading begins may be further up than the newest page: so far it is looked for before anything is shown. */
const UNREAD_PAGES = 2;

/** Conversations that were open a moment ago, shown at once when they are opened again; forgotten with the desk. */
const REMEMBERED = 20;
const memories = new WeakMap<Hints, Map<string, { thread: Thread; line: Timeline }>>();

function remember(hints: Hints, threadId: string, kept: { thread: Thread; line: Timeline }): void {
  const memory = memories.get(hints) ?? new Map<string, { thread: Thread; line: Timeline }>();
  memory.delete(threadId);
  memory.set(threadId, kept);
  for (const oldest of memory.keys()) {
    if (memory.size <= REMEMBERED) break;
    memory.delete(oldest);
  }
  memories.set(hints, memory);
}

/** Whether the first unread message is among those that are known. */
const reaches = ({ messages, hasOlder }: Timeline, readSeq: number): boolean => !hasOlder || (messages[0]?.seq ?? Infinity) <= readSeq + 1;

/** Have a conversation ready that is likely to be opened next. What it costs is what opening it would. */
export async function prefetch(api: Api, hints: Hints, threadId: string): Promise<void> {
  if (memories.get(hints)?.has(threadId)) return;
  try {
    const [thread, page] = await Promise.all([
      api.get<Thread>(`/threads/${threadId}`),
      api.get<MessagePage>(`/threads/${threadId}/messages`, { before_seq: NEWEST, limit: PAGE }),
    ]);
    if (memories.get(hints)?.has(threadId) || page.messages.length === 0) return;
    remember(hints, threadId, { thread, line: merge(BLANK, page.messages, { since: page.last_rev, hasOlder: page.has_more }) });
  } catch {
    // It is asked for again when it is opened, and says then what is wrong.
  }
}

export interface Opened {
  thread: Thread | null;
  line: Timeline;
  /** Up to where the staff had read when this was opened: where the reading begins. */
  readSeq: number | null;
  problem: unknown;
  older(): Promise<void>;
  /** Read one message again: what became of it changes without a new rev. */
  again(message: Message): Promise<void>;
  catchUp(): Promise<void>;
  refreshHead(): Promise<void>;
}

export function useThread(threadId: string): Opened {
  const { api, hints } = useDesk();
  const [known] = useState(() => memories.get(hints)?.get(threadId));
  const [thread, setThread] = useState<Thread | null>(known?.thread ?? null);
  const [line, setLine] = useState<Timeline>(known?.line ?? BLANK);
  const [readSeq, setReadSeq] = useState<number | null>(known?.thread.staff_read_seq ?? null);
  const [problem, setProblem] = useState<unknown>(null);
  const [isReached, setReached] = useState(() => known !== undefined && reaches(known.line, known.thread.staff_read_seq));
  const lineNow = useRef(line);
  lineNow.current = line;
  const isCurrent = useRef(true);
  const busy = useRef<Promise<void> | null>(null);

  const attempt = useCallback(async (what: () => Promise<void>) => {
    try {
      await what();
      if (isCurrent.current) setProblem(null);
    } catch (thrown) {
      if (isCurrent.current) setProblem(thrown);
    }
  }, []);

  const refreshHead = useCallback(() => attempt(async () => {
    const found = await api.get<Thread>(`/threads/${threadId}`);
    if (isCurrent.current) setThread((was) => (was && was.last_rev > found.last_rev ? was : found));
    if (isCurrent.current) setReadSeq((was) => was ?? found.staff_read_seq);
  }), [api, attempt, threadId]);

  const latest = useCallback(() => attempt(async () => {
    const page = await api.get<MessagePage>(`/threads/${threadId}/messages`, { before_seq: NEWEST, limit: PAGE });
    const isFirst = lineNow.current.messages.length === 0;
    if (isCurrent.current) setLine((was) => merge(was, page.messages, { since: page.last_rev, ...(isFirst && { hasOlder: page.has_more }) }));
  }), [api, attempt, threadId]);

  const catchUp = useCallback(async () => {
    // One at a time: a second caller waits for the first, then asks for what came after it.
    while (busy.current) await busy.current;
    busy.current = attempt(async () => {
      let since = lineNow.current.since;
      for (;;) {
        const page: MessagePage = await api.get(`/threads/${threadId}/messages`, { since, limit: PAGE });
        since = page.next_since;
        if (isCurrent.current) setLine((was) => merge(was, page.messages, { since }));
        if (!page.has_more) break;
      }
    }).finally(() => (busy.current = null));
    await busy.current;
  }, [api, attempt, threadId]);

  const before = useCallback(async (seq: number) => {
    const page = await api.get<MessagePage>(`/threads/${threadId}/messages`, { before_seq: seq, limit: PAGE });
    if (isCurrent.current) setLine((was) => merge(was, page.messages, { hasOlder: page.has_more }));
    return page;
  }, [api, threadId]);

  const older = useCallback(() => attempt(async () => {
    const first = lineNow.current.messages[0]?.seq;
    if (first !== undefined && lineNow.current.hasOlder) await before(first);
  }), [attempt, before]);

  const again = useCallback((message: Message) => attempt(async () => {
    const page = await api.get<MessagePage>(`/threads/${threadId}/messages`, { before_seq: message.seq + 1, limit: 1 });
    if (isCurrent.current) setLine((was) => merge(was, page.messages));
  }), [api, attempt, threadId]);

  // The first unread message is where the reading begins: looked for, within bounds, before the conversation is shown.
  const isAsked = useRef(false);
  const firstSeq = line.messages[0]?.seq;
  useEffect(() => {
    if (isReached || isAsked.current || readSeq === null || firstSeq === undefined) return;
    isAsked.current = true;
    void attempt(async () => {
      let [first, hasOlder] = [firstSeq, lineNow.current.hasOlder];
      for (let pages = 0; pages < UNREAD_PAGES && hasOlder && first > readSeq + 1; pages++) {
        const page = await before(first);
        [first, hasOlder] = [Math.min(first, ...page.messages.map((one) => one.seq)), page.has_more];
      }
    }).finally(() => isCurrent.current && setReached(true));
  }, [attempt, before, firstSeq, isReached, readSeq]);

  useEffect(() => {
    isCurrent.current = true;
    void refreshHead();
    void (known ? catchUp() : latest());
    return () => {
      isCurrent.current = false;
    };
  }, [refreshHead, latest, catchUp, known]);

  useEffect(() => {
    if (thread && line.messages.length > 0) remember(hints, threadId, { thread, line });
  }, [hints, threadId, thread, line]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
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

  // A dispatch moves without a new rev: while one is under way, its row is read again.
  const moving = isMoving(line);
  useEffect(() => {
    if (!moving) return undefined;
    const timer = setInterval(() => document.hidden || void latest(), MOVING_MS);
    return () => clearInterval(timer);
  }, [moving, latest]);

  const isEmpty = line.messages.length === 0 && thread?.last_seq === 0;
  return { thread, line, readSeq: isReached || isEmpty ? readSeq : null, problem, older, again, catchUp, refreshHead };
}
