/** Where a reply is written. The draft belongs to this conversation, tenant and person, and outlives a reload. */

import { type FormEvent, type KeyboardEvent, type Ref, useEffect, useMemo, useState } from 'react';

import type { Thread } from '../api/schema.js';
import { maySend, useDesk } from '../desk.js';
import { Offline } from '../api/http.js';
import { ProblemBox } from '../shell/Problem.js';
import { t } from '../text/intl.js';
import { keepDraft, readDraft } from './drafts.js';
import { smsParts } from './limits.js';
import { useSending } from './useSending.js';

interface Props {
  thread: Thread;
  lastSeq: number;
  field: Ref<HTMLTextAreaElement>;
  onWriting(): void;
  onSent(): void;
}

export function Composer({ thread, lastSeq, field, onWriting, onSent }: Props) {
  const desk = useDesk();
  const key = useMemo(
    () => ({ tenantId: desk.person.tenantId, userId: desk.person.userId, threadId: thread.id }),
    [desk.person.tenantId, desk.person.userId, thread.id],
  );
  const [text, setText] = useState(() => readDraft(key));
  const sending = useSending(key);
  const sms = thread.channel === 'sms' && text ? smsParts(text) : null;

  // The same draft in two tabs: what the other one wrote is here, too, while this one rests.
  useEffect(() => {
    const changed = () => document.hidden && setText(readDraft(key));
    addEventListener('storage', changed);
    return () => removeEventListener('storage', changed);
  }, [key]);

  const send = async (seq: number) => {
    if (!text.trim() || sending.isSending) return;
    if (await sending.send(text, seq)) {
      setText((now) => (now === text ? '' : now));
      onSent();
    }
  };

  if (!maySend(desk)) return <p className="composer quiet">{t('composer.readOnly')}</p>;
  return (
    <form
      className="composer"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        void send(lastSeq);
      }}
    >
      {sending.moved && (
        <div className="moved" role="alert">
          <p>{t('composer.moved')}</p>
          <ul>{sending.moved.messages.map((one) => <li key={one.id} dir="auto">{one.body.slice(0, 300)}</li>)}</ul>
          <button type="button" className="button" onClick={() => { sending.lookFirst(); onSent(); }}>{t('composer.look')}</button>
          <button type="button" className="button" onClick={() => void send(sending.moved?.lastSeq ?? lastSeq)}>{t('composer.sendAnyway')}</button>
        </div>
      )}
      {sending.problem instanceof Offline ? <p className="warn" role="alert">{t('composer.unknown')}</p> : sending.problem ? <ProblemBox problem={sending.problem} /> : null}
      <label className="sr-only" htmlFor="reply">{t('composer.label')}</label>
      <textarea
        id="reply"
        ref={field}
        dir="auto"
        rows={3}
        value={text}
        placeholder={t('composer.placeholder')}
        onChange={(event) => {
          setText(event.target.value);
          keepDraft(key, event.target.value);
          onWriting();
        }}
        onKeyDown={(event: KeyboardEvent<HTMLTextAreaElement>) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void send(lastSeq);
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      <div className="composer-foot">
        <span className="quiet" aria-live="polite">{sms ? t('composer.sms', sms) : thread.control === 'ai' ? t('composer.aiHint') : ''}</span>
        <button type="submit" className="button primary" disabled={!text.trim() || sending.isSending}>{sending.isSending ? t('composer.sending') : t('composer.send')}</button>
      </div>
    </form>
  );
}
