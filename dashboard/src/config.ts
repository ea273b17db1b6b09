/** What this installation is: where its Supabase is, and the key everybody may know. */

export interface Config {
  supabaseUrl: string;
  publishableKey: string;
}

export async function readConfig(): Promise<Config> {
  const answer = await fetch('/dashboard/config.json');
  if (!answer.ok) throw new Error('The server does not say where its Supabase is: set SUPABASE_URL and SUPABASE_KEY.');
  return (await answer.json()) as Config;
}
