/** The door of the library: one client per signed-in user. */

import type { SupabaseClient } from '@supabase/supabase-js';

import { Activity } from './activity.js';
import { Cache } from './cache.js';
import { Conversation } from './conversation.js';
import { ParleyError } from './errors.js';
import { ConversationList } from './list.js';
import { Outbox } from './outbox.js';
import { Push } from './push.js';
import { Rpc, type StartArguments } from './rpc.js';
import { bestStorage, type KeyValue } from './storage.js';
import type { ContextKind, ConversationDetail, ConversationFilter, Person, Started, Unread } from './types.js';
import { fileUrl, uploadFile } from './upload.js';

export interface ParleyOptions {
  /** Needed by a person who is a contact of several tenants. */
  tenantSlug?: string | undefined;
  /** Where queue and cache are kept; IndexedDB where there is one. */
  storage?: KeyValue | undefined;
  /** Everything that went wrong on the way to the server, for logs; nothing needs to be done about it. */
  onTrouble?: ((error: ParleyError) => void) | undefined;
  /** How a file gets to the server: answers the attachment id. */
  upload?: ((file: File, threadId: string) => Promise<string>) | undefined;
}

export class ParleyClient {
  /** What the user does; tell it where there is no page to watch (React Native: `setHidden` from AppState). */
  readonly activity = new Activity();
  /** Pushes to this browser or app while nobody looks at it. */
  readonly push: Push;
  private readonly conversations_ = new Map<string, Conversation>();
  private readonly lists = new Map<ConversationFilter, ConversationList>();
  private readonly ends: (() => void)[] = [];

  private constructor(
    private readonly supabase: SupabaseClient,
    /** The signed-in user. */
    readonly userId: string,
    private readonly rpc: Rpc,
    private readonly cache: Cache,
    private readonly outbox: Outbox,
  ) {
    this.push = new Push(rpc);
  }

  /**
   * A client for the user who is signed in with `supabase`, with what he left in the queue. Throws a ParleyError of the
   * kind `signed_out` when nobody is.
   */
  static async open(supabase: SupabaseClient, options: ParleyOptions = {}): Promise<ParleyClient> {
    const { data } = await supabase.auth.getSession();
    const userId = data.session?.user.id;
    if (!userId) {
      throw new ParleyError('nobody is signed in', {
        kind: 'signed_out', status: 401, code: 'not_authenticated', remedy: 'sign in with supabase.auth first',
      });
    }
    const storage = options.storage ?? (await bestStorage());
    const rpc = new Rpc(supabase, options.tenantSlug);
    const holder: { client?: ParleyClient } = {};
    const outbox = await Outbox.open({
      storage,
      userId,
      send: (a) => rpc.send(a),
      upload: options.upload ?? ((file) => uploadFile(supabase, rpc, file)),
      onChange: (threadId) => holder.client?.conversations_.get(threadId)?.queueChanged(),
      onSent: (entry, sent) => holder.client?.conversations_.get(entry.threadId)?.confirmed(entry, sent),
      onTrouble: options.onTrouble ?? (() => undefined),
    });
    const client = new ParleyClient(supabase, userId, rpc, new Cache(storage, userId), outbox);
    holder.client = client;
    client.begin();
    return client;
  }

  /** A conversation, to be opened by a window. The same object for the same id. */
  conversation(threadId: string): Conversation {
    const { supabase, userId, rpc, outbox, cache, activity } = this;
    let found = this.conversations_.get(threadId);
    if (!found) {
      found = new Conversation({ threadId, userId, supabase, rpc, outbox, cache, activity });
      this.conversations_.set(threadId, found);
    }
    return found;
  }

  /** The list of conversations, to be opened by a window. The same object for the same filter. */
  conversations(filter: ConversationFilter = 'active'): ConversationList {
    const { supabase, userId, rpc, cache, activity } = this;
    let found = this.lists.get(filter);
    if (!found) {
      found = new ConversationList({ userId, supabase, rpc, cache, activity, filter });
      this.lists.set(filter, found);
    }
    return found;
  }

  /** Get or begin the conversation with somebody. Safe to repeat: there is one. */
  start(a: StartArguments): Promise<Started> {
    return this.rpc.start(a);
  }

  /** One conversation with everybody in it, and whether one may write. */
  details(threadId: string): Promise<ConversationDetail> {
    return this.rpc.conversation(threadId);
  }

  /** Who takes part in a project, bid card, job or booking. */
  async people(contextKind: ContextKind, contextId: string): Promise<Person[]> {
    return (await this.rpc.people(contextKind, contextId)).items;
  }

  /** The conversation that an older system called `conv_<user>_<user>`. */
  async resolve(alias: string): Promise<string> {
    return (await this.rpc.resolve(alias)).thread_id;
  }

  unread(): Promise<Unread> {
    return this.rpc.unread();
  }

  async archive(threadId: string, archived = true): Promise<void> {
    await this.rpc.set(threadId, { archived });
    await this.refreshLists();
  }

  /** Mute until a moment, for good (`'infinity'`), or no longer (`null`). */
  async mute(threadId: string, until: Date | 'infinity' | null): Promise<void> {
    const mutedUntil = until === null ? new Date(0).toISOString() : until === 'infinity' ? until : until.toISOString();
    await this.rpc.set(threadId, { mutedUntil });
    await this.refreshLists();
  }

  async block(contactId: string, blocked = true): Promise<void> {
    await this.rpc.block(contactId, blocked);
    await this.refreshLists();
  }

  addPeople(threadId: string, contactIds: string[]): Promise<ConversationDetail> {
    return this.rpc.addPeople(threadId, contactIds);
  }

  async leave(threadId: string): Promise<void> {
    await this.rpc.leave(threadId);
    await this.cache.forget(threadId);
    await this.refreshLists();
  }

  /** A link to a released file, or to the small picture of one, good for a minute. Every opening is on record. */
  fileUrl(attachmentId: string, { thumbnail = false } = {}): Promise<string> {
    return fileUrl(this.supabase, this.rpc, attachmentId, thumbnail);
  }

  /** Link the user to his contact at a tenant, by his confirmed address. Once, safe to repeat. */
  claim(tenantSlug: string): Promise<unknown> {
    return this.rpc.claim(tenantSlug);
  }

  /** Stop everything. What is queued stays on the device, for the next time this user signs in. */
  close(): void {
    for (const end of this.ends) end();
    this.activity.stop();
    this.outbox.stop();
    for (const one of this.conversations_.values()) while (one.isOpen) one.close();
    for (const one of this.lists.values()) while (one.isOpen) one.close();
  }

  /** `close`, and forget what this device remembers of the user's conversations: for shared devices. */
  async forget(): Promise<void> {
    this.close();
    await this.cache.clear();
  }

  private begin(): void {
    this.activity.start();
    const { data } = this.supabase.auth.onAuthStateChange((event, session) => {
      if (session?.user.id === this.userId && (event === 'SIGNED_IN' || event === 'TOKEN_REFRESHED')) this.wake();
    });
    this.ends.push(() => data.subscription.unsubscribe());
    if (typeof addEventListener === 'function') {
      const wake = () => this.wake();
      addEventListener('online', wake);
      this.ends.push(() => removeEventListener('online', wake));
    }
    this.outbox.kick();
  }

  /** Something came back, the network or the session: try everything at once. */
  private wake(): void {
    this.outbox.kick();
    for (const one of this.conversations_.values()) void one.refresh();
    void this.refreshLists();
  }

  private async refreshLists(): Promise<void> {
    await Promise.all([...this.lists.values()].map((list) => list.refresh()));
  }
}
