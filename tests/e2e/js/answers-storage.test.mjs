/**
 * What hosted Supabase answers to the documented calls of `storage`, down to status, code and words: one line a case.
 * Expectations are those of Storage as it publishes them.
 */
import { randomUUID } from "node:crypto";
import { after, before, describe } from "node:test";
import { table } from "./cases.mjs";
import { anonymous, ok, service } from "./client.mjs";

const anon = anonymous();
const server = service();

describe("files", () => {
  const id = `e2e-conformance-${randomUUID().slice(0, 8)}`;
  const bucket = server.storage.from(id);
  const guest = anon.storage.from(id);
  const remove = async () => {
    await server.storage.emptyBucket(id);
    await server.storage.deleteBucket(id);
  };
  before(async () => {
    ok(await server.storage.createBucket(id, { public: true, fileSizeLimit: 100, allowedMimeTypes: ["text/plain"] }));
    ok(await bucket.upload("folder/a.txt", "hello"));
  });
  after(remove);
  const said = (statusCode, code, message, status = 400) => ({
    data: null,
    error: { status, statusCode, code, message },
  });

  table({
    "a bucket twice": [
      () => server.storage.createBucket(id),
      said("409", "BucketAlreadyExists", "The resource already exists"),
    ],
    "a bucket of no name": [
      () => server.storage.createBucket("a/b"),
      said("400", "InvalidBucketName", "Bucket name invalid"),
    ],
    "a bucket by its name": [() => server.storage.getBucket(id), {
      data: { id, name: id, public: true, type: undefined, file_size_limit: 100, allowed_mime_types: ["text/plain"] },
    }],
    "a bucket that is none": [
      () => server.storage.getBucket("e2e-none"),
      said("404", "NoSuchBucket", "Bucket not found"),
    ],
    "a bucket with a file": [
      () => server.storage.deleteBucket(id),
      said("409", "ResourceNotEmpty", "The bucket you tried to delete is not empty"),
    ],
    "a bucket of a guest": [
      () => anon.storage.createBucket(`${id}-x`),
      said("403", "AccessDenied", "new row violates row-level security policy"),
    ],
    "a limit that is none": [
      () => server.storage.updateBucket(id, { public: true, fileSizeLimit: "much" }),
      said("400", "InvalidRequest", "Invalid file size format, hint: use 20GB / 20MB / 30KB / 3B"),
    ],
    "a file twice": [
      () => bucket.upload("folder/a.txt", "again"),
      said("409", "KeyAlreadyExists", "The resource already exists"),
    ],
    "a file too large": [
      () => bucket.upload("big.txt", "x".repeat(101)),
      said("413", "EntityTooLarge", "The object exceeded the maximum allowed size"),
    ],
    "a file of another type": [
      () => bucket.upload("a.html", "x", { contentType: "text/html" }),
      said("415", "InvalidMimeType", "mime type text/html is not supported"),
    ],
    "a file of a guest": [
      () => guest.upload("b.txt", "x"),
      said("403", "AccessDenied", "new row violates row-level security policy"),
    ],
    "a name that is none": [() => bucket.upload("ü.txt", "x"), said("400", "InvalidKey", /^Invalid key: /)],
    "a file in no bucket": [
      () => server.storage.from("e2e-none").upload("a.txt", "x"),
      said("404", "NoSuchBucket", "Bucket not found"),
    ],
    "a download of nothing": [() => bucket.download("none.txt"), said("404", "NoSuchKey", "Object not found")],
    "what is known of nothing": [() => bucket.info("none.txt"), said("404", "NoSuchKey", "Object not found")],
    "whether something is there": [() => bucket.exists("folder/a.txt"), { data: true, error: null }],
    "whether nothing is there": [() => bucket.exists("none.txt"), { data: false }],
    "a list of no folder": [() => bucket.list("none"), { data: [], error: null }],
    "a list of folders": [() => bucket.list(), {
      data: [{ name: "folder", id: null, updated_at: null, created_at: null, last_accessed_at: null, metadata: null }],
    }],
    "a move of nothing": [() => bucket.move("none.txt", "b.txt"), said("404", "NoSuchKey", "Object not found")],
    "a copy onto itself": [
      () => bucket.copy("folder/a.txt", "folder/a.txt"),
      said("409", "KeyAlreadyExists", "The resource already exists"),
    ],
    "a copy": [() => bucket.copy("folder/a.txt", "folder/b.txt"), {
      data: { path: `${id}/folder/b.txt` },
      error: null,
    }],
    "a move": [() => bucket.move("folder/b.txt", "folder/c.txt"), {
      data: { message: "Successfully moved" },
      error: null,
    }],
    "a link to nothing": [() => bucket.createSignedUrl("none.txt", 60), said("404", "NoSuchKey", "Object not found")],
    "a link for no time": [() => bucket.createSignedUrl("folder/a.txt", 0), {
      error: { status: 400, statusCode: "400", message: "body/expiresIn must be >= 1" },
    }],
    "an upload link twice": [
      () => bucket.createSignedUploadUrl("folder/a.txt"),
      said("409", "KeyAlreadyExists", "The resource already exists"),
    ],
    "an upload with another's link": [() => bucket.uploadToSignedUrl("folder/d.txt", "a.b.c", "x"), {
      error: { status: 400, statusCode: "400", code: "InvalidJWT" },
    }],
    "a removal of nothing": [() => bucket.remove(["none.txt"]), { data: [], error: null }],
    "a removal of no names": [() => bucket.remove([]), {
      error: { status: 400, statusCode: "400", message: "body/prefixes must NOT have fewer than 1 items" },
    }],
    "emptying": [() => server.storage.emptyBucket(id), {
      data: { message: "Empty bucket has been queued. Completion may take up to an hour." },
      error: null,
    }],
  });
});
