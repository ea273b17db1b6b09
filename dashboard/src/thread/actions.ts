/**
 * What the staff does with a conversation. What can be taken back is shown at once, before the server has answered, and
 * offers to be; when the server refuses, it is as it was.
 */

import { type RefObject, useCallback, useMemo, useRef, useState } from 'react';

import type { Thread, ThreadState } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { say } from '../shell/toast.js';
import { lineOf } from '../shell/told.js';
import { t } from '../text/intl.js';

export type Question = 'assign' | 'label' | 'snooze';
export type Guess = Partial<ThreadState>;
type Folder = Thread['folder'];

export interface Actions {
  takeOver(): void;
  handBack(): void;
  assign(to: string | null): void;
  label(labels: readonly string[]): void;
  snooze(until: Date): void;
  close(): void;
  /** Out of where it was sorted to, or into spam: whichever it is not in. */
  sort(to?: 'inbox' | 'spam'): void;
  resolve(messageId: string, resolution: 'sent' | 'failed'): Promise<void>;
  /** What is being asked for an action that needs an answer first. */
  question: Question | null;
  ask(question: Question | null): void;
  /** What was done and is not read back yet: shown as if it were. */
  guess: Guess | null;
  settled(): void;
  /** Grows with every change that was made. */
  version: number;
  /** The conversation that is open, as it is shown. */
  current: RefObject<Thread | null>;
}

interface Deed {
  action: string;
  body?: unknown;
  guess?: Guess;
}

export function useActions(threadId: string | undefined, changed: (state: Guess & { thread_id: string }) => void): Actions {
  const { api, person, members } = useDesk();
  const [version, setVersion] = useState(0);
  const [guess, setGuess] = useState<{ id: string; fields: Guess } | null>(null);
  const [asked, setAsked] = useState<{ question: Question; threadId: string } | null>(null);
  const current = useRef<Thread | null>(null);
  const settled = useCallback(() => setGuess(null), []);
  const calls = useMemo(() => {
    const post = async ({ action, body, guess: shown }: Deed, before: Guess | null): Promise<boolean> => {
      const id = threadId as string;
      if (shown) {
        setGuess({ id, fields: shown });
        changed({ thread_id: id, ...shown });
      }
      try {
        const state = await api.post<ThreadState>(`/threads/${id}/${action}`, body);
        changed(state);
        setGuess({ id, fields: state });
        setVersion((was) => was + 1);
        return true;
      } catch (thrown) {
        if (shown && before) changed({ thread_id: id, ...before });
        setGuess(null);
        say(lineOf(thrown));
        return false;
      }
    };
    const does = (text: string, deed: Deed, back?: Deed) => {
      const was = current.current;
      if (!threadId || !was) return;
      const before = { folder: was.folder, folder_said: was.folder_said, status: was.status, assignee_id: was.assignee_id, labels: was.labels, snoozed_until: was.snoozed_until };
      const done = post(deed, before);
      const undo = async () => {
        if (back && (await done) && (await post(back, null))) say(t('action.undone'));
      };
      // Said with the deed, not with the answer: whoever takes it back at once is not too early.
      if (deed.guess) say(text, back && (() => void undo()));
      else void done.then((isDone) => isDone && say(text, back && (() => void undo())));
    };
    const nameOf = (id: string) => (id === person.userId ? t('message.you') : (members.find((one) => one.user_id === id)?.display_name ?? t('message.team')));
    return {
      takeOver: () => does(t('control.takenOver'), { action: 'take-over' }, { action: 'hand-back' }),
      handBack: () => does(t('control.handedBack'), { action: 'hand-back' }, { action: 'take-over' }),
      assign: (to: string | null) => {
        const was = current.current?.assignee_id ?? null;
        const deed = (id: string | null): Deed => ({ action: 'assign', body: { assignee_id: id }, guess: { assignee_id: id } });
        does(to ? t('action.assigned', { name: nameOf(to) }) : t('action.unassigned'), deed(to), deed(was));
      },
      label: (labels: readonly string[]) => {
        const was = current.current?.labels ?? [];
        const add = labels.filter((one) => !was.includes(one));
        const remove = was.filter((one) => !labels.includes(one));
        if (!add.length && !remove.length) return;
        const deed = (plus: string[], minus: string[], all: readonly string[]): Deed => ({ action: 'labels', body: { add: plus, remove: minus }, guess: { labels: [...all].sort() } });
        does(t('action.labelled', { n: labels.length }), deed(add, remove, labels), deed(remove, add, was));
      },
      snooze: (until: Date) => does(t('action.snoozed'), putAway(until.toISOString()), backTo(current.current)),
      close: () => {
        const isOpen = current.current?.status !== 'closed';
        does(t(isOpen ? 'action.closed' : 'action.reopened'), isOpen ? CLOSE : REOPEN, backTo(current.current));
      },
      sort: (to?: 'inbox' | 'spam') => {
        const was = current.current;
        if (!was) return;
        const folder = to ?? (was.folder === 'inbox' ? 'spam' : 'inbox');
        does(t('action.sorted', { folder: folder === 'spam' ? 'inbox' : was.folder }), putInto(folder, true), putInto(was.folder, was.folder_said));
      },
      resolve: async (messageId: string, resolution: 'sent' | 'failed') => {
        try {
          await api.post(`/messages/${messageId}/resolve-unknown`, { resolution });
        } catch (thrown) {
          say(lineOf(thrown));
        }
      },
      ask: (question: Question | null) => setAsked(question && threadId ? { question, threadId } : null),
    };
  }, [api, changed, members, person.userId, threadId]);
  return { ...calls, question: asked?.threadId === threadId ? (asked?.question ?? null) : null, guess: guess?.id === threadId ? (guess?.fields ?? null) : null, settled, version, current };
}

const CLOSE: Deed = { action: 'close', guess: { status: 'closed', snoozed_until: null } };
const REOPEN: Deed = { action: 'reopen', guess: { status: 'open', snoozed_until: null } };
const putAway = (until: string): Deed => ({ action: 'snooze', body: { until }, guess: { status: 'snoozed', snoozed_until: until } });

/** Where somebody says it belongs; a folder nobody spoke of is the detector's again. */
const putInto = (folder: Folder, isSaid: boolean): Deed => ({ action: 'folder', body: { folder: isSaid ? folder : null }, guess: { folder, folder_said: isSaid } });

/** What brings a conversation back to where it stands now: what was put away is put away until the same moment. */
function backTo(was: Thread | null): Deed {
  if (was?.status === 'closed') return CLOSE;
  if (was?.status === 'snoozed' && was.snoozed_until && Date.parse(was.snoozed_until) > Date.now()) return putAway(was.snoozed_until);
  return REOPEN;
}
