/** What automatic answers are made of: questions with their answers, and wordings. */

import { useState } from 'react';

import type { CannedReply, FaqEntry } from '../api/schema.js';
import { isAdmin, useDesk } from '../desk.js';
import { moment, t } from '../text/intl.js';
import { useChange } from './change.js';
import { Confirm } from './Confirm.js';
import { FormDialog, type Values } from './FormDialog.js';
import { Listing } from './listing.js';

type Open = { faq: FaqEntry | null } | { reply: CannedReply | null } | { gone: { path: string; name: string } } | null;

export function Knowledge() {
  const desk = useDesk();
  const [open, setOpen] = useState<Open>(null);
  const mayWrite = isAdmin(desk);
  return (
    <section className="page" aria-labelledby="page-title">
      <h2 id="page-title">{t('knowledge.title')}</h2>
      <header className="inline">
        <h3>{t('knowledge.faq')}</h3>
        <span className="spacer" />
        {mayWrite && <button type="button" className="button primary" onClick={() => setOpen({ faq: null })}>{t('knowledge.addFaq')}</button>}
      </header>
      <Listing<FaqEntry>
        label={t('knowledge.faq')}
        path="/faq"
        keyOf={(row) => row.id}
        empty={t('knowledge.noFaq')}
        columns={[
          { title: t('knowledge.question'), cell: (row) => <bdi className={row.enabled ? undefined : 'quiet'}>{row.question}</bdi> },
          { title: t('knowledge.keywords'), cell: (row) => <bdi>{row.keywords.join(', ')}</bdi> },
          { title: t('knowledge.answer'), cell: (row) => <bdi>{row.answer.slice(0, 160)}</bdi> },
          { title: t('knowledge.language'), cell: (row) => <bdi>{row.language ?? ''}</bdi> },
          { title: t('knowledge.state'), cell: (row) => t(row.enabled ? 'knowledge.on' : 'knowledge.off') },
        ]}
        {...(mayWrite && { actions: (row: FaqEntry) => <Buttons onEdit={() => setOpen({ faq: row })} onDelete={() => setOpen({ gone: { path: `/faq/${row.id}`, name: row.question } })} /> })}
      />
      <header className="inline">
        <h3>{t('knowledge.replies')}</h3>
        <span className="spacer" />
        {mayWrite && <button type="button" className="button primary" onClick={() => setOpen({ reply: null })}>{t('knowledge.addReply')}</button>}
      </header>
      <Listing<CannedReply>
        label={t('knowledge.replies')}
        path="/canned-replies"
        keyOf={(row) => row.id}
        empty={t('knowledge.noReplies')}
        columns={[
          { title: t('knowledge.intent'), cell: (row) => <bdi>{row.intent}</bdi> },
          { title: t('knowledge.wording'), cell: (row) => <bdi>{row.body.slice(0, 160)}</bdi> },
          { title: t('knowledge.language'), cell: (row) => <bdi>{row.language ?? ''}</bdi> },
          { title: t('knowledge.changed'), cell: (row) => moment(row.updated_at) },
        ]}
        {...(mayWrite && { actions: (row: CannedReply) => <Buttons onEdit={() => setOpen({ reply: row })} onDelete={() => setOpen({ gone: { path: `/canned-replies/${row.id}`, name: row.intent } })} /> })}
      />
      {open && <Dialog open={open} onClose={() => setOpen(null)} />}
    </section>
  );
}

function Buttons({ onEdit, onDelete }: { onEdit(): void; onDelete(): void }) {
  return (
    <>
      <button type="button" className="button" onClick={onEdit}>{t('form.edit')}</button>
      <button type="button" className="button danger" onClick={onDelete}>{t('form.delete')}</button>
    </>
  );
}

function Dialog({ open, onClose }: { open: NonNullable<Open>; onClose(): void }) {
  const { api } = useDesk();
  const change = useChange();
  if ('gone' in open) {
    return <Confirm title={t('form.deleteTitle', { name: open.gone.name })} text={t('knowledge.deleteText')} action={t('form.delete')} onConfirm={() => void change(t('form.deleted'), () => api.delete(open.gone.path))} onClose={onClose} />;
  }
  const shared = { submit: t('form.save'), done: t('form.saved'), onClose };
  if ('faq' in open) {
    const { faq } = open;
    const body = (values: Values) => ({
      question: values['question'], answer: values['answer'], language: values['language'] || null, enabled: values['enabled'],
      keywords: String(values['keywords']).split(',').map((one) => one.trim()).filter(Boolean),
    });
    return (
      <FormDialog
        {...shared}
        title={t('knowledge.faq')}
        fields={[
          { name: 'question', label: t('knowledge.question'), value: faq?.question, required: true },
          { name: 'keywords', label: t('knowledge.keywords'), value: faq?.keywords.join(', '), required: true, help: t('knowledge.keywordsHelp') },
          { name: 'answer', label: t('knowledge.answer'), kind: 'area', value: faq?.answer, required: true },
          { name: 'language', label: t('knowledge.language'), value: faq?.language, help: t('knowledge.languageHelp') },
          { name: 'enabled', label: t('knowledge.on'), kind: 'check', value: faq?.enabled ?? true },
        ]}
        onSubmit={(values) => (faq ? api.patch(`/faq/${faq.id}`, body(values)) : api.post('/faq', body(values)))}
      />
    );
  }
  const { reply } = open;
  return (
    <FormDialog
      {...shared}
      title={t('knowledge.replies')}
      fields={[
        { name: 'intent', label: t('knowledge.intent'), value: reply?.intent, required: true },
        { name: 'body', label: t('knowledge.wording'), kind: 'area', value: reply?.body, required: true },
        { name: 'language', label: t('knowledge.language'), value: reply?.language, help: t('knowledge.languageHelp') },
      ]}
      onSubmit={(values) => api.put('/canned-replies', { intent: values['intent'], body: values['body'], language: values['language'] || null })}
    />
  );
}
