-- Chapter: moderation. Nothing that people write to each other reaches anybody before it was judged.
--
--   INSERT ─ a policy for its lane ─▶ pending ─▶ private.moderation_work ─▶ judged by the API before commit, or by
--      │ none                                                                 the moderator ─▶ record_verdict()
--      ▼                                                                                       │
--   approved       approved | filtered (masked; original aside) ◀── review (a person) ◀────────┤──▶ blocked + log row
--
-- A recipient sees approved and filtered, see private.is_shown(). Lanes: people (between participants), agent, ai and
-- template (what the business sends). Stages: before and after contact details were revealed in the conversation.

create table public.moderation_policies (
  tenant_id uuid not null,
  version integer not null,
  document jsonb not null,
  note text,
  created_by text not null,
  created_at timestamptz not null default clock_timestamp(),
  constraint moderation_policies_tenant_id_version_pkey primary key (tenant_id, version),
  constraint moderation_policies_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint moderation_policies_version_check check (version > 0),
  constraint moderation_policies_document_check check (
    jsonb_typeof(document) = 'object' and length(document::text) <= 100000),
  constraint moderation_policies_note_check check (length(note) between 1 and 500)
);
comment on table public.moderation_policies is
'Every version of what a tenant allows, masks, holds and blocks. Append-only; active_moderation names the one in '
'force.';
comment on column public.moderation_policies.document is
'{"regions", "window", "lanes": {lane: {stage: {kind: rule}}}, "allowed_domains", "allowed_values", …}: see '
'docs/moderation.md.';

create table public.active_moderation (
  tenant_id uuid not null,
  version integer not null,
  activated_by text not null,
  activated_at timestamptz not null default clock_timestamp(),
  constraint active_moderation_tenant_id_pkey primary key (tenant_id),
  constraint active_moderation_tenant_id_version_fkey foreign key (tenant_id, version)
  references public.moderation_policies (tenant_id, version)
);
comment on table public.active_moderation is
'The policy version in force; no row while a tenant moderates nothing.';

create table public.contact_reveals (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  thread_id uuid not null,
  event text not null,
  event_id text,
  revealed_by text not null,
  revealed_at timestamptz not null default clock_timestamp(),
  constraint contact_reveals_tenant_id_id_pkey primary key (tenant_id, id),
  constraint contact_reveals_tenant_id_thread_id_event_event_id_key unique nulls not distinct (
    tenant_id, thread_id, event, event_id
  ),
  constraint contact_reveals_tenant_id_thread_id_fkey foreign key (tenant_id, thread_id)
  references public.et_threads (tenant_id, id),
  constraint contact_reveals_event_check check (event in ('bid_accepted', 'connection_fee_paid', 'staff'))
);
comment on table public.contact_reveals is
'From when on the people of a conversation may know how to reach each other, and what made it so. Append-only.';
comment on column public.contact_reveals.event_id is 'The bid or fee; null when a person decided.';

create table public.moderation_verdicts (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  message_id uuid not null,
  thread_id uuid not null,
  lane text not null,
  stage text not null,
  policy_version integer not null,
  decider text not null,
  decision text not null,
  kinds text[] not null default '{}',
  confidence real not null,
  sender_contact_id uuid,
  context_kind text,
  context_id text,
  digest bytea not null,
  decided_by text,
  waited_ms integer,
  created_at timestamptz not null default clock_timestamp(),
  constraint moderation_verdicts_tenant_id_id_pkey primary key (tenant_id, id),
  constraint moderation_verdicts_tenant_id_message_id_fkey foreign key (tenant_id, message_id)
  references public.et_messages (tenant_id, id),
  constraint moderation_verdicts_tenant_id_policy_version_fkey foreign key (tenant_id, policy_version)
  references public.moderation_policies (tenant_id, version),
  constraint moderation_verdicts_lane_check check (lane in ('people', 'agent', 'ai', 'template')),
  constraint moderation_verdicts_stage_check check (stage in ('before', 'after')),
  constraint moderation_verdicts_decider_check check (decider in ('rules', 'model', 'person')),
  constraint moderation_verdicts_decision_check check (decision in ('approved', 'filtered', 'review', 'blocked')),
  constraint moderation_verdicts_confidence_check check (confidence between 0 and 1)
);
comment on table public.moderation_verdicts is
'Every judgement of a message: who decided what under which policy, for which kinds; never what was written. '
'Append-only; the newest of a message is the one its status shows.';
comment on column public.moderation_verdicts.digest is
'SHA-256 of the text that was judged (subject, line feed, body).';
comment on column public.moderation_verdicts.decided_by is
'The person, as et_messages.sender names him; null for rules.';
comment on column public.moderation_verdicts.waited_ms is 'From the text''s writing to this verdict.';

