-- name: reading_rates
-- How much of what was written in a span of days has been read, and how soon.
select public.reading_rates(%(first_day)s::date, %(last_day)s::date);

-- name: answer_times
-- How long the answers took that were written in a span of days.
select public.answer_times(%(first_day)s::date, %(last_day)s::date);
