import { useEffect, useRef, useState } from 'react';

import type { Attachment, Conversation, Moderation, ParleyClient, Shown } from 'parley-client';

import { sizeOf, timeOf } from './format.js';

const REACTIONS = ['👍', '❤️', '😂', '🎉', '😮', '🙏'];
const STATUS: Record<string, string> = { quarantined: 'being checked', expired: 'no longer kept' };
const TICKS = {
  sending: ['◷', 'waiting to be sent'], failed: ['!', 'not sent'], sent: ['✓', 'sent'], delivered: ['✓✓', 'delivered'],
  read: ['✓✓', 'read'],
} as const;

export function Bubble({ client, conversation, message, name, me, attempt, onQuote, onEdit }: {
  client: ParleyClient;
  conversation: Conversation;
  message: Shown;
  name: string;
  me: string;
  attempt: (work: Promise<unknown>) => void;
  onQuote: () => void;
  onEdit: () => void;
}) {
  if (message.sender_kind === 'system') return <p className="system">{message.body}</p>;
  const isHere = message.tick !== 'sending' && message.tick !== 'failed' && !message.deleted_at;
  const mine = message.isMine ? ' mine' : '';
  return (
    <article className={`bubble${mine}${message.tick === 'failed' ? ' failed' : ''}`} aria-label={`${message.isMine ? 'You' : name}, ${timeOf(message.created_at)}`}>
      {message.reply_to && <blockquote>{message.reply_to.body || 'A message'}</blockquote>}
      {message.deleted_at ? <p className="deleted">This message was taken back.</p> : message.body && <p className="body" dir="auto">{message.body}</p>}
      {message.isMine && !message.deleted_at && <Checked conversation={conversation} message={message} />}
      {message.attachments.map((file) => <File key={file.id} client={client} file={file} attempt={attempt} />)}
      {message.files.map((file) => <p className="file" key={file.name}>{file.name} · {sizeOf(file.size)}</p>)}
      <footer>
        {message.edited_at && !message.deleted_at && <span>edited</span>}
        <time dateTime={message.created_at}>{timeOf(message.created_at)}</time>
        {message.tick && (
          <span className={`tick ${message.tick}`}><span aria-hidden="true">{TICKS[message.tick][0]}</span><span className="hidden">{TICKS[message.tick][1]}</span></span>
        )}
      </footer>
      {message.reactions && Object.keys(message.reactions).length > 0 && (
        <ul className="reactions" aria-label="Reactions">
          {Object.entries(message.reactions).map(([reaction, people]) => (
            <li key={reaction}>
              <button type="button" aria-pressed={people.includes(me)} aria-label={`${reaction}, ${people.length}`}
                onClick={() => attempt(conversation.react(message.id, reaction, !people.includes(me)))}>
                {reaction} {people.length > 1 && people.length}
              </button>
            </li>
          ))}
        </ul>
      )}
      {message.problem && (
        <div className="trouble" role="alert">
          <p>{message.problem.message}. {message.problem.remedy}</p>
          <button type="button" onClick={() => attempt(conversation.retry(message.id))}>Try again</button>
          <button type="button" onClick={() => attempt(conversation.discard(message.id))}>Discard</button>
        </div>
      )}
      {isHere && <Menu conversation={conversation} message={message} attempt={attempt} onQuote={onQuote} onEdit={onEdit} />}
    </article>
  );
}

/** What became of one's own message where the business has messages checked. */
function Checked({ conversation, message }: { conversation: Conversation; message: Shown }) {
  const { id, rev, moderation_status: status } = message;
  const [told, setTold] = useState<Moderation | null>(null);
  const isChanged = status === 'filtered' || status === 'blocked';
  useEffect(() => {
    setTold(null);
    if (!isChanged) return undefined;
    let isOver = false;
    // A notice without its reason is a notice still.
    conversation.moderation(id).then((found) => !isOver && setTold(found), () => undefined);
    return () => {
      isOver = true;
    };
  }, [conversation, id, rev, isChanged]);
  if (status === 'pending' || status === 'review') return <p className="checked">Being checked</p>;
  if (!isChanged) return null;
  const why = told?.comments.map((one) => one.comment).join(' ') ?? '';
  return (
    <p className="checked" role="status">
      {status === 'blocked' ? `Not delivered. ${why}` : `Shown as above. ${why}`}
      {told?.original && <span> You wrote: <q>{told.original.body}</q></span>}
    </p>
  );
}

function Menu({ conversation, message, attempt, onQuote, onEdit }: {
  conversation: Conversation;
  message: Shown;
  attempt: (work: Promise<unknown>) => void;
  onQuote: () => void;
  onEdit: () => void;
}) {
  const ref = useRef<HTMLDetailsElement>(null);
  const choose = (work: () => void) => () => {
    ref.current?.removeAttribute('open');
    work();
  };
  useEffect(() => {
    const shut = (event: Event) => {
      const isInside = event.type === 'pointerdown' && ref.current?.contains(event.target as Node);
      if (isInside || (event instanceof KeyboardEvent && event.key !== 'Escape')) return;
      ref.current?.removeAttribute('open');
    };
    document.addEventListener('pointerdown', shut);
    document.addEventListener('keydown', shut);
    return () => {
      document.removeEventListener('pointerdown', shut);
      document.removeEventListener('keydown', shut);
    };
  }, []);
  return (
    <details className="menu" ref={ref}>
      <summary aria-label="What to do with this message">⋯</summary>
      <div>
        <p className="choose">
          {REACTIONS.map((reaction) => (
            <button key={reaction} type="button" aria-label={`React with ${reaction}`}
              onClick={choose(() => attempt(conversation.react(message.id, reaction)))}>{reaction}</button>
          ))}
        </p>
        <button type="button" onClick={choose(onQuote)}>Reply</button>
        {message.isMine && <button type="button" onClick={choose(onEdit)}>Edit</button>}
        {message.isMine && <button type="button" onClick={choose(() => attempt(conversation.remove(message.id)))}>Take back</button>}
      </div>
    </details>
  );
}

function File({ client, file, attempt }: {
  client: ParleyClient;
  file: Attachment;
  attempt: (work: Promise<unknown>) => void;
}) {
  const [picture, setPicture] = useState('');
  const isImage = file.content_type.startsWith('image/');
  // A link is good for a minute and each opening is on record: one is asked for when somebody wants the file.
  const open = () => attempt(client.fileUrl(file.id).then((url) => location.assign(url)));
  useEffect(() => {
    if (!isImage || file.status !== 'released') return undefined;
    let isOver = false;
    client.fileUrl(file.id, { thumbnail: true }).then((found) => !isOver && setPicture(found), () => undefined);
    return () => {
      isOver = true;
    };
  }, [client, file.id, file.status, isImage]);

  if (file.status !== 'released') return <p className="file">{file.filename} · {STATUS[file.status] ?? file.status}</p>;
  return (
    <button type="button" className={picture ? 'image' : 'file'} onClick={open}>
      {picture ? <img src={picture} alt={file.filename} /> : `${file.filename} · ${sizeOf(file.size_bytes)}`}
    </button>
  );
}