create table private.verdict_documents (
  tenant_id uuid not null,
  verdict_id uuid not null,
  verdict text,
  inputs jsonb not null default '{}',
  expired_at timestamptz,
  constraint verdict_documents_tenant_id_verdict_id_pkey primary key (tenant_id, verdict_id),
  constraint verdict_documents_tenant_id_verdict_id_fkey foreign key (tenant_id, verdict_id)
  references public.moderation_verdicts (tenant_id, id)
);
comment on table private.verdict_documents is
'The verdict byte for byte, with spans, values and the digest of what readers see, and what it was made from, so that '
'it can be made again. Emptied by erasure and retention.';
comment on column private.verdict_documents.expired_at is
'When its time was over and it was emptied, with the text kept for it: see private.expire_moderation().';
comment on column private.verdict_documents.inputs is
'{"earlier": [{"message_id", "digest"}], "regions", "model": {name, answer}, "note"}: ids and digests, never texts.';

create table private.message_originals (
  tenant_id uuid not null,
  message_id uuid not null,
  digest bytea not null,
  subject text,
  body text not null,
  kept_at timestamptz not null default clock_timestamp(),
  constraint message_originals_tenant_id_message_id_digest_pkey primary key (tenant_id, message_id, digest),
  constraint message_originals_tenant_id_message_id_fkey foreign key (tenant_id, message_id)
  references public.et_messages (tenant_id, id)
);
comment on table private.message_originals is
'Texts that were judged and no longer stand in their message: masked, replaced by an edit, or withdrawn while held. '
'Found by the digest of their verdict.';

create table public.blocked_messages_log (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  message_id uuid not null,
  verdict_id uuid not null,
  thread_id uuid not null,
  sender_contact_id uuid,
  sender_user_id uuid,
  context_kind text,
  context_id text,
  bid_card_id uuid,
  kinds text[] not null,
  policy_version integer not null,
  retention text not null default 'moderation',
  blocked_at timestamptz not null default clock_timestamp(),
  constraint blocked_messages_log_tenant_id_id_pkey primary key (tenant_id, id),
  constraint blocked_messages_log_tenant_id_verdict_id_key unique (tenant_id, verdict_id),
  constraint blocked_messages_log_tenant_id_message_id_fkey foreign key (tenant_id, message_id)
  references public.et_messages (tenant_id, id),
  constraint blocked_messages_log_tenant_id_verdict_id_fkey foreign key (tenant_id, verdict_id)
  references public.moderation_verdicts (tenant_id, id),
  constraint blocked_messages_log_retention_check check (retention in ('moderation', 'keep'))
);
comment on table public.blocked_messages_log is
'One row for every time a message was stopped. Append-only; its text, in the message or in private.message_originals '
'by the verdict''s digest, is read with a reason.';
comment on column public.blocked_messages_log.retention is
'moderation: goes with its text after the tenant''s moderation_days; keep: both stay, see private.keep_blocked().';

