/** Two records of one person become one: first found, then shown side by side with what comes of it, then done. No message moves. */

import { type ReactNode, useEffect, useRef, useState } from 'react';

import type { ContactDetail, ContactList, Inbox } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { number, t } from '../text/intl.js';
import { useChange } from './change.js';
import { FormDialog } from './FormDialog.js';

interface Found {
  contact: ContactDetail;
  threads: Inbox;
}

const MOST = 50;

export function Merge({ winner, onClose }: { winner: ContactDetail; onClose(): void }) {
  const { api } = useDesk();
  const [found, setFound] = useState<{ winner: Found; loser: Found } | null>(null);
  const isFound = useRef(false);
  if (found) return <Preview winner={found.winner} loser={found.loser} onClose={onClose} />;
  return (
    <FormDialog
      title={t('merge.find', { winner: nameOf(winner) })}
      submit={t('contacts.search')}
      done=""
      fields={[{ name: 'address', label: t('contacts.find'), required: true, help: t('merge.help') }]}
      onSubmit={async (values) => {
        const address = String(values['address']);
        const other = (await api.get<ContactList>('/contacts', { address })).items.find((one) => one.id !== winner.id);
        if (!other) throw new Error(t('contacts.none', { address }));
        const threadsOf = (id: string) => api.get<Inbox>('/threads', { contact: id, folder: 'any', status: 'any', limit: MOST });
        const [contact, theirs, ours] = await Promise.all([api.get<ContactDetail>(`/contacts/${other.id}`), threadsOf(other.id), threadsOf(winner.id)]);
        isFound.current = true;
        setFound({ winner: { contact: winner, threads: ours }, loser: { contact, threads: theirs } });
      }}
      // Closed because the preview takes its place, or because nobody is to be merged.
      onClose={() => isFound.current || onClose()}
    />
  );
}

function Preview({ winner, loser, onClose }: { winner: Found; loser: Found; onClose(): void }) {
  const { api } = useDesk();
  const change = useChange();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const [one, other] = [winner.contact, loser.contact];
  const names = { winner: nameOf(one), loser: nameOf(other) };
  const isBlocked = one.blocked_at !== null || other.blocked_at !== null;
  const kindOf = (contact: ContactDetail) => t('contacts.kindOf', { kind: contact.kind });
  const lines: [string, ReactNode, ReactNode, ReactNode][] = [
    [t('contacts.name'), nameOf(one), nameOf(other), nameOf(one)],
    [t('contacts.company'), one.company ?? '–', other.company ?? '–', one.company ?? '–'],
    [t('contacts.kind'), kindOf(one), kindOf(other), kindOf(one)],
    [t('contacts.identities'), addresses(one), addresses(other), addresses(one, other)],
    [t('inbox.title'), threads(winner), threads(loser), threads(winner, loser)],
    [t('contacts.state'), stateOf(one.blocked_at !== null), stateOf(other.blocked_at !== null), stateOf(isBlocked)],
  ];
  return (
    <dialog ref={dialog} className="dialog wide" aria-labelledby="merge-title" onClose={onClose}>
      <h2 id="merge-title">{t('merge.title', names)}</h2>
      <div className="table-box" tabIndex={0} role="region" aria-label={t('table.rows', { label: t('merge.start') })}>
        <table>
          <thead><tr><th scope="col"><span className="sr-only">{t('merge.what')}</span></th><th scope="col">{t('merge.stays')}</th><th scope="col">{t('merge.ends')}</th><th scope="col">{t('merge.after')}</th></tr></thead>
          <tbody>{lines.map(([what, ...cells]) => <tr key={what}><th scope="row">{what}</th>{cells.map((cell, n) => <td key={n}>{cell}</td>)}</tr>)}</tbody>
        </table>
      </div>
      <p>{t('merge.text', { ...names, addresses: other.identities.map((each) => each.address).join(', ') || '–' })}</p>
      <div className="form-foot">
        <button type="button" className="button" onClick={() => dialog.current?.close()}>{t('form.cancel')}</button>
        <button
          type="button"
          className="button danger"
          onClick={() => {
            void change(t('merge.done'), () => api.post(`/contacts/${one.id}/merge`, { loser_id: other.id }));
            dialog.current?.close();
          }}
        >
          {t('merge.action')}
        </button>
      </div>
    </dialog>
  );
}

const stateOf = (isBlocked: boolean): string => (isBlocked ? t('contacts.blocked') : '–');

function addresses(...contacts: ContactDetail[]): ReactNode {
  const all = contacts.flatMap((one) => one.identities);
  return all.length === 0 ? '–' : <ul>{all.map((one) => <li key={one.id}><bdi>{one.address}</bdi></li>)}</ul>;
}

function threads(...found: Found[]): string {
  const count = found.reduce((sum, one) => sum + one.threads.items.length, 0);
  return found.some((one) => one.threads.next_cursor) ? `${number(count)}+` : number(count);
}

const nameOf = (contact: ContactDetail): string => contact.display_name ?? contact.identities[0]?.address ?? t('inbox.unnamed');
