-- Contract: what clients call, with the arguments they call it with, and who may call what.

begin;
set local search_path = public, extensions;
select plan(32);

select is_empty($$
  select p.oid::regprocedure from pg_catalog.pg_proc as p
  where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace) and p.prosecdef
    and has_function_privilege('anon', p.oid, 'execute')
$$, 'a function with its owner''s rights is closed to who has not signed in');

select is_empty($$
  select p.oid::regprocedure from pg_catalog.pg_proc as p where p.pronamespace = 'public'::regnamespace and p.prosecdef
$$, 'what clients call runs with their own rights');

select is_empty($$
  select p.oid::regprocedure from pg_catalog.pg_proc as p
  where p.pronamespace = 'public'::regnamespace and has_function_privilege('anon', p.oid, 'execute')
$$, 'nothing is called without having signed in');

select is_empty($$
  select p.oid::regprocedure from pg_catalog.pg_proc as p
  where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace) and p.prokind = 'f'
    and not coalesce(p.proconfig::text[] && array['search_path=', 'search_path=""'], false)
$$, 'no function looks where its caller''s search path points');

select has_function('public', f.name, f.arguments::name[], 'clients call ' || f.name)
from (values
  ('create_tenant'::name, '{text,text,text,text}'::text),
  ('update_tenant', '{jsonb}'),
  ('switch_tenant', '{uuid}'),
  ('invite_member', '{text,text}'),
  ('accept_invitation', '{text}'),
  ('create_api_key', '{text,text[],timestamp with time zone}'),
  ('put_contact', '{uuid,jsonb}'),
  ('merge_contacts', '{uuid,uuid}'),
  ('create_channel_session', '{text,text,text,text,jsonb,text}'),
  ('start_thread', '{uuid,uuid,text,text,text,jsonb,text,uuid[],text,text,text}'),
  ('list_messages', '{uuid,bigint,integer}'),
  ('list_history', '{uuid,uuid,integer}'),
  ('read_thread', '{uuid,text,bigint,integer}'),
  ('search_messages', '{text,integer}'),
  ('send_message', '{uuid,text,text,bigint,text,jsonb,uuid[],uuid,text,text}'),
  ('take_over_thread', '{uuid}'),
  ('hand_back_thread', '{uuid}'),
  ('assign_thread', '{uuid,uuid}'),
  ('label_thread', '{uuid,text[],text[]}'),
  ('snooze_thread', '{uuid,timestamp with time zone}'),
  ('set_thread_folder', '{uuid,text,bigint}'),
  ('close_thread', '{uuid}'),
  ('reopen_thread', '{uuid}'),
  ('merge_threads', '{uuid,uuid}'),
  ('mark_thread_read', '{uuid,bigint}'),
  ('retry_inbound', '{uuid}'),
  ('resolve_unknown', '{uuid,text}'),
  ('explain_message', '{uuid}')
) as f (name, arguments);

select * from finish();
rollback;
