/** Pair a phone: the code to scan, the same as text, and what to do on the phone. The code is asked for as long as this is open. */

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { encode } from 'uqr';

import type { ChannelSession, Pairing as State } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { lineOf } from '../shell/told.js';
import { t } from '../text/intl.js';

const EVERY_MS = 2_000;

export function Pairing({ session, onClose }: { session: ChannelSession; onClose(): void }) {
  const { api, person } = useDesk();
  const queries = useQueryClient();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const found = useQuery({
    queryKey: [person.tenantId, 'pairing', session.id],
    queryFn: () => api.post<State>(`/channel-sessions/${session.id}/pairing`),
    refetchInterval: ({ state }) => (state.data?.status === 'connected' ? false : EVERY_MS),
    gcTime: 0,
  });
  const code = found.data?.code;
  const isDone = found.data?.status === 'connected';
  useEffect(() => {
    if (isDone) void queries.invalidateQueries({ queryKey: [person.tenantId, '/channel-sessions'] });
  }, [isDone, queries, person.tenantId]);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby="pairing-title" onClose={onClose}>
      <h2 id="pairing-title">{t('pairing.title', { name: session.name })}</h2>
      {isDone ? <p role="status">{t('pairing.done')}</p> : (
        <>
          <ol className="pairing-steps">
            {(['open', 'devices', 'link', 'scan'] as const).map((step) => <li key={step}>{t('pairing.step', { step, number: session.address })}</li>)}
          </ol>
          <div className="pairing-code" aria-live="polite">
            {code ? <Code text={code} /> : <p role="status">{found.error ? lineOf(found.error) : t('pairing.waiting')}</p>}
          </div>
          {found.data?.reason && <p className="warn"><bdi>{found.data.reason}</bdi></p>}
          <details>
            <summary>{t('pairing.text')}</summary>
            <p className="quiet">{t('pairing.textHelp')}</p>
            <code className="secret" tabIndex={0} data-testid="pairing-text">{code ?? '–'}</code>
            <p className="quiet">{t('pairing.cli')}</p>
            <code className="secret" tabIndex={0}>parley pair {session.address}</code>
          </details>
        </>
      )}
      <div className="form-foot"><button type="button" className="button primary" onClick={() => dialog.current?.close()}>{t('explain.close')}</button></div>
    </dialog>
  );
}

/** Dark on light in every theme: cameras read no other. */
function Code({ text }: { text: string }) {
  const { size, data } = encode(text, { ecc: 'L', border: 2 });
  const dark = data.map((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : '')).join('')).join('');
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={t('pairing.code')} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={dark} fill="#000" />
    </svg>
  );
}
