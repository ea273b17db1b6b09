// Made by `.venv/bin/python -m scripts.api_types` from the OpenAPI document; not written by hand.

export interface Accept {
  token: string;
}

export interface ActivatePolicy {
  expected_version?: number | null;
}

export interface ActiveThreads {
  active_hour: number;
  active_day: number;
  open: number;
  with_people: number;
  unread: number;
}

export interface Advice {
  kind: string | null;
  comment: string;
}

export interface AnalysisItem {
  kind?: string | null;
  day?: string | null;
  contact_id?: string | null;
  display_name?: string | null;
  bid_card_id?: string | null;
  policy_version?: number | null;
  action?: "block" | "hold" | "mask" | null;
  texts: number;
  approved?: number | null;
  filtered?: number | null;
  review?: number | null;
  blocked?: number | null;
  last_stopped_at?: string | null;
  score?: number | null;
  reviewed?: number | null;
  overturned?: number | null;
  false_positive_rate?: number | null;
}

export interface AnalysisItemList {
  items: (AnalysisItem)[];
  next_cursor?: string | null;
}

export interface AnswerMute {
  reason: string;
}

export interface AnswerTime {
  day: string;
  kind: "business" | "direct" | "group";
  channel: string;
  answered_by: "agent" | "ai" | "customer" | "person";
  conversations: number;
  first_answers: number;
  later_answers: number;
  first_p50_seconds: number | null;
  first_p95_seconds: number | null;
  later_p50_seconds: number | null;
  later_p95_seconds: number | null;
}

export interface AnswerTimes {
  first_day: string;
  last_day: string;
  items: (AnswerTime)[];
}

export interface ApiKey {
  id: string;
  name: string;
  hint: string;
  scopes: ("admin" | "manage" | "read" | "send")[];
  created_by: string | null;
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  last_used_at: string | null;
}

export interface ApiKeyList {
  items: (ApiKey)[];
  next_cursor?: string | null;
}

export interface ApiKeyMade {
  api_key_id: string;
  key: string;
  scopes: ("admin" | "manage" | "read" | "send")[];
}

export interface ApiKeyRevoked {
  api_key_id: string;
  revoked: boolean;
}

export interface AppealMessage {
  text: string;
}

export interface AppealMute {
  text: string;
  tenant_slug?: string | null;
}

export interface Assign {
  assignee_id: string | null;
}

export interface Assignee {
  user_id: string | null;
}

export interface Attachment {
  id: string;
  filename: string;
  content_type: string;
  size_bytes: number;
  sha256: string | null;
  inline: boolean;
  content_id: string | null;
  status: "erased" | "expired" | "quarantined" | "refused" | "released";
  refused: string | null;
  detected_type: string | null;
}

export interface AttachmentList {
  items: (Attachment)[];
  next_cursor?: string | null;
}

export interface Attempts {
  outcome: string;
  attempts: number;
}

export interface AuditExport {
  action?: string | null;
  object_kind?: string | null;
  object_id?: string | null;
  after?: string | null;
  before?: string | null;
  cursor?: string | null;
  limit?: number;
  actor?: string | null;
}

export interface AuditRow {
  id: string;
  at: string;
  actor: string;
  action: string;
  object_kind: string;
  object_id: string | null;
  details: Record<string, unknown>;
}

export interface AuditRowList {
  items: (AuditRow)[];
  next_cursor?: string | null;
}

export interface Bid {
  id: string;
  tenant_id: string;
  bid_card_id: string;
  customer_id: string;
  provider_id: string;
  amount: string;
  currency: string;
  proposal: string | null;
  starts_on: string | null;
  days: number | null;
  status: "accepted" | "rejected" | "shortlisted" | "submitted" | "withdrawn";
  status_changed_at: string;
  created_at: string;
  updated_at: string;
}

export interface BidCard {
  id: string;
  tenant_id: string;
  customer_id: string;
  project_id: string | null;
  title: string;
  description: string | null;
  category: string | null;
  location: string | null;
  budget_min: string | null;
  budget_max: string | null;
  currency: string;
  closes_at: string | null;
  attributes: Record<string, unknown>;
  status: "awarded" | "cancelled" | "closed" | "completed" | "draft" | "published";
  awarded_bid_id: string | null;
  status_changed_at: string;
  created_at: string;
  updated_at: string;
}

export interface BidCardList {
  items: (BidCard)[];
  next_cursor?: string | null;
}

export interface BidCardPatch {
  title?: string;
  description?: string | null;
  category?: string | null;
  location?: string | null;
  budget_min?: string | null;
  budget_max?: string | null;
  currency?: string;
  closes_at?: string | null;
  attributes?: Record<string, unknown>;
}

export interface BidCardStep {
  status: "cancelled" | "closed" | "completed" | "published";
}

export interface BidList {
  items: (Bid)[];
  next_cursor?: string | null;
}

export interface BidStep {
  status: "accepted" | "rejected" | "shortlisted" | "withdrawn";
}

export interface Block {
  blocked?: boolean;
}

export interface Booking {
  id: string;
  tenant_id: string;
  kind: "booking" | "job";
  customer_id: string;
  provider_id: string;
  project_id: string | null;
  bid_id: string | null;
  title: string;
  description: string | null;
  location: string | null;
  starts_at: string | null;
  ends_at: string | null;
  price: string | null;
  currency: string;
  attributes: Record<string, unknown>;
  requested_by: "customer" | "provider" | "staff";
  status: "cancelled" | "completed" | "confirmed" | "declined" | "in_progress" | "no_show" | "requested";
  status_changed_at: string;
  created_at: string;
  updated_at: string;
}

export interface BookingList {
  items: (Booking)[];
  next_cursor?: string | null;
}

export interface BookingPatch {
  title?: string;
  description?: string | null;
  location?: string | null;
  starts_at?: string | null;
  ends_at?: string | null;
  price?: string | null;
  currency?: string;
  attributes?: Record<string, unknown>;
}

export interface BookingStep {
  status: "cancelled" | "completed" | "confirmed" | "declined" | "in_progress" | "no_show";
}

export interface Broadcast {
  id: string;
  body: string;
  segment_kind: "all" | "context" | "role";
  role: "customer" | "lead" | "provider" | "unknown" | null;
  context_kind: "bid_card" | "booking" | "job" | "project" | null;
  context_id: string | null;
  status: "cancelled" | "done" | "running";
  delivered: number;
  created_by: string;
  created_at: string;
  finished_at: string | null;
}

export interface BroadcastList {
  items: (Broadcast)[];
  next_cursor?: string | null;
}

export interface BroadcastMade {
  id: string;
  status: "cancelled" | "done" | "running";
  created: boolean;
}

export interface BroadcastRead {
  id: string;
  body: string;
  segment_kind: "all" | "context" | "role";
  role: "customer" | "lead" | "provider" | "unknown" | null;
  context_kind: "bid_card" | "booking" | "job" | "project" | null;
  context_id: string | null;
  status: "cancelled" | "done" | "running";
  delivered: number;
  read: number;
  created_by: string;
  created_at: string;
  finished_at: string | null;
}

export interface CannedReply {
  id: string;
  intent: string;
  body: string;
  language: string | null;
  enabled: boolean;
  updated_at: string;
}

export interface CannedReplyList {
  items: (CannedReply)[];
  next_cursor?: string | null;
}

export interface ChannelDelivery {
  written: number;
  open: number;
  sent: number;
  delivered: number;
  read: number;
  failed: number;
  bounced: number;
  cancelled: number;
  unknown: number;
  success_rate: number | null;
  delivered_rate: number | null;
  read_rate: number | null;
  p50_seconds: number | null;
  p95_seconds: number | null;
  channel: string;
}

