import { describe, expect, it } from 'vitest';

import { actionsFor, differences, type Document, ruleOf, withRule } from '../src/admin/rules.js';

const document: Document = {
  window: 5,
  lanes: { people: { before: { phone: { action: 'mask', threshold: 0.8, below: 'allow' } } }, ai: { after: {} } },
};

describe('the table of rules', () => {
  it('changes one rule and leaves everything else as it was', () => {
    const next = withRule(document, 'before', 'phone', 'block');
    expect(next.lanes?.people?.before?.phone).toEqual({ action: 'block', threshold: 0.8, below: 'allow' });
    expect(differences(document, next)).toEqual([{ path: 'lanes.people.before.phone.action', from: 'mask', to: 'block' }]);
    expect(ruleOf(document, 'before', 'phone')).toBe('mask');
  });

  it('leaves a kind to the defaults when it is emptied', () => {
    expect(differences(document, withRule(document, 'before', 'phone', ''))).toEqual([
      { path: 'lanes.people.before.phone', from: { action: 'mask', threshold: 0.8, below: 'allow' }, to: null },
    ]);
  });

  it('begins a stage and a lane that were not there', () => {
    expect(withRule({}, 'after', 'spam', 'hold').lanes?.people?.after).toEqual({ spam: { action: 'hold' } });
  });

  it('offers no mask for what is said of a whole message', () => {
    expect(actionsFor('spam')).not.toContain('mask');
    expect(actionsFor('phone')).toContain('mask');
  });
});
