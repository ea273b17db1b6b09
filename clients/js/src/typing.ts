/** Who is writing. Told at most every three seconds, forgotten when it was not told again. */

export const TELL_EVERY_MS = 3_000;
/** Longer than the interval by the time a hint may be late. */
export const FORGET_AFTER_MS = 6_000;

/** Says that this user writes. `tell(false)` is sent when he stopped or sent. */
export class TypingTeller {
  private toldAt = -Infinity;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly tell: (isTyping: boolean) => void) {}

  /** A key was pressed. */
  touch(): void {
    const now = Date.now();
    if (now - this.toldAt >= TELL_EVERY_MS) {
      this.toldAt = now;
      this.tell(true);
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.stop(), FORGET_AFTER_MS - 1_000);
  }

  /** The message was sent, or the field emptied. */
  stop(): void {
    clearTimeout(this.timer);
    if (this.toldAt === -Infinity) return;
    this.toldAt = -Infinity;
    this.tell(false);
  }
}

/** Remembers who else writes. */
export class TypingListener {
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(private readonly onChange: (userIds: string[]) => void) {}

  hear(userId: string, isTyping: boolean): void {
    clearTimeout(this.timers.get(userId));
    if (isTyping) this.timers.set(userId, setTimeout(() => this.hear(userId, false), FORGET_AFTER_MS));
    else if (!this.timers.delete(userId)) return;
    this.onChange([...this.timers.keys()]);
  }

  /** Nobody is known to write: the line is gone. */
  clear(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.onChange([]);
  }
}