export interface ChannelSession {
  id: string;
  channel: string;
  provider: string;
  name: string;
  address: string;
  status: "connected" | "degraded" | "deleted" | "disconnected" | "paused" | "pending";
  status_reason: string | null;
  verified_at: string | null;
  sender_name: string | null;
  sender_address: string | null;
  warm_up_from: string | null;
  config: Record<string, unknown>;
  last_heartbeat_at: string | null;
  last_inbound_at: string | null;
  last_outbound_at: string | null;
  last_error: string | null;
  last_error_at: string | null;
  can_pair: boolean;
  created_at: string;
}

export interface ChannelSessionList {
  items: (ChannelSession)[];
  next_cursor?: string | null;
}

export interface ChannelTemplate {
  name: string;
  language: string;
  status: string;
  category: string;
  shape: Record<string, unknown>;
  components: unknown[];
  read_at: string;
}

export interface ChannelTemplateList {
  items: (ChannelTemplate)[];
  next_cursor?: string | null;
}

export interface ChannelVolume {
  channel: string;
  inbound: number;
  outbound: number;
  internal: number;
}

export interface ChatChanged {
  message_id: string;
  thread_id: string;
  seq: number;
  rev: number;
  moderation_status?: "approved" | "blocked" | "filtered" | "pending" | "review" | null;
  moderation?: Notice | null;
}

export interface ChatFile {
  id: string;
  filename: string;
  content_type: string;
  size_bytes: number;
  status: "erased" | "expired" | "quarantined" | "refused" | "released";
  width: number | null;
  height: number | null;
  has_thumbnail: boolean;
}

export interface ChatMessage {
  id: string;
  thread_id: string;
  seq: number;
  rev: number;
  message_type: "audio" | "file" | "image" | "location" | "system" | "template" | "text" | "video";
  sender_kind: "agent" | "ai" | "contact" | "participant" | "system";
  sender_user_id: string | null;
  sender_contact_id: string | null;
  body: string;
  client_message_id: string | null;
  reply_to: Quoted | null;
  context_kind: "bid_card" | "booking" | "job" | "project" | null;
  context_id: string | null;
  reactions: Record<string, (string)[]> | null;
  metadata: Record<string, unknown>;
  attachments: (ChatFile)[];
  created_at: string;
  edited_at: string | null;
  deleted_at: string | null;
  moderation_status?: "approved" | "blocked" | "filtered" | "pending" | "review" | null;
}

export interface ChatPage {
  thread_id: string;
  messages: (ChatMessage)[];
  next_since: number;
  has_more: boolean;
  last_seq: number;
  last_rev: number;
  unread_count: number;
  receipts: (Receipt)[];
  next_poll_ms: number;
}

export interface ChatSent {
  message_id: string;
  thread_id: string;
  seq: number;
  rev: number;
  created_at: string;
  delivery_status: "bounced" | "cancelled" | "delivered" | "dispatch_unknown" | "failed" | "inbound_ai_replied" | "inbound_error" | "inbound_human_takeover" | "inbound_processing" | "queued" | "read" | "received" | "sending" | "sent";
  duplicate: boolean;
  moderation_status?: "approved" | "blocked" | "filtered" | "pending" | "review";
  moderation?: Notice | null;
}

export interface ChatStarted {
  thread_id: string;
  kind: "assistant" | "broadcast" | "channel" | "direct" | "group" | "inspiration" | "internal";
  created: boolean;
  message_id: string | null;
  seq: number | null;
  rev: number | null;
  delivery_status: "bounced" | "cancelled" | "delivered" | "dispatch_unknown" | "failed" | "inbound_ai_replied" | "inbound_error" | "inbound_human_takeover" | "inbound_processing" | "queued" | "read" | "received" | "sending" | "sent" | null;
  duplicate: boolean;
  moderation_status?: "approved" | "blocked" | "filtered" | "pending" | "review" | null;
  moderation?: Notice | null;
}

export interface ClaimReview {
  reason: string;
}

export interface ClaimedReview {
  review_id: string;
  message_id: string;
  thread_id: string;
  origin: "appeal" | "verdict";
  digest: string;
  subject: string | null;
  body: string | null;
  beside: string | null;
  earlier: (ReadAlong)[];
  lane: "agent" | "ai" | "people" | "template";
  stage: "after" | "before";
  policy_version: number;
  decision: "approved" | "blocked" | "filtered" | "review";
  decider: "model" | "person" | "rules";
  kinds: (string)[];
  confidence: number;
  threats: (Record<string, unknown>)[];
  sender_contact_id: string | null;
  appeal: string | null;
  opened_at: string;
  due_at: string;
  claimed_by: string;
  claim_until: string;
}

export interface ComponentErrors {
  component: string;
  errors: number;
  of: number;
  rate: number | null;
}

export interface ConnectionFee {
  id: string;
  tenant_id: string;
  bid_id: string;
  provider_id: string;
  amount: string;
  currency: string;
  status: "failed" | "paid" | "pending" | "refunded" | "waived";
  payment_reference: string | null;
  status_changed_at: string;
  created_at: string;
}

export interface ConnectionFeeList {
  items: (ConnectionFee)[];
  next_cursor?: string | null;
}

export interface ConnectionPoint {
  at: string;
  connections: number;
  opened: number;
  closed: number;
}

export interface Connections {
  connections: number;
  processes: number;
  reported_at: string | null;
  opened: number;
  closed: number;
  broken: number;
  p50_seconds: number | null;
  p95_seconds: number | null;
  series: (ConnectionPoint)[];
}

export interface Consent {
  channel: string;
  purpose: "marketing" | "notification" | "service";
  granted: boolean;
  wording?: string | null;
  source?: string;
}

export interface ConsentRecorded {
  contact_id: string;
  consent_id: string;
  granted: boolean;
}

export interface Contact {
  id: string;
  kind: "customer" | "lead" | "provider" | "unknown";
  display_name: string | null;
  company: string | null;
  locale: string | null;
  time_zone: string | null;
  home_region: string | null;
  auth_user_id: string | null;
  merged_into: string | null;
  blocked_at: string | null;
  erased_at: string | null;
  attributes: Record<string, unknown>;
  created_at: string;
  updated_at: string;
}

export interface ContactBlock {
  contact_id: string;
  blocked_at: string | null;
}

export interface ContactConsent {
  channel: string;
  purpose: "marketing" | "notification" | "service";
  granted: boolean;
  source: string;
  recorded_at: string;
}

export interface ContactDetail {
  id: string;
  kind: "customer" | "lead" | "provider" | "unknown";
  display_name: string | null;
  company: string | null;
  locale: string | null;
  time_zone: string | null;
  home_region: string | null;
  auth_user_id: string | null;
  merged_into: string | null;
  blocked_at: string | null;
  erased_at: string | null;
  attributes: Record<string, unknown>;
  created_at: string;
  updated_at: string;
  identities: (ContactIdentity)[];
  consents: (ContactConsent)[];
  merged: (string)[];
}

export interface ContactIdentity {
  id: string;
  kind: string;
  address: string;
  verified_at: string | null;
}

export interface ContactList {
  items: (Contact)[];
  next_cursor?: string | null;
}

export interface ContactMute {
  id: string;
  contact_id: string;
  reason: "blocked" | "duplicates" | "evasion" | "filtered" | "first_contacts" | "harvesting";
  score: number;
  reasons: (MuteReason)[];
  muted_at: string;
  until: string;
  appeal: string | null;
  appealed_at: string | null;
  appeal_outcome: "overturned" | "upheld" | null;
  appeal_answered_at: string | null;
  ended_at: string | null;
  ended_by: string | null;
  end_reason: "erased" | "expired" | "lifted" | "strikes_withdrawn" | null;
  note: string | null;
}

export interface ContactMuteList {
  items: (ContactMute)[];
  next_cursor?: string | null;
}

export interface ContactPatch {
  kind?: "customer" | "lead" | "provider" | "unknown";
  display_name?: string | null;
  company?: string | null;
  locale?: string | null;
  time_zone?: string | null;
  home_region?: string | null;
  attributes?: Record<string, unknown>;
  identities?: (Identity)[];
}

