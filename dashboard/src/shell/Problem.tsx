/** What went wrong, what to do about it, and the id to ask for it by. Nothing of what was not to be seen is in the page. */

import { ApiProblem, Offline } from '../api/http.js';
import { t } from '../text/intl.js';

export function Forbidden({ right }: { right: string }) {
  return (
    <div className="state" role="alert">
      <h2>{t('forbidden.title')}</h2>
      <p>{t('forbidden.needs', { right })}</p>
    </div>
  );
}

export function ProblemBox({ problem, onRetry }: { problem: unknown; onRetry?: (() => void) | undefined }) {
  if (problem instanceof ApiProblem && problem.status === 403) {
    return (
      <div className="state" role="alert">
        <h2>{t('forbidden.title')}</h2>
        <p dir="auto">{problem.problem.remedy ?? problem.message}</p>
      </div>
    );
  }
  const remedy = problem instanceof ApiProblem ? problem.problem.remedy : null;
  const request = problem instanceof ApiProblem ? problem.problem.request_id : null;
  return (
    <div className="state" role="alert">
      <h2>{t('error.title')}</h2>
      {problem instanceof Offline ? <p>{t('app.offline')}</p> : <p dir="auto">{problem instanceof Error ? problem.message : String(problem)}</p>}
      {remedy && <p dir="auto">{remedy}</p>}
      {request && <p className="quiet">{t('error.request', { id: request })}</p>}
      {onRetry && <button type="button" className="button" onClick={onRetry}>{t('app.retry')}</button>}
    </div>
  );
}
