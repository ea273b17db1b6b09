/** What the end of a connection means, by Baileys' DisconnectReason: whether to come back, when, and what to tell. */

/**
 * @typedef {object} Ending
 * @property {"again" | "forget"} then come back, or forget the keys: the pairing is over
 * @property {number} afterS least pause in seconds
 * @property {"degraded" | "disconnected" | null} status null: nobody needs to hear of it
 * @property {string} reason for a person
 */

const MOST_S = 300;

/** @param {number | undefined} code @param {number} failures in a row, this one included @returns {Ending} */
export function judge(code, failures) {
  const grown = Math.min(MOST_S, 2 ** Math.min(failures, 9) / 2);
  switch (code) {
    case 401:
      return { then: "forget", afterS: 0, status: "disconnected", reason: "logged out on the phone: pair it again" };
    case 411:
      return {
        then: "forget",
        afterS: 0,
        status: "disconnected",
        reason: "the phone's devices changed: pair it again",
      };
    case 403:
      return {
        then: "again",
        afterS: 3600,
        status: "disconnected",
        reason: "WhatsApp refuses this account (403): look at the phone",
      };
    case 440:
      return { then: "again", afterS: 300, status: "degraded", reason: "another program uses this pairing: stop it" };
    case 515:
      return { then: "again", afterS: 0, status: null, reason: "WhatsApp asks for a new connection" };
    case 500:
      return failures < 6
        ? { then: "again", afterS: grown, status: "degraded", reason: "WhatsApp finds fault with the session (500)" }
        : {
          then: "again",
          afterS: MOST_S,
          status: "disconnected",
          reason: "the session stays broken (500): unlink it on the phone, then pair it again",
        };
    case 405:
      return {
        then: "again",
        afterS: MOST_S,
        status: "disconnected",
        reason: "WhatsApp no longer takes this version (405): update the bridge",
      };
    default: {
      const words = {
        408: "WhatsApp does not answer",
        428: "the connection was closed",
        503: "WhatsApp is not available",
      };
      const reason = `${words[/** @type {408} */ (code)] ?? "the connection ended"} (${code ?? "no code"})`;
      // A network that hiccups once is nobody's business.
      return { then: "again", afterS: grown, status: failures > 1 ? "degraded" : null, reason };
    }
  }
}
