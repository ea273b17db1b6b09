/** The views of the inbox, and what the address bar says of them. */

import type { Params } from '../api/http.js';
import type { ThreadHead } from '../api/schema.js';

export const VIEWS = ['mine', 'unassigned', 'all', 'unread', 'ai', 'snoozed', 'closed'] as const;
export type View = (typeof VIEWS)[number];

/** Selection and filters: all of them are in the URL. */
export interface Place {
  view: View;
  thread?: string | undefined;
  q?: string | undefined;
}

export function readPlace(search: Record<string, unknown>): Place {
  const view = VIEWS.find((one) => one === search['view']) ?? 'all';
  const text = (name: string) => (typeof search[name] === 'string' && search[name] !== '' ? search[name] : undefined);
  return { view, thread: text('thread'), q: text('q') };
}

export function paramsOf({ view, q }: Place): Params {
  const status = view === 'snoozed' ? 'snoozed' : view === 'closed' ? 'closed' : 'open';
  return {
    status,
    q,
    ...(view === 'mine' && { assignee: 'me' }),
    ...(view === 'unassigned' && { assignee: 'none' }),
    ...(view === 'unread' && { unread: true }),
    ...(view === 'ai' && { control: 'ai' }),
  };
}

/** Whether a conversation that changed still belongs into a view. What only the server can judge (a search) stays. */
export function belongs(thread: ThreadHead, { view }: Place, me: string): boolean {
  switch (view) {
    case 'mine':
      return thread.status === 'open' && thread.assignee_id === me;
    case 'unassigned':
      return thread.status === 'open' && thread.assignee_id === null;
    case 'ai':
      return thread.status === 'open' && thread.control === 'ai';
    case 'unread':
      return thread.status === 'open' && thread.unread_count > 0;
    case 'snoozed':
    case 'closed':
      return thread.status === view;
    case 'all':
      return thread.status === 'open';
  }
}
