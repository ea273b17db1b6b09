import { describe, expect, it } from 'vitest';

import { doesFor, doing, nameOf, newRule, rulesIn, signalsFor, withEscalation } from '../src/admin/escalation.js';
import type { Document } from '../src/admin/rules.js';

const calm: Document = { lanes: { ai: {} } };

describe('rules of escalation', () => {
  it('are added where they belong, and people are judged who are watched', () => {
    const customers = withEscalation(calm, 'customers.after', 'angry', newRule('score', 'handover'));
    expect(customers).toEqual({ lanes: { ai: {} }, escalation: { customers: { after: { angry: { on: 'score', threshold: 0.7, action: 'handover' } } } } });
    const people = withEscalation(customers, 'people.before', 'help', newRule('kind', 'notify'));
    expect(people.lanes).toEqual({ ai: {}, people: {} });
    expect(rulesIn(people).map((one) => [one.side, one.name])).toEqual([['people.before', 'help'], ['customers.after', 'angry']]);
  });

  it('are changed and taken away, and what else they say stays', () => {
    const said = withEscalation({ ...calm, escalation: { messages: 7 } }, 'customers.after', 'sad', { on: 'mood', threshold: -0.5, action: 'notify', cool_down_minutes: 5 });
    expect(said['escalation']).toEqual({ messages: 7, customers: { after: { sad: { on: 'mood', threshold: -0.5, action: 'notify', cool_down_minutes: 5 } } } });
    expect(rulesIn(withEscalation(said, 'customers.after', 'sad', null))).toEqual([]);
  });

  it('lose with an action what only that action read', () => {
    const rule = { on: 'score', threshold: 0.7, action: 'notify', to: 'admins', cool_down_minutes: 5 } as const;
    expect(doing(rule, 'task')).toEqual({ on: 'score', threshold: 0.7, action: 'task', cool_down_minutes: 5 });
    expect(doing(rule, 'notify')).toEqual(rule);
  });

  it('offer no handover between people, and hold nothing of customers', () => {
    expect(doesFor('people.after')).not.toContain('handover');
    expect(doesFor('customers.after')).not.toContain('review');
    expect(signalsFor('customers.after')).not.toContain('blocked');
  });

  it('have names a document takes', () => {
    expect(nameOf(' Very angry! ')).toBe('very_angry');
    expect(nameOf('1st sign')).toBe('st_sign');
    expect(nameOf('!!!')).toBe('');
  });
});
