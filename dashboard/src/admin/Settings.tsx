/** How a tenant wants its messaging to behave. One form for each matter; hours are in the tenant's own zone. */

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';

import type { Tenant, TenantPatch } from '../api/schema.js';
import { isAdmin, useDesk } from '../desk.js';
import { ProblemBox } from '../shell/Problem.js';
import { say } from '../shell/toast.js';
import { lineOf } from '../shell/told.js';
import { t } from '../text/intl.js';
import { hoursOf, type Hours, readHours, WEEK } from './hours.js';

export function Settings() {
  const { api, person } = useDesk();
  const found = useQuery({ queryKey: [person.tenantId, 'tenant'], queryFn: ({ signal }) => api.get<Tenant>('/tenant', {}, signal) });
  if (found.error) return <ProblemBox problem={found.error} onRetry={() => void found.refetch()} />;
  if (!found.data) return <p className="state" role="status">{t('app.starting')}</p>;
  return <Forms key={found.dataUpdatedAt} tenant={found.data} />;
}

function Forms({ tenant }: { tenant: Tenant }) {
  const s = tenant.settings;
  return (
    <section className="page narrow" aria-labelledby="page-title">
      <h2 id="page-title">{t('settings.title')}</h2>
      <Form title={t('settings.business')} read={(data) => ({ name: text(data, 'name'), time_zone: text(data, 'time_zone'), locale: text(data, 'locale'), home_regions: text(data, 'home_regions').split(',').map((one) => one.trim().toUpperCase()).filter(Boolean) })}>
        <Field name="name" label={t('settings.name')} value={tenant.name} required />
        <Field name="time_zone" label={t('settings.zone')} value={tenant.time_zone} help={t('settings.zoneHelp')} required />
        <Field name="locale" label={t('knowledge.language')} value={tenant.locale} required />
        <Field name="home_regions" label={t('settings.regions')} value={tenant.home_regions.join(', ')} help={t('settings.regionsHelp')} />
      </Form>
      <Form title={t('settings.hours', { zone: tenant.time_zone })} read={(data) => ({ settings: { business_hours: readHours(data) } })}>
        <p className="quiet">{t('settings.hoursHelp')}</p>
        <Week hours={hoursOf(s.business_hours)} />
      </Form>
      <Form title={t('settings.ai')} read={(data) => ({ settings: { ai_enabled: data.has('ai_enabled'), confidence_threshold: number(data, 'confidence_threshold') ?? 0, auto_replies_per_hour: number(data, 'auto_replies_per_hour') ?? 0, voice_tone: text(data, 'voice_tone') || null, voice_signature: text(data, 'voice_signature') || null } })}>
        <div className="check"><input type="checkbox" id="ai_enabled" name="ai_enabled" defaultChecked={s.ai_enabled} /><label htmlFor="ai_enabled">{t('settings.aiOn')}</label></div>
        <Field name="confidence_threshold" kind="number" label={t('settings.confidence')} value={s.confidence_threshold} help={t('settings.confidenceHelp')} />
        <Field name="auto_replies_per_hour" kind="number" label={t('settings.autoReplies')} value={s.auto_replies_per_hour} help={t('settings.autoRepliesHelp')} />
        <Field name="voice_tone" label={t('settings.tone')} value={s.voice_tone} />
        <Field name="voice_signature" label={t('settings.signature')} value={s.voice_signature} />
      </Form>
      <Form title={t('settings.limits')} read={(data) => ({ settings: { sends_per_minute: number(data, 'sends_per_minute') ?? 0, daily_send_cap: number(data, 'daily_send_cap'), quiet_hours_start: text(data, 'quiet_hours_start') || null, quiet_hours_end: text(data, 'quiet_hours_end') || null } })}>
        <Field name="sends_per_minute" kind="number" label={t('settings.perMinute')} value={s.sends_per_minute} />
        <Field name="daily_send_cap" kind="number" label={t('settings.perDay')} value={s.daily_send_cap} help={t('settings.perDayHelp')} />
        <Field name="quiet_hours_start" kind="time" label={t('settings.quietFrom')} value={s.quiet_hours_start?.slice(0, 5)} />
        <Field name="quiet_hours_end" kind="time" label={t('settings.quietTo')} value={s.quiet_hours_end?.slice(0, 5)} help={t('settings.quietHelp')} />
      </Form>
      <Form title={t('settings.keeping')} read={(data) => ({ settings: { search_policy: text(data, 'search_policy') as Searched, moderation_days: number(data, 'moderation_days') } })}>
        <div className="field">
          <label htmlFor="search_policy">{t('settings.search')}</label>
          <select id="search_policy" name="search_policy" defaultValue={s.search_policy} aria-describedby="search_policy-help">{SEARCHED.map((policy) => <option key={policy} value={policy}>{t('settings.searched', { policy })}</option>)}</select>
          <span id="search_policy-help" className="quiet">{t('settings.searchHelp')}</span>
        </div>
        <Field name="moderation_days" kind="number" label={t('settings.moderationDays')} value={s.moderation_days} help={t('settings.moderationDaysHelp')} />
      </Form>
      <Form title={t('settings.pushes')} read={(data) => ({ settings: { push_shows: text(data, 'push_shows') as Shows, push_delay_s: number(data, 'push_delay_s') ?? 0 } })}>
        <div className="field">
          <label htmlFor="push_shows">{t('settings.pushShows')}</label>
          <select id="push_shows" name="push_shows" defaultValue={s.push_shows}>{SHOWS.map((shows) => <option key={shows} value={shows}>{t('settings.shows', { shows })}</option>)}</select>
        </div>
        <Field name="push_delay_s" kind="number" label={t('settings.pushDelay')} value={s.push_delay_s} help={t('settings.pushDelayHelp')} />
      </Form>
    </section>
  );
}

