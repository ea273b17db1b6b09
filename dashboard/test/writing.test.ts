import { describe, expect, it } from 'vitest';

import type { ChannelTemplate, Message, ThreadHead, ThreadNote } from '../src/api/schema.js';
import { belongs, keyOf, paramsOf, type Place, readPlace } from '../src/inbox/views.js';
import { tooMany } from '../src/thread/limits.js';
import { moments } from '../src/thread/snoozing.js';
import { asSent, fieldsOf, isUsable, mediaOf, preview } from '../src/thread/templates.js';
import { together } from '../src/thread/timeline.js';

const COLLEAGUE = '01a22fa9-511c-76ed-8a89-6924750c95e6';

const template = (fields: Partial<ChannelTemplate>): ChannelTemplate => ({
  name: 'visit', language: 'en_US', status: 'approved', category: 'utility', shape: { body: 0 }, components: [], read_at: '', ...fields,
});

describe('a template', () => {
  const numbered = template({
    shape: { body: 2, header: { kind: 'text', places: 1 }, buttons: { 0: 'url', 1: 'quick_reply' } },
    components: [{ type: 'HEADER', text: 'For {{1}}' }, { type: 'BODY', text: 'On {{1}} at {{ 2 }}, {{1}}!' }, { type: 'FOOTER', text: 'Acme' }],
  });
  const named = template({ shape: { body: ['name'] }, components: [{ type: 'BODY', text: 'Hallo {{name}}' }] });
  const values = { 'header:1': 'Ann', 'body:1': 'Tuesday', 'body:2': 'nine', 'button:0': 'K-7', 'body:name': 'Ann' };

  it('asks for every place, in order; a quick reply may be left out', () => {
    expect(fieldsOf(numbered).map((one) => [one.id, one.isOptional])).toEqual([['header:1', false], ['body:1', false], ['body:2', false], ['button:0', false], ['button:1', true]]);
  });
  it('reads as it will be read, and shows what is not filled yet', () => {
    expect(preview(numbered, values)).toBe('For Ann\n\nOn Tuesday at nine, Tuesday!\n\nAcme');
    expect(preview(named, {})).toBe('Hallo {{name}}');
  });
  it('is sent in the order of its places, or by their names', () => {
    expect(asSent(numbered, values, '')).toEqual({ name: 'visit', language: 'en_US', header: ['Ann'], variables: ['Tuesday', 'nine'], buttons: { 0: 'K-7' } });
    expect(asSent(named, values, '').variables).toEqual({ name: 'Ann' });
    expect(asSent(template({ shape: { header: { kind: 'image' } } }), {}, 'https://x.test/a.png').header_link).toBe('https://x.test/a.png');
  });
  it('is offered when it is approved and can be filled from here', () => {
    expect([isUsable(named), isUsable(template({ status: 'paused' })), isUsable(template({ shape: { unsupported: 'a carousel' } }))]).toEqual([true, false, false]);
    expect([mediaOf(named), mediaOf(template({ shape: { header: { kind: 'video' } } }))]).toEqual([null, 'video']);
  });
});

describe('limits of a channel', () => {
  it('count as the provider counts', () => {
    expect([tooMany('abc', null, false), tooMany('abc', 3, false), tooMany('abcd', 3, false), tooMany('👍👍', 2, false), tooMany('👍👍', 2, true)]).toEqual([0, 0, 1, 0, 2]);
  });
});

describe('moments to put away until', () => {
  it('lie ahead, in order of the calendar, and this evening only while it is some time off', () => {
    const afternoon = new Date(2026, 10, 30, 14, 0);
    expect(moments(afternoon).map((one) => one.id)).toEqual(['hours', 'evening', 'tomorrow', 'monday', 'week', 'month']);
    expect(moments(new Date(2026, 10, 30, 17, 30)).map((one) => one.id)).not.toContain('evening');
    for (const { at } of moments(afternoon)) expect(at.getTime()).toBeGreaterThan(afternoon.getTime());
    expect(moments(afternoon).find((one) => one.id === 'monday')?.at.getDay()).toBe(1);
  });
});

describe('notes among messages', () => {
  const at = (minute: number) => `2026-11-30T10:0${minute}:00Z`;
  const message = (minute: number) => ({ id: `m${minute}`, seq: minute, created_at: at(minute) }) as Message;
  const note = (minute: number) => ({ id: `n${minute}`, note: 'x', created_at: at(minute) }) as ThreadNote;
  const ids = (hasOlder: boolean) => together([message(2), message(4)], [note(1), note(3), note(5)], hasOlder).map((one) => one.id);
  it('stand where they were written', () => {
    expect(ids(false)).toEqual(['n1', 'm2', 'n3', 'm4', 'n5']);
  });
  it('wait for the messages around them', () => {
    expect(ids(true)).toEqual(['m2', 'n3', 'm4', 'n5']);
  });
});

describe('the address of the inbox', () => {
  it('says what is shown, whatever a reader of addresses made of it', () => {
    expect(readPlace({ view: 'all', q: 123, channel: 'email', assignee: COLLEAGUE })).toMatchObject({ q: '123', channel: 'email', assignee: COLLEAGUE });
    expect(readPlace({ view: 'mine', assignee: COLLEAGUE }).assignee).toBeUndefined();
  });
  it('searches everywhere in the view of all, and only in its own in any other', () => {
    expect([paramsOf({ view: 'all', q: 'x' })['status'], paramsOf({ view: 'all' })['status'], paramsOf({ view: 'snoozed', q: 'x' })['status']]).toEqual(['any', 'open', 'snoozed']);
  });
  it('is the same list whichever conversation is open', () => {
    const place: Place = { view: 'all', q: 'x' };
    expect(keyOf({ ...place, thread: 't' })).toBe(keyOf(place));
  });
  it('keeps what belongs, and lets go what does not', () => {
    const thread = { folder: 'inbox', status: 'closed', labels: ['vip'], channel: 'email', assignee_id: 'u1' } as ThreadHead;
    expect([belongs(thread, { view: 'all' }, 'me'), belongs(thread, { view: 'all', q: 'x' }, 'me'), belongs(thread, { view: 'closed', label: 'vip' }, 'me'), belongs(thread, { view: 'closed', channel: 'sms' }, 'me')]).toEqual([false, true, true, false]);
  });
});
