-- Chapter: moderation, part seven. Who may not write to other people for a while, and how he gets out of it.
--
--   the score reaches mute.at ──▶ contact_mutes: holds until … ──▶ expired
--       │ appeal_mute(), once    ├─ an admin: lift_mute() ──▶ lifted, its strikes forgiven; keep_mute() ──▶ upheld
--       ▼                        └─ a person let a message through, the score is below again ──▶ strikes_withdrawn
--   send_chat(), edits: 403 `muted`, until when, kindly. The business itself he can write to at any time.
--
-- Locks: the contact's own (see part six) before the mute.

create table public.contact_mutes (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  contact_id uuid not null,
  reason text not null,
  score real not null,
  reasons jsonb not null,
  muted_at timestamptz not null default clock_timestamp(),
  until timestamptz not null,
  appeal text,
  appealed_at timestamptz,
  appeal_outcome text,
  appeal_answered_at timestamptz,
  ended_at timestamptz,
  ended_by text,
  end_reason text,
  note text,
  constraint contact_mutes_tenant_id_id_pkey primary key (tenant_id, id),
  constraint contact_mutes_tenant_id_contact_id_fkey foreign key (tenant_id, contact_id)
  references public.contacts (tenant_id, id),
  constraint contact_mutes_reason_check check (
    reason in ('filtered', 'blocked', 'duplicates', 'first_contacts', 'harvesting', 'evasion')),
  constraint contact_mutes_until_check check (until > muted_at),
  constraint contact_mutes_appeal_check check (length(appeal) between 1 and 1000),
  constraint contact_mutes_appeal_outcome_check check (appeal_outcome in ('upheld', 'overturned')),
  constraint contact_mutes_answer_check check ((appeal_outcome is null) = (appeal_answered_at is null)),
  constraint contact_mutes_end_reason_check check (end_reason in ('expired', 'lifted', 'strikes_withdrawn', 'erased')),
  constraint contact_mutes_ended_check check (
    (ended_at is null) = (end_reason is null) and (ended_at is null) = (ended_by is null))
);
comment on table public.contact_mutes is
'Who may not write to other people, since when, until when and why. His conversation with the business stays open.';
comment on column public.contact_mutes.reason is 'Of the strike that was one too many.';
comment on column public.contact_mutes.reasons is
'The strikes it rests on: [{reason, kind, weight, at, verdict_id}], the heaviest first.';
comment on column public.contact_mutes.note is 'Why a person lifted it, or kept it after an appeal; he is told.';

create unique index contact_mutes_tenant_id_contact_id_open_idx on public.contact_mutes (tenant_id, contact_id)
where ended_at is null;
create index contact_mutes_tenant_id_contact_id_idx on public.contact_mutes (tenant_id, contact_id, muted_at desc);
create index contact_mutes_tenant_id_muted_at_idx on public.contact_mutes (tenant_id, muted_at desc, id desc);
create index contact_mutes_id_idx on public.contact_mutes (id);
create index contact_mutes_until_idx on public.contact_mutes (until) where ended_at is null;

-- ── does it hold? ───────────────────────────────────────────────────────────────────────────────────────────────────

create function private.active_mute(p_tenant_id uuid, p_contact_id uuid) returns public.contact_mutes
language plpgsql stable security definer set search_path = '' as $$
declare
  v_mute public.contact_mutes%rowtype;
begin
  select u.* into v_mute from public.contact_mutes as u
  where u.tenant_id = p_tenant_id and u.contact_id = any(private.contact_family(p_tenant_id, p_contact_id))
    and u.ended_at is null and u.until > clock_timestamp()
  order by u.until desc limit 1;
  return v_mute;
end
$$;
comment on function private.active_mute(uuid, uuid) is
'Definer: the mute of a (canonical) contact that holds now; a row of nulls when there is none.';

create function private.is_muted(p_thread public.et_threads, p_contact_id uuid) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return p_thread.kind <> 'channel' and (private.active_mute(p_thread.tenant_id, p_contact_id)).id is not null;
end
$$;
comment on function private.is_muted(public.et_threads, uuid) is
'Definer: a (canonical) contact may not write in this conversation because he is muted.';

