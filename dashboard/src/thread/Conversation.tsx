/** One conversation: who answers in it, what was said, and where to answer. */

import { Fragment, useEffect, useLayoutEffect, useRef, useState } from 'react';

import type { Escalated, Message } from '../api/schema.js';
import { maySend, useDesk } from '../desk.js';
import { ProblemBox } from '../shell/Problem.js';
import { Skeletons } from '../shell/Skeletons.js';
import { day, listOf, moment, t } from '../text/intl.js';
import type { Actions } from './actions.js';
import { Bubble } from './Bubble.js';
import { Composer } from './Composer.js';
import { Explain } from './Explain.js';
import { firstUnread } from './timeline.js';
import { useColleagues } from './useColleagues.js';
import { lineOf, useEscalations } from './useEscalations.js';
import { useThread } from './useThread.js';

interface Props {
  threadId: string;
  field: React.RefObject<HTMLTextAreaElement | null>;
  actions: Actions;
  onBack(): void;
  onRead(threadId: string): void;
}

export function Conversation({ threadId, field, actions, onBack, onRead }: Props) {
  const desk = useDesk();
  const { thread, line, readSeq, problem, older, again, catchUp, refreshHead } = useThread(threadId);
  const colleagues = useColleagues(threadId);
  const escalations = useEscalations(threadId, line.messages.length > 0 ? Math.max(line.since, thread?.last_rev ?? 0) : 0);
  const [explained, setExplained] = useState<Message | null>(null);
  const { version, current } = actions;

  // What our own buttons changed is shown at once.
  useEffect(() => {
    if (version) void refreshHead();
  }, [version, refreshHead]);
  useEffect(() => {
    current.current = thread;
  }, [thread, current]);

  const lastSeq = line.messages.at(-1)?.seq ?? 0;
  useReading(threadId, lastSeq, maySend(desk), onRead);

  if (problem && !thread) return <ProblemBox problem={problem} onRetry={() => void refreshHead()} />;
  if (!thread || readSeq === null) return <Skeletons rows={3} />;
  return (
    <article className="conversation" data-thread={threadId} aria-labelledby="conversation-title">
      <header className="conversation-head">
        <button type="button" className="button back" onClick={onBack}>{t('inbox.back')}</button>
        <div className="titles">
          <h2 id="conversation-title"><bdi>{thread.contact_name || t('inbox.unnamed')}</bdi></h2>
          <p className="quiet"><bdi>{thread.subject ?? t('inbox.channel', { channel: thread.channel })}</bdi></p>
        </div>
        {maySend(desk) && <Buttons actions={actions} thread={thread} me={desk.person.userId} />}
      </header>
      <p className={`control control-${thread.control}`} role="status">
        {t(thread.control === 'ai' ? 'control.ai' : 'control.human')}
        {thread.status === 'closed' && ` ${t('thread.closed')}`}
        {thread.status === 'snoozed' && thread.snoozed_until && ` ${t('thread.snoozed', { until: moment(thread.snoozed_until) })}`}
      </p>
      <a className="skip" href="#reply">{t('thread.skip')}</a>
      <Log messages={line.messages} escalations={escalations} readSeq={readSeq} hasOlder={line.hasOlder} onOlder={older} onExplain={setExplained} onResolve={(message, how) => void actions.resolve(message.id, how).then(() => again(message))} />
      <Company {...colleagues} />
      <Composer key={threadId} thread={thread} lastSeq={lastSeq} field={field} onWriting={colleagues.iWrite} onSent={() => { void catchUp(); void refreshHead(); }} />
      {explained && <Explain messageId={explained.id} onClose={() => setExplained(null)} />}
    </article>
  );
}

function Buttons({ actions, thread, me }: { actions: Actions; thread: { control: string; status: string; assignee_id: string | null }; me: string }) {
  return (
    <div className="buttons">
      {thread.control === 'ai'
        ? <button type="button" className="button primary" onClick={actions.takeOver}>{t('control.takeOver')}</button>
        : <button type="button" className="button" onClick={actions.handBack}>{t('control.handBack')}</button>}
      <button type="button" className="button" onClick={actions.assign}>{t(thread.assignee_id === me ? 'action.unassign' : 'action.assignMe')}</button>
      {thread.status === 'open' && <button type="button" className="button" onClick={actions.snooze}>{t('action.snooze')}</button>}
      <button type="button" className="button" onClick={actions.close}>{t(thread.status === 'closed' ? 'action.reopen' : 'action.close')}</button>
    </div>
  );
}

