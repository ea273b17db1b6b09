/** The list of conversations: only the rows in sight are in the page, and none moves under the reader's hand. */

import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';

import { ApiProblem } from '../api/http.js';
import type { ThreadHead } from '../api/schema.js';
import { isAdmin, useDesk } from '../desk.js';
import { ProblemBox } from '../shell/Problem.js';
import { Skeletons } from '../shell/Skeletons.js';
import { brief, moment, number, t } from '../text/intl.js';
import type { Inbox } from './useInbox.js';
import { belongs, isAnsweredByAi, type Place, whyLeft } from './views.js';

const ROW_PX = 86;
const OVERSCAN = 4;
const MOST_SHOWN = 99;
const STEPS: Record<string, number | undefined> = { ArrowDown: 1, ArrowUp: -1 };

interface Props {
  inbox: Inbox;
  place: Place;
  cursor: string | null;
  onOpen(threadId: string): void;
  onStep(by: number): void;
}

export function List({ inbox, place, cursor, onOpen, onStep }: Props) {
  const { person } = useDesk();
  const scroller = useRef<HTMLDivElement>(null);
  const rows = inbox.shown;
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW_PX, overscan: OVERSCAN, getItemKey: (n) => rows[n]?.id ?? n });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { more, isComplete, settle, arrivals } = inbox;

  useEffect(() => {
    if (rows.length && !isComplete && last >= rows.length - 10) more();
  }, [rows.length, isComplete, last, more]);

  // Nobody reads here yet, and the top is in sight: the new order disturbs nobody.
  useEffect(() => {
    if (arrivals.size && !place.thread && cursor === null && (scroller.current?.scrollTop ?? 0) < 4) settle();
  }, [arrivals, place.thread, cursor, settle]);

  useEffect(() => {
    const index = rows.findIndex((row) => row.id === cursor);
    if (index < 0) return undefined;
    virtual.scrollToIndex(index);
    // Where the focus is in the list, it goes with the cursor, once the row is drawn.
    if (!scroller.current?.contains(document.activeElement)) return undefined;
    const frame = requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-thread="${cursor}"]`)?.focus());
    return () => cancelAnimationFrame(frame);
    // Only when the cursor moves: the rows may move without it.
    // eslint-disable-next-line
  }, [cursor]);

  // One stop for Tab, however long the list is; the arrows go through it.
  const isDrawn = (id: string | null | undefined) => items.some(({ index }) => rows[index]?.id === id);
  const stop = [cursor, place.thread].find(isDrawn) ?? rows[items[0]?.index ?? 0]?.id;

  if (inbox.problem instanceof ApiProblem && inbox.problem.code === 'search_disabled') return <SearchOff />;
  if (inbox.problem && rows.length === 0) return <ProblemBox problem={inbox.problem} onRetry={inbox.reload} />;
  if (inbox.isLoading && rows.length === 0) return <Skeletons rows={5} />;
  return (
    <>
      {arrivals.size > 0 && (
        <button
          type="button"
          className="arrivals"
          onClick={() => {
            settle();
            scroller.current?.scrollTo({ top: 0 });
          }}
        >
          {t('inbox.new', { n: arrivals.size })}
        </button>
      )}
      <div className="scroller" ref={scroller} data-testid="list" tabIndex={-1}>
        {rows.length === 0 ? (
          <p className="state">{place.q ? t('inbox.emptySearch', { q: place.q }) : t('inbox.empty', { view: place.view })}</p>
        ) : (
          <ul
            className="rows"
            style={{ height: virtual.getTotalSize() }}
            onKeyDown={(event) => {
              const by = STEPS[event.key];
              if (by === undefined) return;
              event.preventDefault();
              onStep(by);
            }}
          >
            {items.map(({ index, start, key }) => {
              const thread = rows[index];
              if (!thread) return null;
              return (
                <li key={key} style={{ transform: `translateY(${start}px)` }} aria-setsize={isComplete ? rows.length : -1} aria-posinset={index + 1}>
                  <Row thread={thread} isSelected={thread.id === place.thread} hasCursor={thread.id === cursor} isStop={thread.id === stop} left={belongs(thread, place, person.userId) ? null : whyLeft(thread, place)} onOpen={onOpen} />
                </li>
              );
            })}
          </ul>
        )}
      </div>
    </>
  );
}

/** A wish of the tenant, not a fault: what it means, and where people are found all the same. */
function SearchOff() {
  const desk = useDesk();
  return (
    <div className="state" role="status">
      <h3>{t('inbox.searchOff')}</h3>
      <p className="quiet">{t('inbox.searchOffWhy')}</p>
      <Link to="/contacts" search={{}} className="link">{t('inbox.searchContacts')}</Link>
      {isAdmin(desk) && <Link to="/settings" className="link">{t('inbox.searchSettings')}</Link>}
    </div>
  );
}

interface RowProps {
  thread: ThreadHead;
  isSelected: boolean;
  hasCursor: boolean;
  isStop: boolean;
  /** Why it leaves the view once the reader turns to another; null while it belongs there. */
  left: string | null;
  onOpen(id: string): void;
}

function Row({ thread, isSelected, hasCursor, isStop, left, onOpen }: RowProps) {
  const { members } = useDesk();
  const assignee = members.find((one) => one.user_id === thread.assignee_id);
  const name = thread.contact_name || t('inbox.unnamed');
  return (
    <button
      type="button"
      className={`row${hasCursor ? ' has-cursor' : ''}${left ? ' is-leaving' : ''}${thread.unread_count ? ' is-unread' : ''}`}
      aria-current={isSelected ? 'true' : undefined}
      tabIndex={isStop ? 0 : -1}
      data-thread={thread.id}
      onClick={() => onOpen(thread.id)}
    >
      <bdi className="name">{name}</bdi>
      {thread.last_message_at && <time dateTime={thread.last_message_at} title={moment(thread.last_message_at)}>{brief(thread.last_message_at)}</time>}
      <bdi className="subject">{thread.subject || thread.preview || ' '}</bdi>
      <span className="row-bottom">
        {left && <span className="chip">{t('inbox.left', { why: left })}</span>}
        <span className="chip">{t('inbox.channel', { channel: thread.channel })}</span>
        {isAnsweredByAi(thread) && <span className="chip chip-ai">{t('message.ai')}</span>}
        {thread.labels.slice(0, 2).map((label) => <bdi key={label} className="chip">{label}</bdi>)}
        {assignee && <bdi className="quiet">{assignee.display_name ?? t('message.team')}</bdi>}
        {thread.unread_count > 0 && <span className="badge" role="img" aria-label={t('inbox.unread', { n: thread.unread_count })}>{thread.unread_count > MOST_SHOWN ? `${number(MOST_SHOWN)}+` : number(thread.unread_count)}</span>}
      </span>
    </button>
  );
}
