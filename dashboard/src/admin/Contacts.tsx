/** The people a tenant knows, found by address; one of them opens as a screen of its own, whose address is kept. */

import { Link, useSearch } from '@tanstack/react-router';
import { useState } from 'react';

import type { Contact } from '../api/schema.js';
import { moment, t } from '../text/intl.js';
import { Listing } from './listing.js';
import { Person } from './Person.js';
import { readContact } from './places.js';

export function Contacts() {
  const [address, setAddress] = useState('');
  const { contact } = readContact(useSearch({ strict: false }));
  if (contact) return <Person key={contact} contactId={contact} />;
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
          { title: t('contacts.name'), cell: (row) => <Link to="/contacts" search={{ contact: row.id }}><bdi>{row.display_name ?? t('inbox.unnamed')}</bdi></Link> },
          { title: t('contacts.company'), cell: (row) => <bdi>{row.company ?? ''}</bdi> },
          { title: t('contacts.kind'), cell: (row) => t('contacts.kindOf', { kind: row.kind }) },
          { title: t('contacts.since'), cell: (row) => moment(row.created_at) },
          { title: t('contacts.state'), cell: (row) => (row.blocked_at ? t('contacts.blocked') : row.erased_at ? t('contacts.erased') : '') },
        ]}
      />
    </section>
  );
}
