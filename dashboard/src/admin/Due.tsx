/** When something is due: late is said in a word as well, not by a colour alone. */

import { moment, t } from '../text/intl.js';

export const isLate = (dueAt: string | null): boolean => dueAt !== null && Date.parse(dueAt) < Date.now();

export function Due({ at, isOpen = true }: { at: string | null; isOpen?: boolean }) {
  if (at === null) return <span className="quiet">{t('tasks.noDate')}</span>;
  if (!isOpen || !isLate(at)) return <time dateTime={at}>{moment(at)}</time>;
  return <span className="warn due"><time dateTime={at}>{moment(at)}</time> <span className="chip chip-late">{t('tasks.late')}</span></span>;
}
