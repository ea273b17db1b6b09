-- name: list_invariants
-- Every promise, as it stands for the active tenant.
select public.list_invariants();
