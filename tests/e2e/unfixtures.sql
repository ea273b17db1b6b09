-- Removes what `fixtures.sql` made. Buckets are emptied and removed by the suites that made them: on hosted Supabase their
-- rows cannot be deleted by SQL.

drop table if exists public.e2e_notes;
drop function if exists public.e2e_add(int, int);
drop function if exists public.e2e_nothing();
drop function if exists public.e2e_whoami();
drop function if exists public.e2e_teapot();
drop function if exists public.e2e_quota();
-- Its function answers its rows, and goes with it.
drop table if exists public.e2e_books cascade;
drop table if exists public.e2e_books_shelves, public.e2e_shelves, public.e2e_authors;
drop policy if exists e2e_files_select on storage.objects;
drop policy if exists e2e_files_insert on storage.objects;
drop policy if exists e2e_files_update on storage.objects;
drop policy if exists e2e_files_delete on storage.objects;

notify pgrst, 'reload schema';
