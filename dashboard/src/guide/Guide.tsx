/** From an empty tenant to the first answered message: steps that tick themselves. */

import './guide.css';

import { Link } from '@tanstack/react-router';
import { CircleCheck } from 'lucide-react';
import { type ReactNode, useId } from 'react';

import type { FirstStepsTold } from '../api/schema.js';
import { useChange } from '../admin/change.js';
import { isAdmin, useDesk } from '../desk.js';
import { ProblemBox } from '../shell/Problem.js';
import { Skeletons } from '../shell/Skeletons.js';
import { say } from '../shell/toast.js';
import { t } from '../text/intl.js';
import { countDone, STEPS, useFirstSteps } from './useFirstSteps.js';

/** The screen of its own, which anybody may open at any time. */
export function Start() {
  return <section className="page" aria-labelledby="page-title"><Guide isAsked /></section>;
}

export function Guide({ isAsked = false }: { isAsked?: boolean }) {
  const { steps, problem, again, hide, isHidden, finish } = useFirstSteps(isAsked);
  if (problem && !steps) return <ProblemBox problem={problem} onRetry={again} />;
  if (!steps) return <Skeletons rows={STEPS} />;
  const done = countDone(steps);
  return (
    <div className="guide">
      <header>
        <h2 id="page-title">{t('guide.title')}</h2>
        <p className="quiet" role="status">{t(steps.is_answered ? 'guide.over' : 'guide.done', { n: done, of: STEPS })}</p>
        <progress max={STEPS} value={done} aria-labelledby="page-title" />
      </header>
      <ol>
        <Account steps={steps} />
        <Step isDone={steps.has_knowledge} title={t('guide.knowledge')} text={t(steps.has_knowledge ? 'guide.knowledgeDone' : 'guide.knowledgeText')}>
          <Link className="button" to="/knowledge">{t('guide.toKnowledge')}</Link>
          <Link className="button" to="/settings">{t('guide.toHours')}</Link>
        </Step>
        <Write steps={steps} />
        <Step isDone={steps.is_answered} title={t('guide.answer')} text={t(steps.is_answered ? 'guide.answerDone' : steps.first_thread_id ? 'guide.answerNow' : 'guide.answerText')}>
          {steps.first_thread_id && <Link className="button primary" to="/" search={{ view: 'all', thread: steps.first_thread_id }}>{t('guide.open')}</Link>}
        </Step>
      </ol>
      {steps.is_answered
        ? !isAsked && <button type="button" className="button primary" onClick={finish}>{t('guide.finish')}</button>
        : (!isAsked || isHidden) && <button type="button" className="link" onClick={() => hide(!isHidden)}>{t(isHidden ? 'guide.show' : 'guide.hide')}</button>}
    </div>
  );
}

function Step({ isDone, title, text, children }: { isDone: boolean; title: string; text: string; children?: ReactNode }) {
  const id = useId();
  return (
    <li className={isDone ? 'is-done' : undefined} aria-labelledby={id}>
      <span className="tick">{isDone && <CircleCheck size={26} role="img" aria-label={t('guide.ticked')} />}</span>
      <div>
        <h3 id={id}>{title}</h3>
        <p>{text}</p>
        {children && <div className="inline">{children}</div>}
      </div>
    </li>
  );
}

function Account({ steps }: { steps: FirstStepsTold }) {
  const desk = useDesk();
  const change = useChange();
  const make = () => void change(t('guide.mailboxMade'), () => desk.api.post('/channel-sessions', { channel: 'email', name: desk.membership.tenant_name ?? t('guide.mailbox') }));
  const text = steps.mailbox ? t('guide.accountDone', { address: steps.mailbox }) : t(isAdmin(desk) ? 'guide.accountText' : 'guide.accountAdmin');
  return (
    <Step isDone={steps.has_account} title={t('guide.account')} text={text}>
      {isAdmin(desk) && !steps.mailbox && <button type="button" className="button primary" onClick={make}>{t('guide.useMailbox')}</button>}
      <Link className="button" to="/channels">{t('guide.toChannels')}</Link>
    </Step>
  );
}

function Write({ steps }: { steps: FirstStepsTold }) {
  const { mailbox, smtp_port: port, first_thread_id: thread } = steps;
  const text = thread ? t('guide.writeDone') : mailbox ? t(port ? 'guide.writeLocal' : 'guide.writeText', { address: mailbox }) : t('guide.writeFirst');
  return (
    <Step isDone={thread !== null} title={t('guide.write')} text={text}>
      {mailbox && !thread && <Copied text={mailbox} label={t('guide.copyAddress')} />}
      {mailbox && !thread && port && (
        <>
          <Copied text={lineFor(mailbox, port)} label={t('guide.copyLine')} />
          <pre className="secret" tabIndex={0} role="region" aria-label={t('guide.line')}>{lineFor(mailbox, port)}</pre>
        </>
      )}
    </Step>
  );
}

function Copied({ text, label }: { text: string; label: string }) {
  return <button type="button" className="button" onClick={() => void navigator.clipboard.writeText(text).then(() => say(t('guide.copied')), () => say(text))}>{label}</button>;
}

/** What `make up` prints: a mail sent by nothing but Python. */
function lineFor(address: string, port: number): string {
  return `python3 -c "import smtplib,email.utils as u;smtplib.SMTP('127.0.0.1',${port}).sendmail('ada@example.com',['${address}'],`
    + `'From: Ada <ada@example.com>\\r\\nTo: ${address}\\r\\nSubject: Hello\\r\\nMessage-ID: '+u.make_msgid()+'\\r\\n\\r\\nHello, what are your opening hours?')"`;
}