export interface ContactPut {
  contact_id: string;
  created: boolean;
}

export interface ContactTrust {
  contact_id: string;
  score: number;
  in_force: boolean;
  tighten_at: number;
  mute_at: number;
  sends_per_minute: number;
  muted_until: string | null;
  mute_id: string | null;
  reasons: (Strike)[];
}

export interface ContextMember {
  contact_id: string;
  role?: "customer" | "participant" | "provider";
}

export interface ContextPeople {
  participants: (ContextMember)[];
}

export interface ContextPerson {
  contact_id: string;
  user_id: string | null;
  role: "customer" | "participant" | "provider";
  name: string | null;
}

export interface ContextPersonList {
  items: (ContextPerson)[];
  next_cursor?: string | null;
}

export interface ContextPut {
  context_kind: "bid_card" | "booking" | "job" | "project";
  context_id: string;
  people: number;
}

export interface Conversation {
  thread_id: string;
  tenant_id: string;
  kind: "assistant" | "broadcast" | "channel" | "direct" | "group" | "inspiration" | "internal";
  title: string | null;
  subject: string | null;
  other_contact_id: string | null;
  people: (ConversationPerson)[];
  role: "agent" | "customer" | "participant" | "provider";
  context_kind: "bid_card" | "booking" | "job" | "project" | null;
  context_id: string | null;
  last_seq: number;
  last_rev: number;
  last_read_seq: number;
  unread_count: number;
  preview: string | null;
  last_message_at: string | null;
  archived_at: string | null;
  muted: boolean;
  muted_until: string | null;
  blocked: boolean;
}

export interface ConversationDetail {
  thread_id: string;
  tenant_id: string;
  kind: "assistant" | "broadcast" | "channel" | "direct" | "group" | "inspiration" | "internal";
  title: string | null;
  subject: string | null;
  other_contact_id: string | null;
  people: (ConversationPerson)[];
  role: "agent" | "customer" | "participant" | "provider";
  context_kind: "bid_card" | "booking" | "job" | "project" | null;
  context_id: string | null;
  last_seq: number;
  last_rev: number;
  last_read_seq: number;
  unread_count: number;
  preview: string | null;
  last_message_at: string | null;
  archived_at: string | null;
  muted: boolean;
  muted_until: string | null;
  blocked: boolean;
  receipts: (Receipt)[];
  may_write: boolean;
}

export interface ConversationFound {
  thread_id: string;
}

export interface ConversationLeft {
  thread_id: string;
  left: boolean;
}

export interface ConversationPatch {
  archived?: boolean;
  muted?: boolean;
  muted_until?: string;
}

export interface ConversationPerson {
  contact_id: string | null;
  user_id: string | null;
  role: "agent" | "customer" | "participant" | "provider" | null;
  name: string | null;
}

export interface Conversations {
  items: (Conversation)[];
  next_cursor: string | null;
  unread_total: number;
  conversations: number;
  next_poll_ms: number;
}

export interface DecideReview {
  digest: string;
  decision: "approved" | "blocked" | "filtered";
  reason: string;
  note?: string | null;
  spans?: (MaskedSpan)[] | null;
}

export interface DecisionPoint {
  at: string;
  decisions: number;
  handovers: number;
}

export interface Decisions {
  decisions: number;
  auto_reply: number;
  follow_up: number;
  no_reply: number;
  human_takeover: number;
  error: number;
  handover_rate: number | null;
  series: (DecisionPoint)[];
}

export interface Delivery {
  written: number;
  open: number;
  sent: number;
  delivered: number;
  read: number;
  failed: number;
  bounced: number;
  cancelled: number;
  unknown: number;
  success_rate: number | null;
  delivered_rate: number | null;
  read_rate: number | null;
  p50_seconds: number | null;
  p95_seconds: number | null;
  channels: (ChannelDelivery)[];
  series: (DeliveryPoint)[];
}

export interface DeliveryPoint {
  at: string;
  arrived: number;
  lost: number;
  unknown: number;
}

export interface Denial {
  id: string;
  at: string;
  surface: "api" | "realtime" | "rpc" | "storage" | "worker";
  action: string;
  object_kind: string;
  object_id: string;
}

export interface DenialList {
  items: (Denial)[];
  next_cursor?: string | null;
}

export interface DenialsExport {
  action?: string | null;
  object_kind?: string | null;
  object_id?: string | null;
  after?: string | null;
  before?: string | null;
  cursor?: string | null;
  limit?: number;
}

export interface DeviceName {
  kind: "apns" | "fcm";
  app: string;
  token: string;
}

export interface DraftRow {
  body: string;
  source: string;
}

export interface EditMessage {
  body: string;
}

export interface Erase {
  reason: "authority" | "mistake" | "request" | "retention";
}

export interface Erasure {
  contact_id: string;
  erasure_id: string;
  status: "done" | "running";
  reason: "authority" | "mistake" | "request" | "retention";
  messages_erased: number;
  sends_cancelled: number;
  requested_at: string;
  finished_at: string | null;
}

export interface ErrorPoint {
  at: string;
  errors: number;
}

export interface Errors {
  errors: number;
  components: (ComponentErrors)[];
  series: (ErrorPoint)[];
}

export interface Escalated {
  id: string;
  thread_id: string;
  message_id: string;
  lane: "customers" | "people";
  stage: "after" | "before";
  rule: string;
  policy_version: number;
  signal: "blocked" | "kind" | "mood" | "score" | "trend";
  value: number;
  reasons: (string)[];
  action: "handover" | "label" | "notify" | "review" | "task";
  task_id: string | null;
  created_at: string;
  until: string;
}

export interface EscalatedList {
  items: (Escalated)[];
  next_cursor?: string | null;
}

export interface Explanation {
  message: Record<string, unknown>;
  thread: Record<string, unknown>;
  moderation: Record<string, unknown>;
  decision: Record<string, unknown> | null;
  waiting: Record<string, unknown> | null;
  dispatches: (Record<string, unknown>)[];
  notifications: (Record<string, unknown>)[];
  escalations?: (Record<string, unknown>)[];
}

export interface FaqDeleted {
  faq_id: string;
  deleted: boolean;
}

export interface FaqEntry {
  id: string;
  question: string;
  keywords: (string)[];
  answer: string;
  language: string | null;
  enabled: boolean;
  updated_at: string;
}

export interface FaqEntryList {
  items: (FaqEntry)[];
  next_cursor?: string | null;
}

export interface FaqPatch {
  question?: string;
  keywords?: (string)[];
  answer?: string;
  language?: string | null;
  enabled?: boolean;
}

export interface FaqPut {
  faq_id: string;
  created: boolean;
}

export interface FeeStep {
  status: "failed" | "paid" | "refunded" | "waived";
  payment_reference?: string | null;
}

export interface FileLink {
  attachment_id: string;
  bucket: string;
  path: string;
  filename: string;
  content_type: string;
  size_bytes: number;
  width: number | null;
  height: number | null;
  is_public: boolean;
  readable_s: number;
  url: string;
}

export interface FileThread {
  folder: "inbox" | "spam" | null;
  expected_last_seq?: number | null;
}

export interface Filing {
  detected: "automated" | "inbox" | "spam";
  auto_class: "auto_reply" | "bulk" | "list" | "none" | "report";
  score_from: number;
  conversations: number;
  false_alarms: number;
  misses: number;
  confirmed: number;
  last_said_at: string;
}

export interface FilingList {
  items: (Filing)[];
  next_cursor?: string | null;
}

export interface FirstStepsTold {
  has_account: boolean;
  mailbox: string | null;
  has_knowledge: boolean;
  first_thread_id: string | null;
  is_answered: boolean;
  smtp_port: number | null;
}

export interface Flagged {
  kind: "address" | "email" | "harassment" | "meeting_link" | "payment_handle" | "phone" | "scam" | "self_harm" | "sexual" | "social_handle" | "spam" | "threat" | "url";
  span: unknown[];
}

