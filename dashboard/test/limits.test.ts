import { describe, expect, it } from 'vitest';

import { smsParts } from '../src/thread/limits.js';

describe('what an SMS costs', () => {
  it.each([
    ['a'.repeat(160), 1, 0],
    ['a'.repeat(161), 2, 145],
    ['€'.repeat(80), 1, 0],
    ['a'.repeat(306), 2, 0],
    ['ж'.repeat(70), 1, 0],
    ['ж'.repeat(71), 2, 63],
    ['👍'.repeat(35), 1, 0],
  ])('%s', (text, parts, left) => {
    expect(smsParts(text)).toEqual({ parts, left });
  });
});
