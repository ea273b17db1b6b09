-- Chapter: moderation, words that are no messages. What one person writes and another reads beside messages: names of
-- people and groups, projects, requests, bids, bookings, ids and signs. Plain patterns stand before all of them and
-- refuse ways to be reached, only where the tenant has what people write judged and does not allow that way.
--
--   contacts ──name is a way──▶ name_held ──▶ private.name_of(): null for others, until the staff writes the name
--   put_profile(), start_thread(), projects, bid_cards, contractor_bids, bookings ──▶ private.refuse_ways(): 422
--
-- A name is short and needs no number: ways_in_name() is coarse. Prose has prices, sizes and dates: ways_in_prose() is
-- finer. The API has its detectors read the same texts before it commits; over an RPC they are held until the moderator
-- has, see the next part. docs/moderation/words.md lists every place.

-- ── signs ────────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.digits_in(p_text text) returns integer
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  -- Regular expressions know ASCII's digits alone; wide, ringed and raised ones are these once it is normalised.
  return regexp_count(normalize(p_text, nfkc), '[0-9\u0660-\u0669\u06f0-\u06f9\u07c0-\u07c9\u0966-\u096f\u09e6-\u09ef\u0a66-\u0a6f'
    || '\u0ae6-\u0aef\u0b66-\u0b6f\u0be6-\u0bef\u0c66-\u0c6f\u0ce6-\u0cef\u0d66-\u0d6f'
    || '\u0e50-\u0e59\u0ed0-\u0ed9\u0f20-\u0f29\u1040-\u1049\u17e0-\u17e9\u1810-\u1819]');
end
$$;
comment on function private.digits_in(text) is 'How many digits a text has, of any script that people count with.';

create function private.is_text(p_reaction text) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return private.digits_in(p_reaction) > 0
    or normalize(p_reaction, nfkc) collate pg_catalog.pg_c_utf8 ~ '[[:alpha:]]'
    -- Flags are spelled: one is a sign. England, Scotland and Wales are with letters that nobody sees.
    or regexp_count(p_reaction, '[\U0001f1e6-\U0001f1ff]') > 2
    or regexp_replace(p_reaction, '\U0001f3f4\U000e0067\U000e0062(\U000e0065\U000e006e\U000e0067'
      || '|\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c\U000e0073)\U000e007f', '')
      ~ '[\U000e0000-\U000e007f]';
end
$$;
comment on function private.is_text(text) is
'A reaction with letters or digits of any script, those of flags and those nobody sees included: a number, or a word.';

create function private.is_spoken_id(p_tenant_id uuid, p_id text) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return p_id !~ '^[A-Za-z0-9_.:/+=|#~-]*$' and private.moderates(p_tenant_id, 'people');
end
$$;
comment on function private.is_spoken_id(uuid, text) is
'Definer: an id that its sender makes up and others may read, too, is no text where texts are judged: no blanks, no '
'letters but those of ASCII.';

-- ── ways to be reached ───────────────────────────────────────────────────────────────────────────────────────────

create function private.read_plainly(p_text text) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return lower(regexp_replace(normalize(p_text, nfkc), '[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]', '', 'g')
    collate pg_catalog.pg_c_utf8);
end
$$;
comment on function private.read_plainly(text) is
'A text as patterns read it: in small letters, wide and ringed ones plain, without what nobody sees.';

create function private.digit_words() returns text[]
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return '{zero|oh|cero|null|zéro,one|uno|eins,two|dos|zwei|deux,three|tres|drei|trois,four|cuatro|vier|quatre,'
    'five|cinco|fünf|cinq,six|seis|sechs,seven|siete|sieben|sept,eight|ocho|acht|huit,nine|nueve|neun|neuf}';
end
$$;
comment on function private.digit_words() is 'The words for 0 to 9 in the languages people spell numbers in here.';

create function private.ways_in_name(p_text text) returns text[]
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_text text collate pg_catalog.pg_c_utf8 := private.read_plainly(p_text);
  v_spoken boolean := v_text ~ '[(\[{<]\s*(at|dot)\s*[)\]}>]|\m(at|arroba)\M.+(\m(dot|punto|punkt)\M|\m(com|net|org)$)';
