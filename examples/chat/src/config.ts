/** Where the example finds its Supabase: beside itself when `make up` serves it, else in the build's environment. */

export interface Config {
  supabaseUrl: string;
  publishableKey: string;
  /** The tenant whose customers sign in here. */
  tenantSlug: string;
  /** People to try it as, on a local stack only. */
  people: { name: string; email: string; password: string }[];
}

export async function readConfig(): Promise<Config> {
  const environment = import.meta.env;
  if (environment['VITE_SUPABASE_URL']) {
    return {
      supabaseUrl: String(environment['VITE_SUPABASE_URL']),
      publishableKey: String(environment['VITE_SUPABASE_PUBLISHABLE_KEY']),
      tenantSlug: String(environment['VITE_TENANT_SLUG'] ?? ''),
      people: [],
    };
  }
  const answer = await fetch('config.json');
  if (!answer.ok) throw new Error('no config.json: run `make up`, or set VITE_SUPABASE_URL and its key before `vite build`');
  return (await answer.json()) as Config;
}