create table public.agent_comments (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  message_id uuid not null,
  verdict_id uuid,
  visibility text not null,
  kind text,
  comment text not null,
  created_by text not null,
  created_at timestamptz not null default clock_timestamp(),
  constraint agent_comments_tenant_id_id_pkey primary key (tenant_id, id),
  constraint agent_comments_tenant_id_message_id_fkey foreign key (tenant_id, message_id)
  references public.et_messages (tenant_id, id),
  constraint agent_comments_tenant_id_verdict_id_fkey foreign key (tenant_id, verdict_id)
  references public.moderation_verdicts (tenant_id, id),
  constraint agent_comments_visibility_check check (visibility in ('sender', 'recipient', 'staff')),
  constraint agent_comments_comment_check check (length(comment) between 1 and 1000)
);
comment on table public.agent_comments is
'What is said about a message beside it: to its sender (what to change), to its recipients, or among staff.';

create table private.moderation_work (
  tenant_id uuid not null,
  message_id uuid not null,
  run_at timestamptz not null default clock_timestamp(),
  lease_until timestamptz,
  fence bigint not null default 0,
  claimed_by text,
  attempts smallint not null default 0,
  expiries smallint not null default 0,
  error text,
  is_later boolean not null default false,
  constraint moderation_work_tenant_id_message_id_pkey primary key (tenant_id, message_id)
)
with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
comment on table private.moderation_work is
'Messages that wait to be judged: an index of moderation_status = pending, never the state.';
comment on column private.moderation_work.error is
'Why the last try failed. After eight failures the message goes to review: a person reads what no detector could.';
comment on column private.moderation_work.expiries is
'Leases lost since the last try whose worker lived: see private.one_suspect().';
comment on column private.moderation_work.is_later is
'A claim met it before its time and put it out of the way: see private.put_off().';

-- ── indexes ──────────────────────────────────────────────────────────────────────────────────────────────────────

create index moderation_work_run_at_idx on private.moderation_work (tenant_id, run_at) where not is_later;
create index moderation_work_later_idx on private.moderation_work (run_at) where is_later;
create index moderation_work_suspects_idx on private.moderation_work (run_at) where expiries >= 2;
create index moderation_verdicts_tenant_id_message_id_idx on public.moderation_verdicts (tenant_id, message_id, id);
create index moderation_verdicts_tenant_id_created_at_idx on public.moderation_verdicts (tenant_id, created_at);
create index moderation_verdicts_tenant_id_sender_contact_id_idx on public.moderation_verdicts
(tenant_id, sender_contact_id, created_at desc) where sender_contact_id is not null;
create index moderation_verdicts_tenant_id_policy_version_idx on public.moderation_verdicts (tenant_id, policy_version);
create index contact_reveals_tenant_id_thread_id_idx on public.contact_reveals (tenant_id, thread_id);
create index blocked_messages_log_tenant_id_message_id_idx on public.blocked_messages_log (tenant_id, message_id);
create index blocked_messages_log_tenant_id_blocked_at_idx on public.blocked_messages_log (tenant_id, blocked_at desc);
create index blocked_messages_log_tenant_id_bid_card_id_idx on public.blocked_messages_log
(tenant_id, bid_card_id, blocked_at desc) where bid_card_id is not null;
create index agent_comments_tenant_id_message_id_idx on public.agent_comments (tenant_id, message_id);
create index agent_comments_tenant_id_verdict_id_idx on public.agent_comments (tenant_id, verdict_id);
create index active_moderation_tenant_id_version_idx on public.active_moderation (tenant_id, version);
create index moderation_verdicts_tenant_id_created_at_found_idx on public.moderation_verdicts (tenant_id, created_at)
where kinds <> '{}' or decision <> 'approved';
create index verdict_documents_tenant_id_verdict_id_kept_idx on private.verdict_documents (tenant_id, verdict_id)
where expired_at is null;
create index moderation_verdicts_tenant_id_id_person_idx on public.moderation_verdicts (tenant_id, id)
where decider = 'person';

