/**
 * Where Auth keeps what: the session with this tab (it survives a reload, not the tab); what a link by mail is checked by
 * with the browser, since the link opens a tab of its own. It is good for one sign-in and of no use without the mail.
 */

import type { SupportedStorage } from '@supabase/supabase-js';

const placeOf = (name: string): Storage => (name.endsWith('-code-verifier') ? localStorage : sessionStorage);

export const keeping: SupportedStorage = {
  getItem: (name) => placeOf(name).getItem(name),
  setItem: (name, value) => placeOf(name).setItem(name, value),
  removeItem: (name) => placeOf(name).removeItem(name),
};
