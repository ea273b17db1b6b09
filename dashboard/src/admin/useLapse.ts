/** How long a reason holds: after a quarter of an hour what it showed is taken from the page. */

import { useEffect, useRef, useState } from 'react';

import { t } from '../text/intl.js';

const MINUTES = 15;

/** Calls `onLapse` once `given` is a quarter of an hour old; answers what to say of it then. A new reason begins anew. */
export function useLapse(given: unknown, onLapse: () => void): string | null {
  const [lapsed, setLapsed] = useState<unknown>(null);
  const latest = useRef(onLapse);
  useEffect(() => { latest.current = onLapse; });
  useEffect(() => {
    if (!given) return;
    const timer = setTimeout(() => {
      setLapsed(given);
      latest.current();
    }, MINUTES * 60_000);
    return () => clearTimeout(timer);
  }, [given]);
  return given && lapsed === given ? t('viewer.lapsed', { minutes: MINUTES }) : null;
}
