/** The frame: which tenant, who, whether connected; what was done last. */

import { useEffect, useState } from 'react';

import { Screen } from '../inbox/Screen.js';
import { useDesk } from '../desk.js';
import { t } from '../text/intl.js';
import { KeyHelp } from './KeyHelp.js';
import { type Theme, THEMES, useTheme } from './theme.js';
import { undoLast, useToast } from './toast.js';

export function Shell({ onTenant }: { onTenant(tenantId: string): void }) {
  const desk = useDesk();
  const toast = useToast();
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [theme, setTheme] = useTheme();
  const isLive = useIsLive();
  return (
    <div className="shell">
      <a className="skip" href="#conversation">{t('app.skip')}</a>
      <header className="top">
        <h1 className="brand">{t('app.name')}</h1>
        <label className="sr-only" htmlFor="tenant">{t('app.tenant')}</label>
        <select id="tenant" value={desk.person.tenantId} onChange={(event) => onTenant(event.target.value)}>
          {desk.memberships.map((one) => <option key={one.tenant_id} value={one.tenant_id}>{one.tenant_name}</option>)}
        </select>
        <span className="spacer" />
        <button type="button" className="button" onClick={() => setTheme(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] as Theme)}>{t('app.theme', { theme })}</button>
        <button type="button" className="button" aria-label={t('app.help')} onClick={() => setHelpOpen(true)}>?</button>
        <span className="quiet who"><bdi>{desk.person.email}</bdi></span>
        <button type="button" className="button" onClick={() => void desk.auth.signOut()}>{t('app.signOut')}</button>
      </header>
      {!isLive && <p className="offline" role="status">{t('app.offline')}</p>}
      <main><Screen onHelp={() => setHelpOpen(true)} /></main>
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
