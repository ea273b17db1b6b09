/** How long to wait after the nth failure in a row. */

export const FIRST_MS = 1_000;
export const LONGEST_MS = 30_000;

/** Half of it is chance, so that clients that lost one server do not come back as one; never sooner than the server asked for. */
export function delayAfter(failures: number, retryAfterMs: number | undefined, random: () => number = Math.random): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(Math.max(failures - 1, 0), 10));
  return Math.max(longest / 2 + (random() * longest) / 2, retryAfterMs ?? 0);
}