begin
  return array_remove(array[
    case when private.digits_in(v_text) + regexp_count(v_text, '[〇零一二三四五六七八九]|(?<![[:alpha:]])('
      || array_to_string(private.digit_words(), '|') || ')(?![[:alpha:]])') > 4 then 'phone' end,
    case when v_spoken or v_text ~ '[[:alnum:]]\s*@\s*[[:alnum:]]|\m(gmail|googlemail|hotmail|outlook|icloud|protonmail)\M'
      then 'email' end,
    case when v_spoken or v_text ~ '[/:]|[[:alnum:]]\.[[:alnum:]]' then 'url' end,
    case when v_text ~ ('(^|[^[:alnum:]])@|@($|[^[:alnum:]])|[[:alnum:]]_[[:alnum:]]|\m(whats ?app|telegram|insta'
      || '|instagram|facebook|snapchat|viber|wechat|skype)\M') then 'social_handle' end,
    case when v_text ~ '\m(venmo|paypal|cash ?app|zelle)\M' then 'payment_handle' end], null);
end
$$;
comment on function private.ways_in_name(text) is
'Kinds of ways to be reached in a name: more than four digits, spelled ones counted, an address or what is spoken like '
'one, a place people are reached at. Too coarse for a message, right for a name.';

create function private.ways_in_prose(p_text text) returns text[]
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_text text collate pg_catalog.pg_c_utf8 := private.read_plainly(p_text);
  v_figures text collate pg_catalog.pg_c_utf8;
  v_words text := '(?<![[:alpha:]])(' || array_to_string(private.digit_words(), '|') || ')(?![[:alpha:]])';
  v_spelled integer;
  v_gap text;
begin
  -- Ids, moments, years, dates, American postal codes and prices are no numbers to call.
  v_figures := regexp_replace(translate(v_text, '〇零一二三四五六七八九٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९০১২৩৪৫৬৭৮৯๐๑๒๓๔๕๖๗๘๙',
    '00123456789' || repeat('0123456789', 5)), '\m[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\M'
    || '|\m(19|20)\d\d-\d\d-\d\d(t\d\d:\d\d(:\d\d(\.\d+)?)?(z|[+-]\d\d:?\d\d)?)?\M|\m(19|20)\d\d\s?[-–/]\s?(19|20)\d\d\M'
    || '|\m(0?[1-9]|[12]\d|3[01])[./-](0?[1-9]|[12]\d|3[01])[./-](19|20)\d\d\M'
    || '|\m\d{5}-\d{4}\M(?![ .-]?\d)|[$€£]\s?\d[\d.,]*', '~', 'g');
  v_spelled := regexp_count(v_figures, v_words);
  -- Who spells puts commas between; sizes have them, too.
  v_gap := '[ \t().·*_/\\–—' || case when v_spelled > 4 then ',' else '' end || '-]{0,3}';
  if v_spelled > 0 then
    for v_digit in 0..9 loop
      v_figures := regexp_replace(v_figures, '(?<![[:alpha:]])(' || (private.digit_words())[v_digit + 1]
        || ')(?![[:alpha:]])', v_digit::text, 'g');
    end loop;
  end if;
  return array_remove(array[
    case when v_figures ~ ('\d(' || v_gap || '\d){9}|(^|[^[:alnum:]])(\+|0)(' || v_gap || '\d){9}'
      || '|\m(call|text|phone|tel|cell|mobile|number|reach|ring|sms|whats ?app)\M[^0-9\n]{0,20}\d(' || v_gap || '\d){6}')
      then 'phone' end,
    case when v_text ~ ('[[:alnum:]_%+-]@[[:alnum:]-]+\s?\.\s?[[:alpha:]]|[(\[{<]\s*at\s*[)\]}>]'
      || '|\m(at|arroba)\M\s+(gmail|googlemail|hotmail|outlook|yahoo|icloud|proton|protonmail|aol)\M'
      || '|\m(at|arroba)\M\s+[[:alnum:]-]+\s+(dot|punto|punkt)\s+(com|net|org|io|co|us|uk|de|fr|es|it|edu|gov)\M')
      then 'email' end,
    case when v_text ~ ('h(tt|xx)ps?:|\mwww\.|[[:alnum:]]\.(com|net|org|info|biz|io|app|dev|shop|online|site|co\.uk)\M'
      || '|[[:alnum:]]\s+(dot|punto|punkt)\s+(com|net|org|io)\M|[(\[{<]\s*dot\s*[)\]}>]|\m(t|wa|m)\.me/') then 'url' end,
    case when v_text ~ ('(^|[^[:alnum:]_.%+-])@[[:alpha:]_][[:alnum:]_.]{2}|\m(whats ?app|telegram|insta|instagram|snapchat'
      || '|viber|wechat|skype|facebook)\M\s*([:@=]|(is|me|at|id|name|handle|under)\M)') then 'social_handle' end,
    case when v_text ~ ('\m(venmo|paypal|cash ?app|zelle)\M\s*([:@$=]|(me|to|at|is|id)\M)'
      || '|(^|[^[:alnum:]])\$[[:alpha:]][[:alnum:]_]{2}') then 'payment_handle' end], null);
