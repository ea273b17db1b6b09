/** Who works here, who was invited, and which keys the tenant's servers have. A key is shown once. */

import { type Dispatch, type SetStateAction, useState } from 'react';

import type { ApiKey, ApiKeyMade, Invitation, InvitationMade, Member } from '../api/schema.js';
import { isAdmin, useDesk } from '../desk.js';
import { listOf, moment, t } from '../text/intl.js';
import { useChange } from './change.js';
import { Confirm } from './Confirm.js';
import { FormDialog } from './FormDialog.js';
import { Listing } from './listing.js';
import { Secret } from './Secret.js';

const ROLES = ['viewer', 'agent', 'admin', 'owner'] as const;
const SCOPES = ['read', 'send', 'manage', 'admin'] as const;
/** What each role may, as the database has it: a courtesy here, the rule there. */
const MAY = { viewer: ['read'], agent: ['read', 'send', 'manage'], admin: SCOPES, owner: [...SCOPES, 'own'] } as const;

type Open = { what: 'role' | 'remove'; member: Member } | { what: 'invite' | 'key' } | { what: 'secret'; title: string; value: string; help: string } | null;

export function Members() {
  const desk = useDesk();
  const change = useChange();
  const [open, setOpen] = useState<Open>(null);
  const admin = isAdmin(desk);
  const nameOf = (id: string | null) => desk.members.find((one) => one.user_id === id)?.display_name ?? '';
  return (
    <section className="page" aria-labelledby="page-title">
      <header className="inline">
        <h2 id="page-title">{t('members.title')}</h2>
        <span className="spacer" />
        {admin && <button type="button" className="button primary" onClick={() => setOpen({ what: 'invite' })}>{t('members.invite')}</button>}
      </header>
      <Listing<Member>
        label={t('members.title')}
        path="/members"
        keyOf={(row) => row.user_id}
        empty=""
        columns={[
          { title: t('members.name'), cell: (row) => <><bdi>{row.display_name ?? row.user_id}</bdi>{row.user_id === desk.person.userId && <span className="quiet"> ({t('message.you')})</span>}</> },
          { title: t('members.role'), cell: (row) => t('members.roleOf', { role: row.role }) },
          { title: t('members.may'), cell: (row) => <Rights scopes={MAY[row.role]} /> },
          { title: t('contacts.since'), cell: (row) => moment(row.created_at) },
        ]}
        {...(admin && {
          actions: (row: Member) => (
            <>
              <button type="button" className="button" onClick={() => setOpen({ what: 'role', member: row })}>{t('members.changeRole')}</button>
              <button type="button" className="button danger" onClick={() => setOpen({ what: 'remove', member: row })}>{t('members.remove')}</button>
            </>
          ),
        })}
      />
      {admin && (
        <>
          <h3>{t('members.invitations')}</h3>
          <Listing<Invitation>
            label={t('members.invitations')}
            path="/invitations"
            keyOf={(row) => row.id}
            empty={t('members.noInvitations')}
            columns={[
              { title: t('signin.email'), cell: (row) => <bdi>{row.address}</bdi> },
              { title: t('members.role'), cell: (row) => t('members.roleOf', { role: row.role }) },
              { title: t('members.by'), cell: (row) => <bdi>{nameOf(row.invited_by)}</bdi> },
              { title: t('members.expires'), cell: (row) => moment(row.expires_at) },
            ]}
            actions={(row) => <button type="button" className="button danger" onClick={() => void change(t('members.revoked'), () => desk.api.delete(`/invitations/${row.id}`))}>{t('members.revoke')}</button>}
          />
          <header className="inline">
            <h3>{t('keys.apiTitle')}</h3>
            <span className="spacer" />
            <button type="button" className="button primary" onClick={() => setOpen({ what: 'key' })}>{t('keys.apiNew')}</button>
          </header>
          <Listing<ApiKey>
            label={t('keys.apiTitle')}
            path="/api-keys"
            keyOf={(row) => row.id}
            empty={t('keys.apiEmpty')}
            columns={[
              { title: t('members.name'), cell: (row) => <><bdi>{row.name}</bdi> <code>{row.hint}</code></> },
              { title: t('members.may'), cell: (row) => <Rights scopes={row.revoked_at ? [] : row.scopes} /> },
              { title: t('keys.used'), cell: (row) => (row.last_used_at ? moment(row.last_used_at) : t('channels.never')) },
              { title: t('members.expires'), cell: (row) => (row.revoked_at ? t('keys.revoked', { at: moment(row.revoked_at) }) : row.expires_at ? moment(row.expires_at) : t('channels.never')) },
            ]}
            actions={(row) => !row.revoked_at && <button type="button" className="button danger" onClick={() => void change(t('members.revoked'), () => desk.api.delete(`/api-keys/${row.id}`))}>{t('members.revoke')}</button>}
          />
        </>
      )}
      <Dialogs open={open} setOpen={setOpen} />
    </section>
  );
}

