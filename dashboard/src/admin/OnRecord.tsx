/** Said wherever an admin reads what is not the tenant's own; and what those are called who wrote it. */

import { Link } from '@tanstack/react-router';

import type { ViewedPerson } from '../api/schema.js';
import { listOf, t } from '../text/intl.js';

export function OnRecord({ reason }: { reason: string }) {
  return <p className="on-record" role="note">{t('viewer.onRecord', { reason })} <Link to="/audit">{t('viewer.auditLog')}</Link></p>;
}

export const namesOf = (people: ViewedPerson[]): string => listOf(people.map((one) => t('viewer.person', { role: one.role, name: one.name ?? t('viewer.unnamed') })));
