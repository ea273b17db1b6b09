/** What the user does: looks at the page, has it in the background, or has not touched it for a while. */

import { Signal } from './signal.js';
import type { ClientState } from './types.js';

export const IDLE_AFTER_MS = 5 * 60_000;

export class Activity {
  readonly state = new Signal<ClientState>('active');
  private isHidden = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private ends: (() => void)[] = [];

  /** Watch the page, where there is one. Elsewhere (React Native, a server) call `setHidden` and `touch`. */
  start(): void {
    this.touch();
    if (typeof document === 'undefined') return;
    const see = () => this.setHidden(document.visibilityState === 'hidden');
    this.listen(document, 'visibilitychange', see);
    for (const event of ['pointerdown', 'keydown', 'scroll']) this.listen(document, event, () => this.touch());
    see();
  }

  stop(): void {
    clearTimeout(this.timer);
    for (const end of this.ends) end();
    this.ends = [];
  }

  setHidden(isHidden: boolean): void {
    this.isHidden = isHidden;
    this.touch();
  }

  /** The user did something. */
  touch(): void {
    clearTimeout(this.timer);
    this.state.set(this.isHidden ? 'background' : 'active');
    if (!this.isHidden) this.timer = setTimeout(() => this.state.set('idle'), IDLE_AFTER_MS);
  }

  private listen(target: EventTarget, event: string, listener: () => void): void {
    const options = { passive: true, capture: true };
    target.addEventListener(event, listener, options);
    this.ends.push(() => target.removeEventListener(event, listener, options));
  }
}
