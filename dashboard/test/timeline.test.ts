import { describe, expect, it } from 'vitest';

import type { Message } from '../src/api/schema.js';
import { BLANK, firstUnread, isUnreadAbove, merge, MOST, moving, PAGE, pageFor, unsettled } from '../src/thread/timeline.js';

const message = (seq: number, fields: Partial<Message> = {}): Message => ({
  id: `m${seq}`, seq, rev: seq, direction: 'inbound', delivery_status: 'inbound_ai_replied', moderation_status: 'approved', message_type: 'text',
  sender_kind: 'contact', sender: 'contact:x', sender_contact_id: null, sender_user_id: null, sender_name: null, sender_address: null, subject: null,
  body: `text ${seq}`, language: null, client_message_id: null, auto_class: 'none', has_attachments: false, has_html: false, created_at: '2026-11-30T10:00:00Z',
  edited_at: null, deleted_at: null, ...fields,
});

describe('a timeline', () => {
  it('is in order of seq, whatever came first', () => {
    const line = merge(merge(BLANK, [message(3), message(2)]), [message(1)]);
    expect(line.messages.map((one) => one.seq)).toEqual([1, 2, 3]);
  });

  it('keeps the newer state of a message when an older answer comes late', () => {
    const edited = message(1, { rev: 9, body: 'edited' });
    expect(merge(merge(BLANK, [edited]), [message(1)]).messages[0]?.body).toBe('edited');
  });

  it('takes a new delivery status, which comes without a new rev', () => {
    const queued = message(2, { direction: 'outbound', delivery_status: 'queued' });
    const line = merge(merge(BLANK, [queued]), [{ ...queued, delivery_status: 'sent' }]);
    expect(line.messages[0]?.delivery_status).toBe('sent');
    expect([moving(merge(BLANK, [queued])), moving(line)]).toEqual(['m2 queued', '']);
  });

  it('asks on from the furthest place it knows', () => {
    expect(merge(merge(BLANK, [], { since: 8 }), [], { since: 5 }).since).toBe(8);
  });

  it('opens at the first message from outside that nobody has read', () => {
    const line = merge(BLANK, [message(1), message(2, { direction: 'outbound' }), message(3), message(4)]);
    expect(firstUnread(line.messages, 1)?.seq).toBe(3);
    expect(firstUnread(line.messages, 4)).toBeNull();
  });

  it('says where what is new begins further up than what was read', () => {
    const newest = [message(101), message(102)];
    expect([isUnreadAbove(newest, 0, true), isUnreadAbove(newest, 100, true), isUnreadAbove(newest, 0, false), isUnreadAbove([], 0, true)]).toEqual([true, false, false, false]);
  });

  it('opens with a page as long as what is unread, and with the longest where that is not known', () => {
    expect([{ unread_count: 0 }, { unread_count: 25 }, { unread_count: 26 }, { unread_count: 900 }, undefined].map(pageFor)).toEqual([PAGE, PAGE, MOST, MOST, MOST]);
  });

  it('has messages that were sent a moment ago and may have arrived since, and no older ones', () => {
    const sent = { direction: 'outbound', delivery_status: 'sent' } as const;
    const line = merge(BLANK, [message(1, sent), message(2, { ...sent, created_at: '2026-11-30T11:55:00Z' }), message(3, { created_at: '2026-11-30T11:59:00Z' })]);
    expect(unsettled(line, Date.parse('2026-11-30T12:00:00Z'))).toEqual([2]);
  });
});
