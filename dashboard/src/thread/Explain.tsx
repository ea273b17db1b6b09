/** The chain behind a message, a step at a time, with how long each took. Facts as the database keeps them. */

import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';

import type { Explanation } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { ProblemBox } from '../shell/Problem.js';
import { moment, t } from '../text/intl.js';

type Facts = Record<string, unknown>;

export function Explain({ messageId, onClose }: { messageId: string; onClose(): void }) {
  const { api, person } = useDesk();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const found = useQuery({ queryKey: [person.tenantId, 'explain', messageId], queryFn: ({ signal }) => api.get<Explanation>(`/messages/${messageId}/explain`, {}, signal), staleTime: 0 });
  return (
    <dialog ref={dialog} className="dialog wide" aria-labelledby="explain-title" onClose={onClose}>
      <h2 id="explain-title">{t('explain.title')}</h2>
      {found.isPending && <p role="status">{t('app.starting')}</p>}
      {found.error && <ProblemBox problem={found.error} onRetry={() => void found.refetch()} />}
      {found.data && <ol className="steps">{stepsOf(found.data).map((step, n) => <Step key={n} {...step} />)}</ol>}
      <button type="button" className="button" onClick={() => dialog.current?.close()}>{t('explain.close')}</button>
    </dialog>
  );
}

interface StepProps {
  name: string;
  facts: Facts;
}

function Step({ name, facts }: StepProps) {
  const shown = Object.entries(facts).filter(([, value]) => value !== null && value !== '' && typeof value !== 'object');
  const nested = Object.entries(facts).filter(([, value]) => Array.isArray(value) && value.length > 0 && value.every((one) => typeof one !== 'object'));
  return (
    <li>
      <h3>{t('explain.step', { step: name })}</h3>
      {facts['nothing'] ? <p>{t('explain.nothing')}</p> : (
        <dl className="facts">
          {shown.map(([key, value]) => (
            <div key={key}>
              <dt><bdi>{key.replaceAll('_', ' ')}</bdi></dt>
              <dd><bdi>{typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? moment(value) : String(value)}</bdi></dd>
            </div>
          ))}
          {nested.map(([key, value]) => (
            <div key={key}>
              <dt><bdi>{key.replaceAll('_', ' ')}</bdi></dt>
              <dd><bdi>{(value as unknown[]).join(', ')}</bdi></dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  );
}

function stepsOf(chain: Explanation): StepProps[] {
  return [
    { name: 'scope', facts: pick(chain.thread, ['scope_rule', 'folder', 'status', 'control']) },
    { name: 'moderation', facts: chain.moderation },
    { name: 'decision', facts: chain.decision ?? { nothing: true } },
    ...(chain.escalations ?? []).map((facts) => ({ name: 'escalation', facts })),
    ...(chain.waiting ? [{ name: 'waiting', facts: chain.waiting }] : []),
    ...chain.dispatches.flatMap((dispatch) => [
      { name: 'dispatch', facts: pick(dispatch, ['status', 'status_reason', 'recipient', 'purpose', 'scheduled_at', 'finished_at']) },
      ...list(dispatch['attempts']).map((facts) => ({ name: 'attempt', facts: withRunTime(facts) })),
      ...list(dispatch['receipts']).map((facts) => ({ name: 'receipt', facts })),
    ]),
    ...chain.notifications.map((facts) => ({ name: 'notification', facts })),
  ];
}

const list = (value: unknown): Facts[] => (Array.isArray(value) ? (value as Facts[]) : []);

const pick = (facts: Facts, names: string[]): Facts => Object.fromEntries(names.map((name) => [name, facts[name] ?? null]));

/** The time on the way apart from the time before it. */
function withRunTime(facts: Facts): Facts {
  const at = (name: string) => (typeof facts[name] === 'string' ? Date.parse(facts[name] as string) : NaN);
  const ms = at('finished_at') - at('send_started_at');
  return Number.isFinite(ms) ? { ...facts, took: `${ms} ms` } : facts;
}
