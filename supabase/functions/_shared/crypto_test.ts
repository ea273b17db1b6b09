/** Fernet as Python seals it, comparisons, encodings. */

import { assert, assertEquals } from "./assert_test_kit.ts";
import { equal, fromBase64, hmac, openFernet, toBase64, toHex, utf8 } from "./crypto.ts";

// The vector of the Fernet specification.
const KEY = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
const TOKEN = "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
const OTHER = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

Deno.test("a token is opened by the key that fits, wherever it stands", async () => {
  assertEquals(await openFernet(TOKEN, [KEY]), "hello");
  assertEquals(await openFernet(TOKEN, [OTHER, "short", KEY]), "hello");
  assertEquals(await openFernet(TOKEN, [OTHER]), null);
  assertEquals(await openFernet(TOKEN, []), null);
});

Deno.test("a token that was touched is opened by nobody", async () => {
  const bytes = fromBase64(TOKEN)!;
  for (const at of [0, 1, 9, 25, 40, bytes.length - 1]) {
    const changed = bytes.slice();
    changed[at]! ^= 1;
    assertEquals(await openFernet(toBase64(changed), [KEY]), null);
  }
  for (const none of ["", "x", "!!!", TOKEN.slice(0, 60)]) assertEquals(await openFernet(none, [KEY]), null);
});

Deno.test("nothing equals nothing: an unset secret lets nobody in", async () => {
  assert(await equal("secret", "secret"));
  for (const [given, known] of [["secret", "Secret"], ["", ""], [null, null], ["x", ""], ["", "x"], [null, "x"]]) {
    assert(!await equal(given, known));
  }
});

Deno.test("an empty key signs nothing twice the same", async () => {
  const once = toHex(await hmac("SHA-256", new Uint8Array(), utf8("x")));
  assert(once !== toHex(await hmac("SHA-256", new Uint8Array(), utf8("x"))));
  const known = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
  assertEquals(
    toHex(await hmac("SHA-256", utf8("key"), utf8("The quick brown fox jumps over the lazy dog"))),
    known,
  );
});

Deno.test("base64 of both alphabets is read, and what is none is null", () => {
  assertEquals(toHex(fromBase64("-_8=")!), "fbff");
  assertEquals(toHex(fromBase64("+/8")!), "fbff");
  assertEquals(fromBase64("a b!"), null);
});
