/** A moderation policy as the editor has it: the document itself, and the one table people change by hand. */

export const KINDS = [
  'phone', 'email', 'url', 'meeting_link', 'social_handle', 'payment_handle', 'address', 'threat', 'harassment', 'spam', 'scam', 'sexual', 'self_harm',
] as const;
export const ACTIONS = ['allow', 'mask', 'hold', 'block'] as const;
export const STAGES = ['before', 'after'] as const;

export type Kind = (typeof KINDS)[number];
export type Action = (typeof ACTIONS)[number];
export type Stage = (typeof STAGES)[number];

/** What is found without a place cannot be masked. */
const WHOLE = new Set<Kind>(['threat', 'harassment', 'spam', 'scam', 'sexual', 'self_harm']);

export const actionsFor = (kind: Kind): readonly Action[] => (WHOLE.has(kind) ? ACTIONS.filter((one) => one !== 'mask') : ACTIONS);

interface Rule {
  action?: Action;
  threshold?: number;
  below?: Action;
}

export type Document = Record<string, unknown> & {
  lanes?: { people?: Partial<Record<Stage, Partial<Record<Kind, Rule>>>> } & Record<string, unknown>;
};

export const ruleOf = (document: Document, stage: Stage, kind: Kind): Action | '' => document.lanes?.people?.[stage]?.[kind]?.action ?? '';

/** A document in which one rule says something else; `''` leaves the kind to the defaults. What else it says stays. */
export function withRule(document: Document, stage: Stage, kind: Kind, action: Action | ''): Document {
  const people = document.lanes?.people ?? {};
  const rules = { ...people[stage] };
  if (action === '') delete rules[kind];
  else rules[kind] = { ...rules[kind], action };
  return { ...document, lanes: { ...document.lanes, people: { ...people, [stage]: rules } } };
}

/** The paths at which two documents differ, for the eye before a version is published. */
export function differences(from: unknown, to: unknown, path = ''): { path: string; from: unknown; to: unknown }[] {
  if (JSON.stringify(from) === JSON.stringify(to)) return [];
  if (isPlain(from) && isPlain(to)) {
    return [...new Set([...Object.keys(from), ...Object.keys(to)])].sort().flatMap((key) => differences(from[key], to[key], path ? `${path}.${key}` : key));
  }
  return [{ path, from: from ?? null, to: to ?? null }];
}

const isPlain = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
