/** Tables and functions: what the reference of supabase-js shows, asked of the schema in fixtures.sql. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { anonymous, cleanUp, ok, publishableKey, service, signedIn, url } from "./client.mjs";

const anon = anonymous();
const server = service();
const authors = (columns = "name") => anon.from("e2e_authors").select(columns);
const books = (columns = "title") => anon.from("e2e_books").select(columns);
const names = async (query) => ok(await query).map((row) => row.name);
const titles = async (query) => ok(await query).map((row) => row.title);
let alice, bob;

async function clear() {
  ok(await server.from("e2e_books").delete().gte("id", 100));
  ok(await server.from("e2e_authors").delete().gte("id", 100));
}

before(async () => {
  [alice, bob] = [await signedIn(), await signedIn()];
  await clear();
});
after(async () => {
  await clear();
  ok(await server.from("e2e_notes").delete().gte("id", 0));
  await cleanUp();
});

describe("select", () => {
  test("aliases, casts and JSON paths", async () => {
    const row = ok(
      await authors("label:name, id::text, details->from->>city, works:details->works").eq("id", 1).single(),
    );
    assert.deepEqual(row, { label: "Ada", id: "1", city: "London", works: 3 });
  });

  test("to one, to many, many to many and nested", async () => {
    const row = ok(
      await books("title, e2e_authors!e2e_books_author_id_fkey(name), e2e_shelves(place)")
        .eq("id", 2).order("place", { referencedTable: "e2e_shelves" }).single(),
    );
    assert.deepEqual(row, {
      title: "Compilers",
      e2e_authors: { name: "Grace" },
      e2e_shelves: [{ place: "attic" }, { place: "hall" }],
    });
    const nested = ok(
      await authors(`
        name,
        wrote:e2e_books!author_id (
          title,
          e2e_shelves ( place )
        )
      `).eq("id", 1),
    );
    assert.deepEqual(nested, [{ name: "Ada", wrote: [{ title: "Notes", e2e_shelves: [{ place: "hall" }] }] }]);
  });

  test("a column or a constraint chooses among several ways", async () => {
    const row = ok(
      await books("author:author_id(name), editor:e2e_authors!e2e_books_editor_fkey(name)").eq("id", 1).single(),
    );
    assert.deepEqual(row, { author: { name: "Ada" }, editor: { name: "Grace" } });
    const { error, status } = await books("e2e_authors(name)");
    assert.deepEqual([status, error.code, error.details.length], [300, "PGRST201", 2]);
    assert.match(error.hint, /e2e_authors!e2e_books_editor_fkey/);
  });

  test("a table that refers to itself", async () => {
    const row = ok(
      await authors("name, mentor:mentor_id(name), pupils:e2e_authors!mentor_id(name)").eq("id", 1).single(),
    );
    assert.deepEqual(row, { name: "Ada", mentor: null, pupils: [{ name: "Grace" }] });
  });

  test("inner joins, empty embeds and spread", async () => {
    assert.deepEqual(await names(authors("name, e2e_books!author_id!inner()").eq("e2e_books.title", "Bugs")), [
      "Grace",
    ]);
    assert.deepEqual(await names(authors("name, written:e2e_books!author_id()").is("written", null)), ["Nobody"]);
    assert.deepEqual(ok(await books("title, ...author_id(author:name)").eq("id", 3)), [{
      title: "Bugs",
      author: "Grace",
    }]);
    assert.deepEqual(
      ok(
        await authors("name, ...e2e_books!author_id(titles:title)").eq("id", 2).order("title", {
          referencedTable: "e2e_books",
        }),
      ),
      [{ name: "Grace", titles: ["Bugs", "Compilers"] }],
    );
  });

  test("through a view", async () => {
    assert.deepEqual(ok(await anon.from("e2e_titles").select("title, author_id(name)").eq("id", 1)), [{
      title: "NOTES",
      author_id: { name: "Ada" },
    }]);
  });

  test("one, perhaps one, and tables", async () => {
    assert.equal(ok(await authors().eq("id", 0).maybeSingle()), null);
    const { error, status } = await authors().eq("id", 0).single();
    assert.deepEqual([status, error.code, error.details], [406, "PGRST116", "The result contains 0 rows"]);
    assert.equal(ok(await authors("id,name").lte("id", 2).order("id").csv()), "id,name\n1,Ada\n2,Grace");
  });

  test("counts and pages", async () => {
    assert.equal((await books("*").limit(1)).count, null);
    const counted = await anon.from("e2e_books").select("*", { count: "exact", head: true });
    assert.deepEqual([counted.count, counted.data], [4, null]);
    const page = await anon.from("e2e_books").select("id", { count: "exact" }).order("id").range(1, 2);
    assert.deepEqual([page.data, page.count, page.status], [[{ id: 2 }, { id: 3 }], 4, 206]);
    const beyond = await anon.from("e2e_books").select("id", { count: "exact" }).range(10, 20);
    assert.deepEqual([beyond.status, beyond.error.code], [416, "PGRST103"]);
  });

  test("orders", async () => {
    assert.deepEqual(await titles(books().order("pages", { ascending: false, nullsFirst: false })), [
      "Compilers",
      "Notes",
      "Bugs",
      "Anonymous",
    ]);
    assert.deepEqual(await titles(books().order("pages", { nullsFirst: true }).limit(2)), ["Anonymous", "Bugs"]);
    assert.deepEqual(
      await titles(
        books("title, author_id(name)").order("author_id(name)", { ascending: false, nullsFirst: false }).order("id")
          .limit(2),
      ),
      ["Compilers", "Bugs"],
    );
    const few = ok(
      await authors("wrote:e2e_books!author_id(title)").eq("id", 2).order("title", { referencedTable: "wrote" }).limit(
        1,
        { referencedTable: "wrote" },
      ),
    );
    assert.deepEqual(few, [{ wrote: [{ title: "Bugs" }] }]);
  });
});

describe("filters", () => {
  const cases = {
    eq: [(q) => q.eq("name", "Ada"), ["Ada"]],
    neq: [(q) => q.neq("name", "Ada"), ["Grace", "Nobody"]],
    "gt and lte": [(q) => q.gt("id", 1).lte("id", 2), ["Grace"]],
    like: [(q) => q.like("name", "%d%"), ["Ada", "Nobody"]],
    ilike: [(q) => q.ilike("name", "A%"), ["Ada"]],
    "like any of": [(q) => q.likeAnyOf("name", ["A%", "G%"]), ["Ada", "Grace"]],
    in: [(q) => q.in("name", ["Ada", "x,y", 'q"u']), ["Ada"]],
    "not in": [(q) => q.not("name", "in", '("Ada","Grace")'), ["Nobody"]],
    is: [(q) => q.is("born", null), ["Nobody"]],
    "contains an array": [(q) => q.contains("tags", ["maths"]), ["Ada"]],
    "is contained in an array": [(q) => q.containedBy("tags", ["navy", "x"]), ["Grace", "Nobody"]],
    overlaps: [(q) => q.overlaps("tags", ["maths", "navy"]), ["Ada", "Grace"]],
    "contains JSON": [(q) => q.contains("details", { from: { city: "London" } }), ["Ada"]],
    "a path in JSON": [(q) => q.eq("details->from->>city", "New York"), ["Grace"]],
    "right of a range": [(q) => q.rangeGt("born", "[1700,1816)"), ["Grace"]],
    "left of a range": [(q) => q.rangeLt("born", "[1900,1901)"), ["Ada"]],
    "beside a range": [(q) => q.rangeAdjacent("born", "[1852,1860)"), ["Ada"]],
    "overlaps a range": [(q) => q.overlaps("born", "[1850,1910)"), ["Ada", "Grace"]],
    "text search": [(q) => q.textSearch("search", "ada | graces", { config: "english" }), ["Ada", "Grace"]],
    "plain text search": [(q) => q.textSearch("search", "ada", { type: "plain" }), ["Ada"]],
    "web search": [(q) => q.textSearch("name", "ada or grace", { type: "websearch", config: "simple" }), [
      "Ada",
      "Grace",
    ]],
    match: [(q) => q.match({ id: 1, name: "Ada" }), ["Ada"]],
    or: [(q) => q.or('name.eq.Ada,and(id.gt.1,name.eq."Nobody")'), ["Ada", "Nobody"]],
    "not or": [(q) => q.or("id.eq.1,not.and(id.gt.1,tags.cs.{navy})"), ["Ada", "Nobody"]],
    filter: [(q) => q.filter("id", "in", "(1,2)"), ["Ada", "Grace"]],
  };
  for (const [label, [ask, wanted]] of Object.entries(cases)) {
    test(label, async () => assert.deepEqual(await names(ask(authors()).order("id")), wanted));
  }

  test("on what is embedded", async () => {
    const rows = ok(
      await authors("name, wrote:e2e_books!author_id(title)").or("title.eq.Bugs,pages.gt.500", {
        referencedTable: "wrote",
      }).order("id"),
    );
    assert.deepEqual(rows.map((row) => row.wrote.length), [0, 1, 0]);
  });
});

describe("changes", () => {
  test("rows are inserted and given back", async () => {
    assert.deepEqual(
      await server.from("e2e_books").insert({ id: 100, title: "Silent" }).then(({ status, data }) => [status, data]),
      [201, null],
    );
    const many = ok(
      await server.from("e2e_books").insert([{ id: 101, title: "A" }, { id: 102, title: "B", price: 1 }]).select(
        "price",
      ).order("id"),
    );
    assert.deepEqual(many, [{ price: null }, { price: 1 }]);
    const filled = ok(
      await server.from("e2e_books").insert([{ id: 103, title: "C" }, { id: 104, title: "D", price: 2 }], {
        defaultToNull: false,
      }).select("price"),
    );
    assert.deepEqual(filled, [{ price: 9.9 }, { price: 2 }]);
    const one = ok(
      await server.from("e2e_books").insert({ id: 105, title: "E", author_id: 1 }).select("title, author_id(name)")
        .single(),
    );
    assert.deepEqual(one, { title: "E", author_id: { name: "Ada" } });
    const { error, status } = await server.from("e2e_books").insert({ id: 106, title: "Notes" });
    assert.deepEqual([status, error.code], [409, "23505"]);
    const unknown = await server.from("e2e_books").insert({ id: 107, titel: "x" });
    assert.deepEqual([unknown.status, unknown.error.code], [400, "PGRST204"]);
  });

  test("upserts merge or pass over", async () => {
    const first = await server.from("e2e_books").upsert({ id: 110, title: "U", pages: 1 }).select("pages");
    assert.deepEqual([first.status, first.data], [201, [{ pages: 1 }]]);
    const again = await server.from("e2e_books").upsert({ id: 110, title: "U", pages: 2 }, { onConflict: "title" })
      .select("pages");
    assert.deepEqual([again.status, again.data], [200, [{ pages: 2 }]]);
    assert.deepEqual(
      ok(await server.from("e2e_books").upsert({ id: 110, title: "U", pages: 3 }, { ignoreDuplicates: true }).select()),
      [],
    );
  });

  test("updates and deletes say how many", async () => {
    ok(await server.from("e2e_books").upsert([{ id: 120, title: "X" }, { id: 121, title: "Y" }]));
    const changed = await server.from("e2e_books").update({ pages: 5 }, { count: "exact" }).gte("id", 120);
    assert.deepEqual([changed.status, changed.count, changed.data], [204, 2, null]);
    const { error } = await server.from("e2e_books").update({ pages: 6 }).gte("id", 120).maxAffected(1);
    assert.equal(error.code, "PGRST124");
    const gone = await server.from("e2e_books").delete({ count: "exact" }).gte("id", 120).select("id, pages");
    assert.deepEqual([gone.count, gone.data.map((row) => row.pages)], [2, [5, 5]]);
    const held = await server.from("e2e_authors").delete().eq("id", 1);
    assert.deepEqual([held.status, held.error.code], [409, "23503"]);
  });

  test("whoever may not is told so", async () => {
    const { error, status } = await anon.from("e2e_books").insert({ id: 130, title: "no" });
    assert.deepEqual([status, error.code], [401, "42501"]);
    assert.equal((await alice.from("e2e_books").insert({ id: 130, title: "no" })).status, 403);
  });

  test("rows of others are neither seen nor changed", async () => {
    const note = ok(await alice.from("e2e_notes").insert({ title: "mine" }).select().single());
    assert.equal(note.owner_id, alice.user.id);
    assert.deepEqual(ok(await anon.from("e2e_notes").select().eq("id", note.id)), []);
    assert.deepEqual(ok(await bob.from("e2e_notes").update({ title: "his" }).eq("id", note.id).select()), []);
    assert.deepEqual(ok(await bob.from("e2e_notes").delete().eq("id", note.id).select()), []);
    const forged = await bob.from("e2e_notes").insert({ title: "x", owner_id: alice.user.id });
    assert.deepEqual([forged.status, forged.error.code], [403, "42501"]);
  });
});

describe("functions", () => {
  test("answer scalars, sets and nothing", async () => {
    assert.equal(ok(await anon.rpc("e2e_add", { a: 1, b: 2 })), 3);
    assert.equal(ok(await anon.rpc("e2e_add", { a: 1 }, { get: true })), 11);
    const rows = await anon.rpc("e2e_books_of", { author: 2 }, { count: "exact" }).select("title, editor_id(name)")
      .order("title").limit(1);
    assert.deepEqual([rows.data, rows.count], [[{ title: "Bugs", editor_id: null }], 2]);
    assert.equal((await anon.rpc("e2e_books_of", { author: 2 }, { head: true, count: "exact" })).count, 2);
    assert.deepEqual(await anon.rpc("e2e_nothing").then(({ status, data }) => [status, data]), [204, null]);
  });

  test("see who asks", async () => {
    assert.deepEqual(ok(await alice.rpc("e2e_whoami")), { role: "authenticated", sub: alice.user.id });
    assert.deepEqual(ok(await anon.rpc("e2e_whoami")), { role: "anon", sub: null });
    assert.equal(ok(await server.rpc("e2e_whoami")).role, "service_role");
  });

  test("may set the status and raise errors", async () => {
    const { status, error } = await anon.rpc("e2e_teapot");
    assert.deepEqual([status, error.message], [418, "short and stout"]);
    const quota = await anon.rpc("e2e_quota");
    assert.equal(quota.status, 402);
    assert.deepEqual({ ...quota.error }, {
      code: "PT402",
      details: "Quota exceeded",
      hint: "Upgrade your plan",
      message: "Payment Required",
    });
  });

  test("that are not there are named", async () => {
    const { status, error } = await anon.rpc("e2e_ad", { a: 1 });
    assert.deepEqual([status, error.code], [404, "PGRST202"]);
    const misnamed = await anon.rpc("e2e_add", { a: 1, c: 2 });
    assert.equal(misnamed.error.message, "Could not find the function public.e2e_add(a, c) in the schema cache");
  });
});

describe("mistakes", () => {
  test("have PostgREST's codes", async () => {
    const found = async (query) => (await query).error?.code;
    assert.equal(await found(anon.from("e2e_nope").select()), "PGRST205");
    assert.equal(await found(books("nope")), "42703");
    assert.equal(await found(books().eq("id", "x")), "22P02");
    assert.equal(await found(books("title, e2e_nope(*)")), "PGRST200");
    assert.equal(await found(books().eq("e2e_shelves.id", 1)), "PGRST108");
    assert.equal(await found(books("id.sum()")), "PGRST123");
    assert.equal(await found(books().filter("id", "nope", 1)), "PGRST100");
    assert.equal(await found(anon.schema("auth").from("users").select()), "PGRST106");
    assert.equal(await found(books().explain()), "PGRST107");
  });

  test("a wrong key is no caller", async () => {
    const answer = await fetch(`${url}/rest/v1/e2e_books`, { headers: { apikey: `${publishableKey}x` } });
    assert.equal(answer.status, 401);
  });
});
