-- name: security_summary
-- What became of the texts of a span of days, and the score as of its last day.
select public.security_summary(%(first_day)s::date, %(last_day)s::date);

-- name: security_analysis
-- The texts of a span of days counted by kind, day, contact, bid card or rule, after a place.
select public.security_analysis(
  %(group)s::text, %(first_day)s::date, %(last_day)s::date, %(lane)s::text, %(after)s::jsonb, %(limit)s::integer
);

-- name: tenant_named
-- The tenant an operator names by slug or id.
select t.id, t.slug from public.tenants as t where t.slug = %(tenant)s::text or t.id::text = %(tenant)s::text;

-- name: tenant_security
-- The same as security_summary, for operators.
select private.tenant_security(%(tenant_id)s::uuid, %(first_day)s::date, %(last_day)s::date);

-- name: tenant_analysis
-- The same as security_analysis, for operators.
select private.tenant_analysis(
  %(tenant_id)s::uuid, %(group)s::text, %(first_day)s::date, %(last_day)s::date, null, null, %(limit)s::integer
);
