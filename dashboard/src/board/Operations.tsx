/** How the tenant's messaging does: what is waiting now, what went through in a time, and whether every promise is kept. */

import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';

import { ApiProblem } from '../api/http.js';
import type { InvariantList, OperationsBoard as Board } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { ProblemBox } from '../shell/Problem.js';
import { Skeletons } from '../shell/Skeletons.js';
import { t } from '../text/intl.js';
import { Counted } from './Counted.js';
import { Decisions, Deliveries, Errors, Files, Moderation, People, Responses, Volume } from './span.js';
import { Conversations, Promises, Queues, Realtime } from './now.js';
import { PERIODS, type Period, readPeriod, spanOf } from './shape.js';

const EVERY_MS = 15_000;

export function Operations() {
  const { api, person } = useDesk();
  const period: Period = readPeriod(useSearch({ strict: false })).period ?? 'day';
  // In a hidden tab neither is asked again; both are when it wakes.
  const often = { refetchInterval: EVERY_MS, refetchIntervalInBackground: false, refetchOnWindowFocus: true } as const;
  const found = useQuery({ ...often, queryKey: [person.tenantId, 'board', period], queryFn: ({ signal }) => api.get<Board>('/operations/board', spanOf(period, Date.now()), signal) });
  const promises = useQuery({ ...often, queryKey: [person.tenantId, 'promises'], queryFn: ({ signal }) => api.get<InvariantList>('/operations/invariants', {}, signal) });
  return (
    <section className="page board" aria-labelledby="page-title">
      <header className="inline">
        <h2 id="page-title">{t('board.title')}</h2>
        <nav className="views" aria-label={t('board.periods')}>
          {PERIODS.map((one) => <Link key={one} to="/operations" search={{ period: one }} activeOptions={{ exact: true }} {...(one === period && { 'aria-current': 'true' as const })}>{t('board.period', { period: one })}</Link>)}
        </nav>
        <span className="spacer" />
        {found.data && <Counted by={found.data} answeredAt={found.dataUpdatedAt} isOld={found.isRefetchError} />}
      </header>
      <Body found={found} promises={promises} />
    </section>
  );
}

type Found<T> = Pick<ReturnType<typeof useQuery<T>>, 'data' | 'error' | 'isPending' | 'dataUpdatedAt' | 'isRefetchError' | 'refetch'>;

function Body({ found, promises }: { found: Found<Board>; promises: Found<InvariantList> }) {
  const isForbidden = found.error instanceof ApiProblem && found.error.status === 403;
  // What somebody may not see any more is not left standing, either.
  if (found.error && (isForbidden || !found.data)) return <ProblemBox problem={found.error} onRetry={() => void found.refetch()} />;
  if (found.isPending || !found.data) return <Skeletons rows={6} />;
  const board = found.data;
  const at = found.dataUpdatedAt;
  const counted = board.age_seconds === null ? null : at - board.age_seconds * 1000;
  return (
    <>
      {found.isRefetchError && <p className="offline" role="status">{t('board.stale')}</p>}
      <h3>{t('board.now')}</h3>
      <div className="tiles">
        <Queues board={board} asOf={at} />
        <Conversations board={board} asOf={at} />
        <Realtime board={board} />
        <Promises found={promises.data?.items} problem={promises.error} />
      </div>
      <h3>{t('board.span')}</h3>
      {isEmpty(board) && <p className="state">{t('board.empty')}</p>}
      <div className="tiles">
        <Volume board={board} asOf={counted} />
        <Responses board={board} asOf={counted} />
        <Deliveries board={board} asOf={counted} />
        <Moderation board={board} asOf={counted} />
        <Decisions board={board} asOf={counted} />
        <Errors board={board} asOf={counted} />
        <People board={board} asOf={counted} />
        <Files board={board} asOf={counted} />
      </div>
    </>
  );
}

const isEmpty = (board: Board): boolean => board.volume.inbound + board.volume.outbound + board.volume.internal === 0;
