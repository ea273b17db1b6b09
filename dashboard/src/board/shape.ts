/** What the board asks for, and for which time: the choice is in the address. */

import type { Params } from '../api/http.js';

export const PERIODS = ['day', 'week', 'month', 'quarter'] as const;
export type Period = (typeof PERIODS)[number];

const DAYS: Record<Period, number> = { day: 1, week: 7, month: 30, quarter: 90 };
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

export interface BoardPlace {
  period?: Period | undefined;
}

export function readPeriod(search: Record<string, unknown>): BoardPlace {
  return { period: PERIODS.find((one) => one === search['period']) };
}

export function spanOf(period: Period, now: number): Params {
  return { from: new Date(now - DAYS[period] * DAY_MS).toISOString() };
}

export type Step = 'hour' | 'day';

export interface Point {
  at: string;
}

/** Every step of a span, with what was there or nothing: the server leaves out steps in which nothing was. */
export function filled<T extends Point>(span: { from: string; to: string; step: Step }, points: T[], nothing: Omit<T, 'at'>): T[] {
  const length = span.step === 'hour' ? HOUR_MS : DAY_MS;
  const known = new Map(points.map((one) => [Date.parse(one.at), one]));
  const first = Math.floor(Date.parse(span.from) / length) * length;
  const steps: T[] = [];
  for (let at = first; at <= Date.parse(span.to); at += length) {
    steps.push(known.get(at) ?? ({ ...nothing, at: new Date(at).toISOString() } as T));
  }
  return steps;
}

/** The least round number that is not below. */
export function roundUp(most: number): number {
  if (most <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= most) ?? most;
}

/** What the axis of counts ends at: never below four. */
export const ceilingOf = (most: number): number => (most <= 4 ? 4 : roundUp(most));

export type Standing = 'kept' | 'broken' | 'stale';

const FRESH_MS = DAY_MS;

/** Whether a promise is kept, as far as anybody has looked. */
export function standingOf(promise: { violations: number; checked_at: string | null }, now: number): Standing {
  if (promise.violations > 0) return 'broken';
  return promise.checked_at !== null && now - Date.parse(promise.checked_at) < FRESH_MS ? 'kept' : 'stale';
}
