import { describe, expect, it } from 'vitest';

import { csvOf } from '../src/admin/csv.js';
import type { OperationsSeries, SeriesItem } from '../src/api/schema.js';
import { pathOf } from '../src/board/Lines.js';
import { wayTo } from '../src/board/naming.js';
import { METRICS, readSeries } from '../src/board/place.js';
import { COLUMNS, MOST_REQUESTS, namesOf, partsOf, readAll, spanFor, stacked } from '../src/board/series.js';

const NOW = Date.parse('2026-11-30T12:34:00Z');
const item = (at: string, channel: string, label: string, number: number, p95: number | null = null): SeriesItem => ({ at, channel, label, number, p50_seconds: p95, p95_seconds: p95 });
const answer = (items: SeriesItem[], more: boolean): OperationsSeries => ({ from: '2026-11-23T12:00:00Z', to: '2026-11-30T12:34:00Z', step: 'hour', as_of: null, age_seconds: 1, metric: 'messages', items, more });

describe('the address of a metric', () => {
  it('says what is known, and nothing else', () => {
    expect(readSeries({ metric: 'waits', period: 'week', step: 'hour', channel: 'email', label: 'ai:first', by: 'channel' })).toEqual({ metric: 'waits', period: 'week', from: undefined, to: undefined, step: 'hour', channel: 'email', label: 'ai:first', by: 'channel' });
    expect(Object.values(readSeries({ metric: '__proto__', period: 7, step: 'week', channel: '<b>', label: "a'b", by: 'x', from: '2026-13-01', to: 'now' })).filter(Boolean)).toEqual([]);
  });

  it('has two days instead of a period, or neither', () => {
    expect(readSeries({ period: 'week', from: '2026-11-01', to: '2026-11-03' })).toMatchObject({ period: undefined, from: '2026-11-01', to: '2026-11-03' });
    expect(readSeries({ period: 'week', from: '2026-11-01' })).toMatchObject({ period: 'week', from: undefined });
  });
});

describe('the span of a metric', () => {
  it('takes hours for a few days, days for more, and lets one choose where both are answered', () => {
    expect(spanFor({ period: 'day' }, NOW)).toMatchObject({ step: 'hour', steps: ['hour', 'day'], isOver: false });
    expect(spanFor({ period: 'week' }, NOW)).toMatchObject({ step: 'day', steps: ['hour', 'day'] });
    expect(spanFor({ period: 'week', step: 'hour' }, NOW)).toMatchObject({ step: 'hour', params: { step: 'hour' } });
    expect(spanFor({ period: 'month', step: 'hour' }, NOW)).toMatchObject({ step: 'day', steps: ['day'] });
    expect(spanFor({ metric: 'people', period: 'day', step: 'hour' }, NOW)).toMatchObject({ step: 'day' });
  });

  it('includes the last day, and is over once that is', () => {
    expect(spanFor({ from: '2026-11-28', to: '2026-11-29' }, NOW)).toMatchObject({ isOver: true, params: { from: '2026-11-28T00:00:00.000Z', to: '2026-11-30T00:00:00.000Z' } });
    expect(spanFor({ from: '2026-11-30', to: '2026-11-30' }, NOW)).toMatchObject({ isOver: false });
  });
});

describe('a metric of many pages', () => {
  it('is read on from the step a page ended in, and nothing is there twice', async () => {
    const pages = [
      answer([item('A', 'email', 'x', 1), item('B', 'email', 'x', 2)], true),
      answer([item('B', 'email', 'x', 2), item('B', 'sms', 'x', 3), item('C', 'email', 'x', 4)], false),
    ];
    const asked: unknown[] = [];
    const found = await readAll((params) => (asked.push(params), Promise.resolve(pages[asked.length - 1] as OperationsSeries)), { from: 'A', step: 'hour' });
    expect(found.items.map((one) => `${one.at}${one.channel}${one.number}`)).toEqual(['Aemail1', 'Bemail2', 'Bsms3', 'Cemail4']);
    expect(found).toMatchObject({ more: false, from: '2026-11-23T12:00:00Z' });
    expect(asked[1]).toEqual({ from: 'B', to: '2026-11-30T12:34:00Z', step: 'hour' });
  });

  it('is asked for four times at most, and says what is left', async () => {
    let n = 0;
    const found = await readAll(() => Promise.resolve(answer([item(`A${n}`, '', 'x', 1), item(`A${++n}`, '', 'x', 1)], true)), {});
    expect([n, found.more, found.items.length]).toEqual([MOST_REQUESTS, true, MOST_REQUESTS + 1]);
  });

  it('ends where one step alone does not fit a page', async () => {
    let n = 0;
    const found = await readAll(() => (n++, Promise.resolve(answer([item('A', 'email', 'x', 1), item('A', 'sms', 'x', 1)], true))), {});
    expect([n, found.more]).toEqual([1, true]);
  });
});

