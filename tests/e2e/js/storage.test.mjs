/** Storage: buckets, uploads in every form, downloads, signed URLs, lists, and who may what. */
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { anonymous, cleanUp, ok, publishableKey, service, signedIn, url } from "./client.mjs";

const admin = service().storage;
const FILES = "e2e-files"; // its policies are in fixtures.sql
const PUBLIC = "e2e-public";
const run = randomUUID().slice(0, 8);
let alice, bob;

async function removeBucket(id) {
  await admin.emptyBucket(id);
  await admin.deleteBucket(id);
}

before(async () => {
  for (const id of [FILES, PUBLIC]) await removeBucket(id);
  ok(await admin.createBucket(FILES, { public: false }));
  ok(
    await admin.createBucket(PUBLIC, {
      public: true,
      fileSizeLimit: "1KB",
      allowedMimeTypes: ["image/*", "text/plain"],
    }),
  );
  [alice, bob] = [await signedIn(), await signedIn()];
});

after(async () => {
  for (const id of [FILES, PUBLIC]) await removeBucket(id);
  await cleanUp();
});

const mine = (name) => `${alice.user.id}/${name}`;
const files = (client) => client.storage.from(FILES);
const text = async (answer) => await ok(answer).text();

describe("buckets", () => {
  const id = `e2e-${run}`;
  after(() => removeBucket(id));

  test("are made, found, changed and deleted", async () => {
    assert.deepEqual(ok(await admin.createBucket(id, { public: false, fileSizeLimit: "1MB" })), { name: id });
    const made = ok(await admin.getBucket(id));
    assert.deepEqual([made.id, made.name, made.public, made.file_size_limit], [id, id, false, 1_000_000]);
    ok(await admin.updateBucket(id, { public: true, allowedMimeTypes: ["image/png"] }));
    const changed = ok(await admin.getBucket(id));
    assert.deepEqual([changed.public, changed.file_size_limit, changed.allowed_mime_types], [true, 1_000_000, [
      "image/png",
    ]]);
    assert.ok(ok(await admin.listBuckets()).some((one) => one.id === id));
    const page = ok(await admin.listBuckets({ limit: 1, search: id, sortColumn: "name", sortOrder: "desc" }));
    assert.deepEqual(page.map((one) => one.id), [id]);
    assert.equal(ok(await admin.deleteBucket(id)).message, "Successfully deleted");
    assert.equal((await admin.getBucket(id)).error.statusCode, "404");
  });

  test("of one name are there once, and go only when they are empty", async () => {
    ok(await admin.createBucket(id));
    const again = await admin.createBucket(id);
    assert.deepEqual([again.error.statusCode, again.error.message], ["409", "The resource already exists"]);
    ok(await admin.from(id).upload("a.txt", "a"));
    assert.equal((await admin.deleteBucket(id)).error.statusCode, "409");
    ok(await admin.emptyBucket(id));
    assert.deepEqual(ok(await admin.from(id).list()), []);
    ok(await admin.deleteBucket(id));
  });

  test("are nobody's to make, change or delete who holds the public key", async () => {
    assert.equal((await anonymous().storage.createBucket(`${id}-x`)).error.statusCode, "403");
    assert.equal((await alice.storage.createBucket(`${id}-x`)).error.statusCode, "403");
    assert.equal((await alice.storage.deleteBucket(PUBLIC)).error !== null, true);
    assert.deepEqual(ok(await alice.storage.listBuckets()), []);
  });
});

