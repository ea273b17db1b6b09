/** Who did what, and who tried what he may not: found by who, what, on what and when, and taken away on record. */

import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';

import type { AuditRow, AuditRowList, Denial, DenialList } from '../api/schema.js';
import { isAdmin, useDesk } from '../desk.js';
import { Forbidden } from '../shell/Problem.js';
import { say } from '../shell/toast.js';
import { moment, t } from '../text/intl.js';
import { useChange } from './change.js';
import { FIELDS, type LogPlace, paramsOf, readLog } from './log.js';
import { csvOf, keep } from './csv.js';
import { Listing } from './listing.js';

const PATHS = { audit: '/audit-log', denials: '/access-denials' } as const;
const COLUMNS = { audit: ['at', 'actor', 'action', 'object_kind', 'object_id', 'details'], denials: ['at', 'surface', 'action', 'object_kind', 'object_id'] } as const;

export function Audit() {
  const desk = useDesk();
  const change = useChange();
  const navigate = useNavigate();
  const place = readLog(useSearch({ strict: false }));
  const [isBusy, setBusy] = useState(false);
  if (!isAdmin(desk)) return <Forbidden right="admin" />;
  const log = place.log ?? 'audit';
  const go = (to: LogPlace) => void navigate({ to: '/audit', search: to });

  const take = async () => {
    setBusy(true);
    let partly = 0;
    const isDone = await change(t('audit.taken'), async () => {
      const found = await desk.api.post<AuditRowList | DenialList>(`${PATHS[log]}/export`, paramsOf(place));
      keep(csvOf(COLUMNS[log], found.items), `${log}-${new Date().toISOString().slice(0, 10)}.csv`);
      if (found.next_cursor) partly = found.items.length;
    });
    if (isDone && partly > 0) say(t('audit.partly', { rows: partly }));
    setBusy(false);
  };

  return (
    <section className="page" aria-labelledby="page-title">
      <header className="inline">
        <h2 id="page-title">{t('audit.title')}</h2>
        <span className="spacer" />
        <button type="button" className="button" disabled={isBusy} onClick={() => void take()}>{t('audit.export')}</button>
      </header>
      <div className="views">
        {(['audit', 'denials'] as const).map((one) => <button key={one} type="button" aria-current={one === log ? 'true' : undefined} onClick={() => go({ ...place, log: one, actor: undefined })}>{t('audit.view', { log: one })}</button>)}
      </div>
      <Filters key={JSON.stringify(place)} place={place} onFind={go} />
      {log === 'audit' ? (
        <Listing<AuditRow>
          label={t('audit.title')}
          path={PATHS.audit}
          params={paramsOf(place)}
          keyOf={(row) => row.id}
          empty={t('audit.empty')}
          columns={[
            { title: t('audit.at'), cell: (row) => moment(row.at) },
            { title: t('audit.actor'), cell: (row) => <bdi title={row.actor}>{nameOf(row.actor, desk.members)}</bdi> },
            { title: t('audit.action'), cell: (row) => <bdi>{row.action}</bdi> },
            { title: t('audit.object'), cell: (row) => <bdi>{row.object_kind} {row.object_id ?? ''}</bdi> },
            { title: t('audit.details'), cell: (row) => (Object.keys(row.details).length ? <code>{JSON.stringify(row.details).slice(0, 300)}</code> : null) },
          ]}
          actions={(row) => row.object_id && <button type="button" className="button" onClick={() => go({ log, object_kind: row.object_kind, object_id: row.object_id ?? undefined })}>{t('audit.same')}</button>}
        />
      ) : (
        <Listing<Denial>
          label={t('audit.title')}
          path={PATHS.denials}
          params={paramsOf(place)}
          keyOf={(row) => row.id}
          empty={t('audit.noDenials')}
          columns={[
            { title: t('audit.at'), cell: (row) => moment(row.at) },
            { title: t('audit.surface'), cell: (row) => <bdi>{row.surface}</bdi> },
            { title: t('audit.action'), cell: (row) => <bdi>{row.action}</bdi> },
            { title: t('audit.object'), cell: (row) => <bdi>{row.object_kind} {row.object_id}</bdi> },
          ]}
          actions={(row) => <button type="button" className="button" onClick={() => go({ log, object_kind: row.object_kind, object_id: row.object_id })}>{t('audit.same')}</button>}
        />
      )}
    </section>
  );
}

type Members = ReturnType<typeof useDesk>['members'];

/** A member by his name; whoever else it was by what he is called in the log. */
function nameOf(actor: string, members: Members): string {
  return members.find((one) => actor === `user:${one.user_id}`)?.display_name ?? actor;
}

function Filters({ place, onFind }: { place: LogPlace; onFind(place: LogPlace): void }) {
  const { members } = useDesk();
  const find = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    onFind(readLog({ log: place.log, ...Object.fromEntries(FIELDS.map((name) => [name, String(said.get(name) ?? '').trim()])) }));
  };
  const isFiltered = FIELDS.some((name) => place[name]);
  return (
    <form role="search" aria-label={t('audit.find')} className="log-filters" onSubmit={find}>
      {place.log !== 'denials' && (
        <div>
          <label htmlFor="log-actor">{t('audit.actor')}</label>
          <select id="log-actor" name="actor" defaultValue={place.actor ?? ''}>
            <option value="">{t('audit.anybody')}</option>
            {members.map((one) => <option key={one.user_id} translate="no" value={`user:${one.user_id}`}>{one.display_name ?? one.user_id}</option>)}
            {place.actor && !members.some((one) => place.actor === `user:${one.user_id}`) && <option translate="no" value={place.actor}>{place.actor}</option>}
          </select>
        </div>
      )}
      <div><label htmlFor="log-action">{t('audit.action')}</label><input id="log-action" name="action" defaultValue={place.action ?? ''} autoComplete="off" maxLength={100} /></div>
      <div><label htmlFor="log-object_kind">{t('audit.kind')}</label><input id="log-object_kind" name="object_kind" defaultValue={place.object_kind ?? ''} autoComplete="off" maxLength={100} /></div>
      <div><label htmlFor="log-object_id">{t('audit.objectId')}</label><input id="log-object_id" name="object_id" defaultValue={place.object_id ?? ''} autoComplete="off" maxLength={200} /></div>
      <div><label htmlFor="log-from">{t('audit.from')}</label><input id="log-from" name="from" type="date" defaultValue={place.from ?? ''} /></div>
      <div><label htmlFor="log-to">{t('audit.to')}</label><input id="log-to" name="to" type="date" defaultValue={place.to ?? ''} /></div>
      <button type="submit" className="button primary">{t('contacts.search')}</button>
      {isFiltered && <button type="button" className="button" onClick={() => onFind({ log: place.log })}>{t('audit.all')}</button>}
    </form>
  );
}
