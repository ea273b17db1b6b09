-- Contract: what the core promises holds for the rows that are there.

begin;
set local search_path = public, extensions;
select plan(2);

select isnt_empty(
  $$select c.name from private.invariants as c where c.claim <> '' and c.query <> ''$$,
  'the promises are written down'
);

select is_empty(
  $$select c.invariant, c.violations, c.samples from private.check_invariants() as c where c.violations > 0$$,
  'none of them is broken'
);

select * from finish();
rollback;
