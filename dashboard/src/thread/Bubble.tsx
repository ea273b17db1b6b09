/** One message, with what really became of it. Its text is text: nothing a stranger wrote is ever markup here. */

import { lazy, Suspense, useState } from 'react';

import type { Message } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { moment, t, time } from '../text/intl.js';
import { Files } from './Files.js';

const Mail = lazy(() => import('./Mail.js'));
const BAD = new Set(['failed', 'bounced', 'dispatch_unknown', 'inbound_error']);

interface Props {
  message: Message;
  onExplain(message: Message): void;
  onResolve(message: Message, resolution: 'sent' | 'failed'): void;
}

export function Bubble({ message, onExplain, onResolve }: Props) {
  const desk = useDesk();
  const isOurs = message.direction === 'outbound';
  const [isLaidOut, setLaidOut] = useState(false);
  const isBad = BAD.has(message.delivery_status);
  return (
    <li className={`bubble ${isLaidOut ? 'is-wide ' : ''}${isOurs ? 'ours' : message.sender_kind === 'system' ? 'system' : 'theirs'} by-${message.sender_kind}`} data-message={message.id}>
      <p className="bubble-head">
        <span className="sr-only">{t('message.from', { kind: message.sender_kind, who: whoOf(message, desk.person.userId) })}</span>
        <span aria-hidden="true"><bdi>{nameOf(message, desk.person.userId, desk.members)}</bdi></span>
        <time dateTime={message.created_at} title={moment(message.created_at)}>{time(message.created_at)}</time>
      </p>
      {message.subject && <p className="bubble-subject"><bdi>{message.subject}</bdi></p>}
      {isLaidOut && !message.deleted_at
        ? <Suspense fallback={<p role="status">{t('app.starting')}</p>}><Mail messageId={message.id} /></Suspense>
        : <p className="bubble-body" dir="auto">{message.deleted_at ? <em>{t('message.deleted')}</em> : message.body}</p>}
      <p className="bubble-foot">
        {message.has_html && !message.deleted_at && <button type="button" className="link" aria-pressed={isLaidOut} onClick={() => setLaidOut(!isLaidOut)}>{t('mail.laidOut')}</button>}
        {message.has_attachments && <Files messageId={message.id} />}
        {message.edited_at && <span>{t('message.edited')}</span>}
        {message.moderation_status !== 'approved' && <span className="warn">{t('message.held', { status: message.moderation_status })}</span>}
        <span className={isBad ? 'warn' : undefined} data-status={message.delivery_status}>{t('message.status', { status: message.delivery_status })}</span>
        <button type="button" className="link" onClick={() => onExplain(message)}>{t('message.explain')}</button>
      </p>
      {message.delivery_status === 'dispatch_unknown' && (
        <div className="unknown">
          <p>{t('message.unknownHint')}</p>
          <button type="button" className="button" onClick={() => onResolve(message, 'sent')}>{t('message.resolveSent')}</button>
          <button type="button" className="button" onClick={() => onResolve(message, 'failed')}>{t('message.resolveFailed')}</button>
        </div>
      )}
    </li>
  );
}

function whoOf(message: Message, me: string): string {
  if (message.sender_user_id === me) return t('message.you');
  return message.sender_name ?? message.sender_address ?? t('message.team');
}

function nameOf(message: Message, me: string, members: { user_id: string; display_name: string | null }[]): string {
  if (message.sender_kind === 'ai') return t('message.ai');
  const member = members.find((one) => one.user_id === message.sender_user_id);
  return message.sender_user_id === me ? t('message.you') : (member?.display_name ?? whoOf(message, me));
}
