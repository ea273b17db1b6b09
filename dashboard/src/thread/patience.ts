/**
 * Looking again at what is under way. What becomes of a reply is told; this is for where that was missed, or is not told at
 * all. It looks soon at first, and then ever more rarely: a reply may be queued for days.
 */

const SOON_MS = 1_500;
const GROWS = 1.5;
const RARELY_MS = 60_000;

/** How long to wait after so many looks. */
export const pauseAfter = (looks: number): number => Math.min(SOON_MS * GROWS ** Math.min(looks, 20), RARELY_MS);

/** Look again and again until the answer is called; not while nobody sees the page. */
export function lookAgain(look: () => void): () => void {
  let looks = 0;
  let timer: ReturnType<typeof setTimeout>;
  const wait = () => {
    timer = setTimeout(() => {
      if (!document.hidden) look();
      wait();
    }, pauseAfter(looks++));
  };
  wait();
  return () => clearTimeout(timer);
}
