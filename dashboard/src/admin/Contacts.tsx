/** The people a tenant knows: found by address, with how they are reached and what they agreed to. */

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';

import type { Contact, ContactDetail, Inbox } from '../api/schema.js';
import { maySend, useDesk } from '../desk.js';
import { ProblemBox } from '../shell/Problem.js';
import { moment, t } from '../text/intl.js';
import { useChange } from './change.js';
import { FormDialog } from './FormDialog.js';
import { Listing } from './listing.js';
import { Merge } from './Merge.js';

const KINDS = ['unknown', 'lead', 'customer', 'provider'] as const;

export function Contacts() {
  const desk = useDesk();
  const [address, setAddress] = useState('');
  const [shown, setShown] = useState<string | null>(null);
  return (
    <section className="page" aria-labelledby="page-title">
      <h2 id="page-title">{t('contacts.title')}</h2>
      <form role="search" className="inline" onSubmit={(event) => { event.preventDefault(); setAddress(String(new FormData(event.currentTarget).get('address') ?? '').trim()); }}>
        <label htmlFor="address">{t('contacts.find')}</label>
        <input id="address" name="address" type="search" />
        <button type="submit" className="button">{t('contacts.search')}</button>
      </form>
      <Listing<Contact>
        label={t('contacts.title')}
        path="/contacts"
        params={{ address: address || undefined }}
        keyOf={(row) => row.id}
        empty={address ? t('contacts.none', { address }) : t('contacts.empty')}
        columns={[
          { title: t('contacts.name'), cell: (row) => <button type="button" className="link" onClick={() => setShown(row.id)}><bdi>{row.display_name ?? t('inbox.unnamed')}</bdi></button> },
          { title: t('contacts.company'), cell: (row) => <bdi>{row.company ?? ''}</bdi> },
          { title: t('contacts.kind'), cell: (row) => t('contacts.kindOf', { kind: row.kind }) },
          { title: t('contacts.since'), cell: (row) => moment(row.created_at) },
          { title: t('contacts.state'), cell: (row) => (row.blocked_at ? t('contacts.blocked') : row.erased_at ? t('contacts.erased') : '') },
        ]}
      />
      {shown && <Detail key={shown} contactId={shown} mayWrite={maySend(desk)} onClose={() => setShown(null)} />}
    </section>
  );
}

function Detail({ contactId, mayWrite, onClose }: { contactId: string; mayWrite: boolean; onClose(): void }) {
  const { api, person } = useDesk();
  const change = useChange();
  const [isEditing, setEditing] = useState(false);
  const [isMerging, setMerging] = useState(false);
  const found = useQuery({ queryKey: [person.tenantId, 'contact', contactId], queryFn: ({ signal }) => api.get<ContactDetail>(`/contacts/${contactId}`, {}, signal) });
  const threads = useQuery({ queryKey: [person.tenantId, 'contact-threads', contactId], queryFn: ({ signal }) => api.get<Inbox>('/threads', { contact: contactId, folder: 'any', status: 'any', limit: 20 }, signal) });
  if (found.error) return <ProblemBox problem={found.error} onRetry={() => void found.refetch()} />;
  const contact = found.data;
  if (!contact) return <p role="status">{t('app.starting')}</p>;
  return (
    <section className="panel" aria-labelledby="contact-name">
      <header className="inline">
        <h3 id="contact-name"><bdi>{contact.display_name ?? t('inbox.unnamed')}</bdi></h3>
        <span className="spacer" />
        {mayWrite && <button type="button" className="button" onClick={() => setEditing(true)}>{t('form.edit')}</button>}
        {mayWrite && <button type="button" className="button" onClick={() => void change(t(contact.blocked_at ? 'contacts.unblocked' : 'contacts.blockedNow'), () => api.post(`/contacts/${contact.id}/block`, { blocked: !contact.blocked_at }))}>{t(contact.blocked_at ? 'contacts.unblock' : 'contacts.block')}</button>}
        {mayWrite && <button type="button" className="button" onClick={() => setMerging(true)}>{t('merge.start')}</button>}
        <button type="button" className="button" onClick={onClose}>{t('explain.close')}</button>
      </header>
      <h4>{t('contacts.identities')}</h4>
      <ul>{contact.identities.map((one) => <li key={one.id}>{t('contacts.identity', { kind: one.kind })}: <bdi>{one.address}</bdi>{one.verified_at && ` (${t('contacts.verified')})`}</li>)}</ul>
      <h4>{t('contacts.consents')}</h4>
      {contact.consents.length === 0 ? <p className="quiet">{t('contacts.noConsents')}</p> : <ul>{contact.consents.map((one) => <li key={`${one.channel} ${one.purpose}`}>{t('contacts.consent', { channel: t('inbox.channel', { channel: one.channel }), purpose: one.purpose, granted: String(one.granted), at: moment(one.recorded_at) })}</li>)}</ul>}
      <h4>{t('inbox.title')}</h4>
      <ul>{threads.data?.items.map((one) => <li key={one.id}><Link to="/" search={{ view: one.status === 'open' ? 'all' : 'closed', thread: one.id }}><bdi>{one.subject ?? one.preview ?? t('inbox.channel', { channel: one.channel })}</bdi></Link> <span className="quiet">{one.last_message_at && moment(one.last_message_at)}</span></li>)}</ul>
      {isMerging && <Merge winner={contact} onClose={() => setMerging(false)} />}
      {isEditing && (
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
          onClose={() => setEditing(false)}
        />
      )}
    </section>
  );
}
