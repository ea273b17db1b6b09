/** The charts of a metric: how many of what, and how long it took. */

import { Link } from '@tanstack/react-router';

import type { OperationsSeries, SeriesItem } from '../api/schema.js';
import { t } from '../text/intl.js';
import { Chart, type Series } from './Chart.js';
import { Lines } from './Lines.js';
import { channelOf, isBad, labelOf, titleOf, wayTo } from './naming.js';
import type { Metric, SeriesPlace } from './place.js';
import { isPeak, namesOf, partsOf, stacked, type Stack } from './series.js';
import { filled } from './shape.js';

interface Props {
  place: SeriesPlace & { metric: Metric };
  found: OperationsSeries;
  rows: SeriesItem[];
}

const TONES = [1, 2, 4, 5] as const;
const REST = '*';

/** Until its end, which is the beginning of a step nobody asked for. */
const until = (found: OperationsSeries) => ({ from: found.from, to: new Date(Math.min(Date.now(), Date.parse(found.to) - 1)).toISOString(), step: found.step });

export function Numbers({ place, found, rows }: Props) {
  const { metric } = place;
  const by = place.by ?? 'label';
  const alone = apart(metric, rows);
  const names = namesOf(alone, by);
  const shown = names.slice(0, names.length > TONES.length + 1 ? TONES.length : TONES.length + 1);
  const title = names.length === 1 && by === 'label' ? labelOf(metric, names[0] ?? '') : titleOf(metric);
  const points = filled<Stack>(until(found), stacked(alone, by, shown, REST), { of: {} });
  const way = wayTo(metric, place.label, place.channel);
  return (
    <section className="metric-part" aria-labelledby="metric-numbers">
      <header className="inline">
        <h3 id="metric-numbers">{t('series.numbers')}</h3>
        {way && <Link className="link" {...way}>{way.text}</Link>}
      </header>
      <Chart isTold title={title} step={found.step} points={points} series={toned(metric, by, shown, names.length > shown.length)} />
    </section>
  );
}

/** What does not add up with others stands alone: the most connections there were, unless another label is chosen. */
function apart(metric: Metric, rows: SeriesItem[]): SeriesItem[] {
  const peaks = metric === 'realtime' ? rows.filter((one) => isPeak(metric, one.label)) : [];
  return peaks.length > 0 ? peaks : rows;
}

function toned(metric: Metric, by: 'channel' | 'label', names: string[], hasRest: boolean): Series<Stack>[] {
  const free = [...TONES];
  let isBadTaken = false;
  const series = names.map((name): Series<Stack> => {
    const isRed = by === 'label' && !isBadTaken && isBad(metric, name);
    if (isRed) isBadTaken = true;
    return { label: by === 'label' ? labelOf(metric, name) : channelOf(name), tone: isRed ? 3 : (free.shift() ?? 6), value: (one) => one.of[name] ?? 0 };
  });
  return hasRest ? [...series, { label: t('series.rest'), tone: 6, value: (one) => one.of[REST] ?? 0 }] : series;
}

/** Percentiles do not add up: they are of one channel and label, the one with the most unless one is chosen. */
export function Times({ place, found, rows }: Props) {
  const part = partsOf(place.metric, rows).find((one) => one.isTimed);
  if (!part) return null;
  const own = rows.filter((one) => one.channel === part.channel && one.label === part.label).map((one) => ({ ...one, at: new Date(one.at).toISOString() }));
  const name = labelOf(place.metric, part.label);
  return (
    <section className="metric-part" aria-labelledby="metric-times">
      <h3 id="metric-times">{part.channel === '' ? t('series.times', { name }) : t('series.timesOn', { name, channel: channelOf(part.channel) })}</h3>
      <Lines title={name} step={found.step} points={filled(until(found), own, { p50_seconds: null, p95_seconds: null, channel: '', label: '', number: 0 })} />
    </section>
  );
}
