/** A signed-in client against the loopback server. */

import { createClient, type SupabaseClient } from '@supabase/supabase-js';

import { type KeyValue, MemoryStorage, ParleyClient, ParleyError } from '../src/index.js';
import { ChatServer, ME } from './server.js';

export interface World {
  server: ChatServer;
  client: ParleyClient;
  storage: KeyValue;
  troubles: ParleyError[];
  /** A second page load with the same storage. */
  reload(): Promise<ParleyClient>;
  end(): Promise<void>;
}

export async function makeWorld(storage: KeyValue = new MemoryStorage()): Promise<World> {
  const server = new ChatServer();
  const url = await server.start();
  const troubles: ParleyError[] = [];
  const clients: ParleyClient[] = [];
  const open = async () => {
    const client = await ParleyClient.open(signedIn(url), { storage, onTrouble: (error) => troubles.push(error) });
    clients.push(client);
    return client;
  };
  const client = await open();
  return {
    server, client, storage, troubles,
    reload: async () => {
      for (const one of clients) one.close();
      return open();
    },
    end: async () => {
      for (const one of clients) one.close();
      await server.stop();
    },
  };
}

/** supabase-js with a session in its storage, as after a sign-in. */
function signedIn(url: string): SupabaseClient {
  const session = {
    access_token: `${part({ alg: 'none' })}.${part({ sub: ME, exp: 4_000_000_000, role: 'authenticated' })}.x`,
    refresh_token: 'r', token_type: 'bearer', expires_in: 1_000_000, expires_at: 4_000_000_000,
    user: { id: ME, app_metadata: {}, user_metadata: {}, aud: 'authenticated', created_at: '2026-01-01T00:00:00Z' },
  };
  const kept = new Map([['session', JSON.stringify(session)]]);
  return createClient(url, 'a-key', {
    auth: {
      storageKey: 'session', autoRefreshToken: false, detectSessionInUrl: false,
      storage: {
        getItem: (key) => kept.get(key) ?? null,
        setItem: (key, value) => void kept.set(key, value),
        removeItem: (key) => void kept.delete(key),
      },
    },
  });
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Wait until `check` holds. */
export async function until(check: () => boolean | Promise<boolean>, ms = 20_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${check.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
