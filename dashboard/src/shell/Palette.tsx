/** Ctrl+K, from anywhere: go to a screen, do something with the open conversation, or search for what was typed. */

import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { tinykeys } from 'tinykeys';

import { useDesk } from '../desk.js';
import { readPlace } from '../inbox/views.js';
import { t } from '../text/intl.js';
import { type Command, commands } from './commands.js';
import { screensFor } from './screens.js';

const Picker = lazy(async () => ({ default: (await import('./Picker.js')).Picker }));
const SEARCH = 'search:';

export function Palette() {
  const screens = screensFor(useDesk());
  const navigate = useNavigate();
  const [found, setFound] = useState<Command[] | null>(null);
  useEffect(() => {
    const open = (event: KeyboardEvent) => {
      event.preventDefault();
      if (!document.querySelector('dialog[open]')) setFound(commands());
    };
    // In a field, too: it is no letter, and one is mostly in a field.
    return tinykeys(window, { '$mod+k': open }, { ignore: (event) => event.repeat || event.isComposing });
  }, []);
  if (!found) return null;

  const places = screens.map(({ name, path }): Command => ({
    id: `go:${name}`,
    text: t('palette.go', { screen: t('nav.screen', { screen: name }) }),
    run: () => void (path === '/' ? navigate({ to: '/', search: { view: 'all' } }) : navigate({ to: path as '/contacts' })),
  }));
  const all = [...found, ...places];
  const take = (id: string) => {
    const text = id.startsWith(SEARCH) ? id.slice(SEARCH.length) : null;
    if (text !== null) void navigate({ to: '/', search: (was: Record<string, unknown>) => ({ ...readPlace(was), view: 'all' as const, q: text }) });
    else all.find((one) => one.id === id)?.run();
  };
  return (
    <Suspense>
      <Picker
        title={t('palette.title')}
        choices={all.map(({ id, text, key }) => ({ id, text, hint: key }))}
        free={(text) => ({ id: SEARCH + text, text: t('palette.search', { q: text }) })}
        onTake={take}
        onClose={() => setFound(null)}
      />
    </Suspense>
  );
}
