import { useEffect, useState } from 'react';

import type { ParleyClient } from 'parley-client';
import { useConversations } from 'parley-client/react';

import { Avatar } from './Avatar.js';
import { Bell } from './Bell.js';
import { agoOf } from './format.js';

export function List({ client, current, onSignOut }: { client: ParleyClient; current: string; onSignOut: () => void }) {
  const [view, list] = useConversations(client);
  const [isSearching, setSearching] = useState(false);
  const [sought, setSought] = useState('');
  const [problem, setProblem] = useState('');
  useMinutes();

  useEffect(() => {
    document.title = view.unreadTotal ? `(${view.unreadTotal}) Messages` : 'Messages';
    if (view.isReady) navigator.setAppBadge?.(view.unreadTotal).catch(() => undefined);
  }, [view.isReady, view.unreadTotal]);

  const wanted = sought.trim().toLowerCase();
  const items = view.items.filter((item) => !wanted || item.title.toLowerCase().includes(wanted));

  return (
    <nav className="list" aria-label="Conversations">
      <header>
        <h1>Messages</h1>
        <button type="button" className="icon" aria-label="Search" aria-expanded={isSearching}
          onClick={() => { setSearching(!isSearching); setSought(''); }}>
          <svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="11" cy="11" r="6" /><path d="m16 16 4 4" /></svg>
        </button>
        <Bell client={client} onProblem={setProblem} />
        <button type="button" className="icon" aria-label="Sign out" onClick={onSignOut}>
          <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M14 4H6v16h8M11 12h10m-4-4 4 4-4 4" /></svg>
        </button>
      </header>
      {isSearching && (
        <input type="search" className="search" aria-label="Name to look for" placeholder="Name" autoFocus value={sought}
          onChange={(event) => setSought(event.target.value)} />
      )}
      {problem && <p className="banner problem" role="alert">{problem}</p>}
      {view.connection === 'offline' && <p className="banner" role="status">Offline. What you write is kept and sent later.</p>}
      <ul>
        {items.map((item) => (
          <li key={item.thread_id}>
            <a href={`#${item.thread_id}`} aria-current={item.thread_id === current ? 'page' : undefined}>
              <Avatar id={item.other_contact_id ?? item.thread_id} name={item.title} />
              <span className="name">{item.title}</span>
              <time dateTime={item.last_message_at ?? undefined}>{item.last_message_at && agoOf(item.last_message_at)}</time>
              <span className="preview">{item.preview}</span>
              {item.unread_count > 0 && (
                <span className="badge">{item.unread_count > 99 ? '99+' : item.unread_count}<span className="hidden"> unread</span></span>
              )}
            </a>
          </li>
        ))}
      </ul>
      {view.isReady && items.length === 0 && (
        <p className="empty">{wanted ? 'Nobody of that name.' : 'No conversations yet. They begin with a project, a bid or a booking.'}</p>
      )}
      {view.hasMore && <button type="button" className="more" onClick={() => void list.loadMore()}>Show more</button>}
    </nav>
  );
}

/** Draw again every minute: times in the list grow old. */
function useMinutes(): void {
  const [, setMinute] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setMinute((minute) => minute + 1), 60_000);
    return () => clearInterval(timer);
  }, []);
}
