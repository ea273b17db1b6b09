/** The frame every chart stands in: its legend, its two axes, and what it says of the step one points at. */

import { type ReactNode, useId, useState } from 'react';

import { bucket, direction } from '../text/intl.js';
import type { Point, Step } from './shape.js';

export const HEIGHT = 120;
export const WIDTH = 600;

interface Props<T> {
  step: Step;
  points: T[];
  legend: { label: string; className: string }[];
  /** What it shows, in a sentence. */
  label: string;
  /** What its axis ends at. */
  top: string;
  describe(point: T): string;
  /** What is drawn, with the step that is pointed at. */
  draw(over: number | null): ReactNode;
  button?: ReactNode;
  /** Stands in the place of the drawing. */
  instead?: ReactNode;
}

export function Plot<T extends Point>({ step, points, legend, label, top, describe, draw, button, instead }: Props<T>) {
  const [over, setOver] = useState<number | null>(null);
  const id = useId();
  const shown = over === null ? undefined : points[over];
  return (
    <figure className="chart" aria-labelledby={id}>
      <figcaption className="chart-head">
        <ul id={id} className="legend">{legend.map((one) => <li key={one.label}><i className={`tone ${one.className}`} />{one.label}</li>)}</ul>
        {button}
      </figcaption>
      {instead ?? (
        <>
          <div className="plot">
            <span className="axis-y" aria-hidden="true">{top}</span>
            <svg
              viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}
              onPointerMove={(event) => setOver(indexAt(event, points.length))}
              onPointerLeave={() => setOver(null)}
            >
              <line className="grid" x1="0" x2={WIDTH} y1="0.5" y2="0.5" />
              <line className="grid" x1="0" x2={WIDTH} y1={HEIGHT / 2} y2={HEIGHT / 2} />
              {draw(over)}
              <line className="grid" x1="0" x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
            </svg>
          </div>
          <p className="axis-x" aria-hidden="true">
            {shown
              ? <span>{bucket(shown.at, step)}: {describe(shown)}</span>
              : [...new Set([0, Math.floor((points.length - 1) / 2), points.length - 1])].map((index) => points[index] && <span key={index}>{bucket(points[index].at, step)}</span>)}
          </p>
        </>
      )}
    </figure>
  );
}

/** The step under the pointer: time runs as one reads. */
function indexAt(event: React.PointerEvent<SVGSVGElement>, of: number): number {
  const box = event.currentTarget.getBoundingClientRect();
  const share = (event.clientX - box.left) / box.width;
  return Math.min(of - 1, Math.max(0, Math.floor((direction() === 'rtl' ? 1 - share : share) * of)));
}
