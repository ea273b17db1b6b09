import { describe, expect, it } from 'vitest';

import { csvOf } from '../src/admin/csv.js';
import { paramsOf, readLog } from '../src/admin/log.js';
import { ceilingOf, filled, readPeriod, standingOf } from '../src/board/shape.js';

describe('the board', () => {
  it('fills the steps in which nothing was, from the first to the one that is under way', () => {
    const span = { from: '2026-11-30T20:15:00Z', to: '2026-11-30T23:10:00Z', step: 'hour' as const };
    const points = filled(span, [{ at: '2026-11-30T22:00:00+00:00', n: 7 }], { n: 0 });
    expect(points.map((one) => [new Date(one.at).getUTCHours(), one.n])).toEqual([[20, 0], [21, 0], [22, 7], [23, 0]]);
  });

  it('ends its axis at a round number that is not below the most', () => {
    expect([0, 3, 4, 9, 21, 101, 260, 9_999].map(ceilingOf)).toEqual([4, 4, 4, 10, 25, 200, 500, 10_000]);
  });

  it('calls a promise kept only while somebody has looked within a day', () => {
    const now = Date.parse('2026-11-30T12:00:00Z');
    expect(standingOf({ violations: 0, checked_at: '2026-11-30T11:00:00Z' }, now)).toBe('kept');
    expect(standingOf({ violations: 0, checked_at: '2026-11-29T11:00:00Z' }, now)).toBe('stale');
    expect(standingOf({ violations: 0, checked_at: null }, now)).toBe('stale');
    expect(standingOf({ violations: 2, checked_at: '2026-11-01T11:00:00Z' }, now)).toBe('broken');
  });

  it('reads no other period from the address than one it has', () => {
    expect(readPeriod({ period: 'week' })).toEqual({ period: 'week' });
    expect(readPeriod({ period: '__proto__' })).toEqual({ period: undefined });
  });
});

describe('the log', () => {
  it('asks for whole days of the reader, the last one included', () => {
    const params = paramsOf(readLog({ from: '2026-11-01', to: '2026-11-01', actor: 'worker', nothing: 1, action: '' }));
    expect(Object.keys(params).sort()).toEqual(['actor', 'after', 'before']);
    expect(Date.parse(String(params['before'])) - Date.parse(String(params['after']))).toBe(86_400_000);
    expect(paramsOf(readLog({ log: 'denials', actor: 'worker', from: 'yesterday' }))).toEqual({});
  });

  it('leaves a spreadsheet nothing to reckon with', () => {
    const text = csvOf(['a', 'b'], [{ a: '=HYPERLINK("http://x")', b: 'x, "y"' }, { a: null, b: { k: 1 } }, { a: '-1', b: '@x' }]);
    expect(text.split('\r\n')).toEqual(['a,b', `"'=HYPERLINK(""http://x"")","x, ""y"""`, ',"{""k"":1}"', `'-1,'@x`, '']);
  });
});