describe("an upload", () => {
  const bytes = new Uint8Array([0, 1, 2, 253, 254, 255]);
  const form = () => {
    const made = new FormData();
    made.append("cacheControl", "60");
    made.append("", new Blob([bytes], { type: "image/png" }), "form.png");
    return made;
  };
  const stream = () => new Blob([bytes]).stream();
  const bodies = {
    Blob: () => new Blob([bytes], { type: "image/png" }),
    File: () => new File([bytes], "other name.png", { type: "image/png" }),
    FormData: form,
    Buffer: () => Buffer.from(bytes),
    ArrayBuffer: () => bytes.buffer,
    Uint8Array: () => bytes,
    ReadableStream: stream,
  };
  for (const [kind, body] of Object.entries(bodies)) {
    test(`of a ${kind} comes back byte by byte`, async () => {
      const name = mine(`kinds/${kind}.png`);
      const made = ok(await files(alice).upload(name, body(), { contentType: "image/png", cacheControl: "60" }));
      assert.equal(made.path, name);
      assert.equal(made.fullPath, `${FILES}/${name}`);
      const back = ok(await files(alice).download(name));
      assert.deepEqual(new Uint8Array(await back.arrayBuffer()), bytes);
      assert.equal(back.type, "image/png");
      const info = ok(await files(alice).info(name));
      assert.deepEqual([info.id, info.name, info.size, info.contentType], [made.id, name, 6, "image/png"]);
      assert.equal(info.cacheControl, "max-age=60");
      assert.equal(info.bucketId, FILES);
      assert.equal(info.etag, `"${createHash("md5").update(bytes).digest("hex")}"`);
    });
  }

  test("of a string keeps its metadata", async () => {
    const name = mine("note.txt");
    ok(await files(alice).upload(name, "grüße", { metadata: { by: "Zoë", tags: [1, 2] } }));
    const info = ok(await files(alice).info(name));
    assert.deepEqual(info.metadata, { by: "Zoë", tags: [1, 2] });
    assert.match(info.contentType, /^text\/plain/);
    assert.equal(await text(await files(alice).download(name)), "grüße");
    const blob = new Blob(["blob"], { type: "text/plain" });
    ok(await files(alice).upload(name, blob, { metadata: { by: "form" }, upsert: true }));
    assert.deepEqual(ok(await files(alice).info(name)).metadata, { by: "form" });
  });

  test("replaces nothing unless it is told to", async () => {
    const name = mine("once.txt");
    const first = ok(await files(alice).upload(name, "first"));
    const again = await files(alice).upload(name, "second");
    assert.deepEqual([again.error.status, again.error.statusCode, again.error.message], [
      400,
      "409",
      "The resource already exists",
    ]);
    assert.equal(await text(await files(alice).download(name)), "first");
    const replaced = ok(await files(alice).upload(name, "third", { upsert: true }));
    assert.equal(replaced.id, first.id);
    assert.equal(await text(await files(alice).download(name)), "third");
    ok(await files(alice).update(name, "fourth"));
    assert.equal(await text(await files(alice).download(name)), "fourth");
  });

  test("of nothing is an empty file", async () => {
    ok(await files(alice).upload(mine("empty.bin"), new Blob([])));
    assert.equal(ok(await files(alice).download(mine("empty.bin"))).size, 0);
  });

  test("keeps to the bucket's size and types", async () => {
    const big = await admin.from(PUBLIC).upload("big.txt", "x".repeat(1001), { contentType: "text/plain" });
    assert.equal(big.error.statusCode, "413");
    ok(await admin.from(PUBLIC).upload("fits.txt", "x".repeat(1000), { contentType: "text/plain" }));
    const wrong = await admin.from(PUBLIC).upload("page.html", "<p>", { contentType: "text/html" });
    assert.deepEqual([wrong.error.statusCode, wrong.error.message], ["415", "mime type text/html is not supported"]);
    ok(await admin.from(PUBLIC).upload("dot.png", new Blob([bytes], { type: "image/png" })));
    assert.equal((await admin.from(PUBLIC).info("big.txt")).error.statusCode, "404");
  });

  test("needs a name Storage takes, and a bucket that is there", async () => {
    for (const name of ["ünï.txt", "a\u0001b", "`tick`", "[square]"]) {
      const { error } = await files(alice).upload(mine(name), "x");
      assert.ok(error, name);
    }
    const { error } = await alice.storage.from("e2e-nowhere").upload("a.txt", "x");
    assert.deepEqual([error.statusCode, error.message], ["404", "Bucket not found"]);
  });
});

