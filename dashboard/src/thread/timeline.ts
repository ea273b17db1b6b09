/** The messages of one conversation, as a value: by id, an older state never replacing a newer one, in order of seq. */

import type { Message, ThreadNote } from '../api/schema.js';

export const NEWEST = Number.MAX_SAFE_INTEGER;
export const PAGE = 50;
/** The longest page there is. */
export const MOST = 100;

/** With how many messages to open: as many as are unread, answers among them, in one page. Unknown of what is in no list. */
export const pageFor = (row: { unread_count: number } | undefined): number => (row && row.unread_count <= PAGE / 2 ? PAGE : MOST);

export interface Timeline {
  messages: readonly Message[];
  /** What to ask for next: everything changed after it is unknown. */
  since: number;
  /** Whether older ones are to be had. */
  hasOlder: boolean;
}

export const BLANK: Timeline = { messages: [], since: 0, hasOlder: true };

/** What may still change without a new rev: on its way out, or waiting for a decision. */
const MOVING = new Set(['queued', 'sending', 'received', 'inbound_processing']);

export function merge(was: Timeline, found: readonly Message[], change: Partial<Timeline> = {}): Timeline {
  const byId = new Map(was.messages.map((one) => [one.id, one]));
  for (const one of found) {
    const known = byId.get(one.id);
    if (!known || known.rev <= one.rev) byId.set(one.id, one);
  }
  const messages = [...byId.values()].sort((a, b) => a.seq - b.seq);
  return { ...was, ...change, since: Math.max(was.since, change.since ?? 0), messages };
}

/** What is under way, as one text: another one once any of it moved; empty when nothing is. */
export function moving(line: Timeline): string {
  return line.messages.slice(-PAGE).filter((one) => MOVING.has(one.delivery_status)).map((one) => `${one.id} ${one.delivery_status}`).join();
}

const YOUNG_MS = 600_000;

/** Messages that were sent a moment ago, and may have arrived since: their seqs. */
export function unsettled(line: Timeline, now: number): number[] {
  const isYoung = (one: Message) => one.direction === 'outbound' && one.delivery_status === 'sent' && now - Date.parse(one.created_at) < YOUNG_MS;
  return line.messages.slice(-PAGE).filter(isYoung).map((one) => one.seq);
}

/** The first message the staff has not read, where a conversation opens; null when everything was. */
export function firstUnread(messages: readonly Message[], readSeq: number): Message | null {
  return messages.find((one) => one.seq > readSeq && one.direction === 'inbound') ?? null;
}

/** Whether what nobody has read begins further up than what is shown: a mark that said otherwise would hide it. */
export const isUnreadAbove = (messages: readonly Message[], readSeq: number, hasOlder: boolean): boolean => hasOlder && (messages[0]?.seq ?? 0) > readSeq + 1;

/** Messages in their order, and notes among them by their time. Notes of before the oldest message wait until that is the first. */
export function together(messages: readonly Message[], notes: readonly ThreadNote[], hasOlder: boolean): (Message | ThreadNote)[] {
  const found: (Message | ThreadNote)[] = [];
  let next = 0;
  const upTo = (at: string | null) => {
    for (let note = notes[next]; note && (at === null || note.created_at < at); note = notes[++next]) {
      if (found.length > 0 || !hasOlder) found.push(note);
    }
  };
  for (const message of messages) {
    upTo(message.created_at);
    found.push(message);
  }
  upTo(null);
  return found;
}
