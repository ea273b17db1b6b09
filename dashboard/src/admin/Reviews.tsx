/** What waits for a person's judgement. Taking one is reading it: with a reason, on record, and for a while nobody else's. */

import { useEffect, useState } from 'react';

import type { ClaimedReview, Review, ReviewDecided, ReviewReleased } from '../api/schema.js';
import { maySend, useDesk } from '../desk.js';
import { moment, t, twoDigits } from '../text/intl.js';
import { useChange } from './change.js';
import { FormDialog } from './FormDialog.js';
import { Listing } from './listing.js';

const QUEUES = ['free', 'mine', 'overdue', 'open', 'decided'] as const;

export function Reviews() {
  const desk = useDesk();
  const [queue, setQueue] = useState<(typeof QUEUES)[number]>('free');
  const [taking, setTaking] = useState<Review | null>(null);
  const [taken, setTaken] = useState<ClaimedReview | null>(null);
  return (
    <section className="page" aria-labelledby="page-title">
      <h2 id="page-title">{t('reviews.title')}</h2>
      <div className="views">
        {QUEUES.map((one) => <button key={one} type="button" aria-current={one === queue ? 'true' : undefined} onClick={() => setQueue(one)}>{t('reviews.queue', { queue: one })}</button>)}
      </div>
      {taken && <Desk key={taken.review_id} review={taken} onDone={() => setTaken(null)} />}
      <Listing<Review>
        label={t('reviews.title')}
        path="/reviews"
        params={{ queue }}
        keyOf={(row) => row.id}
        empty={t('reviews.empty', { queue })}
        columns={[
          { title: t('reviews.due'), cell: (row) => <span className={row.overdue ? 'warn' : undefined}>{moment(row.due_at)}{row.urgent && ` · ${t('reviews.urgent')}`}</span> },
          { title: t('reviews.why'), cell: (row) => <>{row.kinds.map((kind) => t('reviews.kind', { kind })).join(', ')}{row.appeal && <><br /><bdi className="quiet">{t('reviews.appeal')}: {row.appeal}</bdi></>}</> },
          { title: t('reviews.from'), cell: (row) => t('reviews.lane', { lane: row.lane }) },
          { title: t('reviews.state'), cell: (row) => (row.decision ? t('reviews.decided', { decision: row.decision }) : row.claimed_by ? t('reviews.held') : t('reviews.queue', { queue: 'free' })) },
        ]}
        {...(queue !== 'decided' && maySend(desk) && { actions: (row: Review) => <button type="button" className="button" onClick={() => setTaking(row)}>{t('reviews.take')}</button> })}
      />
      {taking && (
        <FormDialog
          title={t('reviews.takeTitle')}
          submit={t('reviews.take')}
          done=""
          fields={[{ name: 'reason', label: t('reviews.reason'), value: t('reviews.reasonUsual'), required: true, help: t('reviews.reasonHelp') }]}
          onSubmit={async (values) => setTaken(await desk.api.post<ClaimedReview>(`/reviews/${taking.id}/claim`, { reason: values['reason'] }))}
          onClose={() => setTaking(null)}
        />
      )}
    </section>
  );
}

type Decision = 'approved' | 'filtered' | 'blocked';

function Desk({ review, onDone }: { review: ClaimedReview; onDone(): void }) {
  const { api } = useDesk();
  const change = useChange();
  const [decision, setDecision] = useState<Decision | null>(null);
  const left = useCountdown(review.claim_until);
  return (
    <article className="panel" aria-labelledby="review-title">
      <header className="inline">
        <h3 id="review-title">{review.kinds.map((kind) => t('reviews.kind', { kind })).join(', ') || t('reviews.title')}</h3>
        <span className={left < 60 ? 'warn' : 'quiet'} role="timer">{left > 0 ? t('reviews.left', { minutes: Math.floor(left / 60), seconds: twoDigits(left % 60) }) : t('reviews.over')}</span>
        <span className="spacer" />
        <button type="button" className="button" onClick={() => void change(t('reviews.released'), () => api.post<ReviewReleased>(`/reviews/${review.review_id}/release`)).then(onDone)}>{t('reviews.release')}</button>
      </header>
      {review.earlier.map((one) => <p key={one.message_id} className="quiet bubble-body" dir="auto">{one.body}</p>)}
      {review.subject && <p><strong><bdi>{review.subject}</bdi></strong></p>}
      <p className="bubble theirs bubble-body" dir="auto">{review.body ?? t('message.deleted')}</p>
      {review.beside && <p className="quiet bubble-body" dir="auto">{review.beside}</p>}
      <p className="quiet">{t('reviews.said', { decider: review.decider, decision: review.decision, version: review.policy_version, confidence: Math.round(review.confidence * 100) })}</p>
      {review.appeal && <p><strong>{t('reviews.appeal')}:</strong> <bdi>{review.appeal}</bdi></p>}
      <div className="form-foot">
        <button type="button" className="button" disabled={left === 0} onClick={() => setDecision('approved')}>{t('reviews.approve')}</button>
        <button type="button" className="button" disabled={left === 0} onClick={() => setDecision('filtered')}>{t('reviews.filter')}</button>
        <button type="button" className="button danger" disabled={left === 0} onClick={() => setDecision('blocked')}>{t('reviews.block')}</button>
      </div>
      {decision && (
        <FormDialog
          title={t('reviews.decided', { decision })}
          submit={t('reviews.decide')}
          done={t('reviews.done')}
          fields={[
            { name: 'reason', label: t('reviews.toSender'), required: true, help: t('reviews.toSenderHelp') },
            { name: 'note', label: t('reviews.note'), kind: 'area' },
          ]}
          onSubmit={async (values) => {
            await api.post<ReviewDecided>(`/reviews/${review.review_id}/decide`, { digest: review.digest, decision, reason: values['reason'], note: values['note'] || null });
            onDone();
          }}
          onClose={() => setDecision(null)}
        />
      )}
    </article>
  );
}

/** Seconds until a moment, never less than none. */
function useCountdown(until: string): number {
  const secondsTo = () => Math.max(0, Math.round((Date.parse(until) - Date.now()) / 1000));
  const [left, setLeft] = useState(secondsTo);
  useEffect(() => {
    const timer = setInterval(() => setLeft(secondsTo()), 1_000);
    return () => clearInterval(timer);
  });
  return left;
}