describe("a download", () => {
  const name = () => mine("alphabet.txt");
  before(async () => {
    ok(await files(alice).upload(name(), "abcdefghijklmnopqrstuvwxyz", { contentType: "text/plain", upsert: true }));
  });
  const signed = async (options) => ok(await files(alice).createSignedUrl(name(), 60, options)).signedUrl;

  test("may be of a part", async () => {
    const address = await signed();
    for (
      const [range, part] of [["bytes=0-2", "abc"], ["bytes=23-", "xyz"], ["bytes=-2", "yz"], ["bytes=25-99", "z"]]
    ) {
      const answer = await fetch(address, { headers: { range } });
      assert.deepEqual([answer.status, await answer.text()], [206, part], range);
      assert.match(answer.headers.get("content-range"), /^bytes \d+-\d+\/26$/);
    }
    assert.equal((await fetch(address)).headers.get("accept-ranges"), "bytes");
  });

  test("is spared to whoever has it already", async () => {
    const address = await signed();
    const first = await fetch(address);
    const etag = first.headers.get("etag");
    assert.equal(await first.text(), "abcdefghijklmnopqrstuvwxyz");
    assert.ok(first.headers.get("last-modified"));
    const again = await fetch(address, { headers: { "if-none-match": etag } });
    assert.deepEqual([again.status, await again.text()], [304, ""]);
    assert.equal((await fetch(address, { headers: { "if-none-match": '"other"' } })).status, 200);
  });

  test("may be given a name", async () => {
    const plain = await fetch(await signed());
    assert.equal(plain.headers.get("content-disposition"), null);
    const named = await fetch(await signed({ download: "my letters.txt" }));
    assert.match(named.headers.get("content-disposition"), /^attachment; filename=.*my%20letters\.txt/);
    const unnamed = await fetch(await signed({ download: true }));
    assert.match(unnamed.headers.get("content-disposition"), /^attachment/);
  });

  test("of what is not there is refused, and exists() says so", async () => {
    const { data, error } = await files(alice).download(mine("nothing.txt"));
    assert.equal(data, null);
    assert.deepEqual([error.status, error.statusCode, error.message], [400, "404", "Object not found"]);
    assert.equal((await files(alice).exists(mine("nothing.txt"))).data, false);
    assert.equal((await files(alice).exists(name())).data, true);
  });

  test("of a page runs nothing", async () => {
    ok(await files(alice).upload(mine("page.html"), "<script>1</script>", { contentType: "text/html", upsert: true }));
    const address = ok(await files(alice).createSignedUrl(mine("page.html"), 60)).signedUrl;
    assert.match((await fetch(address)).headers.get("content-type"), /^text\/plain/);
  });

  test("of a stream is readable as one", async () => {
    const stream = ok(await files(alice).download(name()).asStream());
    assert.equal(await new Response(stream).text(), "abcdefghijklmnopqrstuvwxyz");
  });
});

describe("a public bucket", () => {
  test("is read by anybody without a key, and written by nobody without a right", async () => {
    ok(await admin.from(PUBLIC).upload("hello.txt", "hello", { contentType: "text/plain", upsert: true }));
    const { publicUrl } = anonymous().storage.from(PUBLIC).getPublicUrl("hello.txt").data;
    const answer = await fetch(publicUrl);
    assert.deepEqual([answer.status, await answer.text()], [200, "hello"]);
    assert.equal((await fetch(publicUrl, { method: "HEAD" })).headers.get("content-length"), "5");
    const named = anonymous().storage.from(PUBLIC).getPublicUrl("hello.txt", { download: "h.txt" }).data.publicUrl;
    assert.match((await fetch(named)).headers.get("content-disposition"), /h\.txt/);
    const { error } = await alice.storage.from(PUBLIC).upload("mine.txt", "x", { contentType: "text/plain" });
    assert.equal(error.statusCode, "403");
    const closed = anonymous().storage.from(FILES).getPublicUrl(mine("note.txt")).data.publicUrl;
    assert.equal((await fetch(closed)).ok, false);
  });
});

