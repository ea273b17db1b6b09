/** What people may say to each other: a draft, tried on what was written, compared, and only then published. */

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { ApiProblem } from '../api/http.js';
import type { ModerationPolicy, PolicyInForce, PolicyVersion, SimulationReport } from '../api/schema.js';
import { isAdmin, useDesk } from '../desk.js';
import { ProblemBox } from '../shell/Problem.js';
import { say } from '../shell/toast.js';
import { lineOf } from '../shell/told.js';
import { moment, number, t } from '../text/intl.js';
import { useChange } from './change.js';
import { Confirm } from './Confirm.js';
import { Escalation } from './Escalation.js';
import { Listing } from './listing.js';
import { type Action, actionsFor, differences, type Document, KINDS, ruleOf, type Stage, STAGES, withRule } from './rules.js';

const NONE: Document = { lanes: { people: {} } };

export function Policy() {
  const { api, person } = useDesk();
  const found = useQuery({
    queryKey: [person.tenantId, '/moderation/policy'],
    queryFn: async ({ signal }) => {
      try {
        return await api.get<ModerationPolicy>('/moderation/policy', {}, signal);
      } catch (thrown) {
        if (thrown instanceof ApiProblem && thrown.status === 404) return null;
        throw thrown;
      }
    },
  });
  if (found.error) return <ProblemBox problem={found.error} onRetry={() => void found.refetch()} />;
  if (found.isPending) return <p className="state" role="status">{t('app.starting')}</p>;
  return <Editor key={found.data?.version ?? 0} current={found.data ?? null} />;
}

function Editor({ current }: { current: ModerationPolicy | null }) {
  const desk = useDesk();
  const queries = useQueryClient();
  const change = useChange();
  const [draft, setDraft] = useState<Document>((current?.document as Document | undefined) ?? NONE);
  const [report, setReport] = useState<SimulationReport | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [isEnding, setEnding] = useState(false);
  const changes = differences(current?.document ?? NONE, draft);

  const attempt = async (what: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    try {
      await what();
    } catch (thrown) {
      setProblem(lineOf(thrown));
    } finally {
      setBusy(false);
    }
  };
  const edit = (next: Document) => {
    setDraft(next);
    setReport(null);
  };
  const publish = () => attempt(async () => {
    await desk.api.post<PolicyInForce>('/moderation/policies', { document: draft, expected_version: current?.version ?? 0 });
    say(t('policy.published'));
    await queries.invalidateQueries({ queryKey: [desk.person.tenantId] });
  });

  return (
    <section className="page" aria-labelledby="page-title">
      <header className="inline">
        <h2 id="page-title">{t('policy.title')}</h2>
        <span className="quiet">{current ? t('policy.inForce', { version: current.version, at: moment(current.activated_at ?? current.created_at) }) : t('policy.none')}</span>
        <span className="spacer" />
        {isAdmin(desk) && current && <button type="button" className="button danger" onClick={() => setEnding(true)}>{t('policy.off')}</button>}
      </header>
      <Rules draft={draft} isFrozen={!isAdmin(desk)} onChange={edit} />
      <Escalation draft={draft} isFrozen={!isAdmin(desk)} onChange={edit} />
      <Source key={JSON.stringify(draft)} draft={draft} isFrozen={!isAdmin(desk)} onChange={edit} />
      {problem && <p className="warn" role="alert">{problem}</p>}
      {changes.length > 0 && <Changes changes={changes} />}
      {isAdmin(desk) && (
        <div className="inline">
          <button type="button" className="button" disabled={isBusy} onClick={() => void attempt(async () => setReport(await desk.api.post<SimulationReport>('/moderation/simulations', { document: draft })))}>{t('policy.try')}</button>
          <button type="button" className="button primary" disabled={isBusy || (changes.length === 0 && current !== null)} onClick={() => void publish()}>{t('policy.publish')}</button>
        </div>
      )}
      {report && <Report report={report} />}
      <h3>{t('policy.versions')}</h3>
      <Listing<PolicyVersion>
        label={t('policy.versions')}
        path="/moderation/policies"
        keyOf={(row) => String(row.version)}
        empty={t('policy.noVersions')}
        columns={[
          { title: t('policy.version'), cell: (row) => <>{number(row.version)}{row.activated_at && <span className="quiet"> · {t('policy.now')}</span>}</> },
          { title: t('tasks.note'), cell: (row) => <bdi>{row.note ?? ''}</bdi> },
          { title: t('audit.at'), cell: (row) => moment(row.created_at) },
        ]}
        {...(isAdmin(desk) && {
          actions: (row: PolicyVersion) => !row.activated_at && <button type="button" className="button" onClick={() => void change(t('policy.back', { version: row.version }), () => desk.api.post(`/moderation/policies/${row.version}/activate`, { expected_version: current?.version ?? 0 }))}>{t('policy.activate')}</button>,
        })}
      />
      {isEnding && <Confirm title={t('policy.offTitle')} text={t('policy.offText')} action={t('policy.off')} onClose={() => setEnding(false)} onConfirm={() => void change(t('policy.none'), () => desk.api.delete('/moderation/policy'))} />}
    </section>
  );
}

