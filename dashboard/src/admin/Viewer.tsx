/** Conversations that are not the tenant's own, for admins, to read only. Nothing is shown before a reason is given, and none of it is kept. */

import { type FormEvent, useState } from 'react';

import { ApiProblem } from '../api/http.js';
import type { ContactList, FoundConversation, FoundConversations } from '../api/schema.js';
import { isAdmin, useDesk } from '../desk.js';
import { Forbidden, ProblemBox } from '../shell/Problem.js';
import { Skeletons } from '../shell/Skeletons.js';
import { moment, t } from '../text/intl.js';
import { FormDialog } from './FormDialog.js';
import { Table } from './listing.js';
import { namesOf, OnRecord } from './OnRecord.js';
import { Reading } from './Reading.js';
import { useLapse } from './useLapse.js';

const WAYS = ['all', 'contact', 'booking', 'job', 'project', 'bid_card'] as const;
type Way = (typeof WAYS)[number];

interface Wanted {
  reason: string;
  filter: { contact_id?: string; context_kind?: string; context_id?: string };
}

interface Opened {
  thread: FoundConversation;
  reason: string;
  /** When, so that the same one opened again is read again. */
  at: number;
}

export function Viewer() {
  const desk = useDesk();
  if (!isAdmin(desk)) return <Forbidden right="admin" />;
  return <Search />;
}

function Search() {
  const { api } = useDesk();
  const [by, setBy] = useState<Way>('all');
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const [rows, setRows] = useState<FoundConversation[] | null>(null);
  const [hasMore, setHasMore] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const [asked, setAsked] = useState<FoundConversation | null>(null);
  const [opened, setOpened] = useState<Opened | null>(null);
  const lapse = useLapse(wanted, () => { setRows(null); setHasMore(false); setAsked(null); });

  const ask = async (what: Wanted, below: FoundConversation | undefined) => {
    setBusy(true);
    setProblem(null);
    try {
      const page = await api.post<FoundConversations>('/viewer/conversations', {
        reason: what.reason, ...what.filter, ...(below && { before_at: below.last_message_at, before_id: below.thread_id }),
      });
      setRows((had) => [...(below ? (had ?? []) : []), ...page.items]);
      setHasMore(page.has_more);
    } catch (thrown) {
      // What was shown under a right that is gone is not left there.
      if (thrown instanceof ApiProblem && thrown.status === 403) { setRows(null); setOpened(null); setAsked(null); }
      setProblem(thrown);
    } finally {
      setBusy(false);
    }
  };

  const look = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const [reason, which] = ['reason', 'which'].map((name) => String(data.get(name) ?? '').trim()) as [string, string];
    setRows(null);
    setHasMore(false);
    setOpened(null);
    try {
      const next = { reason, filter: by === 'all' ? {} : by === 'contact' ? { contact_id: await contactAt(which) } : { context_kind: by, context_id: which } };
      setWanted(next);
      await ask(next, undefined);
    } catch (thrown) {
      setWanted(null);
      setProblem(thrown);
    }
  };

  const contactAt = async (address: string): Promise<string> => {
    const [contact] = (await api.get<ContactList>('/contacts', { address })).items;
    if (!contact) throw new Error(t('viewer.nobody', { address }));
    return contact.id;
  };

  return (
    <section className="page" aria-labelledby="page-title">
      <h2 id="page-title">{t('viewer.title')}</h2>
      <p className="quiet">{t('viewer.intro')}</p>
      <form className="viewer-search" aria-label={t('viewer.search')} onSubmit={(event) => void look(event)}>
        <div className="field">
          <label htmlFor="viewer-reason">{t('viewer.reason')}</label>
          <input id="viewer-reason" name="reason" required minLength={5} maxLength={500} autoComplete="off" aria-describedby="viewer-reason-help" />
          <span id="viewer-reason-help" className="quiet">{t('viewer.reasonHelp')}</span>
        </div>
        <div className="field">
          <label htmlFor="viewer-by">{t('viewer.by')}</label>
          <select id="viewer-by" value={by} onChange={(event) => setBy(event.target.value as Way)}>
            {WAYS.map((one) => <option key={one} value={one}>{t('viewer.byOf', { by: one })}</option>)}
          </select>
        </div>
        {by !== 'all' && (
          <div className="field">
            <label htmlFor="viewer-which">{t('viewer.which', { by })}</label>
            <input id="viewer-which" name="which" required maxLength={200} autoComplete="off" />
          </div>
        )}
        <button type="submit" className="button primary" disabled={isBusy}>{t('viewer.look')}</button>
      </form>
      {wanted && rows && <OnRecord reason={wanted.reason} />}
      {lapse && !rows && <p className="state" role="status">{lapse}</p>}
      {problem !== null && <ProblemBox problem={problem} onRetry={wanted ? () => void ask(wanted, rows?.at(-1)) : undefined} />}
      {isBusy && !rows && <Skeletons rows={3} />}
      {rows?.length === 0 && <p className="state">{t('viewer.empty')}</p>}
      {rows && rows.length > 0 && (
        <Table<FoundConversation>
          label={t('viewer.title')}
          rows={rows}
          keyOf={(row) => row.thread_id}
          columns={[
            { title: t('viewer.people'), cell: (row) => <bdi>{namesOf(row.people)}</bdi> },
            { title: t('viewer.about'), cell: (row) => <><bdi>{row.subject ?? ''}</bdi> {row.context_kind && <span className="quiet">{t('viewer.context', { kind: row.context_kind })} <bdi>{row.context_id}</bdi></span>}</> },
            { title: t('viewer.messages'), cell: (row) => row.last_seq },
            { title: t('viewer.last'), cell: (row) => moment(row.last_message_at) },
          ]}
          actions={(row) => <button type="button" className="button" aria-label={`${t('viewer.read')}: ${namesOf(row.people)}`} onClick={() => setAsked(row)}>{t('viewer.read')}</button>}
        />
      )}
      {rows && hasMore && wanted && <button type="button" className="button more" disabled={isBusy} onClick={() => void ask(wanted, rows.at(-1))}>{t('table.more')}</button>}
      {opened && <Reading key={opened.at} threadId={opened.thread.thread_id} reason={opened.reason} onClose={() => setOpened(null)} />}
      {asked && (
        <FormDialog
          title={t('viewer.readTitle')}
          submit={t('viewer.read')}
          done=""
          fields={[{ name: 'reason', label: t('viewer.reason'), value: wanted?.reason, required: true, help: t('viewer.reasonHelp') }]}
          onSubmit={async (values) => setOpened({ thread: asked, reason: String(values['reason']), at: Date.now() })}
          onClose={() => setAsked(null)}
        />
      )}
    </section>
  );
}
