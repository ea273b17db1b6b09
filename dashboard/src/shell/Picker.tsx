/** A short list to choose from by typing: one of it, or several that stay ticked. Wholly usable by keyboard. */

import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';

import { t } from '../text/intl.js';

export interface Choice {
  id: string;
  text: string;
  hint?: string | undefined;
  isOn?: boolean | undefined;
}

interface Props {
  title: string;
  choices: readonly Choice[];
  /** Several may be ticked, and the list stays. */
  isMany?: boolean;
  /** What is offered for a text that is none of the choices. */
  free?: ((text: string) => Choice | null) | undefined;
  onTake(id: string): void;
  onClose(): void;
}

const MOST = 50;

export function Picker({ title, choices, isMany = false, free, onTake, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [sought, setSought] = useState('');
  const [at, setAt] = useState(0);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);

  const letters = sought.trim().toLowerCase();
  const fitting = choices.filter((one) => `${one.text} ${one.hint ?? ''}`.toLowerCase().includes(letters)).slice(0, MOST);
  const own = letters ? (free?.(sought.trim()) ?? null) : null;
  const shown = own ? [...fitting, own] : fitting;
  const now = Math.min(at, shown.length - 1);

  useEffect(() => {
    dialog.current?.querySelector('.is-at')?.scrollIntoView({ block: 'nearest' });
  }, [now, sought]);

  const take = (choice: Choice | undefined) => {
    if (!choice) return;
    if (!isMany) dialog.current?.close();
    setSought('');
    onTake(choice.id);
  };
  const pressed = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) setAt(Math.max(0, Math.min(now + by, shown.length - 1)));
    else if (event.key === 'Enter') take(shown[now]);
    else return;
    event.preventDefault();
  };

  return (
    <dialog ref={dialog} className="dialog picker" aria-labelledby={`${id}-title`} onClose={onClose} onClick={(event) => event.target === dialog.current && dialog.current?.close()}>
      <h2 id={`${id}-title`}>{title}</h2>
      <input
        role="combobox"
        aria-label={title}
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-activedescendant={shown[now] ? `${id}-${now}` : undefined}
        aria-autocomplete="list"
        autoComplete="off"
        value={sought}
        onChange={(event) => { setSought(event.target.value); setAt(0); }}
        onKeyDown={pressed}
      />
      <ul id={`${id}-list`} role="listbox" aria-label={title} aria-multiselectable={isMany || undefined} className="wordings">
        {shown.map((choice, n) => (
          <li key={choice.id} id={`${id}-${n}`} role="option" aria-selected={isMany ? Boolean(choice.isOn) : n === now} className={n === now ? 'is-at' : undefined} onClick={() => take(choice)}>
            {isMany && <span aria-hidden="true">{choice.isOn ? '☑' : '☐'}</span>} <bdi>{choice.text}</bdi>
            {choice.hint && <bdi className="quiet">{choice.hint}</bdi>}
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p className="quiet" role="status">{t('picker.none')}</p>}
      <button type="button" className="button" onClick={() => dialog.current?.close()}>{t(isMany ? 'picker.done' : 'form.cancel')}</button>
    </dialog>
  );
}
