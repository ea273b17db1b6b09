/**
 * The rows of the list, as a value: what is shown keeps its place until the reader asks for the new order, so that nothing
 * moves under his pointer. What came or moved up meanwhile waits in `arrivals`.
 */

import type { ThreadHead } from '../api/schema.js';

export interface Rows {
  shown: ThreadHead[];
  /** New, or moved to the top, since the list was put in order. Ids only of those that do not stand first already. */
  arrivals: ReadonlyMap<string, ThreadHead>;
  cursor: string | null;
  newer: string | null;
  isComplete: boolean;
}

export const NOTHING: Rows = { shown: [], arrivals: new Map(), cursor: null, newer: null, isComplete: false };

export interface Page {
  items: ThreadHead[];
  next_cursor: string | null;
  newer_cursor: string | null;
}

export function first(page: Page): Rows {
  return { shown: page.items, arrivals: new Map(), cursor: page.next_cursor, newer: page.newer_cursor, isComplete: page.next_cursor === null };
}

export function older(rows: Rows, page: Page): Rows {
  const known = new Set(rows.shown.map((row) => row.id));
  return {
    ...rows,
    shown: [...rows.shown, ...page.items.filter((row) => !known.has(row.id))],
    cursor: page.next_cursor,
    isComplete: page.next_cursor === null,
  };
}

/** What `newer_than` answered, oldest first. */
export function newer(rows: Rows, page: Page): Rows {
  const arrivals = new Map(rows.arrivals);
  for (const thread of page.items) {
    if (rows.shown[0]?.id !== thread.id || arrivals.size) arrivals.set(thread.id, thread);
  }
  return { ...page.items.reduce(put, { ...rows, arrivals }), newer: page.newer_cursor ?? rows.newer };
}

/** A conversation as it is now: an older state never replaces a newer one. */
export function put(rows: Rows, thread: ThreadHead): Rows {
  const index = rows.shown.findIndex((row) => row.id === thread.id);
  const known = rows.shown[index];
  if (!known || known.last_rev > thread.last_rev) return rows;
  const shown = rows.shown.slice();
  shown[index] = thread;
  return { ...rows, shown };
}

export function drop(rows: Rows, threadId: string): Rows {
  const arrivals = new Map(rows.arrivals);
  arrivals.delete(threadId);
  return { ...rows, arrivals, shown: rows.shown.filter((row) => row.id !== threadId) };
}

/** Only those that stay: the same rows where all of them do. */
export function keep(rows: Rows, stays: (thread: ThreadHead) => boolean): Rows {
  const shown = rows.shown.filter(stays);
  return shown.length === rows.shown.length ? rows : { ...rows, shown };
}

/** One that had left is back where it stood: among those around its last message. What waits to be taken stays there. */
export function back(rows: Rows, thread: ThreadHead): Rows {
  if (rows.arrivals.has(thread.id)) return rows;
  if (rows.shown.some((row) => row.id === thread.id)) return put(rows, thread);
  const at = rows.shown.findIndex((row) => (row.last_message_at ?? '') < (thread.last_message_at ?? ''));
  // Below what was read so far it comes with its page.
  if (at < 0 && !rows.isComplete) return rows;
  return { ...rows, shown: rows.shown.toSpliced(at < 0 ? rows.shown.length : at, 0, thread) };
}

/** The order the server would give: what waited comes first, newest first. */
export function settle(rows: Rows): Rows {
  const moved = [...rows.arrivals.values()].sort((a, b) => (b.last_message_at ?? '').localeCompare(a.last_message_at ?? ''));
  return { ...rows, arrivals: new Map(), shown: [...moved, ...rows.shown.filter((row) => !rows.arrivals.has(row.id))] };
}
