import type { SupabaseClient } from '@supabase/supabase-js';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

import type { ConversationDetail, ParleyClient, Quote, Shown } from 'parley-client';
import { useConversation } from 'parley-client/react';

import { Avatar } from './Avatar.js';
import { Bubble } from './Bubble.js';
import { Composer } from './Composer.js';
import { dayOf } from './format.js';

/** How near to the end still counts as reading the end. */
const NEAR_PX = 80;

export function Window({ client, threadId }: { client: ParleyClient; supabase: SupabaseClient; threadId: string }) {
  const [view, conversation] = useConversation(client, threadId);
  const details = useDetails(client, threadId, view.connection);
  const [quoted, setQuoted] = useState<Quote | null>(null);
  const [edited, setEdited] = useState<Shown | null>(null);
  const [problem, setProblem] = useState('');
  const log = useScroll(view.messages, () => void conversation.loadOlder().catch(() => undefined));

  const newest = view.messages.findLast((m) => m.tick !== 'sending' && m.tick !== 'failed')?.seq ?? 0;
  useEffect(() => {
    const see = () => {
      if (document.visibilityState === 'visible' && log.isAtEnd) conversation.markRead(newest);
    };
    see();
    document.addEventListener('visibilitychange', see);
    return () => document.removeEventListener('visibilitychange', see);
  }, [conversation, newest, log.isAtEnd]);

  const attempt = useCallback((work: Promise<unknown>) => {
    setProblem('');
    work.catch((thrown: unknown) => setProblem(thrown instanceof Error ? thrown.message : String(thrown)));
  }, []);
  const nameOf = (userId: string | null) =>
    details?.people.find((person) => person.user_id === userId)?.name ?? (userId === client.userId ? 'You' : 'Somebody');
  const title = details?.title ?? '';
  const context = contextOf(details, view.messages);

  return (
    <main className="window" aria-label={title ? `Conversation with ${title}` : 'Conversation'}>
      <header>
        <a href="#" className="icon back" aria-label="Back to the list">
          <svg viewBox="0 0 24 24" aria-hidden="true"><path d="m15 5-7 7 7 7" /></svg>
        </a>
        <Avatar id={details?.other_contact_id ?? threadId} name={title} isOnline={view.online.length > 0} />
        <div className="who">
          <h2>{title}</h2>
          <p>{presenceOf(view.online.length, view.connection)}</p>
        </div>
        {context && <span className="context">{context}</span>}
      </header>
      {view.connection === 'offline' && <p className="banner" role="status">Offline. What you write is kept and sent later.</p>}
      <div className="log" ref={log.ref} onScroll={log.onScroll} tabIndex={0} role="log" aria-label="Messages" aria-busy={!view.isReady}>
        {view.isLoadingOlder && <p className="notice" role="status">Loading …</p>}
        {view.isReady && view.messages.length === 0 && <p className="notice">Say hello.</p>}
        {view.problem && !view.isReady && <p className="notice" role="alert">{view.problem.message}</p>}
        <ol>
          {view.messages.map((message, i) => {
            const before = view.messages[i - 1];
            const isNewDay = !before || dayOf(before.created_at) !== dayOf(message.created_at);
            return (
              <li key={message.client_message_id ?? message.id}>
                {isNewDay && <p className="day">{dayOf(message.created_at)}</p>}
                <Bubble client={client} conversation={conversation} message={message} name={nameOf(message.sender_user_id)}
                  me={client.userId} attempt={attempt} onEdit={() => setEdited(message)}
                  onQuote={() => setQuoted({ id: message.id, seq: message.seq, sender_user_id: message.sender_user_id, body: message.body.slice(0, 160) })} />
              </li>
            );
          })}
        </ol>
        {view.typing.length > 0 && (
          <p className="typing" role="status">{view.typing.map(nameOf).join(', ')} <span className="dots" aria-hidden="true"><i /><i /><i /></span><span className="hidden">is writing</span></p>
        )}
      </div>
      {!log.isAtEnd && (
        <button type="button" className="to-end" onClick={log.toEnd} aria-label="To the newest message">
          <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 5v14m-6-6 6 6 6-6" /></svg>
        </button>
      )}
      {problem && <p className="banner problem" role="alert">{problem}</p>}
      {details && !details.may_write
        ? <p className="closed">You can read this conversation, but not write in it any more.</p>
        : <Composer key={edited?.id ?? 'new'} conversation={conversation} quoted={quoted} edited={edited} nameOf={nameOf} attempt={attempt}
            onDone={() => { setQuoted(null); setEdited(null); log.toEnd(); }} />}
    </main>
  );
}

function useDetails(client: ParleyClient, threadId: string, connection: string): ConversationDetail | null {
  const [details, setDetails] = useState<ConversationDetail | null>(null);
  useEffect(() => {
    if (connection === 'offline') return undefined;
    let isOver = false;
    client.details(threadId).then((found) => !isOver && setDetails(found), () => undefined);
    return () => {
      isOver = true;
    };
  }, [client, threadId, connection]);
  return details;
}

/** Stay at the end while new messages come, and where one reads while older ones do. */
function useScroll(messages: readonly Shown[], loadOlder: () => void) {
  const ref = useRef<HTMLDivElement>(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const before = useRef({ first: '', height: 0 });

  useLayoutEffect(() => {
    const log = ref.current;
    if (!log) return;
    const first = messages[0]?.id ?? '';
    if (isAtEnd) log.scrollTop = log.scrollHeight;
    else if (before.current.first && first !== before.current.first) log.scrollTop += log.scrollHeight - before.current.height;
    before.current = { first, height: log.scrollHeight };
  }, [messages, isAtEnd]);

  const onScroll = () => {
    const log = ref.current;
    if (!log) return;
    setAtEnd(log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_PX);
    if (log.scrollTop < NEAR_PX && log.scrollHeight > log.clientHeight) loadOlder();
  };
  const toEnd = () => {
    setAtEnd(true);
    ref.current?.scrollTo({ top: ref.current.scrollHeight });
  };
  return { ref, isAtEnd, onScroll, toEnd };
}

function presenceOf(others: number, connection: string): string {
  if (others) return 'here now';
  return connection === 'live' ? 'not here just now' : '';
}

/** `Job #42`: what the conversation, or its newest message, is about. */
function contextOf(details: ConversationDetail | null, messages: readonly Shown[]): string {
  const found = details?.context_id ? details : messages.findLast((message) => message.context_id);
  if (!found?.context_kind || !found.context_id) return '';
  const kind = found.context_kind.replace('_', ' ');
  const id = found.context_id.length > 12 ? found.context_id.slice(0, 8) : found.context_id;
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)} #${id}`;
}
