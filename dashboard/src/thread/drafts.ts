/** What was begun and not sent, by tenant, person and conversation. It survives a reload; signing out wipes it. */

const PREFIX = 'parley-draft:';

export interface DraftKey {
  tenantId: string;
  userId: string;
  threadId: string;
}

const nameOf = (key: DraftKey) => `${PREFIX}${key.tenantId}:${key.userId}:${key.threadId}`;

export function readDraft(key: DraftKey): string {
  return localStorage.getItem(nameOf(key)) ?? '';
}

export function keepDraft(key: DraftKey, text: string): void {
  if (text) localStorage.setItem(nameOf(key), text);
  else localStorage.removeItem(nameOf(key));
}

/** A try to send whose end is not known: what was sent, and by which id. Tried again, after a reload too, it is the same message. */
export interface Try {
  what: string;
  id: string;
}

export function readTry(key: DraftKey): Try | null {
  try {
    return JSON.parse(localStorage.getItem(`${nameOf(key)}:try`) ?? 'null') as Try | null;
  } catch {
    return null;
  }
}

export function keepTry(key: DraftKey, one: Try | null): void {
  if (one) localStorage.setItem(`${nameOf(key)}:try`, JSON.stringify(one));
  else localStorage.removeItem(`${nameOf(key)}:try`);
}

export function forgetDrafts(): void {
  for (const name of Object.keys(localStorage)) if (name.startsWith(PREFIX)) localStorage.removeItem(name);
}
