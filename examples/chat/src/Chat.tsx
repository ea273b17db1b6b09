import type { SupabaseClient } from '@supabase/supabase-js';
import { useEffect, useState } from 'react';

import type { ParleyClient } from 'parley-client';

import { List } from './List.js';
import { Window } from './Window.js';

/** The list, and beside it or over it the window of the conversation the address names (`#<thread id>`). */
export function Chat({ client, supabase, onSignOut }: {
  client: ParleyClient;
  supabase: SupabaseClient;
  onSignOut: () => void;
}) {
  const [threadId, setThreadId] = useState(() => location.hash.slice(1));

  useEffect(() => {
    const follow = () => setThreadId(location.hash.slice(1));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);

  return (
    <div className={threadId ? 'chat has-window' : 'chat'}>
      <List client={client} current={threadId} onSignOut={onSignOut} />
      {threadId
        ? <Window key={threadId} client={client} supabase={supabase} threadId={threadId} />
        : <main className="nothing-open">Choose a conversation.</main>}
    </div>
  );
}
