/** Where a reply, or a note, is written. They are two fields: what stands in the one never leaves by the other. */

import { lazy, type RefObject, Suspense, useEffect, useImperativeHandle, useRef, useState } from 'react';

import type { NotePut, Thread } from '../api/schema.js';
import { maySend, useDesk } from '../desk.js';
import { moment, t } from '../text/intl.js';
import { NoteField } from './NoteField.js';
import { ReplyField } from './ReplyField.js';

const Templates = lazy(() => import('./Templates.js'));

export type Mode = 'reply' | 'note';
export type Writer = (mode: Mode) => void;

interface Props {
  thread: Thread;
  lastSeq: number;
  writer: RefObject<Writer | null>;
  onWriting(): void;
  onSent(): void;
  onNoted(note: NotePut): void;
}

export function Composer({ thread, lastSeq, writer, onWriting, onSent, onNoted }: Props) {
  const desk = useDesk();
  const [mode, setMode] = useState<Mode>('reply');
  const [isChoosing, setChoosing] = useState(false);
  const reply = useRef<HTMLTextAreaElement>(null);
  const note = useRef<HTMLTextAreaElement>(null);
  const wanted = useRef(false);
  const isOpen = useIsOpen(thread.reply_until);

  useImperativeHandle(writer, () => (next: Mode) => {
    wanted.current = true;
    setMode(next);
    (next === 'note' ? note : reply).current?.focus();
  });
  useEffect(() => {
    if (wanted.current) (mode === 'note' ? note : reply).current?.focus();
  }, [mode]);

  if (!maySend(desk)) return <p className="composer quiet">{t('composer.readOnly')}</p>;
  return (
    <section className={`composer is-${mode}`} aria-label={t('composer.title')}>
      <div className="modes" role="group" aria-label={t('composer.title')}>
        {(['reply', 'note'] as const).map((one) => (
          <button key={one} type="button" aria-pressed={one === mode} onClick={() => { wanted.current = true; setMode(one); }}>{t('composer.mode', { mode: one })}</button>
        ))}
        {thread.reply_until && isOpen && <span className="quiet">{t('composer.openUntil', { until: moment(thread.reply_until) })}</span>}
      </div>
      <div hidden={mode !== 'note'}><NoteField threadId={thread.id} field={note} onWritten={onNoted} /></div>
      <div hidden={mode !== 'reply'}>
        {thread.no_reply ? <p className="closed" role="status">{t('composer.noReply', { why: thread.no_reply })}</p> : !isOpen ? (
          <p className="closed" role="status">
            <span>{t('composer.windowClosed')}</span>
            <button type="button" className="button primary" onClick={() => setChoosing(true)}>{t('template.choose')}</button>
          </p>
        ) : <ReplyField thread={thread} lastSeq={lastSeq} field={reply} onWriting={onWriting} onSent={onSent} onTemplate={thread.takes_templates ? () => setChoosing(true) : undefined} />}
      </div>
      {isChoosing && <Suspense><Templates thread={thread} lastSeq={lastSeq} onSent={onSent} onClose={() => setChoosing(false)} /></Suspense>}
    </section>
  );
}

const MINUTE_MS = 60_000;

/** Whether free text may be sent now: it closes while one looks at it. */
function useIsOpen(until: string | null): boolean {
  const left = until === null ? Infinity : Date.parse(until) - Date.now();
  const [, setLooked] = useState(0);
  useEffect(() => {
    if (left === Infinity || left <= 0) return undefined;
    const timer = setTimeout(() => setLooked(Date.now()), Math.min(left + 50, MINUTE_MS));
    return () => clearTimeout(timer);
  });
  return left > 0;
}