export interface FollowUp {
  id: string;
  origin: "decision" | "insight";
  status: "cancelled" | "scheduled" | "sent";
  due_at: string;
  body: string | null;
  thread_id: string;
  message_id: string | null;
  contact_id: string | null;
  contact_name: string | null;
  channel: string;
}

export interface FollowUpList {
  items: (FollowUp)[];
  next_cursor?: string | null;
}

export interface FormLink {
  link_id: string;
  contact_id: string;
  expires_at: string;
  url?: string | null;
}

export interface FoundConversation {
  thread_id: string;
  kind: string;
  subject: string | null;
  status: string;
  context_kind: string | null;
  context_id: string | null;
  people: (ViewedPerson)[];
  last_seq: number;
  last_message_at: string;
  created_at: string;
}

export interface FoundConversations {
  items: (FoundConversation)[];
  has_more: boolean;
}

export interface Identity {
  kind: string;
  address: string;
}

export interface Inbox {
  items: (ThreadHead)[];
  next_cursor: string | null;
  newer_cursor: string | null;
}

export interface Insight {
  thread_id: string;
  last_seq: number;
  summary: string | null;
  label: string | null;
  sentiment: number | null;
  sentiment_label: "negative" | "neutral" | "positive" | null;
  next_step: string | null;
  language: string | null;
  follow_up_at: string | null;
  follow_up_text: string | null;
  follow_up_status: "cancelled" | "scheduled" | "sent" | null;
  read_seq: number | null;
  version: number | null;
  model: string | null;
  prompt_version: string | null;
  updated_at: string | null;
}

export interface Invariant {
  name: string;
  claim: string;
  violations: number;
  checked_at: string | null;
}

export interface InvariantList {
  items: (Invariant)[];
  next_cursor?: string | null;
}

export interface Invitation {
  id: string;
  address: string;
  role: "admin" | "agent" | "owner" | "viewer";
  invited_by: string | null;
  created_at: string;
  expires_at: string;
}

export interface InvitationAccepted {
  tenant_id: string;
  role: "admin" | "agent" | "owner" | "viewer";
}

export interface InvitationList {
  items: (Invitation)[];
  next_cursor?: string | null;
}

export interface InvitationMade {
  invitation_id: string;
  token: string;
}

export interface InvitationRevoked {
  invitation_id: string;
  revoked: boolean;
}

export interface Invite {
  address: string;
  role?: "admin" | "agent" | "owner" | "viewer";
}

export interface JudgeText {
  text: string;
  region?: string | (string)[] | null;
  earlier?: (string)[];
  lane?: "agent" | "ai" | "people" | "template";
  stage?: "after" | "before";
}

export interface Judged {
  judged: number;
  approved: number;
  filtered: number;
  review: number;
  blocked: number;
  by_people: number;
  p50_seconds: number | null;
  p95_seconds: number | null;
}

export interface KeptText {
  subject: string | null;
  body: string;
  digest: string;
  kept_at: string;
  decision: "approved" | "blocked" | "filtered" | "review" | null;
}

export interface Labels {
  add?: (string)[];
  remove?: (string)[];
}

export interface Lift {
  kind: string;
  address: string;
}

export interface Lifted {
  kind: string;
  address: string;
  lifted: boolean;
}

export interface ManualTask {
  id: string;
  kind: string;
  status: "cancelled" | "done" | "failed" | "open";
  title: string;
  reason: string | null;
  target: string;
  message_id: string;
  thread_id: string;
  assignee_id: string | null;
  due_at: string | null;
  tries: number;
  outcome: string | null;
  note: string | null;
  created_at: string;
  completed_at: string | null;
  script: string;
}

export interface ManualTaskList {
  items: (ManualTask)[];
  next_cursor?: string | null;
}

export interface MarketRow {
  id: string;
  tenant_id: string;
  status: string;
  created: boolean;
}

export interface MaskedSpan {
  kind: "address" | "email" | "meeting_link" | "other" | "payment_handle" | "phone" | "social_handle" | "url";
  span: (number)[];
}

export interface Me {
  user_id: string | null;
  tenant_id: string | null;
  memberships: (Membership)[];
}

export interface Member {
  user_id: string;
  role: "admin" | "agent" | "owner" | "viewer";
  display_name: string | null;
  language: string | null;
  created_at: string;
}

export interface MemberLanguage {
  user_id: string;
  tenant_id: string;
  language: string | null;
}

export interface MemberList {
  items: (Member)[];
  next_cursor?: string | null;
}

export interface MemberRemoved {
  user_id: string;
  removed: boolean;
}

export interface MemberRole {
  user_id: string;
  role: "admin" | "agent" | "owner" | "viewer";
}

export interface Membership {
  tenant_id: string;
  role: "admin" | "agent" | "owner" | "viewer";
  active: boolean;
  language: string | null;
  tenant_name: string | null;
}

export interface Merge {
  loser_id: string;
}

export interface MergeThread {
  loser_id: string;
}

export interface MergedContacts {
  contact_id: string;
  merged: string;
}

export interface MergedThreads {
  thread_id: string;
  merged: string;
}

export interface Message {
  id: string;
  seq: number;
  rev: number;
  direction: "inbound" | "internal" | "outbound";
  delivery_status: "bounced" | "cancelled" | "delivered" | "dispatch_unknown" | "failed" | "inbound_ai_replied" | "inbound_error" | "inbound_human_takeover" | "inbound_processing" | "queued" | "read" | "received" | "sending" | "sent";
  moderation_status: "approved" | "blocked" | "filtered" | "pending" | "review";
  message_type: "audio" | "file" | "image" | "location" | "system" | "template" | "text" | "video";
  sender_kind: "agent" | "ai" | "contact" | "participant" | "system";
  sender: string;
  sender_contact_id: string | null;
  sender_user_id: string | null;
  sender_name: string | null;
  sender_address: string | null;
  subject: string | null;
  body: string;
  language: string | null;
  client_message_id: string | null;
  auto_class: "auto_reply" | "bulk" | "list" | "none" | "report";
  has_attachments: boolean;
  has_html: boolean;
  created_at: string;
  edited_at: string | null;
  deleted_at: string | null;
}

export interface MessageAppealed {
  message_id: string;
  review_id: string;
  due_at: string;
  may_appeal: boolean;
  status: "decided" | "open" | "superseded" | "withdrawn";
  appealed_at: string;
  outcome: "overturned" | "upheld" | null;
  answered_at: string | null;
}

export interface MessageComment {
  id: string;
  visibility: "recipient" | "sender" | "staff";
  kind: string | null;
  comment: string;
  created_by: string;
  created_at: string;
}

export interface MessageCommentList {
  items: (MessageComment)[];
  next_cursor?: string | null;
}

export interface MessageHtml {
  message_id: string;
  html: string;
  cut: boolean;
}

export interface MessageModeration {
  message_id: string;
  thread_id: string;
  rev: number;
  moderation_status: "approved" | "blocked" | "filtered" | "pending" | "review";
  subject: string | null;
  body: string;
  original: Written | null;
  kinds: (string)[];
  decided_at: string | null;
  comments: (Advice)[];
  appeal?: Record<string, unknown> | null;
}

export interface MessagePage {
  thread_id: string;
  messages: (Message)[];
  next_since: number;
  has_more: boolean;
  last_seq: number;
  last_rev: number;
  control: "ai" | "human";
  next_poll_ms: number;
}

export interface ModerationPolicy {
  version: number;
  document: Record<string, unknown>;
  note: string | null;
  created_by: string;
  created_at: string;
  activated_by: string | null;
  activated_at: string | null;
}

export interface MoveCursor {
  seq?: number | null;
}

export interface MuteAnswered {
  mute_id: string;
  contact_id: string;
  muted: boolean;
  until: string;
  end_reason: "erased" | "expired" | "lifted" | "strikes_withdrawn" | null;
  appeal_outcome: "overturned" | "upheld" | null;
}

