/** A note in the timeline: on its own paper, so that nobody takes it for something the contact has seen. */

import { useState } from 'react';

import type { ThreadNote } from '../api/schema.js';
import { isAdmin, maySend, useDesk } from '../desk.js';
import { say } from '../shell/toast.js';
import { lineOf } from '../shell/told.js';
import { moment, t, time } from '../text/intl.js';
import type { Notes } from './useNotes.js';

export function Note({ note, notes }: { note: ThreadNote; notes: Notes }) {
  const desk = useDesk();
  const [text, setText] = useState<string | null>(null);
  const isMine = note.author_user_id === desk.person.userId;
  const member = desk.members.find((one) => one.user_id === note.author_user_id);
  const does = async (what: () => Promise<void>) => {
    try {
      await what();
      setText(null);
    } catch (thrown) {
      say(lineOf(thrown));
    }
  };
  return (
    <li className="bubble note" data-note={note.id}>
      <p className="bubble-head">
        <strong>{t('note.mark')}</strong>
        <bdi>{isMine ? t('message.you') : (member?.display_name ?? t('message.team'))}</bdi>
        <time dateTime={note.created_at} title={moment(note.created_at)}>{time(note.created_at)}</time>
      </p>
      {text === null ? <p className="note-body" dir="auto">{note.note}</p> : (
        <form className="form" onSubmit={(event) => { event.preventDefault(); if (text.trim()) void does(() => notes.change(note.id, text)); }}>
          <label className="sr-only" htmlFor={`note-${note.id}`}>{t('note.label')}</label>
          <textarea id={`note-${note.id}`} dir="auto" rows={3} maxLength={4000} value={text} onChange={(event) => setText(event.target.value)} />
          <p className="inline">
            <button type="submit" className="button primary">{t('form.save')}</button>
            <button type="button" className="button" onClick={() => setText(null)}>{t('form.cancel')}</button>
          </p>
        </form>
      )}
      <p className="bubble-foot">
        {note.edited_at && <span>{t('message.edited')}</span>}
        {isMine && maySend(desk) && text === null && <button type="button" className="link" onClick={() => setText(note.note)}>{t('form.edit')}</button>}
        {(isMine ? maySend(desk) : isAdmin(desk)) && <button type="button" className="link" onClick={() => void does(() => notes.remove(note.id))}>{t('form.delete')}</button>}
      </p>
    </li>
  );
}