describe("signed URLs", () => {
  test("open one object for a time", async () => {
    const name = mine("signed file (1).txt");
    ok(await files(alice).upload(name, "signed", { upsert: true }));
    const { signedUrl } = ok(await files(alice).createSignedUrl(name, 60));
    assert.equal(await (await fetch(signedUrl)).text(), "signed");
    const other = signedUrl.replace("(1)", "(2)");
    assert.equal((await fetch(other)).ok, false);
    assert.equal((await fetch(signedUrl.slice(0, -3))).ok, false);
    const short = ok(await files(alice).createSignedUrl(name, 1)).signedUrl;
    await new Promise((resolve) => setTimeout(resolve, 2100));
    assert.equal((await fetch(short)).status, 400);
  });

  test("are made for many, each with its own answer", async () => {
    ok(await files(alice).upload(mine("many.txt"), "many", { upsert: true }));
    const [good, bad] = ok(await files(alice).createSignedUrls([mine("many.txt"), mine("none.txt")], 60));
    assert.equal(await (await fetch(good.signedUrl)).text(), "many");
    assert.deepEqual([bad.signedUrl, bad.path], [null, mine("none.txt")]);
    assert.match(bad.error, /does not exist or you do not have access/);
  });

  test("take one upload from whoever holds them", async () => {
    const name = mine("from-a-guest.txt");
    const { token, path } = ok(await files(alice).createSignedUploadUrl(name));
    assert.equal(path, name);
    const guest = files(anonymous());
    ok(await guest.uploadToSignedUrl(name, token, "from a guest", { contentType: "text/plain" }));
    assert.equal(await text(await files(alice).download(name)), "from a guest");
    assert.equal((await guest.uploadToSignedUrl(name, token, "again")).error.statusCode, "409");
    assert.ok((await guest.uploadToSignedUrl(mine("other.txt"), token, "x")).error);
    assert.ok((await guest.uploadToSignedUrl(name, "no token", "x")).error);
    const again = ok(await files(alice).createSignedUploadUrl(name, { upsert: true }));
    ok(await guest.uploadToSignedUrl(name, again.token, new Blob(["replaced"])));
    assert.equal(await text(await files(alice).download(name)), "replaced");
  });
});

describe("a list", () => {
  const folder = (name = "") => mine(`list-${run}/${name}`);
  before(async () => {
    for (const name of ["b.txt", "A.txt", "c_1.txt", "sub/one.txt", "sub/two.txt", "zub/three.txt"]) {
      ok(await files(alice).upload(folder(name), name));
    }
  });

  test("shows folders and files of one level", async () => {
    const found = ok(await files(alice).list(folder()));
    assert.deepEqual(found.map((one) => one.name), ["A.txt", "b.txt", "c_1.txt", "sub", "zub"]);
    const [file, , , sub] = found;
    assert.deepEqual([sub.id, sub.metadata, sub.created_at], [null, null, null]);
    assert.equal(file.metadata.size, 5);
    assert.deepEqual(ok(await files(alice).list(folder("sub"))).map((one) => one.name), ["one.txt", "two.txt"]);
    assert.deepEqual(ok(await files(alice).list(folder("none"))), []);
  });

  test("is paged, sorted and searched", async () => {
    const names = async (options) => ok(await files(alice).list(folder(), options)).map((one) => one.name);
    assert.deepEqual(await names({ limit: 2, offset: 1 }), ["b.txt", "c_1.txt"]);
    assert.deepEqual(await names({ sortBy: { column: "name", order: "desc" } }), [
      "zub",
      "sub",
      "c_1.txt",
      "b.txt",
      "A.txt",
    ]);
    const newest = await names({ sortBy: { column: "created_at", order: "desc" } });
    assert.deepEqual(newest.filter((one) => one.includes(".")), ["c_1.txt", "A.txt", "b.txt"]);
    assert.deepEqual(await names({ search: "c_" }), ["c_1.txt"]);
    assert.deepEqual(await names({ search: "a" }), ["A.txt"]);
  });

  test("goes on from a cursor", async () => {
    const names = [];
    let cursor;
    do {
      const page = ok(await files(alice).listV2({ prefix: folder(), limit: 4, cursor }));
      names.push(...page.objects.map((one) => one.name.slice(folder().length)));
      cursor = page.hasNext ? page.nextCursor : undefined;
    } while (cursor);
    assert.deepEqual(names, ["A.txt", "b.txt", "c_1.txt", "sub/one.txt", "sub/two.txt", "zub/three.txt"]);
    const level = ok(await files(alice).listV2({ prefix: folder(), with_delimiter: true }));
    assert.deepEqual(level.folders.map((one) => one.name), [folder("sub/"), folder("zub/")]);
    assert.equal(level.objects.length, 3);
    assert.equal(level.hasNext, false);
  });
});

