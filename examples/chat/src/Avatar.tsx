import { hueOf, initialsOf } from './format.js';

export function Avatar({ id, name, isOnline = false }: { id: string; name: string; isOnline?: boolean }) {
  return (
    <span className={isOnline ? 'avatar online' : 'avatar'} style={{ '--hue': hueOf(id) } as React.CSSProperties} aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}
