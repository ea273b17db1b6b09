/** The inbox: views, the list, the open conversation. On a phone one of them at a time. */

import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useEffect, useRef, useState } from 'react';

import type { ThreadHead } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { FirstStepsHint, Idle } from '../guide/Idle.js';
import { useCommands } from '../shell/commands.js';
import { useKeys } from '../shell/keys.js';
import { t } from '../text/intl.js';
import { type Guess, useActions } from '../thread/actions.js';
import type { Writer } from '../thread/Composer.js';
import { Conversation } from '../thread/Conversation.js';
import { prefetch } from '../thread/memory.js';
import { Filters } from './Filters.js';
import { List } from './List.js';
import { useInbox } from './useInbox.js';
import { FOLDERS, type Place, readPlace, VIEWS } from './views.js';

const route = getRouteApi('/');
/** What is seen of the next view: there is more. */
const BESIDE_PX = 40;

export function Screen() {
  const place = readPlace(route.useSearch());
  const navigate = route.useNavigate();
  const inbox = useInbox(place);
  const [cursor, setCursor] = useState<string | null>(place.thread ?? null);
  const [settled, setSettled] = useState<string | null>(null);
  const writer = useRef<Writer | null>(null);
  const search = useRef<HTMLInputElement>(null);
  const { replace } = inbox;

  const go = useCallback((change: Partial<Place>) => void navigate({ to: '/', search: (was) => ({ ...readPlace(was), ...change }) }), [navigate]);
  const changed = useCallback(({ thread_id: id, ...state }: Guess & { thread_id: string }) => replace({ id, ...state }), [replace]);
  const actions = useActions(place.thread, changed);
  const read = useCallback((id: string) => replace({ id, unread_count: 0 }), [replace]);
  const open = (id: string) => {
    setCursor(id);
    go({ thread: id });
  };

  useFocusInSight(place.thread, cursor);

  // Where the cursor's row has left, the one that took its place comes next.
  const found = inbox.shown.findIndex((row) => row.id === (cursor ?? place.thread));
  const lastAt = useRef(-1);
  if (found >= 0) lastAt.current = found;
  const step = (by: number) => {
    const at = found >= 0 || by < 0 ? lastAt.current : lastAt.current - 1;
    const next = inbox.shown[Math.min(Math.max(at + by, 0), inbox.shown.length - 1)];
    if (next) setCursor(next.id);
  };
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    Enter: () => cursor && open(cursor),
    r: () => writer.current?.('reply'),
    n: () => writer.current?.('note'),
    t: () => place.thread && actions.takeOver(),
    h: () => place.thread && actions.handBack(),
    a: () => place.thread && actions.ask('assign'),
    l: () => place.thread && actions.ask('label'),
    s: () => place.thread && actions.ask('snooze'),
    e: () => place.thread && actions.close(),
    x: () => place.thread && actions.sort(),
    '/': () => search.current?.focus(),
    Escape: () => go({ thread: undefined }),
  });

  useCommands(() => (place.thread ? [
    { id: 'reply', text: t('keys.reply'), key: 'r', run: () => writer.current?.('reply') },
    { id: 'note', text: t('keys.note'), key: 'n', run: () => writer.current?.('note') },
    { id: 'assign', text: t('keys.assign'), key: 'a', run: () => actions.ask('assign') },
    { id: 'label', text: t('keys.label'), key: 'l', run: () => actions.ask('label') },
    { id: 'snooze', text: t('keys.snooze'), key: 's', run: () => actions.ask('snooze') },
    { id: 'close', text: t('keys.close'), key: 'e', run: actions.close },
    { id: 'sort', text: t('keys.sort', { folder: actions.current.current?.folder ?? 'inbox' }), key: 'x', run: () => actions.sort() },
    ...(actions.current.current?.folder === 'automated' ? [{ id: 'spam', text: t('keys.sort', { folder: 'inbox' }), run: () => actions.sort('spam') }] : []),
    { id: 'take', text: t('keys.take'), key: 't', run: actions.takeOver },
    { id: 'hand', text: t('keys.hand'), key: 'h', run: actions.handBack },
  ] : []));

  useEffect(() => {
    // A question is there before the next key is: its part of the page is fetched while nobody waits for it.
    if (place.thread) void import('../thread/Questions.js');
  }, [place.thread]);
  usePrefetch(inbox.shown, cursor, place.thread, !place.thread || settled === place.thread);
  const views = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a phone they stand in one line, which is moved aside only as far as it takes to see the one that is on.
    // Not scrollIntoView: Tab would go on from there.
    const [line, on] = [views.current, views.current?.querySelector('[aria-current]')].map((one) => one?.getBoundingClientRect());
    if (line && on && views.current) views.current.scrollLeft += Math.max(0, on.right + BESIDE_PX - line.right) + Math.min(0, on.left - BESIDE_PX - line.left);
  }, [place.view]);
  const labels = [...new Set(inbox.shown.slice(0, LOOKED_AT).flatMap((row) => row.labels))].sort();
  const isSearched = useRef(place.q);
  useEffect(() => {
    // The address changed by another way than the field: the field says the same.
    if (isSearched.current !== place.q && search.current) search.current.value = place.q ?? '';
    isSearched.current = place.q;
  }, [place.q]);

  return (
    <div className={`inbox${place.thread ? ' has-thread' : ''}`}>
      <section className="list" aria-labelledby="list-title">
        <h2 id="list-title" className="sr-only">{t('inbox.title')}</h2>
        <nav className="views" ref={views} aria-label={t('inbox.views')}>
          {[VIEWS, FOLDERS].map((views) => (
            <p key={views[0]}>
              {views.map((view) => (
                <button key={view} type="button" aria-current={view === place.view ? 'page' : undefined} onClick={() => { setCursor(null); lastAt.current = -1; go({ view, thread: undefined }); }}>{t('inbox.view', { view })}</button>
              ))}
            </p>
          ))}
        </nav>
        <FirstStepsHint />
        <div className="find">
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
          <Filters place={place} labels={labels} onChange={(change) => { setCursor(null); go(change); }} />
        </div>
        <List inbox={inbox} place={place} cursor={cursor} onOpen={open} onStep={step} />
      </section>
      <section className="pane" id="conversation" tabIndex={-1}>
        {place.thread ? (
          <Conversation key={place.thread} threadId={place.thread} row={inbox.shown.find((row) => row.id === place.thread)} writer={writer} actions={actions} labels={labels} onBack={() => go({ thread: undefined })} onRead={read} onSettled={setSettled} />
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
      else document.querySelector<HTMLElement>('[data-testid=list]')?.focus(); // its row has left the view
    };
    let handle = requestAnimationFrame(find);
    return () => cancelAnimationFrame(handle);
  }, [threadId, cursor]);
}

const LOOKED_AT = 200;
const REST_MS = 250;

/** What is likely to be opened next is there when it is: where the cursor rests, and what stands below the open one, once that needs nothing more. */
function usePrefetch(rows: readonly ThreadHead[], cursor: string | null, open: string | undefined, isQuiet: boolean): void {
  const { api, hints } = useDesk();
  const at = rows.findIndex((row) => row.id === (cursor ?? open));
  const next = cursor !== null && cursor !== open ? rows[at] : at >= 0 ? rows[at + 1] : undefined;
  const now = useRef(next);
  now.current = next;
  const id = next?.id;
  useEffect(() => {
    if (!id || id === open || !isQuiet) return undefined;
    const timer = setTimeout(() => void (now.current && prefetch(api, hints, now.current)), REST_MS);
    return () => clearTimeout(timer);
  }, [api, hints, id, isQuiet, open]);
}
