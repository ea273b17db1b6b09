/** How long things took, over time: what is usual, and what one in twenty takes. Steps in which nothing was timed are gaps. */

import { bucket, seconds, t } from '../text/intl.js';
import { HEIGHT, Plot, WIDTH } from './Plot.js';
import { roundUp, type Step } from './shape.js';

export interface Timed {
  at: string;
  p50_seconds: number | null;
  p95_seconds: number | null;
}

const LINES = [['p95_seconds', 'board.slow', 'line-2'], ['p50_seconds', 'board.usual', 'line-1']] as const;

export function Lines({ title, step, points }: { title: string; step: Step; points: Timed[] }) {
  const most = Math.max(0, ...points.map((one) => one.p95_seconds ?? 0));
  const top = roundUp(most);
  const peak = points.find((one) => one.p95_seconds === most);
  return (
    <Plot
      step={step} points={points} top={seconds(top)}
      legend={LINES.toReversed().map(([, text, className]) => ({ label: t(text), className }))}
      label={t('board.peak', { title, most: seconds(most), at: bucket(peak?.at ?? points[0]?.at ?? '', step) })}
      describe={(point) => LINES.toReversed().map(([name, text]) => `${t(text)} ${seconds(point[name])}`).join(' · ')}
      draw={(over) => (
        <>
          {over !== null && <rect className="cursor" x={(over * WIDTH) / points.length} y="0" width={WIDTH / points.length} height={HEIGHT} />}
          {LINES.map(([name, , className]) => <path key={name} className={`line ${className}`} d={pathOf(points.map((one) => one[name]), top)} />)}
        </>
      )}
    />
  );
}

/** A step alone between gaps is a dot: a line of no length. */
export function pathOf(values: (number | null)[], top: number): string {
  const room = WIDTH / values.length;
  return values.map((value, index) => {
    if (value === null) return '';
    const place = `${((index + 0.5) * room).toFixed(1)} ${(HEIGHT - (value / top) * HEIGHT).toFixed(1)}`;
    return index > 0 && values[index - 1] !== null ? `L${place}` : `M${place}L${place}`;
  }).join('');
}
