/** What the database answers, as `docs/chat.md` describes it. Names are those of the wire. */

export type ContextKind = 'project' | 'bid_card' | 'job' | 'booking';
export type MessageType = 'text' | 'image' | 'file' | 'audio' | 'video' | 'system' | 'template' | 'location';
export type SenderKind = 'participant' | 'system' | 'contact' | 'agent' | 'ai';
export type ConversationFilter = 'active' | 'archived' | 'blocked' | 'unread' | 'all';
/** What the user does, which decides how often the server wants to be asked. */
export type ClientState = 'active' | 'background' | 'idle';

/** What became of a message where the business has messages checked; only its sender is told. */
export type ModerationStatus = 'pending' | 'approved' | 'filtered' | 'review' | 'blocked';

export interface Attachment {
  id: string;
  filename: string;
  content_type: string;
  size_bytes: number;
  status: string;
  [more: string]: unknown;
}

export interface Quote {
  id: string;
  seq: number;
  sender_user_id: string | null;
  body: string;
}

export interface Message {
  id: string;
  thread_id: string;
  /** Orders the conversation. Gaps are no error. */
  seq: number;
  /** Grows with every change of the message. */
  rev: number;
  message_type: MessageType;
  sender_kind: SenderKind;
  sender_user_id: string | null;
  sender_contact_id: string | null;
  body: string;
  /** Given to the sender alone. */
  client_message_id: string | null;
  reply_to: Quote | null;
  context_kind: ContextKind | null;
  context_id: string | null;
  /** Reaction → ids of the people who have it. */
  reactions: Record<string, string[]> | null;
  metadata: Record<string, unknown>;
  attachments: Attachment[];
  created_at: string;
  edited_at: string | null;
  deleted_at: string | null;
  /** Of one's own messages; null for the others'. The others see what is `approved` or `filtered`. */
  moderation_status: ModerationStatus | null;
}

/** How far one other person has got. */
export interface Receipt {
  user_id: string | null;
  contact_id: string | null;
  last_delivered_seq: number;
  last_read_seq: number;
  last_read_at: string | null;
}

export interface Page {
  thread_id: string;
  messages: Message[];
  next_since: number;
  has_more: boolean;
  last_seq: number;
  last_rev: number;
  unread_count: number;
  receipts: Receipt[];
  next_poll_ms: number;
}

export interface Person {
  contact_id: string | null;
  user_id: string | null;
  name: string;
  role: string;
}

export interface ConversationItem {
  thread_id: string;
  tenant_id: string;
  kind: 'direct' | 'group' | 'channel';
  /** The other person's name, the group's, or the business's. */
  title: string;
  other_contact_id: string | null;
  /** What the user is in it. */
  role: string;
  context_kind: ContextKind | null;
  context_id: string | null;
  last_seq: number;
  last_rev: number;
  last_read_seq: number;
  unread_count: number;
  preview: string | null;
  last_message_at: string | null;
  archived_at: string | null;
  muted: boolean;
  /** Null also where it is muted for good. */
  muted_until: string | null;
  blocked: boolean;
}

export interface ConversationDetail extends ConversationItem {
  /** Everybody in it, the user too. */
  people: Person[];
  receipts: Receipt[];
  /** Whether a send would be let through now. */
  may_write: boolean;
}

export interface ConversationPage {
  items: ConversationItem[];
  next_cursor: string | null;
  unread_total: number;
  /** How many conversations hold something unread. */
  conversations: number;
  next_poll_ms: number;
}

export interface Started {
  thread_id: string;
  created: boolean;
  kind: string;
  message_id: string | null;
  seq: number | null;
  rev: number | null;
  duplicate: boolean;
}

export interface Sent {
  message_id: string;
  thread_id: string;
  seq: number;
  rev: number;
  created_at: string;
  delivery_status: string;
  duplicate: boolean;
  moderation_status?: ModerationStatus;
}

export interface Changed {
  message_id: string;
  thread_id: string;
  seq: number;
  rev: number;
}

export interface Cursor {
  thread_id: string;
  last_read_seq: number;
  last_delivered_seq: number;
  unread_count: number;
}

/** Why one's own message is not shown as it was written, and what to change. */
export interface Moderation {
  message_id: string;
  moderation_status: ModerationStatus;
  /** What stands in the conversation: for the others a mask where it is `filtered`. */
  body: string;
  /** What was written, where that is something else. */
  original: { subject: string | null; body: string } | null;
  kinds: string[];
  comments: { kind: string | null; comment: string }[];
}

/** Where an upload goes. */
export interface Place {
  attachment_id: string;
  bucket: string;
  path: string;
}

/** Where a file lies, to be read within a minute. */
export interface Opened {
  bucket: string;
  path: string;
  filename: string;
  is_public?: boolean;
}

export interface Unread {
  unread_total: number;
  conversations: number;
}
