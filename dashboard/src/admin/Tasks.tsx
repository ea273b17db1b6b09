/** What is due: calls a person has to make, with what is to be said; and what is written again by itself. */

import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';

import type { FollowUp, ManualTask } from '../api/schema.js';
import { maySend, useDesk } from '../desk.js';
import { t } from '../text/intl.js';
import { useChange } from './change.js';
import { Due } from './Due.js';
import { FormDialog } from './FormDialog.js';
import { Listing } from './listing.js';
import { readTasks, TASK_VIEWS } from './places.js';
import { TaskPlan } from './TaskPlan.js';

const OUTCOMES = ['done', 'no_answer', 'wrong_address', 'not_possible', 'cancelled'] as const;

export function Tasks() {
  const desk = useDesk();
  const change = useChange();
  const navigate = useNavigate();
  const view = readTasks(useSearch({ strict: false })).view ?? 'open';
  const status = view === 'done' ? 'done' : 'open';
  const [ending, setEnding] = useState<ManualTask | null>(null);
  const [planned, setPlanned] = useState<ManualTask | null>(null);
  const nameOf = (id: string | null) => desk.members.find((one) => one.user_id === id)?.display_name ?? '';
  return (
    <section className="page" aria-labelledby="page-title">
      <h2 id="page-title">{t('tasks.title')}</h2>
      <div className="views">
        {TASK_VIEWS.map((one) => <button key={one} type="button" aria-current={one === view ? 'true' : undefined} onClick={() => void navigate({ to: '/tasks', search: { view: one } })}>{t('tasks.view', { status: one })}</button>)}
      </div>
      {view === 'follow_ups' ? <FollowUps /> : <Listing<ManualTask>
        label={t('tasks.title')}
        path="/tasks"
        params={{ task_status: status, ...(view === 'mine' && { assignee_id: desk.person.userId }) }}
        keyOf={(row) => row.id}
        empty={t(view === 'mine' ? 'tasks.noneMine' : status === 'open' ? 'tasks.empty' : 'tasks.noneDone')}
        columns={[
          { title: t('tasks.due'), cell: (row) => <Due at={row.due_at} isOpen={status === 'open'} /> },
          { title: t('tasks.what'), cell: (row) => <><bdi>{row.title}</bdi><br /><bdi className="quiet">{row.script.slice(0, 200)}</bdi></> },
          { title: t('tasks.target'), cell: (row) => <bdi>{row.target}</bdi> },
          { title: t('tasks.who'), cell: (row) => <bdi>{nameOf(row.assignee_id)}</bdi> },
          { title: t('inbox.title'), cell: (row) => <Link to="/" search={{ view: 'all', thread: row.thread_id }}>{t('tasks.open')}</Link> },
        ]}
        {...(status === 'open' && maySend(desk) && {
          actions: (row: ManualTask) => (
            <>
              <button type="button" className="button" onClick={() => void change(t('form.saved'), () => desk.api.post(`/tasks/${row.id}/assign`, { user_id: row.assignee_id === desk.person.userId ? null : desk.person.userId }))}>{t(row.assignee_id === desk.person.userId ? 'action.unassign' : 'action.assignMe')}</button>
              <button type="button" className="button" onClick={() => setPlanned(row)}>{t('tasks.plan')}</button>
              <button type="button" className="button" onClick={() => setEnding(row)}>{t('tasks.end')}</button>
            </>
          ),
        })}
      />}
      {planned && <TaskPlan task={planned} onClose={() => setPlanned(null)} />}
      {ending && (
        <FormDialog
          title={t('tasks.endTitle', { title: ending.title })}
          submit={t('form.save')}
          done={t('tasks.ended')}
          fields={[
            { name: 'outcome', label: t('tasks.outcome'), kind: 'select', options: OUTCOMES.map((outcome) => ({ value: outcome, text: t('tasks.outcomeOf', { outcome }) })) },
            { name: 'note', label: t('tasks.note'), kind: 'area' },
          ]}
          onSubmit={(values) => desk.api.post(`/tasks/${ending.id}/complete`, { outcome: values['outcome'], note: values['note'] || null })}
          onClose={() => setEnding(null)}
        />
      )}
    </section>
  );
}

/** Nobody has to do anything about these: taking a conversation over ends what is to be written in it. */
function FollowUps() {
  return (
    <Listing<FollowUp>
      label={t('tasks.view', { status: 'follow_ups' })}
      path="/follow-ups"
      keyOf={(row) => `${row.origin} ${row.id}`}
      empty={t('followUps.empty')}
      columns={[
        { title: t('tasks.due'), cell: (row) => <Due at={row.due_at} /> },
        { title: t('tasks.target'), cell: (row) => (row.contact_id ? <Link to="/contacts" search={{ contact: row.contact_id }}><bdi>{row.contact_name ?? t('inbox.unnamed')}</bdi></Link> : t('inbox.unnamed')) },
        { title: t('channels.channel'), cell: (row) => t('inbox.channel', { channel: row.channel }) },
        { title: t('followUps.says'), cell: (row) => <bdi>{row.body?.slice(0, 200) ?? ''}</bdi> },
        { title: t('followUps.why'), cell: (row) => t('followUps.origin', { origin: row.origin }) },
        { title: t('inbox.title'), cell: (row) => <Link to="/" search={{ view: 'all', thread: row.thread_id }}>{t('tasks.open')}</Link> },
      ]}
    />
  );
}
