/** The accounts a tenant is reached at: whether each works, what it last did, and what is wrong with it. */

import { lazy, Suspense, useState } from 'react';

import type { ChannelSession, SessionTested } from '../api/schema.js';
import { isAdmin, useDesk } from '../desk.js';
import { moment, t } from '../text/intl.js';
import { useChange } from './change.js';
import { Confirm } from './Confirm.js';
import { type Field, FormDialog } from './FormDialog.js';
import { Listing } from './listing.js';

const Pairing = lazy(async () => ({ default: (await import('./Pairing.js')).Pairing }));

type Open = { what: 'delete' | 'rename' | 'secret' | 'test' | 'pair'; session: ChannelSession } | { what: 'new' } | null;

export function Channels() {
  const desk = useDesk();
  const change = useChange();
  const [open, setOpen] = useState<Open>(null);
  const act = (session: ChannelSession, action: string, done: string) => void change(done, () => desk.api.post(`/channel-sessions/${session.id}/${action}`));
  return (
    <section className="page" aria-labelledby="page-title">
      <header className="inline">
        <h2 id="page-title">{t('channels.title')}</h2>
        <span className="spacer" />
        {isAdmin(desk) && <button type="button" className="button primary" onClick={() => setOpen({ what: 'new' })}>{t('channels.new')}</button>}
      </header>
      <Listing<ChannelSession>
        label={t('channels.title')}
        path="/channel-sessions"
        keyOf={(row) => row.id}
        empty={t('channels.empty')}
        columns={[
          { title: t('channels.account'), cell: (row) => <><bdi>{row.name}</bdi><br /><bdi className="quiet">{row.address}</bdi></> },
          { title: t('channels.channel'), cell: (row) => <span>{t('inbox.channel', { channel: row.channel })} (<bdi>{row.provider}</bdi>)</span> },
          { title: t('channels.state'), cell: (row) => <span className={row.status === 'connected' ? undefined : 'warn'}>{t('channels.status', { status: row.status })}{row.status_reason && <><br /><bdi>{row.status_reason}</bdi></>}</span> },
          { title: t('channels.lastIn'), cell: (row) => at(row.last_inbound_at) },
          { title: t('channels.lastOut'), cell: (row) => at(row.last_outbound_at) },
          { title: t('channels.lastError'), cell: (row) => (row.last_error ? <><bdi>{row.last_error}</bdi><br /><span className="quiet">{at(row.last_error_at)}</span></> : t('channels.never')) },
          { title: t('channels.heartbeat'), cell: (row) => at(row.last_heartbeat_at) },
        ]}
        {...(isAdmin(desk) && {
          actions: (row: ChannelSession) => (
            <>
              {row.can_pair && row.status !== 'connected' && <button type="button" className="button primary" onClick={() => setOpen({ what: 'pair', session: row })}>{t('pairing.start')}</button>}
              <button type="button" className="button" onClick={() => setOpen({ what: 'test', session: row })}>{t('channels.test')}</button>
              {row.status === 'paused'
                ? <button type="button" className="button" onClick={() => act(row, 'resume', t('channels.resumed'))}>{t('channels.resume')}</button>
                : <button type="button" className="button" onClick={() => act(row, 'pause', t('channels.paused'))}>{t('channels.pause')}</button>}
              <button type="button" className="button" onClick={() => setOpen({ what: 'rename', session: row })}>{t('form.edit')}</button>
              <button type="button" className="button" onClick={() => setOpen({ what: 'secret', session: row })}>{t('channels.rotate')}</button>
              <button type="button" className="button danger" onClick={() => setOpen({ what: 'delete', session: row })}>{t('channels.disconnect')}</button>
            </>
          ),
        })}
      />
      <Dialogs open={open} onClose={() => setOpen(null)} />
    </section>
  );
}

const at = (moment_: string | null): string => (moment_ ? moment(moment_) : t('channels.never'));

function Dialogs({ open, onClose }: { open: Open; onClose(): void }) {
  const { api, person } = useDesk();
  const change = useChange();
  switch (open?.what) {
    case 'delete':
      return (
        <Confirm
          title={t('channels.disconnectTitle', { name: open.session.name })}
          text={t('channels.disconnectText')}
          action={t('channels.disconnect')}
          word={open.session.name}
          onConfirm={() => void change(t('channels.disconnected'), () => api.delete(`/channel-sessions/${open.session.id}`))}
          onClose={onClose}
        />
      );
    case 'pair':
      return <Suspense fallback={null}><Pairing session={open.session} onClose={onClose} /></Suspense>;
    case 'test':
      return (
        <FormDialog
          title={t('channels.testTitle', { name: open.session.name })}
          submit={t('channels.test')}
          done={t('channels.tested')}
          fields={[{ name: 'to', label: t('channels.testTo'), required: true, value: open.session.channel === 'email' ? person.email : '', help: t('channels.testHelp') }]}
          onSubmit={(values) => api.post<SessionTested>(`/channel-sessions/${open.session.id}/test`, { to: values['to'] })}
          onClose={onClose}
        />
      );
    case 'rename':
      return (
        <FormDialog
          title={t('form.edit')}
          submit={t('form.save')}
          done={t('form.saved')}
          fields={[{ name: 'name', label: t('channels.name'), value: open.session.name, required: true }, { name: 'sender_name', label: t('channels.senderName'), value: open.session.sender_name }]}
          onSubmit={(values) => api.patch(`/channel-sessions/${open.session.id}`, { name: values['name'], sender_name: values['sender_name'] || null })}
          onClose={onClose}
        />
      );
    case 'secret':
      return (
        <FormDialog
          title={t('channels.rotateTitle', { name: open.session.name })}
          submit={t('form.save')}
          done={t('channels.rotated')}
          fields={[{ name: 'name', label: t('channels.secretName'), required: true, help: t('channels.secretHelp') }, { name: 'value', label: t('channels.secretValue'), kind: 'password', required: true }]}
          onSubmit={(values) => api.put(`/channel-sessions/${open.session.id}/secrets/${encodeURIComponent(String(values['name']))}`, { value: values['value'] })}
          onClose={onClose}
        />
      );
    case 'new':
      return (
        <FormDialog
          title={t('channels.new')}
          submit={t('channels.connect')}
          done={t('channels.made')}
          fields={NEW()}
          onSubmit={(values) => api.post('/channel-sessions', {
            channel: values['channel'], name: values['name'], provider: values['provider'] || null, address: values['address'] || null,
            secrets: values['secret_name'] ? { [String(values['secret_name'])]: values['secret_value'] } : {},
          })}
          onClose={onClose}
        />
      );
    default:
      return null;
  }
}

const NEW = (): Field[] => [
  { name: 'channel', label: t('channels.channel'), kind: 'select', options: ['email', 'whatsapp', 'telegram', 'sms', 'webform', 'in_app'].map((channel) => ({ value: channel, text: t('inbox.channel', { channel }) })) },
  { name: 'name', label: t('channels.name'), required: true },
  { name: 'provider', label: t('channels.provider'), help: t('channels.providerHelp') },
  { name: 'address', label: t('channels.address'), help: t('channels.addressHelp') },
  { name: 'secret_name', label: t('channels.secretName'), help: t('channels.secretHelp') },
  { name: 'secret_value', label: t('channels.secretValue'), kind: 'password' },
];
