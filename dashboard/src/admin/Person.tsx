/** One contact: how he is reached, what he agreed to, what there is to do, and all that was, newest first. */

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';

import type { ContactDetail, FollowUpList, Inbox, ManualTaskList } from '../api/schema.js';
import { maySend, useDesk } from '../desk.js';
import { ProblemBox } from '../shell/Problem.js';
import { Skeletons } from '../shell/Skeletons.js';
import { moment, t } from '../text/intl.js';
import { useChange } from './change.js';
import { Due } from './Due.js';
import { FormDialog } from './FormDialog.js';
import { Merge } from './Merge.js';
import { type Event, eventsOf } from './timeline.js';

const KINDS = ['unknown', 'lead', 'customer', 'provider'] as const;
const CHANNELS = ['email', 'whatsapp', 'telegram', 'sms', 'in_app'] as const;
const PURPOSES = ['service', 'notification', 'marketing'] as const;

type Open = 'edit' | 'merge' | 'consent' | null;

export function Person({ contactId }: { contactId: string }) {
  const desk = useDesk();
  const { api, person } = desk;
  const [open, setOpen] = useState<Open>(null);
  const ask = <T,>(name: string, path: string, params = {}) => ({ queryKey: [person.tenantId, name, contactId], queryFn: ({ signal }: { signal: AbortSignal }) => api.get<T>(path, params, signal) });
  const found = useQuery(ask<ContactDetail>('contact', `/contacts/${contactId}`));
  const threads = useQuery(ask<Inbox>('contact-threads', '/threads', { contact: contactId, folder: 'any', status: 'any', limit: 50 }));
  const tasks = useQuery(ask<ManualTaskList>('contact-tasks', '/tasks', { contact_id: contactId, task_status: 'any' }));
  const followUps = useQuery(ask<FollowUpList>('contact-follow-ups', '/follow-ups', { contact_id: contactId, follow_up_status: 'any' }));
  if (found.error) return <ProblemBox problem={found.error} onRetry={() => void found.refetch()} />;
  const contact = found.data;
  if (!contact) return <section className="page"><h2 id="page-title" className="sr-only">{t('contacts.title')}</h2><Skeletons rows={4} /></section>;
  const known = { threads: threads.data?.items ?? [], tasks: tasks.data?.items ?? [], followUps: followUps.data?.items ?? [] };
  const isPartial = [threads, tasks, followUps].some((one) => one.error);
  return (
    <section className="page" aria-labelledby="page-title">
      <Link to="/contacts" search={{}} className="link">{t('contacts.back')}</Link>
      <header className="inline">
        <h2 id="page-title"><bdi>{contact.display_name ?? t('inbox.unnamed')}</bdi></h2>
        <span className="chip">{t('contacts.kindOf', { kind: contact.kind })}</span>
        {contact.company && <bdi className="quiet">{contact.company}</bdi>}
        {contact.blocked_at && <span className="chip warn">{t('contacts.blocked')}</span>}
        {contact.erased_at && <span className="chip warn">{t('contacts.erased')}</span>}
        <span className="spacer" />
        {maySend(desk) && !contact.erased_at && <Actions contact={contact} onOpen={setOpen} />}
      </header>
      {isPartial && <p className="warn" role="alert">{t('contacts.partly')}</p>}
      <div className="person">
        <div className="person-facts">
          <Facts contact={contact} mayWrite={maySend(desk)} onConsent={() => setOpen('consent')} />
          <ToDo known={known} />
        </div>
        <section aria-labelledby="timeline-title" className="panel">
          <h3 id="timeline-title">{t('contacts.timeline')}</h3>
          <ol className="timeline">{eventsOf(contact, known).map((one) => <Happened key={one.key} event={one} />)}</ol>
        </section>
      </div>
      <Dialogs open={open} contact={contact} onClose={() => setOpen(null)} />
    </section>
  );
}

function Actions({ contact, onOpen }: { contact: ContactDetail; onOpen(what: Open): void }) {
  const { api } = useDesk();
  const change = useChange();
  const isBlocked = contact.blocked_at !== null;
  return (
    <>
      <button type="button" className="button" onClick={() => onOpen('edit')}>{t('form.edit')}</button>
      <button type="button" className="button" onClick={() => void change(t(isBlocked ? 'contacts.unblocked' : 'contacts.blockedNow'), () => api.post(`/contacts/${contact.id}/block`, { blocked: !isBlocked }))}>{t(isBlocked ? 'contacts.unblock' : 'contacts.block')}</button>
      <button type="button" className="button" onClick={() => onOpen('merge')}>{t('merge.start')}</button>
    </>
  );
}

