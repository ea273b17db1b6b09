/** The only place that reads the environment. The names are those of `.env.example`. */

/**
 * @typedef {object} Settings
 * @property {string} databaseUrl the worker role's connection
 * @property {string[]} keys Fernet keys, newest first
 * @property {number} port where the outbound worker reaches us, on 127.0.0.1
 * @property {number} mostBytes largest file kept
 * @property {number} connections
 * @property {string} logLevel
 */

/** @param {Record<string, string | undefined>} environment @returns {Settings} */
export function readSettings(environment = process.env) {
  const read = (/** @type {string} */ name, fallback = "") => (environment[name] ?? "").trim() || fallback;
  const settings = {
    databaseUrl: read("PARLEY_WORKER_DATABASE_URL"),
    keys: read("PARLEY_SECRETS_KEYS").split(",").map((key) => key.trim()).filter(Boolean),
    port: Number(read("PARLEY_BAILEYS_PORT", "8010")),
    mostBytes: Number(read("PARLEY_MAX_ATTACHMENT_BYTES", "10485760")),
    connections: Number(read("PARLEY_POOL_SIZE", "4")),
    logLevel: read("PARLEY_LOG_LEVEL", "info"),
  };
  if (!settings.databaseUrl) {
    throw new SetupError("PARLEY_WORKER_DATABASE_URL is not set", "`parley status --json` names it");
  }
  if (!settings.keys.length) throw new SetupError("PARLEY_SECRETS_KEYS is not set", "generate one: see .env.example");
  return settings;
}

/** What an operator has to mend; told in one line. */
export class SetupError extends Error {
  /** @param {string} problem @param {string} remedy */
  constructor(problem, remedy) {
    super(`${problem} — ${remedy}`);
  }
}
