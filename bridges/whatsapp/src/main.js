/** `node src/main.js`: the bridge as a process. */

import * as baileys from "baileys";
import { Bridge } from "./bridge.js";
import { silenceConsole } from "./log.js";
import { readSettings, SetupError } from "./settings.js";

/** @param {import("./state.js").Library} library what is used of Baileys */
export async function main(library) {
  silenceConsole();
  try {
    const bridge = new Bridge(readSettings(), library);
    for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => bridge.stop());
    process.on("unhandledRejection", (error) => bridge.log.error("unhandled", { reason: String(error).slice(0, 300) }));
    await bridge.run();
    process.exit(0);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    process.exit(1);
  }
}

export const library = { ...baileys, makeSignalRepository: baileys.DEFAULT_CONNECTION_CONFIG.makeSignalRepository };

if (process.argv[1] === new URL(import.meta.url).pathname) await main(library);
