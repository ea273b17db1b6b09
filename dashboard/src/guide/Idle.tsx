/** What stands where no conversation is open: the first steps while there are some to take. */

import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useRef } from 'react';

import { t } from '../text/intl.js';
import { countDone, STEPS, useFirstSteps } from './useFirstSteps.js';

const Guide = lazy(async () => ({ default: (await import('./Guide.js')).Guide }));

export function Idle() {
  const { steps, isAway, finish } = useFirstSteps(false);
  const isOnTheWay = useRef(false);
  if (steps && !steps.is_answered) isOnTheWay.current = true;
  // Who saw it through sees its end; everybody else meets an inbox.
  if (steps?.is_answered && !isOnTheWay.current) queueMicrotask(finish);
  if (isAway || !isOnTheWay.current) {
    return (
      <div className="state">
        <h2>{t('thread.none')}</h2>
        <p>{t('thread.noneHint')}</p>
      </div>
    );
  }
  return <Suspense><div className="page"><Guide /></div></Suspense>;
}

/** Above the list of a phone, where the guide has no room beside it. */
export function FirstStepsHint() {
  const { steps, isAway } = useFirstSteps(false);
  if (isAway || !steps || steps.is_answered) return null;
  return <Link className="arrivals on-phone" to="/start">{t('guide.hint', { n: countDone(steps), of: STEPS })}</Link>;
}
