/** Files on their way to a reply: each with its progress, to be tried again or left out. Sent only once they are there. */

import { useCallback, useRef, useState } from 'react';

import { ApiProblem, type Token, unreadable } from '../api/http.js';
import type { Problem, Uploaded } from '../api/schema.js';
import { lineOf } from '../shell/told.js';
import { t } from '../text/intl.js';

export interface Upload {
  key: number;
  file: File;
  /** Share that has arrived, 0 … 1. */
  share: number;
  id: string | null;
  problem: string | null;
}

export interface Uploads {
  files: Upload[];
  isBusy: boolean;
  add(files: Iterable<File>): void;
  retry(key: number): void;
  remove(key: number): void;
  clear(): void;
}

export function useUploads(token: Token): Uploads {
  const [files, setFiles] = useState<Upload[]>([]);
  const calls = useRef(new Map<number, XMLHttpRequest>());
  const next = useRef(0);

  const change = useCallback((key: number, fields: Partial<Upload>) => setFiles((was) => was.map((one) => (one.key === key ? { ...one, ...fields } : one))), []);

  const start = useCallback(async (key: number, file: File) => {
    const bearer = await token();
    const call = new XMLHttpRequest();
    calls.current.set(key, call);
    call.upload.onprogress = (event) => change(key, { share: event.total ? event.loaded / event.total : 0 });
    call.onload = () => {
      const said: unknown = parse(call.responseText);
      if (call.status < 300) change(key, { id: (said as Uploaded).attachment_id, share: 1 });
      else change(key, { problem: lineOf(new ApiProblem(said ? (said as Problem) : unreadable(call.status, call.statusText))) });
    };
    call.onerror = () => change(key, { problem: t('composer.lost') });
    call.open('POST', `/v1/attachments?filename=${encodeURIComponent(file.name.replace(/[/\\]/g, '_'))}`);
    if (bearer) call.setRequestHeader('authorization', `Bearer ${bearer}`);
    call.setRequestHeader('content-type', file.type || 'application/octet-stream');
    call.send(file);
  }, [token, change]);

  const add = useCallback((given: Iterable<File>) => {
    const made = [...given].map((file) => ({ key: next.current++, file, share: 0, id: null, problem: null }));
    setFiles((was) => [...was, ...made]);
    for (const { key, file } of made) void start(key, file);
  }, [start]);

  const remove = useCallback((key: number) => {
    calls.current.get(key)?.abort();
    calls.current.delete(key);
    setFiles((was) => was.filter((one) => one.key !== key));
  }, []);

  return {
    files,
    isBusy: files.some((one) => one.id === null),
    add,
    remove,
    retry: (key) => {
      const again = files.find((one) => one.key === key);
      if (!again) return;
      change(key, { problem: null, share: 0 });
      void start(key, again.file);
    },
    clear: () => setFiles([]),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
