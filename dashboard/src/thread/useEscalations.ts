/** Whom a conversation called: its head says so, and is read again whenever something moved in it. */

import { useMemo } from 'react';

import type { Escalated } from '../api/schema.js';
import { t } from '../text/intl.js';

/** By message, the oldest first; empty while nobody was called, or nobody knows yet. */
export function useEscalations(items: readonly Escalated[] | undefined): ReadonlyMap<string, readonly Escalated[]> {
  return useMemo(() => {
    const byMessage = new Map<string, Escalated[]>();
    for (const one of [...(items ?? [])].reverse()) byMessage.set(one.message_id, [...(byMessage.get(one.message_id) ?? []), one]);
    return byMessage;
  }, [items]);
}

/** Why, in one line: the rule, and what spoke for it. */
export function lineOf(one: Escalated): string {
  return t('escalation.line', { rule: spaced(one.rule), reasons: one.reasons.map(spaced).join(', '), has: one.reasons.length > 0 ? 'yes' : 'no', action: one.action });
}

const spaced = (name: string): string => name.replaceAll('_', ' ');
