/** Bringing a file to the server: reserve a place, put the bytes there. */

import type { SupabaseClient } from '@supabase/supabase-js';

import type { Rpc } from './rpc.js';

export async function uploadFile(_supabase: SupabaseClient, _rpc: Rpc, _file: File, _threadId: string): Promise<string> {
  throw new Error('placeholder');
}

export async function fileUrl(_supabase: SupabaseClient, _rpc: Rpc, _attachmentId: string): Promise<string> {
  throw new Error('placeholder');
}
