/**
 * What hosted Supabase answers to the documented calls of `from()` and `rpc()`, down to status, count and the words of its errors: one line a case.
 * Expectations are those of PostgREST as it publishes them.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { table } from "./cases.mjs";
import { anonymous, ok, service } from "./client.mjs";

const anon = anonymous();
const server = service();
const authors = (...wanted) => anon.from("e2e_authors").select(...wanted);
const books = (...wanted) => anon.from("e2e_books").select(...wanted);
const written = (...wanted) => server.from("e2e_books").select(...wanted).gte("id", 200);

const failure = (status, code, message, more = {}) => ({
  status,
  data: null,
  count: null,
  error: { code, message, ...more },
});
const good = (data, more = {}) => ({ status: 200, statusText: "OK", count: null, error: null, data, ...more });

describe("reading", () => {
  table({
    "all columns": [
      () => books().eq("id", 1),
      good([{ id: 1, title: "Notes", author_id: 1, editor_id: 2, pages: 66, price: 9.9 }]),
    ],
    "a count beside the rows": [
      () => books("id", { count: "exact" }).order("id").limit(1),
      good([{ id: 1 }], { status: 206, statusText: "Partial Content", count: 4 }),
    ],
    "a count of nothing": [() => books("id", { count: "exact" }).eq("id", 0), good([], { count: 0 })],
    "only the count": [() => books("*", { count: "exact", head: true }), good(null, { count: 4 })],
    "a page without a count": [() => books("id").order("id").range(1, 2), good([{ id: 2 }, { id: 3 }])],
    "a page behind the end, uncounted": [() => books("id").range(90, 99), good([])],
    "a page behind the end, counted": [
      () => books("id", { count: "exact" }).range(90, 99),
      failure(416, "PGRST103", "Requested range not satisfiable", {
        details: "An offset of 90 was requested, but there are only 4 rows.",
      }),
    ],
    "a range that ends before it begins": [
      () => books("id").range(3, 1),
      failure(416, "PGRST103", "Requested range not satisfiable"),
    ],
    "no rows wanted": [
      () => books("id", { count: "exact" }).limit(0),
      good([], { status: 206, statusText: "Partial Content", count: 4 }),
    ],
    "one of none": [
      () => books().eq("id", 0).single(),
      failure(406, "PGRST116", "Cannot coerce the result to a single JSON object", {
        details: "The result contains 0 rows",
        hint: null,
      }),
    ],
    "one of many": [
      () => books().single(),
      failure(406, "PGRST116", "Cannot coerce the result to a single JSON object", {
        details: "The result contains 4 rows",
      }),
    ],
    "perhaps one, and none": [() => books().eq("id", 0).maybeSingle(), good(null)],
    "CSV": [() => books("id,title").eq("id", 1).csv(), good("id,title\n1,Notes")],
    "without nulls": [() => books("id,editor_id").eq("id", 3).stripNulls(), good([{ id: 3 }])],
    "a plan, which is off": [
      () => books().explain(),
      failure(406, "PGRST107", /^None of these media types are available: application\/vnd\.pgrst\.plan\+text/),
    ],
    "a count in an embed": [
      () => authors("name, e2e_books!author_id(count)").eq("id", 2),
      good([{ name: "Grace", e2e_books: [{ count: 2 }] }]),
    ],
    "an aggregate, which is off": [
      () => books("pages.sum()"),
      failure(400, "PGRST123", "Use of aggregate functions is not allowed"),
    ],
    "distinct from null": [
      () => books("id").isDistinct("editor_id", 1).neq("id", 1).order("id"),
      good([{ id: 3 }, { id: 4 }]),
    ],
    "a regular expression": [
      () => authors("name").regexMatch("name", "^(A|G)").order("id"),
      good([{ name: "Ada" }, { name: "Grace" }]),
    ],
    "all patterns": [() => authors("name").likeAllOf("name", ["%a%", "A%"]), good([{ name: "Ada" }])],
    "in nothing": [() => books("id").in("id", []), good([])],
    "not in": [() => books("id").not("id", "in", "(1,2)").order("id"), good([{ id: 3 }, { id: 4 }])],
    "null with eq": [
      () => books("id").eq("pages", null),
      failure(400, "22P02", 'invalid input syntax for type integer: "null"'),
    ],
    "an embed that is missing": [
      () => books("id, author_id(name)").is("author_id", null),
      good([{ id: 4, author_id: null }]),
    ],
  });

  test("an error can be thrown, and a request given up", async () => {
    await assert.rejects(async () => await books("nope").throwOnError(), { name: "PostgrestError", code: "42703" });
    const given = await books().abortSignal(AbortSignal.abort());
    assert.match(given.error.message, /AbortError/);
  });
});

describe("mistakes in a read", () => {
  const parse = (message) => failure(400, "PGRST100", message);
  table({
    "a table that is none": [
      () => anon.from("e2e_book").select(),
      failure(404, "PGRST205", "Could not find the table 'public.e2e_book' in the schema cache", {
        hint: "Perhaps you meant the table 'public.e2e_books'",
        details: null,
      }),
    ],
    "a column that is none": [() => books("titel"), failure(400, "42703", "column e2e_books.titel does not exist")],
    "an embed that is none": [
      () => books("e2e_shelve(*)"),
      failure(
        400,
        "PGRST200",
        "Could not find a relationship between 'e2e_books' and 'e2e_shelve' in the schema cache",
      ),
    ],
    "a filter on what is not embedded": [
      () => books().eq("e2e_shelves.id", 1),
      failure(400, "PGRST108", "'e2e_shelves' is not an embedded resource in this request", {
        hint: "Verify that 'e2e_shelves' is included in the 'select' query parameter.",
      }),
    ],
    "a select list": [
      () => books("id,,title"),
      parse('"failed to parse select parameter (id,,title)" (line 1, column 4)'),
    ],
    "an operator": [
      () => books().filter("id", "equals", 1),
      parse('"failed to parse filter (equals.1)" (line 1, column 3)'),
    ],
    "a logic tree": [() => books().or("id.eq.1,title"), parse(/^"failed to parse logic tree \(\(id\.eq\.1,title\)\)"/)],
    "an order": [
      () => books().filter("order", "id", "up"),
      parse('"failed to parse order (id.up)" (line 1, column 4)'),
    ],
    "is, of what is no truth": [
      () => books().filter("pages", "is", "5"),
      parse('"failed to parse filter (is.5)" (line 1, column 4)'),
    ],
    "a schema that is not exposed": [
      () => anon.schema("auth").from("users").select(),
      failure(406, "PGRST106", "Invalid schema: auth", { hint: /^Only the following schemas are exposed: public/ }),
    ],
    "a text search configuration": [
      () => authors().textSearch("name", "ada", { config: "nope" }),
      failure(400, "42704", 'text search configuration "nope" does not exist'),
    ],
  });
});

describe("writing", () => {
  const clear = async () => ok(await server.from("e2e_books").delete().gte("id", 200));
  before(clear);
  after(clear);
  const from = () => server.from("e2e_books");
  const row = (id, more = {}) => ({ id, title: `book ${id}`, ...more });

  table({
    "one row": [() => from().insert(row(200)), {
      status: 201,
      statusText: "Created",
      data: null,
      error: null,
      count: null,
    }],
    "rows, counted": [() => from().insert([row(201), row(202)], { count: "exact" }), {
      status: 201,
      count: 2,
      data: null,
    }],
    "nothing": [() => from().insert([]).select(), { status: 201, data: [] }],
    "a key that is taken": [
      () => from().insert(row(200)),
      failure(409, "23505", 'duplicate key value violates unique constraint "e2e_books_pkey"', {
        details: "Key (id)=(200) already exists.",
        hint: null,
      }),
    ],
    "a reference to nothing": [
      () => from().insert(row(203, { author_id: 999 })),
      failure(409, "23503", /violates foreign key constraint "e2e_books_author_id_fkey"/, {
        details: 'Key (author_id)=(999) is not present in table "e2e_authors".',
      }),
    ],
    "a column left out": [
      () => from().insert({ id: 203 }),
      failure(400, "23502", 'null value in column "title" of relation "e2e_books" violates not-null constraint'),
    ],
    "a column that is none": [
      () => from().insert({ titel: "x" }),
      failure(400, "PGRST204", "Could not find the 'titel' column of 'e2e_books' in the schema cache"),
    ],
    "a value of another type": [
      () => from().insert(row("x")),
      failure(400, "22P02", 'invalid input syntax for type bigint: "x"'),
    ],
    "who may not": [
      () => anon.from("e2e_books").insert(row(204)),
      failure(401, "42501", "permission denied for table e2e_books"),
    ],
    "an upsert that makes": [() => from().upsert(row(205)).select("id"), { status: 201, data: [{ id: 205 }] }],
    "an upsert that merges": [() => from().upsert(row(205, { pages: 9 })).select("pages"), {
      status: 200,
      data: [{ pages: 9 }],
    }],
    "an upsert that passes over": [() => from().upsert(row(205, { pages: 1 }), { ignoreDuplicates: true }).select(), {
      status: 201,
      data: [],
    }],
    "an upsert on no constraint": [
      () => from().upsert(row(205), { onConflict: "pages" }),
      failure(400, "42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification"),
    ],
    "a change": [() => from().update({ pages: 7 }).eq("id", 200).select("id,pages"), {
      status: 200,
      data: [{ id: 200, pages: 7 }],
    }],
    "a change of nothing": [() => from().update({ pages: 7 }).eq("id", 0).select(), { status: 200, data: [] }],
    "a change of one that is none": [
      () => from().update({ pages: 7 }).eq("id", 0).select().single(),
      failure(406, "PGRST116", "Cannot coerce the result to a single JSON object"),
    ],
    "a change of every row": [
      () => from().update({ pages: 7 }),
      failure(400, "21000", "UPDATE requires a WHERE clause", { details: null, hint: null }),
    ],
    "a delete of every row": [
      () => from().delete(),
      failure(400, "21000", "DELETE requires a WHERE clause", { details: null, hint: null }),
    ],
    "more than may be touched": [
      () => from().delete().gte("id", 200).maxAffected(1),
      failure(400, "PGRST124", "Query result exceeds max-affected preference constraint", {
        details: "The query affects 4 rows",
      }),
    ],
    "what is left": [() => written("id", { count: "exact", head: true }), good(null, { count: 4 })],
    "a delete": [() => from().delete({ count: "exact" }).eq("id", 200), {
      status: 204,
      statusText: "No Content",
      data: null,
      count: 1,
      error: null,
    }],
  });
});

describe("calling", () => {
  table({
    "a scalar": [() => anon.rpc("e2e_add", { a: 1, b: 2 }), good(3)],
    "by GET": [() => anon.rpc("e2e_add", { a: 1 }, { get: true }), good(11)],
    "for its head": [
      () => anon.rpc("e2e_books_of", { author: 2 }, { head: true, count: "exact" }),
      good(null, { count: 2 }),
    ],
    "for one row": [() => anon.rpc("e2e_books_of", { author: 1 }).select("title").single(), good({ title: "Notes" })],
    "for CSV": [() => anon.rpc("e2e_books_of", { author: 1 }).select("id,title").csv(), good("id,title\n1,Notes")],
    "for nothing": [() => anon.rpc("e2e_nothing"), { status: 204, statusText: "No Content", data: null, error: null }],
    "with a value of another type": [
      () => anon.rpc("e2e_add", { a: "x" }),
      failure(400, "22P02", 'invalid input syntax for type integer: "x"'),
    ],
    "without an argument": [
      () => anon.rpc("e2e_add", { b: 1 }),
      failure(404, "PGRST202", "Could not find the function public.e2e_add(b) in the schema cache", {
        hint: "Perhaps you meant to call the function public.e2e_add(a, b)",
      }),
    ],
    "what is none": [
      () => anon.rpc("e2e_nope"),
      failure(404, "PGRST202", "Could not find the function public.e2e_nope without parameters in the schema cache"),
    ],
    "what raises": [
      () => anon.rpc("e2e_quota"),
      failure(402, "PT402", "Payment Required", { details: "Quota exceeded", hint: "Upgrade your plan" }),
    ],
  });
});
