/** One open conversation: what a chat window shows and what its buttons do. */

import type { SupabaseClient } from '@supabase/supabase-js';

import type { Activity } from './activity.js';
import type { Cache } from './cache.js';
import { asError, ParleyError } from './errors.js';
import { Live } from './live.js';
import { type Connection, Look } from './looking.js';
import type { Draft, Entry, Outbox } from './outbox.js';
import type { Rpc } from './rpc.js';
import { Signal } from './signal.js';
import { EMPTY, fromCache, shown, type Shown, type Timeline, withChanges, withHistory, withOwn } from './timeline.js';
import { TypingListener, TypingTeller } from './typing.js';
import type { Message, Moderation, Sent } from './types.js';

const PAGE = 50;
const NO_SEQ = Number.MAX_SAFE_INTEGER;
const READ_AFTER_MS = 300;
const READ_AGAIN_MS = 2_000;
/** Changes behind which it is quicker to begin at the newest page than to read them all. */
const LONG_AWAY = 500;
/** What clients tell each other over the topic; everything else on it comes from the database. */
const TYPING = 'typing';

export interface ConversationView {
  threadId: string;
  /** Oldest first; what is still to be sent comes last. */
  messages: readonly Shown[];
  hasOlder: boolean;
  isLoadingOlder: boolean;
  unreadCount: number;
  connection: Connection;
  /** User ids of the others who write just now. */
  typing: readonly string[];
  /** User ids of the others who have this conversation open. */
  online: readonly string[];
  /** False until there is something to show: a page, or what this device remembered. */
  isReady: boolean;
  /** Why it could not be asked for, while it could not. */
  problem: ParleyError | null;
}

export interface ConversationParts {
  threadId: string;
  userId: string;
  supabase: SupabaseClient;
  rpc: Rpc;
  outbox: Outbox;
  cache: Cache;
  activity: Activity;
}

export class Conversation {
  readonly threadId: string;
  readonly view: Signal<ConversationView>;
  private timeline: Timeline = EMPTY;
  private isLoaded = false;
  private opened = 0;
  private deliveredSeq = 0;
  private readSeq = 0;
  private wantedReadSeq = 0;
  private readTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly look: Look;
  private readonly live: Live;
  private readonly teller: TypingTeller;
  private readonly listener: TypingListener;
  private endActivity = () => {};

  constructor(private readonly parts: ConversationParts) {
    const { threadId, userId, supabase } = parts;
    this.threadId = threadId;
    this.view = new Signal<ConversationView>({
      threadId, messages: [], hasOlder: false, isLoadingOlder: false, unreadCount: 0, connection: 'polling', typing: [],
      online: [], isReady: false, problem: null,
    });
    this.live = new Live(supabase, `thread:${threadId}`, {
      presenceKey: userId,
      onEvent: (event, payload) => this.hear(event, payload),
      onJoined: () => this.joinedOrLeft(),
      onPresence: (keys) => this.show({ online: keys.filter((key) => key !== userId) }),
    });
    this.look = new Look({
      ask: () => this.ask(),
      isLive: () => this.live.isJoined,
      onConnection: (connection, problem) => this.connected(connection, problem),
    });
    this.teller = new TypingTeller((isTyping) => void this.live.tell(TYPING, { user_id: userId, typing: isTyping }));
    this.listener = new TypingListener((typing) => this.show({ typing }));
  }

  /** Show and follow it. Each `open` wants its `close`. */
  open(): void {
    if (this.opened++) return;
    this.endActivity = this.parts.activity.state.subscribe(() => {
      if (this.parts.activity.state.get() === 'active') void this.look.now();
    });
    this.look.start();
    this.live.start();
  }

  get isOpen(): boolean {
    return this.opened > 0;
  }

