/** `/` and some letters in an empty reply: the tenant's wordings that fit, to be taken with Enter. */

import { useQuery } from '@tanstack/react-query';
import type { Ref } from 'react';
import { useEffect, useImperativeHandle, useState } from 'react';

import type { CannedReplyList } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { t } from '../text/intl.js';

export interface Chooser {
  /** Whether the key was for the list. */
  press(key: string): boolean;
}

/** As many as are in sight at once: a list beside a text field is nothing one could scroll by keyboard. */
const MOST = 6;

interface Props {
  sought: string;
  ref: Ref<Chooser>;
  onTake(body: string): void;
  /** Tells the field which of them the arrows are at; null while there is none. */
  onAt(id: string | null): void;
}

export function Wordings({ sought, ref, onTake, onAt }: Props) {
  const { api, person } = useDesk();
  const [at, setAt] = useState(0);
  const found = useQuery({ queryKey: [person.tenantId, '/canned-replies', 'all'], queryFn: ({ signal }) => api.get<CannedReplyList>('/canned-replies', {}, signal), staleTime: 60_000 });
  const letters = sought.toLowerCase();
  const fitting = (found.data?.items ?? []).filter((one) => one.enabled && `${one.intent} ${one.body}`.toLowerCase().includes(letters)).slice(0, MOST);
  useEffect(() => setAt(0), [sought]);
  useImperativeHandle(ref, () => ({
    press(key) {
      const chosen = fitting[at];
      if (key === 'ArrowDown') setAt((was) => Math.min(was + 1, fitting.length - 1));
      else if (key === 'ArrowUp') setAt((was) => Math.max(was - 1, 0));
      else if (key === 'Enter' && chosen) onTake(chosen.body);
      else return false;
      return true;
    },
  }));
  const marked = fitting[at] ? `wording-${fitting[at].id}` : null;
  useEffect(() => onAt(marked), [marked, onAt]);
  useEffect(() => () => onAt(null), [onAt]);
  if (found.isPending) return null;
  if (fitting.length === 0) return <p className="quiet" role="status">{t('composer.noWording')}</p>;
  return (
    <>
      <p className="sr-only" role="status">{t('composer.wordingsFound', { n: fitting.length })}</p>
      <ul className="wordings" role="listbox" aria-label={t('composer.wordings')} id="wordings">
        {fitting.map((one, n) => (
          <li key={one.id} id={`wording-${one.id}`} role="option" aria-selected={n === at} onMouseDown={(event) => { event.preventDefault(); onTake(one.body); }}>
            <strong><bdi>{one.intent}</bdi></strong> <bdi className="quiet">{one.body.slice(0, 120)}</bdi>
          </li>
        ))}
      </ul>
    </>
  );
}
