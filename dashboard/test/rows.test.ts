import { describe, expect, it } from 'vitest';

import type { ThreadHead } from '../src/api/schema.js';
import { back, drop, first, keep, newer, older, put, settle } from '../src/inbox/rows.js';

const thread = (id: string, minute: number, rev = 1): ThreadHead => ({
  id, channel: 'email', channel_session_id: null, contact_id: null, contact_name: id, subject: null, folder: 'inbox', status: 'open',
  snoozed_until: null, control: 'ai', control_epoch: 1, assignee_id: null, labels: [], last_seq: rev, last_rev: rev, unread_count: 0,
  last_message_at: `2026-11-30T10:${String(minute).padStart(2, '0')}:00Z`, last_direction: 'inbound', preview: null, created_at: '2026-11-30T09:00:00Z',
});
const page = (items: ThreadHead[], next: string | null = null, newest: string | null = 'n1') => ({ items, next_cursor: next, newer_cursor: newest });
const ids = (rows: { shown: ThreadHead[] }) => rows.shown.map((row) => row.id);

describe('the rows of the inbox', () => {
  const start = first(page([thread('c', 3), thread('b', 2), thread('a', 1)], 'older'));

  it('keep their places when one of them moves to the top and a new one comes', () => {
    const after = newer(start, page([thread('a', 5, 2), thread('d', 6)]));
    expect(ids(after)).toEqual(['c', 'b', 'a']);
    expect([...after.arrivals.keys()]).toEqual(['a', 'd']);
    expect(after.shown[2]?.last_rev).toBe(2);
  });

  it('take the order of the server when the reader asks for it', () => {
    expect(ids(settle(newer(start, page([thread('a', 5, 2), thread('d', 6)]))))).toEqual(['d', 'a', 'c', 'b']);
  });

  it('do not call it new when the first one moved', () => {
    expect(newer(start, page([thread('c', 9, 2)])).arrivals.size).toBe(0);
  });

  it('never take an older state for a newer one', () => {
    const after = put(put(start, thread('b', 2, 7)), thread('b', 2, 3));
    expect(after.shown[1]?.last_rev).toBe(7);
  });

  it('show nothing twice when a page overlaps', () => {
    expect(ids(older(start, page([thread('a', 1), thread('z', 0)])))).toEqual(['c', 'b', 'a', 'z']);
  });

  it('let go of what no longer belongs there', () => {
    const after = drop(newer(start, page([thread('d', 6)])), 'd');
    expect(after.arrivals.size).toBe(0);
    expect(ids(drop(after, 'b'))).toEqual(['c', 'a']);
  });

  it('leave without moving those that stay, and are the same where all of them stay', () => {
    expect(ids(keep(start, (row) => row.id !== 'b'))).toEqual(['c', 'a']);
    expect(keep(start, () => true)).toBe(start);
  });

  it('come back to where they stood, once, and never in an older state', () => {
    const without = drop(start, 'b');
    expect(ids(back(without, thread('b', 2)))).toEqual(['c', 'b', 'a']);
    expect(ids(back(back(without, thread('b', 2)), thread('b', 2)))).toEqual(['c', 'b', 'a']);
    expect(back(put(start, thread('b', 2, 9)), thread('b', 2, 3)).shown[1]?.last_rev).toBe(9);
    expect(ids(back(drop(start, 'a'), thread('a', 1)))).toEqual(['c', 'b']);
    expect(ids(back({ ...drop(start, 'a'), isComplete: true }, thread('a', 1)))).toEqual(['c', 'b', 'a']);
  });
});
