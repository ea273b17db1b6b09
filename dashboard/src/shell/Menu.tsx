/** A button with a menu below it: opened by a press or an arrow, gone through by arrows or a first letter, left by Escape. */

import { EllipsisVertical } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';

export interface Deed {
  id: string;
  text: string;
  run(): void;
}

export function Menu({ label, deeds }: { label: string; deeds: readonly Deed[] }) {
  const [at, setAt] = useState<number | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const isOpen = at !== null;

  useEffect(() => {
    if (at !== null) box.current?.querySelectorAll<HTMLElement>('[role="menuitem"]')[at]?.focus();
  }, [at]);
  useEffect(() => {
    if (!isOpen) return undefined;
    const pressed = (event: PointerEvent) => !box.current?.contains(event.target as Node) && setAt(null);
    document.addEventListener('pointerdown', pressed);
    return () => document.removeEventListener('pointerdown', pressed);
  }, [isOpen]);

  const leave = () => {
    setAt(null);
    button.current?.focus();
  };
  const take = (deed: Deed) => {
    // First, so that a dialog it opens gives the focus back to the button.
    leave();
    deed.run();
  };
  const go = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const now = at ?? -1;
    const n = deeds.length;
    const letter = event.key.length === 1 ? deeds.map((_, by) => (now + 1 + by) % n).find((one) => deeds[one]?.text.toLowerCase().startsWith(event.key.toLowerCase())) : undefined;
    const to = { ArrowDown: (now + 1) % n, ArrowUp: (now + n - 1) % n, Home: 0, End: n - 1, Tab: now }[event.key] ?? letter;
    // A single key is for the menu while it is open, not for the screen behind it.
    event.stopPropagation();
    if (event.key === 'Escape') leave();
    else if (to !== undefined) setAt(to);
    else if (event.key === 'Enter' || event.key === ' ') return;
    event.preventDefault();
  };

  return (
    <div className="menu-box" ref={box} onBlur={(event) => event.relatedTarget && !box.current?.contains(event.relatedTarget) && setAt(null)}>
      <button
        ref={button}
        type="button"
        className="button icon"
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setAt(isOpen ? null : 0)}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
          event.preventDefault();
          setAt(event.key === 'ArrowDown' ? 0 : deeds.length - 1);
        }}
      >
        <EllipsisVertical aria-hidden="true" size={18} />
      </button>
      {isOpen && (
        <div id={id} role="menu" aria-label={label} className="menu" onKeyDown={go}>
          {deeds.map((deed, n) => <button key={deed.id} type="button" role="menuitem" tabIndex={n === at ? 0 : -1} onClick={() => take(deed)}>{deed.text}</button>)}
        </div>
      )}
    </div>
  );
}
