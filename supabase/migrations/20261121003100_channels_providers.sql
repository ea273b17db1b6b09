-- Chapter: channels, part two. What each way out can do, said once by its adapter and enforced here.
--
--   an adapter's Capabilities ──router starts──▶ private.register_providers() ──▶ private.channel_providers
--        class, limits, window, pace  ──▶ asked at enqueue (length, files, window) and at claim (window, pace, breaker)
--
-- A provider nobody registered is class N without limits: the careful reading.

create table private.channel_providers (
  provider text not null,
  channel text not null,
  delivery_class text not null,
  key_hours integer,
  direction text not null default 'both',
  max_body_chars integer not null,
  counts_utf16 boolean not null default false,
  max_attachment_bytes bigint not null,
  max_attachments integer not null default 0,
  max_caption_chars integer,
  captionless text[] not null default '{}',
  fetches_files boolean not null default false,
  window_hours integer,
  session_per_second numeric,
  recipient_interval_s numeric,
  receipts text[] not null default '{}',
  can_edit boolean not null default false,
  can_unsend boolean not null default false,
  secret_rules jsonb not null default '{}',
  can_pair boolean not null default false,
  webhook_secrets text[] not null default '{}',
  recipient_prefix text,
  webhook_function text,
  webhook_optional boolean not null default false,
  registered_at timestamptz not null default clock_timestamp(),
  constraint channel_providers_provider_pkey primary key (provider),
  constraint channel_providers_provider_check check (provider ~ '^[a-z][a-z0-9_]{0,40}$'),
  constraint channel_providers_channel_check check (channel ~ '^[a-z][a-z0-9_]{0,40}$'),
  constraint channel_providers_delivery_class_check check (delivery_class in ('I', 'N')),
  constraint channel_providers_direction_check check (direction in ('both', 'in', 'out')),
  constraint channel_providers_limits_check check (
    max_body_chars > 0 and max_attachment_bytes >= 0 and max_attachments >= 0 and max_caption_chars > 0
    and window_hours > 0 and session_per_second > 0 and key_hours > 0
    and recipient_interval_s > 0
  ),
  constraint channel_providers_receipts_check check (
    receipts <@ '{sent,delivered,read,delayed,failed,bounced_hard,bounced_soft,complained,unsubscribed,opened,clicked}'
  ),
  constraint channel_providers_secret_rules_check check (
    jsonb_typeof(secret_rules) = 'object' and not jsonb_path_exists(secret_rules, '$.* ? (@.type() != "string")')
  )
);
comment on table private.channel_providers is
'What the adapters of the running routers declare. The newest declaration counts; it holds nothing of a tenant.';
comment on column private.channel_providers.delivery_class is
'I: the provider honours an idempotency key. N: it does not, so an unfinished call is never repeated.';
comment on column private.channel_providers.key_hours is
'How long class I holds for one message: the hours its key is honoured from the first call on. Null: for ever.';
comment on column private.channel_providers.counts_utf16 is
'Its limits of text count UTF-16 units, as Telegram does: most emojis are two.';
comment on column private.channel_providers.max_attachment_bytes is 'Most bytes of the files of one message together.';
comment on column private.channel_providers.max_attachments is 'Most files of one message; 0: it takes none.';
comment on column private.channel_providers.max_caption_chars is
'Most characters of a text beside files; null: as long as any text.';
comment on column private.channel_providers.captionless is
'Kinds of files (audio, video …) beside which no text is shown: they are sent alone.';
comment on column private.channel_providers.fetches_files is
'It is given addresses of files and fetches them, see private.file_links.';
comment on column private.channel_providers.window_hours is
'Free text only within so many hours of the contact''s last message; templates at any time. Null: no such rule.';
comment on column private.channel_providers.secret_rules is
'Name of a secret → the regular expression its whole value must match. The API asks it before it seals: the database '
'never sees a value.';
comment on column private.channel_providers.can_pair is
'Its accounts are paired with a phone, by a code a bridge shows (public.pair_channel_session).';
comment on column private.channel_providers.webhook_secrets is
'Names of the secrets that verifying this provider''s calls needs: the edge gets these and no others.';
comment on column private.channel_providers.recipient_prefix is
'How addresses begin that an account reaches; {account} in it is the account''s own address. Null: every address of '
'the channel.';
comment on column private.channel_providers.webhook_function is
'The edge function it calls; with delivered among its receipts, of every send.';
comment on column private.channel_providers.webhook_optional is
'Only accounts with a config.webhook are called; the others lack nothing.';
comment on column private.channel_providers.receipts is
'Kinds of public.delivery_receipts it gives; see also private.mark_unheard_sessions().';
comment on column private.channel_providers.can_edit is
'What was sent can be changed; see private.refuse_sent().';
comment on column private.channel_providers.can_unsend is
'What was sent can be taken back; see private.refuse_sent().';
comment on column private.channel_providers.session_per_second is 'Most sends of one account a second.';
comment on column private.channel_providers.recipient_interval_s is
'Least pause in seconds between two sends of one account to one recipient.';

-- ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.register_providers(p_providers jsonb) returns integer
language sql volatile security definer set search_path = '' as $$
  with given as (
    select x.* from jsonb_to_recordset(p_providers) as x (
      provider text, channel text, delivery_class text, key_hours integer, direction text, max_body_chars integer,
      counts_utf16 boolean,
      max_attachment_bytes bigint, max_attachments integer, max_caption_chars integer, captionless text[],
      fetches_files boolean, window_hours integer, session_per_second numeric, recipient_interval_s numeric,
      receipts text[], can_edit boolean, can_unsend boolean, secret_rules jsonb, can_pair boolean,
      webhook_secrets text[], recipient_prefix text, webhook_function text, webhook_optional boolean,
      address_kind text)
  ), kinds as (
    insert into private.address_kinds (channel, kind)
    select distinct on (g.channel) g.channel, g.address_kind from given as g where g.address_kind <> g.channel
    order by g.channel, g.provider
    on conflict (channel) do nothing
  ), written as (
    insert into private.channel_providers as p (
      provider, channel, delivery_class, key_hours, direction, max_body_chars, counts_utf16, max_attachment_bytes,
      max_attachments, max_caption_chars, captionless, fetches_files, window_hours, session_per_second, recipient_interval_s, receipts,
      can_edit, can_unsend, secret_rules, can_pair, webhook_secrets, recipient_prefix, webhook_function,
      webhook_optional)
    select g.provider, g.channel, g.delivery_class, g.key_hours, coalesce(g.direction, 'both'), g.max_body_chars,
      coalesce(g.counts_utf16, false),
      coalesce(g.max_attachment_bytes, 0), coalesce(g.max_attachments, 0), g.max_caption_chars,
      coalesce(g.captionless, '{}'), coalesce(g.fetches_files, false), g.window_hours, g.session_per_second,
      g.recipient_interval_s, coalesce(g.receipts, '{}'), coalesce(g.can_edit, false), coalesce(g.can_unsend, false),
      coalesce(g.secret_rules, '{}'), coalesce(g.can_pair, false), coalesce(g.webhook_secrets, '{}'),
      g.recipient_prefix, g.webhook_function, coalesce(g.webhook_optional, false)
    from given as g
    order by g.provider
    on conflict (provider) do update set
      channel = excluded.channel, delivery_class = excluded.delivery_class, key_hours = excluded.key_hours,
      direction = excluded.direction,
      max_body_chars = excluded.max_body_chars, counts_utf16 = excluded.counts_utf16,
      max_attachment_bytes = excluded.max_attachment_bytes,
      max_attachments = excluded.max_attachments, max_caption_chars = excluded.max_caption_chars,
      captionless = excluded.captionless, fetches_files = excluded.fetches_files,
      window_hours = excluded.window_hours, session_per_second = excluded.session_per_second,
      recipient_interval_s = excluded.recipient_interval_s, receipts = excluded.receipts,
      can_edit = excluded.can_edit, can_unsend = excluded.can_unsend, secret_rules = excluded.secret_rules,
      can_pair = excluded.can_pair, webhook_secrets = excluded.webhook_secrets,
      recipient_prefix = excluded.recipient_prefix, webhook_function = excluded.webhook_function,
      webhook_optional = excluded.webhook_optional, registered_at = clock_timestamp()
    returning 1
  )
  select count(*)::integer from written
