/** A change somebody asked for: done, said, and every list read again; or the problem, in one line. */

import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';

import { useDesk } from '../desk.js';
import { lineOf } from '../shell/told.js';
import { say } from '../shell/toast.js';

export function useChange(): (done: string, call: () => Promise<unknown>) => Promise<boolean> {
  const queries = useQueryClient();
  const { person } = useDesk();
  return useCallback(async (done, call) => {
    try {
      await call();
    } catch (thrown) {
      say(lineOf(thrown));
      return false;
    }
    say(done);
    await queries.invalidateQueries({ queryKey: [person.tenantId] });
    return true;
  }, [queries, person.tenantId]);
}
