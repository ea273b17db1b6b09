/** How old figures are: what the server said, and the time since. */

import { seconds, t } from '../text/intl.js';
import { useNow } from './Tile.js';

const OLD_S = 60;

export function Counted({ by, answeredAt, isOld }: { by: { age_seconds: number | null }; answeredAt: number; isOld: boolean }) {
  const now = useNow();
  if (by.age_seconds === null) return <span className="warn">{t('board.never')}</span>;
  const age = by.age_seconds + Math.max(0, now - answeredAt) / 1000;
  return <span className={age > OLD_S || isOld ? 'warn' : 'quiet'}>{t('board.counted', { age: seconds(age) })}</span>;
}
