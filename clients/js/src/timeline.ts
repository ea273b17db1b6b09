/** The messages of one conversation as pure data: pages go in, an ordered list comes out. */

import type { Cached } from './cache.js';
import type { Entry } from './outbox.js';
import type { Message, Page, Receipt } from './types.js';

export type Tick = 'sending' | 'failed' | 'sent' | 'delivered' | 'read';

/** A message as a window shows it. */
export interface Shown extends Message {
  isMine: boolean;
  /** Of one's own messages: how far it got. Null for the others'. */
  tick: Tick | null;
  /** Of a message that was refused: why, and what to do. */
  problem: { code: string; message: string; remedy?: string | undefined } | null;
  /** Files of a message that is still to be sent. */
  files: File[];
}

export interface Timeline {
  /** By seq, oldest first, without gaps of ours: older ones are there when `hasOlder` says so. */
  messages: readonly Message[];
  /** The rev everything was seen up to; null before the first page. */
  since: number | null;
  lastSeq: number;
  hasOlder: boolean;
  receipts: readonly Receipt[];
  unreadCount: number;
}

export const EMPTY: Timeline = { messages: [], since: null, lastSeq: 0, hasOlder: true, receipts: [], unreadCount: 0 };

export function fromCache(cached: Cached): Timeline {
  return { ...EMPTY, ...cached };
}

/** Take in what changed after `since`. */
export function withChanges(timeline: Timeline, page: Page): Timeline {
  const oldest = timeline.messages[0]?.seq;
  // A change of a message further up than what is shown would leave a hole below it: it comes with its own page.
  const fitting = page.messages.filter((m) => !timeline.hasOlder || oldest === undefined || m.seq >= oldest);
  return {
    ...withFacts(timeline, page),
    messages: merged(timeline.messages, fitting),
    since: Math.max(timeline.since ?? 0, page.next_since),
  };
}

/** Take in a page of history; `limit` is what was asked for. */
export function withHistory(timeline: Timeline, page: Page, limit: number): Timeline {
  return {
    ...withFacts(timeline, page),
    messages: merged(timeline.messages, page.messages),
    // The present end it tells counts only for a first page: of later ones, what changed in between is not known.
    since: timeline.since ?? page.next_since,
    hasOlder: page.has_more || page.messages.length >= limit,
  };
}

/** One's own message, the moment the server confirmed it: the same row comes with the next page. */
export function withOwn(timeline: Timeline, message: Message): Timeline {
  if (timeline.messages.some((m) => m.id === message.id)) return timeline;
  return {
    ...timeline,
    messages: merged(timeline.messages, [message]),
    lastSeq: Math.max(timeline.lastSeq, message.seq),
  };
}

/** What a window shows: the conversation, then what is still to be sent. */
export function shown(timeline: Timeline, queue: readonly Entry[], me: string): Shown[] {
  const known = new Set(timeline.messages.map((m) => m.client_message_id).filter((id) => id !== null));
  const others = timeline.receipts.filter((r) => r.user_id !== me);
  const arrived = timeline.messages.map((m): Shown => {
    const isMine = m.sender_user_id === me && m.message_type !== 'system';
    return { ...m, isMine, tick: isMine ? tickOf(m.seq, others) : null, problem: null, files: [] };
  });
  const waiting = queue.filter((entry) => !known.has(entry.clientMessageId)).map((entry) => pending(entry, me));
  return [...arrived, ...waiting];
}

/** Delivered to, and read by, everybody else who takes part. */
function tickOf(seq: number, others: readonly Receipt[]): Tick {
  if (!others.length) return 'sent';
  if (others.every((r) => r.last_read_seq >= seq)) return 'read';
  return others.every((r) => r.last_delivered_seq >= seq) ? 'delivered' : 'sent';
}

function pending(entry: Entry, me: string): Shown {
  const { draft } = entry;
  return {
    id: entry.clientMessageId, thread_id: entry.threadId, seq: Number.MAX_SAFE_INTEGER, rev: 0,
    message_type: draft.files?.length || draft.attachments?.length ? 'file' : 'text', sender_kind: 'participant',
    sender_user_id: me, sender_contact_id: null, body: draft.body, client_message_id: entry.clientMessageId,
    reply_to: draft.replyTo ?? null, context_kind: draft.contextKind ?? null, context_id: draft.contextId ?? null,
    reactions: null, metadata: {}, attachments: [], created_at: entry.createdAt, edited_at: null, deleted_at: null,
    moderation_status: null, isMine: true, tick: entry.state === 'failed' ? 'failed' : 'sending', problem: entry.problem ?? null,
    files: draft.files ?? [],
  };
}

function withFacts(timeline: Timeline, page: Page): Timeline {
  return {
    ...timeline,
    lastSeq: Math.max(timeline.lastSeq, page.last_seq),
    receipts: page.receipts.map((r) => furthest(r, timeline.receipts)),
    unreadCount: page.unread_count,
  };
}

/** Cursors only move forward: of two answers that overtook each other, the further one counts. */
function furthest(receipt: Receipt, before: readonly Receipt[]): Receipt {
  const old = before.find((r) => r.user_id === receipt.user_id && r.contact_id === receipt.contact_id);
  if (!old) return receipt;
  return {
    ...receipt,
    last_delivered_seq: Math.max(receipt.last_delivered_seq, old.last_delivered_seq),
    last_read_seq: Math.max(receipt.last_read_seq, old.last_read_seq),
  };
}

function merged(known: readonly Message[], fresh: readonly Message[]): readonly Message[] {
  if (!fresh.length) return known;
  const byId = new Map(known.map((m) => [m.id, m]));
  for (const message of fresh) {
    const old = byId.get(message.id);
    if (!old || old.rev <= message.rev) byId.set(message.id, message);
  }
  return [...byId.values()].sort((a, b) => a.seq - b.seq);
}
