/** What can be done from where the reader is: each part of the page that is shown adds its own. */

import { useEffect, useRef } from 'react';

export interface Command {
  id: string;
  text: string;
  /** The single key that does the same. */
  key?: string;
  run(): void;
}

const sources = new Set<() => Command[]>();

export function useCommands(make: () => Command[]): void {
  const latest = useRef(make);
  latest.current = make;
  useEffect(() => {
    const source = () => latest.current();
    sources.add(source);
    return () => void sources.delete(source);
  }, []);
}

export const commands = (): Command[] => [...sources].flatMap((make) => make());
