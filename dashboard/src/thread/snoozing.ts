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
