/** What the addresses of the other screens say: small, so that it can be read before a screen is loaded. */

import { CHANNELS } from '../inbox/views.js';

export const TASK_VIEWS = ['open', 'mine', 'done', 'follow_ups'] as const;
export type TaskView = (typeof TASK_VIEWS)[number];

export const readTasks = (search: Record<string, unknown>): { view?: TaskView | undefined } => ({ view: TASK_VIEWS.find((one) => one === search['view']) });

export const readContact = (search: Record<string, unknown>): { contact?: string | undefined } => ({ contact: typeof search['contact'] === 'string' && search['contact'] !== '' ? search['contact'] : undefined });

export const TROUBLES = ['failed', 'unknown', 'stopped'] as const;
export interface DeliveriesPlace {
  trouble?: (typeof TROUBLES)[number] | undefined;
  channel?: string | undefined;
}

export const readDeliveries = (search: Record<string, unknown>): DeliveriesPlace => ({
  trouble: TROUBLES.find((one) => one === search['trouble']), channel: CHANNELS.find((one) => one === search['channel']),
});
