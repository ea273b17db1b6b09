/** What the staff does with a conversation. What can be taken back is done at once and offers to be. */

import { type MutableRefObject, useMemo, useRef, useState } from 'react';

import { lineOf } from '../admin/change.js';
import type { Thread, ThreadState } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { say } from '../shell/toast.js';
import { t } from '../text/intl.js';

export interface Actions {
  takeOver(): void;
  handBack(): void;
  assign(): void;
  snooze(): void;
  close(): void;
  resolve(messageId: string, resolution: 'sent' | 'failed'): Promise<void>;
  /** Grows with every change that was made. */
  version: number;
  /** The conversation that is open, as it is shown. */
  current: MutableRefObject<Thread | null>;
}

const MORNING = 8;

export function useActions(threadId: string | undefined, changed: (state: ThreadState) => void): Actions {
  const { api, person } = useDesk();
  const [version, setVersion] = useState(0);
  const current = useRef<Thread | null>(null);
  const calls = useMemo(() => {
    const post = async (action: string, body?: unknown): Promise<boolean> => {
      try {
        changed(await api.post<ThreadState>(`/threads/${threadId}/${action}`, body));
        setVersion((was) => was + 1);
        return true;
      } catch (thrown) {
        say(lineOf(thrown));
        return false;
      }
    };
    const does = async (text: string, action: string, body: unknown, back?: [string, unknown?]) => {
      if (!threadId || !(await post(action, body))) return;
      say(text, back && (() => void post(...back).then((isDone) => isDone && say(t('action.undone')))));
    };
    return {
      takeOver: () => void does(t('control.takenOver'), 'take-over', undefined, ['hand-back']),
      handBack: () => void does(t('control.handedBack'), 'hand-back', undefined, ['take-over']),
      assign: () => {
        const was = current.current?.assignee_id ?? null;
        const mine = was === person.userId ? null : person.userId;
        void does(mine ? t('action.assigned', { name: t('message.you') }) : t('action.unassigned'), 'assign', { assignee_id: mine }, ['assign', { assignee_id: was }]);
      },
      snooze: () => void does(t('action.snoozed'), 'snooze', { until: tomorrow() }, ['reopen']),
      close: () => {
        const isClosed = current.current?.status === 'closed';
        void does(t(isClosed ? 'action.reopened' : 'action.closed'), isClosed ? 'reopen' : 'close', undefined, [isClosed ? 'close' : 'reopen']);
      },
      resolve: async (messageId: string, resolution: 'sent' | 'failed') => {
        try {
          await api.post(`/messages/${messageId}/resolve-unknown`, { resolution });
        } catch (thrown) {
          say(lineOf(thrown));
        }
      },
    };
  }, [api, changed, person.userId, threadId]);
  return { ...calls, version, current };
}

function tomorrow(): string {
  const at = new Date();
  at.setDate(at.getDate() + 1);
  at.setHours(MORNING, 0, 0, 0);
  return at.toISOString();
}
