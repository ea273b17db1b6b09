/** What metrics and their labels are called, and where a person finds what they count. */

import { t, type TextId } from '../text/intl.js';
import type { Metric } from './place.js';

const TITLES: Record<Metric, TextId> = {
  messages: 'board.volume', deliveries: 'board.deliveries', attempts: 'board.tries', waits: 'series.waits', responses: 'board.responses', decisions: 'board.decisions',
  moderation: 'board.moderation', uploads: 'board.files', people: 'board.people', realtime: 'board.realtime', errors: 'board.errors',
};

export const titleOf = (metric: Metric): string => t(TITLES[metric]);

export const channelOf = (channel: string): string => (channel === '' ? '–' : t('inbox.channel', { channel }));

export function labelOf(metric: Metric, label: string): string {
  const [first = '', second = ''] = label.split(':');
  switch (metric) {
    case 'messages':
      return t('series.message', { direction: first, kind: second });
    case 'attempts':
      return t('board.outcome', { outcome: label });
    case 'waits':
      return t('board.queueOf', { queue: label });
    case 'responses':
      return t('board.answerOf', { by: first, turn: second });
    case 'moderation':
      return t('series.verdict', { decision: first, decider: second });
    case 'errors':
      return t('series.component', { component: first, channel: channelOf(second) });
    default:
      return t('series.label', { label });
  }
}

const BAD = /^(?:failed|bounced|unknown|rejected|error|blocked:.*|refused|broken|.*:error)$/;

/** What went wrong has a colour of its own. */
export const isBad = (metric: Metric, label: string): boolean => metric === 'errors' || BAD.test(label);

export type Way = { to: '/deliveries'; search: { trouble?: 'unknown' | 'failed' | undefined }; text: string } | { to: '/reviews' | '/members'; text: string } | { to: '/'; search: { view: 'all' | 'ai' | 'unassigned'; channel?: string | undefined }; text: string };

/** Where the rows behind a figure are, narrowed to its channel where that screen can be; none where nobody can do anything. */
export function wayTo(metric: Metric, label: string | undefined, channel: string | undefined): Way | undefined {
  const inbox = (view: 'all' | 'ai' | 'unassigned', text: TextId): Way => ({ to: '/', search: { view, channel: channel || undefined }, text: t(text) });
  switch (metric) {
    case 'messages':
      return inbox('all', 'board.toConversations');
    case 'deliveries':
    case 'attempts':
      return label === undefined || label === 'unknown' ? { to: '/deliveries', search: { trouble: 'unknown' }, text: t('board.toUnknown') } : undefined;
    case 'waits':
      if (label === 'moderation') return { to: '/reviews', text: t('board.toReviews') };
      return label === 'outbound' ? { to: '/deliveries', search: { trouble: 'unknown' }, text: t('board.toUnknown') } : inbox('ai', 'board.toConversations');
    case 'responses':
      return inbox('unassigned', 'board.toWaiting');
    case 'decisions':
      return label === undefined || label === 'human_takeover' ? inbox('unassigned', 'board.toWaiting') : undefined;
    case 'moderation':
      return label === undefined || label.startsWith('review:') ? { to: '/reviews', text: t('board.toReviews') } : undefined;
    case 'people':
      return label === undefined || label === 'staff' ? { to: '/members', text: t('board.toTeam') } : undefined;
    case 'errors':
      return label === undefined || label.startsWith('outbound:') ? { to: '/deliveries', search: { trouble: 'failed' }, text: t('nav.screen', { screen: 'deliveries' }) } : undefined;
    case 'uploads':
    case 'realtime':
      return undefined;
  }
}
