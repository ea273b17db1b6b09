/** Two accounts of one database talk to each other through Baileys' own Signal implementation. */

import { Database } from "../../../bridges/whatsapp/src/db.js";
import { library } from "../../../bridges/whatsapp/src/main.js";
import { readSettings } from "../../../bridges/whatsapp/src/settings.js";
import { BridgeState } from "../../../bridges/whatsapp/src/state.js";
import { Vault } from "../../../bridges/whatsapp/src/vault.js";
import { Log, silenceConsole } from "../../../bridges/whatsapp/src/log.js";

silenceConsole();
const settings = readSettings();
const db = new Database(settings.databaseUrl, 4), vault = new Vault(settings.keys);
const logger = new Log("error", {}, () => {}).forLibrary();
const ROUNDS = 20, AT_ONCE = 10;

async function side(held) {
  const state = await new BridgeState(db, held, vault, library).load();
  await state.saveCreds();
  const keys = library.addTransactionCapability(state.keys, logger, { maxCommitRetries: 1, delayBetweenTriesMs: 1 });
  const repository = library.makeSignalRepository({ creds: state.creds, keys }, logger, () => Promise.resolve([]));
  return { state, keys, repository, jid: `${held.address.slice(1)}@s.whatsapp.net` };
}

const helds = await db.claim("signal test", 2);
let sides = await Promise.all(helds.map(side));

// Each publishes a pre-key, the other begins a session with it.
for (const [me, you] of [[0, 1], [1, 0]]) {
  const { creds } = sides[you].state;
  const preKey = library.Curve.generateKeyPair();
  await sides[you].keys.set({ "pre-key": { 1: preKey } });
  const prefixed = (key) => library.generateSignalPubKey(key);
  await sides[me].repository.injectE2ESession({
    jid: sides[you].jid,
    session: {
      registrationId: creds.registrationId,
      identityKey: prefixed(creds.signedIdentityKey.public),
      signedPreKey: {
        keyId: creds.signedPreKey.keyId,
        publicKey: prefixed(creds.signedPreKey.keyPair.public),
        signature: creds.signedPreKey.signature,
      },
      preKey: { keyId: 1, publicKey: prefixed(preKey.public) },
    },
  });
  if (me === 0) continue;
}

let exchanged = 0, wrong = 0;
for (let round = 0; round < ROUNDS; round++) {
  if (round % 5 === 4) sides = await Promise.all(helds.map(side)); // as after a restart
  for (const [from, to] of [[0, 1], [1, 0]]) {
    const texts = Array.from({ length: AT_ONCE }, (_, n) => `${round}.${from}.${n}`);
    const sealed = await Promise.all(texts.map((text) =>
      sides[from].repository.encryptMessage({ jid: sides[to].jid, data: Buffer.from(text) })
    ));
    const opened = await Promise.all(sealed.map(({ type, ciphertext }, n) =>
      sides[to].state.decrypting(
        () => sides[to].repository.decryptMessage({ jid: sides[from].jid, type, ciphertext }),
        () => [{ digest: n.toString(16).padStart(64, String(round % 10)), ciphertext: vault.seal("kept") }],
      )
    ));
    for (const [n, plain] of opened.entries()) {
      exchanged++;
      if (Buffer.from(plain).toString() !== texts[n]) wrong++;
    }
  }
}
process.stdout.write(JSON.stringify({ exchanged, wrong }));
await db.close();
process.exit(0);
