/** What went wrong, what to do about it, and the id to ask for it by. Nothing of what was not to be seen is in the page. */

import { ApiProblem } from '../api/http.js';
import { t } from '../text/intl.js';
import { told } from './told.js';

export function Forbidden({ right }: { right: string }) {
  return (
    <div className="state" role="alert">
      <h2>{t('forbidden.title')}</h2>
      <p>{t('forbidden.needs', { right })}</p>
    </div>
  );
}

export function ProblemBox({ problem, onRetry }: { problem: unknown; onRetry?: (() => void) | undefined }) {
  const { text, remedy, field, own } = told(problem);
  if (problem instanceof ApiProblem && problem.status === 403) {
    return (
      <div className="state" role="alert">
        <h2>{t('forbidden.title')}</h2>
        <p dir="auto">{remedy ?? text}</p>
        <ServersOwn text={own} />
      </div>
    );
  }
  const request = problem instanceof ApiProblem ? problem.problem.request_id : null;
  return (
    <div className="state" role="alert">
      <h2>{t('error.title')}</h2>
      <p dir="auto">{text}</p>
      {remedy && <p dir="auto">{remedy}</p>}
      {field && <p>{t('error.field', { field })}</p>}
      <ServersOwn text={own} />
      {request && <p className="quiet">{t('error.request', { id: request })}</p>}
      {onRetry && <button type="button" className="button" onClick={onRetry}>{t('app.retry')}</button>}
    </div>
  );
}

/** What the server said word for word: it may name a number the translation leaves out. */
export function ServersOwn({ text }: { text: string | null }) {
  return text && (
    <details className="quiet">
      <summary>{t('error.own')}</summary>
      <p lang="en" dir="ltr" translate="no">{text}</p>
    </details>
  );
}
