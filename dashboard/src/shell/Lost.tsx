/** An address of the desk where nothing is. */

import { Link } from '@tanstack/react-router';

import { t } from '../text/intl.js';

export function Lost() {
  return (
    <section className="page" aria-labelledby="page-title">
      <h2 id="page-title">{t('lost.title')}</h2>
      <p>{t('lost.text')}</p>
      <p><Link className="link" to="/" search={{ view: 'all' }}>{t('lost.inbox')}</Link></p>
    </section>
  );
}
