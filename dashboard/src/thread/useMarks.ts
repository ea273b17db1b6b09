/**
 * What became of a message takes no rev. Whoever has the conversation open is told on the staff's own topic, and reads those
 * messages again: many marks at once are one question.
 */

import { useCallback, useEffect, useRef } from 'react';

import { unsettled } from './timeline.js';
import type { Opened } from './useThread.js';

const TOGETHER_MS = 60;
/** Not while it is being opened: what was sent a moment ago may have arrived before the topic was joined. */
const AFTER_MS = 1_500;

export interface Marks {
  onMark(seq: number): void;
  onJoined(): void;
}

export function useMarks({ line, again, latest }: Opened): Marks {
  const seqs = useRef(new Set<number>());
  const timers = useRef<{ marks?: ReturnType<typeof setTimeout> | undefined; joined?: ReturnType<typeof setTimeout> | undefined }>({});
  const now = useRef(line);
  now.current = line;
  const joins = useRef(0);

  useEffect(() => {
    const running = timers.current;
    return () => {
      clearTimeout(running.marks);
      clearTimeout(running.joined);
    };
  }, []);

  const onMark = useCallback((seq: number) => {
    seqs.current.add(seq);
    timers.current.marks ??= setTimeout(() => {
      timers.current.marks = undefined;
      const told = [...seqs.current];
      seqs.current.clear();
      void again(told);
    }, TOGETHER_MS);
  }, [again]);

  const onJoined = useCallback(() => {
    const isFirst = ++joins.current === 1;
    clearTimeout(timers.current.joined);
    timers.current.joined = setTimeout(() => {
      const young = unsettled(now.current, Date.now());
      if (!isFirst) void latest(); // it was away: of anything it may have been told nothing
      else if (young.length > 0) void again(young);
    }, AFTER_MS);
  }, [again, latest]);

  return { onMark, onJoined };
}
