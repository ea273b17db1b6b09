import { describe, expect, it } from 'vitest';

import { fieldOf, whyNot } from '../src/thread/snoozing.js';

const NOW = new Date(2026, 10, 30, 12, 0);

describe('a moment of one’s own', () => {
  it('is one to come, within ten years', () => {
    expect(whyNot('2026-11-30T12:01', NOW)).toBe(null);
    expect(whyNot('2026-11-30T12:00', NOW)).toBe('past');
    expect(whyNot('2025-12-01T09:00', NOW)).toBe('past');
    expect(whyNot('2036-11-29T09:00', NOW)).toBe(null);
    expect(whyNot('2036-11-30T12:00', NOW)).toBe('far');
    expect(whyNot('', NOW)).toBe('none');
  });

  it('stands in the field as the reader’s clock shows it', () => {
    expect(fieldOf(new Date(2026, 11, 1, 8, 5, 59))).toBe('2026-12-01T08:05');
  });
});
