import { useEffect, useState } from 'react';

import { type ParleyClient, ParleyError, type PushState } from 'parley-client';

import { worker } from './worker.js';

/** The switch for pushes to this browser. Not there where the browser has none, or its user forbade them. */
export function Bell({ client, onProblem }: { client: ParleyClient; onProblem: (problem: string) => void }) {
  const [state, setState] = useState<PushState>('unsupported');

  const change = async (turn?: 'enable' | 'disable') => {
    try {
      const registration = await worker();
      if (!registration) return;
      let now = turn ? await client.push[turn](registration) : await client.push.state(registration);
      // Said again at every start, the server knows that this browser is still there.
      if (!turn && now === 'on') now = await client.push.enable(registration);
      setState(now);
      onProblem('');
    } catch (thrown) {
      // Nobody asked for anything at the start: what did not work then is tried again at the next.
      if (turn) onProblem(thrown instanceof ParleyError ? `${thrown.message}. ${thrown.remedy ?? ''}` : String(thrown));
    }
  };

  useEffect(() => void change(), [client]);

  if (state === 'unsupported' || state === 'denied') return null;
  return (
    <button type="button" className="icon" aria-label="Notify me of messages" aria-pressed={state === 'on'}
      onClick={() => void change(state === 'on' ? 'disable' : 'enable')}>
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d="M6 17v-6a6 6 0 0 1 12 0v6l1.5 2h-15zM10 21h4" />
        {state === 'off' && <path d="M4 4l16 17" />}
      </svg>
    </button>
  );
}
