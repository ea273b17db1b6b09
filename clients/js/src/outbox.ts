/**
 * What the user wrote and the server has not confirmed. An entry is stored before it is shown, is sent in the order of
 * its conversation, and is repeated under the same `client_message_id` until the server has answered: the server takes
 * the first one and answers the others with it, so a lost answer, a reload or a second tab doubles nothing.
 */

import { delayAfter } from './backoff.js';
import { asError, ParleyError } from './errors.js';
import { newId } from './platform.js';
import type { SendArguments } from './rpc.js';
import type { KeyValue } from './storage.js';
import type { ContextKind, Quote, Sent } from './types.js';

export interface Draft {
  body: string;
  replyTo?: Quote | undefined;
  contextKind?: ContextKind | undefined;
  contextId?: string | undefined;
  /** Files to upload first, or ids of uploaded ones. */
  files?: File[] | undefined;
  attachments?: string[] | undefined;
}

export type EntryState = 'queued' | 'failed';

export interface Entry {
  clientMessageId: string;
  threadId: string;
  /** Orders the entries of one device. */
  number: number;
  draft: Draft;
  state: EntryState;
  createdAt: string;
  /** Why it was refused, where it was. */
  problem?: { code: string; message: string; remedy?: string | undefined } | undefined;
}

export interface OutboxOptions {
  storage: KeyValue;
  /** Keeps what several users of one device queue apart. */
  userId: string;
  send(a: SendArguments): Promise<Sent>;
  /** Upload one file and answer its attachment id. */
  upload(file: File, threadId: string): Promise<string>;
  onChange(threadId: string): void;
  onSent(entry: Entry, sent: Sent): void;
  onTrouble(error: ParleyError): void;
  random?: () => number;
}

interface Pause {
  timer: ReturnType<typeof setTimeout>;
  /** The moment the server asked us to wait for. */
  notBefore: number;
}

export class Outbox {
  private readonly entries = new Map<string, Entry>();
  private readonly busy = new Map<string, Promise<void>>();
  private readonly waiting = new Map<string, Pause>();
  private readonly failures = new Map<string, number>();
  private next = 0;
  private stopped = false;

  private constructor(private readonly o: OutboxOptions) {}

  /** The queue as an earlier page left it. */
  static async open(options: OutboxOptions): Promise<Outbox> {
    const outbox = new Outbox(options);
    for (const key of await options.storage.keys(outbox.prefix)) {
      const entry = (await options.storage.get(key)) as Entry | undefined;
      if (entry) outbox.entries.set(entry.clientMessageId, entry);
    }
    outbox.next = Math.max(0, ...[...outbox.entries.values()].map((entry) => entry.number + 1));
    return outbox;
  }

  /** Entries of a conversation, oldest first. */
  of(threadId: string): Entry[] {
    return [...this.entries.values()].filter((e) => e.threadId === threadId).sort((a, b) => a.number - b.number);
  }

  /** Conversations with something to send. */
  threads(): string[] {
    return [...new Set([...this.entries.values()].filter((e) => e.state === 'queued').map((e) => e.threadId))];
  }

  /** Store a message and begin to send it. Rejects, having queued nothing, when the storage refuses. */
  async add(threadId: string, draft: Draft): Promise<Entry> {
    const entry: Entry = {
      clientMessageId: newId(), threadId, number: this.next++, draft, state: 'queued',
      createdAt: new Date().toISOString(),
    };
    await this.keep(entry);
    void this.drain(threadId);
    return entry;
  }

  /** Try a refused message again, under the same id. */
  async retry(clientMessageId: string): Promise<void> {
    const entry = this.entries.get(clientMessageId);
    if (!entry || entry.state !== 'failed') return;
    const { problem: _, ...rest } = entry;
    await this.keep({ ...rest, state: 'queued' });
    void this.drain(entry.threadId);
  }

  /** Forget a refused message. One that may be on its way cannot be called back: false. */
  async discard(clientMessageId: string): Promise<boolean> {
    const entry = this.entries.get(clientMessageId);
    if (!entry || entry.state !== 'failed') return false;
    await this.forget(entry);
    return true;
  }

  /** The server showed this message of ours: it arrived, whatever became of the answer. */
  async settle(clientMessageId: string): Promise<void> {
    const entry = this.entries.get(clientMessageId);
    if (entry) await this.forget(entry);
  }

