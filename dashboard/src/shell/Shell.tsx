/** The frame: which tenant, who, whether connected; where one can go; what was done last. */

import { Outlet } from '@tanstack/react-router';
import { Bell, BellOff, Keyboard, LogOut, Monitor, Moon, Sun } from 'lucide-react';
import { useEffect, useState } from 'react';

import { useDesk } from '../desk.js';
import { PATIENCE_MS } from '../live/hints.js';
import { directionOf } from '../text/bidi.js';
import { t } from '../text/intl.js';
import { KeyHelp } from './KeyHelp.js';
import { Language } from './Language.js';
import { useKeys } from './keys.js';
import { switchWish, useMine, useWish } from './mine.js';
import { Bar, Rail } from './Nav.js';
import { Palette } from './Palette.js';
import { type Theme, THEMES, useTheme } from './theme.js';
import { undoLast, useToast } from './toast.js';
import { useLanguageChoice } from './useLanguageChoice.js';
import { useIsPhone } from './usePhone.js';

const SIGNS = { system: Monitor, light: Sun, dark: Moon } as const;

export function Shell({ onTenant }: { onTenant(tenantId: string): void }) {
  const toast = useToast();
  const [isHelpOpen, setHelpOpen] = useState(false);
  const isLive = useIsLive();
  const isPhone = useIsPhone();
  useKeys({ '?': () => setHelpOpen(true), 'Shift+?': () => setHelpOpen(true), z: undoLast });
  useMine();
  const tenants = <Tenants onTenant={onTenant} />;
  const foot = <Tools onHelp={() => setHelpOpen(true)} />;
  return (
    <div className="shell">
      <a className="skip" href="#main">{t('app.skip')}</a>
      {!isPhone && <Rail head={<><h1 className="brand">{t('app.name')}</h1>{tenants}</>} foot={foot} />}
      <div className="stage">
        {!isLive && <p className="offline" role="status">{t('app.offline')}</p>}
        <main id="main" tabIndex={-1}>
          {isPhone && <h1 className="sr-only">{t('app.name')}</h1>}
          <Outlet />
        </main>
      </div>
      {isPhone && <Bar head={tenants} foot={foot} />}
      <div className="toast" role="status" aria-live="polite">
        {toast && <p>{toast.text}{toast.undo && <button type="button" className="link" onClick={undoLast}>{t('action.undo')}</button>}</p>}
      </div>
      <Palette />
      {isHelpOpen && <KeyHelp onClose={() => setHelpOpen(false)} />}
    </div>
  );
}

function Tenants({ onTenant }: { onTenant(tenantId: string): void }) {
  const { person, memberships, membership } = useDesk();
  return (
    <>
      <label className="sr-only" htmlFor="tenant">{t('app.tenant')}</label>
      <select id="tenant" translate="no" dir={directionOf(membership.tenant_name ?? '')} value={person.tenantId} onChange={(event) => onTenant(event.target.value)}>
        {memberships.map((one) => <option key={one.tenant_id} value={one.tenant_id}>{one.tenant_name}</option>)}
      </select>
    </>
  );
}

function Tools({ onHelp }: { onHelp(): void }) {
  const { auth, person } = useDesk();
  const [theme, setTheme] = useTheme();
  const wish = useWish();
  const Sign = SIGNS[theme];
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] as Theme;
  const language = useLanguageChoice();
  return (
    <>
      <Language {...language} />
      {wish !== 'impossible' && (
        <button type="button" className="tool" aria-pressed={wish === 'on'} disabled={wish === 'refused'} title={t('notify.switch', { wish })} aria-label={t('notify.switch', { wish })} onClick={() => void switchWish()}>
          {wish === 'on' ? <Bell aria-hidden="true" size={18} /> : <BellOff aria-hidden="true" size={18} />}
        </button>
      )}
      <button type="button" className="tool" aria-label={t('app.theme', { theme })} title={t('app.theme', { theme })} onClick={() => setTheme(next)}><Sign aria-hidden="true" size={18} /></button>
      <button type="button" className="tool" aria-label={t('app.help')} title={t('app.help')} onClick={onHelp}><Keyboard aria-hidden="true" size={18} /></button>
      <button type="button" className="tool" aria-label={t('app.signOut')} title={`${t('app.signOut')}: ${person.email}`} onClick={() => void auth.signOut()}><LogOut aria-hidden="true" size={18} /></button>
    </>
  );
}

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
