/**
 * Who is signed in. The session is kept for this tab (sessionStorage: it survives a reload, not the tab), never in a URL:
 * magic links come with a code that is good once. Signing out in one tab signs out all of them.
 */

import { type AuthError, createClient, isAuthRetryableFetchError, type Session, type SupabaseClient } from '@supabase/supabase-js';

import type { Config } from '../config.js';
import { t } from '../text/intl.js';
import { speakFor } from '../text/speaking.js';
import { keeping } from './keeping.js';
import { forgetDrafts } from '../thread/drafts.js';

// Not the storage key: Auth speaks to its own tabs on a channel of that name.
const CHANNEL = 'parley-desk-left';

export interface Person {
  userId: string;
  email: string;
  /** The tenant the token is for; null while the person works in none. */
  tenantId: string | null;
}

export class Auth {
  readonly supabase: SupabaseClient;
  private readonly tabs = new BroadcastChannel(CHANNEL);

  constructor(config: Config) {
    this.supabase = createClient(config.supabaseUrl, config.publishableKey, {
      auth: { storage: keeping, storageKey: 'parley-desk', flowType: 'pkce', detectSessionInUrl: true },
    });
    this.tabs.onmessage = () => void this.leave();
  }

  /** Calls back now and whenever somebody else, or nobody, is signed in; returns what ends it. */
  watch(changed: (person: Person | null) => void): () => void {
    let last = '';
    const { data } = this.supabase.auth.onAuthStateChange((_, session) => {
      const person = session ? personOf(session) : null;
      const key = JSON.stringify(person);
      if (key === last) return;
      last = key;
      changed(person);
    });
    return () => data.subscription.unsubscribe();
  }

  token = async (): Promise<string | null> => (await this.supabase.auth.getSession()).data.session?.access_token ?? null;

  async signIn(email: string, password: string): Promise<string | null> {
    const { error } = await this.supabase.auth.signInWithPassword({ email, password });
    return error && refusal(error);
  }

  async sendLink(email: string): Promise<string | null> {
    const options = { emailRedirectTo: new URL('/dashboard/', location.href).href, shouldCreateUser: false };
    const { error } = await this.supabase.auth.signInWithOtp({ email, options });
    return error && refusal(error);
  }

  /** A new token, for what changed in the person's rights: another tenant, another role. */
  async renew(): Promise<void> {
    await this.supabase.auth.refreshSession();
    await this.supabase.realtime.setAuth();
  }

  async signOut(): Promise<void> {
    this.tabs.postMessage('signed out');
    await this.leave();
  }

  private async leave(): Promise<void> {
    forgetDrafts();
    await speakFor(null);
    await this.supabase.removeAllChannels();
    await this.supabase.auth.signOut({ scope: 'local' });
  }
}

/** Why Auth lets nobody in, in the reader's language; what it has no words for here it says itself. */
function refusal(error: AuthError): string {
  if (isAuthRetryableFetchError(error)) return t('app.offline');
  return error.code === 'invalid_credentials' ? t('signin.wrong') : t('signin.refused', { code: error.code ?? '', said: error.message });
}

function personOf(session: Session): Person {
  const tenant: unknown = session.user.app_metadata['tenant_id'] ?? claimsOf(session.access_token).tenant_id;
  return { userId: session.user.id, email: session.user.email ?? '', tenantId: typeof tenant === 'string' ? tenant : null };
}

/** The token's own word on the tenant: the user object of Auth does not carry what the token hook adds. */
function claimsOf(token: string): { tenant_id?: unknown } {
  try {
    const text = atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'));
    return (JSON.parse(text) as { app_metadata?: { tenant_id?: unknown } }).app_metadata ?? {};
  } catch {
    return {};
  }
}
