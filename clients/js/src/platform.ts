/** What browsers have and others lack: React Native has no `crypto`, and a page over plain HTTP only half of it. */

/** An id nobody else makes: a UUID of version 4. It orders and hides nothing, so the last resort may be plain chance. */
export function newId(): string {
  const source = globalThis.crypto as Partial<Crypto> | undefined;
  if (source?.randomUUID) return source.randomUUID();
  const bytes = new Uint8Array(16);
  if (source?.getRandomValues) source.getRandomValues(bytes);
  else for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(Math.random() * 256);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** `work` with a signal that aborts it after `ms`. */
export async function within<T>(ms: number, work: (signal: AbortSignal) => PromiseLike<T>): Promise<T> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ms);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** A copy that later changes of `value` do not reach, where copies can be made. */
export function copyOf<T>(value: T): T {
  return typeof structuredClone === 'function' ? structuredClone(value) : value;
}
