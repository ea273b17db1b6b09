/** Which rows of the log are looked for: kept in the address; days are the reader's own. */

import type { Params } from '../api/http.js';

export const FIELDS = ['actor', 'action', 'object_kind', 'object_id', 'from', 'to'] as const;

export type LogPlace = { log?: 'audit' | 'denials' | undefined } & { [name in (typeof FIELDS)[number]]?: string | undefined };

const DAY = /^\d{4}-\d{2}-\d{2}$/;

export function readLog(search: Record<string, unknown>): LogPlace {
  const place: LogPlace = { log: search['log'] === 'denials' ? 'denials' : search['log'] === 'audit' ? 'audit' : undefined };
  for (const name of FIELDS) {
    const said = search[name];
    // The router reads a bare number as one.
    const text = typeof said === 'number' ? String(said) : said;
    if (typeof text !== 'string' || text === '' || ((name === 'from' || name === 'to') && !DAY.test(text))) continue;
    place[name] = text;
  }
  return place;
}

export function paramsOf(place: LogPlace): Params {
  const params: Params = {};
  if (place.log !== 'denials' && place.actor) params['actor'] = place.actor;
  for (const name of ['action', 'object_kind', 'object_id'] as const) if (place[name]) params[name] = place[name];
  if (place.from) params['after'] = new Date(`${place.from}T00:00`).toISOString();
  if (place.to) params['before'] = dayAfter(place.to).toISOString();
  return params;
}

/** The first moment that is not of the day any more; a day need not have 24 hours. */
function dayAfter(day: string): Date {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date + 1);
}