export interface MuteAppealed {
  mute: OwnMute;
}

export interface MuteReason {
  reason: "blocked" | "duplicates" | "evasion" | "filtered" | "first_contacts" | "harvesting";
  kind: string | null;
  weight: number;
  at: string;
  verdict_id: string;
}

export interface NewApiKey {
  name: string;
  scopes?: ("admin" | "manage" | "read" | "send")[];
  expires_at?: string | null;
}

export interface NewBid {
  amount: string;
  currency?: string;
  proposal?: string | null;
  starts_on?: string | null;
  days?: number | null;
  provider_id?: string;
}

export interface NewBidCard {
  title: string;
  id?: string | null;
  tenant_slug?: string | null;
  customer_id?: string | null;
  project_id?: string | null;
  description?: string | null;
  category?: string | null;
  location?: string | null;
  budget_min?: string | null;
  budget_max?: string | null;
  currency?: string;
  closes_at?: string | null;
  attributes?: Record<string, unknown>;
  publish?: boolean;
}

export interface NewBooking {
  title: string;
  id?: string | null;
  tenant_slug?: string | null;
  kind?: "booking" | "job";
  customer_id?: string | null;
  provider_id?: string | null;
  project_id?: string | null;
  bid_id?: string | null;
  description?: string | null;
  location?: string | null;
  starts_at?: string | null;
  ends_at?: string | null;
  price?: string | null;
  currency?: string;
  attributes?: Record<string, unknown>;
}

export interface NewBroadcast {
  body: string;
  id?: string | null;
  role?: "customer" | "lead" | "provider" | "unknown" | null;
  context_kind?: "bid_card" | "booking" | "job" | "project" | null;
  context_id?: string | null;
}

export interface NewFaq {
  question: string;
  keywords: (string)[];
  answer: string;
  language?: string | null;
  enabled?: boolean;
}

export interface NewFee {
  amount: string;
  currency?: string | null;
}

export interface NewFormLink {
  contact_id: string;
  message_id?: string | null;
  days?: number;
}

export interface NewNote {
  note: string;
  client_note_id?: string | null;
}

export interface NewPeople {
  contact_ids: (string)[];
}

export interface NewPolicy {
  document: Record<string, unknown>;
  note?: string | null;
  activate?: boolean;
  expected_version?: number | null;
}

export interface NewProject {
  title: string;
  id?: string | null;
  tenant_slug?: string | null;
  customer_id?: string | null;
  description?: string | null;
  category?: string | null;
  location?: string | null;
  attributes?: Record<string, unknown>;
}

export interface NewReferral {
  tenant_slug?: string | null;
  source?: string | null;
  referrer_id?: string | null;
  reward_amount?: string | null;
  currency?: string | null;
  expires_at?: string | null;
}

export interface NewSession {
  channel: string;
  name: string;
  provider?: string | null;
  address?: string | null;
  sender_name?: string | null;
  config?: Record<string, unknown>;
  secrets?: Record<string, string>;
}

export interface NewTenant {
  name: string;
  slug: string;
  time_zone?: string;
  locale?: string;
}

export interface NewUpload {
  filename: string;
  content_type: string;
  size_bytes: number;
  tenant_slug?: string | null;
}

export interface NoteDeleted {
  note_id: string;
  deleted: boolean;
}

export interface NotePatch {
  note: string;
}

export interface NotePut {
  id: string;
  thread_id: string;
  note: string;
  author: string;
  author_user_id: string | null;
  created_at: string;
  edited_at: string | null;
  duplicate: boolean;
}

export interface Notice {
  comments: (Advice)[];
  found: (Flagged)[];
  body?: string | null;
}

export interface Notification {
  id: string;
  kind: string;
  title: string;
  thread_id: string | null;
  created_at: string;
  read_at: string | null;
}

export interface NotificationList {
  items: (Notification)[];
  next_cursor?: string | null;
}

export interface NotificationsRead {
  marked: number;
}

export interface NotificationsSeen {
  ids?: (string)[] | null;
}

export interface Opening {
  thumbnail?: boolean;
  reason?: string | null;
}

export interface OpeningHours {
  weekday: number;
  opens: string;
  closes: string;
}

export interface OperationsBoard {
  from: string;
  to: string;
  step: "day" | "hour";
  as_of: string | null;
  age_seconds: number | null;
  volume: Volume;
  delivery: Delivery;
  attempts: (Attempts)[];
  responses: (Responses)[];
  decisions: Decisions;
  threads: ActiveThreads;
  queues: (Waiting)[];
  moderation: Judged;
  uploads: Uploads;
  people: People;
  realtime: Connections;
  errors: Errors;
}

export interface OperationsSeries {
  from: string;
  to: string;
  step: "day" | "hour";
  as_of: string | null;
  age_seconds: number | null;
  metric: "attempts" | "decisions" | "deliveries" | "errors" | "messages" | "moderation" | "people" | "realtime" | "responses" | "uploads" | "waits";
  items: (SeriesItem)[];
  more: boolean;
}

export interface Original {
  message_id: string;
  thread_id: string;
  moderation_status: "approved" | "blocked" | "filtered" | "pending" | "review";
  subject: string | null;
  body: string;
  original: WrittenOriginal;
  kept: (KeptText)[];
}

export interface OwnMute {
  id: string;
  reason: "blocked" | "duplicates" | "evasion" | "filtered" | "first_contacts" | "harvesting";
  muted_at: string;
  until: string;
  may_appeal: boolean;
  appealed_at: string | null;
  appeal_outcome: "overturned" | "upheld" | null;
  note: string | null;
}

export interface Pairing {
  session_id: string;
  status: "connected" | "degraded" | "deleted" | "disconnected" | "paused" | "pending";
  reason: string | null;
  code: string | null;
  expires_at: string | null;
}

export interface People {
  staff: number;
  participants: number;
  contacts: number;
  series: (PeoplePoint)[];
}

export interface PeoplePoint {
  at: string;
  staff: number;
  participants: number;
  contacts: number;
  messages: number;
}

export interface PersonBlocked {
  contact_id: string;
  blocked: boolean;
}

export interface PolicyDifference {
  path: string;
  from: unknown;
  to: unknown;
}

export interface PolicyDifferences {
  from_version: number;
  to_version: number;
  changes: (PolicyDifference)[];
}

export interface PolicyInForce {
  version: number | null;
  active_version: number | null;
  previous_version: number | null;
}

export interface PolicyVersion {
  version: number;
  note: string | null;
  created_by: string;
  created_at: string;
  activated_by: string | null;
  activated_at: string | null;
}

export interface PolicyVersionList {
  items: (PolicyVersion)[];
  next_cursor?: string | null;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  field?: string | null;
  remedy?: string | null;
  request_id?: string | null;
}

export interface ProfilePatch {
  tenant_slug: string;
  display_name?: string | null;
  company?: string | null;
  locale?: string | null;
  time_zone?: string | null;
  home_region?: string | null;
  capabilities?: (string)[];
}

export interface Project {
  id: string;
  tenant_id: string;
  customer_id: string;
  title: string;
  description: string | null;
  category: string | null;
  location: string | null;
  attributes: Record<string, unknown>;
  status: "cancelled" | "completed" | "in_progress" | "open";
  status_changed_at: string;
  created_at: string;
  updated_at: string;
}

export interface ProjectList {
  items: (Project)[];
  next_cursor?: string | null;
}

export interface ProjectPatch {
  title?: string;
  description?: string | null;
  category?: string | null;
  location?: string | null;
  attributes?: Record<string, unknown>;
}

export interface ProjectStep {
  status: "cancelled" | "completed" | "in_progress";
}

export interface PushDevice {
  kind: "apns" | "fcm";
  app: string;
  token: string;
  tenant_slug?: string | null;
}

export interface PushEndpoint {
  endpoint: string;
}

