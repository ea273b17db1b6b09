/** The files of a message. Bytes are taken only when somebody asks, and only as a download. */

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { ApiProblem } from '../api/http.js';
import type { Attachment, AttachmentList, FileLink } from '../api/schema.js';
import { useDesk } from '../desk.js';
import { say } from '../shell/toast.js';
import { lineOf } from '../shell/told.js';
import { t } from '../text/intl.js';

export function Files({ messageId }: { messageId: string }) {
  const { api, person } = useDesk();
  const [isOpen, setOpen] = useState(false);
  const found = useQuery({
    queryKey: [person.tenantId, 'files', messageId],
    queryFn: ({ signal }) => api.get<AttachmentList>(`/messages/${messageId}/attachments`, {}, signal),
    enabled: isOpen,
  });

  const take = async (file: Attachment) => {
    try {
      save(URL.createObjectURL(await api.blob(`/attachments/${file.id}`)), file.filename);
    } catch (thrown) {
      if (thrown instanceof ApiProblem && thrown.code === 'file_in_storage') {
        const link = await api.post<FileLink>(`/attachments/${file.id}/open`, {});
        save(link.url, file.filename);
      } else say(lineOf(thrown));
    }
  };

  if (!isOpen) return <button type="button" className="link" onClick={() => setOpen(true)}>{t('message.files')}</button>;
  return (
    <ul className="uploads">
      {found.data?.items.map((file) => (
        <li key={file.id}>
          <bdi>{file.filename}</bdi> <span>{t('files.size', { kb: Math.max(1, Math.round(file.size_bytes / 1000)) })}</span>
          {file.status === 'released'
            ? <button type="button" className="link" onClick={() => void take(file)}>{t('files.download', { name: file.filename })}</button>
            : <span className="warn">{file.refused ?? t('files.status', { status: file.status })}</span>}
        </li>
      ))}
    </ul>
  );
}

/** Hand what is at an address to the reader as a file. */
export function save(url: string, filename: string): void {
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = filename;
  anchor.rel = 'noreferrer';
  anchor.click();
  if (url.startsWith('blob:')) setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
