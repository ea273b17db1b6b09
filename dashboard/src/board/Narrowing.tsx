/** Which metric, of when, by which step, narrowed to what: all of it is in the address. */

import { Link } from '@tanstack/react-router';
import type { FormEvent } from 'react';

import type { SeriesItem } from '../api/schema.js';
import { CHANNELS } from '../inbox/views.js';
import { t } from '../text/intl.js';
import { channelOf, labelOf, titleOf } from './naming.js';
import { type Metric, METRICS, readSeries, type SeriesPlace } from './place.js';
import type { Span } from './series.js';
import { PERIODS } from './shape.js';

/** What is counted without a channel. */
const WITHOUT = new Set<Metric>(['moderation', 'uploads', 'people', 'realtime']);

interface Props {
  place: SeriesPlace & { metric: Metric };
  span: Span;
  items: SeriesItem[];
  onGo(change: SeriesPlace): void;
}

export function Narrowing({ place, span, items, onGo }: Props) {
  const { metric, channel, label } = place;
  const labels = [...new Set([...items.map((one) => one.label), ...(label ? [label] : [])])].sort();
  const period = place.from ? undefined : (place.period ?? 'day');
  const here = { to: '/operations/series', activeOptions: { exact: true } } as const;
  return (
    <div className="metric-choice">
      <nav className="views" aria-label={t('board.periods')}>
        {PERIODS.map((one) => <Link key={one} {...here} search={{ ...place, period: one, from: undefined, to: undefined }} {...(one === period && { 'aria-current': 'true' as const })}>{t('board.period', { period: one })}</Link>)}
      </nav>
      {span.steps.length > 1 && (
        <nav className="views" aria-label={t('series.step')}>
          {span.steps.map((one) => <Link key={one} {...here} search={{ ...place, step: one }} {...(one === span.step && { 'aria-current': 'true' as const })}>{t('series.stepOf', { step: one })}</Link>)}
        </nav>
      )}
      <Days key={`${place.from} ${place.to}`} place={place} onGo={onGo} />
      <div className="metric-fields">
        <Choice name="metric" title={t('series.metric')} value={metric} options={METRICS.map((one) => [one, titleOf(one)])} onChoose={(one) => onGo({ metric: readSeries({ metric: one }).metric, channel: undefined, label: undefined, by: undefined })} />
        {!WITHOUT.has(metric) && <Choice name="channel" title={t('channels.channel')} value={channel ?? ''} options={[['', t('filter.any')], ...[...new Set([...CHANNELS, ...(channel ? [channel] : [])])].map((one): [string, string] => [one, channelOf(one)])]} onChoose={(one) => onGo({ channel: one || undefined })} />}
        <Choice name="label" title={t('series.what')} value={label ?? ''} options={[['', t('filter.any')], ...labels.map((one): [string, string] => [one, labelOf(metric, one)])]} onChoose={(one) => onGo({ label: one || undefined })} />
        {!WITHOUT.has(metric) && metric !== 'errors' && <Choice name="by" title={t('series.by')} value={place.by ?? 'label'} options={[['label', t('series.what')], ['channel', t('channels.channel')]]} onChoose={(one) => onGo({ by: one === 'channel' ? 'channel' : undefined })} />}
      </div>
    </div>
  );
}

function Choice({ name, title, value, options, onChoose }: { name: string; title: string; value: string; options: [string, string][]; onChoose(value: string): void }) {
  return (
    <p>
      <label htmlFor={`metric-${name}`}>{title}</label>
      <select id={`metric-${name}`} value={value} onChange={(event) => onChoose(event.target.value)}>{options.map(([one, text]) => <option key={one} value={one}>{text}</option>)}</select>
    </p>
  );
}

function Days({ place, onGo }: { place: SeriesPlace; onGo(change: SeriesPlace): void }) {
  const choose = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    onGo({ period: undefined, from: String(said.get('from')), to: String(said.get('to')) });
  };
  return (
    <details open={place.from !== undefined}>
      <summary>{t('series.days')}</summary>
      <form className="metric-fields" aria-label={t('series.days')} onSubmit={choose}>
        <p><label htmlFor="metric-from">{t('series.from')}</label><input id="metric-from" name="from" type="date" required defaultValue={place.from ?? ''} /></p>
        <p><label htmlFor="metric-to">{t('series.to')}</label><input id="metric-to" name="to" type="date" required defaultValue={place.to ?? ''} /></p>
        <button type="submit" className="button">{t('series.show')}</button>
      </form>
    </details>
  );
}
