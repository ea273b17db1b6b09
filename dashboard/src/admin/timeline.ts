/** What happened with a contact, out of what is known of him: newest first. */

import type { ContactDetail, FollowUp, ManualTask, ThreadHead } from '../api/schema.js';
import { t } from '../text/intl.js';

export interface Event {
  key: string;
  at: string;
  text: string;
  more?: string | undefined;
  thread?: { id: string; isOpen: boolean } | undefined;
}

interface Known {
  threads: ThreadHead[];
  tasks: ManualTask[];
  followUps: FollowUp[];
}

export function eventsOf(contact: ContactDetail, { threads, tasks, followUps }: Known): Event[] {
  const events: Event[] = [{ key: 'known', at: contact.created_at, text: t('timeline.known') }];
  if (contact.blocked_at) events.push({ key: 'blocked', at: contact.blocked_at, text: t('contacts.blocked') });
  if (contact.erased_at) events.push({ key: 'erased', at: contact.erased_at, text: t('contacts.erased') });
  for (const one of contact.identities) if (one.verified_at) events.push({ key: `verified ${one.id}`, at: one.verified_at, text: t('timeline.verified'), more: one.address });
  for (const one of contact.consents) events.push({ key: `consent ${one.channel} ${one.purpose}`, at: one.recorded_at, text: t('timeline.consent', { granted: String(one.granted), channel: t('inbox.channel', { channel: one.channel }), purpose: t('contacts.purposeOf', { purpose: one.purpose }) }) });
  for (const one of threads) {
    const thread = { id: one.id, isOpen: one.status === 'open' };
    const channel = t('inbox.channel', { channel: one.channel });
    events.push({ key: `began ${one.id}`, at: one.created_at, text: t('timeline.began', { channel }), more: one.subject ?? undefined, thread });
    if (one.last_message_at && one.last_seq > 1) events.push({ key: `last ${one.id}`, at: one.last_message_at, text: t('timeline.last', { direction: one.last_direction ?? 'other', channel }), more: one.preview ?? undefined, thread });
  }
  for (const one of tasks) {
    const thread = { id: one.thread_id, isOpen: true };
    events.push({ key: `task ${one.id}`, at: one.created_at, text: t('timeline.task'), more: one.title, thread });
    if (one.completed_at) events.push({ key: `ended ${one.id}`, at: one.completed_at, text: t('timeline.ended', { outcome: t('tasks.outcomeOf', { outcome: one.outcome ?? one.status }) }), more: one.note ?? one.title, thread });
  }
  for (const one of followUps) if (one.status === 'sent') events.push({ key: `again ${one.origin} ${one.id}`, at: one.due_at, text: t('timeline.again'), more: one.body ?? undefined, thread: { id: one.thread_id, isOpen: true } });
  return events.sort((a, b) => Date.parse(b.at) - Date.parse(a.at) || a.key.localeCompare(b.key));
}
