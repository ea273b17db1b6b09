/** What narrows the list, beside its view: channel, label, colleague. Each that is on says so, and goes with a press. */

import { SlidersHorizontal } from 'lucide-react';
import { useState } from 'react';

import { useDesk } from '../desk.js';
import { t } from '../text/intl.js';
import { CHANNELS, type Filter, FILTERS, type Place } from './views.js';

interface Props {
  place: Place;
  /** Labels of the conversations in sight. */
  labels: readonly string[];
  onChange(change: Partial<Place>): void;
}

export function Filters({ place, labels, onChange }: Props) {
  const { members } = useDesk();
  const [isOpen, setOpen] = useState(false);
  const hasAssignee = place.view !== 'mine' && place.view !== 'unassigned';
  const nameOf = (id: string) => members.find((one) => one.user_id === id)?.display_name ?? t('message.team');
  const options: Record<Filter, [string, string][]> = {
    channel: CHANNELS.map((channel) => [channel, t('inbox.channel', { channel })]),
    label: [...new Set([...labels, ...(place.label ? [place.label] : [])])].sort().map((label) => [label, label]),
    assignee: members.map((one) => [one.user_id, nameOf(one.user_id)]),
  };
  const active = FILTERS.filter((filter) => place[filter]);
  return (
    <div className="filters">
      <button type="button" className="button filter-switch" aria-expanded={isOpen} aria-controls={isOpen ? 'filters' : undefined} onClick={() => setOpen(!isOpen)}>
        <SlidersHorizontal aria-hidden="true" size={16} /> {t('filter.title')}
      </button>
      {isOpen && <div id="filters" className="filter-fields">
        {FILTERS.filter((filter) => filter !== 'assignee' || hasAssignee).map((filter) => (
          <p key={filter} className="field">
            <label htmlFor={`filter-${filter}`}>{t('filter.by', { filter })}</label>
            <select id={`filter-${filter}`} value={place[filter] ?? ''} onChange={(event) => onChange({ [filter]: event.target.value || undefined })}>
              <option value="">{t('filter.any')}</option>
              {options[filter].map(([value, text]) => <option key={value} value={value} translate={filter === 'channel' ? undefined : 'no'}>{text}</option>)}
            </select>
          </p>
        ))}
      </div>}
      {active.length > 0 && (
        <p className="active">
          {active.map((filter) => (
            <button key={filter} type="button" className="chip" onClick={() => onChange({ [filter]: undefined })}>
              <bdi>{options[filter].find(([value]) => value === place[filter])?.[1] ?? place[filter]}</bdi> <span aria-hidden="true">×</span><span className="sr-only">{t('filter.remove')}</span>
            </button>
          ))}
        </p>
      )}
    </div>
  );
}
