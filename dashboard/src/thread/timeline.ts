/** The messages of one conversation, as a value: by id, an older state never replacing a newer one, in order of seq. */

import type { Message, ThreadNote } from '../api/schema.js';

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

export function isMoving(line: Timeline): boolean {
  return line.messages.slice(-50).some((one) => MOVING.has(one.delivery_status));
}

/** The first message the staff has not read, where a conversation opens; null when everything was. */
export function firstUnread(messages: readonly Message[], readSeq: number): Message | null {
  return messages.find((one) => one.seq > readSeq && one.direction === 'inbound') ?? null;
}

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