describe("objects", () => {
  test("are moved, copied and removed", async () => {
    const [first, second, third] = ["first.txt", "second.txt", "third.txt"].map((one) => mine(`moves/${one}`));
    ok(await files(alice).upload(first, "moving", { metadata: { kept: true } }));
    assert.equal(ok(await files(alice).move(first, second)).message, "Successfully moved");
    assert.equal((await files(alice).exists(first)).data, false);
    assert.equal(ok(await files(alice).copy(second, third)).path, `${FILES}/${third}`);
    assert.equal(await text(await files(alice).download(third)), "moving");
    assert.deepEqual(ok(await files(alice).info(third)).metadata, { kept: true });
    assert.equal((await files(alice).move(second, third)).error.statusCode, "409");
    assert.equal((await files(alice).copy(second, third)).error.statusCode, "409");
    assert.equal((await files(alice).move(first, mine("x.txt"))).error.statusCode, "404");
    const gone = ok(await files(alice).remove([second, third, mine("none.txt")]));
    assert.deepEqual(gone.map((one) => one.name).sort(), [second, third]);
    assert.deepEqual(ok(await files(alice).list(mine("moves"))), []);
  });
});

describe("a stranger", () => {
  const name = () => mine("private.txt");
  before(async () => {
    ok(await files(alice).upload(name(), "private", { upsert: true }));
  });

  test("reads, lists, signs and finds nothing of others", async () => {
    for (const stranger of [bob, anonymous()]) {
      const theirs = files(stranger);
      assert.equal((await theirs.download(name())).error.statusCode, "404");
      assert.equal((await theirs.info(name())).error.statusCode, "404");
      assert.equal((await theirs.exists(name())).data, false);
      assert.deepEqual(ok(await theirs.list(alice.user.id)), []);
      assert.deepEqual(ok(await theirs.listV2({ prefix: alice.user.id })).objects, []);
      assert.equal((await theirs.createSignedUrl(name(), 60)).error.statusCode, "404");
      assert.equal(ok(await theirs.createSignedUrls([name()], 60))[0].signedUrl, null);
    }
  });

  test("writes, replaces, moves and removes nothing of others", async () => {
    for (const stranger of [bob, anonymous()]) {
      const theirs = files(stranger);
      const { error } = await theirs.upload(mine("planted.txt"), "x");
      assert.deepEqual([error.statusCode, error.message], ["403", "new row violates row-level security policy"]);
      assert.equal((await theirs.upload(name(), "x", { upsert: true })).error.statusCode, "403");
      assert.equal((await theirs.update(name(), "x")).error.statusCode, "403");
      assert.equal((await theirs.createSignedUploadUrl(mine("planted.txt"))).error.statusCode, "403");
      assert.equal((await theirs.move(name(), `${stranger.user?.id}/taken.txt`)).error.statusCode, "404");
      assert.equal((await theirs.copy(name(), `${stranger.user?.id}/taken.txt`)).error.statusCode, "404");
      assert.deepEqual(ok(await theirs.remove([name()])), []);
    }
    assert.equal((await files(alice).move(name(), `${bob.user.id}/given.txt`)).error.statusCode, "403");
    assert.equal(await text(await files(alice).download(name())), "private");
  });

  test("with a damaged token is nobody", async () => {
    const headers = { apikey: publishableKey, authorization: "Bearer abc.def.ghi" };
    const answer = await fetch(`${url}/storage/v1/object/list/${FILES}`, { method: "POST", headers, body: "{}" });
    assert.ok([400, 401, 403].includes(answer.status), String(answer.status));
  });
});
