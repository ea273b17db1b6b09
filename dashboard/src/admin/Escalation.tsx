/** When a person is called: the policy's rules of escalation, a row each. */

import { useState } from 'react';

import { t } from '../text/intl.js';
import { boundsOf, type Does, doesFor, doing, isBelow, type Named, nameOf, newRule, rulesIn, type Side, SIDES, type Signal, SIGNALS, signalsFor, withEscalation } from './escalation.js';
import { FormDialog } from './FormDialog.js';
import type { Document } from './rules.js';

interface Props {
  draft: Document;
  isFrozen: boolean;
  onChange(next: Document): void;
}

export function Escalation({ draft, isFrozen, onChange }: Props) {
  const [isAdding, setAdding] = useState(false);
  const rules = rulesIn(draft);
  return (
    <>
      <div className="inline">
        <h3>{t('escalation.title')}</h3>
        <span className="spacer" />
        {!isFrozen && <button type="button" className="button" onClick={() => setAdding(true)}>{t('escalation.add')}</button>}
      </div>
      {rules.length === 0 ? <p className="quiet">{t('escalation.none')}</p> : <Table rules={rules} draft={draft} isFrozen={isFrozen} onChange={onChange} />}
      {isAdding && (
        <FormDialog
          title={t('escalation.add')}
          submit={t('escalation.take')}
          done=""
          fields={[
            { name: 'name', label: t('escalation.name'), required: true, help: t('escalation.nameHelp') },
            { name: 'side', label: t('escalation.side'), kind: 'select', options: SIDES.map((side) => ({ value: side, text: sideOf(side) })) },
            { name: 'on', label: t('escalation.signal'), kind: 'select', options: SIGNALS.map((signal) => ({ value: signal, text: t('escalation.signalOf', { signal }) })) },
          ]}
          onSubmit={(values) => {
            const side = values['side'] as Side;
            const signal = values['on'] as Signal;
            const name = nameOf(String(values['name']));
            if (!name) return Promise.reject(new Error(t('escalation.badName')));
            if (!signalsFor(side).includes(signal)) return Promise.reject(new Error(t('escalation.notBlocked')));
            onChange(withEscalation(draft, side, name, newRule(signal, 'notify')));
            return Promise.resolve();
          }}
          onClose={() => setAdding(false)}
        />
      )}
    </>
  );
}

function Table({ rules, draft, isFrozen, onChange }: Props & { rules: Named[] }) {
  return (
    <div className="table-box" tabIndex={0} role="region" aria-label={t('escalation.rules')}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('escalation.name')}</th>
            <th scope="col">{t('escalation.side')}</th>
            <th scope="col">{t('escalation.signal')}</th>
            <th scope="col">{t('escalation.threshold')}</th>
            <th scope="col">{t('escalation.action')}</th>
            {!isFrozen && <th scope="col"><span className="sr-only">{t('escalation.removeAny')}</span></th>}
          </tr>
        </thead>
        <tbody>
          {rules.map(({ side, name, rule }) => {
            const change = (next: typeof rule | null) => onChange(withEscalation(draft, side, name, next));
            return (
              <tr key={`${side}.${name}`}>
                <th scope="row"><bdi>{name.replaceAll('_', ' ')}</bdi></th>
                <td>{sideOf(side)}</td>
                <td>{t('escalation.signalOf', { signal: rule.on })}</td>
                <td>
                  <label className="inline">
                    <span>{t(isBelow(rule.on) ? 'escalation.below' : 'escalation.from')}</span>
                    <input type="number" className="short" disabled={isFrozen} {...boundsOf(rule.on)} value={rule.threshold} aria-label={`${name}: ${t('escalation.threshold')}`} onChange={(event) => Number.isFinite(event.target.valueAsNumber) && change({ ...rule, threshold: event.target.valueAsNumber })} />
                  </label>
                </td>
                <td>
                  <select disabled={isFrozen} aria-label={`${name}: ${t('escalation.action')}`} value={rule.action} onChange={(event) => change(doing(rule, event.target.value as Does))}>
                    {doesFor(side).map((action) => <option key={action} value={action}>{t('escalation.actionOf', { action })}</option>)}
                  </select>
                </td>
                {!isFrozen && <td><button type="button" className="button" aria-label={t('escalation.remove', { name })} onClick={() => change(null)}>{t('escalation.removeAny')}</button></td>}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

const sideOf = (side: Side): string => t('escalation.sideOf', { side: side.replace('.', '_') });
