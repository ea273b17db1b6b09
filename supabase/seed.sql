-- Two demo tenants for a local stack. Never production data: addresses end in .test, and nobody has a password
-- (`make up` gives them one of this machine's own, see its panel). Running it again changes nothing.

-- Supabase Auth reads neither a user without an instance nor empty tokens that are null.
insert into auth.users (id, email, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, aud, role, created_at,
  updated_at, instance_id, confirmation_token, recovery_token, email_change_token_new, email_change)
select u.id::uuid, u.email, now(), '{"provider": "email", "providers": ["email"]}', jsonb_build_object('name', u.name),
  'authenticated', 'authenticated', now(), now(), '00000000-0000-0000-0000-000000000000', '', '', '', ''
from (values
  ('0197a000-0000-7000-8000-000000000101', 'owner@acme.test', 'Olivia Owner'),
  ('0197a000-0000-7000-8000-000000000102', 'agent@acme.test', 'Ana Agent'),
  ('0197a000-0000-7000-8000-000000000201', 'owner@birch.test', 'Ben Birch'),
  ('0197a000-0000-7000-8000-000000000111', 'ann@homes.test', 'Ann Asker'),
  ('0197a000-0000-7000-8000-000000000112', 'ben@builds.test', 'Ben Builder')
) as u (id, email, name)
on conflict (id) do nothing;

insert into auth.identities (provider_id, user_id, identity_data, provider, created_at, updated_at)
select u.id::text, u.id, jsonb_build_object('sub', u.id, 'email', u.email, 'email_verified', true), 'email', now(), now()
from auth.users as u
where u.email in ('owner@acme.test', 'agent@acme.test', 'owner@birch.test', 'ann@homes.test', 'ben@builds.test')
on conflict (provider_id, provider) do nothing;

insert into public.tenants (id, slug, name, time_zone, locale, home_regions, sender_name)
values
('0197a000-0000-7000-8000-000000000001', 'acme', 'Acme Home Services', 'America/New_York', 'en', '{US,CA}',
  'Acme Home Services'),
('0197a000-0000-7000-8000-000000000002', 'birch', 'Studio Birch', 'Europe/Berlin', 'de', '{DE,AT,CH}', 'Studio Birch')
on conflict (id) do nothing;

insert into public.tenant_members (tenant_id, user_id, role, display_name)
values
('0197a000-0000-7000-8000-000000000001', '0197a000-0000-7000-8000-000000000101', 'owner', 'Olivia Owner'),
('0197a000-0000-7000-8000-000000000001', '0197a000-0000-7000-8000-000000000102', 'agent', 'Ana Agent'),
('0197a000-0000-7000-8000-000000000002', '0197a000-0000-7000-8000-000000000201', 'owner', 'Ben Birch')
on conflict (tenant_id, user_id) do nothing;

update public.tenant_settings
set business_hours =
  '[{"weekday": 0, "opens": "08:00", "closes": "18:00"}, {"weekday": 1, "opens": "08:00", "closes": "18:00"},
  {"weekday": 2, "opens": "08:00", "closes": "18:00"}, {"weekday": 3, "opens": "08:00", "closes": "18:00"},
  {"weekday": 4, "opens": "08:00", "closes": "18:00"}, {"weekday": 5, "opens": "09:00", "closes": "13:00"}]'
where tenant_id = '0197a000-0000-7000-8000-000000000001' and business_hours = '[]';
update public.tenant_settings
set business_hours =
  '[{"weekday": 1, "opens": "10:00", "closes": "19:00"}, {"weekday": 2, "opens": "10:00", "closes": "19:00"},
  {"weekday": 3, "opens": "10:00", "closes": "19:00"}, {"weekday": 4, "opens": "10:00", "closes": "20:00"},
  {"weekday": 5, "opens": "09:00", "closes": "15:00"}]'
where tenant_id = '0197a000-0000-7000-8000-000000000002' and business_hours = '[]';

