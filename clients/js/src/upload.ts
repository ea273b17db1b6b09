/** Files of the chat: bringing one to Storage, and opening one that somebody sent. */

import type { SupabaseClient } from '@supabase/supabase-js';

import { toError } from './errors.js';
import type { Rpc } from './rpc.js';

/** How long a link to a private file is good: as long as it takes to follow it. */
const LINK_S = 60;

/** Reserve a place, put the bytes there, and answer the attachment id to name in the message. Throws a ParleyError. */
export async function uploadFile(supabase: SupabaseClient, rpc: Rpc, file: File): Promise<string> {
  const contentType = file.type || 'application/octet-stream';
  const place = await rpc.reserveAttachment(file.name, contentType, file.size);
  const { error } = await supabase.storage.from(place.bucket).upload(place.path, file, { contentType });
  if (error) throw storageError(error);
  return place.attachment_id;
}

/** Open a file, or its small picture: a link that is good for a moment. Every opening is on record. */
export async function fileUrl(supabase: SupabaseClient, rpc: Rpc, attachmentId: string, thumbnail: boolean): Promise<string> {
  const opened = await rpc.openAttachment(attachmentId, thumbnail);
  const bucket = supabase.storage.from(opened.bucket);
  if (opened.is_public) return bucket.getPublicUrl(opened.path).data.publicUrl;
  const { data, error } = await bucket.createSignedUrl(opened.path, LINK_S, thumbnail ? {} : { download: opened.filename });
  if (error) throw storageError(error);
  return data.signedUrl;
}

/** Storage says the status of a refusal in one of two places; where it says none, nothing answered. */
function storageError(error: { message: string; status?: number | undefined; statusCode?: string | undefined }) {
  return toError(Number(error.statusCode) || error.status || 0, { message: error.message });
}
