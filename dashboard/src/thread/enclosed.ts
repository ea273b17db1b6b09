/**
 * Pictures that came with a mail (`cid:`), put where its HTML shows them. Only files of that very message, asked for with the
 * reader's rights, once they were let out of quarantine, whose first bytes say that they are a picture; as `data:` of that type, so
 * that the frame need not be allowed to load anything.
 */

import { ApiProblem, type Api } from '../api/http.js';
import type { Attachment, AttachmentList, FileLink } from '../api/schema.js';
import type { Enclosed } from './cleaning.js';

const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);
export const MOST_BYTES = 5_000_000;
export const MOST_TOGETHER = 15_000_000;
const MOST = 30;

export interface Shown {
  /** Pictures that are being checked. */
  waiting: number;
  /** Pictures that are not shown: too large, too many, or none. */
  left: number;
}

/** Which file each name stands for: of those that share one, the first. */
export function named(files: Attachment[]): Map<string, Attachment> {
  const found = new Map<string, Attachment>();
  for (const file of files) if (file.content_id && !found.has(file.content_id)) found.set(file.content_id, file);
  return found;
}

/** What may be shown of the files that are called for, in their order, and how many may not. */
export function chosen(files: Attachment[], wanted: string[]): Shown & { files: Attachment[] } {
  const known = named(files);
  const result = { files: [] as Attachment[], waiting: 0, left: 0 };
  let together = 0;
  for (const file of new Set(wanted.flatMap((one) => known.get(one) ?? []))) {
    if (file.status === 'quarantined') result.waiting++;
    else if (file.status !== 'released' || !PICTURES.has(file.detected_type ?? '') || file.size_bytes > MOST_BYTES || together + file.size_bytes > MOST_TOGETHER || result.files.length >= MOST) result.left++;
    else {
      together += file.size_bytes;
      result.files.push(file);
    }
  }
  return result;
}

/** Show what can be shown, one after the other; stops when nobody looks any more. */
export async function showEnclosed(api: Api, messageId: string, enclosed: Enclosed[], signal: AbortSignal): Promise<Shown> {
  const { items } = await api.get<AttachmentList>(`/messages/${messageId}/attachments`, {}, signal);
  const { files, waiting, left } = chosen(items, enclosed.map((one) => one.contentId));
  const shown: Shown = { waiting, left };
  for (const file of files) {
    const address = await pictureOf(api, file).catch(() => null);
    signal.throwIfAborted();
    if (address === null) shown.left++;
    else for (const one of enclosed) if (one.contentId === file.content_id) one.image.setAttribute('src', address);
  }
  return shown;
}

/** Its bytes under the type they have, whatever the sender or a server calls them. */
async function pictureOf(api: Api, file: Attachment): Promise<string> {
  const bytes = await bytesOf(api, file);
  if (bytes.size > MOST_BYTES) throw new RangeError('more than was said');
  return addressOf(new Blob([bytes], { type: file.detected_type ?? '' }));
}

async function bytesOf(api: Api, file: Attachment): Promise<Blob> {
  try {
    return await api.blob(`/attachments/${file.id}`);
  } catch (thrown) {
    if (!(thrown instanceof ApiProblem && thrown.code === 'file_in_storage')) throw thrown;
    const answer = await fetch((await api.post<FileLink>(`/attachments/${file.id}/open`, {})).url, { referrerPolicy: 'no-referrer' });
    if (!answer.ok) throw new Error(`Storage answered ${answer.status}`);
    return answer.blob();
  }
}

function addressOf(picture: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error('unreadable'));
    reader.readAsDataURL(picture);
  });
}
