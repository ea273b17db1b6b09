/** What a WhatsApp message says, as events of the core. Pure. */

/**
 * @typedef {object} Kept a message as the inbox holds it
 * @property {{ remoteJid: string, remoteJidAlt?: string, id: string, fromMe?: boolean }} key
 * @property {number} at seconds
 * @property {string} [name] what the sender calls himself
 * @property {string} message base64 of the protobuf
 *
 * @typedef {object} Reading
 * @property {object[]} events
 * @property {{ filename: string, content_type: string, size_bytes: number } | null} media the file to fetch
 */

const WRAPPERS = [
  "ephemeralMessage",
  "viewOnceMessage",
  "viewOnceMessageV2",
  "viewOnceMessageV2Extension",
  "documentWithCaptionMessage",
  "editedMessage",
];
const FILES = /** @type {const} */ ({
  imageMessage: ["image", "jpg"],
  videoMessage: ["video", "mp4"],
  ptvMessage: ["video", "mp4"],
  audioMessage: ["audio", "ogg"],
  documentMessage: ["file", "bin"],
  stickerMessage: ["image", "webp"],
});
const REVOKE = 0, EDIT = 14;

/** The content without what is wrapped around it. @param {any} message @returns {any} */
export function unwrap(message) {
  let inner = message?.deviceSentMessage?.message ?? message;
  for (let depth = 0; depth < 5; depth++) {
    const wrapper = WRAPPERS.find((name) => inner?.[name]?.message);
    if (!wrapper) break;
    inner = inner[wrapper].message;
  }
  return inner ?? {};
}

/** Whether a chat is with one person: groups, lists, channels and statuses are left out. @param {string | undefined} jid */
export const isPersonal = (jid) => /@(s\.whatsapp\.net|lid|c\.us|hosted|hosted\.lid)$/.test(jid ?? "");

/** The number in an address of one, as E.164; null for any other. @param {string | null | undefined} jid */
export function numberOf(jid) {
  const found = /^([1-9][0-9]{6,14})(?:[:_][0-9]+)*@(?:s\.whatsapp\.net|c\.us|hosted)$/.exec(jid ?? "");
  return found ? `+${found[1]}` : null;
}

/** Whether there is anything in a message for us. @param {any} key @param {any} message */
export function isForUs(key, message) {
  if (!key?.id || key.fromMe || !isPersonal(key.remoteJid) || !message) return false;
  const inner = unwrap(message);
  const change = inner.protocolMessage;
  if (change) return [REVOKE, EDIT].includes(change.type ?? 0) && Boolean(change.key?.id);
  return textOf(inner) !== null || fileOf(inner) !== null;
}

/** @param {string} session @param {string} number @param {string} id */
export const qualify = (session, number, id) => `${session}:${number.slice(1)}:${id}`;

/**
 * @param {string} session @param {string} number the sender's, as E.164
 * @param {Kept} kept @param {any} message decoded @returns {Reading}
 */
export function readMessage(session, number, kept, message) {
  const inner = unwrap(message);
  const change = inner.protocolMessage;
  if (change) {
    const body = change.type === EDIT ? textOf(unwrap(change.editedMessage)) ?? "" : null;
    const at = Number(change.timestampMs ?? 0) || kept.at * 1000;
    const edit = {
      type: "edit",
      channel: "whatsapp",
      external_message_id: qualify(session, number, change.key.id),
      body: body === null ? null : clean(body),
      edited_at: new Date(at).toISOString(),
    };
    return { events: [edit], media: null };
  }
  const media = fileOf(inner);
  const replied = contextOf(inner)?.stanzaId;
  const id = qualify(session, number, kept.key.id);
  const facts = { message_id: id, forwarded: contextOf(inner)?.isForwarded || undefined };
  const said = {
    type: "message",
    message: {
      channel: "whatsapp",
      external_message_id: id,
      sender_address: number,
      sender_name: line(kept.name ?? "") || null,
      body: clean(textOf(inner) ?? ""),
      reference_ids: replied ? [qualify(session, number, clean(replied))] : [],
      message_type: media?.type ?? (inner.locationMessage || inner.liveLocationMessage ? "location" : "text"),
      metadata: facts,
      occurred_at: new Date(kept.at * 1000).toISOString(),
    },
    files: [],
  };
  return { events: [{ type: "reachable", channel: "whatsapp", address: number }, said], media: media && media.file };
}

/** What can be kept of a message the database refuses. @param {string} session @param {string} number @param {Kept} kept */
export const plainest = (session, number, kept) => ({
  type: "message",
  message: {
    channel: "whatsapp",
    external_message_id: qualify(session, number, kept.key.id.replace(/[^\x21-\x7e]/g, "?").slice(0, 200)),
    sender_address: number,
    body: "",
    metadata: { unparsed: "refused by the database" },
  },
});

