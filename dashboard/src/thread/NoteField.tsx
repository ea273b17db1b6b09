/** Where a note is written. It has a field, a draft and an address of its own: what stands here can go to no contact. */

import { type FormEvent, type Ref, useMemo, useRef, useState } from 'react';

import type { NotePut } from '../api/schema.js';
import { Offline } from '../api/http.js';
import { useDesk } from '../desk.js';
import { ProblemBox } from '../shell/Problem.js';
import { t } from '../text/intl.js';
import { keepDraft, readDraft } from './drafts.js';

const MOST = 4000;

export function NoteField({ threadId, field, onWritten }: { threadId: string; field: Ref<HTMLTextAreaElement>; onWritten(note: NotePut): void }) {
  const { api, person } = useDesk();
  const key = useMemo(() => ({ tenantId: person.tenantId, userId: person.userId, threadId: `${threadId}:note` }), [person.tenantId, person.userId, threadId]);
  const [text, setText] = useState(() => readDraft(key));
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const tried = useRef<{ text: string; id: string } | null>(null);

  const write = (next: string) => {
    setText(next);
    keepDraft(key, next);
  };
  const add = async () => {
    if (!text.trim() || isBusy) return;
    setBusy(true);
    setProblem(null);
    // Bound at the press, as a reply is: a lost answer makes no second note.
    const again = tried.current?.text === text ? tried.current : { text, id: crypto.randomUUID() };
    tried.current = again;
    try {
      onWritten(await api.post<NotePut>(`/threads/${threadId}/notes`, { note: text, client_note_id: again.id }));
      tried.current = null;
      if (readDraft(key) === text) keepDraft(key, '');
      setText((now) => (now === text ? '' : now));
    } catch (thrown) {
      setProblem(thrown);
      if (!(thrown instanceof Offline)) tried.current = null;
    } finally {
      setBusy(false);
    }
  };

  return (
    <form className="note-form" onSubmit={(event: FormEvent) => { event.preventDefault(); void add(); }}>
      {problem ? <ProblemBox problem={problem} /> : null}
      <label className="sr-only" htmlFor="note">{t('note.label')}</label>
      <textarea
        id="note"
        ref={field}
        dir="auto"
        rows={3}
        maxLength={MOST}
        value={text}
        placeholder={t('note.placeholder')}
        onChange={(event) => write(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void add();
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      <div className="composer-foot">
        <span className="quiet grow">{t('note.help')}</span>
        <button type="submit" className="button primary" disabled={!text.trim() || isBusy}>{t('note.add')}</button>
      </div>
    </form>
  );
}
