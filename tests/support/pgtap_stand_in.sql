-- NOT pgTAP: a stand-in for the six of its functions that supabase/tests uses, so that every test run can read that
-- contract on a Postgres that has no pgTAP. Same names, same arguments, same lines; none of its depth. A proof in
-- tests/db/catalogue/test_pgtap.py runs the real one beside it and compares.

create schema if not exists extensions;

create function extensions.stand_in(p_ok boolean, p_description text) returns text language plpgsql as $$
declare
  v_number integer := coalesce(nullif(current_setting('stand_in.number', true), ''), '0')::integer + 1;
  v_failed integer := coalesce(nullif(current_setting('stand_in.failed', true), ''), '0')::integer;
begin
  perform set_config('stand_in.number', v_number::text, true);
  perform set_config('stand_in.failed', (v_failed + (not p_ok)::integer)::text, true);
  return case when p_ok then '' else 'not ' end || 'ok ' || v_number || ' - ' || p_description;
end
$$;

create function extensions.plan(p_tests integer) returns text language plpgsql as $$
begin
  perform set_config('stand_in.planned', p_tests::text, true);
  return '1..' || p_tests;
end
$$;

create function extensions.finish() returns setof text language plpgsql as $$
declare
  v_planned integer := current_setting('stand_in.planned');
  v_number integer := current_setting('stand_in.number');
  v_failed integer := current_setting('stand_in.failed');
begin
  if v_number <> v_planned then
    return next format('# Looks like you planned %s tests but ran %s', v_planned, v_number);
  end if;
  if v_failed > 0 then
    return next format('# Looks like you failed %s tests of %s', v_failed, v_planned);
  end if;
end
$$;

create function extensions.is_empty(p_query text, p_description text) returns text language plpgsql as $$
declare
  v_found text;
begin
  execute format('select string_agg(q::text, E''\n#     '') from (%s) as q', p_query) into v_found;
  return extensions.stand_in(v_found is null, p_description) || coalesce(E'\n#     ' || v_found, '');
end
$$;

create function extensions.isnt_empty(p_query text, p_description text) returns text language plpgsql as $$
declare
  v_any boolean;
begin
  execute format('select exists (%s)', p_query) into v_any;
  return extensions.stand_in(v_any, p_description);
end
$$;

create function extensions.has_table(p_schema name, p_table name, p_description text) returns text language sql as $$
  select extensions.stand_in(to_regclass(format('%I.%I', p_schema, p_table)) is not null, p_description)
$$;

create function extensions.has_function(p_schema name, p_function name, p_arguments name[], p_description text)
returns text language sql as $$
  select extensions.stand_in(
    to_regprocedure(format('%I.%I(%s)', p_schema, p_function, array_to_string(p_arguments, ','))) is not null,
    p_description)
$$;
