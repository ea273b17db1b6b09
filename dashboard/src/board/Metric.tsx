/** One metric of the board: in time, by channel and label, as bars and as rows one can copy or take away. */

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';

import { csvOf, keep } from '../admin/csv.js';
import { ApiProblem } from '../api/http.js';
import type { OperationsSeries, SeriesItem } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { ProblemBox } from '../shell/Problem.js';
import { Skeletons } from '../shell/Skeletons.js';
import { number, seconds, stamp, t } from '../text/intl.js';
import { Counted } from './Counted.js';
import { channelOf, labelOf, titleOf, wayTo } from './naming.js';
import { Narrowing } from './Narrowing.js';
import { Numbers, Times } from './Over.js';
import { type Metric as Name, readSeries, type SeriesPlace } from './place.js';
import { COLUMNS, isPeak, partsOf, readAll, spanFor } from './series.js';
import { Rows } from './Tile.js';
import './metric.css';

const EVERY_MS = 30_000;

export function Metric() {
  const { api, person } = useDesk();
  const navigate = useNavigate();
  const place = readSeries(useSearch({ strict: false }));
  const metric = place.metric ?? 'messages';
  const { period, from, to, step, channel } = place;
  const asked = spanFor(place, Date.now());
  const found = useQuery({
    // A past that is over is asked for once; what grows, as often as somebody looks at it.
    refetchInterval: asked.isOver ? false : EVERY_MS, refetchOnWindowFocus: !asked.isOver,
    queryKey: [person.tenantId, 'series', metric, period, from, to, step, channel],
    queryFn: ({ signal }) => readAll((params) => api.get<OperationsSeries>('/operations/series', { ...params, metric, channel }, signal), spanFor(place, Date.now()).params),
    placeholderData: (before, query) => (query?.queryKey[2] === metric ? keepPreviousData(before) : undefined),
  });
  const go = (change: SeriesPlace) => void navigate({ to: '/operations/series', search: { ...place, metric, ...change } });
  const rows = (found.data?.items ?? []).filter((one) => (!place.label || one.label === place.label) && (!channel || one.channel === channel));
  const take = () => keep(csvOf(COLUMNS, rows.map((one) => ({ ...one, at: new Date(one.at).toISOString() }))), fileOf(metric, found.data));
  return (
    <section className="page board" aria-labelledby="page-title">
      <header className="inline">
        <Link className="link" to="/operations" search={{ period }}>{t('board.title')}</Link>
        <h2 id="page-title">{titleOf(metric)}</h2>
        <span className="spacer" />
        {found.data && <Counted by={found.data} answeredAt={found.dataUpdatedAt} isOld={found.isRefetchError} />}
        <button type="button" className="button" disabled={rows.length === 0} onClick={take}>{t('series.take')}</button>
      </header>
      <Narrowing place={{ ...place, metric }} span={asked} items={found.data?.items ?? []} onGo={go} />
      <Body found={found} rows={rows} place={{ ...place, metric }} />
    </section>
  );
}

const fileOf = (metric: Name, found: OperationsSeries | undefined): string => `${metric}-${[found?.from, found?.to].map((at) => (at ?? '').slice(0, 10)).join('-')}.csv`;

type Found = Pick<ReturnType<typeof useQuery<OperationsSeries>>, 'data' | 'error' | 'isPending' | 'isRefetchError' | 'isPlaceholderData' | 'refetch'>;

function Body({ found, rows, place }: { found: Found; rows: SeriesItem[]; place: SeriesPlace & { metric: Name } }) {
  const isForbidden = found.error instanceof ApiProblem && found.error.status === 403;
  // What somebody may not see any more is not left standing, either.
  if (found.error && (isForbidden || !found.data || found.isPlaceholderData)) return <ProblemBox problem={found.error} onRetry={() => void found.refetch()} />;
  if (found.isPending || !found.data) return <Skeletons rows={6} />;
  return (
    <>
      {found.isRefetchError && <p className="offline" role="status">{t('board.stale')}</p>}
      {found.data.more && <p className="warn" role="status">{t('series.more')}</p>}
      {rows.length === 0 ? <p className="state">{t('series.empty')}</p> : (
        <div className={rows.some((one) => one.p50_seconds !== null) ? 'metric is-timed' : 'metric'} aria-busy={found.isPlaceholderData || undefined}>
          <div className="metric-charts">
            <Numbers place={place} found={found.data} rows={rows} />
            <Times place={place} found={found.data} rows={rows} />
            <Parts place={place} rows={rows} />
          </div>
          <Table key={JSON.stringify(place)} place={place} found={found.data} rows={rows} />
        </div>
      )}
    </>
  );
}

/** What there is of each channel and label; its name narrows the page to it. */
function Parts({ place, rows }: { place: SeriesPlace & { metric: Name }; rows: SeriesItem[] }) {
  const { metric } = place;
  const parts = partsOf(metric, rows);
  const ways = parts.map((one) => wayTo(metric, one.label, one.channel));
  return (
    <section className="metric-part" aria-labelledby="metric-parts">
      <h3 id="metric-parts">{t('series.parts')}</h3>
      <Rows
        label={t('series.parts')}
        heads={[t('series.what'), t('channels.channel'), t('series.number'), ...(ways.some(Boolean) ? [t('series.rows')] : [])]}
        rows={parts.map((one, n) => ({
          key: `${one.channel} ${one.label}`,
          cells: [
            <Link to="/operations/series" search={{ ...place, channel: one.channel || undefined, label: one.label }}>{labelOf(metric, one.label)}</Link>,
            channelOf(one.channel),
            isPeak(metric, one.label) ? t('series.most', { n: number(one.number) }) : number(one.number),
            ...(ways.some(Boolean) ? [ways[n] && <Link {...ways[n]}>{ways[n].text}</Link>] : []),
          ],
        }))}
      />
    </section>
  );
}

const MOST = 100;

/** Every row there is, newest first: what the export has, too. */
function Table({ place: { metric }, found, rows }: { place: SeriesPlace & { metric: Name }; found: OperationsSeries; rows: SeriesItem[] }) {
  const [shown, setShown] = useState(MOST);
  const isTimed = rows.some((one) => one.p50_seconds !== null);
  const hasChannels = rows.some((one) => one.channel !== '');
  return (
    <section className="metric-part metric-rows" aria-labelledby="metric-rows">
      <h3 id="metric-rows">{t('series.each')}</h3>
      <Rows
        label={t('series.each')}
        heads={[t(found.step === 'hour' ? 'board.hour' : 'board.dayUtc'), ...(hasChannels ? [t('channels.channel')] : []), t('series.what'), t('series.number'), ...(isTimed ? [t('board.usual'), t('board.slow')] : [])]}
        rows={rows.toReversed().slice(0, shown).map((one) => ({
          key: `${one.at} ${one.channel} ${one.label}`,
          cells: [
            <time dateTime={one.at}>{stamp(one.at, found.step)}</time>, ...(hasChannels ? [channelOf(one.channel)] : []), labelOf(metric, one.label), number(one.number),
            ...(isTimed ? [seconds(one.p50_seconds), seconds(one.p95_seconds)] : []),
          ],
        }))}
      />
      {rows.length > shown && <button type="button" className="button more" onClick={() => setShown((was) => was + MOST)}>{t('table.more')}</button>}
    </section>
  );
}
