import 'fake-indexeddb/auto';

import { afterEach, describe, expect, it, vi } from 'vitest';

import { Activity, IDLE_AFTER_MS } from '../src/activity.js';
import { delayAfter } from '../src/backoff.js';
import { asError, toError } from '../src/errors.js';
import { IndexedDbStorage, JsonStorage, type KeyValue, MemoryStorage } from '../src/storage.js';
import { FORGET_AFTER_MS, TELL_EVERY_MS, TypingListener, TypingTeller } from '../src/typing.js';

afterEach(() => void vi.useRealTimers());

function strings() {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
    getAllKeys: () => [...kept.keys(), 'of somebody else'],
  };
}

describe.each<[string, () => KeyValue]>([
  ['memory', () => new MemoryStorage()],
  ['IndexedDB', () => new IndexedDbStorage(crypto.randomUUID())],
  ['a storage of strings', () => new JsonStorage(strings())],
])('storage in %s', (_, make) => {
  it('keeps, lists in order, replaces and forgets', async () => {
    const storage = make();
    await storage.set('b/2', { body: 'two' });
    await storage.set('b/1', { body: 'one' });
    await storage.set('c/1', 3);
    expect(await storage.keys('b/')).toEqual(['b/1', 'b/2']);
    await storage.set('b/1', { body: 'uno' });
    expect(await storage.get('b/1')).toEqual({ body: 'uno' });
    await storage.delete('b/1');
    expect(await storage.get('b/1')).toBeUndefined();
    expect(await storage.keys('b/')).toEqual(['b/2']);
  });
});

describe('errors', () => {
  it('are sorted by what can be done about them', () => {
    expect(toError(0, { message: 'fetch failed' }).kind).toBe('again');
    expect(toError(503, {}).kind).toBe('again');
    expect(toError(401, {}).kind).toBe('signed_out');
    expect(toError(404, { code: 'not_found' })).toMatchObject({ kind: 'final', code: 'not_found' });
    const limited = toError(429, { message: 'slow down', hint: 'wait', details: '{"code":"rate_limited","retry_after_s":6}' });
    expect(limited).toMatchObject({ kind: 'again', code: 'rate_limited', retryAfterMs: 6_000, remedy: 'wait' });
    expect(asError(new TypeError('fetch failed'))).toMatchObject({ kind: 'again', code: 'no_answer' });
    expect(asError(new Error('no such album'))).toMatchObject({ kind: 'final', code: 'unexpected' });
    expect(toError(422, { code: 'PT422', details: 'no json' })).toMatchObject({ kind: 'final', code: 'PT422' });
  });
});

describe('pauses', () => {
  it('double up to half a minute and obey the server', () => {
    const longest = [1, 2, 3, 4, 5, 6, 60].map((failures) => delayAfter(failures, undefined, () => 1));
    expect(longest).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(delayAfter(1, undefined, () => 0)).toBe(500);
    expect(delayAfter(1, 60_000, () => 0)).toBe(60_000);
  });
});

describe('typing', () => {
  it('is told at most every three seconds, and that it ended', () => {
    vi.useFakeTimers();
    const told: boolean[] = [];
    const teller = new TypingTeller((isTyping) => told.push(isTyping));
    for (let i = 0; i < 20; i++) {
      teller.touch();
      vi.advanceTimersByTime(TELL_EVERY_MS / 10);
    }
    expect(told).toEqual([true, true]);
    vi.advanceTimersByTime(FORGET_AFTER_MS);
    expect(told).toEqual([true, true, false]);
    teller.stop();
    expect(told).toHaveLength(3);
  });

  it('of the others is forgotten when it is not told again', () => {
    vi.useFakeTimers();
    let typing: string[] = [];
    const listener = new TypingListener((ids) => (typing = ids));
    listener.hear('ann', true);
    vi.advanceTimersByTime(TELL_EVERY_MS);
    listener.hear('bob', true);
    expect(typing).toEqual(['ann', 'bob']);
    vi.advanceTimersByTime(FORGET_AFTER_MS - TELL_EVERY_MS);
    expect(typing).toEqual(['bob']);
    listener.hear('bob', false);
    expect(typing).toEqual([]);
  });
});

describe('activity', () => {
  it('is idle after five minutes without a touch, and in the background while hidden', () => {
    vi.useFakeTimers();
    const activity = new Activity();
    activity.start();
    vi.advanceTimersByTime(IDLE_AFTER_MS - 1);
    expect(activity.state.get()).toBe('active');
    vi.advanceTimersByTime(1);
    expect(activity.state.get()).toBe('idle');
    activity.setHidden(true);
    expect(activity.state.get()).toBe('background');
    vi.advanceTimersByTime(IDLE_AFTER_MS * 2);
    expect(activity.state.get()).toBe('background');
    activity.setHidden(false);
    expect(activity.state.get()).toBe('active');
    activity.stop();
  });
});