  /** Try everything now: the network or the session is back. Whoever the server asked to wait, waits. */
  kick(): void {
    for (const threadId of this.threads()) {
      const pause = this.waiting.get(threadId);
      if (pause && pause.notBefore > Date.now()) continue;
      clearTimeout(pause?.timer);
      this.waiting.delete(threadId);
      void this.drain(threadId);
    }
  }

  /** Send nothing any more; what is queued stays stored. */
  stop(): void {
    this.stopped = true;
    for (const pause of this.waiting.values()) clearTimeout(pause.timer);
    this.waiting.clear();
  }

  /** Send a conversation's queue, one message at a time. One run at a time. */
  private drain(threadId: string): Promise<void> {
    const running = this.busy.get(threadId);
    if (running || this.waiting.has(threadId) || this.stopped) return running ?? Promise.resolve();
    const run = exclusively(`${this.prefix}${threadId}`, () => this.sendAll(threadId)).finally(() => {
      this.busy.delete(threadId);
      // One that was added after the last look and before this line is waiting for somebody.
      if (this.of(threadId).some((e) => e.state === 'queued')) void this.drain(threadId);
    });
    this.busy.set(threadId, run);
    return run;
  }

  private async sendAll(threadId: string): Promise<void> {
    for (;;) {
      const entry = this.of(threadId).find((e) => e.state === 'queued');
      if (!entry || this.stopped) return;
      try {
        const sent = await this.sendOne(entry);
        this.failures.delete(threadId);
        await this.forget(entry, () => this.o.onSent(entry, sent));
      } catch (thrown) {
        const error = asError(thrown);
        this.o.onTrouble(error);
        if (error.kind !== 'final') {
          this.wait(threadId, error);
          return;
        }
        await this.keep({
          ...entry, state: 'failed', problem: { code: error.code, message: error.message, remedy: error.remedy },
        });
      }
    }
  }

  private async sendOne(entry: Entry): Promise<Sent> {
    let { draft } = entry;
    // Each file that went up is noted at once: a break in between uploads none twice.
    while (draft.files?.length) {
      const [file, ...rest] = draft.files as [File, ...File[]];
      const id = await this.o.upload(file, entry.threadId);
      draft = { ...draft, files: rest, attachments: [...(draft.attachments ?? []), id] };
      entry = { ...entry, draft };
      await this.keep(entry);
    }
    return this.o.send({
      threadId: entry.threadId, body: draft.body, clientMessageId: entry.clientMessageId, replyToId: draft.replyTo?.id,
      contextKind: draft.contextKind, contextId: draft.contextId, attachments: draft.attachments,
    });
  }

  private wait(threadId: string, error: ParleyError): void {
    const failures = (this.failures.get(threadId) ?? 0) + 1;
    this.failures.set(threadId, failures);
    if (this.stopped) return;
    const resume = () => {
      this.waiting.delete(threadId);
      void this.drain(threadId);
    };
    // Nothing but a new session helps one who is signed out: `kick()` comes with it.
    const ms = error.kind === 'signed_out' ? 2 ** 31 - 1 : delayAfter(failures, error.retryAfterMs, this.o.random);
    this.waiting.set(threadId, { timer: setTimeout(resume, ms), notBefore: Date.now() + (error.retryAfterMs ?? 0) });
  }

  private async keep(entry: Entry): Promise<void> {
    await this.o.storage.set(this.key(entry), entry);
    this.entries.set(entry.clientMessageId, entry);
    this.o.onChange(entry.threadId);
  }

  private async forget(entry: Entry, before?: () => void): Promise<void> {
    // First shown as sent, then taken off the queue: at no moment is the message on neither list.
    before?.();
    this.entries.delete(entry.clientMessageId);
    this.o.onChange(entry.threadId);
    await this.o.storage.delete(this.key(entry));
  }

  private get prefix(): string {
    return `outbox/${this.o.userId}/`;
  }

  private key(entry: Entry): string {
    return `${this.prefix}${entry.threadId}/${String(entry.number).padStart(12, '0')}/${entry.clientMessageId}`;
  }
}

/** One tab at a time sends a conversation's queue, so that two do not send it in two orders. */
async function exclusively(name: string, work: () => Promise<void>): Promise<void> {
  const locks = typeof navigator === 'undefined' ? undefined : navigator.locks;
  if (locks) await locks.request(name, work);
  else await work();
}
