/** One JSON object a line, like the other processes. No message content, and no key. */

const LEVELS = ["trace", "debug", "info", "warning", "error"];

/** libsignal prints sessions, keys included, on the console: nothing of that may reach a log. */
export function silenceConsole() {
  for (const name of /** @type {const} */ (["log", "info", "warn", "error", "debug", "trace"])) {
    console[name] = () => {};
  }
}

/** @typedef {Record<string, unknown>} Fields */

export class Log {
  /** @param {string} level @param {Fields} [context] @param {(line: string) => void} [write] */
  constructor(level, context = {}, write = (line) => process.stdout.write(line)) {
    this.level = level === "warn" ? "warning" : level;
    this.context = context;
    this.write = write;
  }

  /** @param {Fields} more */
  with(more) {
    return new Log(this.level, { ...this.context, ...more }, this.write);
  }

  /** @param {string} level @param {string} event @param {Fields} [fields] */
  #line(level, event, fields = {}) {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(this.level)) return;
    const line = { time: new Date().toISOString(), level, event, logger: "parley.bridge", ...this.context, ...fields };
    this.write(JSON.stringify(line) + "\n");
  }

  /** @param {string} event @param {Fields} [fields] */
  info(event, fields) {
    this.#line("info", event, fields);
  }

  /** @param {string} event @param {Fields} [fields] */
  warning(event, fields) {
    this.#line("warning", event, fields);
  }

  /** @param {string} event @param {Fields} [fields] */
  error(event, fields) {
    this.#line("error", event, fields);
  }

  /** What the library gets: its warnings by their text alone, since its objects hold jids, keys and messages. */
  forLibrary() {
    const silent = () => {};
    const say = (/** @type {unknown} */ given, /** @type {string | undefined} */ text) =>
      this.#line("warning", "library", {
        text: String(text ?? (typeof given === "string" ? given : "")).slice(0, 200),
      });
    const logger = { level: "warn", trace: silent, debug: silent, info: silent, warn: say, error: say };
    return { ...logger, child: () => ({ ...logger, child: () => logger }) };
  }
}
