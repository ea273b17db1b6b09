/** What went out and did not arrive or is not settled, calls of providers nobody could read, and addresses nothing is sent to. */

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Suppression, WebhookTrouble } from '../api/schema.js';
import { isAdmin, maySend, useDesk } from '../desk.js';
import { ProblemBox } from '../shell/Problem.js';
import { moment, t } from '../text/intl.js';
import { useChange } from './change.js';
import { FormDialog } from './FormDialog.js';
import { Listing } from './listing.js';
import { Undelivered } from './Undelivered.js';

const KINDS = ['email', 'phone'] as const;

export function Deliveries() {
  const desk = useDesk();
  const change = useChange();
  const [isAdding, setAdding] = useState(false);
  return (
    <section className="page" aria-labelledby="page-title">
      <h2 id="page-title">{t('deliveries.title')}</h2>
      <Undelivered />
      <h3>{t('deliveries.calls')}</h3>
      <Calls />
      <header className="inline">
        <h3>{t('deliveries.suppressed')}</h3>
        <span className="spacer" />
        {maySend(desk) && <button type="button" className="button" onClick={() => setAdding(true)}>{t('deliveries.suppress')}</button>}
      </header>
      <Listing<Suppression>
        label={t('deliveries.suppressed')}
        path="/suppressions"
        keyOf={(row) => row.id}
        empty={t('deliveries.noSuppressed')}
        columns={[
          { title: t('deliveries.to'), cell: (row) => <bdi>{row.address}</bdi> },
          { title: t('deliveries.why'), cell: (row) => t('deliveries.reason', { reason: row.reason }) },
          { title: t('deliveries.what'), cell: (row) => t('deliveries.scope', { scope: row.scope }) },
          { title: t('contacts.since'), cell: (row) => moment(row.created_at) },
        ]}
        {...(isAdmin(desk) && { actions: (row: Suppression) => <button type="button" className="button" onClick={() => void change(t('deliveries.lifted'), () => desk.api.post('/suppressions/lift', { kind: row.kind, address: row.address }))}>{t('deliveries.lift')}</button> })}
      />
      {isAdding && (
        <FormDialog
          title={t('deliveries.suppress')}
          submit={t('form.save')}
          done={t('form.saved')}
          fields={[
            { name: 'kind', label: t('contacts.kind'), kind: 'select', options: KINDS.map((kind) => ({ value: kind, text: t('deliveries.kind', { kind }) })) },
            { name: 'address', label: t('channels.address'), required: true },
            { name: 'scope', label: t('deliveries.what'), kind: 'select', options: (['all', 'automatic'] as const).map((scope) => ({ value: scope, text: t('deliveries.scope', { scope }) })) },
          ]}
          onSubmit={(values) => desk.api.post('/suppressions', { kind: values['kind'], address: values['address'], scope: values['scope'] })}
          onClose={() => setAdding(false)}
        />
      )}
    </section>
  );
}

function Calls() {
  const desk = useDesk();
  const change = useChange();
  const found = useQuery({ queryKey: [desk.person.tenantId, '/webhook-failures'], queryFn: ({ signal }) => desk.api.get<WebhookTrouble>('/webhook-failures', {}, signal), enabled: maySend(desk) });
  if (found.error) return <ProblemBox problem={found.error} onRetry={() => void found.refetch()} />;
  const failures = found.data?.failures ?? [];
  if (failures.length === 0) return <p className="state">{t('deliveries.noCalls')}</p>;
  return (
    <ul className="panel">
      {failures.map((one) => (
        <li key={one.webhook_id} className="inline">
          <span>{moment(one.received_at)} · <bdi>{one.provider}</bdi>: <bdi>{one.error}</bdi></span>
          <button type="button" className="button" onClick={() => void change(t('deliveries.again'), () => desk.api.post(`/webhook-failures/${one.webhook_id}/retry`))}>{t('app.retry')}</button>
        </li>
      ))}
    </ul>
  );
}
