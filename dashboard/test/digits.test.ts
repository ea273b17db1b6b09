import { createIntl } from 'react-intl';
import { expect, it } from 'vitest';

import { inDigitsOf } from '../src/text/digits.js';

const said = (text: string, locale: string, values = {}): unknown => {
  const { getMessageFormat } = createIntl({ locale }).formatters;
  const message = getMessageFormat(text, locale).getAst();
  return getMessageFormat(inDigitsOf(locale)?.(message) ?? message, locale).format(values);
};

it('writes the numbers in our words as the reader’s region writes numbers', () => {
  expect(said('آخر 30 يومًا', 'ar-EG')).toBe('آخر ٣٠ يومًا');
  expect(said('{n, plural, one {يوم} other {آخر 90 يومًا}}', 'ar-SA', { n: 90 })).toBe('آخر ٩٠ يومًا');
  for (const locale of ['ar', 'ar-AE', 'ar-MA', 'en', 'de']) expect(inDigitsOf(locale)).toBeNull();
});

it('leaves names and codes alone', () => {
  expect(said('HTML5, v2.1, UTF-8: 8', 'ar-EG')).toBe('HTML5, v2.1, UTF-8: ٨');
});
