// The keys that sign access tokens, in the memory of this process. They are stored encrypted in the database, so that all
// processes share them and a restart signs nobody out; every commit that changes them notifies all processes.
import type { CryptoKey, JWK } from "jose";
import type { Sql } from "../../../runtime/database.ts";
import type { Vault } from "../../../runtime/vault/vault.ts";
import { openSigningKey, type SigningKey, timesOf } from "./signing-key.ts";
import { SIGNING_KEYS_CHANNEL, selectSigningKeys } from "./signing-key-store.ts";

export interface SigningKeys {
  readonly signer: () => { readonly kid: string; readonly privateKey: CryptoKey };
  /** The public key of a token's `kid`; undefined where that key does not verify (any more). */
  readonly findPublic: (kid: string) => CryptoKey | undefined;
  /** The JSON Web Key Set as others fetch it. */
  readonly jwks: () => { readonly keys: readonly JWK[] };
  readonly reload: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface SigningKeyOptions {
  readonly db: Sql;
  readonly vault: Vault;
  readonly now: () => number;
}

/** The loss of the listening connection is noticed late: until then the table is read again this often. */
const RELOAD_MS = 5_000;

/** Reads the keys and follows their changes. At least one must exist already (`rotateWhenDue`). */
export async function openSigningKeys({ db, vault, now }: SigningKeyOptions): Promise<SigningKeys> {
  let keys: readonly SigningKey[] = [];
  let reloads = 0;
  let shown = 0;

  async function reload(): Promise<void> {
    reloads += 1;
    const turn = reloads;
    const rows = await selectSigningKeys(db, new Date(now()));
    const opened = await Promise.all(
      rows.map(async (row) => {
        const known = keys.find(({ kid }) => kid === row.kid);
        return known === undefined ? openSigningKey(vault, row) : { ...known, ...timesOf(row) };
      }),
    );
    if (turn < shown) return; // a later read has newer keys
    shown = turn;
    keys = opened;
  }

  const follow = () => void reload().catch(() => undefined);
  const listening = await db.listen(SIGNING_KEYS_CHANNEL, follow, follow);
  await reload();
  const timer = setInterval(follow, RELOAD_MS);
  timer.unref();
  const isGood = (key: SigningKey) => key.verifiesUntilMs > now();
  return {
    signer: () => {
      const signer = keys.findLast((key) => key.signsFromMs <= now()) ?? keys[0];
      if (signer === undefined) throw new Error("there is no key to sign access tokens with");
      return signer;
    },
    findPublic: (kid) => keys.find((key) => key.kid === kid && isGood(key))?.publicKey,
    jwks: () => ({ keys: keys.filter(isGood).map((key) => key.jwk) }),
    reload,
    close: async () => {
      clearInterval(timer);
      await listening.unlisten().catch(() => undefined);
    },
  };
}
