/** Whether this is a phone: one pane, and the ways below it. The same line the styles draw. */

import { useSyncExternalStore } from 'react';

const phone = matchMedia('(max-width: 760px)');

export function useIsPhone(): boolean {
  return useSyncExternalStore((changed) => {
    phone.addEventListener('change', changed);
    return () => phone.removeEventListener('change', changed);
  }, () => phone.matches);
}
