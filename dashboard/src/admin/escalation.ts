/** Rules of escalation as the editor has them: one row a rule, whatever side and stage it stands in. */

import type { Document } from './rules.js';

export const SIDES = ['people.before', 'people.after', 'customers.after'] as const;
export const SIGNALS = ['score', 'mood', 'trend', 'kind', 'blocked'] as const;
export const DOES = ['notify', 'handover', 'task', 'label', 'review'] as const;

export type Side = (typeof SIDES)[number];
export type Signal = (typeof SIGNALS)[number];
export type Does = (typeof DOES)[number];

export interface EscalationRule {
  on: Signal;
  threshold: number;
  action: Does;
  [more: string]: unknown;
}

export interface Named {
  side: Side;
  name: string;
  rule: EscalationRule;
}

/** Where a new rule begins; what falls below its threshold has a negative one. */
const FIRST: Record<Signal, Omit<EscalationRule, 'action'>> = {
  score: { on: 'score', threshold: 0.7 },
  mood: { on: 'mood', threshold: -0.4 },
  trend: { on: 'trend', threshold: -0.5 },
  kind: { on: 'kind', threshold: 0.5, kinds: ['self_harm', 'threat'] },
  blocked: { on: 'blocked', threshold: 3 },
};
const BOUNDS: Record<Signal, { min: number; max: number; step: number }> = {
  score: { min: 0.05, max: 1, step: 0.05 },
  mood: { min: -1, max: -0.05, step: 0.05 },
  trend: { min: -1, max: -0.05, step: 0.05 },
  kind: { min: 0, max: 1, step: 0.05 },
  blocked: { min: 2, max: 100, step: 1 },
};
/** What is read with one action alone, and is refused beside another. */
const OWN: Partial<Record<string, Does>> = { to: 'notify', due_minutes: 'task', label: 'label' };

export const boundsOf = (signal: Signal) => BOUNDS[signal];
export const isBelow = (signal: Signal): boolean => signal === 'mood' || signal === 'trend';

export const signalsFor = (side: Side): readonly Signal[] => (side === 'customers.after' ? SIGNALS.filter((one) => one !== 'blocked') : SIGNALS);

/** Nobody's AI speaks between people; what customers write is not held. */
export const doesFor = (side: Side): readonly Does[] => DOES.filter((one) => one !== (side === 'customers.after' ? 'review' : 'handover'));

export const newRule = (signal: Signal, action: Does): EscalationRule => ({ ...FIRST[signal], action }) as EscalationRule;

type Part = Record<string, unknown> & Partial<Record<string, Partial<Record<string, Record<string, EscalationRule>>>>>;

export function rulesIn(document: Document): Named[] {
  const part = (document['escalation'] ?? {}) as Part;
  return SIDES.flatMap((side) => {
    const [lane, stage] = placeOf(side);
    return Object.entries(part[lane]?.[stage] ?? {}).map(([name, rule]) => ({ side, name, rule }));
  });
}

/** A document with a rule changed or added; null takes it away. */
export function withEscalation(document: Document, side: Side, name: string, rule: EscalationRule | null): Document {
  const part = (document['escalation'] ?? {}) as Part;
  const [lane, stage] = placeOf(side);
  const rules = { ...part[lane]?.[stage] };
  if (rule) rules[name] = rule;
  else delete rules[name];
  const next = { ...document, escalation: { ...part, [lane]: { ...part[lane], [stage]: rules } } };
  // What nobody judges cannot be watched.
  return lane === 'people' && !document.lanes?.people ? { ...next, lanes: { ...document.lanes, people: {} } } : next;
}

/** The rule with another action, without what only the old one read. */
export function doing(rule: EscalationRule, action: Does): EscalationRule {
  const kept = Object.entries(rule).filter(([member]) => OWN[member] === undefined || OWN[member] === action);
  return { ...(Object.fromEntries(kept) as EscalationRule), action };
}

/** A name as a document has it: lower case letters, digits and _. */
export const nameOf = (said: string): string => said.trim().toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+|_+$/g, '').slice(0, 40);

function placeOf(side: Side): [string, string] {
  const [lane, stage] = side.split('.') as [string, string];
  return [lane, stage];
}
