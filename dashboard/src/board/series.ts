/** One metric in time: which span is asked for, all of its pages, and what of them stands in a chart. */

import type { Params } from '../api/http.js';
import type { OperationsSeries, SeriesItem } from '../api/schema.js';
import type { Metric, SeriesPlace } from './place.js';
import { spanOf, type Step } from './shape.js';

const DAY_MS = 86_400_000;
/** By the hour the server answers eight days at most, and hours by itself up to three. */
const MOST_HOURLY = 8;
const HOURLY = 3;
/** A screen asks four times at most. */
export const MOST_REQUESTS = 4;

export interface Span {
  params: Params;
  step: Step;
  /** The steps one can choose between. */
  steps: readonly Step[];
  /** Whether it lies in the past: what is there is all there will be. */
  isOver: boolean;
}

/** What to ask for. People are counted by days alone: those of hours do not add up. */
export function spanFor(place: SeriesPlace, now: number): Span {
  const fixed = place.from !== undefined && place.to !== undefined ? { from: Date.parse(place.from), to: Date.parse(place.to) + DAY_MS } : undefined;
  const params = fixed ? { from: new Date(fixed.from).toISOString(), to: new Date(fixed.to).toISOString() } : spanOf(place.period ?? 'day', now);
  const days = fixed ? (fixed.to - fixed.from) / DAY_MS : (now - Date.parse(String(params['from']))) / DAY_MS;
  const steps: readonly Step[] = place.metric === 'people' || days > MOST_HOURLY ? ['day'] : ['hour', 'day'];
  const step = steps.find((one) => one === place.step) ?? (days <= HOURLY ? steps[0] : 'day') ?? 'day';
  return { params: { ...params, step }, step, steps, isOver: fixed !== undefined && fixed.to < now };
}

/** All of a metric, a page after the other; `more` stays where four do not hold it. */
export async function readAll(ask: (params: Params) => Promise<OperationsSeries>, params: Params): Promise<OperationsSeries> {
  let found = await ask(params);
  for (let n = 1; found.more && n < MOST_REQUESTS; n++) {
    // The step a page ends in may be there in part: the next page begins with it.
    const last = found.items.at(-1)?.at;
    const whole = found.items.filter((one) => one.at !== last);
    if (last === undefined || whole.length === 0) break;
    const next = await ask({ ...params, from: last, to: found.to });
    found = { ...found, items: [...whole, ...next.items], more: next.more };
  }
  return found;
}

/** What is counted at its highest, and does not add up over time: distinct people, connections at once. */
export const isPeak = (metric: Metric, label: string): boolean => metric === 'people' || (metric === 'realtime' && label === 'connections');

export interface Part {
  channel: string;
  label: string;
  /** The sum over the span, or the most there was at once. */
  number: number;
  isTimed: boolean;
}

/** What there is of a metric, each channel and label once, the largest first. */
export function partsOf(metric: Metric, items: SeriesItem[]): Part[] {
  const parts = new Map<string, Part>();
  for (const one of items) {
    const key = `${one.channel} ${one.label}`;
    const part = parts.get(key) ?? { channel: one.channel, label: one.label, number: 0, isTimed: false };
    part.number = isPeak(metric, one.label) ? Math.max(part.number, one.number) : part.number + one.number;
    part.isTimed ||= one.p50_seconds !== null;
    parts.set(key, part);
  }
  return [...parts.values()].toSorted((a, b) => b.number - a.number || a.label.localeCompare(b.label) || a.channel.localeCompare(b.channel));
}

export type Stack = { at: string } & { of: Record<string, number> };

/** For each step what there was of each name; what is not among the names is `rest`. */
export function stacked(items: SeriesItem[], by: 'channel' | 'label', names: readonly string[], rest: string): Stack[] {
  const steps = new Map<string, Stack>();
  for (const one of items) {
    const at = new Date(one.at).toISOString();
    const step = steps.get(at) ?? { at, of: Object.create(null) as Record<string, number> };
    const name = names.includes(one[by]) ? one[by] : rest;
    step.of[name] = (step.of[name] ?? 0) + one.number;
    steps.set(at, step);
  }
  return [...steps.values()];
}

/** What a bar is made of, the largest first. */
export function namesOf(items: SeriesItem[], by: 'channel' | 'label'): string[] {
  const sums = new Map<string, number>();
  for (const one of items) sums.set(one[by], (sums.get(one[by]) ?? 0) + one.number);
  return [...sums].toSorted((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([name]) => name);
}

export const COLUMNS = ['at', 'channel', 'label', 'number', 'p50_seconds', 'p95_seconds'] as const;
