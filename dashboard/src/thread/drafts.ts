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

export function forgetDrafts(): void {
  for (const name of Object.keys(localStorage)) if (name.startsWith(PREFIX)) localStorage.removeItem(name);
}