function Facts({ contact, mayWrite, onConsent }: { contact: ContactDetail; mayWrite: boolean; onConsent(): void }) {
  return (
    <section className="panel" aria-labelledby="facts-title">
      <h3 id="facts-title">{t('contacts.identities')}</h3>
      {contact.identities.length === 0 && <p className="quiet">{t('contacts.unreachable')}</p>}
      <ul>{contact.identities.map((one) => <li key={one.id}><span className="quiet">{t('contacts.addressKind', { kind: one.kind })}</span> <bdi>{one.address}</bdi> {one.verified_at && <span className="chip">{t('contacts.verified')}</span>}</li>)}</ul>
      <h4>{t('contacts.consents')}</h4>
      {contact.consents.length === 0 ? <p className="quiet">{t('contacts.noConsents')}</p> : <ul>{contact.consents.map((one) => <li key={`${one.channel} ${one.purpose}`}>{t('contacts.consent', { channel: one.channel, purpose: one.purpose, granted: String(one.granted), at: moment(one.recorded_at) })}</li>)}</ul>}
      {mayWrite && !contact.erased_at && <div><button type="button" className="button" onClick={onConsent}>{t('contacts.addConsent')}</button></div>}
    </section>
  );
}

type Known = Parameters<typeof eventsOf>[1];

function ToDo({ known }: { known: Known }) {
  const tasks = known.tasks.filter((one) => one.status === 'open');
  const followUps = known.followUps.filter((one) => one.status === 'scheduled');
  return (
    <section className="panel" aria-labelledby="todo-title">
      <h3 id="todo-title">{t('contacts.todo')}</h3>
      <h4>{t('tasks.title')}</h4>
      {tasks.length === 0 ? <p className="quiet">{t('tasks.empty')}</p> : <ul>{tasks.map((one) => <li key={one.id}><Due at={one.due_at} />: <Link to="/tasks" search={{ view: 'open' }}><bdi>{one.title}</bdi></Link></li>)}</ul>}
      <h4>{t('tasks.view', { status: 'follow_ups' })}</h4>
      {followUps.length === 0 ? <p className="quiet">{t('followUps.empty')}</p> : <ul>{followUps.map((one) => <li key={`${one.origin} ${one.id}`}>{moment(one.due_at)}: <bdi>{one.body ?? ''}</bdi></li>)}</ul>}
    </section>
  );
}

function Happened({ event }: { event: Event }) {
  return (
    <li>
      <time dateTime={event.at}>{moment(event.at)}</time>
      <span>
        {event.text}
        {event.more && <> <bdi className="quiet">{event.more}</bdi></>}
        {event.thread && <> <Link to="/" search={{ view: event.thread.isOpen ? 'all' : 'closed', thread: event.thread.id }}>{t('tasks.open')}</Link></>}
      </span>
    </li>
  );
}

function Dialogs({ open, contact, onClose }: { open: Open; contact: ContactDetail; onClose(): void }) {
  const { api } = useDesk();
  switch (open) {
    case 'merge':
      return <Merge winner={contact} onClose={onClose} />;
    case 'edit':
      return (
        <FormDialog
          title={t('contacts.edit')}
          submit={t('form.save')}
          done={t('form.saved')}
          fields={[
            { name: 'display_name', label: t('contacts.name'), value: contact.display_name },
            { name: 'company', label: t('contacts.company'), value: contact.company },
            { name: 'kind', label: t('contacts.kind'), kind: 'select', value: contact.kind, options: KINDS.map((kind) => ({ value: kind, text: t('contacts.kindOf', { kind }) })) },
          ]}
          onSubmit={(values) => api.patch(`/contacts/${contact.id}`, { display_name: values['display_name'] || null, company: values['company'] || null, kind: values['kind'] })}
          onClose={onClose}
        />
      );
    case 'consent':
      return (
        <FormDialog
          title={t('contacts.addConsent')}
          submit={t('form.save')}
          done={t('form.saved')}
          fields={[
            { name: 'channel', label: t('channels.channel'), kind: 'select', options: CHANNELS.map((channel) => ({ value: channel, text: t('inbox.channel', { channel }) })) },
            { name: 'purpose', label: t('contacts.purpose'), kind: 'select', options: PURPOSES.map((purpose) => ({ value: purpose, text: t('contacts.purposeOf', { purpose }) })) },
            { name: 'granted', label: t('contacts.said'), kind: 'select', options: ['true', 'false'].map((granted) => ({ value: granted, text: t('contacts.saidOf', { granted }) })) },
            { name: 'wording', label: t('contacts.wording'), kind: 'area', help: t('contacts.wordingHelp') },
          ]}
          onSubmit={(values) => api.post(`/contacts/${contact.id}/consents`, { channel: values['channel'], purpose: values['purpose'], granted: values['granted'] === 'true', wording: values['wording'] || null })}
          onClose={onClose}
        />
      );
    default:
      return null;
  }
}
