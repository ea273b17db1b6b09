/** A list of the API as a table: by keyset, with its five states. */

import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import type { Params } from '../api/http.js';
import { useDesk } from '../desk.js';
import { ProblemBox } from '../shell/Problem.js';
import { Skeletons } from '../shell/Skeletons.js';
import { t } from '../text/intl.js';

interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}

export interface Column<T> {
  title: string;
  cell(row: T): ReactNode;
}

interface Shape<T> {
  label: string;
  columns: Column<T>[];
  keyOf(row: T): string;
  /** Buttons of a row. */
  actions?: ((row: T) => ReactNode) | undefined;
}

interface Props<T> extends Shape<T> {
  path: string;
  params?: Params;
  /** What to do when there is nothing. */
  empty: string;
}

export function Listing<T>({ label, path, params = {}, columns, keyOf, empty, actions }: Props<T>) {
  const { api, person } = useDesk();
  const found = useInfiniteQuery({
    queryKey: [person.tenantId, path, params],
    queryFn: ({ pageParam, signal }) => api.get<Page<T>>(path, { ...params, ...(pageParam && { cursor: pageParam }) }, signal),
    initialPageParam: '',
    getNextPageParam: (page: Page<T>) => page.next_cursor ?? undefined,
  });
  if (found.isPending) return <Skeletons rows={3} />;
  if (found.error && !found.data) return <ProblemBox problem={found.error} onRetry={() => void found.refetch()} />;
  const rows = found.data?.pages.flatMap((page) => page.items) ?? [];
  if (rows.length === 0) return <p className="state">{empty}</p>;
  return (
    <>
      <Table label={label} columns={columns} keyOf={keyOf} actions={actions} rows={rows} />
      {found.hasNextPage && <button type="button" className="button more" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>{t('table.more')}</button>}
    </>
  );
}

/** Rows that are there, however they came. */
export function Table<T>({ label, columns, keyOf, actions, rows }: Shape<T> & { rows: T[] }) {
  return (
    <div className="table-box" tabIndex={0} role="region" aria-label={t('table.rows', { label })}>
      <table>
        <thead><tr>{columns.map((one) => <th key={one.title} scope="col">{one.title}</th>)}{actions && <th scope="col"><span className="sr-only">{t('table.actions')}</span></th>}</tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((one) => <td key={one.title} data-title={one.title}>{one.cell(row)}</td>)}
              {actions && <td className="row-actions">{actions(row)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
