/** The list of conversations, and how many messages wait to be read. */

import type { SupabaseClient } from '@supabase/supabase-js';

import type { Activity } from './activity.js';
import type { Cache } from './cache.js';
import { ParleyError } from './errors.js';
import { Live } from './live.js';
import { type Connection, Look } from './looking.js';
import type { Rpc } from './rpc.js';
import { Signal } from './signal.js';
import type { ConversationFilter, ConversationItem } from './types.js';

const PAGE = 15;

export interface ListView {
  /** Newest first. */
  items: readonly ConversationItem[];
  hasMore: boolean;
  /** Over all conversations that are neither muted nor archived. */
  unreadTotal: number;
  connection: Connection;
  /** False until there is something to show. */
  isReady: boolean;
  problem: ParleyError | null;
}

export interface ListParts {
  userId: string;
  supabase: SupabaseClient;
  rpc: Rpc;
  cache: Cache;
  activity: Activity;
  filter: ConversationFilter;
}

export class ConversationList {
  readonly view = new Signal<ListView>({
    items: [], hasMore: false, unreadTotal: 0, connection: 'polling', isReady: false, problem: null,
  });
  private readonly look: Look;
  private readonly live: Live;
  /** Conversation → the seq this device last said it got. */
  private readonly delivered = new Map<string, number>();
  private cursor: string | null = null;
  private wanted = PAGE;
  private opened = 0;
  private endActivity = () => {};

  constructor(private readonly parts: ListParts) {
    this.live = new Live(parts.supabase, `user:${parts.userId}`, {
      onEvent: () => void this.look.now(),
      onJoined: () => void this.look.now(),
    });
    this.look = new Look({
      ask: () => this.ask(),
      isLive: () => this.live.isJoined,
      onConnection: (connection, problem) => this.show({ connection, problem }),
    });
  }

  /** Follow the list. Each `open` wants its `close`. */
  open(): void {
    if (this.opened++) return;
    const { activity, cache, filter } = this.parts;
    this.endActivity = activity.state.subscribe(() => {
      if (activity.state.get() === 'active') void this.look.now();
    });
    void cache.list(filter).then(
      (page) => {
        if (page && !this.view.get().isReady) this.show({ items: page.items, unreadTotal: page.unread_total, isReady: true });
      },
      () => undefined,
    );
    this.look.start();
    this.live.start();
  }

  get isOpen(): boolean {
    return this.opened > 0;
  }

  close(): void {
    if (!this.opened || --this.opened) return;
    this.endActivity();
    this.look.stop();
    void this.live.stop();
  }

  /** Ask for the list again, now. */
  refresh(): Promise<void> {
    return this.look.now();
  }

  /** Show one page more. */
  async loadMore(): Promise<void> {
    if (!this.view.get().hasMore) return;
    this.wanted += PAGE;
    await this.look.now();
  }

  /** Ask page by page for as many as are shown: a conversation that moved may be on any of them. */
  private async ask(): Promise<number> {
    const { rpc, filter, activity, cache } = this.parts;
    const items = new Map<string, ConversationItem>();
    this.cursor = null;
    for (;;) {
      const page = await rpc.conversations(filter, PAGE, this.cursor, activity.state.get());
      for (const item of page.items) items.set(item.thread_id, item);
      if (this.cursor === null) await cache.keepList(filter, page).catch(() => undefined);
      this.cursor = page.next_cursor;
      if (this.cursor === null || items.size >= this.wanted) {
        this.show({
          items: [...items.values()], hasMore: this.cursor !== null, unreadTotal: page.unread_total, isReady: true,
        });
        void this.tellDelivered(items.values());
        return page.next_poll_ms;
      }
    }
  }

  /** What reached this device was delivered, whether or not the conversation is open. */
  private async tellDelivered(items: Iterable<ConversationItem>): Promise<void> {
    for (const item of items) {
      if (!item.unread_count || item.last_seq <= (this.delivered.get(item.thread_id) ?? 0)) continue;
      this.delivered.set(item.thread_id, item.last_seq);
      try {
        await this.parts.rpc.markDelivered(item.thread_id, item.last_seq);
      } catch {
        this.delivered.delete(item.thread_id);
        return; // with the next list
      }
    }
  }

  private show(changes: Partial<ListView>): void {
    this.view.update((view) => ({ ...view, ...changes }));
  }
}