function Company({ here, writing }: { here: string[]; writing: string[] }) {
  const { members } = useDesk();
  const names = (ids: string[]) => listOf(ids.map((id) => members.find((one) => one.user_id === id)?.display_name ?? t('presence.somebody')));
  return (
    <p className="company" role="status">
      {writing.length > 0 ? t('presence.writing', { names: names(writing), n: writing.length }) : here.length > 0 ? t('presence.here', { names: names(here), n: here.length }) : ''}
    </p>
  );
}

/** What is in sight was read: said to the server once for every new end. */
function useReading(threadId: string, lastSeq: number, isAllowed: boolean, onRead: (threadId: string) => void): void {
  const { api } = useDesk();
  const told = useRef(0);
  useEffect(() => {
    const tell = () => {
      if (!isAllowed || document.hidden || lastSeq <= told.current) return;
      told.current = lastSeq;
      api.post(`/threads/${threadId}/read`, { seq: lastSeq }).then(() => onRead(threadId), () => (told.current = 0));
    };
    tell();
    document.addEventListener('visibilitychange', tell);
    return () => document.removeEventListener('visibilitychange', tell);
  }, [api, threadId, lastSeq, isAllowed, onRead]);
}

interface LogProps {
  messages: readonly Message[];
  escalations: ReadonlyMap<string, readonly Escalated[]>;
  readSeq: number;
  hasOlder: boolean;
  onOlder(): Promise<void>;
  onExplain(message: Message): void;
  onResolve(message: Message, resolution: 'sent' | 'failed'): void;
}

const NEAR_PX = 120;

function Log({ messages, escalations, readSeq, hasOlder, onOlder, onExplain, onResolve }: LogProps) {
  const box = useRef<HTMLDivElement>(null);
  const mark = useRef<HTMLLIElement>(null);
  const before = useRef({ firstSeq: 0, height: 0, isAtEnd: true, isOpened: false, isAsking: false });
  const unread = firstUnread(messages, readSeq);

  useLayoutEffect(() => {
    const now = box.current;
    const was = before.current;
    const firstSeq = messages[0]?.seq ?? 0;
    if (!now || messages.length === 0) return;
    if (!was.isOpened) {
      was.isOpened = true;
      if (mark.current) now.scrollTop += mark.current.getBoundingClientRect().top - now.getBoundingClientRect().top; // not scrollIntoView: it moves what is around, too
      else now.scrollTop = now.scrollHeight;
    } else if (firstSeq < was.firstSeq) {
      now.scrollTop += now.scrollHeight - was.height; // what came above pushes nothing out of sight
    } else if (was.isAtEnd) {
      now.scrollTop = now.scrollHeight;
    }
    was.firstSeq = firstSeq;
    was.height = now.scrollHeight;
    was.isAtEnd = now.scrollHeight - now.scrollTop - now.clientHeight < NEAR_PX;
  }, [messages]);

  const scrolled = () => {
    const now = box.current;
    const was = before.current;
    if (!now) return;
    was.isAtEnd = now.scrollHeight - now.scrollTop - now.clientHeight < NEAR_PX;
    if (now.scrollTop < NEAR_PX && hasOlder && !was.isAsking) {
      was.isAsking = true;
      void onOlder().finally(() => (was.isAsking = false));
    }
  };

  let lastDay = '';
  return (
    <div className="log" ref={box} onScroll={scrolled} tabIndex={0} role="log" aria-label={t('thread.log')} data-testid="log">
      <ol>
        <li className="quiet edge">{t(hasOlder ? 'thread.older' : 'thread.start')}</li>
        {messages.map((message) => {
          const today = day(message.created_at);
          const isNewDay = today !== lastDay;
          lastDay = today;
          return (
            <Fragment key={message.id}>
              {isNewDay && <li className="quiet edge">{today}</li>}
              {message.id === unread?.id && <li ref={mark} className="unread-mark">{t('thread.unreadFrom')}</li>}
              <Bubble message={message} onExplain={onExplain} onResolve={onResolve} />
              {escalations.get(message.id)?.map((one) => <li key={one.id} className="edge warn" data-escalation={one.rule}>{lineOf(one)}</li>)}
            </Fragment>
          );
        })}
      </ol>
    </div>
  );
}
