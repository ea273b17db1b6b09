/** Business hours as the form has them: one span a day, weekday 0 is Monday.. */

export const WEEK = [0, 1, 2, 3, 4, 5, 6];

interface Span {
  weekday: number;
  opens: string;
  closes: string;
}

export type Hours = Record<number, { opens: string; closes: string } | undefined>;

export function hoursOf(kept: Record<string, unknown>[]): Hours {
  const hours: Hours = {};
  for (const one of kept as unknown as Span[]) hours[one.weekday] ??= { opens: one.opens.slice(0, 5), closes: one.closes.slice(0, 5) };
  return hours;
}

export function readHours(data: FormData): Span[] {
  return WEEK.flatMap((weekday) => {
    const [opens, closes] = ['opens', 'closes'].map((name) => String(data.get(`${name}-${weekday}`) ?? ''));
    return opens && closes ? [{ weekday, opens, closes }] : [];
  });
}