function Rights({ scopes }: { scopes: readonly string[] }) {
  if (scopes.length === 0) return <span className="quiet">{t('members.mayNothing')}</span>;
  return <ul className="rights">{scopes.map((scope) => <li key={scope} className="chip">{t('keys.scopeOf', { scope })}</li>)}</ul>;
}

function Dialogs({ open, setOpen }: { open: Open; setOpen: Dispatch<SetStateAction<Open>> }) {
  const { api } = useDesk();
  const change = useChange();
  // A form that is done closes after what it made is shown: that stays.
  const onClose = () => setOpen((now) => (now?.what === 'secret' && open?.what !== 'secret' ? now : null));
  const roles = ROLES.map((role) => ({ value: role, text: `${t('members.roleOf', { role })}: ${t('members.mayOf', { role })}` }));
  switch (open?.what) {
    case 'role':
      return <FormDialog title={t('members.changeRole')} submit={t('form.save')} done={t('form.saved')} onClose={onClose} fields={[{ name: 'role', label: t('members.role'), kind: 'select', value: open.member.role, options: roles }]} onSubmit={(values) => api.put(`/members/${open.member.user_id}/role`, { role: values['role'] })} />;
    case 'remove':
      return <Confirm title={t('members.removeTitle', { name: open.member.display_name ?? open.member.user_id })} text={t('members.removeText')} action={t('members.remove')} onClose={onClose} onConfirm={() => void change(t('members.removed'), () => api.delete(`/members/${open.member.user_id}`))} />;
    case 'invite':
      return (
        <FormDialog
          key="invite" title={t('members.invite')} submit={t('members.invite')} done="" onClose={onClose}
          fields={[{ name: 'address', label: t('signin.email'), kind: 'email', required: true }, { name: 'role', label: t('members.role'), kind: 'select', value: 'agent', options: roles }]}
          onSubmit={async (values) => {
            const made = await api.post<InvitationMade>('/invitations', { address: values['address'], role: values['role'] });
            setOpen({ what: 'secret', title: t('members.invited', { address: String(values['address']) }), value: made.token, help: t('members.tokenHelp') });
          }}
        />
      );
    case 'key':
      return (
        <FormDialog
          key="key" title={t('keys.apiNew')} submit={t('keys.apiMake')} done="" onClose={onClose}
          fields={[{ name: 'name', label: t('members.name'), required: true }, ...SCOPES.map((scope) => ({ name: scope, label: t('keys.scopeOf', { scope }), kind: 'check' as const, value: scope === 'read' }))]}
          onSubmit={async (values) => {
            const made = await api.post<ApiKeyMade>('/api-keys', { name: values['name'], scopes: SCOPES.filter((scope) => values[scope] === true) });
            setOpen({ what: 'secret', title: t('keys.apiMade'), value: made.key, help: t('keys.apiHelp') });
          }}
        />
      );
    case 'secret':
      return <Secret key="secret" title={open.title} value={open.value} help={open.help} onClose={onClose} />;
    default:
      return null;
  }
}