export interface PushForgotten {
  forgotten: number;
}

export interface PushKey {
  public_key: string;
}

export interface PushKeys {
  p256dh: string;
  auth: string;
}

export interface PushRegistered {
  contact_id: string;
  registered: boolean;
}

export interface PushSubscription {
  endpoint: string;
  keys: PushKeys;
  tenant_slug?: string | null;
  expirationTime?: number | null;
}

export interface Quoted {
  id: string;
  seq: number;
  sender_user_id: string | null;
  body: string;
  deleted_at: string | null;
}

export interface Raised {
  rule: string;
  value: number;
}

export interface ReadAlong {
  message_id: string;
  body: string;
}

export interface ReadOriginal {
  reason: string;
}

export interface ReadState {
  thread_id: string;
  staff_read_seq: number;
  unread_count: number;
  conversation?: Thread | null;
}

export interface ReadUpTo {
  seq?: number | null;
}

export interface ReadingRate {
  day: string;
  kind: "business" | "direct" | "group";
  channel: string;
  reader: "person" | "staff";
  readers: number | null;
  readings: number;
  read: number | null;
  read_share: number | null;
  timed: number | null;
  read_p50_seconds: number | null;
  read_p95_seconds: number | null;
}

export interface ReadingRates {
  first_day: string;
  last_day: string;
  items: (ReadingRate)[];
}

export interface Receipt {
  user_id: string;
  contact_id: string | null;
  last_delivered_seq: number;
  last_read_seq: number;
  last_read_at: string | null;
}

export interface Recipient {
  to: string;
  template?: Template | null;
}

export interface Referral {
  id: string;
  tenant_id: string;
  code: string;
  referrer_id: string;
  referred_id: string | null;
  source: string | null;
  reward_amount: string | null;
  currency: string;
  status: "converted" | "expired" | "invited" | "joined";
  expires_at: string;
  status_changed_at: string;
  created_at: string;
}

export interface ReferralCode {
  code: string;
  tenant_slug: string;
}

export interface ReferralList {
  items: (Referral)[];
  next_cursor?: string | null;
}

export interface ReferralMade {
  id: string;
  tenant_id: string;
  status: string;
  created: boolean;
  code: string;
  expires_at: string;
}

export interface ReferralStep {
  status: "converted" | "expired";
}

export interface ReplyDeleted {
  reply_id: string;
  deleted: boolean;
}

export interface ReplyPut {
  reply_id: string;
  intent: string;
  language: string | null;
}

export interface Request {
  request_id: string;
  thread_id: string;
  status: string;
  next_poll_ms?: number;
}

export interface Resolve {
  resolution: "failed" | "resend" | "sent";
}

export interface Resolved {
  message_id: string;
  resolution: "failed" | "resend" | "sent";
}

export interface Responses {
  by: "agent" | "ai";
  turn: "first" | "following";
  answers: number;
  p50_seconds: number | null;
  p95_seconds: number | null;
}

export interface Retried {
  message_id: string;
  delivery_status: "bounced" | "cancelled" | "delivered" | "dispatch_unknown" | "failed" | "inbound_ai_replied" | "inbound_error" | "inbound_human_takeover" | "inbound_processing" | "queued" | "read" | "received" | "sending" | "sent";
}

export interface RevealContacts {
  reason: string;
}

export interface Revealed {
  thread_id: string;
  created: boolean;
  revealed_at: string;
}

export interface Review {
  id: string;
  message_id: string;
  thread_id: string;
  verdict_id: string;
  origin: "appeal" | "verdict";
  status: "decided" | "open" | "superseded" | "withdrawn";
  lane: "agent" | "ai" | "people" | "template";
  kinds: (string)[];
  policy_version: number;
  sender_contact_id: string | null;
  urgent: boolean;
  appeal: string | null;
  opened_at: string;
  due_at: string;
  overdue: boolean;
  claimed_by: string | null;
  claim_until: string | null;
  first_claimed_at: string | null;
  decided_at: string | null;
  decided_by: string | null;
  decision: "approved" | "blocked" | "filtered" | null;
  reason: string | null;
  outcome: "overturned" | "upheld" | null;
}

export interface ReviewDecided {
  review_id: string;
  message_id: string;
  status: "decided" | "open" | "superseded" | "withdrawn";
  decision: "approved" | "blocked" | "filtered";
  outcome: "overturned" | "upheld" | null;
  moderation_status: "approved" | "blocked" | "filtered" | "pending" | "review";
  rev: number;
}

export interface ReviewList {
  items: (Review)[];
  next_cursor?: string | null;
}

export interface ReviewReleased {
  review_id: string;
  status: "decided" | "open" | "superseded" | "withdrawn";
  claimed_by: string | null;
}

export interface RuleCalls {
  holds?: number;
  calls?: number;
}

export interface RuleCount {
  acts_on?: number;
  changed?: number;
}

export interface Sample {
  tenant: string;
  thread_id: string;
  message_id: string;
  seq: number;
  lane: "agent" | "ai" | "people" | "template" | "customers";
  stage: string;
  now: string;
  then: string;
  rules: (string)[];
  text?: string | null;
}

export interface SearchIn {
  policy: "full" | "metadata" | "none" | null;
}

export interface SeatCursor {
  thread_id: string;
  last_read_seq: number;
  last_delivered_seq: number;
  unread_count: number;
}

export interface SecretSet {
  session_id: string;
  name: string;
}

export interface SecretValue {
  value: string;
}

export interface SecuritySummary {
  first_day: string;
  last_day: string;
  texts: number;
  approved: number;
  filtered: number;
  review: number;
  blocked: number;
  decided_by_people: number;
  score: number | null;
  reviewed: number;
  overturned: number;
  false_positive_rate: number | null;
  reviews_late: number;
  review_p50_seconds: number | null;
  review_p95_seconds: number | null;
  repeat_offenders: number;
  evasions: number;
}

export interface SendChatMessage {
  body?: string;
  client_message_id?: string | null;
  expected_last_seq?: number | null;
  reply_to_id?: string | null;
  context_kind?: "bid_card" | "booking" | "job" | "project" | null;
  context_id?: string | null;
  attachments?: (string)[];
}

export interface SendMessage {
  body?: string;
  client_message_id?: string | null;
  expected_last_seq?: number | null;
  subject?: string | null;
  template?: Template | null;
  attachments?: (string)[];
}

export interface Sender {
  tenant: string;
  sender: string;
  changed: number;
}

export interface Sent {
  message_id: string;
  thread_id: string;
  seq: number;
  rev: number;
  delivery_status: "bounced" | "cancelled" | "delivered" | "dispatch_unknown" | "failed" | "inbound_ai_replied" | "inbound_error" | "inbound_human_takeover" | "inbound_processing" | "queued" | "read" | "received" | "sending" | "sent";
  duplicate: boolean;
  moderation_status?: "approved" | "blocked" | "filtered" | "pending" | "review";
  moderation?: Notice | null;
}

export interface Sentiment {
  label?: "negative" | "neutral" | "positive";
  score?: number;
}

export interface SeriesItem {
  at: string;
  channel: string;
  label: string;
  number: number;
  p50_seconds: number | null;
  p95_seconds: number | null;
}

export interface SessionMade {
  session_id: string;
  status: "connected" | "degraded" | "deleted" | "disconnected" | "paused" | "pending";
  address: string;
}

export interface SessionPatch {
  name?: string;
  sender_name?: string | null;
  sender_address?: string | null;
  warm_up_from?: string | null;
  config?: Record<string, unknown>;
}

export interface SessionState {
  session_id: string;
  status: "connected" | "degraded" | "deleted" | "disconnected" | "paused" | "pending";
}

export interface SessionTested {
  session_id: string;
  thread_id: string;
  message_id: string;
}

export interface SetLanguage {
  language: string | null;
}

export interface SetRole {
  role: "admin" | "agent" | "owner" | "viewer";
}

