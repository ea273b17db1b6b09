/** The frame: which tenant, who, whether connected; what was done last. */

import { Link, Outlet } from '@tanstack/react-router';
import { useEffect, useState } from 'react';

import { isAdmin, useDesk } from '../desk.js';
import { t } from '../text/intl.js';
import { KeyHelp } from './KeyHelp.js';
import { useKeys } from './keys.js';
import { type Theme, THEMES, useTheme } from './theme.js';
import { undoLast, useToast } from './toast.js';

const SIGNS: Record<Theme, string> = { system: '◐', light: '☀', dark: '☾' };
const SCREENS = ['contacts', 'tasks', 'reviews', 'policy', 'deliveries', 'channels', 'knowledge', 'members', 'settings'] as const;

export function Shell({ onTenant }: { onTenant(tenantId: string): void }) {
  const desk = useDesk();
  const toast = useToast();
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [theme, setTheme] = useTheme();
  const isLive = useIsLive();
  useKeys({ '?': () => setHelpOpen(true), 'Shift+?': () => setHelpOpen(true), z: undoLast });
  return (
    <div className="shell">
      <a className="skip" href="#main">{t('app.skip')}</a>
      <header className="top">
        <h1 className="brand">{t('app.name')}</h1>
        <label className="sr-only" htmlFor="tenant">{t('app.tenant')}</label>
        <select id="tenant" value={desk.person.tenantId} onChange={(event) => onTenant(event.target.value)}>
          {desk.memberships.map((one) => <option key={one.tenant_id} value={one.tenant_id}>{one.tenant_name}</option>)}
        </select>
        <nav className="screens" aria-label={t('nav.label')}>
          <Link to="/" search={{ view: 'all' }} activeOptions={{ exact: true, includeSearch: false }}>{t('nav.screen', { screen: 'inbox' })}</Link>
          {SCREENS.map((screen) => <Link key={screen} to={`/${screen}`}>{t('nav.screen', { screen })}</Link>)}
          {isAdmin(desk) && <Link to="/viewer">{t('nav.screen', { screen: 'viewer' })}</Link>}
          {isAdmin(desk) && <Link to="/audit">{t('nav.screen', { screen: 'audit' })}</Link>}
        </nav>
        <button type="button" className="button" aria-label={t('app.theme', { theme })} title={t('app.theme', { theme })} onClick={() => setTheme(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] as Theme)}>{SIGNS[theme]}</button>
        <button type="button" className="button" aria-label={t('app.help')} title={t('app.help')} onClick={() => setHelpOpen(true)}>?</button>
        <button type="button" className="button" title={desk.person.email} onClick={() => void desk.auth.signOut()}>{t('app.signOut')}</button>
      </header>
      {!isLive && <p className="offline" role="status">{t('app.offline')}</p>}
      <main id="main" tabIndex={-1}><Outlet /></main>
      <div className="toast" role="status" aria-live="polite">
        {toast && <p>{toast.text}{toast.undo && <button type="button" className="link" onClick={undoLast}>{t('action.undo')}</button>}</p>}
      </div>
      {isHelpOpen && <KeyHelp onClose={() => setHelpOpen(false)} />}
    </div>
  );
}

const PATIENCE_MS = 2_500;

/** False once the live connection has been away for longer than a reconnection takes. */
function useIsLive(): boolean {
  const { hints } = useDesk();
  const [isLive, setLive] = useState(true);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = hints.watch((isJoined) => {
      clearTimeout(timer);
      if (isJoined) setLive(true);
      else timer = setTimeout(() => setLive(false), PATIENCE_MS);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [hints]);
  return isLive;
}