function Rules({ draft, isFrozen, onChange }: { draft: Document; isFrozen: boolean; onChange(next: Document): void }) {
  return (
    <div className="table-box" tabIndex={0} role="region" aria-label={t('policy.rules')}>
      <table>
        <thead><tr><th scope="col">{t('policy.kind')}</th>{STAGES.map((stage) => <th key={stage} scope="col">{t('policy.stage', { stage })}</th>)}</tr></thead>
        <tbody>
          {KINDS.map((kind) => (
            <tr key={kind}>
              <th scope="row">{t('reviews.kind', { kind })}</th>
              {STAGES.map((stage: Stage) => (
                <td key={stage}>
                  <select disabled={isFrozen} aria-label={`${t('reviews.kind', { kind })}, ${t('policy.stage', { stage })}`} value={ruleOf(draft, stage, kind)} onChange={(event) => onChange(withRule(draft, stage, kind, event.target.value as Action | ''))}>
                    <option value="">{t('policy.default')}</option>
                    {actionsFor(kind).map((action) => <option key={action} value={action}>{t('policy.action', { action })}</option>)}
                  </select>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Everything a document may say, as text: thresholds, other lanes, allowed values. */
function Source({ draft, isFrozen, onChange }: { draft: Document; isFrozen: boolean; onChange(next: Document): void }) {
  const [text, setText] = useState(() => JSON.stringify(draft, null, 2));
  const [isBad, setBad] = useState(false);
  const leave = () => {
    try {
      const next: unknown = JSON.parse(text);
      setBad(false);
      if (JSON.stringify(next) !== JSON.stringify(draft)) onChange(next as Document);
    } catch {
      setBad(true);
    }
  };
  return (
    <details>
      <summary>{t('policy.source')}</summary>
      <label className="sr-only" htmlFor="policy-source">{t('policy.source')}</label>
      <textarea id="policy-source" className="source" rows={18} spellCheck={false} readOnly={isFrozen} value={text} aria-invalid={isBad || undefined} onChange={(event) => setText(event.target.value)} onBlur={leave} />
      {isBad && <p className="warn" role="alert">{t('policy.badSource')}</p>}
    </details>
  );
}

function Changes({ changes }: { changes: { path: string; from: unknown; to: unknown }[] }) {
  return (
    <section className="panel" aria-labelledby="changes-title">
      <h3 id="changes-title">{t('policy.changes', { n: changes.length })}</h3>
      <ul>{changes.slice(0, 100).map((one) => <li key={one.path}><bdi dir="ltr"><code>{one.path}</code>: <del>{JSON.stringify(one.from)}</del> → <ins>{JSON.stringify(one.to)}</ins></bdi></li>)}</ul>
    </section>
  );
}

function Report({ report }: { report: SimulationReport }) {
  return (
    <section className="panel" aria-labelledby="report-title" role="status">
      <h3 id="report-title">{t('policy.tried', { messages: report.messages ?? 0, changed: report.changed ?? 0 })}</h3>
      {report.complete === false && <p className="quiet">{t('policy.partly')}</p>}
      <ul>{Object.entries(report.changes ?? {}).map(([what, n]) => <li key={what}><code>{what.replace('→', ' → ')}</code>: {typeof n === 'number' ? number(n) : String(n)}</li>)}</ul>
      <h4>{t('policy.byRule')}</h4>
      <ul>{Object.entries(report.by_rule ?? {}).map(([rule, count]) => <li key={rule}><code>{rule}</code>: {t('policy.acts', { acts: (count as { acts_on?: number }).acts_on ?? 0, changed: (count as { changed?: number }).changed ?? 0 })}</li>)}</ul>
      {Object.keys(report.escalations ?? {}).length > 0 && (
        <>
          <h4>{t('escalation.tried')}</h4>
          <ul>{Object.entries(report.escalations ?? {}).map(([rule, one]) => <li key={rule}><code>{rule}</code>: {t('escalation.calls', { holds: one.holds ?? 0, calls: one.calls ?? 0 })}</li>)}</ul>
        </>
      )}
    </section>
  );
}