-- ── append-only ──────────────────────────────────────────────────────────────────────────────────────────────────

create trigger moderation_policies_100_append_only before update or delete on public.moderation_policies
for each row execute function private.tg_any__refuse();
create trigger moderation_policies_110_append_only before truncate on public.moderation_policies
for each statement execute function private.tg_any__refuse();
create trigger contact_reveals_100_append_only before update or delete on public.contact_reveals
for each row execute function private.tg_any__refuse();
create trigger contact_reveals_110_append_only before truncate on public.contact_reveals
for each statement execute function private.tg_any__refuse();
create trigger moderation_verdicts_100_append_only before update or delete on public.moderation_verdicts
for each row execute function private.tg_any__refuse();
create trigger moderation_verdicts_110_append_only before truncate on public.moderation_verdicts
for each statement execute function private.tg_any__refuse();
create trigger blocked_messages_log_100_append_only before update or delete on public.blocked_messages_log
for each row execute function private.tg_any__refuse();
create trigger blocked_messages_log_110_append_only before truncate on public.blocked_messages_log
for each statement execute function private.tg_any__refuse();

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table public.moderation_policies enable row level security;
alter table public.moderation_policies force row level security;
alter table public.active_moderation enable row level security;
alter table public.active_moderation force row level security;
alter table public.contact_reveals enable row level security;
alter table public.contact_reveals force row level security;
alter table public.moderation_verdicts enable row level security;
alter table public.moderation_verdicts force row level security;
alter table private.verdict_documents enable row level security;
alter table private.verdict_documents force row level security;
alter table private.message_originals enable row level security;
alter table private.message_originals force row level security;
alter table public.blocked_messages_log enable row level security;
alter table public.blocked_messages_log force row level security;
alter table public.agent_comments enable row level security;
alter table public.agent_comments force row level security;
alter table private.moderation_work enable row level security;
alter table private.moderation_work force row level security;

create policy moderation_policies_select_staff on public.moderation_policies for select to authenticated
using (tenant_id = (select private.current_tenant()));
create policy active_moderation_select_staff on public.active_moderation for select to authenticated
using (tenant_id = (select private.current_tenant()));
create policy contact_reveals_select_staff on public.contact_reveals for select to authenticated
using (tenant_id = (select private.current_tenant()));
create policy moderation_verdicts_select_staff on public.moderation_verdicts for select to authenticated
using (tenant_id = (select private.current_tenant()));
create policy blocked_messages_log_select_staff on public.blocked_messages_log for select to authenticated
using (tenant_id = (select private.current_tenant()));
create policy agent_comments_select_reader on public.agent_comments for select to authenticated
using (
  tenant_id = (select private.current_tenant())
  or visibility <> 'staff' and exists (
    -- Under the reader's own policies: a recipient who does not see the message does not see what is said about it.
    select from public.et_messages as m
    where m.tenant_id = agent_comments.tenant_id and m.id = agent_comments.message_id
      and (m.sender_user_id = (select private.current_user_id())) = (agent_comments.visibility = 'sender')
  )
);

revoke all on public.moderation_policies, public.active_moderation, public.contact_reveals, public.moderation_verdicts,
public.blocked_messages_log, public.agent_comments, private.verdict_documents, private.message_originals,
private.moderation_work from public, anon, authenticated, service_role;
grant select on public.moderation_policies, public.active_moderation, public.contact_reveals,
public.blocked_messages_log, public.agent_comments to authenticated, service_role;
grant select on public.moderation_verdicts to service_role;
-- Not the digest: a masked number is soon guessed by it, and nobody would have asked for the original.
grant select (
  tenant_id, id, message_id, thread_id, lane, stage, policy_version, decider, decision, kinds, confidence,
  sender_contact_id, context_kind, context_id, decided_by, waited_ms, created_at
) on public.moderation_verdicts to authenticated;
