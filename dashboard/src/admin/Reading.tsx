/** What people wrote to each other, as an admin reads it: each page asked for with the reason, and on record with it. */

import { useCallback, useEffect, useRef, useState } from 'react';

import { ApiProblem } from '../api/http.js';
import type { ViewedMessage, ViewedPerson, ViewedThread } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { ProblemBox } from '../shell/Problem.js';
import { Skeletons } from '../shell/Skeletons.js';
import { moment, t } from '../text/intl.js';
import { namesOf, OnRecord } from './OnRecord.js';
import { useLapse } from './useLapse.js';

export function Reading({ threadId, reason, onClose }: { threadId: string; reason: string; onClose(): void }) {
  const { api } = useDesk();
  const [thread, setThread] = useState<ViewedThread | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const isAsking = useRef(false);
  const lapse = useLapse(reason, () => setThread(null));

  const read = useCallback(async (beforeSeq: number | undefined) => {
    if (isAsking.current) return;
    isAsking.current = true;
    setProblem(null);
    try {
      const page = await api.post<ViewedThread>(`/viewer/conversations/${threadId}/messages`, { reason, ...(beforeSeq && { before_seq: beforeSeq }) });
      setThread((had) => ({ ...page, messages: [...page.messages, ...(beforeSeq ? (had?.messages ?? []) : [])] }));
    } catch (thrown) {
      // What was shown under a right that is gone is not left there.
      if (thrown instanceof ApiProblem && thrown.status === 403) setThread(null);
      setProblem(thrown);
    } finally {
      isAsking.current = false;
    }
  }, [api, threadId, reason]);
  useEffect(() => void read(undefined), [read]);
  const isShown = thread !== null;
  useEffect(() => { if (isShown) title.current?.focus(); }, [isShown]);

  const first = thread?.messages[0]?.seq;
  return (
    <section className="panel" aria-labelledby="reading-title">
      <header className="inline">
        <h3 id="reading-title" ref={title} tabIndex={-1}>{thread ? <bdi>{t('viewer.between', { people: namesOf(thread.people) })}</bdi> : t('viewer.title')}</h3>
        <span className="spacer" />
        <button type="button" className="button" onClick={onClose}>{t('viewer.close')}</button>
      </header>
      {lapse ? <p className="state" role="status">{lapse}</p> : <OnRecord reason={reason} />}
      {problem !== null && <ProblemBox problem={problem} onRetry={() => void read(first)} />}
      {!thread && problem === null && !lapse && <Skeletons rows={3} />}
      {thread && (
        <>
          <p className="quiet">{t('viewer.readOnly')}</p>
          {thread.has_more && <button type="button" className="button more" onClick={() => void read(first)}>{t('viewer.older')}</button>}
          {thread.messages.length === 0 && <p className="state">{t('viewer.noMessages')}</p>}
          <ol className="reading" aria-label={t('viewer.messages')}>{thread.messages.map((one) => <Line key={one.id} message={one} people={thread.people} />)}</ol>
        </>
      )}
    </section>
  );
}

function Line({ message, people }: { message: ViewedMessage; people: ViewedPerson[] }) {
  const isSystem = message.sender === 'system';
  const place = people.findIndex((one) => (one.contact_id !== null && one.contact_id === message.sender_contact_id) || `user:${one.user_id}` === message.sender);
  const name = isSystem ? t('viewer.system') : (people[place]?.name ?? t('viewer.unnamed'));
  return (
    <li className={`bubble ${isSystem ? 'system' : place === 0 ? 'ours' : 'theirs'}`}>
      <p className="bubble-head">
        <span className="sr-only">{t('viewer.from', { sender: isSystem ? 'system' : 'person', name })}</span>
        <span aria-hidden="true"><bdi>{name}</bdi></span>
        <time dateTime={message.created_at}>{moment(message.created_at)}</time>
      </p>
      <p className="bubble-body" dir="auto">{message.body || (message.deleted_at && <em>{t('message.deleted')}</em>)}</p>
      <p className="bubble-foot">
        {!['text', 'system'].includes(message.message_type) && <span className="chip">{t('viewer.type', { type: message.message_type })}</span>}
        {message.edited_at && <span>{t('viewer.edited', { at: moment(message.edited_at) })}</span>}
        {message.deleted_at && <span className="warn">{t('viewer.deleted', { at: moment(message.deleted_at) })}</span>}
        {message.moderation_status !== 'approved' && <span className="warn">{t('message.held', { status: message.moderation_status })}</span>}
      </p>
    </li>
  );
}
