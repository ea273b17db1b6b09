/** Bars over time, drawn without a library; what they say is a table at the press of a button. */

import { useId, useState } from 'react';

import { bucket, number, t } from '../text/intl.js';
import { ceilingOf, type Point, type Step } from './shape.js';

export interface Series<T> {
  label: string;
  /** Which of the four colours. */
  tone: 1 | 2 | 3 | 4;
  value(point: T): number;
}

interface Props<T> {
  title: string;
  step: Step;
  points: T[];
  series: Series<T>[];
}

const HEIGHT = 120;
const WIDTH = 600;

export function Chart<T extends Point>({ title, step, points, series }: Props<T>) {
  const [isTable, setTable] = useState(false);
  const [over, setOver] = useState<number | null>(null);
  const legend = useId();
  const totals = points.map((point) => series.reduce((sum, one) => sum + one.value(point), 0));
  const most = Math.max(0, ...totals);
  const peak = totals.indexOf(most);
  const shown = over === null ? undefined : points[over];
  return (
    <figure className="chart" aria-labelledby={legend}>
      <figcaption className="chart-head">
        <ul id={legend} className="legend">
          {series.map((one) => <li key={one.label}><i className={`tone tone-${one.tone}`} />{one.label}</li>)}
        </ul>
        <button type="button" className="link" aria-pressed={isTable} onClick={() => setTable((was) => !was)}>{t('board.table')}</button>
      </figcaption>
      {isTable ? <Table title={title} step={step} points={points} series={series} /> : (
        <>
          <div className="plot">
            <span className="axis-y" aria-hidden="true">{number(ceilingOf(most))}</span>
            <svg
              viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img"
              aria-label={most === 0 ? t('board.flat', { title }) : t('board.peak', { title, most: number(most), at: bucket(points[peak]?.at ?? '', step) })}
              onPointerMove={(event) => setOver(indexAt(event, points.length))}
              onPointerLeave={() => setOver(null)}
            >
              <line className="grid" x1="0" x2={WIDTH} y1="0.5" y2="0.5" />
              <line className="grid" x1="0" x2={WIDTH} y1={HEIGHT / 2} y2={HEIGHT / 2} />
              {points.map((point, index) => <Bar key={point.at} point={point} index={index} of={points.length} top={ceilingOf(most)} series={series} isOver={index === over} />)}
              <line className="grid" x1="0" x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
            </svg>
          </div>
          <p className="axis-x" aria-hidden="true">
            {shown
              ? <span>{bucket(shown.at, step)}: {series.map((one) => `${one.label} ${number(one.value(shown))}`).join(' · ')}</span>
              : [0, Math.floor((points.length - 1) / 2), points.length - 1].map((index, n) => points[index] && <span key={n}>{bucket(points[index].at, step)}</span>)}
          </p>
        </>
      )}
    </figure>
  );
}

function indexAt(event: React.PointerEvent<SVGSVGElement>, of: number): number {
  const box = event.currentTarget.getBoundingClientRect();
  return Math.min(of - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * of)));
}

function Bar<T extends Point>({ point, index, of, top, series, isOver }: { point: T; index: number; of: number; top: number; series: Series<T>[]; isOver: boolean }) {
  const room = WIDTH / of;
  const gap = Math.min(3, room * 0.25);
  let below = 0;
  return (
    <g className={isOver ? 'bar is-over' : 'bar'}>
      {isOver && <rect className="cursor" x={index * room} y="0" width={room} height={HEIGHT} />}
      {series.map((one) => {
        const height = (one.value(point) / top) * HEIGHT;
        below += height;
        return height > 0 && <rect key={one.label} className={`tone-${one.tone}`} x={index * room + gap / 2} y={HEIGHT - below} width={room - gap} height={Math.max(height, 1)} />;
      })}
    </g>
  );
}

function Table<T extends Point>({ title, step, points, series }: Props<T>) {
  return (
    <div className="table-box chart-table" tabIndex={0} role="region" aria-label={t('board.overTime', { title })}>
      <table>
        <thead><tr><th scope="col">{t(step === 'hour' ? 'board.hour' : 'board.dayUtc')}</th>{series.map((one) => <th key={one.label} scope="col">{one.label}</th>)}</tr></thead>
        <tbody>{points.toReversed().map((point) => <tr key={point.at}><th scope="row">{bucket(point.at, step)}</th>{series.map((one) => <td key={one.label}>{number(one.value(point))}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}
