/** Where one can go: a rail beside the screen; on a phone a bar below it, and a sheet with the rest. */

import { Link, useLocation } from '@tanstack/react-router';
import { Ellipsis } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';

import { useDesk } from '../desk.js';
import { t } from '../text/intl.js';
import { GROUPS, type Screen, screenAt, screensFor } from './screens.js';

function Item({ screen }: { screen: Screen }) {
  const Icon = screen.icon;
  return (
    <Link to={screen.path} {...(screen.path === '/' && { search: { view: 'all' as const } })} activeOptions={{ exact: screen.path === '/', includeSearch: false }}>
      <Icon aria-hidden="true" size={18} />
      <span>{t('nav.screen', { screen: screen.name })}</span>
    </Link>
  );
}

function Groups({ screens }: { screens: Screen[] }) {
  return (
    <>
      {GROUPS.map((group) => (
        <section key={group} aria-label={t('nav.group', { group })}>
          <h2 className="nav-group" aria-hidden="true">{t('nav.group', { group })}</h2>
          {screens.filter((one) => one.group === group).map((screen) => <Item key={screen.path} screen={screen} />)}
        </section>
      ))}
    </>
  );
}

export function Rail({ head, foot }: { head: ReactNode; foot: ReactNode }) {
  return (
    <header className="rail">
      <div className="rail-head">{head}</div>
      <nav className="screens" aria-label={t('nav.label')} tabIndex={-1}><Groups screens={screensFor(useDesk())} /></nav>
      <div className="rail-foot">{foot}</div>
    </header>
  );
}

export function Bar({ head, foot }: { head: ReactNode; foot: ReactNode }) {
  const screens = screensFor(useDesk());
  const { pathname } = useLocation();
  const here = screenAt(pathname);
  const [isOpen, setOpen] = useState(false);
  const sheet = useRef<HTMLDialogElement>(null);
  useEffect(() => setOpen(false), [pathname]);
  useEffect(() => {
    if (isOpen) sheet.current?.showModal();
  }, [isOpen]);
  return (
    <>
      <nav className="bar" aria-label={t('nav.label')}>
        {screens.filter((one) => one.isFirst).map((screen) => <Item key={screen.path} screen={screen} />)}
        <button type="button" aria-haspopup="dialog" aria-expanded={isOpen} data-here={here && !here.isFirst ? '' : undefined} onClick={() => setOpen(true)}>
          <Ellipsis aria-hidden="true" size={18} />
          <span>{t('nav.more')}</span>
        </button>
      </nav>
      {isOpen && (
        <dialog ref={sheet} className="dialog sheet" aria-label={t('nav.more')} onClose={() => setOpen(false)} onClick={(event) => event.target === sheet.current && sheet.current.close()}>
          {head}
          <nav className="screens" aria-label={t('nav.all')}><Groups screens={screens} /></nav>
          <div className="rail-foot">{foot}</div>
          <button type="button" className="button" onClick={() => sheet.current?.close()}>{t('explain.close')}</button>
        </dialog>
      )}
    </>
  );
}
