/** The inbox: views, the list, the open conversation. On a phone one of them at a time. */

import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useEffect, useRef, useState } from 'react';

import type { ThreadState } from '../api/schema.js';
import { FirstStepsHint, Idle } from '../guide/Idle.js';
import { useKeys } from '../shell/keys.js';
import { t } from '../text/intl.js';
import { useActions } from '../thread/actions.js';
import { Conversation } from '../thread/Conversation.js';
import { List } from './List.js';
import { useInbox } from './useInbox.js';
import { type Place, readPlace, VIEWS } from './views.js';

const route = getRouteApi('/');

export function Screen() {
  const place = readPlace(route.useSearch());
  const navigate = route.useNavigate();
  const inbox = useInbox(place);
  const [cursor, setCursor] = useState<string | null>(place.thread ?? null);
  const field = useRef<HTMLTextAreaElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const { replace } = inbox;

  const go = useCallback((change: Partial<Place>) => void navigate({ to: '/', search: (was) => ({ ...readPlace(was), ...change }) }), [navigate]);
  const changed = useCallback(({ thread_id: id, ...state }: ThreadState) => replace({ id, ...state }), [replace]);
  const actions = useActions(place.thread, changed);
  const read = useCallback((id: string) => replace({ id, unread_count: 0 }), [replace]);
  const open = (id: string) => {
    setCursor(id);
    go({ thread: id });
  };

  useFocusInSight(place.thread, cursor);

  const step = (by: number) => {
    const at = inbox.shown.findIndex((row) => row.id === (cursor ?? place.thread));
    const next = inbox.shown[Math.min(Math.max(at + by, 0), inbox.shown.length - 1)];
    if (next) setCursor(next.id);
  };
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    Enter: () => cursor && open(cursor),
    r: () => field.current?.focus(),
    t: () => place.thread && actions.takeOver(),
    h: () => place.thread && actions.handBack(),
    a: () => place.thread && actions.assign(),
    s: () => place.thread && actions.snooze(),
    e: () => place.thread && actions.close(),
    '/': () => search.current?.focus(),
    Escape: () => go({ thread: undefined }),
  });

  return (
    <div className={`inbox${place.thread ? ' has-thread' : ''}`}>
      <section className="list" aria-labelledby="list-title">
        <h2 id="list-title" className="sr-only">{t('inbox.title')}</h2>
        <nav className="views" aria-label={t('inbox.views')}>
          {VIEWS.map((view) => (
            <button key={view} type="button" aria-current={view === place.view ? 'page' : undefined} onClick={() => { setCursor(null); go({ view, thread: undefined }); }}>{t('inbox.view', { view })}</button>
          ))}
        </nav>
        <form role="search" className="search" onSubmit={(event) => event.preventDefault()}>
          <label className="sr-only" htmlFor="search">{t('inbox.search')}</label>
          <input
            id="search"
            ref={search}
            type="search"
            defaultValue={place.q ?? ''}
            placeholder={t('inbox.search')}
            onKeyDown={(event) => {
              if (event.key === 'Enter') go({ q: event.currentTarget.value.trim() || undefined });
              if (event.key === 'Escape') event.currentTarget.blur();
            }}
            onInput={(event) => event.currentTarget.value === '' && go({ q: undefined })}
          />
        </form>
        <FirstStepsHint />
        <List inbox={inbox} place={place} cursor={cursor} onOpen={open} onStep={step} />
      </section>
      <section className="pane" id="conversation" tabIndex={-1}>
        {place.thread ? (
          <Conversation key={place.thread} threadId={place.thread} field={field} actions={actions} onBack={() => go({ thread: undefined })} onRead={read} />
        ) : (
          <Idle />
        )}
      </section>
    </div>
  );
}

/** On a phone the list and the conversation take turns: what had the focus may have gone, and it goes on where the reader is. */
function useFocusInSight(threadId: string | undefined, cursor: string | null): void {
  const last = useRef(threadId);
  useEffect(() => {
    if (last.current === threadId) return undefined;
    last.current = threadId;
    const at = document.activeElement;
    if (at !== document.body && at?.checkVisibility()) return undefined;
    // The rows of a list that was out of sight are drawn a moment after it is back.
    let frames = 30;
    const find = () => {
      const found = document.querySelector<HTMLElement>(threadId ? '#conversation' : `[data-thread="${cursor}"]`);
      if (found) found.focus();
      else if (frames-- > 0) handle = requestAnimationFrame(find);
    };
    let handle = requestAnimationFrame(find);
    return () => cancelAnimationFrame(handle);
  }, [threadId, cursor]);
}
