import './style.css';

import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';

import { ParleyClient, ParleyError } from 'parley-client';

import { Chat } from './Chat.js';
import { type Config, readConfig } from './config.js';
import { SignIn } from './SignIn.js';
import { worker } from './worker.js';

type Stage =
  | { name: 'starting' }
  | { name: 'signed-out' }
  | { name: 'ready'; client: ParleyClient }
  | { name: 'broken'; problem: string; remedy?: string | undefined };

function App({ config, supabase }: { config: Config; supabase: SupabaseClient }) {
  const [userId, setUserId] = useState<string | null | undefined>(undefined);
  const [stage, setStage] = useState<Stage>({ name: 'starting' });

  useEffect(() => {
    const { data } = supabase.auth.onAuthStateChange((_, session) => setUserId(session?.user.id ?? null));
    return () => data.subscription.unsubscribe();
  }, [supabase]);

  useEffect(() => {
    if (userId === undefined) return undefined;
    if (userId === null) {
      setStage({ name: 'signed-out' });
      return undefined;
    }
    let client: ParleyClient | undefined;
    let isOver = false;
    void begin(supabase, config)
      .then((opened) => {
        client = opened;
        if (isOver) opened.close();
        else setStage({ name: 'ready', client: opened });
      })
      .catch((thrown: unknown) => !isOver && setStage(broken(thrown)));
    return () => {
      isOver = true;
      client?.close();
    };
  }, [userId, supabase, config]);

  const signOut = async () => {
    if (stage.name === 'ready') await leave(stage.client);
    await supabase.auth.signOut({ scope: 'local' });
  };

  switch (stage.name) {
    case 'starting':
      return <p className="notice" role="status">Starting …</p>;
    case 'signed-out':
      return <SignIn supabase={supabase} config={config} />;
    case 'ready':
      return <Chat client={stage.client} supabase={supabase} onSignOut={() => void signOut()} />;
    case 'broken':
      return (
        <main className="notice" role="alert">
          <p>{stage.problem}</p>
          {stage.remedy && <p>{stage.remedy}</p>}
          <button type="button" onClick={() => void signOut()}>Sign out</button>
        </main>
      );
  }
}

async function begin(supabase: SupabaseClient, config: Config): Promise<ParleyClient> {
  const client = await ParleyClient.open(supabase, { tenantSlug: config.tenantSlug || undefined });
  try {
    if (config.tenantSlug) await client.claim(config.tenantSlug);
  } catch (thrown) {
    // Offline, what this device remembers is shown all the same: the link was made long ago.
    if (!(thrown instanceof ParleyError) || thrown.kind !== 'again') {
      client.close();
      throw thrown;
    }
  }
  return client;
}

/** Forget on this device what the user may not want the next one to see, pushes among it. */
async function leave(client: ParleyClient): Promise<void> {
  const registration = await worker();
  try {
    if (registration) await client.push.disable(registration);
  } catch {
    // Offline: the browser has forgotten it, and the server hears so from the push service.
  }
  await client.forget();
}

function broken(thrown: unknown): Stage {
  if (thrown instanceof ParleyError) return { name: 'broken', problem: thrown.message, remedy: thrown.remedy };
  return { name: 'broken', problem: String(thrown) };
}

async function start(): Promise<void> {
  const root = createRoot(document.getElementById('app') as HTMLElement);
  try {
    const config = await readConfig();
    const supabase = createClient(config.supabaseUrl, config.publishableKey);
    root.render(
      <StrictMode>
        <App config={config} supabase={supabase} />
      </StrictMode>,
    );
  } catch (thrown) {
    root.render(<p className="notice" role="alert">{String(thrown)}</p>);
  }
}

void start();
