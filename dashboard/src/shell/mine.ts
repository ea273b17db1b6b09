/**
 * What waits for the one who is signed in: counted in the title of the page, and told by the browser to whoever asked for it.
 * One question a moment after something moved; what was there at the first look is no news.
 */

import { useLocation, useRouter } from '@tanstack/react-router';
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';

import type { ThreadHead } from '../api/schema.js';
import { type Desk, useDesk } from '../desk.js';
import { t } from '../text/intl.js';
import { screenAt } from './screens.js';

const WISH = 'parley-notify';
const TOGETHER_MS = 1_500;
const AT_MOST = 50;
const ONE_BY_ONE = 3;

export type Wish = 'off' | 'on' | 'refused' | 'impossible';

const listeners = new Set<() => void>();
const told = () => { for (const one of listeners) one(); };

export function wishNow(): Wish {
  if (!('Notification' in globalThis)) return 'impossible';
  if (Notification.permission === 'denied') return 'refused';
  return localStorage.getItem(WISH) && Notification.permission === 'granted' ? 'on' : 'off';
}

export const useWish = (): Wish => useSyncExternalStore((changed) => (listeners.add(changed), () => listeners.delete(changed)), wishNow);

/** Asked for by a press, never by itself; pressed again it is off. */
export async function switchWish(): Promise<void> {
  if (wishNow() === 'on') localStorage.removeItem(WISH);
  else if (await Notification.requestPermission() === 'granted') localStorage.setItem(WISH, '1');
  told();
}

interface Page {
  items: ThreadHead[];
}

/** Keeps the title, and tells what is new. */
export function useMine(): void {
  const desk = useDesk();
  const router = useRouter();
  const { pathname } = useLocation();
  const [unread, setUnread] = useState(0);
  const known = useRef<Map<string, number> | null>(null);
  const open = useCallback((thread: string) => void router.navigate({ to: '/', search: { view: 'mine', thread } }), [router]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const look = async () => {
      timer = undefined;
      const items = await mine(desk).catch(() => null);
      if (isOver || !items) return;
      const before = known.current;
      known.current = new Map(items.map((one) => [one.id, one.last_seq]));
      setUnread(items.length);
      if (before) tell(items.filter((one) => one.last_direction === 'inbound' && one.last_seq > (before.get(one.id) ?? 0)), open);
    };
    const soon = () => void (timer ??= setTimeout(() => void look(), TOGETHER_MS));
    const stop = desk.hints.listen({ onHints: soon, onGap: soon });
    soon();
    return () => {
      isOver = true;
      clearTimeout(timer);
      stop();
    };
  }, [desk, open]);

  useEffect(() => {
    const screen = screenAt(pathname);
    const where = screen ? `${t('nav.screen', { screen: screen.name })} · ${t('app.name')}` : t('app.name');
    document.title = unread ? t('app.title', { n: unread >= AT_MOST ? `${AT_MOST}+` : String(unread), where }) : where;
  }, [pathname, unread]);
  useEffect(() => () => void (document.title = t('app.name')), []);
}

const mine = async ({ api }: Desk): Promise<ThreadHead[]> =>
  (await api.get<Page>('/threads', { status: 'open', assignee: 'me', unread: true, limit: AT_MOST })).items;

/** Names alone: what was written is for the page, not for a locked screen. */
function tell(news: ThreadHead[], open: (thread: string) => void): void {
  if (news.length === 0 || wishNow() !== 'on' || document.hasFocus()) return;
  const shown = news.length > ONE_BY_ONE ? [] : news;
  for (const thread of shown) {
    const one = new Notification(thread.contact_name || t('inbox.unnamed'), { body: t('notify.one'), tag: thread.id });
    one.onclick = () => {
      window.focus();
      open(thread.id);
      one.close();
    };
  }
  if (shown.length === 0) new Notification(t('app.name'), { body: t('notify.many', { n: news.length }), tag: 'parley' });
}
