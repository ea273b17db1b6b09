/**
 * What hosted Supabase answers to the documented calls of `auth`, down to status, code and words: one line a case.
 * Expectations are those of Auth as it publishes them.
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { holds, table } from "./cases.mjs";
import { anonymous, cleanUp, credentials, ok, publishableKey, service, signedIn, url } from "./client.mjs";

const server = service();

after(cleanUp);

describe("signing in and out", () => {
  const said = (status, code, message) => ({ error: { status, code, message } });
  const admin = server.auth.admin;
  let user;
  before(async () => void (user = await signedIn()));
  const session = async () => ok(await user.auth.getSession()).session;
  const nobody = randomUUID();

  table({
    "an unknown token": [
      () => anonymous().auth.getUser("nonsense"),
      said(
        403,
        "bad_jwt",
        "invalid JWT: unable to parse or verify signature, token is malformed: token contains an invalid number of segments",
      ),
    ],
    "a key for a token": [
      () => anonymous().auth.getUser(publishableKey),
      said(403, "bad_jwt", "invalid claim: missing sub claim"),
    ],
    "a forged token": [
      async () => anonymous().auth.getUser((await session()).access_token.replace(/.{20}$/, "A".repeat(20))),
      said(403, "bad_jwt", /token signature is invalid/),
    ],
    "an unknown refresh token": [
      () => anonymous().auth.refreshSession({ refresh_token: "nonsense" }),
      said(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found"),
    ],
    "no password": [
      () => anonymous().auth.signUp({ email: credentials().email, password: "" }),
      said(400, "validation_failed", "Signup requires a valid password"),
    ],
    "a password too long": [
      () => anonymous().auth.signUp({ email: credentials().email, password: `Aa1!${"x".repeat(70)}` }),
      said(400, "validation_failed", "Password cannot be longer than 72 characters"),
    ],
    "the same password": [
      () => user.auth.updateUser({ password: user.credentials.password }),
      said(422, "same_password", "New password should be different from the old password."),
    ],
    "an address that is none": [
      () => user.auth.updateUser({ email: "nonsense" }),
      said(400, "validation_failed", "Unable to validate email address: invalid format"),
    ],
    "a code for nobody": [
      () => anonymous().auth.signInWithOtp({ email: credentials().email, options: { shouldCreateUser: false } }),
      said(422, "otp_disabled", "Signups not allowed for otp"),
    ],
    "a code that is none": [
      () => anonymous().auth.verifyOtp({ email: user.credentials.email, token: "000000", type: "email" }),
      said(403, "otp_expired", "Token has expired or is invalid"),
    ],
    "a link that is none": [
      () => anonymous().auth.verifyOtp({ token_hash: "nonsense", type: "email" }),
      said(403, "otp_expired", "Email link is invalid or has expired"),
    ],
    "a reset for nobody": [() => anonymous().auth.resetPasswordForEmail(credentials().email), {
      data: {},
      error: null,
    }],
    "a browser's key for an admin's": [
      () => anonymous().auth.admin.listUsers(),
      said(403, "not_admin", "User not allowed"),
    ],
    "an admin and nobody": [() => admin.getUserById(nobody), said(404, "user_not_found", "User not found")],
    "a change of nobody": [
      () => admin.updateUserById(nobody, { user_metadata: {} }),
      said(404, "user_not_found", "User not found"),
    ],
    "a delete of nobody": [() => admin.deleteUser(nobody), said(404, "user_not_found", "User not found")],
    "a user of no address": [
      () => admin.createUser({}),
      said(400, "validation_failed", "Cannot create a user without either an email or phone"),
    ],
    "an address that is taken": [
      () => admin.createUser({ email: user.credentials.email }),
      said(422, "email_exists", "A user with this email address has already been registered"),
    ],
    "an invitation of a user": [
      () => admin.inviteUserByEmail(user.credentials.email),
      said(422, "email_exists", "A user with this email address has already been registered"),
    ],
    "a ban of no length": [
      () => admin.updateUserById(user.user.id, { ban_duration: "long" }),
      said(400, "validation_failed", 'invalid format for ban duration: time: invalid duration "long"'),
    ],
    "no factors": [() => user.auth.mfa.listFactors(), { data: { all: [], totp: [] }, error: null }],
  });

  test("every time of a user is in one form", async () => {
    const { user: me } = ok(await user.auth.getUser());
    for (
      const moment of [me.created_at, me.last_sign_in_at, me.identities[0].created_at, me.identities[0].updated_at]
    ) {
      assert.match(moment, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
    }
  });

  test("who signed out is nobody", async () => {
    const { access_token } = await session();
    assert.equal((await user.auth.signOut()).error, null);
    const { error } = await anonymous().auth.getUser(access_token);
    assert.ok(["AuthSessionMissingError", "AuthApiError"].includes(error.name));
  });
});

describe("over plain HTTP", () => {
  const ask = (path, { key = publishableKey, ...more } = {}) =>
    fetch(`${url}${path}`, {
      redirect: "manual",
      ...more,
      headers: { ...(key ? { apikey: key } : {}), ...more.headers },
    });
  const cases = {
    "no key": ["/rest/v1/e2e_books", { key: "" }, 401, {
      message: "No API key found in request",
      hint: "No `apikey` request header or url param was found.",
    }],
    "a wrong key": ["/rest/v1/e2e_books", { key: "sb_publishable_wrong" }, 401, {
      message: "Invalid API key",
      hint: "Double check your Supabase `anon` or `service_role` API key.",
    }],
    "no key for Auth": ["/auth/v1/user", { key: "" }, 401, { message: "No API key found in request" }],
    "a wrong token": ["/rest/v1/e2e_books", { headers: { authorization: "Bearer nonsense" } }, 401, {
      code: "PGRST301",
      message: "Expected 3 parts in JWT; got 1",
    }],
    "a wrong token for Storage": ["/storage/v1/bucket", { headers: { authorization: "Bearer nonsense" } }, 400, {
      statusCode: "403",
      error: "Unauthorized",
      message: "Invalid Compact JWS",
    }],
    "the key in the query": [`/rest/v1/e2e_books?select=id&id=eq.1&apikey=${publishableKey}`, { key: "" }, 200, [{
      id: 1,
    }]],
    "a slash behind": ["/rest/v1/e2e_books/?select=id&id=eq.1", {}, 200, [{ id: 1 }]],
    "a path too long": ["/rest/v1/e2e_books/1", {}, 404, {
      code: "PGRST125",
      message: "Invalid path specified in request URL",
    }],
    "a method that is none": ["/rest/v1/rpc/e2e_add", { method: "DELETE" }, 405, {
      code: "PGRST101",
      message: "Cannot use the DELETE method on RPC",
    }],
    "a form nobody has": ["/rest/v1/e2e_books", { headers: { accept: "text/html" } }, 406, {
      code: "PGRST107",
      message: "None of these media types are available: text/html",
    }],
    "a body that is none": [
      "/rest/v1/rpc/e2e_add",
      { method: "POST", headers: { "content-type": "application/json" }, body: "{" },
      400,
      { code: "PGRST102", message: "Empty or invalid json" },
    ],
    "a preference that is none": ["/rest/v1/e2e_books", { headers: { prefer: "handling=strict, foo=bar" } }, 400, {
      code: "PGRST122",
      details: "Invalid preferences: foo=bar",
    }],
    "a Range header": [
      "/rest/v1/e2e_books?select=id&order=id",
      { headers: { range: "1-2", "range-unit": "items" } },
      200,
      [{ id: 2 }, { id: 3 }],
    ],
    "a zero byte": ["/rest/v1/e2e_books?title=eq.%00", {}, 400, { code: "22021" }],
  };
  for (const [label, [path, options, status, wanted]] of Object.entries(cases)) {
    test(label, async () => {
      const answer = await ask(path, options);
      const body = await answer.json();
      assert.equal(answer.status, status, JSON.stringify(body));
      holds(body, wanted, label);
    });
  }

  test("a link leads nowhere but to the project's own addresses", async () => {
    for (
      const to of [
        "http://evil.example/",
        "//evil.example",
        "http://evil.example\\@localhost/",
        "http://[::1",
        "javascript:alert(1)",
      ]
    ) {
      const answer = await ask(`/auth/v1/verify?token=x&type=signup&redirect_to=${encodeURIComponent(to)}`, {
        key: "",
      });
      assert.equal(answer.status, 303, to);
      assert.doesNotMatch(answer.headers.get("location"), /evil|javascript|\[/, to);
    }
  });
});
