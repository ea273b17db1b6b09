/** One conversation: who answers in it, what was said, and where to answer. */

import { Link } from '@tanstack/react-router';
import { ChevronLeft } from 'lucide-react';
import { Fragment, lazy, type RefObject, Suspense, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';

import type { Escalated, Message, ThreadHead, ThreadNote } from '../api/schema.js';
import { maySend, useDesk } from '../desk.js';
import { type Deed, Menu } from '../shell/Menu.js';
import { ProblemBox } from '../shell/Problem.js';
import { Skeletons } from '../shell/Skeletons.js';
import { useIsPhone } from '../shell/usePhone.js';
import { day, listOf, moment, t } from '../text/intl.js';
import type { Actions } from './actions.js';
import { Bubble } from './Bubble.js';
import { Composer, type Writer } from './Composer.js';
import { Explain } from './Explain.js';
import { Note } from './Note.js';
import { firstUnread, isUnreadAbove, together } from './timeline.js';
import { useColleagues } from './useColleagues.js';
import { lineOf, useEscalations } from './useEscalations.js';
import { useMarks } from './useMarks.js';
import { type Notes, useNotes } from './useNotes.js';
import { useReading } from './useReading.js';
import { useThread } from './useThread.js';

const Questions = lazy(() => import('./Questions.js'));

interface Props {
  threadId: string;
  /** How the list shows it, where it does. */
  row: ThreadHead | undefined;
  writer: RefObject<Writer | null>;
  actions: Actions;
  /** Labels of the conversations in sight. */
  labels: readonly string[];
  onBack(): void;
  onRead(threadId: string): void;
  /** It is open, and needs nothing more. */
  onSettled(threadId: string): void;
}

export function Conversation({ threadId, row, writer, actions, labels, onBack, onRead, onSettled }: Props) {
  const desk = useDesk();
  const opened = useThread(threadId, row);
  const { thread: found, line, readSeq, isReady, problem, older, again, catchUp, refreshHead } = opened;
  const notes = useNotes(threadId, found?.has_notes ?? null, isReady);
  const colleagues = useColleagues(threadId, useMarks(opened));
  const escalations = useEscalations(found?.escalations);
  const [explained, setExplained] = useState<Message | null>(null);
  const { version, current, guess, settled } = actions;
  // What our own buttons changed is shown at once, and read back.
  const thread = useMemo(() => found && { ...found, ...guess }, [found, guess]);
  useEffect(() => {
    if (version) void refreshHead().then(settled);
  }, [version, refreshHead, settled]);
  useEffect(() => {
    current.current = thread;
  }, [thread, current]);

  const lastSeq = line.messages.at(-1)?.seq ?? 0;
  useReading(threadId, opened, maySend(desk), { onRead, onSettled });

  if (problem && (!thread || readSeq === null)) return <><Back onBack={onBack} /><ProblemBox problem={problem} onRetry={opened.retry} /></>;
  if (!thread || readSeq === null) return <Skeletons rows={3} />;
  return (
    <article className="conversation" data-thread={threadId} aria-labelledby="conversation-title">
      <header className="conversation-head">
        <Back onBack={onBack} />
        <div className="titles">
          <h2 id="conversation-title"><Who contactId={thread.contact_id} name={thread.contact_name} /></h2>
          <p className="quiet"><bdi>{thread.subject ?? t('inbox.channel', { channel: thread.channel })}</bdi></p>
          {thread.labels.length > 0 && <ul className="labels" aria-label={t('label.title')}>{thread.labels.map((label) => <li key={label} className="chip"><bdi>{label}</bdi></li>)}</ul>}
        </div>
        {maySend(desk) && <Buttons actions={actions} thread={thread} />}
      </header>
      <p className={`control control-${thread.folder === 'inbox' ? thread.control : 'none'}`} role="status">
        {thread.folder !== 'inbox' && `${t('thread.sorted', { folder: thread.folder, how: thread.folder_said ? 'said' : 'found' })} `}
        {thread.control === 'human' ? t('control.human') : thread.folder === 'inbox' ? t('control.ai') : t('control.sorted')}
        {thread.status === 'closed' && ` ${t('thread.closed')}`}
        {thread.assignee_id && ` ${t('thread.assigned', { name: thread.assignee_id === desk.person.userId ? t('message.you') : (desk.members.find((one) => one.user_id === thread.assignee_id)?.display_name ?? t('message.team')) })}`}
        {thread.status === 'snoozed' && thread.snoozed_until && ` ${t('thread.snoozed', { until: moment(thread.snoozed_until) })}`}
      </p>
      <a className="skip" href="#reply">{t('thread.skip')}</a>
      <Log messages={line.messages} notes={notes} escalations={escalations} readSeq={readSeq} hasOlder={line.hasOlder} onOlder={older} onExplain={setExplained} onResolve={(message, how) => void actions.resolve(message.id, how).then(() => again([message.seq]))} />
      <Company {...colleagues} />
      <Composer key={threadId} thread={thread} lastSeq={lastSeq} writer={writer} onNoted={notes.put} onWriting={colleagues.iWrite} onSent={() => { void catchUp(); void refreshHead(); }} />
      {actions.question && <Suspense><Questions actions={actions} thread={thread} labels={labels} /></Suspense>}
      {explained && <Explain messageId={explained.id} onClose={() => setExplained(null)} />}
    </article>
  );
}

/** The way back on a phone, where the list and the conversation take turns. */
function Back({ onBack }: { onBack(): void }) {
  return <button type="button" className="button icon back" aria-label={t('inbox.back')} title={t('inbox.back')} onClick={onBack}><ChevronLeft aria-hidden="true" size={18} /></button>;
}

function Who({ contactId, name }: { contactId: string | null; name: string | null }) {
  const text = <bdi>{name || t('inbox.unnamed')}</bdi>;
  return contactId ? <Link to="/contacts" search={{ contact: contactId }} title={t('thread.person')}>{text}</Link> : text;
}

/** What can be done with it; on a phone all but the likeliest is behind one button. */
function Buttons({ actions, thread }: { actions: Actions; thread: { control: string; folder: string; status: string } }) {
  const isPhone = useIsPhone();
  const isByAi = thread.control === 'ai';
  const deeds: Deed[] = [
    isByAi ? { id: 'take', text: t('control.takeOver'), run: actions.takeOver } : { id: 'hand', text: t('control.handBack'), run: actions.handBack },
    { id: 'assign', text: t('action.assign'), run: () => actions.ask('assign') },
    { id: 'label', text: t('action.label'), run: () => actions.ask('label') },
    ...(thread.status === 'open' ? [{ id: 'snooze', text: t('action.snooze'), run: () => actions.ask('snooze') }] : []),
    { id: 'sort', text: t('action.sort', { folder: thread.folder }), run: () => actions.sort() },
    ...(thread.folder === 'automated' ? [{ id: 'keep', text: t('action.sort', { folder: 'inbox' }), run: () => actions.sort('spam') }] : []),
    { id: 'close', text: t(thread.status === 'closed' ? 'action.reopen' : 'action.close'), run: actions.close },
  ];
  const likeliest = thread.folder !== 'inbox' ? 'sort' : isByAi ? 'take' : 'close';
  const isShown = (deed: Deed) => !isPhone || deed.id === likeliest;
  return (
    <div className="buttons">
      {deeds.filter(isShown).map((deed) => <button key={deed.id} type="button" className={`button${deed.id === 'take' ? ' primary' : ''}`} onClick={deed.run}>{deed.text}</button>)}
      {isPhone && <Menu label={t('thread.more')} deeds={deeds.filter((deed) => !isShown(deed))} />}
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

interface LogProps {
  messages: readonly Message[];
  escalations: ReadonlyMap<string, readonly Escalated[]>;
  notes: Notes;
  readSeq: number;
  hasOlder: boolean;
  onOlder(): Promise<void>;
  onExplain(message: Message): void;
  onResolve(message: Message, resolution: 'sent' | 'failed'): void;
}

const NEAR_PX = 120;

function Log({ messages, notes, escalations, readSeq, hasOlder, onOlder, onExplain, onResolve }: LogProps) {
  const box = useRef<HTMLDivElement>(null);
  const mark = useRef<HTMLLIElement>(null);
  const before = useRef({ firstSeq: 0, height: 0, isAtEnd: true, isOpened: false, isAsking: false, placedAt: -1 });
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
    was.placedAt = now.scrollTop;
    was.firstSeq = firstSeq;
    was.height = now.scrollHeight;
    was.isAtEnd = now.scrollHeight - now.scrollTop - now.clientHeight < NEAR_PX;
  }, [messages, notes.notes]);

  const scrolled = () => {
    const now = box.current;
    const was = before.current;
    if (!now) return;
    was.isAtEnd = now.scrollHeight - now.scrollTop - now.clientHeight < NEAR_PX;
    // Where it was put nobody has scrolled to: what is older is asked for when the reader goes there.
    if (now.scrollTop === was.placedAt) return;
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
        {together(messages, notes.notes, hasOlder).map((one) => {
          const today = day(one.created_at);
          const isNewDay = today !== lastDay;
          lastDay = today;
          return (
            <Fragment key={one.id}>
              {isNewDay && <li className="quiet edge">{today}</li>}
              {one.id === unread?.id && <li ref={mark} className="unread-mark">{t(isUnreadAbove(messages, readSeq, hasOlder) ? 'thread.unreadAbove' : 'thread.unreadFrom')}</li>}
              {isNote(one) ? <Note note={one} notes={notes} /> : <Bubble message={one} onExplain={onExplain} onResolve={onResolve} />}
              {escalations.get(one.id)?.map((call) => <li key={call.id} className="edge warn" data-escalation={call.rule}>{lineOf(call)}</li>)}
            </Fragment>
          );
        })}
      </ol>
    </div>
  );
}

const isNote = (one: Message | ThreadNote): one is ThreadNote => 'note' in one;
