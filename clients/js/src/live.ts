/**
 * One private Realtime topic. What comes over it is a hint: whoever gets one asks the database, so nothing is lost when
 * a hint is. Realtime joins again after errors by itself, but not after the server closed the channel (an expired token,
 * a restart): that is done here.
 */

import type { RealtimeChannel, SupabaseClient } from '@supabase/supabase-js';

import { delayAfter } from './backoff.js';

export interface LiveOptions {
  /** With a key, this client is shown to the others of the topic, and they to it. */
  presenceKey?: string | undefined;
  onEvent(event: string, payload: Record<string, unknown>): void;
  /** Joined or not; after each join, ask what happened meanwhile. */
  onJoined(isJoined: boolean): void;
  onPresence?(keys: string[]): void;
}

export class Live {
  private channel: RealtimeChannel | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private isWanted = false;
  private joined = false;

  constructor(
    private readonly supabase: SupabaseClient,
    private readonly topic: string,
    private readonly o: LiveOptions,
  ) {}

  get isJoined(): boolean {
    return this.joined;
  }

  start(): void {
    if (this.isWanted) return;
    this.isWanted = true;
    void this.join();
  }

  async stop(): Promise<void> {
    this.isWanted = false;
    clearTimeout(this.timer);
    this.setJoined(false);
    const channel = this.channel;
    this.channel = undefined;
    if (channel) await this.supabase.removeChannel(channel);
  }

  /** Tell the others something that is not kept. False when nobody can be told. */
  async tell(event: string, payload: Record<string, unknown>): Promise<boolean> {
    if (!this.joined || !this.channel) return false;
    return (await this.channel.send({ type: 'broadcast', event, payload })) === 'ok';
  }

  private async join(): Promise<void> {
    try {
      // Without it the first join of a private topic goes out without the user's token.
      await this.supabase.realtime.setAuth();
      if (this.isWanted) this.subscribe();
    } catch {
      // No token to be had, or the application listens on this very topic itself: a client has one channel for each.
      this.later();
    }
  }

  private subscribe(): void {
    const presence = this.o.presenceKey ? { key: this.o.presenceKey, enabled: true } : { key: '', enabled: false };
    const channel = this.supabase.channel(this.topic, {
      config: { private: true, broadcast: { self: false, ack: false }, presence },
    });
    this.channel = channel;
    channel.on('broadcast', { event: '*' }, (m: { event: string; payload?: Record<string, unknown> }) =>
      this.o.onEvent(m.event, m.payload ?? {}),
    );
    if (this.o.presenceKey) {
      channel.on('presence', { event: 'sync' }, () => this.o.onPresence?.(Object.keys(channel.presenceState())));
    }
    channel.subscribe((status) => {
      if (channel !== this.channel) return;
      if (status === 'SUBSCRIBED') this.arrived(channel);
      else if (status === 'CLOSED') this.again(channel);
      else this.setJoined(false);
    });
  }

  private arrived(channel: RealtimeChannel): void {
    this.failures = 0;
    if (this.o.presenceKey) void channel.track({ user_id: this.o.presenceKey });
    this.setJoined(true);
  }

  private again(channel: RealtimeChannel): void {
    this.channel = undefined;
    this.setJoined(false);
    void this.supabase.removeChannel(channel);
    this.later();
  }

  private later(): void {
    if (!this.isWanted) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.join(), delayAfter(++this.failures, undefined));
  }

  private setJoined(isJoined: boolean): void {
    if (isJoined === this.joined && !isJoined) return;
    this.joined = isJoined;
    if (!isJoined) this.o.onPresence?.([]);
    this.o.onJoined(isJoined);
  }
}
