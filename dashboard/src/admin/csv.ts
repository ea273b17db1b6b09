/** Rows as a file for a spreadsheet: what a cell says stays a text there, whatever it begins with. */

import { save } from '../thread/Files.js';

export function csvOf(columns: readonly string[], rows: object[]): string {
  const lines = rows.map((row) => columns.map((name) => cellOf((row as Record<string, unknown>)[name])).join(','));
  return `${columns.join(',')}\r\n${lines.map((line) => `${line}\r\n`).join('')}`;
}

function cellOf(value: unknown): string {
  const text = value == null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Hand a text to the reader as a file. */
export const keep = (text: string, filename: string): void => save(URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' })), filename);
