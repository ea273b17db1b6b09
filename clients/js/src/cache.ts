/** The last messages of each conversation on this device, so that a reload shows them before the network answers. */

import type { KeyValue } from './storage.js';
import type { ConversationPage, Message, Receipt } from './types.js';

/** Messages kept per conversation. */
export const KEPT = 50;

export interface Cached {
  messages: Message[];
  since: number;
  lastSeq: number;
  hasOlder: boolean;
  receipts: Receipt[];
}

export class Cache {
  private readonly prefix: string;

  constructor(
    private readonly storage: KeyValue,
    userId: string,
  ) {
    this.prefix = `cache/${userId}/`;
  }

  async thread(threadId: string): Promise<Cached | undefined> {
    return (await this.storage.get(`${this.prefix}thread/${threadId}`)) as Cached | undefined;
  }

  /** Keep the newest messages; what is cut off is asked for again when somebody scrolls there. */
  async keepThread(threadId: string, state: Cached): Promise<void> {
    const messages = state.messages.slice(-KEPT);
    const hasOlder = state.hasOlder || messages.length < state.messages.length;
    await this.storage.set(`${this.prefix}thread/${threadId}`, { ...state, messages, hasOlder });
  }

  async list(filter: string): Promise<ConversationPage | undefined> {
    return (await this.storage.get(`${this.prefix}list/${filter}`)) as ConversationPage | undefined;
  }

  async keepList(filter: string, page: ConversationPage): Promise<void> {
    await this.storage.set(`${this.prefix}list/${filter}`, page);
  }

  /** Forget one conversation: the user may no longer see it. */
  async forget(threadId: string): Promise<void> {
    await this.storage.delete(`${this.prefix}thread/${threadId}`);
  }

  /** Forget everything of this user, as when he signs out of a shared device. */
  async clear(): Promise<void> {
    for (const key of await this.storage.keys(this.prefix)) await this.storage.delete(key);
  }
}
