/** Hooks for React over the same objects: a component that uses one follows it for as long as it is shown. */

import { useEffect, useSyncExternalStore } from 'react';

import type { ParleyClient } from './client.js';
import type { Conversation, ConversationView } from './conversation.js';
import type { ConversationList, ListView } from './list.js';
import type { Signal } from './signal.js';
import type { ConversationFilter } from './types.js';

/** The value of a signal; the component is drawn again when it changes. */
export function useSignal<T>(signal: Signal<T>): T {
  return useSyncExternalStore(signal.subscribe, signal.get, signal.get);
}

/** The list of conversations, followed while the component is there. */
export function useConversations(client: ParleyClient, filter: ConversationFilter = 'active'): [ListView, ConversationList] {
  const list = client.conversations(filter);
  useFollowed(list);
  return [useSignal(list.view), list];
}

/** One conversation, followed while the component is there. */
export function useConversation(client: ParleyClient, threadId: string): [ConversationView, Conversation] {
  const conversation = client.conversation(threadId);
  useFollowed(conversation);
  return [useSignal(conversation.view), conversation];
}

/** How many messages wait to be read, over all conversations that are neither muted nor archived. */
export function useUnreadCount(client: ParleyClient): number {
  return useConversations(client)[0].unreadTotal;
}

function useFollowed(one: { open(): void; close(): void }): void {
  useEffect(() => {
    one.open();
    return () => one.close();
  }, [one]);
}
