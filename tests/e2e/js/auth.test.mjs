/** Auth: what a front end does with supabase-js to let people in. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { anonymous, cleanUp, credentials, ok, publishableKey, service, signedIn, url } from "./client.mjs";

after(cleanUp);

/** Storage that lasts as long as a tab, for clients that keep a session or a PKCE verifier. */
function tab() {
  const kept = new Map();
  return {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
    removeItem: (name) => void kept.delete(name),
  };
}

/** Follow a link without going where it leads; gives the URL it leads to. */
async function land(link) {
  const answer = await fetch(link, { redirect: "manual" });
  assert.equal(answer.status, 303);
  return new URL(answer.headers.get("location"));
}

test("a password signs in, and getClaims checks the token without asking", async () => {
  const client = await signedIn();
  const { claims, header } = ok(await client.auth.getClaims());
  assert.equal(claims.sub, client.user.id);
  assert.equal(claims.role, "authenticated");
  assert.equal(claims.aal, "aal1");
  assert.equal(claims.is_anonymous, false);
  assert.equal(claims.amr[0].method, "password");
  if (header.alg !== "HS256") assert.ok(header.kid);
  assert.equal(ok(await client.auth.getUser()).user.email, client.credentials.email);
  const level = ok(await client.auth.mfa.getAuthenticatorAssuranceLevel());
  assert.deepEqual([level.currentLevel, level.nextLevel], ["aal1", "aal1"]);
});

test("a wrong password and an unknown address are one error", async () => {
  const { credentials: known } = await signedIn();
  for (const email of [known.email, credentials().email]) {
    const { error } = await anonymous().auth.signInWithPassword({ email, password: "a wrong password" });
    assert.deepEqual([error.status, error.code], [400, "invalid_credentials"]);
    assert.equal(error.message, "Invalid login credentials");
  }
});

test("a session is refreshed, and its user told", async () => {
  const client = await signedIn();
  const before = ok(await client.auth.getSession()).session;
  const events = [];
  client.auth.onAuthStateChange((event) => void events.push(event));
  const after = ok(await client.auth.refreshSession()).session;
  assert.notEqual(after.refresh_token, before.refresh_token);
  assert.ok(events.includes("TOKEN_REFRESHED"), String(events));
});

test("two tabs that wake up together both stay signed in", async () => {
  const client = await signedIn();
  const { refresh_token } = ok(await client.auth.getSession()).session;
  const answers = await Promise.all([1, 2, 3].map(() => anonymous().auth.refreshSession({ refresh_token })));
  const tokens = answers.map((answer) => ok(answer).session.refresh_token);
  assert.equal(new Set(tokens).size, 1);
  ok(await anonymous().auth.refreshSession({ refresh_token: tokens[0] }));
});

test("a magic link signs in by PKCE: the code is worth nothing in another browser", async () => {
  const { credentials: known } = await signedIn();
  const options = { auth: { flowType: "pkce", storage: tab(), autoRefreshToken: false, detectSessionInUrl: false } };
  const browser = anonymous(options);
  ok(await browser.auth.signInWithOtp({ email: known.email, options: { shouldCreateUser: false } }));
  const { error } = await anonymous(options).auth.exchangeCodeForSession("00000000-0000-4000-8000-000000000000");
  assert.ok(error);
});

test("a link an admin made signs in, once", async () => {
  const { credentials: known } = await signedIn();
  const made = ok(await service().auth.admin.generateLink({ type: "magiclink", email: known.email }));
  const landed = await land(made.properties.action_link);
  const said = new URLSearchParams(landed.hash.slice(1));
  const client = anonymous();
  const { user } = ok(
    await client.auth.setSession({
      access_token: said.get("access_token"),
      refresh_token: said.get("refresh_token"),
    }),
  );
  assert.equal(user.email, known.email);
  const again = new URLSearchParams((await land(made.properties.action_link)).hash.slice(1));
  assert.equal(again.get("error_code"), "otp_expired");
});

test("a code is verified with the address it was sent to", async () => {
  const { credentials: known } = await signedIn();
  const made = ok(await service().auth.admin.generateLink({ type: "recovery", email: known.email }));
  const token = made.properties.email_otp;
  const wrong = await anonymous().auth.verifyOtp({ email: credentials().email, token, type: "recovery" });
  assert.deepEqual([wrong.error.status, wrong.error.code], [403, "otp_expired"]);
  const client = anonymous();
  assert.ok(ok(await client.auth.verifyOtp({ email: known.email, token, type: "recovery" })).session);
  ok(await client.auth.updateUser({ password: "another good password" }));
  ok(await anonymous().auth.signInWithPassword({ email: known.email, password: "another good password" }));
});

test("metadata is the user's, app_metadata is not", async () => {
  const client = await signedIn();
  const { user } = ok(await client.auth.updateUser({ data: { color: "red" } }));
  assert.equal(user.user_metadata.color, "red");
  ok(await service().auth.admin.updateUserById(user.id, { app_metadata: { plan: "gold" } }));
  const refreshed = ok(await client.auth.refreshSession());
  assert.equal(refreshed.user.app_metadata.plan, "gold");
});

test("a weak password is refused with its reasons", async () => {
  const { error } = await anonymous().auth.signUp({ email: credentials().email, password: "x" });
  assert.equal(error.name, "AuthWeakPasswordError");
  assert.ok(error.reasons.includes("length"));
});

test("signing out elsewhere leaves this session alone", async () => {
  const here = await signedIn();
  const there = anonymous();
  ok(await there.auth.signInWithPassword(here.credentials));
  const { error } = await here.auth.signOut({ scope: "others" });
  assert.equal(error, null);
  assert.ok(ok(await here.auth.getUser()).user);
  const gone = await there.auth.getUser();
  assert.equal(gone.error.code ?? gone.error.name, gone.error.code ? "session_not_found" : "AuthSessionMissingError");
});

test("users are listed page by page", async () => {
  await signedIn();
  await signedIn();
  const page = ok(await service().auth.admin.listUsers({ page: 1, perPage: 1 }));
  assert.equal(page.users.length, 1);
  assert.ok(page.total >= 2);
  assert.equal(page.nextPage, 2);
});

test("a browser's key is no admin's", async () => {
  const { error } = await anonymous().auth.admin.listUsers();
  assert.ok([401, 403].includes(error.status), String(error.status));
});

test("what is not built says so where it is local, and works where it is not", async () => {
  const { data, error } = await (await signedIn()).auth.mfa.enroll({ factorType: "totp" });
  if (error?.status === 501) assert.match(error.message, /multi-factor authentication.*supabase start/);
  else assert.ok(data?.id ?? error);
});

test("an edge function is invoked, and its refusal is the function's own", async () => {
  const answer = await anonymous().functions.invoke("telegram-webhook/nobody", { body: { update_id: 1 } });
  assert.ok(answer.error);
  if (answer.error.name === "FunctionsHttpError") {
    assert.ok([401, 404].includes(answer.error.context.status));
  } else assert.equal(answer.error.name, "FunctionsRelayError"); // the functions are not running here
});

test("the key set is public and tokens name its key", async () => {
  const { keys } = await (await fetch(`${url}/auth/v1/.well-known/jwks.json`)).json();
  assert.ok(Array.isArray(keys));
  const settings = await (await fetch(`${url}/auth/v1/settings`, { headers: { apikey: publishableKey } })).json();
  assert.equal(settings.external.email, true);
});
