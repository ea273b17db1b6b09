/**
 * Asking again and again, no more often than it is worth: at once when there is a reason, else after the pause the
 * server wants, and with growing pauses while nothing answers. One question at a time; reasons that come meanwhile make
 * one more.
 */

import { delayAfter } from './backoff.js';
import { asError, ParleyError } from './errors.js';

/** While pushes arrive, how often to look all the same. */
export const SAFETY_MS = 30_000;

export type Connection = 'live' | 'polling' | 'offline';

export interface LookOptions {
  /** Ask, take in what is answered, and return the pause the server wants. */
  ask(): Promise<number>;
  isLive(): boolean;
  onConnection(connection: Connection, problem: ParleyError | null): void;
}

export class Look {
  private running: Promise<void> | undefined;
  private again = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private isWanted = false;

  constructor(private readonly o: LookOptions) {}

  start(): void {
    this.isWanted = true;
    void this.now();
  }

  stop(): void {
    this.isWanted = false;
    clearTimeout(this.timer);
  }

  /** Ask now, or once more after what is being asked. Resolves when nothing is left to ask. */
  now(): Promise<void> {
    if (!this.isWanted) return Promise.resolve();
    this.again = true;
    clearTimeout(this.timer);
    this.running ??= this.run().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async run(): Promise<void> {
    let pause = SAFETY_MS;
    while (this.again && this.isWanted) {
      this.again = false;
      try {
        pause = await this.o.ask();
        this.failures = 0;
        this.o.onConnection(this.o.isLive() ? 'live' : 'polling', null);
      } catch (thrown) {
        const error = asError(thrown);
        this.failures += 1;
        this.o.onConnection(error.status === 0 ? 'offline' : 'polling', error);
        // Refused for good: only a reason from outside makes it ask again.
        if (error.kind !== 'again') return;
        this.again = false;
        pause = delayAfter(this.failures, error.retryAfterMs);
        this.later(pause);
        return;
      }
    }
    this.later(this.o.isLive() ? Math.max(pause, SAFETY_MS) : pause);
  }

  private later(ms: number): void {
    clearTimeout(this.timer);
    if (this.isWanted) this.timer = setTimeout(() => void this.now(), ms);
  }
}
