/** In-app chat on Parley and supabase-js. Begin with `ParleyClient.open(supabase)`. */

export { Activity } from './activity.js';
export { ParleyClient, type ParleyOptions } from './client.js';
export { Conversation, type ConversationView } from './conversation.js';
export { type ErrorKind, ParleyError } from './errors.js';
export { ConversationList, type ListView } from './list.js';
export type { Connection } from './looking.js';
export type { Draft, Entry } from './outbox.js';
export { Push, type PushDevice, type PushState } from './push.js';
export type { StartArguments } from './rpc.js';
export { Signal } from './signal.js';
export { IndexedDbStorage, JsonStorage, type KeyValue, MemoryStorage, type StringStorage } from './storage.js';
export type { Shown, Tick } from './timeline.js';
export type * from './types.js';
