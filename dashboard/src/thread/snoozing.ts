/** Until when a conversation may be put away, in the reader's own time. */

const MORNING = 8;
const EVENING = 18;
const HOURS_MS = 3_600_000;

export type SnoozeId = 'hours' | 'evening' | 'tomorrow' | 'monday' | 'week' | 'month';

export function moments(now: Date): { id: SnoozeId; at: Date }[] {
  const day = (days: number, hour: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
  const toMonday = (8 - now.getDay()) % 7 || 7;
  const found: { id: SnoozeId; at: Date }[] = [
    { id: 'hours', at: new Date(now.getTime() + 3 * HOURS_MS) },
    { id: 'evening', at: day(0, EVENING) },
    { id: 'tomorrow', at: day(1, MORNING) },
    { id: 'monday', at: day(toMonday, MORNING) },
    { id: 'week', at: day(7, MORNING) },
    { id: 'month', at: day(30, MORNING) },
  ];
  return found.filter(({ id, at }) => id !== 'evening' || at.getTime() - now.getTime() > HOURS_MS);
}

const YEARS = 10;

/** Why nothing is put away until then: nothing that is a moment, one that has been, one the server calls too far away. */
export function whyNot(value: string, now: Date): 'none' | 'past' | 'far' | null {
  const at = Date.parse(value);
  if (Number.isNaN(at)) return 'none';
  if (at <= now.getTime()) return 'past';
  return at >= new Date(now.getFullYear() + YEARS, now.getMonth(), now.getDate()).getTime() ? 'far' : null;
}

/** A moment as a `datetime-local` field has it: the reader's clock, to the minute. */
export function fieldOf(at: Date): string {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** The zone that clock is in. */
export const zone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
