-- Removes what `fixtures.sql` made. Buckets are emptied and removed by the suites that made them: on hosted Supabase their
-- rows cannot be deleted by SQL.

drop table if exists public.e2e_notes;
drop policy if exists e2e_files_select on storage.objects;
drop policy if exists e2e_files_insert on storage.objects;
drop policy if exists e2e_files_update on storage.objects;
drop policy if exists e2e_files_delete on storage.objects;

notify pgrst, 'reload schema';
