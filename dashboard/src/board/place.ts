/** What the address of a metric says: which one, of when, by which step, narrowed to what. Read once, never trusted. */

import { PERIODS, type Period, type Step } from './shape.js';

export const METRICS = ['messages', 'deliveries', 'attempts', 'waits', 'responses', 'decisions', 'moderation', 'uploads', 'people', 'realtime', 'errors'] as const;
export type Metric = (typeof METRICS)[number];

export interface SeriesPlace {
  metric?: Metric | undefined;
  period?: Period | undefined;
  /** Days (UTC), both included; they stand instead of a period. */
  from?: string | undefined;
  to?: string | undefined;
  step?: Step | undefined;
  channel?: string | undefined;
  label?: string | undefined;
  /** What the bars are made of: labels, unless said. */
  by?: 'channel' | undefined;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const NAME = /^[a-z_]+(?::[a-z_]+)?$/;

const dayOf = (said: unknown): string | undefined => (typeof said === 'string' && DAY.test(said) && !Number.isNaN(Date.parse(said)) ? said : undefined);
const nameOf = (said: unknown): string | undefined => (typeof said === 'string' && said.length <= 100 && NAME.test(said) ? said : undefined);

export function readSeries(search: Record<string, unknown>): SeriesPlace {
  const [from, to] = [dayOf(search['from']), dayOf(search['to'])];
  const isFixed = from !== undefined && to !== undefined;
  return {
    metric: METRICS.find((one) => one === search['metric']),
    period: isFixed ? undefined : PERIODS.find((one) => one === search['period']),
    from: isFixed ? from : undefined,
    to: isFixed ? to : undefined,
    step: (['hour', 'day'] as const).find((one) => one === search['step']),
    channel: nameOf(search['channel']),
    label: nameOf(search['label']),
    by: search['by'] === 'channel' ? 'channel' : undefined,
  };
}
