-- Chapter: moderation, judging words that are held. What waits beside its row is claimed, read outside any transaction,
-- and recorded, as messages are; what is refused waits for its author to say it differently, or for the staff.
--
--   word_work ──claim_words()──▶ lease + fence, the words and their rules ──▶ record_words(fence)
--        ▲ fail_words(), a lost lease, or stale        │ eight failures, or eight workers died
--        └─────────────────────────────────────        ▼
--                                                refused as unjudged ──release_words()──▶ into the row

-- ── judging ──────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.word_inputs(p_tenant_id uuid, p_kind text, p_row_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  return jsonb_build_object('kind', p_kind, 'rules', private.rules_for_words(p_kind, p_tenant_id, p_row_id),
    'words', jsonb_object_agg(h.field, h.words), 'digests', jsonb_object_agg(h.field,
      encode(sha256(convert_to(h.words::text, 'UTF8')), 'hex')))
  from public.held_words as h
  where h.tenant_id = p_tenant_id and h.kind = p_kind and h.row_id = p_row_id and h.status = 'pending';
end
$$;
comment on function private.word_inputs(uuid, text, uuid) is
'Definer: what words that wait are judged from: they, their SHA-256, and the rules; null for rules where nobody judges '
'them any more.';

create function private.let_words_in(p_tenant_id uuid, p_kind text, p_row_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_words jsonb;
  v_fields text;
begin
  select jsonb_object_agg(h.field, h.words), string_agg(quote_ident(h.field), ', ' order by h.field)
  into v_words, v_fields
  from public.held_words as h
  where h.tenant_id = p_tenant_id and h.kind = p_kind and h.row_id = p_row_id and h.status = 'approved';
  if v_words is not null then
    execute format('update %s as r set (%s) = (select %s from jsonb_populate_record(r, $3)) '
      'where r.tenant_id = $1 and r.id = $2', private.words_table(p_kind), v_fields, v_fields)
    using p_tenant_id, p_row_id, v_words;
    delete from public.held_words as h
    where h.tenant_id = p_tenant_id and h.kind = p_kind and h.row_id = p_row_id and h.status = 'approved';
  end if;
  perform private.end_word_work(p_tenant_id, p_kind, p_row_id);
end
$$;
comment on function private.let_words_in(uuid, text, uuid) is
'Definer: approved words stand in their row and wait here no more.';

create function private.record_words(
  p_tenant_id uuid, p_kind text, p_row_id uuid, p_fence bigint, p_verdict jsonb
) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_now jsonb;
  v_refused jsonb;
begin
  perform private.lock_words(p_tenant_id, p_kind, p_row_id);
  perform from private.word_work as w
  where w.tenant_id = p_tenant_id and w.kind = p_kind and w.row_id = p_row_id and w.fence = p_fence
    and w.lease_until > clock_timestamp()
  for update;
  if not found then
    return 'lost';
  end if;
  v_now := private.word_inputs(p_tenant_id, p_kind, p_row_id);
  if v_now -> 'digests' <> p_verdict -> 'digests'
    or v_now #>> '{rules,policy_version}' is distinct from p_verdict ->> 'policy_version'
    or v_now #>> '{rules,stage}' is distinct from p_verdict ->> 'stage' then
    update private.word_work as w set lease_until = null, claimed_by = null
    where w.tenant_id = p_tenant_id and w.kind = p_kind and w.row_id = p_row_id;
    perform pg_notify('et_moderation', '');
    return 'stale';
  end if;
  update public.held_words as h
  set judged_at = clock_timestamp(), kinds = k.kinds,
    status = case when k.kinds = '{}' then 'approved' else 'refused' end
  from public.held_words as o
  cross join lateral (
    select array(select jsonb_array_elements_text(p_verdict #> array['found', o.field])) as kinds) as k
  where o.tenant_id = p_tenant_id and o.kind = p_kind and o.row_id = p_row_id and o.status = 'pending'
    and (h.tenant_id, h.kind, h.row_id, h.field) = (o.tenant_id, o.kind, o.row_id, o.field);
  v_refused := nullif(p_verdict -> 'found', '{}');
  if v_refused is not null then
    perform private.audit(p_tenant_id, 'words.refused', p_kind, p_row_id::text, v_refused);
  end if;
  perform private.let_words_in(p_tenant_id, p_kind, p_row_id);
  return 'recorded';
end
$$;
comment on function private.record_words(uuid, text, uuid, bigint, jsonb) is
'Definer, for the moderator: {digests, policy_version, stage, found: {field: kinds}}. recorded: what nothing was found '
'in stands in its row. stale: words, policy or stage moved, they wait to be judged again. lost: the lease went to '
'somebody else, or nothing waits.';

create function private.refuse_unjudged(p_tenant_id uuid, p_kind text, p_row_id uuid, p_error text) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.held_words as h set status = 'refused', kinds = '{unjudged}', judged_at = clock_timestamp()
  where h.tenant_id = p_tenant_id and h.kind = p_kind and h.row_id = p_row_id and h.status = 'pending';
  perform private.end_word_work(p_tenant_id, p_kind, p_row_id);
  perform private.audit(p_tenant_id, 'words.refused', p_kind, p_row_id::text,
    jsonb_build_object('error', left(p_error, 1000)));
end
$$;
comment on function private.refuse_unjudged(uuid, text, uuid, text) is
'Definer: no detector could read these words: the staff does, and releases them.';

create function private.claim_words(
  p_worker text, p_limit integer, p_after_tenant uuid default null, p_except uuid[] default '{}'
) returns table (
  tenant_id uuid, row_id uuid, fence bigint, attempts smallint, run_at timestamptz, inputs jsonb
)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_tenants uuid[] := private.waiting_tenants('private.word_work', p_limit, p_after_tenant, p_except);
  v_share integer := ceil(p_limit::numeric / greatest(1, cardinality(v_tenants)));
begin
  -- What eight workers died with is shown to no other. Whoever has the row now leaves this to the next claim.
  perform private.refuse_unjudged(w.tenant_id, w.kind, w.row_id, 'workers died on it again and again')
  from private.word_work as w
  where w.tenant_id = any(v_tenants) and w.expiries >= 7 and w.lease_until < clock_timestamp()
    and private.lock_words(w.tenant_id, w.kind, w.row_id, false);
  return query
  with picked as (
    select w.tenant_id, w.kind, w.row_id from unnest(v_tenants) with ordinality as t (tenant_id, n)
    cross join lateral (
      select i.tenant_id, i.kind, i.row_id from private.word_work as i
      where i.tenant_id = t.tenant_id and i.run_at <= clock_timestamp() and i.expiries < 7
        and (i.lease_until is null or i.lease_until + case
          when i.expiries >= 2 then private.suspect_rest(i.expiries + 1) else interval '0' end < clock_timestamp())
      order by i.run_at
      limit v_share
      for update skip locked
    ) as w
    order by t.n
    limit p_limit
  ), claimed as (
    update private.word_work as w
    set lease_until = clock_timestamp() + private.lease_length(), fence = nextval('private.fences'),
      claimed_by = p_worker, expiries = w.expiries + (w.lease_until is not null)::integer
    from picked as p where w.tenant_id = p.tenant_id and w.kind = p.kind and w.row_id = p.row_id
    returning w.*
  )
  select c.tenant_id, c.row_id, c.fence, c.attempts, c.run_at, private.word_inputs(c.tenant_id, c.kind, c.row_id)
  from claimed as c order by c.run_at;
end
$$;
comment on function private.claim_words(text, integer, uuid, uuid[]) is
'Definer, for the moderator: rows with words that wait, in turn over the tenants, under lease and fence, with what '
'they are judged from.';

create function private.fail_words(p_tenant_id uuid, p_kind text, p_row_id uuid, p_fence bigint, p_error text)
returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_attempts smallint;
begin
  perform private.lock_words(p_tenant_id, p_kind, p_row_id);
  update private.word_work as w
  set lease_until = null, error = left(p_error, 1000), attempts = w.attempts + (p_error is not null)::integer,
    expiries = case when p_error is null then w.expiries else 0 end,
    run_at = clock_timestamp() + case when p_error is null then interval '0'
      else interval '1 second' * power(2, w.attempts) end
  where w.tenant_id = p_tenant_id and w.kind = p_kind and w.row_id = p_row_id and w.fence = p_fence
    and w.lease_until > clock_timestamp()
  returning w.attempts into v_attempts;
  if v_attempts >= 8 then
    perform private.refuse_unjudged(p_tenant_id, p_kind, p_row_id, p_error);
    return 'refused';
  end if;
  return case when v_attempts is null then 'lost' when p_error is null then 'released' else 'retry' end;
end
$$;
comment on function private.fail_words(uuid, text, uuid, bigint, text) is
'Definer, for the moderator: tried again later, each time after a longer pause, and refused as unjudged after eight '
'errors. Without an error the worker only gives it back.';

create function private.renew_words(p_tenant_ids uuid[], p_row_ids uuid[], p_fences bigint[]) returns setof bigint
language sql volatile security definer set search_path = '' as $$
  update private.word_work as w set lease_until = clock_timestamp() + private.lease_length()
  from unnest(p_tenant_ids, p_row_ids, p_fences) as h (tenant_id, row_id, fence)
  where w.tenant_id = h.tenant_id and w.row_id = h.row_id and w.fence = h.fence and w.lease_until > clock_timestamp()
  returning w.fence
$$;
comment on function private.renew_words(uuid[], uuid[], bigint[]) is
'Definer, for the moderator: extends leases still held.';

-- ── the staff ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.release_words(p_kind text, p_row_id uuid, p_field text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_fields jsonb;
begin
  if private.words_table(p_kind) is null or p_kind = 'group' or not private.lock_words(v_tenant, p_kind, p_row_id) then
    return private.deny(case p_kind when 'profile' then 'contact' else p_kind end, p_row_id, 'release_words');
  end if;
  with released as (
    update public.held_words as h
    set status = 'approved', kinds = '{}', judged_at = clock_timestamp()
    from public.held_words as o
    where o.tenant_id = v_tenant and o.kind = p_kind and o.row_id = p_row_id and (o.field = p_field or p_field is null)
      and (h.tenant_id, h.kind, h.row_id, h.field) = (o.tenant_id, o.kind, o.row_id, o.field)
    returning h.field, o.kinds
  )
  select jsonb_object_agg(r.field, to_jsonb(r.kinds)) into v_fields from released as r;
  if v_fields is not null then
    perform private.let_words_in(v_tenant, p_kind, p_row_id);
    perform private.audit(v_tenant, 'words.released', p_kind, p_row_id::text, v_fields);
  end if;
  return jsonb_build_object('kind', p_kind, 'row_id', p_row_id, 'released', (
    select coalesce(jsonb_agg(k order by k), '[]') from jsonb_object_keys(v_fields) as k));
end
$$;
comment on function private.release_words(text, uuid, text) is
'Definer: somebody of the business has read the words held for a row and lets them in, on record.';

create function public.release_words(p_kind text, p_row_id uuid, p_field text default null) returns jsonb
language sql volatile set search_path = '' begin atomic select private.release_words(p_kind, p_row_id, p_field); end;
comment on function public.release_words(text, uuid, text) is
'Let words in that are held for a row (held_words): of one field, or all of them. Agents.';

-- ── grants ───────────────────────────────────────────────────────────────────────────────────────────────────────

grant execute on function private.release_words(text, uuid, text), public.release_words(text, uuid, text)
to authenticated;
grant execute on function private.claim_words(text, integer, uuid, uuid[]),
private.record_words(uuid, text, uuid, bigint, jsonb), private.fail_words(uuid, text, uuid, bigint, text),
private.renew_words(uuid[], uuid[], bigint[]) to parley_worker;