const SHOWS = ['preview', 'sender', 'nothing'] as const;
type Shows = (typeof SHOWS)[number];
const SEARCHED = ['none', 'metadata', 'full'] as const;
type Searched = (typeof SEARCHED)[number];

const text = (data: FormData, name: string): string => String(data.get(name) ?? '').trim();

const number = (data: FormData, name: string): number | null => (text(data, name) === '' ? null : Number(text(data, name)));

function Form({ title, read, children }: { title: string; read(data: FormData): TenantPatch; children: ReactNode }) {
  const desk = useDesk();
  const queries = useQueryClient();
  const [problem, setProblem] = useState<string | null>(null);
  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    try {
      await desk.api.patch('/tenant', read(new FormData(event.currentTarget)));
      setProblem(null);
      say(t('form.saved'));
      await queries.invalidateQueries({ queryKey: [desk.person.tenantId, 'tenant'] });
    } catch (thrown) {
      setProblem(lineOf(thrown));
    }
  };
  return (
    <form className="panel form" aria-label={title} onSubmit={(event) => void send(event)}>
      <h3>{title}</h3>
      <fieldset disabled={!isAdmin(desk)}>{children}</fieldset>
      {problem && <p role="alert" className="warn" dir="auto">{problem}</p>}
      {isAdmin(desk) ? <div className="form-foot"><button type="submit" className="button primary">{t('form.save')}</button></div> : <p className="quiet">{t('settings.adminsOnly')}</p>}
    </form>
  );
}

function Field({ name, label, value, kind = 'text', help, required }: { name: string; label: string; value: string | number | null | undefined; kind?: string; help?: string; required?: boolean }) {
  return (
    <div className="field">
      <label htmlFor={name}>{label}</label>
      <input id={name} name={name} type={kind} step={kind === 'number' ? 'any' : undefined} required={required} defaultValue={value ?? ''} aria-describedby={help && `${name}-help`} />
      {help && <span id={`${name}-help`} className="quiet">{help}</span>}
    </div>
  );
}

function Week({ hours }: { hours: Hours }) {
  return (
    <ul className="week">
      {WEEK.map((weekday) => {
        const name = t('settings.weekday', { weekday });
        return (
          <li key={weekday}>
            <span>{name}</span>
            <input type="time" name={`opens-${weekday}`} aria-label={t('settings.opens', { day: name })} defaultValue={hours[weekday]?.opens ?? ''} />
            <input type="time" name={`closes-${weekday}`} aria-label={t('settings.closes', { day: name })} defaultValue={hours[weekday]?.closes ?? ''} />
          </li>
        );
      })}
    </ul>
  );
}
