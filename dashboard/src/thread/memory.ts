/** Conversations that were open a moment ago, or are likely to be next: shown at once when they are opened, forgotten with the desk. */

import type { Api } from '../api/http.js';
import type { MessagePage, Thread, ThreadHead } from '../api/schema.js';
import type { Hints } from '../live/hints.js';
import { BLANK, merge, MOST, NEWEST, pageFor, type Timeline } from './timeline.js';

const REMEMBERED = 20;

export interface Kept {
  thread: Thread;
  line: Timeline;
}

const memories = new WeakMap<Hints, Map<string, Kept>>();

export function remember(hints: Hints, threadId: string, kept: Kept): void {
  const memory = memories.get(hints) ?? new Map<string, Kept>();
  memory.delete(threadId);
  memory.set(threadId, kept);
  for (const oldest of memory.keys()) {
    if (memory.size <= REMEMBERED) break;
    memory.delete(oldest);
  }
  memories.set(hints, memory);
}

/** What is far behind its row of the list is asked for anew: the way up to now would be longer than a page. */
export function recall(hints: Hints, threadId: string, row: ThreadHead | undefined): Kept | undefined {
  const kept = memories.get(hints)?.get(threadId);
  return kept && row && row.last_rev - kept.line.since > MOST ? undefined : kept;
}

/** Have a conversation ready that is likely to be opened next. What it costs is what opening it would. */
export async function prefetch(api: Api, hints: Hints, row: ThreadHead): Promise<void> {
  if (recall(hints, row.id, row)) return;
  try {
    const [thread, page] = await Promise.all([
      api.get<Thread>(`/threads/${row.id}`),
      api.get<MessagePage>(`/threads/${row.id}/messages`, { before_seq: NEWEST, limit: pageFor(row) }),
    ]);
    if (recall(hints, row.id, row) || page.messages.length === 0) return;
    remember(hints, row.id, { thread, line: merge(BLANK, page.messages, { since: page.last_rev, hasOlder: page.has_more }) });
  } catch {
    // It is asked for again when it is opened, and says then what is wrong.
  }
}
