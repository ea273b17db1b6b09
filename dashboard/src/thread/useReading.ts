/**
 * What is in sight was read: said to the server once for every new end. It answers with the head as it is then, which tells
 * as well whether anything came while the conversation was being opened; whoever says nothing asks.
 */

import { useEffect, useRef } from 'react';

import type { ReadState, Thread } from '../api/schema.js';
import { useDesk } from '../desk.js';
import type { Opened } from './useThread.js';

interface Told {
  /** It is read, for everybody. */
  onRead(threadId: string): void;
  /** It is open: what it asked for is there. */
  onSettled(threadId: string): void;
}

export function useReading(threadId: string, { line, isReady, isCertain, settle }: Opened, isAllowed: boolean, { onRead, onSettled }: Told): void {
  const { api } = useDesk();
  const told = useRef(0);
  const isSettled = useRef(false);
  const lastSeq = line.messages.at(-1)?.seq ?? 0;
  useEffect(() => {
    if (!isReady) return undefined;
    const look = async () => {
      if (!isCertain()) await api.get<Thread>(`/threads/${threadId}`).then(settle, () => (isSettled.current = false));
      onSettled(threadId);
    };
    const say = async () => {
      told.current = lastSeq;
      try {
        const { conversation } = await api.post<ReadState>(`/threads/${threadId}/read`, { seq: lastSeq });
        onRead(threadId);
        if (conversation) settle(conversation);
        onSettled(threadId);
      } catch {
        told.current = 0;
        await look();
      }
    };
    const tell = () => {
      const isNews = isAllowed && lastSeq > told.current;
      if (isNews && document.hidden) return; // it is said, and settled, when somebody looks
      if (isNews) void say();
      else if (!isSettled.current) void look();
      isSettled.current = true;
    };
    tell();
    document.addEventListener('visibilitychange', tell);
    return () => document.removeEventListener('visibilitychange', tell);
  }, [api, threadId, lastSeq, isAllowed, isReady, isCertain, settle, onRead, onSettled]);
}
