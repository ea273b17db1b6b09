/** Bars over time, drawn without a library; what they say is a table at the press of a button. */

import { useState } from 'react';

import { bucket, number, t } from '../text/intl.js';
import { HEIGHT, Plot, WIDTH } from './Plot.js';
import { ceilingOf, type Point, type Step } from './shape.js';

export interface Series<T> {
  label: string;
  /** Which of the six colours. */
  tone: 1 | 2 | 3 | 4 | 5 | 6;
  value(point: T): number;
}

interface Props<T> {
  title: string;
  step: Step;
  points: T[];
  series: Series<T>[];
  /** Whether what it says stands in a table beside it already. */
  isTold?: boolean;
}

export function Chart<T extends Point>({ title, step, points, series, isTold = false }: Props<T>) {
  const [isTable, setTable] = useState(false);
  const totals = points.map((point) => series.reduce((sum, one) => sum + one.value(point), 0));
  const most = Math.max(0, ...totals);
  const peak = points[totals.indexOf(most)];
  return (
    <Plot
      step={step} points={points} top={number(ceilingOf(most))}
      legend={series.map((one) => ({ label: one.label, className: `tone-${one.tone}` }))}
      label={most === 0 ? t('board.flat', { title }) : t('board.peak', { title, most: number(most), at: bucket(peak?.at ?? '', step) })}
      describe={(point) => series.map((one) => `${one.label} ${number(one.value(point))}`).join(' · ')}
      draw={(over) => points.map((point, index) => <Bar key={point.at} point={point} index={index} of={points.length} top={ceilingOf(most)} series={series} isOver={index === over} />)}
      button={!isTold && <button type="button" className="link" aria-pressed={isTable} onClick={() => setTable((was) => !was)}>{t('board.table')}</button>}
      {...(isTable && { instead: <Table title={title} step={step} points={points} series={series} /> })}
    />
  );
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

function Table<T extends Point>({ title, step, points, series }: Omit<Props<T>, 'isTold'>) {
  return (
    <div className="table-box chart-table" tabIndex={0} role="region" aria-label={t('board.overTime', { title })}>
      <table>
        <thead><tr><th scope="col">{t(step === 'hour' ? 'board.hour' : 'board.dayUtc')}</th>{series.map((one) => <th key={one.label} scope="col">{one.label}</th>)}</tr></thead>
        <tbody>{points.toReversed().map((point) => <tr key={point.at}><th scope="row">{bucket(point.at, step)}</th>{series.map((one) => <td key={one.label}>{number(one.value(point))}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}
