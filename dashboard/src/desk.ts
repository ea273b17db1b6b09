/** What every part of the desk works with, once somebody is signed in and works in a tenant. */

import { createContext, useContext } from 'react';

import type { Api } from './api/http.js';
import type { Membership, Member } from './api/schema.js';
import type { Auth, Person } from './auth/session.js';
import type { Hints } from './live/hints.js';

export interface Desk {
  api: Api;
  auth: Auth;
  hints: Hints;
  person: Person & { tenantId: string };
  membership: Membership;
  memberships: Membership[];
  members: Member[];
}

export const DeskContext = createContext<Desk | null>(null);

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error('outside of the desk');
  return desk;
}

export const maySend = (desk: Desk): boolean => desk.membership.role !== 'viewer';

export const isAdmin = (desk: Desk): boolean => desk.membership.role === 'owner' || desk.membership.role === 'admin';
