/** Edge functions through supabase-js: what is asked arrives at the function, what it says comes back. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { FunctionsFetchError, FunctionsHttpError } from "@supabase/supabase-js";
import { anonymous, cleanUp, service, signedIn } from "./client.mjs";

after(cleanUp);

/** What a function answered that did not answer well: its status and its body. */
async function refusal(answer) {
  assert.ok(answer.error instanceof FunctionsHttpError, String(answer.error));
  assert.equal(answer.data, null);
  return [answer.error.context.status, await answer.error.context.json()];
}

test("path and method reach the function, and its own words come back", async () => {
  const known = { media: "No such file, or its time is over.", track: "No such link." };
  for (const [name, detail] of Object.entries(known)) {
    const answer = await anonymous().functions.invoke(`${name}/${randomUUID()}`, { method: "GET" });
    const [status, problem] = await refusal(answer);
    assert.deepEqual([status, problem.code, problem.detail], [404, "not_found", detail]);
    assert.match(answer.response.headers.get("content-type"), /^application\/problem\+json/);
  }
  const [status, problem] = await refusal(
    await anonymous().functions.invoke(`media/${randomUUID()}`, { body: { a: 1 } }),
  );
  assert.deepEqual([status, problem.detail], [405, "Use GET or HEAD."]);
});

test("bodies of every form reach it", async () => {
  const form = new FormData();
  form.append("text", "hello");
  const bodies = [{ update_id: 1 }, "text", new Blob(["blob"]), new Uint8Array([1, 2, 3]).buffer, form];
  for (const body of bodies) {
    const [status, problem] = await refusal(
      await anonymous().functions.invoke(`telegram-webhook/${randomUUID()}`, { body }),
    );
    assert.deepEqual([status, problem.code], [401, "bad_signature"], String(body));
  }
});

test("whoever asks, a function without JWT checks is asked", async () => {
  for (const client of [anonymous(), service(), await signedIn()]) {
    const [status] = await refusal(await client.functions.invoke(`track/${randomUUID()}`, { method: "GET" }));
    assert.equal(status, 404);
  }
});

test("a function that is not there is not found", async () => {
  const [status, body] = await refusal(await anonymous().functions.invoke(`e2e-${randomUUID()}`));
  assert.deepEqual([status, body.code, body.message], [404, "NOT_FOUND", "Requested function was not found"]);
});

test("an answer nobody waits for is given up", async () => {
  const { error } = await anonymous().functions.invoke("track", { signal: AbortSignal.abort() });
  assert.ok(error instanceof FunctionsFetchError);
});
