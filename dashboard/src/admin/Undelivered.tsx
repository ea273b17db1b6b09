/** What did not arrive, and what nobody knows the end of: why, in words, and what may be done about it. Nothing leaves twice by it. */

import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';

import type { Sent, Undelivered as Row } from '../api/schema.js';
import { maySend, useDesk } from '../desk.js';
import { CHANNELS } from '../inbox/views.js';
import { moment, t } from '../text/intl.js';
import { useChange } from './change.js';
import { Confirm } from './Confirm.js';
import { Listing } from './listing.js';
import { type DeliveriesPlace, readDeliveries, TROUBLES } from './places.js';

const nameOf = (row: Row): string => row.contact_name ?? row.recipient;

export function Undelivered() {
  const desk = useDesk();
  const change = useChange();
  const navigate = useNavigate();
  const place = readDeliveries(useSearch({ strict: false }));
  const [again, setAgain] = useState<Row | null>(null);
  const go = (to: DeliveriesPlace) => void navigate({ to: '/deliveries', search: { ...place, ...to } });
  const settle = (row: Row, resolution: 'sent' | 'failed') => void change(t('deliveries.settled'), () => desk.api.post(`/messages/${row.message_id}/resolve-unknown`, { resolution }));
  return (
    <>
      <h3>{t('deliveries.troubles')}</h3>
      <div className="troubles">
        <div className="views">
          {([undefined, ...TROUBLES] as const).map((one) => <button key={one ?? 'all'} type="button" aria-current={one === place.trouble ? 'true' : undefined} onClick={() => go({ trouble: one })}>{t('deliveries.trouble', { trouble: one ?? 'all' })}</button>)}
        </div>
        <label htmlFor="trouble-channel" className="quiet">{t('channels.channel')}</label>
        <select id="trouble-channel" value={place.channel ?? ''} onChange={(event) => go({ channel: CHANNELS.find((one) => one === event.target.value) })}>
          <option value="">{t('filter.any')}</option>
          {CHANNELS.map((channel) => <option key={channel} value={channel}>{t('inbox.channel', { channel })}</option>)}
        </select>
      </div>
      {place.trouble === 'unknown' && <p className="quiet">{t('deliveries.unknownWhy')}</p>}
      <Listing<Row>
        label={t('deliveries.troubles')}
        path="/dispatches/undelivered"
        params={{ trouble: place.trouble, channel: place.channel }}
        keyOf={(row) => row.id}
        empty={t('deliveries.none', { trouble: place.trouble ?? 'all' })}
        columns={[
          { title: t('audit.at'), cell: (row) => moment(row.created_at) },
          { title: t('deliveries.to'), cell: (row) => <span><Link to="/" search={{ view: 'all', thread: row.thread_id }}><bdi>{nameOf(row)}</bdi></Link>{row.contact_name && <><br /><bdi className="quiet">{row.recipient}</bdi></>}</span> },
          { title: t('channels.channel'), cell: (row) => t('inbox.channel', { channel: row.channel }) },
          { title: t('deliveries.became'), cell: (row) => <Became row={row} /> },
          { title: t('deliveries.text'), cell: (row) => <bdi className="excerpt">{row.excerpt}</bdi> },
        ]}
        {...(maySend(desk) && {
          actions: (row: Row) => (row.trouble === 'unknown' ? (
            <>
              <button type="button" className="button" onClick={() => settle(row, 'sent')}>{t('message.resolveSent')}</button>
              <button type="button" className="button" onClick={() => settle(row, 'failed')}>{t('message.resolveFailed')}</button>
            </>
          ) : row.sent_again_id
            ? <span className="quiet">{t('deliveries.sentAgain')}</span>
            : <button type="button" className="button" onClick={() => setAgain(row)}>{t('deliveries.sendAgain')}</button>),
        })}
      />
      {again && (
        <Confirm
          title={t('deliveries.againTitle', { name: nameOf(again) })}
          text={t('deliveries.againText')}
          action={t('deliveries.sendAgain')}
          isHarmless
          onConfirm={() => void change(t('deliveries.sentAgain'), () => desk.api.post<Sent>(`/messages/${again.message_id}/send-again`))}
          onClose={() => setAgain(null)}
        />
      )}
    </>
  );
}

/** What is quoted of the provider is quiet; whatever was not said of it is not made up. */
function Became({ row }: { row: Row }) {
  return (
    <span>
      <span className={`trouble trouble-${row.trouble}`}>{t('deliveries.trouble', { trouble: row.trouble })}</span>
      {row.status_reason && <><br />{t('deliveries.because', { reason: row.status_reason })}</>}
      {row.error && <><br /><bdi className="quiet">{row.error.slice(0, 200)}</bdi></>}
    </span>
  );
}
