-- What the client suites find in the database beside Parley's own schema. Every name begins with e2e_, every bucket with
-- e2e-; `unfixtures.sql` removes it all. Applied by tests/e2e/conftest.py; run it in the SQL editor of a project whose
-- SUPABASE_DB_URL nobody told.

-- A table of one's own rows: signed-in users read all and write theirs, anonymous callers read what is published.
create table public.e2e_notes (
  id bigint generated always as identity primary key,
  owner_id uuid not null default auth.uid(),
  title text not null check (title <> ''),
  body text,
  is_published boolean not null default false,
  created_at timestamptz not null default now()
);
alter table public.e2e_notes enable row level security;
grant select on public.e2e_notes to anon;
grant select, insert, update, delete on public.e2e_notes to authenticated, service_role;
create policy e2e_notes_select_anon on public.e2e_notes for select to anon using (is_published);
create policy e2e_notes_select_user on public.e2e_notes for select to authenticated using (true);
create policy e2e_notes_insert_user on public.e2e_notes for insert to authenticated
with check (owner_id = (select auth.uid()));
create policy e2e_notes_update_user on public.e2e_notes for update to authenticated
using (owner_id = (select auth.uid())) with check (owner_id = (select auth.uid()));
create policy e2e_notes_delete_user on public.e2e_notes for delete to authenticated
using (owner_id = (select auth.uid()));

-- Files: in `e2e-files` everybody has a folder named by his id; what lies in `shared/` any signed-in user may read.
create policy e2e_files_select on storage.objects for select to authenticated
using (bucket_id = 'e2e-files' and (storage.foldername(name))[1] in ((select auth.uid())::text, 'shared'));
create policy e2e_files_insert on storage.objects for insert to authenticated
with check (bucket_id = 'e2e-files' and (storage.foldername(name))[1] = (select auth.uid())::text);
create policy e2e_files_update on storage.objects for update to authenticated
using (bucket_id = 'e2e-files' and (storage.foldername(name))[1] = (select auth.uid())::text)
with check (bucket_id = 'e2e-files' and (storage.foldername(name))[1] = (select auth.uid())::text);
create policy e2e_files_delete on storage.objects for delete to authenticated
using (bucket_id = 'e2e-files' and (storage.foldername(name))[1] = (select auth.uid())::text);

notify pgrst, 'reload schema';