$$;
comment on function private.register_providers(jsonb) is
'Definer, for the router at start-up: what its adapters declare, see private.channel_providers.';

create function private.text_length(p_text text, p_utf16 boolean) returns integer
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  -- Without a character of four bytes, and most texts have none, both count the same.
  return length(p_text) + case when p_utf16 and octet_length(p_text) > length(p_text)
    then regexp_count(p_text, '[\U00010000-\U0010FFFF]') else 0 end;
end
$$;
comment on function private.text_length(text, boolean) is
'How long a provider finds a text: in characters, or in UTF-16 units, of which those beyond U+FFFF take two.';

create function private.is_declared(p_provider text) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (select from private.channel_providers as p where p.provider = p_provider)
$$;
comment on function private.is_declared(text) is
'Definer: an adapter has said what this provider can do; of any other nothing is known.';

create function private.secret_rules(p_provider text) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  return coalesce((select p.secret_rules from private.channel_providers as p where p.provider = p_provider), '{}');
end
$$;
comment on function private.secret_rules(text) is
'Definer: what the values of a provider''s secrets must look like, by name.';

create function private.recipient_prefix(p_session public.et_channel_sessions) returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  return coalesce((
    select replace(p.recipient_prefix, '{account}', p_session.address) from private.channel_providers as p
    where p.provider = p_session.provider), '');
end
$$;
comment on function private.recipient_prefix(public.et_channel_sessions) is
'Definer: how addresses begin that an account reaches; empty where it reaches every one of its channel.';

create function private.can_pair(p_provider text) returns boolean
language sql stable security definer set search_path = '' as $$
  select coalesce((select p.can_pair from private.channel_providers as p where p.provider = p_provider), true)
$$;
comment on function private.can_pair(text) is
'Definer: accounts of this provider are paired with a phone. Of a provider nobody has declared yet it may be.';

create function public.can_pair(p_provider text) returns boolean
language sql stable set search_path = ''
begin atomic select private.can_pair(p_provider); end;
comment on function public.can_pair(text) is 'Whether accounts of a provider are paired with a phone.';

create function private.refuse_unknown_provider(p_channel text, p_provider text) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if not exists (
    select from private.channel_providers as p where p.provider = p_provider and p.channel = p_channel)
    and exists (select from private.channel_providers as p) then
    raise exception 'no provider % for the channel %', p_provider, p_channel
      using errcode = 'PT422', detail = '{"code": "unknown_provider", "field": "provider"}', hint = coalesce((
        select 'Known for this channel: ' || string_agg(p.provider, ', ' order by p.provider) || '.'
        from private.channel_providers as p where p.channel = p_channel), 'No adapter serves this channel.');
  end if;
end
$$;
comment on function private.refuse_unknown_provider(text, text) is
'Definer: an account nobody could send for is not made. Before the first router has started, any provider is taken.';

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table private.channel_providers enable row level security;
alter table private.channel_providers force row level security;
create policy channel_providers_select_worker on private.channel_providers for select to parley_worker using (true);
revoke all on private.channel_providers from public, anon, authenticated, service_role;
grant select on private.channel_providers to parley_worker;
grant execute on function private.register_providers(jsonb) to parley_worker;
grant execute on function private.can_pair(text), public.can_pair(text) to authenticated;
