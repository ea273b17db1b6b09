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

-- Tables to embed in one another, and functions, for the suite of the REST room.
create table public.e2e_authors (
  id bigint primary key,
  name text not null,
  mentor_id bigint references public.e2e_authors (id),
  born int4range,
  tags text[] not null default '{}',
  details jsonb not null default '{}',
  search tsvector generated always as (to_tsvector('english', name)) stored
);
create table public.e2e_books (
  id bigint primary key,
  title text not null unique,
  author_id bigint references public.e2e_authors (id),
  editor_id bigint constraint e2e_books_editor_fkey references public.e2e_authors (id),
  pages int,
  price numeric(8, 2) default 9.90
);
create table public.e2e_shelves (id bigint primary key, place text not null);
create table public.e2e_books_shelves (
  book_id bigint references public.e2e_books (id) on delete cascade,
  shelf_id bigint references public.e2e_shelves (id),
  primary key (book_id, shelf_id)
);
create view public.e2e_titles with (security_invoker = on) as select id, upper(title) as title, author_id from public.e2e_books;
create function public.e2e_add(a int, b int default 10) returns int language sql immutable as $$ select a + b $$;
create function public.e2e_books_of(author bigint) returns setof public.e2e_books language sql stable
as $$ select * from public.e2e_books where author_id = author $$;
create function public.e2e_nothing() returns void language sql as $$ select $$;
create function public.e2e_whoami() returns jsonb language sql stable
as $$ select jsonb_build_object('role', current_user, 'sub', auth.uid()) $$;
create function public.e2e_teapot() returns json language plpgsql as $$
begin
  perform set_config('response.status', '418', true);
  return json_build_object('message', 'short and stout');
end $$;
create function public.e2e_quota() returns int language plpgsql as $$
begin
  raise sqlstate 'PT402' using message = 'Payment Required', detail = 'Quota exceeded', hint = 'Upgrade your plan';
end $$;
insert into public.e2e_authors (id, name, mentor_id, born, tags, details) values
  (1, 'Ada', null, '[1815,1852)', '{maths,poetry}', '{"from": {"city": "London"}, "works": 3}'),
  (2, 'Grace', 1, '[1906,1992)', '{navy}', '{"from": {"city": "New York"}}'), (3, 'Nobody', null, null, '{}', '{}');
insert into public.e2e_books (id, title, author_id, editor_id, pages) values
  (1, 'Notes', 1, 2, 66), (2, 'Compilers', 2, 1, 300), (3, 'Bugs', 2, null, 12), (4, 'Anonymous', null, null, null);
insert into public.e2e_shelves values (1, 'hall'), (2, 'attic');
insert into public.e2e_books_shelves values (1, 1), (2, 1), (2, 2);
grant select on public.e2e_authors, public.e2e_books, public.e2e_shelves, public.e2e_books_shelves, public.e2e_titles to anon, authenticated;
grant select, insert, update, delete on public.e2e_authors, public.e2e_books, public.e2e_shelves, public.e2e_books_shelves
to service_role;
grant select on public.e2e_titles to service_role;
grant execute on function
  public.e2e_add(int, int), public.e2e_books_of(bigint), public.e2e_nothing(), public.e2e_whoami(), public.e2e_teapot(),
  public.e2e_quota()
to anon, authenticated, service_role;

notify pgrst, 'reload schema';
