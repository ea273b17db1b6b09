import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { lookAgain, pauseAfter } from '../src/thread/patience.js';

const page = { hidden: false };

beforeEach(() => {
  vi.useFakeTimers();
  page.hidden = false;
  vi.stubGlobal('document', page);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('looks soon at first, and at most once a minute at what is queued for days', () => {
  const look = vi.fn();
  const stop = lookAgain(look);
  vi.advanceTimersByTime(10_000);
  expect(look.mock.calls.length).toBeGreaterThanOrEqual(3);
  vi.advanceTimersByTime(600_000);
  look.mockClear();
  vi.advanceTimersByTime(86_400_000);
  expect(look.mock.calls.length).toBe(1_440);
  stop();
  vi.advanceTimersByTime(600_000);
  expect(look.mock.calls.length).toBe(1_440);
});

it('does not look while nobody sees the page', () => {
  const look = vi.fn();
  page.hidden = true;
  const stop = lookAgain(look);
  vi.advanceTimersByTime(600_000);
  expect(look).not.toHaveBeenCalled();
  page.hidden = false;
  vi.advanceTimersByTime(60_000);
  expect(look).toHaveBeenCalledOnce();
  stop();
});

it('never waits for longer than a minute', () => {
  expect([0, 1, 10, 1_000_000].map(pauseAfter)).toEqual([1_500, 2_250, 60_000, 60_000]);
});
