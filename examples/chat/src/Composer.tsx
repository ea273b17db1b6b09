import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';

import type { Conversation, Quote, Shown } from 'parley-client';

import { sizeOf } from './format.js';

const MAX_CHARS = 2_000;
const MAX_BYTES = 10 * 1024 * 1024;

export function Composer({ conversation, quoted, edited, nameOf, attempt, onDone }: {
  conversation: Conversation;
  quoted: Quote | null;
  edited: Shown | null;
  nameOf: (userId: string | null) => string;
  attempt: (work: Promise<unknown>) => void;
  onDone: () => void;
}) {
  const draftKey = `draft:${conversation.threadId}`;
  const [body, setBody] = useState(() => edited?.body ?? sessionStorage.getItem(draftKey) ?? '');
  const [files, setFiles] = useState<File[]>([]);
  const field = useRef<HTMLTextAreaElement>(null);
  const tooBig = files.find((file) => file.size > MAX_BYTES);
  const canSend = !tooBig && body.length <= MAX_CHARS && (body.trim() !== '' || (files.length > 0 && !edited));

  useEffect(() => {
    if (edited || quoted) field.current?.focus();
  }, [edited, quoted]);
  useEffect(() => {
    if (!edited) sessionStorage.setItem(draftKey, body);
    const one = field.current;
    if (!one) return;
    one.style.height = 'auto';
    one.style.height = `${Math.min(one.scrollHeight, 160)}px`;
  }, [body, draftKey, edited]);

  const send = (event?: FormEvent) => {
    event?.preventDefault();
    if (!canSend) return;
    const text = body.trim();
    if (edited) attempt(conversation.edit(edited.id, text));
    else attempt(conversation.send({ body: text, replyTo: quoted ?? undefined, files: files.length ? files : undefined }));
    setBody('');
    setFiles([]);
    onDone();
    field.current?.focus();
  };
  const press = (event: KeyboardEvent) => {
    // Enter that ends the choice of a character (Japanese, Chinese, Korean) sends nothing.
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) send(event as unknown as FormEvent);
    if (event.key === 'Escape' && (edited || quoted)) onDone();
  };

  return (
    <form className="composer" onSubmit={send}>
      {(quoted || edited) && (
        <p className="about">
          <span>{edited ? 'Editing' : `To ${nameOf(quoted?.sender_user_id ?? null)}`}: {(edited ?? quoted)?.body}</span>
          <button type="button" className="icon" aria-label="Never mind" onClick={onDone}>×</button>
        </p>
      )}
      {files.map((file) => (
        <p className="about" key={file.name}>
          <span>{file.name} · {sizeOf(file.size)}{file.size > MAX_BYTES && ' · too big, 10 MB are the most'}</span>
          <button type="button" className="icon" aria-label={`Leave ${file.name} out`} onClick={() => setFiles(files.filter((one) => one !== file))}>×</button>
        </p>
      ))}
      <div className="row">
        {!edited && (
          <label className="icon attach">
            <span className="hidden">Attach a file</span>
            <svg viewBox="0 0 24 24" aria-hidden="true"><path d="m20 11-8.5 8.5a5 5 0 0 1-7-7L13 4a3.3 3.3 0 0 1 4.7 4.7L9.5 17a1.6 1.6 0 0 1-2.4-2.3L14.5 7" /></svg>
            <input type="file" multiple onChange={(event) => { setFiles([...files, ...(event.target.files ?? [])]); event.target.value = ''; }} />
          </label>
        )}
        <textarea ref={field} rows={1} aria-label="Message" placeholder="Type a message…" dir="auto" enterKeyHint="send" value={body}
          onChange={(event) => { setBody(event.target.value); conversation.typing(); }} onKeyDown={press} />
        <button type="submit" className="primary" disabled={!canSend}>{edited ? 'Save' : 'Send'}</button>
      </div>
      {body.length > MAX_CHARS - 200 && <p className={body.length > MAX_CHARS ? 'count problem' : 'count'} role="status">{MAX_CHARS - body.length}</p>}
    </form>
  );
}
