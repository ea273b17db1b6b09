/** What went through in the chosen time, each with its chart. */

import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

import type { OperationsBoard as Board } from '../api/schema.js';
import { number, percent, seconds, t } from '../text/intl.js';
import { Chart } from './Chart.js';
import { labelOf } from './naming.js';
import { filled } from './shape.js';
import { Figures, OverTime, Rows, Tile } from './Tile.js';

interface Props {
  board: Board;
  asOf: number | null;
}

const channel = (name: string): string => t('inbox.channel', { channel: name });

export function Volume({ board, asOf }: Props) {
  const { volume } = board;
  return (
    <Tile title={t('board.volume')} asOf={asOf} metric="messages" width="wide" rows={<Link to="/" search={{ view: 'all' }}>{t('board.toConversations')}</Link>}>
      <Figures
        of={[
          { label: t('board.inbound'), value: number(volume.inbound) },
          { label: t('board.outbound'), value: number(volume.outbound) },
          { label: t('board.byAi'), value: number(volume.by_ai) },
          { label: t('board.byAgents'), value: number(volume.by_agents) },
        ]}
      />
      <Chart
        title={t('board.volume')} step={board.step}
        points={filled(board, volume.series, { inbound: 0, outbound: 0, internal: 0 })}
        series={[
          { label: t('board.inbound'), tone: 1, value: (one) => one.inbound },
          { label: t('board.outbound'), tone: 2, value: (one) => one.outbound },
          { label: t('board.internal'), tone: 4, value: (one) => one.internal },
        ]}
      />
      {volume.channels.length > 0 && <Rows label={t('board.volume')} heads={[t('channels.channel'), t('board.inbound'), t('board.outbound'), t('board.internal')]} rows={volume.channels.map((one) => ({ key: one.channel, cells: [<OverTime of="messages" channel={one.channel}>{channel(one.channel)}</OverTime>, number(one.inbound), number(one.outbound), number(one.internal)] }))} />}
    </Tile>
  );
}

export function Deliveries({ board, asOf }: Props) {
  const { delivery } = board;
  return (
    <Tile title={t('board.deliveries')} asOf={asOf} metric="deliveries" width="wide" rows={<Link to="/deliveries" search={{ trouble: 'unknown' }}>{t('board.toUnknown')}</Link>}>
      <Figures
        of={[
          { label: t('board.succeeded'), value: percent(delivery.success_rate) },
          { label: t('board.unknown'), value: number(delivery.unknown), isBad: delivery.unknown > 0 },
          { label: t('board.lost'), value: number(delivery.failed + delivery.bounced), isBad: delivery.failed + delivery.bounced > 0 },
          { label: t('board.usual'), value: seconds(delivery.p50_seconds) },
          { label: t('board.slow'), value: seconds(delivery.p95_seconds) },
        ]}
      />
      <Chart
        title={t('board.deliveries')} step={board.step}
        points={filled(board, delivery.series, { arrived: 0, lost: 0, unknown: 0 })}
        series={[
          { label: t('board.arrived'), tone: 1, value: (one) => one.arrived },
          { label: t('board.lost'), tone: 3, value: (one) => one.lost },
          { label: t('board.unknown'), tone: 2, value: (one) => one.unknown },
        ]}
      />
      {delivery.channels.length > 0 && (
        <Rows
          label={t('board.deliveries')}
          heads={[t('channels.channel'), t('board.written'), t('board.succeeded'), t('board.reached'), t('board.read'), t('board.unknown'), t('board.slow')]}
          rows={delivery.channels.map((one) => ({ key: one.channel, cells: [<OverTime of="deliveries" channel={one.channel}>{channel(one.channel)}</OverTime>, number(one.written), percent(one.success_rate), percent(one.delivered_rate), percent(one.read_rate), number(one.unknown), seconds(one.p95_seconds)] }))}
        />
      )}
      {board.attempts.length > 0 && <p className="quiet"><OverTime of="attempts">{t('board.tries')}</OverTime>: {board.attempts.map((one) => `${t('board.outcome', { outcome: one.outcome })} ${number(one.attempts)}`).join(' · ')}</p>}
    </Tile>
  );
}

export function Responses({ board, asOf }: Props) {
  return (
    <Tile title={t('board.responses')} asOf={asOf} metric="responses" rows={<Link to="/" search={{ view: 'unassigned' }}>{t('board.toWaiting')}</Link>}>
      <Nothing when={board.responses.length === 0}>
        <Rows
          label={t('board.responses')}
          heads={[t('board.answer'), t('board.answers'), t('board.usual'), t('board.slow')]}
          rows={board.responses.map((one) => ({ key: `${one.by} ${one.turn}`, cells: [<OverTime of="responses" part={`${one.by}:${one.turn}`}>{t('board.answerOf', { by: one.by, turn: one.turn })}</OverTime>, number(one.answers), seconds(one.p50_seconds), seconds(one.p95_seconds)] }))}
        />
      </Nothing>
    </Tile>
  );
}

