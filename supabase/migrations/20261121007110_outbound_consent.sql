-- Chapter: outbound, consent. What every send rests on, and what happens when it is taken back.
--
--   reply, follow_up  ──▶ basis_seq: the contact's message in this thread;  else consent_id: he agreed to service
--   a person's first  ──▶ consent_id (service), else his own word, unless the contact said no
--   notification      ──▶ consent_id (notification, else service);          else basis_seq, unless he said no
--   marketing         ──▶ consent_id (marketing), always
--
--   enqueue ──▶ send_basis() finds it, or refuses      insert ──▶ check, foreign key, tg_queue__consent, and at commit
--   tg_messages__is_queued: no row without its proof   claim ──▶ is_permitted() asks once more
--   a withdrawal ──▶ tg_consents__withdraw: what is queued and rests on it is cancelled in the same transaction
--
-- Answers cost no look-up for it: a thread knows its last inbound seq.

create function private.newest_consent(p_tenant_id uuid, p_contact_id uuid, p_channel text, p_purpose text)
returns public.contact_consents
language plpgsql stable security definer set search_path = '' as $$
declare
  v_family uuid[] := private.contact_family(p_tenant_id, private.canonical_contact(p_tenant_id, p_contact_id));
  v_consent public.contact_consents%rowtype;
begin
  select c.* into v_consent from public.contact_consents as c
  where c.tenant_id = p_tenant_id and c.channel = p_channel and c.purpose = p_purpose and c.contact_id = any(v_family)
  order by c.recorded_at desc, c.id desc limit 1;
  return v_consent;
end
$$;
comment on function private.newest_consent(uuid, uuid, text, text) is
'Definer: the last word of a contact, and of those merged with him, on a channel and purpose: the row that counts. '
'All null when there is none.';

create function private.has_consent(p_tenant_id uuid, p_contact_id uuid, p_channel text, p_purpose text) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return coalesce((private.newest_consent(p_tenant_id, p_contact_id, p_channel, p_purpose)).granted, false);
end
$$;
comment on function private.has_consent(uuid, uuid, text, text) is
'Definer: the newest consent row of a contact and of those merged with him says yes.';

create function private.consent_for(p_tenant_id uuid, p_contact_id uuid, p_channel text, p_purpose text)
returns public.contact_consents
language plpgsql stable security definer set search_path = '' as $$
declare
  v_consent public.contact_consents%rowtype;
begin
  if p_purpose in ('marketing', 'notification') then
    v_consent := private.newest_consent(p_tenant_id, p_contact_id, p_channel, p_purpose);
  end if;
  if p_purpose <> 'marketing' and v_consent.id is null then
    v_consent := private.newest_consent(p_tenant_id, p_contact_id, p_channel, 'service');
  end if;
  return v_consent;
end
$$;
comment on function private.consent_for(uuid, uuid, text, text) is
'Definer: the consent that speaks for sends of a purpose: marketing its own, notification its own or else service, '
'anything else service.';

create function private.send_basis(p_thread public.et_threads, p_purpose text, p_sender_kind text)
returns table (consent_id uuid, basis_seq bigint)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_consent public.contact_consents%rowtype;
begin
  basis_seq := case when p_purpose <> 'marketing' then nullif(p_thread.last_inbound_seq, 0) end;
  if p_purpose not in ('reply', 'follow_up') or basis_seq is null then
    v_consent := private.consent_for(p_thread.tenant_id, p_thread.contact_id, p_thread.channel, p_purpose);
    consent_id := case when v_consent.granted then v_consent.id end;
    if consent_id is null and (v_consent.id is not null or (basis_seq is null and not (
      p_purpose in ('reply', 'conversation') and p_sender_kind in ('agent', 'participant')))) then
      raise exception 'the contact has not agreed to % on %', case when p_purpose in ('notification', 'marketing')
        then p_purpose else 'be written to' end, p_thread.channel
        using errcode = 'PT422', detail = '{"code": "no_consent"}',
          hint = 'Record his consent first (record_consent); what he wrote himself may always be answered.';
    end if;
  end if;
  return next;
end
$$;
comment on function private.send_basis(public.et_threads, text, text) is
'Definer: what a send of this purpose in this thread rests on: a consent, the contact''s own message, or nothing but '
'the word of the person who writes it. Refuses what may rest on none of them, and what the contact said no to.';

create function private.is_permitted(p_queue public.et_outbound_queue, p_contact_id uuid) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return coalesce((private.consent_for(p_queue.tenant_id, p_contact_id, p_queue.channel, p_queue.purpose)).granted,
    p_queue.consent_id is null);
end
$$;
comment on function private.is_permitted(public.et_outbound_queue, uuid) is
'Definer: the consent that speaks for a row still says yes, or there is none and the row does not rest on one. Asked '
'of rows that are no answers.';

-- ── triggers ─────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.tg_queue__consent() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if not exists (
    select from public.et_threads as t
    cross join lateral private.consent_for(t.tenant_id, t.contact_id, new.channel, new.purpose) as c
    where t.tenant_id = new.tenant_id and t.id = new.thread_id and c.id = new.consent_id and c.granted) then
    raise exception 'this consent is not the contact''s last word on % on %', new.purpose, new.channel
      using errcode = 'PT422', detail = '{"code": "no_consent"}', hint = 'Let private.enqueue_outbound() find it.';
  end if;
  return new;
end
$$;
comment on function private.tg_queue__consent() is
'Definer: whoever writes a row that names a consent names one of this contact, channel and purpose that still stands.';

create function private.tg_consents__withdraw() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_contact uuid := private.canonical_contact(new.tenant_id, new.contact_id);
begin
  perform private.leave_unknown(q, 'no_consent') from public.et_threads as t
  inner join public.et_outbound_queue as q on q.tenant_id = t.tenant_id and q.thread_id = t.id
  where t.tenant_id = new.tenant_id and t.contact_id = any(private.contact_family(new.tenant_id, v_contact))
    and q.status = 'queued' and q.channel = new.channel and (q.basis_seq is null or q.purpose = 'notification')
    and q.attempts > 0 and not private.is_permitted(q, v_contact) and private.may_have_left(q);
  with cancelled as (
    update public.et_outbound_queue as q set status = 'cancelled', status_reason = 'no_consent'
    from public.et_threads as t
    where t.tenant_id = new.tenant_id and t.contact_id = any(private.contact_family(new.tenant_id, v_contact))
      and q.tenant_id = t.tenant_id and q.thread_id = t.id and q.status = 'queued' and q.channel = new.channel
      and (q.basis_seq is null or q.purpose = 'notification') and not private.is_permitted(q, v_contact)
    returning q.tenant_id, q.id
  )
  delete from private.outbound_work as w using cancelled as c where w.tenant_id = c.tenant_id and w.queue_id = c.id;
  return null;
end
$$;
comment on function private.tg_consents__withdraw() is
'Definer: what is queued on a consent stays at home from the moment that takes it back. What is being queued at that '
'moment is stopped when it is claimed.';

create trigger et_outbound_queue_200_consent before insert on public.et_outbound_queue
for each row when (new.consent_id is not null) execute function private.tg_queue__consent();
create trigger contact_consents_800_withdraw after insert on public.contact_consents
for each row when (not new.granted) execute function private.tg_consents__withdraw();