  /** Stop following it. What is queued is sent all the same. */
  close(): void {
    if (!this.opened || --this.opened) return;
    this.endActivity();
    this.teller.stop();
    this.listener.clear();
    this.look.stop();
    if (this.readTimer) {
      clearTimeout(this.readTimer);
      void this.tellRead();
    }
    void this.live.stop();
  }

  /** Ask what is new, now. */
  refresh(): Promise<void> {
    return this.look.now();
  }

  /** Queue a message. It is shown at once, survives a reload, and is sent as soon as that is possible. */
  async send(draft: Draft | string): Promise<Entry> {
    this.teller.stop();
    return this.parts.outbox.add(this.threadId, typeof draft === 'string' ? { body: draft } : draft);
  }

  /** Try a message that was refused once more. */
  retry(clientMessageId: string): Promise<void> {
    return this.parts.outbox.retry(clientMessageId);
  }

  /** Take a message that was refused away. */
  discard(clientMessageId: string): Promise<boolean> {
    return this.parts.outbox.discard(clientMessageId);
  }

  /** Why a message of the user is not shown as he wrote it, and what to change. */
  moderation(messageId: string): Promise<Moderation> {
    return this.parts.rpc.moderation(messageId);
  }

  async edit(messageId: string, body: string): Promise<void> {
    await this.parts.rpc.edit(messageId, body);
    await this.look.now();
  }

  async remove(messageId: string): Promise<void> {
    await this.parts.rpc.remove(messageId);
    await this.look.now();
  }

  async react(messageId: string, reaction: string, present = true): Promise<void> {
    await this.parts.rpc.react(messageId, reaction, present);
    await this.look.now();
  }

  /** A key was pressed in the message field. */
  typing(): void {
    this.teller.touch();
  }

  /** The user has seen everything up to `seq`, or up to the end. Told a moment later, once for several. */
  markRead(seq: number = this.timeline.messages.at(-1)?.seq ?? 0): void {
    if (seq > this.wantedReadSeq) this.readLater(seq, READ_AFTER_MS);
  }

  /** Load the page before the oldest message shown. */
  async loadOlder(): Promise<void> {
    const oldest = this.timeline.messages[0]?.seq;
    if (oldest === undefined || !this.timeline.hasOlder || this.view.get().isLoadingOlder) return;
    this.show({ isLoadingOlder: true });
    try {
      const page = await this.parts.rpc.history(this.threadId, oldest, PAGE);
      this.timeline = withHistory(this.timeline, page, PAGE);
    } finally {
      this.show({ isLoadingOlder: false });
    }
  }

  /** The queue of this conversation changed. */
  queueChanged(): void {
    this.show({});
  }

  /** A queued message was confirmed: it takes its place before the next page brings it. */
  confirmed(entry: Entry, sent: Sent): void {
    this.timeline = withOwn(this.timeline, confirmedMessage(entry, sent, this.parts.userId));
    this.show({});
    void this.look.now();
  }

  private async ask(): Promise<number> {
    await this.load();
    for (;;) {
      const page = await this.parts.rpc.poll(this.threadId, this.timeline.since ?? 0, this.parts.activity.state.get());
      this.timeline = withChanges(this.timeline, page);
      if (page.messages.length) await this.tookIn(page.messages);
      this.show({ isReady: true });
      if (!page.has_more) return page.next_poll_ms;
      if (page.last_rev - page.next_since > LONG_AWAY) await this.loadNewest();
    }
  }

  /** The first time: what this device remembers, else the newest page. */
  private async load(): Promise<void> {
    if (this.isLoaded) return;
    const cached = await this.parts.cache.thread(this.threadId).catch(() => undefined);
    if (cached) {
      this.timeline = fromCache(cached);
      this.show({ isReady: true });
    } else {
      await this.loadNewest();
    }
    this.isLoaded = true;
  }

  private async loadNewest(): Promise<void> {
    const page = await this.parts.rpc.history(this.threadId, NO_SEQ, PAGE);
    this.timeline = withHistory(EMPTY, page, PAGE);
    await this.tookIn(page.messages);
    this.show({ isReady: true });
  }