export function Decisions({ board, asOf }: Props) {
  const { decisions } = board;
  return (
    <Tile title={t('board.decisions')} asOf={asOf} metric="decisions" width="wide" rows={<Link to="/" search={{ view: 'unassigned' }}>{t('board.toWaiting')}</Link>}>
      <Figures
        of={[
          { label: t('board.handedOver'), value: percent(decisions.handover_rate) },
          { label: t('board.decided'), value: number(decisions.decisions) },
          { label: t('board.answered'), value: number(decisions.auto_reply) },
          { label: t('board.toPeople'), value: number(decisions.human_takeover) },
          { label: t('board.broke'), value: number(decisions.error), isBad: decisions.error > 0 },
        ]}
      />
      <Chart
        title={t('board.decisions')} step={board.step}
        points={filled(board, decisions.series, { decisions: 0, handovers: 0 })}
        series={[
          { label: t('board.byAi'), tone: 2, value: (one) => one.decisions - one.handovers },
          { label: t('board.toPeople'), tone: 1, value: (one) => one.handovers },
        ]}
      />
    </Tile>
  );
}

export function Moderation({ board, asOf }: Props) {
  const { moderation } = board;
  return (
    <Tile title={t('board.moderation')} asOf={asOf} metric="moderation" rows={<Link to="/reviews">{t('board.toReviews')}</Link>}>
      <Figures
        of={[
          { label: t('board.judged'), value: number(moderation.judged) },
          { label: t('board.masked'), value: number(moderation.filtered) },
          { label: t('board.held'), value: number(moderation.review) },
          { label: t('board.stopped'), value: number(moderation.blocked) },
          { label: t('board.byPeople'), value: number(moderation.by_people) },
          { label: t('board.slow'), value: seconds(moderation.p95_seconds) },
        ]}
      />
    </Tile>
  );
}

export function People({ board, asOf }: Props) {
  const { people } = board;
  return (
    <Tile title={t('board.people')} asOf={asOf} metric="people" width="wide" rows={<Link to="/members">{t('board.toTeam')}</Link>}>
      <Figures
        of={[
          { label: t('board.staff'), value: number(people.staff) },
          { label: t('board.contacts'), value: number(people.contacts) },
          { label: t('board.participants'), value: number(people.participants) },
        ]}
      />
      <Chart
        title={t('board.people')} step="day"
        points={filled({ ...board, step: 'day' }, people.series, { staff: 0, participants: 0, contacts: 0, messages: 0 })}
        series={[
          { label: t('board.staff'), tone: 2, value: (one) => one.staff },
          { label: t('board.contacts'), tone: 1, value: (one) => one.contacts },
          { label: t('board.participants'), tone: 4, value: (one) => one.participants },
        ]}
      />
    </Tile>
  );
}

export function Errors({ board, asOf }: Props) {
  const { errors } = board;
  return (
    <Tile title={t('board.errors')} asOf={asOf} metric="errors" rows={<Link to="/deliveries" search={{ trouble: 'failed' }}>{t('nav.screen', { screen: 'deliveries' })}</Link>}>
      <Nothing when={errors.errors === 0}>
        <Chart title={t('board.errors')} step={board.step} points={filled(board, errors.series, { errors: 0 })} series={[{ label: t('board.errors'), tone: 3, value: (one) => one.errors }]} />
        <Rows label={t('board.errors')} heads={[t('board.component'), t('board.errors'), t('board.share')]} rows={errors.components.map((one) => ({ key: one.component, cells: [<OverTime of="errors" part={one.component}>{labelOf('errors', one.component)}</OverTime>, number(one.errors), percent(one.rate)] }))} />
      </Nothing>
    </Tile>
  );
}

export function Files({ board, asOf }: Props) {
  const { uploads } = board;
  return (
    <Tile title={t('board.files')} asOf={asOf} metric="uploads">
      <Figures
        of={[
          { label: t('board.files'), value: number(uploads.files) },
          { label: t('board.waiting'), value: number(uploads.waiting) },
          { label: t('board.refused'), value: number(uploads.refused), isBad: uploads.refused > 0 },
          { label: t('board.succeeded'), value: percent(uploads.success_rate) },
        ]}
      />
    </Tile>
  );
}

function Nothing({ when, children }: { when: boolean; children: ReactNode }) {
  return when ? <p className="quiet">{t('board.nothing')}</p> : children;
}