end
$$;
comment on function private.ways_in_prose(text) is
'Kinds of ways to be reached in a longer text, as far as patterns tell them from prices, sizes and dates: numbers of '
'ten figures, spelled ones among them, shorter ones where somebody is to call, addresses, links, handles.';

create function private.words_of(p_value jsonb) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return case jsonb_typeof(p_value) when 'string' then p_value #>> '{}'
    when 'object' then (select string_agg(m.key || ': ' || coalesce(private.words_of(m.value), ''), e'\n')
      from jsonb_each(p_value) as m)
    when 'array' then (select string_agg(private.words_of(e.value), e'\n') from jsonb_array_elements(p_value) as e)
    when 'number' then p_value #>> '{}' end;
end
$$;
comment on function private.words_of(jsonb) is
'What is to be read in a value: its names, texts and numbers, a line each.';

-- ── whether they are refused ─────────────────────────────────────────────────────────────────────────────────────

create function private.forbidden_ways(p_document jsonb, p_stage text) returns text[]
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return case when p_document -> 'lanes' ? 'people' then array(
    select k from unnest('{phone,email,url,social_handle,payment_handle}'::text[]) as k
    where coalesce(p_document #>> array['lanes', 'people', p_stage, k, 'action'], 'mask') <> 'allow') else '{}' end;
end
$$;
comment on function private.forbidden_ways(jsonb, text) is
'What a policy lets people not tell each other in a stage; a kind it does not name is masked. Empty where what people '
'write is not judged.';

create function private.without_allowed(p_text text, p_document jsonb) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_text text collate pg_catalog.pg_c_utf8 := private.read_plainly(p_text);
  v_domain text;
begin
  for v_domain in select d from jsonb_array_elements_text(coalesce(p_document -> 'allowed_domains', '[]')) as d loop
    v_text := regexp_replace(v_text, '(https?://)?(?<![[:alnum:]._%+@-])([[:alnum:]._%+-]+@)?([[:alnum:]-]+\.)*'
      || regexp_replace(lower(v_domain), '[^[:alnum:]-]', '\\\&', 'g') || '(?![[:alnum:]-]|\.[[:alnum:]])(/\S*)?',
      ' ', 'g');
  end loop;
  return v_text;
end
$$;
comment on function private.without_allowed(text, jsonb) is
'A text without links and addresses of the tenant''s own domains, as his policy names them.';

create function private.is_of_business(p_tenant_id uuid) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return p_tenant_id is not distinct from private.claimed_tenant() and 'manage' = any(private.current_scopes());
end
$$;
comment on function private.is_of_business(uuid) is
'Definer: the caller speaks for this business: a member or key that may manage. What it writes is its own word.';

create function private.are_introduced(p_booking public.bookings, p_document jsonb) returns boolean
language plpgsql stable security definer set search_path = '' as $$
declare
  v_people uuid[] := private.contact_family(p_booking.tenant_id, private.canonical_contact(p_booking.tenant_id,
    p_booking.customer_id)) || private.contact_family(p_booking.tenant_id, private.canonical_contact(
    p_booking.tenant_id, p_booking.provider_id));
begin
  return exists (
    select from public.et_threads as t
    where t.tenant_id = p_booking.tenant_id and t.contact_id = any(v_people) and t.other_contact_id = any(v_people)
      and t.kind = 'direct' and private.moderation_stage(t.tenant_id, t.id, p_document) = 'after'
      and (t.context_id is null or (t.context_kind, t.context_id) = (p_booking.kind, p_booking.id::text)
        or t.id = any(private.threads_of_bid(p_booking.tenant_id, p_booking.bid_id))));
end
$$;
comment on function private.are_introduced(public.bookings, jsonb) is
'Definer: contact details were revealed between the two of a booking, in a conversation about it or about nothing in '
'particular.';

create function private.writes_unread(p_tenant_id uuid) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return session_user <> 'parley_api' and private.current_user_id() is not null
    and not private.is_of_business(p_tenant_id);
end
$$;
comment on function private.writes_unread(uuid) is
'Definer: somebody signed in, who does not speak for the business, writes over another login than the API''s, which '
'has detectors read it before it commits.';

create function private.refuse_unread(p_tenant_id uuid, p_field text) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if private.writes_unread(p_tenant_id) and exists (
    select from public.tenant_settings as s where s.tenant_id = p_tenant_id and s.market_writes = 'api') then
    raise exception '% is written over the API here', p_field
      using errcode = 'PT403', detail = jsonb_build_object('code', 'not_allowed', 'field', p_field)::text,
        hint = 'Call the operation of the API, which reads it first.';
  end if;
end
$$;
comment on function private.refuse_unread(uuid, text) is
'Definer: where the tenant wants it, people write what others read over the API alone: its login is the one that has '
'detectors read it before it commits.';

create function private.refuse_ways(
  p_tenant_id uuid, p_field text, p_text text, p_is_name boolean, p_booking public.bookings default null
) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_document jsonb := (private.active_policy(p_tenant_id)).document;
  v_forbidden text[] := private.forbidden_ways(v_document, 'before');
  v_found text[];
begin
  if p_text is not null and p_field <> 'subject' and v_document -> 'lanes' ? 'people' then
    perform private.refuse_unread(p_tenant_id, p_field);
  end if;
  if p_text is null or v_forbidden = '{}' then
    return;
  elsif length(p_text) > 20000 then
    raise exception '% has at most 20000 characters here', p_field
      using errcode = 'PT422', detail = jsonb_build_object('code', 'bad_length', 'field', p_field, 'most', 20000)::text,
        hint = 'Shorten it.';
  end if;
  v_found := case when p_is_name then private.ways_in_name(p_text) else private.ways_in_prose(p_text) end;
  if not v_found && v_forbidden then
    return;
  elsif jsonb_typeof(v_document -> 'allowed_domains') = 'array' then
    p_text := private.without_allowed(p_text, v_document);
    v_found := case when p_is_name then private.ways_in_name(p_text) else private.ways_in_prose(p_text) end;
  end if;
  if p_booking.id is not null and v_found && v_forbidden and private.are_introduced(p_booking, v_document) then
    v_forbidden := private.forbidden_ways(v_document, 'after');
  end if;
  if v_found && v_forbidden then
    raise exception '% has no numbers, addresses and links here', case p_field when 'subject' then 'the name of a group'
      when 'display_name' then 'a name' else p_field end
      using errcode = 'PT422', detail = jsonb_build_object('code', 'bad_value', 'field', p_field, 'kinds', (
        select jsonb_agg(k order by k) from unnest(v_found) as k where k = any(v_forbidden)))::text,
      hint = case when p_field = 'subject' then 'Name it by what it is about.'
        when p_is_name then 'Leave them out, or ask the business to enter this name.'
        else 'Leave them out: you reach each other in your conversation here.' end;
  end if;
end
$$;
comment on function private.refuse_ways(uuid, text, text, boolean, public.bookings) is
'Definer: refuses a text that nobody judges and others read, where it has a way to be reached that the policy in force '
'does not let people tell each other; in a booking as for its conversation.';

create function private.refuse_unjudged_words(
  p_tenant_id uuid, p_me uuid, p_context_kind text, p_context_id text, p_subject text
) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if p_context_id is not null and private.moderates(p_tenant_id, 'people')
    and not private.is_in_context(p_tenant_id, p_me, p_context_kind, p_context_id) then
    perform private.refuse_chat('{"code": "bad_context", "field": "context_id"}');
  end if;
  perform private.refuse_ways(p_tenant_id, 'subject', p_subject, true);
end
$$;
comment on function private.refuse_unjudged_words(uuid, uuid, text, text, text) is
'Definer: what others read of a conversation beside its messages is judged by nobody: where messages are, a context is '
'one that there is, and the name of a group holds no way to be reached.';

-- ── the marketplace ──────────────────────────────────────────────────────────────────────────────────────────────

create function private.rules_for_words(p_kind text, p_tenant_id uuid, p_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_policy public.moderation_policies%rowtype := private.active_policy(p_tenant_id);
  v_document jsonb := v_policy.document;
  v_booking public.bookings%rowtype;
begin
  if v_document is null or not v_document -> 'lanes' ? 'people' or private.is_of_business(p_tenant_id) then
    return null;
  end if;
  select k.* into v_booking from public.bookings as k
  where p_kind = 'booking' and k.tenant_id = p_tenant_id and k.id = p_id;
  return jsonb_build_object('document', v_document, 'policy_version', v_policy.version, 'stage', case when v_booking.id is not null
    and private.are_introduced(v_booking, v_document) then 'after' else 'before' end,
    'regions', coalesce(v_document -> 'regions', (
      select to_jsonb(t.home_regions) from public.tenants as t where t.id = p_tenant_id)));
end
$$;
comment on function private.rules_for_words(text, uuid, uuid) is
'Definer, for the API and the moderator: by which policy and in which stage detectors read what somebody has written '
'in a row of the marketplace or his profile; null where nobody judges it, or it is the business''s own word.';

-- ── names of people ──────────────────────────────────────────────────────────────────────────────────────────────

create function private.tg_contacts__hold_name() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' or (old.display_name, old.company) is distinct from (new.display_name, new.company) then
    new.name_held := concat(new.display_name, new.company) <> ''
      and private.ways_in_name(concat_ws(' · ', new.display_name, new.company)) <> '{}'
      and not private.is_of_business(new.tenant_id);
  end if;
  return new;
end
$$;
comment on function private.tg_contacts__hold_name() is
'Definer: marks a name that has a way to be reached in it, wherever it came from: a form, a mail, another application. '
'What the staff enters is the business''s own word.';
create trigger contacts_120_hold_name before insert or update of display_name, company on public.contacts
for each row execute function private.tg_contacts__hold_name();

create function private.is_unfit_name(p_tenant_id uuid, p_name text) returns boolean
language plpgsql stable security definer set search_path = '' as $$
declare
  v_document jsonb := (private.active_policy(p_tenant_id)).document;
begin
  return coalesce(private.ways_in_name(private.without_allowed(p_name, v_document))
    && private.forbidden_ways(v_document, 'before'), false);
end
$$;
comment on function private.is_unfit_name(uuid, text) is
'Definer: a name others are not shown while this policy is in force.';

create function private.tg_active_moderation__name() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update public.thread_participants as p set title = private.name_of(n.tenant_id, n.id)
  from public.contacts as n
  inner join public.et_threads as t on t.tenant_id = n.tenant_id and n.id in (t.contact_id, t.other_contact_id)
    and t.kind = 'direct' and t.channel = 'in_app'
  where n.tenant_id = coalesce(new.tenant_id, old.tenant_id) and n.name_held and n.merged_into is null
    and p.tenant_id = t.tenant_id and p.thread_id = t.id and p.role <> 'agent' and p.contact_id <> n.id
    and p.title is distinct from private.name_of(n.tenant_id, n.id);
  return null;
end
$$;
comment on function private.tg_active_moderation__name() is
'Definer: another policy shows other names in the lists of those who write to each other.';
create trigger active_moderation_810_name after insert or update of version or delete on public.active_moderation
for each row execute function private.tg_active_moderation__name();

insert into private.invariants (name, claim, query) values
('held_name_is_not_shown', 'No list of conversations shows a name that the policy in force holds.', $q$
  select p.tenant_id, p.thread_id, n.id from public.contacts as n
  inner join public.et_threads as t on t.tenant_id = n.tenant_id and n.id in (t.contact_id, t.other_contact_id)
    and t.kind = 'direct' and t.channel = 'in_app'
  inner join public.thread_participants as p on p.tenant_id = t.tenant_id and p.thread_id = t.id
    and p.role <> 'agent' and p.contact_id <> n.id
  where n.name_held and n.merged_into is null and p.title = coalesce(n.display_name, n.company)
    and private.is_unfit_name(n.tenant_id, concat_ws(' · ', n.display_name, n.company))$q$);

grant execute on function private.rules_for_words(text, uuid, uuid) to parley_api;
