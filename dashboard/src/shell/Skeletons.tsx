/** The shape of what is on its way; unseen for the first moment, in which most of it arrives. */

import { t } from '../text/intl.js';

export function Skeletons({ rows }: { rows: number }) {
  return <div className="skeletons" role="status" aria-busy="true" aria-label={t('app.starting')}>{Array.from({ length: rows }, (_, n) => <i key={n} />)}</div>;
}