describe('what a chart shows', () => {
  const items = [item('2026-11-30T10:00:00Z', 'email', 'sent', 5), item('2026-11-30T10:00:00Z', 'sms', 'sent', 2), item('2026-11-30T11:00:00Z', 'email', 'failed', 9)];

  it('is stacked by label or by channel, the rest together, whatever they are called', () => {
    expect(namesOf(items, 'label')).toEqual(['failed', 'sent']);
    expect(stacked(items, 'label', ['sent'], '*').map((one) => ({ ...one.of }))).toEqual([{ sent: 7 }, { '*': 9 }]);
    expect(stacked(items, 'channel', ['email', 'sms'], '*')[0]?.of['sms']).toBe(2);
    expect(stacked([item('2026-11-30T10:00:00Z', '', '__proto__', 1)], 'label', ['__proto__'], '*')[0]?.of['__proto__']).toBe(1);
  });

  it('adds up what adds up, and takes the most of what does not', () => {
    const twice = (label: string) => [item('2026-11-29T00:00:00Z', '', label, 3), item('2026-11-30T00:00:00Z', '', label, 4)];
    expect(partsOf('people', twice('staff'))[0]?.number).toBe(4);
    expect(partsOf('realtime', [...twice('connections'), ...twice('opened')]).map((one) => [one.label, one.number])).toEqual([['opened', 7], ['connections', 4]]);
  });

  it('breaks a line where nothing was timed; a step alone is a dot', () => {
    expect(pathOf([1, 2, null, 1], 2)).toBe('M75.0 60.0L75.0 60.0L225.0 0.0M525.0 60.0L525.0 60.0');
  });
});

describe('a metric as a file', () => {
  it('leaves a spreadsheet nothing to reckon with', () => {
    const hostile = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', 'a"b,c'].map((label) => item('2026-11-30T10:00:00Z', 'email', label, 1));
    const cells = csvOf(COLUMNS, hostile).trimEnd().split('\r\n').slice(1).map((line) => line.split(',').slice(2).join(',').replace(/,1,,$/, ''));
    expect(cells).toEqual(["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", '"a""b,c"']);
    expect(csvOf(COLUMNS, [item('2026-11-30T10:00:00Z', '=cmd', 'x', -3, 0.25)])).toBe("at,channel,label,number,p50_seconds,p95_seconds\r\n2026-11-30T10:00:00Z,'=cmd,x,'-3,0.25,0.25\r\n");
  });
});

describe('the rows behind a metric', () => {
  it('are on the screen where somebody can act on them, narrowed to the channel', () => {
    expect(wayTo('deliveries', 'unknown', 'email')).toMatchObject({ to: '/deliveries' });
    expect(wayTo('decisions', 'human_takeover', 'sms')).toMatchObject({ to: '/', search: { view: 'unassigned', channel: 'sms' } });
    expect(wayTo('waits', 'inbound', 'email')).toMatchObject({ to: '/', search: { view: 'ai', channel: 'email' } });
    expect(wayTo('moderation', 'review:rules', '')).toMatchObject({ to: '/reviews' });
    expect(wayTo('deliveries', 'delivered', 'email')).toBeUndefined();
    expect(METRICS.filter((metric) => wayTo(metric, undefined, undefined) === undefined)).toEqual(['uploads', 'realtime']);
  });
});