/** Receipts of messages we sent, from `messages.update`. @param {string} session @param {any} update */
export function readReceipt(session, update) {
  const kind = { 0: "failed", 2: "sent", 3: "delivered", 4: "read", 5: "read" }[String(update.update?.status)];
  if (!update.key?.fromMe || !kind) return null;
  return receipt(session, update.key.id, kind, Number(update.update.messageTimestamp ?? 0), update.key.remoteJid);
}

/** @param {string} session @param {any} update of `message-receipt.update` */
export function readUserReceipt(session, update) {
  const { readTimestamp, playedTimestamp, receiptTimestamp } = update.receipt ?? {};
  const at = Number(readTimestamp ?? playedTimestamp ?? receiptTimestamp ?? 0);
  if (!update.key?.fromMe || !at) return null;
  return receipt(
    session,
    update.key.id,
    readTimestamp || playedTimestamp ? "read" : "delivered",
    at,
    update.key.remoteJid,
  );
}

/**
 * @param {string} session @param {string} id @param {string} kind @param {number} at seconds; 0: not said
 * @param {string} [jid] @param {string} [code]
 */
export function receipt(session, id, kind, at, jid, code) {
  const queue = queueOf(id);
  if (!queue) return null;
  const number = numberOf(jid);
  return {
    type: "receipt",
    receipt: {
      provider: "baileys",
      channel: "whatsapp",
      event_id: `${session}:${id}:${kind}`,
      kind,
      queue_id: queue,
      external_message_id: number ? qualify(session, number, id) : undefined,
      recipient: number ?? undefined,
      status_code: code,
      occurred_at: at ? new Date(at * 1000).toISOString() : undefined,
    },
  };
}

/** The queue row a message id of ours stands for: the id IS the row's. Null for ids the phone made. @param {string} id */
export function queueOf(id) {
  const found = /^([0-9A-F]{8})([0-9A-F]{4})(7[0-9A-F]{3})([89AB][0-9A-F]{3})([0-9A-F]{12})$/.exec(id ?? "");
  return found ? found.slice(1).join("-").toLowerCase() : null;
}

/** @param {any} inner @returns {any} */
function contextOf(inner) {
  const part = Object.values(inner).find((value) => value && typeof value === "object" && "contextInfo" in value);
  return /** @type {any} */ (part)?.contextInfo;
}

/** @param {any} inner @returns {string | null} */
function textOf(inner) {
  if (inner.conversation) return inner.conversation;
  if (inner.extendedTextMessage) return inner.extendedTextMessage.text ?? "";
  for (const kind of Object.keys(FILES)) if (inner[kind]) return inner[kind].caption ?? "";
  const place = inner.locationMessage ?? inner.liveLocationMessage;
  if (place) {
    const where = `${Number(place.degreesLatitude).toFixed(6)}, ${Number(place.degreesLongitude).toFixed(6)}`;
    return [place.name, place.address, where].filter(Boolean).join("\n");
  }
  const cards = inner.contactMessage ? [inner.contactMessage] : inner.contactsArrayMessage?.contacts;
  if (cards) return cards.map(contactText).join("\n");
  const poll = inner.pollCreationMessage ?? inner.pollCreationMessageV2 ?? inner.pollCreationMessageV3;
  if (poll) {
    return [`Poll: ${poll.name}`, ...(poll.options ?? []).map((/** @type {any} */ o) => `- ${o.optionName}`)].join(
      "\n",
    );
  }
  return inner.buttonsResponseMessage?.selectedDisplayText ?? inner.templateButtonReplyMessage?.selectedDisplayText ??
    inner.listResponseMessage?.title ?? null;
}

/** @param {any} card */
function contactText(card) {
  const numbers = [...String(card.vcard ?? "").matchAll(/^TEL[^:]*:(.+)$/gm)].map((found) => found[1].trim());
  return `Contact: ${[card.displayName, ...numbers].filter(Boolean).join(" ")}`;
}

/** @param {any} inner */
function fileOf(inner) {
  const kind = /** @type {keyof typeof FILES | undefined} */ (Object.keys(FILES).find((name) => inner[name]));
  if (!kind) return null;
  const [type, ending] = FILES[kind], file = inner[kind];
  const given = String(file.mimetype ?? "").toLowerCase().split(";")[0].trim();
  const content_type = /^[a-z0-9][a-z0-9.+-]{0,60}\/[a-z0-9][a-z0-9.+-]{0,100}$/.test(given)
    ? given
    : "application/octet-stream";
  const filename = line(file.fileName ?? "").replace(/[/\\]/g, "_") || `${type}.${ending}`;
  return { type, file: { filename, content_type, size_bytes: Number(file.fileLength ?? 0) } };
}

/** Without what Postgres cannot hold: zeros and halves of surrogate pairs. @param {string} text */
const clean = (text) => String(text).replaceAll("\0", "").toWellFormed();

/** One line of at most 200 characters. @param {string} text */
const line = (text) => clean(text).replace(/\p{Cc}+/gu, " ").trim().slice(0, 200).toWellFormed();
