/**
 * What the inbox's private topic tells: ids, seq and rev, never a text. Whoever hears one asks with his own rights. After
 * every join, and when a sleeping tab wakes, listeners are told to look for themselves: hints may have been missed.
 */

import type { SupabaseClient } from '@supabase/supabase-js';
import { Live } from 'parley-client/live';

export interface Hint {
  threadId: string;
  rev: number;
  /** It is about a note of the staff: the conversation itself is as it was. */
  isNote: boolean;
}

export interface Listener {
  /** Something happened in these conversations. */
  onHints(hints: Hint[]): void;
  /** Anything may have happened. */
  onGap(): void;
}

const ASLEEP_MS = 15_000;
/** Longer than a join takes, or a reconnection. */
export const PATIENCE_MS = 2_500;

export class Hints {
  private readonly listeners = new Set<Listener>();
  private readonly live: Live;
  private hiddenAt: number | undefined;
  private joined = false;
  private joins = 0;
  private awaySince = Date.now();
  private readonly watchers = new Set<(isJoined: boolean) => void>();

  constructor(private readonly supabase: SupabaseClient, tenantId: string) {
    this.live = new Live(supabase, `inbox:${tenantId}`, {
      onEvent: (event, payload) => this.tell(read(payload, event === 'note.changed')),
      onJoined: (isJoined) => this.moved(isJoined),
    });
    this.live.start();
    document.addEventListener('visibilitychange', this.seen);
    addEventListener('online', this.wake);
  }

  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Which join it is, 0 while there is none: what was read under one and the same stays true by hints. */
  get join(): number {
    return this.joined ? this.joins : 0;
  }

  /** Once hints are heard; or once that takes so long that nobody should wait any more, and a gap will be told. */
  ready(): Promise<void> {
    const left = this.awaySince + PATIENCE_MS - Date.now();
    if (this.joined || left <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.watchers.delete(changed);
        resolve();
      };
      const changed = (isJoined: boolean) => isJoined && done();
      const timer = setTimeout(done, left);
      this.watchers.add(changed);
    });
  }

  watch(changed: (isJoined: boolean) => void): () => void {
    this.watchers.add(changed);
    changed(this.joined);
    return () => this.watchers.delete(changed);
  }

  async stop(): Promise<void> {
    document.removeEventListener('visibilitychange', this.seen);
    removeEventListener('online', this.wake);
    this.listeners.clear();
    await this.live.stop();
  }

  private moved(isJoined: boolean): void {
    if (isJoined) this.joins += 1;
    else if (this.joined) this.awaySince = Date.now();
    this.joined = isJoined;
    for (const changed of this.watchers) changed(isJoined);
    if (isJoined) this.gap();
  }

  private readonly seen = () => {
    if (document.hidden) this.hiddenAt = Date.now();
    else if (this.hiddenAt !== undefined && Date.now() - this.hiddenAt > ASLEEP_MS) void this.wake();
  };

  private readonly wake = async () => {
    // A token that ran out while the tab slept first: what is asked next is asked with it.
    await this.supabase.auth.getSession();
    await this.supabase.realtime.setAuth();
    this.gap();
  };

  private tell(hints: Hint[]): void {
    if (hints.length) for (const listener of this.listeners) listener.onHints(hints);
  }

  private gap(): void {
    for (const listener of this.listeners) listener.onGap();
  }
}

function read(payload: Record<string, unknown>, isNote: boolean): Hint[] {
  const threads = Array.isArray(payload['threads']) ? payload['threads'] : [payload];
  return threads.flatMap((one: unknown) => {
    const { thread_id: threadId, rev } = one as { thread_id?: unknown; rev?: unknown };
    return typeof threadId === 'string' ? [{ threadId, rev: typeof rev === 'number' ? rev : Number.MAX_SAFE_INTEGER, isNote }] : [];
  });
}
