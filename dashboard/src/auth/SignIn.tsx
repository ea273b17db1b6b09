import { type FormEvent, useState } from 'react';

import { Language } from '../shell/Language.js';
import { t } from '../text/intl.js';
import { chooseHere, chosenHere } from '../text/speaking.js';
import type { Auth } from './session.js';

export function SignIn({ auth }: { auth: Auth }) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [said, setSaid] = useState<{ text: string; isBad: boolean } | null>(() =>
    new URL(location.href).searchParams.has('error') ? { text: t('signin.expired'), isBad: true } : null,
  );
  const [isBusy, setBusy] = useState(false);

  const attempt = async (what: () => Promise<string | null>, done: string | null) => {
    setBusy(true);
    const problem = await what();
    setBusy(false);
    setSaid(problem ? { text: problem, isBad: true } : done ? { text: done, isBad: false } : null);
  };
  return (
    <main className="signin">
      <form
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          void attempt(() => auth.signIn(email, password), null);
        }}
      >
        <h1>{t('signin.title')}</h1>
        <label>{t('signin.email')}<input type="email" autoComplete="username" required value={email} onChange={(event) => setEmail(event.target.value)} /></label>
        <label>{t('signin.password')}<input type="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} /></label>
        {said && <p role={said.isBad ? 'alert' : 'status'} className={said.isBad ? 'warn' : undefined}>{said.text}</p>}
        <button type="submit" className="button primary" disabled={isBusy}>{t('signin.submit')}</button>
        <button type="button" className="link" disabled={isBusy || !email} onClick={() => void attempt(() => auth.sendLink(email), t('signin.linkSent'))}>{t('signin.link')}</button>
      </form>
      <Language chosen={chosenHere()} onChoose={(tag) => void chooseHere(tag)} />
    </main>
  );
}
