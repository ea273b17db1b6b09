/** Who is here, and what that opens: sign-in, or the desk of one tenant. */

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useMemo, useState } from 'react';

import { Api } from './api/http.js';
import type { Me, MemberList } from './api/schema.js';
import type { Auth, Person } from './auth/session.js';
import { SignIn } from './auth/SignIn.js';
import type { Config } from './config.js';
import { type Desk, DeskContext } from './desk.js';
import { Hints } from './live/hints.js';
import { ProblemBox } from './shell/Problem.js';
import { Shell } from './shell/Shell.js';
import { t } from './text/intl.js';
import { speakFor } from './text/speaking.js';

export interface Given {
  auth: Auth;
  config: Config;
}

/** Somebody is signed in: who he is, where, with whom. A new person or tenant is a new desk: nothing is carried over. */
function Office({ auth, person }: { auth: Auth; person: Person }) {
  const api = useMemo(() => new Api(auth.token), [auth]);
  const queries = useMemo(() => new QueryClient({ defaultOptions: { queries: { retry: 1 } } }), []);
  const [found, setFound] = useState<Desk | 'nowhere' | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [tries, setTries] = useState(0);

  useEffect(() => {
    let isOver = false;
    let hints: Hints | undefined;
    const open = async () => {
      const me = await api.get<Me>('/me');
      const membership = me.memberships.find((one) => one.tenant_id === person.tenantId);
      const other = me.memberships[0];
      if (isOver) return;
      if (!membership || !person.tenantId) {
        if (!other) return setFound('nowhere');
        await change(api, auth, other.tenant_id);
        return undefined;
      }
      // While the rest is fetched, it joins: what is read then is told of from the first moment.
      hints = new Hints(auth.supabase, person.tenantId);
      const [members] = await Promise.all([api.get<MemberList>('/members'), speakFor(membership.language)]);
      if (isOver) return;
      setFound({ api, auth, hints, person: { ...person, tenantId: person.tenantId }, membership, memberships: me.memberships, members: members.items });
    };
    setProblem(null);
    open().catch((thrown: unknown) => !isOver && setProblem(thrown));
    return () => {
      isOver = true;
      void hints?.stop();
    };
  }, [api, auth, person, tries]);

  if (problem) return <ProblemBox problem={problem} onRetry={() => setTries((was) => was + 1)} />;
  if (found === null) return <p className="state" role="status">{t('app.starting')}</p>;
  if (found === 'nowhere') {
    return (
      <main className="state">
        <h1>{t('tenant.none.title')}</h1>
        <p>{t('tenant.none.text')}</p>
        <button type="button" className="button" onClick={() => void auth.signOut()}>{t('app.signOut')}</button>
      </main>
    );
  }
  return (
    <QueryClientProvider client={queries}>
      <DeskContext value={found}>
        <Shell onTenant={(id) => void change(api, auth, id)} />
      </DeskContext>
    </QueryClientProvider>
  );
}

async function change(api: Api, auth: Auth, tenantId: string): Promise<void> {
  await api.post(`/tenants/${tenantId}/switch`);
  await auth.renew();
}

export const GivenContext = createContext<Given | null>(null);

export function App() {
  const given = useContext(GivenContext);
  if (!given) throw new Error('started without its configuration');
  const { auth } = given;
  const [person, setPerson] = useState<Person | null | undefined>(undefined);
  useEffect(() => auth.watch(setPerson), [auth]);
  if (person === undefined) return <p className="state" role="status">{t('app.starting')}</p>;
  if (person === null) return <SignIn auth={auth} />;
  return <Office key={`${person.userId} ${person.tenantId}`} auth={auth} person={person} />;
}
