/** One tile: what it says, how old that is, and the way to the rows it was counted from. */

import { type ReactNode, useEffect, useId, useState } from 'react';

import { Link, useSearch } from '@tanstack/react-router';

import { seconds, t } from '../text/intl.js';
import type { Metric } from './place.js';
import { readPeriod } from './shape.js';

interface Props {
  title: string;
  /** When what it says was true; null when nobody has looked yet. */
  asOf: number | null;
  /** From which age on it is marked. */
  staleAfterMs?: number;
  width?: 'wide' | 'full';
  /** What it counts, which can be looked at by itself. */
  metric?: Metric;
  /** The link to them. */
  rows?: ReactNode;
  children: ReactNode;
}

export function Tile({ title, asOf, staleAfterMs = 60_000, width, metric, rows, children }: Props) {
  const id = useId();
  const now = useNow();
  const age = asOf === null ? null : Math.max(0, now - asOf);
  return (
    <section className={width ? `tile is-${width}` : 'tile'} aria-labelledby={id}>
      <h4 id={id}>{title}</h4>
      <div className="tile-body">{children}</div>
      <footer className="tile-foot">
        <span className={age === null || age > staleAfterMs ? 'warn' : undefined}>{age === null ? t('board.never') : age < 1_000 ? t('board.fresh') : t('board.age', { age: seconds(Math.floor(age / 1000)) })}</span>
        <span className="ways">
          {metric && <OverTime of={metric} label={t('series.overTimeOf', { title })}>{t('series.overTime')}</OverTime>}
          {rows}
        </span>
      </footer>
    </section>
  );
}

/** The way to a metric, or a part of it, in the time the board shows. */
export function OverTime({ of, channel, part, label, children }: { of: Metric; channel?: string; part?: string; label?: string; children: ReactNode }) {
  const { period } = readPeriod(useSearch({ strict: false }));
  return <Link to="/operations/series" search={{ metric: of, period, channel, label: part }} aria-label={label}>{children}</Link>;
}

const TICK_MS = 5_000;

/** The time, every few seconds; it stands still in a hidden tab, in which nobody reads it. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const tick = () => document.visibilityState === 'visible' && setNow(Date.now());
    const timer = setInterval(tick, TICK_MS);
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  }, []);
  return now;
}

/** A few numbers side by side, the first one large. */
export function Figures({ of }: { of: { label: string; value: string; isBad?: boolean }[] }) {
  return <dl className="figures">{of.map((one) => <div key={one.label}><dt>{one.label}</dt><dd className={one.isBad ? 'warn' : undefined}>{one.value}</dd></div>)}</dl>;
}

/** A small table inside a tile: the first column names the row. */
export function Rows({ label, heads, rows }: { label: string; heads: string[]; rows: { key: string; cells: ReactNode[] }[] }) {
  return (
    <div className="tile-table" tabIndex={0} role="region" aria-label={t('table.rows', { label })}>
      <table>
        <thead><tr>{heads.map((head) => <th key={head} scope="col">{head}</th>)}</tr></thead>
        <tbody>{rows.map((row) => <tr key={row.key}>{row.cells.map((cell, n) => (n === 0 ? <th key={n} scope="row">{cell}</th> : <td key={n}>{cell}</td>))}</tr>)}</tbody>
      </table>
    </div>
  );
}
