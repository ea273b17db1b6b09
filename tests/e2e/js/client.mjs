/**
 * What every suite needs: clients of the project that the environment names.
 *
 * `anonymous()` and `service()` hold the project's keys; `signedIn()` is a new user, removed by `cleanUp()`.
 */
import { randomUUID } from "node:crypto";
import { createClient } from "@supabase/supabase-js";

const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, SUPABASE_ANON_KEY } = process.env;
const { SUPABASE_SECRET_KEY, SUPABASE_SERVICE_ROLE_KEY } = process.env;

export const url = SUPABASE_URL;
export const publishableKey = SUPABASE_PUBLISHABLE_KEY ?? SUPABASE_ANON_KEY;
export const secretKey = SUPABASE_SECRET_KEY ?? SUPABASE_SERVICE_ROLE_KEY;
const WITHOUT_SESSION = { auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false } };

const users = [];

/** A client with the key a browser has. */
export function anonymous(options = {}) {
  return createClient(url, publishableKey, { ...WITHOUT_SESSION, ...options });
}

/** A client with the key only a server has. */
export function service(options = {}) {
  return createClient(url, secretKey, { ...WITHOUT_SESSION, ...options });
}

/** A new user's e-mail address and password. */
export function credentials() {
  return { email: `e2e-${randomUUID()}@example.com`, password: `e2e ${randomUUID()}` };
}

/** A client in which a new user is signed in, with his `user`. */
export async function signedIn(options = {}) {
  const { email, password } = credentials();
  const made = await service().auth.admin.createUser({ email, password, email_confirm: true });
  if (made.error) throw made.error;
  users.push(made.data.user.id);
  const client = anonymous(options);
  const { data, error } = await client.auth.signInWithPassword({ email, password });
  if (error) throw error;
  return Object.assign(client, { user: data.user, credentials: { email, password } });
}

/** Remove the users that were made: for `after()`. */
export async function cleanUp() {
  for (const id of users.splice(0)) await service().auth.admin.deleteUser(id);
}

/** The data of an answer that must be good. */
export function ok({ data, error }) {
  if (error) throw error;
  return data;
}
