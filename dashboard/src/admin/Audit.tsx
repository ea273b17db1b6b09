/** Who did what, and who tried what he may not. */

import { useState } from 'react';

import type { AuditRow, Denial } from '../api/schema.js';
import { isAdmin, useDesk } from '../desk.js';
import { Forbidden } from '../shell/Problem.js';
import { moment, t } from '../text/intl.js';
import { Listing } from './listing.js';

export function Audit() {
  const desk = useDesk();
  const [log, setLog] = useState<'audit' | 'denials'>('audit');
  if (!isAdmin(desk)) return <Forbidden right="admin" />;
  // Whoever left the team is known by his id alone.
  const whoIs = (actor: string) => desk.members.find((one) => actor === `user:${one.user_id}`)?.display_name ?? actor;
  return (
    <section className="page" aria-labelledby="page-title">
      <h2 id="page-title">{t('audit.title')}</h2>
      <div className="views">
        {(['audit', 'denials'] as const).map((one) => <button key={one} type="button" aria-current={one === log ? 'true' : undefined} onClick={() => setLog(one)}>{t('audit.view', { log: one })}</button>)}
      </div>
      {log === 'audit' ? (
        <Listing<AuditRow>
          label={t('audit.title')}
          path="/audit-log"
          keyOf={(row) => row.id}
          empty={t('audit.empty')}
          columns={[
            { title: t('audit.at'), cell: (row) => moment(row.at) },
            { title: t('audit.actor'), cell: (row) => <bdi title={row.actor}>{whoIs(row.actor)}</bdi> },
            { title: t('audit.action'), cell: (row) => <bdi>{row.action}</bdi> },
            { title: t('audit.object'), cell: (row) => <bdi>{row.object_kind} {row.object_id ?? ''}</bdi> },
            { title: t('audit.details'), cell: (row) => (Object.keys(row.details).length ? <code>{JSON.stringify(row.details).slice(0, 300)}</code> : null) },
          ]}
        />
      ) : (
        <Listing<Denial>
          label={t('audit.title')}
          path="/access-denials"
          keyOf={(row) => row.id}
          empty={t('audit.noDenials')}
          columns={[
            { title: t('audit.at'), cell: (row) => moment(row.at) },
            { title: t('audit.surface'), cell: (row) => <bdi>{row.surface}</bdi> },
            { title: t('audit.action'), cell: (row) => <bdi>{row.action}</bdi> },
            { title: t('audit.object'), cell: (row) => <bdi>{row.object_kind} {row.object_id}</bdi> },
          ]}
        />
      )}
    </section>
  );
}
