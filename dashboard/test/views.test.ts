import { expect, it } from 'vitest';

import type { ThreadHead } from '../src/api/schema.js';
import { belongs, isAnsweredByAi, paramsOf, readPlace, whyLeft } from '../src/inbox/views.js';

const head = (folder: ThreadHead['folder'], status: ThreadHead['status'] = 'open') => ({ folder, status, assignee_id: null, control: 'ai', unread_count: 1, labels: [], channel: 'email' }) as unknown as ThreadHead;

it('asks for the folder of a view, and for the inbox in every other', () => {
  expect(paramsOf(readPlace({ view: 'spam' }))).toMatchObject({ folder: 'spam', status: 'open' });
  expect(paramsOf(readPlace({ view: 'automated' }))).toMatchObject({ folder: 'automated' });
  for (const view of ['mine', 'unassigned', 'all', 'unread', 'ai', 'snoozed', 'closed']) expect(paramsOf(readPlace({ view }))).toMatchObject({ folder: 'inbox' });
});

it('keeps a conversation in the views of its folder alone', () => {
  expect(belongs(head('spam'), { view: 'spam' }, 'me')).toBe(true);
  expect(belongs(head('inbox'), { view: 'spam' }, 'me')).toBe(false);
  expect(belongs(head('automated'), { view: 'all' }, 'me')).toBe(false);
  expect(belongs(head('automated', 'closed'), { view: 'automated' }, 'me')).toBe(false);
  expect(belongs(head('inbox'), { view: 'unassigned' }, 'me')).toBe(true);
});

it('leaves out of an address what nothing can be found by', () => {
  const id = '01a22fa9-511c-76ed-8a89-6924750c95e6';
  expect(readPlace({ view: 'mine', thread: id, channel: 'sms' })).toMatchObject({ view: 'mine', thread: id, channel: 'sms' });
  expect(readPlace({ view: 'nonsense', thread: 'not-an-id', channel: '<script>', assignee: '1' })).toEqual({ view: 'all' });
});

it('says why one leaves a view, in a word', () => {
  expect(whyLeft(head('spam'), { view: 'all' })).toBe('spam');
  expect(whyLeft(head('inbox', 'closed'), { view: 'mine' })).toBe('closed');
  expect(whyLeft(head('inbox'), { view: 'snoozed' })).toBe('open');
  expect(whyLeft({ ...head('inbox'), unread_count: 0 }, { view: 'unread' })).toBe('read');
  expect(whyLeft(head('inbox'), { view: 'mine' })).toBe('other');
});

it('says that the AI answers only where it would', () => {
  expect([head('inbox'), head('spam'), head('automated'), { ...head('inbox'), control: 'human' as const }].map(isAnsweredByAi)).toEqual([true, false, false, false]);
});
