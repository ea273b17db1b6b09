/** The views of the inbox, and what the address bar says of them. */

import type { Params } from '../api/http.js';
import type { ThreadHead } from '../api/schema.js';

/** What people work through, and what was sorted out before it reached them. */
export const VIEWS = ['mine', 'unassigned', 'all', 'unread', 'ai', 'snoozed', 'closed'] as const;
export const FOLDERS = ['spam', 'automated'] as const;
export type View = (typeof VIEWS)[number] | (typeof FOLDERS)[number];

export const CHANNELS = ['email', 'whatsapp', 'telegram', 'sms', 'in_app', 'webform'] as const;
export const FILTERS = ['channel', 'label', 'assignee'] as const;
export type Filter = (typeof FILTERS)[number];

/** Selection and filters: all of them are in the URL. */
export interface Place {
  view: View;
  thread?: string | undefined;
  q?: string | undefined;
  channel?: string | undefined;
  label?: string | undefined;
  /** A member's id. Where the view already says whose, it is left out. */
  assignee?: string | undefined;
}

const SAYS_WHOSE = new Set<View>(['mine', 'unassigned']);

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An address is typed, cut off and mailed around: what nothing can be found by is as if it were not there. */
export function readPlace(search: Record<string, unknown>): Place {
  const view = [...VIEWS, ...FOLDERS].find((one) => one === search['view']) ?? 'all';
  // An address may say "q": 123, which is a number to whoever reads it.
  const text = (name: string) => (['string', 'number'].includes(typeof search[name]) && search[name] !== '' ? String(search[name]) : undefined);
  const id = (name: string) => (ID.test(text(name) ?? '') ? text(name) : undefined);
  const channel = CHANNELS.find((one) => one === search['channel']);
  return { view, thread: id('thread'), q: text('q'), channel, label: text('label'), assignee: SAYS_WHOSE.has(view) ? undefined : id('assignee') };
}

const folderOf = (view: View): string => FOLDERS.find((one) => one === view) ?? 'inbox';

/** What is asked of the server, as one text: the same list, the same key, whichever conversation is open. */
export const keyOf = (place: Place): string => JSON.stringify(paramsOf(place));

/** Where a search in all conversations looks: in those that were closed or put away, too. */
const isEverywhere = ({ view, q }: Place): boolean => view === 'all' && q !== undefined;

export function paramsOf(place: Place): Params {
  const { view, q, channel, label, assignee } = place;
  const status = isEverywhere(place) ? 'any' : view === 'snoozed' ? 'snoozed' : view === 'closed' ? 'closed' : 'open';
  return {
    folder: folderOf(view),
    status,
    q,
    channel,
    label,
    assignee,
    ...(view === 'mine' && { assignee: 'me' }),
    ...(view === 'unassigned' && { assignee: 'none' }),
    ...(view === 'unread' && { unread: true }),
    ...(view === 'ai' && { control: 'ai' }),
  };
}

/** Whether the AI would answer what comes next: in what was sorted out as spam or automated it never does. */
export const isAnsweredByAi = ({ control, folder }: Pick<ThreadHead, 'control' | 'folder'>): boolean => control === 'ai' && folder === 'inbox';

/** Why one that is still shown leaves the view, in a word. */
export function whyLeft(thread: ThreadHead, { view }: Place): string {
  if (thread.folder !== folderOf(view)) return thread.folder;
  if (thread.status !== 'open' && thread.status !== view) return thread.status;
  if (view === 'snoozed' || view === 'closed') return 'open';
  return view === 'unread' && thread.unread_count === 0 ? 'read' : 'other';
}

/** Whether a conversation that changed still belongs into a view. What only the server can judge (a search) stays. */
export function belongs(thread: ThreadHead, place: Place, me: string): boolean {
  const { view, channel, label, assignee } = place;
  if (thread.folder !== folderOf(view)) return false;
  if (channel && thread.channel !== channel) return false;
  if (label && !thread.labels.includes(label)) return false;
  if (assignee && thread.assignee_id !== assignee) return false;
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
    case 'spam':
    case 'automated':
      return thread.status === 'open';
    case 'all':
      return thread.status === 'open' || isEverywhere(place);
  }
}
