/** The little cryptography verification needs, on WebCrypto: compare without telling where, HMAC, Fernet. */

type Bytes = Uint8Array<ArrayBuffer>;
export const utf8 = (text: string): Bytes => new TextEncoder().encode(text);

/** The bytes of a base64 or base64url text; null when it is none. */
export function fromBase64(text: string): Bytes | null {
  try {
    return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/").trim()), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}

export const toBase64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));
export const toHex = (bytes: Uint8Array): string => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");

export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

export function concat(...pieces: Uint8Array[]): Bytes {
  const all = new Uint8Array(pieces.reduce((size, piece) => size + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.byteLength;
  }
  return all;
}

/** Whether two texts are equal, in a time that depends on neither: digests of one length are compared to the end. */
export async function equal(given: string | null | undefined, known: string | null | undefined): Promise<boolean> {
  const [a, b] = await Promise.all([sha256(utf8(given ?? "")), sha256(utf8(known ?? ""))]);
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0 && !!given && !!known;
}

/** HMAC of `data` under `key`. An empty key is never a key. */
export async function hmac(hash: "SHA-1" | "SHA-256", key: Bytes, data: Bytes): Promise<Bytes> {
  const usable = key.byteLength ? key : crypto.getRandomValues(new Uint8Array(32));
  const imported = await crypto.subtle.importKey("raw", usable, { name: "HMAC", hash }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, data));
}

/** The text in a Fernet token, by the first of `keys` (base64, 32 bytes each) that fits; null when none does. */
export async function openFernet(token: string, keys: readonly string[]): Promise<string | null> {
  const bytes = fromBase64(token);
  if (!bytes || bytes.length < 73 || bytes[0] !== 0x80) return null;
  const signed = bytes.subarray(0, -32), tag = bytes.subarray(-32);
  for (const key of keys) {
    const raw = fromBase64(key);
    if (!raw || raw.length !== 32) continue;
    const mac = await crypto.subtle.importKey("raw", raw.subarray(0, 16), { name: "HMAC", hash: "SHA-256" }, false, [
      "verify",
    ]);
    if (!await crypto.subtle.verify("HMAC", mac, tag, signed)) continue;
    const aes = await crypto.subtle.importKey("raw", raw.subarray(16), "AES-CBC", false, ["decrypt"]);
    const plain = await crypto.subtle.decrypt(
      { name: "AES-CBC", iv: bytes.subarray(9, 25) },
      aes,
      bytes.subarray(25, -32),
    );
    return new TextDecoder().decode(plain);
  }
  return null;
}