export interface SettingsPatch {
  ai_enabled?: boolean;
  ai_provider?: "anthropic" | "auto" | "rules";
  confidence_threshold?: number;
  auto_replies_per_hour?: number;
  sends_per_minute?: number;
  daily_send_cap?: number | null;
  max_complaint_rate?: number | null;
  search_policy?: "full" | "metadata" | "none";
  thread_scopes?: Record<string, "channel_contact" | "email_reference">;
  media_visibility?: "private" | "public";
  media_days?: number | null;
  moderation_days?: number | null;
  chat_policy?: "anyone" | "context" | "nobody";
  chat_scope?: "explicit" | "pair" | "pair_context";
  push_shows?: "nothing" | "preview" | "sender";
  push_delay_s?: number;
  market_writes?: "anywhere" | "api";
  live_signs?: "none" | "shown";
  business_hours?: (OpeningHours)[];
  closed_dates?: (string)[];
  quiet_hours_start?: string | null;
  quiet_hours_end?: string | null;
  tracking_enabled?: boolean;
  voice_tone?: string | null;
  voice_formality?: "formal" | "informal" | "neutral";
  voice_signature?: string | null;
  voice_avoid?: (string)[];
}

export interface Simulate {
  document: Record<string, unknown>;
  since?: string | null;
  until?: string | null;
  thread_id?: string | null;
  reason?: string | null;
  limit?: number;
  samples?: number;
}

export interface SimulationReport {
  complete?: boolean;
  messages?: number;
  changed?: number;
  decided_by_people?: number;
  model_questions?: number;
  changes?: Record<string, number>;
  unchanged?: Record<string, number>;
  by_kind?: Record<string, Record<string, number>>;
  by_tenant?: Record<string, Record<string, number>>;
  by_rule?: Record<string, RuleCount>;
  escalations?: Record<string, RuleCalls>;
  by_sender?: (Sender)[];
  other_senders?: number;
  samples?: (Sample)[];
  seconds?: number;
}

export interface SingleMessage {
  id: string;
  seq: number;
  rev: number;
  direction: "inbound" | "internal" | "outbound";
  delivery_status: "bounced" | "cancelled" | "delivered" | "dispatch_unknown" | "failed" | "inbound_ai_replied" | "inbound_error" | "inbound_human_takeover" | "inbound_processing" | "queued" | "read" | "received" | "sending" | "sent";
  moderation_status: "approved" | "blocked" | "filtered" | "pending" | "review";
  message_type: "audio" | "file" | "image" | "location" | "system" | "template" | "text" | "video";
  sender_kind: "agent" | "ai" | "contact" | "participant" | "system";
  sender: string;
  sender_contact_id: string | null;
  sender_user_id: string | null;
  sender_name: string | null;
  sender_address: string | null;
  subject: string | null;
  body: string;
  language: string | null;
  client_message_id: string | null;
  auto_class: "auto_reply" | "bulk" | "list" | "none" | "report";
  has_attachments: boolean;
  has_html: boolean;
  created_at: string;
  edited_at: string | null;
  deleted_at: string | null;
  thread_id: string;
}

export interface SingleMessageList {
  items: (SingleMessage)[];
  next_cursor?: string | null;
}

export interface Snooze {
  until: string;
}

export interface Standing {
  muted: boolean;
  tightened: boolean;
  sends_per_minute: number;
  mute: OwnMute | null;
}

export interface StartConversation {
  contact_id?: string | null;
  contact_ids?: (string)[] | null;
  context_kind?: "bid_card" | "booking" | "job" | "project" | null;
  context_id?: string | null;
  subject?: string | null;
  body?: string | null;
  client_message_id?: string | null;
  tenant_slug?: string | null;
}

export interface StartThread {
  contact_id: string;
  session_id: string;
  purpose?: "conversation" | "marketing" | "notification";
  subject?: string | null;
  body?: string | null;
  template?: Template | null;
  client_message_id?: string | null;
}

export interface Started {
  thread_id: string;
  created: boolean;
  message_id: string | null;
  seq: number | null;
  rev: number | null;
  delivery_status: "bounced" | "cancelled" | "delivered" | "dispatch_unknown" | "failed" | "inbound_ai_replied" | "inbound_error" | "inbound_human_takeover" | "inbound_processing" | "queued" | "read" | "received" | "sending" | "sent" | null;
  duplicate: boolean;
  moderation_status?: "approved" | "blocked" | "filtered" | "pending" | "review" | null;
  moderation?: Notice | null;
}

export interface Strike {
  reason: "blocked" | "duplicates" | "evasion" | "filtered" | "first_contacts" | "harvesting";
  kind: string | null;
  weight: number;
  counts: number;
  at: string;
  verdict_id: string;
  message_id: string;
}

export interface Suggestions {
  request_id: string;
  thread_id: string;
  status: string;
  drafts: (DraftRow)[];
  decider: string | null;
  model: string | null;
  cost_usd: number;
  reason: string | null;
  remedy: string | null;
  next_poll_ms: number | null;
}

export interface Suppress {
  kind: string;
  address: string;
  scope?: "all" | "automatic";
}

export interface Suppressed {
  suppression_id: string;
  kind: string;
  address: string;
}

export interface Suppression {
  id: string;
  kind: string;
  address: string;
  scope: "all" | "automatic";
  reason: "bounced" | "complained" | "manual" | "unsubscribed";
  created_at: string;
}

export interface SuppressionList {
  items: (Suppression)[];
  next_cursor?: string | null;
}

export interface SystemMessage {
  body: string;
  client_message_id?: string | null;
  context_kind?: "bid_card" | "booking" | "job" | "project" | null;
  context_id?: string | null;
  metadata?: Record<string, unknown>;
}

export interface TaskAssigned {
  task_id: string;
  assignee_id: string | null;
}

export interface TaskChanged {
  task_id: string;
  due_at: string | null;
  assignee_id: string | null;
}

export interface TaskEnded {
  task_id: string;
  status: "cancelled" | "done" | "failed" | "open";
  due_at: string | null;
}

export interface TaskEnding {
  outcome: "cancelled" | "done" | "no_answer" | "not_possible" | "wrong_address";
  note?: string | null;
}

export interface TaskPatch {
  due_at?: string | null;
  assignee_id?: string | null;
}

export interface Template {
  name: string;
  language: string;
  variables?: (string)[] | Record<string, string>;
  header?: (string)[] | Record<string, string>;
  header_link?: string | null;
  buttons?: Record<string, string>;
}

export interface Tenant {
  id: string;
  slug: string;
  name: string;
  status: "active" | "deleted" | "suspended";
  suspended_reason: string | null;
  time_zone: string;
  locale: string;
  home_regions: (string)[];
  sender_name: string | null;
  sender_address: string | null;
  created_at: string;
  settings: TenantSettings;
}

export interface TenantChosen {
  tenant_id: string;
  next_step: string;
}

export interface TenantDeleted {
  tenant_id: string;
  deleted: boolean;
}

export interface TenantMade {
  tenant_id: string;
  slug: string;
}

export interface TenantPatch {
  name?: string;
  time_zone?: string;
  locale?: string;
  home_regions?: (string)[];
  sender_name?: string | null;
  sender_address?: string | null;
  settings?: SettingsPatch;
}

export interface TenantSettings {
  ai_enabled: boolean;
  ai_provider: string;
  ai_budget_usd: number;
  confidence_threshold: number;
  auto_replies_per_hour: number;
  sends_per_minute: number;
  daily_send_cap: number | null;
  upload_quota_bytes: number;
  max_complaint_rate: number | null;
  search_policy: "full" | "metadata" | "none";
  search_ready: boolean;
  thread_scopes: Record<string, unknown>;
  media_visibility: "private" | "public";
  media_days: number | null;
  moderation_days: number | null;
  chat_policy: "anyone" | "context" | "nobody";
  chat_scope: "explicit" | "pair" | "pair_context";
  push_shows: "nothing" | "preview" | "sender";
  push_delay_s: number;
  market_writes: "anywhere" | "api";
  live_signs: "none" | "shown";
  business_hours: (Record<string, unknown>)[];
  closed_dates: (string)[];
  quiet_hours_start: string | null;
  quiet_hours_end: string | null;
  tracking_enabled: boolean;
  voice_tone: string | null;
  voice_formality: "formal" | "informal" | "neutral";
  voice_signature: string | null;
  voice_avoid: (string)[];
  policy_version: number;
}