insert into public.et_channel_sessions (tenant_id, id, channel, provider, name, address, status, verified_at)
values
('0197a000-0000-7000-8000-000000000001', '0197a000-0000-7000-8000-000000000011', 'email', 'smtp', 'Acme support',
  'support@acme.test', 'connected', now()),
('0197a000-0000-7000-8000-000000000002', '0197a000-0000-7000-8000-000000000021', 'email', 'smtp', 'Studio Birch',
  'hallo@birch.test', 'connected', now())
on conflict (tenant_id, id) do nothing;

insert into public.faq_entries (tenant_id, id, question, keywords, answer, language)
values
('0197a000-0000-7000-8000-000000000001', '0197a000-0000-7000-8000-000000000031', 'What does a visit cost?',
  '{price,cost,quote,estimate,fee,charge,how much}',
    'A visit costs $89, and we take it off the bill if you let us do the work. Every estimate is free.', 'en'),
('0197a000-0000-7000-8000-000000000001', '0197a000-0000-7000-8000-000000000032', 'Which area do you serve?',
  '{area,serve,neighborhood,zip,travel}', 'We serve New York City, Long Island and northern New Jersey.', 'en'),
('0197a000-0000-7000-8000-000000000002', '0197a000-0000-7000-8000-000000000041', 'Was kostet ein Schnitt?',
  '{preis,preise,kostet,kosten,teuer}', 'Ein Haarschnitt kostet bei uns 48 Euro, für Kinder 25 Euro.', 'de'),
('0197a000-0000-7000-8000-000000000002', '0197a000-0000-7000-8000-000000000042', 'Gibt es Parkplätze?',
  '{parken,parkplatz,parkplätze}', 'Ja, hinter dem Haus sind vier Parkplätze für unsere Gäste.', 'de')
on conflict (tenant_id, id) do nothing;

-- Two people of the first tenant who may write to each other: they share a job. Their conversation begins with a word of
-- the system, so that it is in both lists.

insert into public.contacts (tenant_id, id, kind, display_name)
values
('0197a000-0000-7000-8000-000000000001', '0197a000-0000-7000-8000-000000000121', 'customer', 'Ann Asker'),
('0197a000-0000-7000-8000-000000000001', '0197a000-0000-7000-8000-000000000122', 'provider', 'Ben Builder')
on conflict (tenant_id, id) do nothing;

insert into public.contact_identities (tenant_id, contact_id, kind, address, verified_at)
values
('0197a000-0000-7000-8000-000000000001', '0197a000-0000-7000-8000-000000000121', 'email', 'ann@homes.test', now()),
('0197a000-0000-7000-8000-000000000001', '0197a000-0000-7000-8000-000000000122', 'email', 'ben@builds.test', now())
on conflict (tenant_id, kind, address) do nothing;

update public.contacts as c
set auth_user_id = u.id
from auth.users as u
where c.tenant_id = '0197a000-0000-7000-8000-000000000001' and c.auth_user_id is null
  and (c.id, u.id) in (('0197a000-0000-7000-8000-000000000121', '0197a000-0000-7000-8000-000000000111'),
    ('0197a000-0000-7000-8000-000000000122', '0197a000-0000-7000-8000-000000000112'));

select
  private.set_context_participant('0197a000-0000-7000-8000-000000000001', 'job', '42',
    '0197a000-0000-7000-8000-000000000121', 'customer'),
  private.set_context_participant('0197a000-0000-7000-8000-000000000001', 'job', '42',
    '0197a000-0000-7000-8000-000000000122', 'provider');

select private.post_system_message('0197a000-0000-7000-8000-000000000001', private.open_conversation(
  '0197a000-0000-7000-8000-000000000001', '0197a000-0000-7000-8000-000000000121', '0197a000-0000-7000-8000-000000000122',
  'job', '42'), 'Ann and Ben can talk about the job here.', 'job', '42', p_client_message_id => 'seed:job:42');
