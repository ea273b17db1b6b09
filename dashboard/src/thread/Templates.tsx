/** What may be sent when the contact has not written lately: the approved texts of the account, filled in and shown as they will be read. */

import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useEffect, useMemo, useRef, useState } from 'react';

import { Offline } from '../api/http.js';
import type { ChannelTemplate, ChannelTemplateList, Thread } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { ProblemBox } from '../shell/Problem.js';
import { t } from '../text/intl.js';
import { asSent, fieldsOf, isUsable, mediaOf, preview } from './templates.js';
import { useSending } from './useSending.js';

interface Props {
  thread: Thread;
  lastSeq: number;
  onSent(): void;
  onClose(): void;
}

const keyOf = (one: ChannelTemplate) => `${one.name} ${one.language}`;

export default function Templates({ thread, lastSeq, onSent, onClose }: Props) {
  const { api, person } = useDesk();
  const dialog = useRef<HTMLDialogElement>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const session = thread.channel_session_id;
  const found = useQuery({
    queryKey: [person.tenantId, 'templates', session],
    queryFn: ({ signal }) => api.get<ChannelTemplateList>(`/channel-sessions/${session}/templates`, {}, signal),
    enabled: session !== null,
  });
  const usable = found.data?.items.filter(isUsable) ?? [];
  const template = usable.find((one) => keyOf(one) === chosen);
  return (
    <dialog ref={dialog} className="dialog wide" aria-labelledby="templates-title" onClose={onClose}>
      <h2 id="templates-title">{t('template.title')}</h2>
      {found.isPending && <p role="status">{t('app.starting')}</p>}
      {found.error && <ProblemBox problem={found.error} onRetry={() => void found.refetch()} />}
      {found.data && usable.length === 0 && <p role="status">{t('template.none')}</p>}
      {usable.length > 0 && (
        <p className="field">
          <label htmlFor="template">{t('template.which')}</label>
          <select id="template" value={chosen ?? ''} onChange={(event) => setChosen(event.target.value || null)}>
            <option value="">{t('template.pick')}</option>
            {usable.map((one) => <option key={keyOf(one)} value={keyOf(one)}>{t('template.option', { name: one.name, language: one.language, category: one.category })}</option>)}
          </select>
        </p>
      )}
      {template && <Fill key={keyOf(template)} template={template} thread={thread} lastSeq={lastSeq} onSent={() => { onSent(); dialog.current?.close(); }} />}
      <button type="button" className="button" onClick={() => dialog.current?.close()}>{t('form.cancel')}</button>
    </dialog>
  );
}

function Fill({ template, thread, lastSeq, onSent }: { template: ChannelTemplate; thread: Thread; lastSeq: number; onSent(): void }) {
  const { person } = useDesk();
  const [values, setValues] = useState<Record<string, string>>({});
  const [link, setLink] = useState('');
  // A template leaves the draft of the reply alone.
  const key = useMemo(() => ({ tenantId: person.tenantId, userId: person.userId, threadId: `${thread.id}:template` }), [person.tenantId, person.userId, thread.id]);
  const sending = useSending(key);
  const fields = fieldsOf(template);
  const media = mediaOf(template);
  const isReady = fields.every((one) => one.isOptional || values[one.id]?.trim()) && (!media || /^https:\/\/\S+$/.test(link)) && !sending.isSending;
  const shown = preview(template, values);
  const send = async (seq: number) => {
    if (isReady && (await sending.send(shown, seq, { template: asSent(template, values, link) }))) onSent();
  };
  return (
    <form className="form" onSubmit={(event: FormEvent) => { event.preventDefault(); void send(lastSeq); }}>
      {media && (
        <p className="field">
          <label htmlFor="template-link">{t('template.link', { media })}</label>
          <input id="template-link" type="url" placeholder="https://" value={link} onChange={(event) => setLink(event.target.value)} />
        </p>
      )}
      {fields.map((one) => (
        <p key={one.id} className="field">
          <label htmlFor={one.id}>{t('template.field', { part: one.part, place: one.part === 'button' ? String(Number(one.place) + 1) : one.place })}</label>
          <input id={one.id} dir="auto" required={!one.isOptional} value={values[one.id] ?? ''} onChange={(event) => setValues({ ...values, [one.id]: event.target.value })} />
        </p>
      ))}
      <section aria-label={t('template.preview')} className="panel">
        <h3>{t('template.preview')}</h3>
        <p className="bubble-body" dir="auto" data-testid="preview">{shown}</p>
      </section>
      {sending.moved && (
        <div className="moved" role="alert">
          <p>{t('composer.moved')}</p>
          <ul>{sending.moved.messages.map((one) => <li key={one.id} dir="auto">{one.body.slice(0, 300)}</li>)}</ul>
          <button type="button" className="button" onClick={() => void send(sending.moved?.lastSeq ?? lastSeq)}>{t('composer.sendAnyway')}</button>
        </div>
      )}
      {sending.problem instanceof Offline ? <p className="warn" role="alert">{t('composer.unknown')}</p> : sending.problem ? <ProblemBox problem={sending.problem} /> : null}
      <div className="form-foot"><button type="submit" className="button primary" disabled={!isReady}>{sending.isSending ? t('composer.sending') : t('template.send')}</button></div>
    </form>
  );
}