export interface TenantUpdated {
  tenant_id: string;
  updated: boolean;
}

export interface Thread {
  id: string;
  channel: string;
  channel_session_id: string | null;
  contact_id: string | null;
  contact_name: string | null;
  subject: string | null;
  folder: "automated" | "inbox" | "spam";
  status: "archived" | "closed" | "open" | "snoozed";
  snoozed_until: string | null;
  control: "ai" | "human";
  control_epoch: number;
  assignee_id: string | null;
  labels: (string)[];
  last_seq: number;
  last_rev: number;
  unread_count: number;
  last_message_at: string | null;
  last_direction: "inbound" | "internal" | "outbound" | null;
  preview: string | null;
  created_at: string;
  kind: "assistant" | "broadcast" | "channel" | "direct" | "group" | "inspiration" | "internal";
  context_kind: string | null;
  context_id: string | null;
  scope_rule: "channel_contact" | "email_reference" | "explicit" | "pair" | "pair_context";
  folder_said: boolean;
  search_policy: "full" | "metadata" | "none" | null;
  last_inbound_seq: number;
  staff_read_seq: number;
  closed_at: string | null;
  merged_into: string | null;
  merged_from: (string)[];
  reply_until: string | null;
  reply_chars: number | null;
  reply_utf16: boolean | null;
  takes_templates: boolean | null;
  no_reply: "account_unverified" | "erased" | "merged" | "receive_only" | null;
  has_notes: boolean;
  escalations: (Escalated)[];
}

export interface ThreadHead {
  id: string;
  channel: string;
  channel_session_id: string | null;
  contact_id: string | null;
  contact_name: string | null;
  subject: string | null;
  folder: "automated" | "inbox" | "spam";
  status: "archived" | "closed" | "open" | "snoozed";
  snoozed_until: string | null;
  control: "ai" | "human";
  control_epoch: number;
  assignee_id: string | null;
  labels: (string)[];
  last_seq: number;
  last_rev: number;
  unread_count: number;
  last_message_at: string | null;
  last_direction: "inbound" | "internal" | "outbound" | null;
  preview: string | null;
  created_at: string;
}

export interface ThreadNote {
  id: string;
  thread_id: string;
  note: string;
  author: string;
  author_user_id: string | null;
  created_at: string;
  edited_at: string | null;
}

export interface ThreadNoteList {
  items: (ThreadNote)[];
  next_cursor?: string | null;
}

export interface ThreadSearch {
  thread_id: string;
  search_policy: "full" | "metadata" | "none";
}

export interface ThreadState {
  thread_id: string;
  status: "archived" | "closed" | "open" | "snoozed";
  control: "ai" | "human";
  control_epoch: number;
  assignee_id: string | null;
  labels: (string)[];
  snoozed_until: string | null;
  folder: "automated" | "inbox" | "spam";
  folder_said: boolean;
}

export interface Threat {
  kind: string;
  span: unknown[];
  value: string;
  confidence: number;
}

export interface Translate {
  language?: string | null;
}

export interface Translation {
  message_id: string;
  language: string;
  status: string;
  text: string | null;
  model: string | null;
  cost_usd: number;
  reason: string | null;
  remedy: string | null;
  next_poll_ms: number | null;
}

export interface Undelivered {
  id: string;
  trouble: "failed" | "stopped" | "unknown";
  status: "bounced" | "cancelled" | "dispatch_unknown" | "failed";
  message_id: string;
  thread_id: string;
  channel: string;
  recipient: string;
  contact_name: string | null;
  status_reason: string | null;
  error: string | null;
  excerpt: string;
  sender_kind: "agent" | "ai" | "contact" | "participant" | "system";
  created_at: string;
  finished_at: string | null;
  sent_again_id: string | null;
}

export interface UndeliveredList {
  items: (Undelivered)[];
  next_cursor?: string | null;
}

export interface UnknownDispatch {
  id: string;
  message_id: string;
  thread_id: string;
  channel: string;
  recipient: string;
  status_reason: string | null;
  created_at: string;
  finished_at: string | null;
}

export interface UnknownDispatchList {
  items: (UnknownDispatch)[];
  next_cursor?: string | null;
}

export interface UnreadTotal {
  unread_total: number;
  conversations: number;
}

export interface Upload {
  attachment_id: string;
  bucket: string;
  path: string;
  filename: string;
  content_type: string;
  size_bytes: number;
  expires_at: string;
  upload_url: string;
  upload_token: string;
}

export interface Uploaded {
  attachment_id: string;
  filename: string;
  content_type: string;
  size_bytes: number;
  sha256: string;
  expires_at: string;
}

export interface Uploads {
  files: number;
  waiting: number;
  released: number;
  refused: number;
  gone: number;
  success_rate: number | null;
}

export interface Verdict {
  decision: "approved" | "blocked" | "filtered" | "review";
  threats_detected: (Threat)[];
  filtered_content: string | null;
  confidence_score: number;
  comments: (string)[];
  sentiment?: Sentiment;
  version?: number;
  escalation?: Watched;
}

export interface View {
  reason: string;
  before_seq?: number | null;
  limit?: number;
}

export interface ViewSearch {
  reason: string;
  contact_id?: string | null;
  context_kind?: "bid_card" | "booking" | "job" | "project" | null;
  context_id?: string | null;
  before_at?: string | null;
  before_id?: string | null;
  limit?: number;
}

export interface ViewedMessage {
  id: string;
  seq: number;
  sender: string;
  sender_contact_id: string | null;
  message_type: string;
  moderation_status: string;
  body: string;
  created_at: string;
  edited_at: string | null;
  deleted_at: string | null;
}

export interface ViewedPerson {
  contact_id: string | null;
  user_id: string | null;
  role: string;
  name: string | null;
}

export interface ViewedThread {
  thread_id: string;
  kind: string;
  last_seq: number;
  people: (ViewedPerson)[];
  has_more: boolean;
  messages: (ViewedMessage)[];
}

export interface Volume {
  inbound: number;
  outbound: number;
  internal: number;
  by_ai: number;
  by_agents: number;
  channels: (ChannelVolume)[];
  series: (VolumePoint)[];
}

export interface VolumePoint {
  at: string;
  inbound: number;
  outbound: number;
  internal: number;
}

export interface Waiting {
  queue: string;
  depth: number;
  in_flight: number;
  oldest_seconds: number;
  p50_seconds: number | null;
  p95_seconds: number | null;
}

export interface Watched {
  score: number;
  trend: number;
  mood: number;
  reasons: (string)[];
  messages: number;
  raised?: (Raised)[];
}

export interface WebhookFailure {
  webhook_id: string;
  session_id: string;
  channel: string;
  provider: string;
  event_id: string;
  received_at: string;
  size_bytes: number;
  error: string;
}

export interface WebhookRefusals {
  session_id: string;
  reason: "honeypot" | "malformed" | "signature" | "stale";
  count: number;
  first_at: string;
  last_at: string;
}

export interface WebhookRetried {
  webhook_id: string;
  retried: boolean;
}

export interface WebhookTrouble {
  failures: (WebhookFailure)[];
  refused: (WebhookRefusals)[];
}

export interface Wording {
  intent: string;
  body: string;
  language?: string | null;
  enabled?: boolean;
}

export interface Written {
  subject: string | null;
  body: string;
}

export interface WrittenOriginal {
  subject: string | null;
  body: string;
  digest: string;
}
