/**
 * Who else has this conversation open, and who writes in it: on a topic of the staff's own, which its customer does not hear.
 * It tells as well what became of what was sent. Presence tells at once who comes and goes; whoever says nothing for 10 s (asleep, cut off, another tab in front) is not here,
 * whatever the server holds.
 */

import { useCallback, useEffect, useRef, useState } from 'react';
import { Live } from 'parley-client/live';

import { useDesk } from '../desk.js';
import type { Marks } from './useMarks.js';

const TELL_EVERY_MS = 3_000;
const LOOK_EVERY_MS = 1_000;
const FORGET_AFTER_MS = 10_000;

/** Who was heard of, and when last. */
type Heard = ReadonlyMap<string, number>;

const NOBODY: Heard = new Map();

function recent(was: Heard): Heard {
  const old = Date.now() - FORGET_AFTER_MS;
  return [...was.values()].some((at) => at < old) ? new Map([...was].filter(([, at]) => at >= old)) : was;
}

export interface Colleagues {
  here: string[];
  writing: string[];
  /** Call it at every key: it tells the others now and then. */
  iWrite(): void;
}

export function useColleagues(threadId: string, { onMark, onJoined }: Marks): Colleagues {
  const { auth, person, members } = useDesk();
  const [here, setHere] = useState<Heard>(NOBODY);
  const [writing, setWriting] = useState<Heard>(NOBODY);
  const live = useRef<Live | null>(null);
  const toldAt = useRef(0);
  const beatAt = useRef(0);

  useEffect(() => {
    setHere(NOBODY);
    setWriting(NOBODY);
    const staff = new Set(members.map((one) => one.user_id));
    const isColleague = (who: unknown): who is string => typeof who === 'string' && staff.has(who) && who !== person.userId;
    const topic = new Live(auth.supabase, `desk:${threadId}`, {
      presenceKey: person.userId,
      onPresence: (keys) => setHere((was) => new Map(keys.filter(isColleague).map((key) => [key, was.get(key) ?? Date.now()]))),
      onJoined: (isJoined) => isJoined && onJoined(),
      onEvent: (event, payload) => {
        if (event === 'delivery.changed') return onMark(Number(payload['seq']));
        const who = payload['user_id'];
        if (!isColleague(who) || !(event === 'desk.here' || event === 'desk.writing')) return undefined;
        setHere((was) => new Map(was).set(who, Date.now()));
        if (event === 'desk.writing') setWriting((was) => new Map(was).set(who, Date.now()));
        return undefined;
      },
    });
    live.current = topic;
    topic.start();
    const look = () => {
      setHere(recent);
      setWriting(recent);
      if (document.hidden || Date.now() - beatAt.current < TELL_EVERY_MS) return;
      beatAt.current = Date.now();
      void topic.tell('desk.here', { user_id: person.userId });
    };
    const timer = setInterval(look, LOOK_EVERY_MS);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
      live.current = null;
      void topic.stop();
    };
  }, [auth, members, onJoined, onMark, person.userId, threadId]);

  const iWrite = useCallback(() => {
    if (Date.now() - toldAt.current < TELL_EVERY_MS) return;
    toldAt.current = Date.now();
    void live.current?.tell('desk.writing', { user_id: person.userId });
  }, [person.userId]);

  return { here: [...here.keys()], writing: [...writing.keys()], iWrite };
}
