/** Whom a conversation called: asked for beside the messages, and again whenever something moved in it. */

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';

import type { Escalated } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { t } from '../text/intl.js';

/** By message, the oldest first; empty while nobody was called, or nobody knows yet. */
export function useEscalations(threadId: string, rev: number): ReadonlyMap<string, readonly Escalated[]> {
  const { api, person } = useDesk();
  const found = useQuery({
    queryKey: [person.tenantId, 'escalations', threadId, rev],
    queryFn: ({ signal }) => api.get<{ items: Escalated[] }>(`/threads/${threadId}/escalations`, {}, signal),
    enabled: rev > 0,
    placeholderData: (was) => was,
  });
  const items = found.data?.items;
  return useMemo(() => {
    const byMessage = new Map<string, Escalated[]>();
    for (const one of [...(items ?? [])].reverse()) if (one.thread_id === threadId) byMessage.set(one.message_id, [...(byMessage.get(one.message_id) ?? []), one]);
    return byMessage;
  }, [items, threadId]);
}

/** Why, in one line: the rule, and what spoke for it. */
export function lineOf(one: Escalated): string {
  return t('escalation.line', { rule: spaced(one.rule), reasons: one.reasons.map(spaced).join(', '), has: one.reasons.length > 0 ? 'yes' : 'no', action: one.action });
}

const spaced = (name: string): string => name.replaceAll('_', ' ');
