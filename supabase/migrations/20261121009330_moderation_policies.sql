-- Chapter: moderation, policies: what a document may say. The same rules stand in app/moderation/documents.py, and one
-- list of good and bad documents is tried against both; what is not right here is stored nowhere.
--
--   check_moderation_document() ─▶ PT422 bad_policy: the field by its path (lanes.people.before.phone.threshold), what
--   is wrong with it, and what to write instead

create function private.refuse_document(p_field text, p_problem text, p_remedy text) returns void
language plpgsql immutable set search_path = '' as $$
begin
  raise exception 'the policy%: %', coalesce('''s ' || nullif(p_field, ''), ''), p_problem using errcode = 'PT422',
    detail = jsonb_build_object('code', 'bad_policy', 'field', coalesce(nullif(p_field, ''), 'document'))::text,
    hint = p_remedy;
end
$$;
comment on function private.refuse_document(text, text, text) is
'Refuses a policy document: the field by its path, what is wrong with it, and what to write instead.';

create function private.check_document_object(p_path text, p_value jsonb, p_known text[]) returns void
language plpgsql immutable set search_path = '' as $$
declare
  v_unknown text;
begin
  if jsonb_typeof(p_value) is distinct from 'object' then
    perform private.refuse_document(p_path, 'an object is expected', 'Send a JSON object with any of '
      || array_to_string(p_known, ', ') || '.');
  end if;
  select k into v_unknown from jsonb_object_keys(p_value) as k where k <> all(p_known) order by k limit 1;
  if v_unknown is not null then
    perform private.refuse_document(concat_ws('.', nullif(p_path, ''), v_unknown), 'nobody reads that field',
      'Known here: ' || array_to_string(p_known, ', ') || '.');
  end if;
end
$$;
comment on function private.check_document_object(text, jsonb, text[]) is
'Refuses a part of a policy that is no object, or has members nobody reads.';

create function private.check_document_word(p_path text, p_value jsonb, p_known text[]) returns void
language plpgsql immutable set search_path = '' as $$
begin
  if jsonb_typeof(p_value) is distinct from 'string' or p_value #>> '{}' <> all(p_known) then
    perform private.refuse_document(p_path, 'that is none of its values', 'One of '
      || array_to_string(p_known, ', ') || '.');
  end if;
end
$$;
comment on function private.check_document_word(text, jsonb, text[]) is
'Refuses a value of a policy that is not one of a few words.';

create function private.check_document_number(
  p_path text, p_value jsonb, p_least numeric, p_most numeric, p_whole boolean
) returns void
language plpgsql immutable set search_path = '' as $$
begin
  if jsonb_typeof(p_value) is distinct from 'number' or (p_value #>> '{}')::numeric not between p_least and p_most
    or p_whole and p_value #>> '{}' !~ '^[0-9]+$' then
    perform private.refuse_document(p_path, 'that is no ' || case when p_whole then 'whole ' else '' end
      || 'number in its range', p_least::text || ' to ' || p_most::text || '.');
  end if;
end
$$;
comment on function private.check_document_number(text, jsonb, numeric, numeric, boolean) is
'Refuses a number of a policy that is out of its range.';

create function private.check_document_list(p_path text, p_value jsonb, p_most integer, p_known text[], p_remedy text)
returns void
language plpgsql immutable set search_path = '' as $$
begin
  if jsonb_typeof(p_value) is distinct from 'array' then
    perform private.refuse_document(p_path, 'a list is expected', p_remedy);
  elsif jsonb_array_length(p_value) > p_most then
    perform private.refuse_document(p_path, 'the list has more than ' || p_most::text || ' entries', 'Shorten it.');
  elsif exists (
    select from jsonb_array_elements(p_value) as e (value)
    where jsonb_typeof(e.value) <> 'string' or p_known is not null and e.value #>> '{}' <> all(p_known)) then
    perform private.refuse_document(p_path, 'an entry is none that is known', p_remedy);
  end if;
end
$$;
comment on function private.check_document_list(text, jsonb, integer, text[], text) is
'Refuses a list of texts of a policy that is too long, or (with p_known) has an entry that is none of these.';

create function private.moderation_kinds() returns text[]
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return '{email,phone,url,meeting_link,social_handle,payment_handle,address,threat,harassment,spam,scam,sexual,
    self_harm}'::text[];
end
$$;
comment on function private.moderation_kinds() is
'What detectors find: seven ways round the platform, which have a place in the text, then six harms, which have none.';

create function private.region_codes() returns text[]
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return string_to_array(
    'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ '
    'CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO '
    'FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE '
    'JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO '
    'MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW '
    'PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM '
    'TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW', ' ');
end
$$;
comment on function private.region_codes() is
'Countries by ISO 3166-1 alpha-2, and XK, which has numbers of its own.';

create function private.check_moderation_rule(p_path text, p_kind text, p_rule jsonb) returns void
language plpgsql immutable set search_path = '' as $$
declare
  v_actions text[] := '{allow,mask,hold,block}';
  v_has_place boolean := array_position(private.moderation_kinds(), p_kind) <= 7;
begin
  perform private.check_document_object(p_path, p_rule, '{action,threshold,below}');
  perform private.check_document_word(p_path || '.action', p_rule -> 'action', v_actions);
  if p_rule ? 'threshold' then
    perform private.check_document_number(p_path || '.threshold', p_rule -> 'threshold', 0, 1, false);
  end if;
  if p_rule ? 'below' then
    perform private.check_document_word(p_path || '.below', p_rule -> 'below', v_actions);
    if array_position(v_actions, p_rule ->> 'below') > array_position(v_actions, p_rule ->> 'action') then
      perform private.refuse_document(p_path || '.below', 'what is less sure is not treated harder',
        'Something milder than action: allow, mask, hold, block.');
    end if;
  end if;
  if not v_has_place and 'mask' in (p_rule ->> 'action', p_rule ->> 'below') then
    perform private.refuse_document(p_path || case p_rule ->> 'action' when 'mask' then '.action' else '.below' end,
      'it is said of a whole message, of which nothing would be left', 'allow, hold or block.');
  end if;
end
$$;
comment on function private.check_moderation_rule(text, text, jsonb) is
'Refuses a rule for one kind: an action, from which confidence on, and something milder below it.';

create function private.check_moderation_lanes(p_lanes jsonb) returns void
language plpgsql immutable set search_path = '' as $$
declare
  v_lane text;
  v_stage text;
  v_kind text;
  v_path text;
begin
  perform private.check_document_object('lanes', p_lanes, '{people,agent,ai,template}');
  if p_lanes = '{}' then
    perform private.refuse_document('lanes', 'nothing would be moderated', 'Name a lane, or switch moderation off.');
  end if;
  for v_lane in select jsonb_object_keys(p_lanes) loop
    perform private.check_document_object('lanes.' || v_lane, p_lanes -> v_lane,
      case v_lane when 'people' then '{before,after}'::text[] else '{after}' end);
    for v_stage in select jsonb_object_keys(p_lanes -> v_lane) loop
      v_path := concat_ws('.', 'lanes', v_lane, v_stage);
      perform private.check_document_object(v_path, p_lanes -> v_lane -> v_stage, private.moderation_kinds());
      for v_kind in select jsonb_object_keys(p_lanes -> v_lane -> v_stage) loop
        perform private.check_moderation_rule(v_path || '.' || v_kind, v_kind,
          p_lanes -> v_lane -> v_stage -> v_kind);
      end loop;
    end loop;
  end loop;
end
$$;
comment on function private.check_moderation_lanes(jsonb) is
'Refuses lanes nobody has, stages a lane does not know (only people have a before), kinds nobody finds.';

create function private.check_allowed(p_document jsonb) returns void
language plpgsql immutable set search_path = '' as $$
begin
  perform private.check_document_list('allowed_domains', coalesce(p_document -> 'allowed_domains', '[]'), 200, null,
    'E.g. ["acme.com"].');
  perform private.check_document_list('allowed_values', coalesce(p_document -> 'allowed_values', '[]'), 500, null,
    'E.g. ["+15105747946"].');
  if exists (
    select from jsonb_array_elements_text(coalesce(p_document -> 'allowed_domains', '[]')) as e (value)
    where length(e.value) > 253
      or e.value !~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$') then
    perform private.refuse_document('allowed_domains', 'an entry is no domain',
      'In lower case, without https:// and path: acme.com.');
  elsif exists (
    select from jsonb_array_elements_text(coalesce(p_document -> 'allowed_values', '[]')) as e (value)
    where e.value !~ '^[^\x01-\x1f\x7f]{1,200}$') then
    perform private.refuse_document('allowed_values', 'an entry is empty, too long or more than one line',
      'Up to 200 characters, as a verdict has them: +15105747946, desk@acme.com.');
  end if;
end
$$;
comment on function private.check_allowed(jsonb) is 'Refuses allow-lists with entries no finding could equal.';

create function private.check_second_opinion(p_second jsonb) returns void
language plpgsql immutable set search_path = '' as $$
begin
  perform private.check_document_object('second_opinion', p_second, '{when,kinds,otherwise}');
  perform private.check_document_word('second_opinion.when', p_second -> 'when', '{never,review,always}');
  perform private.check_document_list('second_opinion.kinds', coalesce(p_second -> 'kinds', '[]'), 13,
    private.moderation_kinds(), 'Of ' || array_to_string(private.moderation_kinds(), ', ') || '.');
  perform private.check_document_word('second_opinion.otherwise', coalesce(p_second -> 'otherwise', '"rules"'),
    '{rules,review}');
end
$$;
comment on function private.check_second_opinion(jsonb) is
'Refuses what a policy says of the model: when it is asked, which kinds it may raise, and what if it cannot be asked.';

create function private.check_moderation_document(p_document jsonb) returns void
language plpgsql immutable set search_path = '' as $$
begin
  perform private.check_document_object('', p_document, '{regions,window,lanes,allowed_domains,allowed_values,
    reveal_on,second_opinion,trust,escalation}');
  if length(p_document::text) > 100000 then
    perform private.refuse_document('', 'it is longer than 100,000 characters', 'Shorten its lists.');
  end if;
  perform private.check_document_list('regions', coalesce(p_document -> 'regions', '[]'), 20, private.region_codes(),
    'Countries by ISO 3166-1: ["US", "CA"].');
  if p_document ? 'window' then
    perform private.check_document_number('window', p_document -> 'window', 0, 12, true);
  end if;
  perform private.check_moderation_lanes(p_document -> 'lanes');
  perform private.check_allowed(p_document);
  perform private.check_document_list('reveal_on', coalesce(p_document -> 'reveal_on', '[]'), 3,
    '{bid_accepted,connection_fee_paid,staff}', 'Of bid_accepted, connection_fee_paid, staff.');
  if p_document ? 'second_opinion' then
    perform private.check_second_opinion(p_document -> 'second_opinion');
  end if;
  perform private.check_moderation_trust(p_document -> 'trust');
  if p_document ? 'escalation' then
    perform private.check_moderation_escalation(p_document -> 'escalation', p_document -> 'lanes');
  end if;
end
$$;
comment on function private.check_moderation_document(jsonb) is
'Refuses a policy document that is not exactly what docs/moderation.md describes: PT422 with the field and the remedy.';
