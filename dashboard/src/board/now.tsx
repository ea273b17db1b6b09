/** What is so at this moment: what waits, who is there, which promises hold. */

import { Link } from '@tanstack/react-router';

import type { Invariant, OperationsBoard as Board } from '../api/schema.js';
import { moment, number, seconds, t } from '../text/intl.js';
import { Chart } from './Chart.js';
import { filled, standingOf } from './shape.js';
import { Figures, OverTime, Rows, Tile, useNow } from './Tile.js';

const MOST = 10_000;
/** Where what waits in a queue is looked at. */
const SCREENS: Record<string, { to: '/deliveries' | '/reviews' } | { to: '/'; search: { view: 'ai' } }> = {
  inbound: { to: '/', search: { view: 'ai' } }, outbound: { to: '/deliveries' }, ingress: { to: '/deliveries' }, moderation: { to: '/reviews' },
};
const SLOW_S = 60;
const DAY_MS = 86_400_000;

export function Queues({ board, asOf }: { board: Board; asOf: number }) {
  const waiting = board.queues.reduce((sum, one) => sum + one.depth, 0);
  const oldest = Math.max(0, ...board.queues.map((one) => one.oldest_seconds));
  return (
    <Tile title={t('board.queues')} asOf={asOf} width="wide" metric="waits" rows={<Link to="/" search={{ view: 'ai' }}>{t('board.toConversations')}</Link>}>
      <Figures of={[{ label: t('board.waiting'), value: number(waiting) }, { label: t('board.oldest'), value: seconds(oldest), isBad: oldest > SLOW_S }]} />
      <Rows
        label={t('board.queues')}
        heads={[t('board.queue'), t('board.waiting'), t('board.inFlight'), t('board.oldest'), t('board.usual'), t('board.slow')]}
        rows={board.queues.map((one) => ({
          key: one.queue,
          cells: [
            <QueueName queue={one.queue} />,
            number(one.depth), number(one.in_flight), <span className={one.oldest_seconds > SLOW_S ? 'warn' : undefined}>{one.depth ? seconds(one.oldest_seconds) : '–'}</span>, seconds(one.p50_seconds), one.p95_seconds === null ? '–' : <OverTime of="waits" part={one.queue}><span className="sr-only">{t('series.overTimeOf', { title: t('board.queueOf', { queue: one.queue }) })}: </span>{seconds(one.p95_seconds)}</OverTime>,
          ],
        }))}
      />
    </Tile>
  );
}

function QueueName({ queue }: { queue: string }) {
  const screen = SCREENS[queue];
  const name = t('board.queueOf', { queue });
  return screen ? <Link {...screen}>{name}</Link> : name;
}

const capped = (value: number): string => (value >= MOST ? `${number(MOST)}+` : number(value));

export function Conversations({ board, asOf }: { board: Board; asOf: number }) {
  const { threads } = board;
  return (
    <Tile title={t('board.conversations')} asOf={asOf} rows={<Link to="/" search={{ view: 'unread' }}>{t('board.toConversations')}</Link>}>
      <Figures
        of={[
          { label: t('board.activeHour'), value: capped(threads.active_hour) },
          { label: t('board.activeDay'), value: capped(threads.active_day) },
          { label: t('board.open'), value: capped(threads.open) },
          { label: t('board.withPeople'), value: capped(threads.with_people) },
          { label: t('board.unread'), value: capped(threads.unread) },
        ]}
      />
    </Tile>
  );
}

export function Realtime({ board }: { board: Board }) {
  const { realtime } = board;
  return (
    <Tile title={t('board.realtime')} metric="realtime" asOf={realtime.reported_at === null ? null : Date.parse(realtime.reported_at)}>
      <Figures
        of={[
          { label: t('board.connections'), value: number(realtime.connections) },
          { label: t('board.opened'), value: number(realtime.opened) },
          { label: t('board.broken'), value: number(realtime.broken), isBad: realtime.broken > 0 },
          { label: t('board.lasted'), value: seconds(realtime.p50_seconds) },
        ]}
      />
      <Chart title={t('board.realtime')} step={board.step} points={filled(board, realtime.series, { connections: 0, opened: 0, closed: 0 })} series={[{ label: t('board.connections'), tone: 1, value: (one) => one.connections }]} />
    </Tile>
  );
}

/** Green, red, or not known: said in words, not by colour alone. */
export function Promises({ found, problem }: { found: Invariant[] | undefined; problem: unknown }) {
  const now = useNow();
  const all = (found ?? []).map((one) => ({ ...one, standing: standingOf(one, now) }));
  const count = (standing: string) => all.filter((one) => one.standing === standing).length;
  const looked = all.flatMap((one) => (one.checked_at === null ? [] : [Date.parse(one.checked_at)]));
  const oldest = looked.length === 0 ? null : Math.min(...looked);
  const rank = { broken: 0, stale: 1, kept: 2 } as const;
  return (
    <Tile title={t('board.promises')} asOf={oldest} staleAfterMs={DAY_MS} width="full">
      {problem !== null && problem !== undefined && !found && <p className="warn" role="alert">{t('board.promisesAway')}</p>}
      <Figures
        of={[
          { label: t('board.standing', { standing: 'kept' }), value: number(count('kept')) },
          { label: t('board.standing', { standing: 'broken' }), value: number(count('broken')), isBad: count('broken') > 0 },
          { label: t('board.standing', { standing: 'stale' }), value: number(count('stale')), isBad: count('stale') > 0 },
        ]}
      />
      <details open={count('broken') > 0}>
        <summary>{t('board.eachPromise')}</summary>
        <Rows
          label={t('board.promises')}
          heads={[t('board.promise'), t('board.state'), t('board.looked')]}
          rows={all.toSorted((a, b) => rank[a.standing] - rank[b.standing] || a.name.localeCompare(b.name)).map((one) => ({
            key: one.name,
            cells: [<bdi lang="en" translate="no">{one.claim}</bdi>, <span className={`standing is-${one.standing}`}>{t('board.standing', { standing: one.standing })}{one.violations > 0 && ` (${number(one.violations)})`}</span>, one.checked_at === null ? t('board.never') : moment(one.checked_at)],
          }))}
        />
      </details>
    </Tile>
  );
}
