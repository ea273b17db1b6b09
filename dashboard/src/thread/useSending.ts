/**
 * Sending a reply, honestly. The conversation, the text and the id of the try are bound when Send is pressed: whatever the
 * reader does meanwhile, it goes there, once. The draft is cleared only when the server has accepted it.
 */

import { useCallback, useState } from 'react';

import { ApiProblem, Offline } from '../api/http.js';
import type { Sent, Template } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { type DraftKey, keepDraft, keepTry, readDraft, readTry } from './drafts.js';

export interface Moved {
  lastSeq: number;
  messages: { id: string; body: string }[];
}

/** What goes with the text: files that were uploaded, or the template whose text it is. */
export interface More {
  attachments?: string[];
  template?: Template;
}

export interface Sending {
  isSending: boolean;
  /** What came in while it was written: the writer decides. */
  moved: Moved | null;
  problem: unknown;
  send(text: string, lastSeq: number, more?: More): Promise<boolean>;
  lookFirst(): void;
}

export function useSending(key: DraftKey): Sending {
  const { api } = useDesk();
  const [isSending, setSending] = useState(false);
  const [moved, setMoved] = useState<Moved | null>(null);
  const [problem, setProblem] = useState<unknown>(null);

  const send = useCallback(async (text: string, lastSeq: number, more: More = {}): Promise<boolean> => {
    setSending(true);
    setProblem(null);
    setMoved(null);
    // A try whose end is not known keeps its id: pressed again, it is the same message.
    const what = JSON.stringify([text, more]);
    const known = readTry(key);
    const again = known?.what === what ? known : { what, id: crypto.randomUUID() };
    keepTry(key, again);
    try {
      await api.post<Sent>(`/threads/${key.threadId}/messages`, { body: text, client_message_id: again.id, expected_last_seq: lastSeq, ...more });
      keepTry(key, null);
      if (readDraft(key) === text) keepDraft(key, '');
      return true;
    } catch (thrown) {
      if (thrown instanceof ApiProblem && thrown.code === 'thread_moved') setMoved(whatMoved(thrown, lastSeq));
      else setProblem(thrown);
      if (thrown instanceof ApiProblem && thrown.status < 500) keepTry(key, null);
      return false;
    } finally {
      setSending(false);
    }
  }, [api, key]);

  return { isSending, moved, problem, send, lookFirst: () => setMoved(null) };
}

function whatMoved(thrown: ApiProblem, lastSeq: number): Moved {
  const more = thrown.problem as unknown as { last_seq?: number; new_messages?: { id: string; body: string }[] };
  return { lastSeq: more.last_seq ?? lastSeq, messages: more.new_messages ?? [] };
}
