import type { SupabaseClient } from '@supabase/supabase-js';
import { type FormEvent, useState } from 'react';

import type { Config } from './config.js';

export function SignIn({ supabase, config }: { supabase: SupabaseClient; config: Config }) {
  const [problem, setProblem] = useState('');
  const [notice, setNotice] = useState('');
  const [isBusy, setBusy] = useState(false);

  const run = async (work: () => Promise<{ error: { message: string } | null }>, done = '') => {
    setBusy(true);
    setProblem('');
    setNotice('');
    const { error } = await work();
    setBusy(false);
    if (error) setProblem(error.message);
    else setNotice(done);
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const email = String(form.get('email'));
    const password = String(form.get('password'));
    if (password) void run(() => supabase.auth.signInWithPassword({ email, password }));
    else {
      const options = { emailRedirectTo: location.href, shouldCreateUser: true };
      void run(() => supabase.auth.signInWithOtp({ email, options }), 'Look into your mail: it has the link to come in.');
    }
  };

  return (
    <main className="sign-in">
      <h1>Messages</h1>
      <form onSubmit={submit}>
        <label>
          E-mail
          <input name="email" type="email" autoComplete="username" required autoFocus />
        </label>
        <label>
          Password <small>(empty: a link by mail)</small>
          <input name="password" type="password" autoComplete="current-password" />
        </label>
        <button type="submit" className="primary" disabled={isBusy}>Sign in</button>
      </form>
      {problem && <p role="alert" className="problem">{problem}</p>}
      {notice && <p role="status">{notice}</p>}
      {config.people.length > 0 && (
        <section aria-labelledby="try">
          <h2 id="try">On this local stack</h2>
          {config.people.map(({ name, email, password }) => (
            <button key={email} type="button" disabled={isBusy}
              onClick={() => void run(() => supabase.auth.signInWithPassword({ email, password }))}>
              Come in as {name}
            </button>
          ))}
        </section>
      )}
    </main>
  );
}
