/** Who else has this conversation open, and who writes in it: on a topic of the staff's own, which its customer does not hear; forgotten after 10 s. */

import { useCallback, useEffect, useRef, useState } from 'react';
import { Live } from 'parley-client/live';

import { useDesk } from '../desk.js';

const TELL_EVERY_MS = 3_000;
const FORGET_AFTER_MS = 10_000;

export interface Colleagues {
  here: string[];
  writing: string[];
  /** Call it at every key: it tells the others now and then. */
  iWrite(): void;
}

export function useColleagues(threadId: string): Colleagues {
  const { auth, person, members } = useDesk();
  const [here, setHere] = useState<string[]>([]);
  const [writing, setWriting] = useState<ReadonlyMap<string, number>>(new Map());
  const live = useRef<Live | null>(null);
  const toldAt = useRef(0);

  useEffect(() => {
    setHere([]);
    setWriting(new Map());
    const staff = new Set(members.map((one) => one.user_id));
    const topic = new Live(auth.supabase, `desk:${threadId}`, {
      presenceKey: person.userId,
      onPresence: (keys) => setHere(keys.filter((key) => key !== person.userId && staff.has(key))),
      onJoined: () => undefined,
      onEvent: (event, payload) => {
        const who = payload['user_id'];
        if (event !== 'desk.writing' || typeof who !== 'string' || !staff.has(who) || who === person.userId) return;
        setWriting((was) => new Map(was).set(who, Date.now()));
      },
    });
    live.current = topic;
    topic.start();
    const timer = setInterval(() => {
      const old = Date.now() - FORGET_AFTER_MS;
      setWriting((was) => ([...was.values()].some((at) => at < old) ? new Map([...was].filter(([, at]) => at >= old)) : was));
    }, 1_000);
    return () => {
      clearInterval(timer);
      live.current = null;
      void topic.stop();
    };
  }, [auth, members, person.userId, threadId]);

  const iWrite = useCallback(() => {
    if (Date.now() - toldAt.current < TELL_EVERY_MS) return;
    toldAt.current = Date.now();
    void live.current?.tell('desk.writing', { user_id: person.userId });
  }, [person.userId]);

  return { here, writing: [...writing.keys()], iWrite };
}