create function private.refuse_muted(p_thread public.et_threads, p_contact_id uuid) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_mute public.contact_mutes%rowtype;
begin
  if p_thread.kind = 'channel' then
    return; -- the business is there for everybody
  end if;
  v_mute := private.active_mute(p_thread.tenant_id, p_contact_id);
  if v_mute.id is not null then
    raise exception 'you cannot write to other people until %', to_char(v_mute.until at time zone 'UTC',
      'YYYY-MM-DD HH24:MI "UTC"') using errcode = 'PT403', detail = jsonb_build_object('code', 'muted', 'until',
        v_mute.until, 'reason', v_mute.reason, 'may_appeal', v_mute.appealed_at is null)::text,
      hint = 'Several of your messages broke the rules here. Write again then, or call appeal_mute() if this is wrong; '
        'the business itself you can write to at any time.';
  end if;
end
$$;
comment on function private.refuse_muted(public.et_threads, uuid) is
'Definer: a muted contact is told kindly until when, and what he can do; nothing for everybody else.';

-- ── mutes ───────────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.apply_trust(p_tenant_id uuid, p_contact_id uuid, p_trust jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_family uuid[] := private.contact_family(p_tenant_id, p_contact_id);
  v_mute public.contact_mutes%rowtype := private.active_mute(p_tenant_id, p_contact_id);
  v_score numeric;
  v_last text;
  v_reasons jsonb;
begin
  if not (p_trust ->> 'in_force')::boolean then
    return;
  end if;
  select round(coalesce(sum(s.counts), 0)::numeric, 2), (array_agg(s.reason order by s.at desc, s.counts desc))[1],
    jsonb_agg(jsonb_build_object('reason', s.reason, 'kind', s.kind, 'weight', s.weight, 'at', s.at, 'verdict_id',
      s.verdict_id) order by s.counts desc, s.at desc)
  into v_score, v_last, v_reasons
  from private.live_strikes(p_tenant_id, v_family, (p_trust ->> 'half_life_days')::numeric) as s;
  if v_score < (p_trust #>> '{mute,at}')::numeric then
    if v_mute.id is not null then
      perform private.end_mute(v_mute, 'strikes_withdrawn', null);
    end if;
  elsif v_mute.id is null then
    perform private.mute(p_tenant_id, p_contact_id, p_trust, v_score::real, v_last, v_reasons);
  end if;
end
$$;
comment on function private.apply_trust(uuid, uuid, jsonb) is
'Definer, whose caller holds the contact''s lock: mutes who crossed the line, and frees who is below it again because '
'strikes were taken back. Fading alone ends no mute before its time.';

create function private.mute(
  p_tenant_id uuid, p_contact_id uuid, p_trust jsonb, p_score real, p_reason text, p_reasons jsonb
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_before integer;
  v_hours numeric;
  v_mute public.contact_mutes%rowtype;
begin
  update public.contact_mutes as u set ended_at = u.until, ended_by = 'rules', end_reason = 'expired'
  where u.tenant_id = p_tenant_id and u.contact_id = p_contact_id and u.ended_at is null;
  select count(*) into v_before from public.contact_mutes as u
  where u.tenant_id = p_tenant_id and u.contact_id = p_contact_id and u.end_reason = 'expired'
    and u.muted_at > clock_timestamp() - interval '90 days';
  v_hours := least((p_trust #>> '{mute,hours}')::numeric * power(2::numeric, least(v_before, 12)),
    greatest((p_trust #>> '{mute,most_hours}')::numeric, (p_trust #>> '{mute,hours}')::numeric));
  insert into public.contact_mutes (tenant_id, contact_id, reason, score, reasons, until)
  values (p_tenant_id, p_contact_id, p_reason, p_score, p_reasons, clock_timestamp() + make_interval(
    hours => v_hours::integer))
  returning * into v_mute;
  insert into public.notifications (tenant_id, kind, title)
  values (p_tenant_id, 'contact_muted', 'A person was muted: too many of his messages broke the rules');
  perform private.hint_standing(v_mute);
end
$$;
comment on function private.mute(uuid, uuid, jsonb, real, text, jsonb) is
'Definer, whose caller holds the contact''s lock: a mute of the policy''s hours, twice as long for every one that ran '
'its time in 90 days. The staff is told.';

create function private.hint_standing(p_mute public.contact_mutes) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_user uuid;
begin
  for v_user in
    select c.auth_user_id from public.contacts as c
    where c.tenant_id = p_mute.tenant_id and c.id = any(private.contact_family(p_mute.tenant_id, p_mute.contact_id))
      and c.auth_user_id is not null
  loop
    perform private.hint('user:' || v_user::text, 'standing.changed', jsonb_build_object('tenant_id', p_mute.tenant_id,
      'muted', p_mute.ended_at is null, 'until', p_mute.until));
  end loop;
end
$$;
comment on function private.hint_standing(public.contact_mutes) is
'Definer: tells a person''s devices that he is muted, or no longer.';

create function private.end_mute(p_mute public.contact_mutes, p_reason text, p_note text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_mute public.contact_mutes%rowtype;
begin
  update public.contact_mutes as u
  set ended_at = clock_timestamp(), ended_by = case p_reason when 'lifted' then private.actor() else 'rules' end,
    end_reason = p_reason, note = coalesce(p_note, u.note),
    appeal_outcome = case when u.appealed_at is not null then coalesce(u.appeal_outcome, 'overturned') end,
    appeal_answered_at = case when u.appealed_at is not null
      then coalesce(u.appeal_answered_at, clock_timestamp()) end
  where u.tenant_id = p_mute.tenant_id and u.id = p_mute.id and u.ended_at is null
  returning * into v_mute;
  if v_mute.id is not null then
    perform private.hint_standing(v_mute);
  end if;
end
$$;
comment on function private.end_mute(public.contact_mutes, text, text) is
'Definer: a mute ends before its time; an appeal that was open is overturned by that.';

create function private.tg_contacts__forget_trust() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from public.contact_strikes as s where s.tenant_id = new.tenant_id and s.contact_id = new.id;
  update public.contact_mutes as u set appeal = null, note = null, reasons = '[]'
  where u.tenant_id = new.tenant_id and u.contact_id = new.id;
  update public.contact_mutes as u set ended_at = clock_timestamp(), ended_by = 'rules', end_reason = 'erased'
  where u.tenant_id = new.tenant_id and u.contact_id = new.id and u.ended_at is null;
  return null;
end
$$;
comment on function private.tg_contacts__forget_trust() is
'Definer: what was concluded about an erased person goes with him.';
create trigger contacts_850_forget_trust after update of erased_at on public.contacts
for each row when (old.erased_at is null and new.erased_at is not null)
execute function private.tg_contacts__forget_trust();

-- ── what people and staff ask and do ────────────────────────────────────────────────────────────────────────────────

create function private.mute_answer(p_mute public.contact_mutes) returns jsonb
language plpgsql immutable set search_path = '' as $$
begin
  return case when p_mute.id is not null then jsonb_build_object('id', p_mute.id, 'reason', p_mute.reason,
    'muted_at', p_mute.muted_at, 'until', p_mute.until, 'may_appeal', p_mute.appealed_at is null, 'appealed_at',
    p_mute.appealed_at, 'appeal_outcome', p_mute.appeal_outcome, 'note', p_mute.note) end;
end
$$;
comment on function private.mute_answer(public.contact_mutes) is 'A mute as the muted person sees it; null for none.';

create function private.my_standing(p_tenant_slug text) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_tenant uuid := private.chat_tenant(p_tenant_slug);
  v_me uuid := private.me_at(v_tenant);
  v_rate bigint := private.message_limit(v_tenant, 'in_app', 'sends_per_minute');
  v_mine numeric := private.tightened_rate(v_tenant, v_me, v_rate);
  v_mute public.contact_mutes%rowtype := private.active_mute(v_tenant, v_me);
begin
  return jsonb_build_object('muted', v_mute.id is not null, 'tightened', v_mine < v_rate, 'sends_per_minute', v_mine,
    'mute', private.mute_answer(v_mute));
end
$$;
comment on function private.my_standing(text) is 'Definer: whether the caller may write to others, and how fast.';

create function private.appeal_mute(p_text text, p_tenant_slug text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.chat_tenant(p_tenant_slug);
  v_mute public.contact_mutes%rowtype := private.active_mute(v_tenant, private.me_at(v_tenant));
  v_appealed public.contact_mutes%rowtype;
begin
  perform private.check_appeal(p_text);
  update public.contact_mutes as u set appeal = btrim(p_text), appealed_at = clock_timestamp()
  where u.tenant_id = v_tenant and u.id = v_mute.id and u.appealed_at is null and u.ended_at is null
  returning * into v_appealed;
  if v_appealed.id is null then
    raise exception '%', case when v_mute.id is null then 'you are not muted' else 'you have appealed this already' end
      using errcode = 'PT409', detail = jsonb_build_object('code', case when v_mute.id is null then 'not_muted'
        else 'appealed' end)::text, hint = 'Ask for your standing to see how it is.';
  end if;
  perform private.tell_reviewers(v_tenant, 'mute_appealed', 'A muted person says it is wrong', interval '0');
  return jsonb_build_object('mute', private.mute_answer(v_appealed));
end
$$;
comment on function private.appeal_mute(text, text) is 'Definer: a muted person says why it is wrong, once a mute.';

create function private.answer_mute(p_mute_id uuid, p_lift boolean, p_reason text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('admin');
  v_mute public.contact_mutes%rowtype;
begin
  if length(btrim(coalesce(p_reason, ''))) not between 5 and 500 then
    raise exception 'say why, in 5 to 500 characters' using errcode = 'PT422',
      detail = '{"code": "reason_missing", "field": "reason"}', hint = 'The muted person reads it.';
  end if;
  select u.* into v_mute from public.contact_mutes as u where u.tenant_id = v_tenant and u.id = p_mute_id;
  if v_mute.id is null then
    return private.deny('contact_mute', p_mute_id, case when p_lift then 'lift_mute' else 'keep_mute' end);
  end if;
  perform pg_advisory_xact_lock(hashtextextended(v_tenant::text || v_mute.contact_id::text, 9));
  select u.* into v_mute from public.contact_mutes as u
  where u.tenant_id = v_tenant and u.id = p_mute_id for no key update;
  perform private.refuse_answer(v_mute, p_lift);
  if p_lift then
    perform private.forgive(v_mute);
    perform private.end_mute(v_mute, 'lifted', p_reason);
  else
    update public.contact_mutes as u
    set appeal_outcome = 'upheld', appeal_answered_at = clock_timestamp(), note = p_reason
    where u.tenant_id = v_tenant and u.id = p_mute_id;
    perform private.hint_standing(v_mute);
  end if;
  perform private.audit(v_tenant, case when p_lift then 'mute.lifted' else 'mute.kept' end, 'contact',
    v_mute.contact_id::text, jsonb_build_object('mute_id', p_mute_id, 'reason', p_reason));
  return (
    select jsonb_build_object('mute_id', u.id, 'contact_id', u.contact_id, 'muted', u.ended_at is null, 'until',
      u.until, 'end_reason', u.end_reason, 'appeal_outcome', u.appeal_outcome)
    from public.contact_mutes as u where u.tenant_id = v_tenant and u.id = p_mute_id);
end
$$;
comment on function private.answer_mute(uuid, boolean, text) is
'Definer: an admin lifts a mute, or keeps it after an appeal; audited, and the person is told why.';

create function private.refuse_answer(p_mute public.contact_mutes, p_lift boolean) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if p_mute.ended_at is not null or p_mute.until <= clock_timestamp() then
    raise exception 'this mute is over' using errcode = 'PT409', detail = '{"code": "mute_over"}',
      hint = 'Nothing needs to be done.';
  elsif not p_lift and (p_mute.appealed_at is null or p_mute.appeal_outcome is not null) then
    raise exception 'no appeal waits for an answer' using errcode = 'PT409', detail = '{"code": "no_appeal"}',
      hint = 'It holds until its time is over; lift it to end it.';
  end if;
end
$$;
comment on function private.refuse_answer(public.contact_mutes, boolean) is
'Definer: what is over is not lifted, and what nobody appealed not kept.';

create function private.forgive(p_mute public.contact_mutes) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.contact_strikes as s set voided_at = clock_timestamp(), voided_by = private.actor()
  where s.tenant_id = p_mute.tenant_id and s.voided_at is null
    and s.contact_id = any(private.contact_family(p_mute.tenant_id, p_mute.contact_id));
end
$$;
comment on function private.forgive(public.contact_mutes) is
'Definer: what speaks against somebody whose mute was lifted counts no more: else the next word would mute him again.';

create function private.contact_trust(p_contact_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('read');
  v_contact uuid := private.canonical_contact(v_tenant, p_contact_id);
  v_trust jsonb := private.trust_document(v_tenant);
  v_rate bigint := private.message_limit(v_tenant, 'in_app', 'sends_per_minute');
  v_mute public.contact_mutes%rowtype;
begin
  if v_contact is null then
    return private.deny('contact', p_contact_id, 'contact_trust');
  end if;
  v_mute := private.active_mute(v_tenant, v_contact);
  return (
    select jsonb_build_object('contact_id', v_contact, 'score', round(coalesce(sum(s.counts), 0)::numeric, 2),
      'in_force', v_trust -> 'in_force', 'tighten_at', v_trust #> '{tighten,at}', 'mute_at', v_trust #> '{mute,at}',
      'sends_per_minute', private.tightened_rate(v_tenant, v_contact, v_rate), 'muted_until', v_mute.until,
      'mute_id', v_mute.id, 'reasons', coalesce(jsonb_agg(jsonb_build_object('reason', s.reason, 'kind', s.kind,
        'weight', s.weight, 'counts', round(s.counts::numeric, 2), 'at', s.at, 'verdict_id', s.verdict_id, 'message_id',
        v.message_id) order by s.counts desc, s.at desc), '[]'))
    from private.live_strikes(v_tenant, private.contact_family(v_tenant, v_contact),
      (v_trust ->> 'half_life_days')::numeric) as s
    inner join public.moderation_verdicts as v on v.tenant_id = v_tenant and v.id = s.verdict_id);
end
$$;
comment on function private.contact_trust(uuid) is
'Definer: what speaks against a contact, strike by strike, what is left of each, and what follows from it.';

create function private.end_expired_mutes() returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_mute public.contact_mutes%rowtype;
  v_count bigint := 0;
begin
  for v_mute in
    update public.contact_mutes as u set ended_at = u.until, ended_by = 'rules', end_reason = 'expired'
    where (u.tenant_id, u.id) in (
      select x.tenant_id, x.id from public.contact_mutes as x
      where x.ended_at is null and x.until <= clock_timestamp() limit 1000 for no key update skip locked)
    returning *
  loop
    perform private.hint_standing(v_mute);
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function private.end_expired_mutes() is
'Definer, for the housekeeper: mutes whose time is over end in the books, too, and the person''s devices hear it.';

-- ── client wrappers ─────────────────────────────────────────────────────────────────────────────────────────────────

create function public.my_standing(p_tenant_slug text default null) returns jsonb
language sql stable set search_path = '' begin atomic select private.my_standing(p_tenant_slug); end;
create function public.appeal_mute(p_text text, p_tenant_slug text default null) returns jsonb
language sql volatile set search_path = '' begin atomic select private.appeal_mute(p_text, p_tenant_slug); end;
create function public.lift_mute(p_mute_id uuid, p_reason text) returns jsonb
language sql volatile set search_path = '' begin atomic select private.answer_mute(p_mute_id, true, p_reason); end;
create function public.keep_mute(p_mute_id uuid, p_reason text) returns jsonb
language sql volatile set search_path = '' begin atomic select private.answer_mute(p_mute_id, false, p_reason); end;
comment on function public.my_standing(text) is
'Whether you may write to other people at a business, how fast, and until when not.';
comment on function public.appeal_mute(text, text) is 'Say why your mute is wrong, once; an admin reads it.';
comment on function public.lift_mute(uuid, text) is 'End a mute now, and forget the strikes it rests on. Admins.';
comment on function public.keep_mute(uuid, text) is 'Answer the appeal of a mute: it stays. Admins.';
create function public.contact_trust(p_contact_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.contact_trust(p_contact_id); end;
comment on function public.contact_trust(uuid) is
'What speaks against a contact: score, reasons with the verdict each comes from, and what follows. Staff.';

-- ── policies and grants ─────────────────────────────────────────────────────────────────────────────────────────────

alter table public.contact_mutes enable row level security;
alter table public.contact_mutes force row level security;
create policy contact_mutes_select_staff on public.contact_mutes for select to authenticated
using (tenant_id = (select private.current_tenant()));
revoke all on public.contact_mutes from public, anon, authenticated, service_role;
grant select on public.contact_mutes to authenticated, service_role;
grant execute on function private.my_standing(text), public.my_standing(text), private.appeal_mute(text, text),
public.appeal_mute(text, text), private.answer_mute(uuid, boolean, text), public.lift_mute(uuid, text),
public.keep_mute(uuid, text), private.contact_trust(uuid), public.contact_trust(uuid) to authenticated;
grant execute on function private.end_expired_mutes() to parley_worker;
