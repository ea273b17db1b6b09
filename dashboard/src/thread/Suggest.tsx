/** Drafts an assistant writes when it is asked. None of them is sent: one is taken into the field, and says where it is from. */

import { useEffect, useState } from 'react';

import type { DraftRow, Request, Suggestions } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { lineOf } from '../shell/told.js';
import { t } from '../text/intl.js';

const TRIES = 40;
const FIRST_MS = 700;

export function Suggest({ threadId, onTake, onClose }: { threadId: string; onTake(draft: DraftRow): void; onClose(): void }) {
  const { api } = useDesk();
  const [state, setState] = useState<Suggestions | string | null>(null);
  useEffect(() => {
    let isOver = false;
    const ask = async () => {
      const asked = await api.post<Request>(`/threads/${threadId}/suggestions`);
      let wait: number | null = asked.next_poll_ms ?? FIRST_MS;
      for (let n = 0; wait !== null && n < TRIES && !isOver; n++) {
        await new Promise((resolve) => setTimeout(resolve, wait ?? 0));
        const found: Suggestions = await api.get(`/suggestions/${asked.request_id}`);
        if (isOver) return;
        wait = found.next_poll_ms;
        if (wait === null) return setState(found);
      }
      if (!isOver) setState(t('suggest.late'));
      return undefined;
    };
    ask().catch((thrown: unknown) => !isOver && setState(lineOf(thrown)));
    return () => {
      isOver = true;
    };
  }, [api, threadId]);

  return (
    <section className="suggest" aria-label={t('suggest.title')}>
      <p className="inline"><strong>{t('suggest.title')}</strong><button type="button" className="link" onClick={onClose}>{t('explain.close')}</button></p>
      {state === null && <p role="status" className="quiet">{t('suggest.waiting')}</p>}
      {typeof state === 'string' && <p role="alert" className="warn">{state}</p>}
      {state !== null && typeof state === 'object' && (state.drafts.length === 0
        ? <p role="status">{state.remedy ?? t('suggest.none')}</p>
        : (
          <ul>
            {state.drafts.map((draft, n) => (
              <li key={n}>
                <p dir="auto">{draft.body}</p>
                <button type="button" className="button" onClick={() => onTake(draft)}>{t('suggest.take')}</button>
                <span className="chip chip-ai">{t('suggest.source', { source: draft.source })}</span>
              </li>
            ))}
          </ul>
        ))}
    </section>
  );
}
