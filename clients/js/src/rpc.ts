/** The calls of docs/chat.md over supabase-js. Each answers its object or throws a ParleyError. */

import type { SupabaseClient } from '@supabase/supabase-js';

import { asError, toError } from './errors.js';
import { within } from './platform.js';
import type {
  Changed, ClientState, ContextKind, ConversationDetail, ConversationFilter, ConversationPage, Cursor, Moderation, Opened, Page, Person, Place, Sent,
  Started, Unread,
} from './types.js';

/** Long enough for a slow phone, short enough that a dead line is noticed. */
const TIMEOUT_MS = 15_000;

export interface StartArguments {
  contactId?: string | undefined;
  contactIds?: string[] | undefined;
  contextKind?: ContextKind | undefined;
  contextId?: string | undefined;
  subject?: string | undefined;
  body?: string | undefined;
  clientMessageId?: string | undefined;
}

export interface SendArguments {
  threadId: string;
  body: string;
  clientMessageId: string;
  replyToId?: string | undefined;
  contextKind?: ContextKind | undefined;
  contextId?: string | undefined;
  attachments?: string[] | undefined;
}

export class Rpc {
  constructor(
    private readonly supabase: SupabaseClient,
    private readonly tenantSlug: string | undefined,
  ) {}

  start(a: StartArguments): Promise<Started> {
    return this.call('start_thread', {
      p_contact_id: a.contactId, p_contact_ids: a.contactIds, p_context_kind: a.contextKind, p_context_id: a.contextId,
      p_subject: a.subject, p_body: a.body, p_client_message_id: a.clientMessageId, p_tenant_slug: this.tenantSlug,
    });
  }

  send(a: SendArguments): Promise<Sent> {
    return this.call('send_message', {
      p_thread_id: a.threadId, p_body: a.body, p_client_message_id: a.clientMessageId, p_reply_to_id: a.replyToId,
      p_context_kind: a.contextKind, p_context_id: a.contextId,
      p_attachments: a.attachments?.length ? a.attachments : undefined,
    });
  }

  edit(messageId: string, body: string): Promise<Changed> {
    return this.call('edit_own_message', { p_message_id: messageId, p_body: body });
  }

  remove(messageId: string): Promise<Changed> {
    return this.call('delete_own_message', { p_message_id: messageId });
  }

  react(messageId: string, reaction: string, present: boolean): Promise<Changed> {
    return this.call('react_to_message', { p_message_id: messageId, p_reaction: reaction, p_present: present });
  }

  moderation(messageId: string): Promise<Moderation> {
    return this.call('my_message_moderation', { p_message_id: messageId });
  }

  /** Messages that changed after `since`. */
  poll(threadId: string, since: number, state: ClientState): Promise<Page> {
    return this.call('poll_messages', { p_thread_id: threadId, p_since: since, p_client_state: state });
  }

  /** Messages before `seq`, newest first; `next_since` of the answer is the present end. */
  history(threadId: string, beforeSeq: number, limit: number): Promise<Page> {
    return this.call('poll_messages', { p_thread_id: threadId, p_before_seq: beforeSeq, p_limit: limit });
  }

  conversation(threadId: string): Promise<ConversationDetail> {
    return this.call('get_conversation', { p_thread_id: threadId });
  }

  conversations(filter: ConversationFilter, limit: number, cursor: string | null, state: ClientState): Promise<ConversationPage> {
    return this.call('list_conversations', {
      p_filter: filter, p_limit: limit, p_cursor: cursor ?? undefined, p_tenant_slug: this.tenantSlug, p_client_state: state,
    });
  }

  unread(): Promise<Unread> {
    return this.call('unread_total', { p_tenant_slug: this.tenantSlug });
  }

  markRead(threadId: string, seq: number): Promise<Cursor> {
    return this.call('mark_read', { p_thread_id: threadId, p_seq: seq });
  }

  markDelivered(threadId: string, seq: number): Promise<Cursor> {
    return this.call('mark_delivered', { p_thread_id: threadId, p_seq: seq });
  }

  set(threadId: string, changes: { archived?: boolean; mutedUntil?: string }): Promise<ConversationDetail> {
    return this.call('set_conversation', {
      p_thread_id: threadId, p_archived: changes.archived, p_muted_until: changes.mutedUntil,
    });
  }

  block(contactId: string, blocked: boolean): Promise<{ contact_id: string; blocked: boolean }> {
    return this.call('block_person', { p_contact_id: contactId, p_blocked: blocked, p_tenant_slug: this.tenantSlug });
  }

  addPeople(threadId: string, contactIds: string[]): Promise<ConversationDetail> {
    return this.call('add_people', { p_thread_id: threadId, p_contact_ids: contactIds });
  }

  leave(threadId: string): Promise<{ thread_id: string; left: true }> {
    return this.call('leave_conversation', { p_thread_id: threadId });
  }

  resolve(alias: string): Promise<{ thread_id: string }> {
    return this.call('resolve_conversation', { p_alias: alias, p_tenant_slug: this.tenantSlug });
  }

  people(contextKind: ContextKind, contextId: string): Promise<{ items: Person[] }> {
    return this.call('list_people', {
      p_context_kind: contextKind, p_context_id: contextId, p_tenant_slug: this.tenantSlug,
    });
  }

  /** A place in Storage for a file of this user, for a day. */
  reserveAttachment(filename: string, contentType: string, size: number): Promise<Place> {
    return this.call('reserve_attachment', {
      p_filename: filename, p_content_type: contentType, p_size_bytes: size, p_tenant_slug: this.tenantSlug,
    });
  }

  openAttachment(attachmentId: string, thumbnail: boolean): Promise<Opened> {
    return this.call('open_attachment', { p_attachment_id: attachmentId, p_thumbnail: thumbnail });
  }

  /** Link the signed-in user to his contact at a tenant, by his confirmed address. Safe to repeat. */
  claim(tenantSlug: string): Promise<unknown> {
    return this.call('claim_contact', { p_tenant_slug: tenantSlug });
  }

  /** The key browsers subscribe with. */
  pushKey(): Promise<{ public_key: string }> {
    return this.call('push_key', {});
  }

  registerPush(endpoint: string, p256dh: string, auth: string): Promise<{ registered: boolean }> {
    return this.call('register_push', { p_endpoint: endpoint, p_p256dh: p256dh, p_auth: auth, p_tenant_slug: this.tenantSlug });
  }

  forgetPush(endpoint: string): Promise<{ forgotten: number }> {
    return this.call('forget_push', { p_endpoint: endpoint });
  }

  registerDevice(kind: 'fcm' | 'apns', app: string, token: string): Promise<{ registered: boolean }> {
    return this.call('register_device', { p_kind: kind, p_app: app, p_token: token, p_tenant_slug: this.tenantSlug });
  }

  forgetDevice(kind: 'fcm' | 'apns', app: string, token: string): Promise<{ forgotten: number }> {
    return this.call('forget_device', { p_kind: kind, p_app: app, p_token: token });
  }

  private async call<T>(name: string, given: Record<string, unknown>): Promise<T> {
    const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    let answer;
    try {
      answer = await within(TIMEOUT_MS, (signal) => this.supabase.rpc(name, named).abortSignal(signal));
    } catch (thrown) {
      throw asError(thrown);
    }
    if (answer.error) throw toError(answer.status, answer.error);
    return answer.data as T;
  }
}
