/** The reply. Its draft belongs to this conversation, tenant and person, and outlives a reload. */

import { type FormEvent, type KeyboardEvent, lazy, type Ref, Suspense, useEffect, useMemo, useRef, useState } from 'react';

import { Offline } from '../api/http.js';
import type { Thread } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { ProblemBox } from '../shell/Problem.js';
import { t } from '../text/intl.js';
import { keepDraft, readDraft } from './drafts.js';
import { smsParts, tooMany } from './limits.js';
import { useUploads } from './uploads.js';
import { useSending } from './useSending.js';
import { type Chooser, Wordings } from './Wordings.js';

const Suggest = lazy(async () => ({ default: (await import('./Suggest.js')).Suggest }));

interface Props {
  thread: Thread;
  lastSeq: number;
  field: Ref<HTMLTextAreaElement>;
  onWriting(): void;
  onSent(): void;
  onTemplate?: (() => void) | undefined;
}

export function ReplyField({ thread, lastSeq, field, onWriting, onSent, onTemplate }: Props) {
  const desk = useDesk();
  const key = useMemo(
    () => ({ tenantId: desk.person.tenantId, userId: desk.person.userId, threadId: thread.id }),
    [desk.person.tenantId, desk.person.userId, thread.id],
  );
  const [text, setText] = useState(() => readDraft(key));
  const [suggested, setSuggested] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  const sending = useSending(key);
  const uploads = useUploads(desk.auth.token);
  const chooser = useRef<Chooser>(null);
  const [wording, setWording] = useState<string | null>(null);
  const isChoosing = text.startsWith('/') && !text.includes('\n');
  const marked = isChoosing ? wording : null;
  const over = tooMany(text, thread.reply_chars, thread.reply_utf16 ?? false);
  const isReady = (text.trim() !== '' || uploads.files.length > 0) && over === 0 && !uploads.isBusy && !sending.isSending;
  const sms = thread.channel === 'sms' && text ? smsParts(text) : null;

  // The same draft in two tabs: what the other one wrote is here, too, while this one rests.
  useEffect(() => {
    const changed = () => document.hidden && setText(readDraft(key));
    addEventListener('storage', changed);
    return () => removeEventListener('storage', changed);
  }, [key]);

  const write = (next: string) => {
    setText(next);
    keepDraft(key, next);
    if (!next) setSuggested(null);
    onWriting();
  };

  const send = async (seq: number) => {
    if (!isReady) return;
    if (await sending.send(text, seq, { attachments: uploads.files.map((one) => one.id).filter((id) => id !== null) })) {
      setText((now) => (now === text ? '' : now));
      setSuggested(null);
      uploads.clear();
      onSent();
    }
  };

  return (
    <form
      className="reply-form"
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
      {isAsking && <Suspense><Suggest threadId={thread.id} onClose={() => setAsking(false)} onTake={({ body }) => { write(body); setSuggested(body); setAsking(false); }} /></Suspense>}
      <label className="sr-only" htmlFor="reply">{t('composer.label')}</label>
      {isChoosing && <Wordings sought={text.slice(1)} ref={chooser} onTake={write} onAt={setWording} />}
      {suggested !== null && text && <p><span className="chip chip-ai">{t(text === suggested ? 'suggest.label' : 'suggest.changed')}</span></p>}
      <textarea
        id="reply"
        aria-controls={marked ? 'wordings' : undefined}
        aria-activedescendant={marked ?? undefined}
        aria-autocomplete={marked ? 'list' : undefined}
        aria-invalid={over > 0 || undefined}
        aria-describedby="reply-limits"
        ref={field}
        dir="auto"
        rows={3}
        value={text}
        placeholder={t('composer.placeholder')}
        onChange={(event) => write(event.target.value)}
        onPaste={(event) => event.clipboardData.files.length > 0 && uploads.add(event.clipboardData.files)}
        onKeyDown={(event: KeyboardEvent<HTMLTextAreaElement>) => {
          if (isChoosing && !event.ctrlKey && chooser.current?.press(event.key)) return event.preventDefault();
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void send(lastSeq);
          if (event.key === 'Escape') event.currentTarget.blur();
          return undefined;
        }}
      />
      {uploads.files.length > 0 && (
        <ul className="uploads" aria-label={t('composer.files')}>
          {uploads.files.map((one) => (
            <li key={one.key}>
              <bdi>{one.file.name}</bdi>
              {one.problem ? <span className="warn">{one.problem}</span> : one.id === null && <progress max={1} value={one.share} aria-label={one.file.name} />}
              {one.problem && <button type="button" className="link" onClick={() => uploads.retry(one.key)}>{t('app.retry')}</button>}
              <button type="button" className="link" onClick={() => uploads.remove(one.key)}>{t('composer.remove', { name: one.file.name })}</button>
            </li>
          ))}
        </ul>
      )}
      <div className="composer-foot">
        <label className="button attach">{t('composer.attach')}<input type="file" multiple className="sr-only" onChange={(event) => { if (event.target.files) uploads.add(event.target.files); event.target.value = ''; }} /></label>
        <button type="button" className="button" aria-expanded={isAsking} onClick={() => setAsking(!isAsking)}>{t('suggest.ask')}</button>
        {onTemplate && <button type="button" className="button" onClick={onTemplate}>{t('template.use')}</button>}
        <span id="reply-limits" className={`grow ${over ? 'warn' : 'quiet'}`} aria-live="polite">{over ? t('composer.tooLong', { over, most: thread.reply_chars ?? 0 }) : sms ? t('composer.sms', sms) : thread.control === 'ai' ? t('composer.aiHint') : ''}</span>
        <button type="submit" className="button primary" disabled={!isReady}>{sending.isSending ? t('composer.sending') : t('composer.send')}</button>
      </div>
    </form>
  );
}
