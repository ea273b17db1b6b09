/** Two records of one person become one: first found, then shown side by side, then done. Conversations follow; nothing of them moves. */

import { useRef, useState } from 'react';

import type { ContactDetail, ContactList } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { t } from '../text/intl.js';
import { useChange } from './change.js';
import { Confirm } from './Confirm.js';
import { FormDialog } from './FormDialog.js';

export function Merge({ winner, onClose }: { winner: ContactDetail; onClose(): void }) {
  const { api } = useDesk();
  const change = useChange();
  const [loser, setLoser] = useState<ContactDetail | null>(null);
  const isFound = useRef(false);
  if (loser) {
    return (
      <Confirm
        title={t('merge.title', { loser: nameOf(loser), winner: nameOf(winner) })}
        text={t('merge.text', { addresses: loser.identities.map((one) => one.address).join(', ') || '–', loser: nameOf(loser), winner: nameOf(winner) })}
        action={t('merge.action')}
        onConfirm={() => void change(t('merge.done'), () => api.post(`/contacts/${winner.id}/merge`, { loser_id: loser.id }))}
        onClose={onClose}
      />
    );
  }
  return (
    <FormDialog
      title={t('merge.find', { winner: nameOf(winner) })}
      submit={t('contacts.search')}
      done=""
      fields={[{ name: 'address', label: t('contacts.find'), required: true, help: t('merge.help') }]}
      onSubmit={async (values) => {
        const found = await api.get<ContactList>('/contacts', { address: String(values['address']) });
        const other = found.items.find((one) => one.id !== winner.id);
        if (!other) throw new Error(t('contacts.none', { address: String(values['address']) }));
        const detail = await api.get<ContactDetail>(`/contacts/${other.id}`);
        isFound.current = true;
        setLoser(detail);
      }}
      // Closed because the preview takes its place, or because nobody is to be merged.
      onClose={() => isFound.current || onClose()}
    />
  );
}

const nameOf = (contact: ContactDetail): string => contact.display_name ?? contact.identities[0]?.address ?? t('inbox.unnamed');