  private async tookIn(messages: readonly Message[]): Promise<void> {
    for (const message of messages) {
      if (message.client_message_id) await this.parts.outbox.settle(message.client_message_id);
    }
    const { since, lastSeq, hasOlder, receipts } = this.timeline;
    await this.parts.cache
      .keepThread(this.threadId, {
        messages: [...this.timeline.messages], since: since ?? 0, lastSeq, hasOlder, receipts: [...receipts],
      })
      .catch(() => undefined); // a full disk costs the memory of this page, nothing else
    void this.tellDelivered();
  }

  private async tellDelivered(): Promise<void> {
    const newest = this.timeline.messages.filter((m) => m.sender_user_id !== this.parts.userId).at(-1)?.seq ?? 0;
    if (newest <= Math.max(this.deliveredSeq, this.readSeq)) return;
    const before = this.deliveredSeq;
    this.deliveredSeq = newest;
    try {
      await this.parts.rpc.markDelivered(this.threadId, newest);
    } catch {
      this.deliveredSeq = before; // the next page tries again
    }
  }

  private async tellRead(): Promise<void> {
    this.readTimer = undefined;
    const seq = this.wantedReadSeq;
    if (seq <= this.readSeq) return;
    try {
      const cursor = await this.parts.rpc.markRead(this.threadId, seq);
      this.readSeq = Math.max(this.readSeq, cursor.last_read_seq);
      this.timeline = { ...this.timeline, unreadCount: cursor.unread_count };
      this.show({});
    } catch (thrown) {
      this.wantedReadSeq = this.readSeq;
      if (this.isOpen && asError(thrown).kind === 'again') this.readLater(Math.max(seq, this.readSeq), READ_AGAIN_MS);
    }
  }

  private readLater(seq: number, ms: number): void {
    this.wantedReadSeq = Math.max(this.wantedReadSeq, seq);
    this.readTimer ??= setTimeout(() => void this.tellRead(), ms);
  }

  private hear(event: string, payload: Record<string, unknown>): void {
    if (event !== TYPING) {
      void this.look.now();
      return;
    }
    const userId = payload['user_id'];
    if (typeof userId === 'string' && userId !== this.parts.userId) this.listener.hear(userId, payload['typing'] === true);
  }

  private joinedOrLeft(): void {
    if (!this.live.isJoined) this.listener.clear();
    void this.look.now();
  }

  private connected(connection: Connection, problem: ParleyError | null): void {
    if (problem?.status === 404) void this.parts.cache.forget(this.threadId).catch(() => undefined);
    this.show({ connection, problem });
    if (!problem) this.parts.outbox.kick();
  }

  private show(changes: Partial<ConversationView>): void {
    const { timeline, parts } = this;
    this.view.update((view) => ({
      ...view,
      messages: shown(timeline, parts.outbox.of(this.threadId), parts.userId),
      hasOlder: timeline.hasOlder && timeline.messages.length > 0,
      unreadCount: timeline.unreadCount,
      ...changes,
    }));
  }
}

function confirmedMessage(entry: Entry, sent: Sent, me: string): Message {
  const { draft } = entry;
  return {
    id: sent.message_id, thread_id: sent.thread_id, seq: sent.seq,
    // Below any real one: what the database says of it replaces this.
    rev: 0,
    message_type: draft.attachments?.length ? 'file' : 'text', sender_kind: 'participant', sender_user_id: me,
    sender_contact_id: null, body: draft.body, client_message_id: entry.clientMessageId, reply_to: draft.replyTo ?? null,
    context_kind: draft.contextKind ?? null, context_id: draft.contextId ?? null, reactions: null, metadata: {},
    attachments: [], created_at: sent.created_at, edited_at: null, deleted_at: null,
    moderation_status: sent.moderation_status ?? null,
  };
}
