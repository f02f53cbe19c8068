// The Ed25519 keys that sign access tokens. They lie encrypted in the database, so that all processes share them and a
// restart signs nobody out. A new key is published before it signs, and an old one verifies until its last token expired.
import { randomUUID } from "node:crypto";
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import type { Sql } from "../../runtime/database.ts";
import { inTransaction, type Tx } from "../../runtime/transaction.ts";
import type { Vault } from "../../runtime/vault.ts";
import {
  deleteOldSigningKeys,
  findSigningKeys,
  insertSigningKey,
  lockSigningKeys,
  SIGNING_KEYS_CHANNEL,
  type SigningKeyRow,
} from "./signing-key-store.ts";

export interface SigningKeys {
  readonly signer: () => { readonly kid: string; readonly privateKey: CryptoKey };
  /** The public key of a token's `kid`. */
  readonly findPublic: (kid: string) => CryptoKey | undefined;
  /** The JSON Web Key Set as others fetch it. */
  readonly jwks: () => { readonly keys: readonly JWK[] };
  readonly reload: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface SigningKeyOptions {
  readonly db: Sql;
  readonly vault: Vault;
  readonly accessTokenSeconds: number;
  readonly now: () => number;
}

/** Caches of the JWKS live five minutes; twice that passes before a new key signs. */
export const JWKS_MAX_AGE_SECONDS = 300;
const PUBLISHED_BEFORE_MS = JWKS_MAX_AGE_SECONDS * 2 * 1000;
const SIGNS_FOR_MS = 30 * 86_400_000;
const CLOCKS_DIFFER_MS = 60_000;

interface OpenKey {
  readonly kid: string;
  readonly jwk: JWK;
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
  readonly signsFromMs: number;
  readonly verifiesUntilMs: number;
}

/** Reads the keys, making the first where there is none, and follows the changes of other processes. */
export async function openSigningKeys(options: SigningKeyOptions): Promise<SigningKeys> {
  const { db, vault, now } = options;
  let keys: readonly OpenKey[] = [];
  async function reload(): Promise<void> {
    const rows = await findSigningKeys(db, new Date(now()));
    keys = await Promise.all(rows.map((row) => openKey(vault, row)));
  }
  await rotateSigningKeys(options, "when_due");
  const listening = await db.listen(
    SIGNING_KEYS_CHANNEL,
    () => void reload().catch(() => undefined),
    () => void reload().catch(() => undefined),
  );
  await reload();
  return {
    signer: () => {
      const signer = keys.findLast((key) => key.signsFromMs <= now()) ?? keys[0];
      if (signer === undefined) throw new Error("there is no key to sign access tokens with");
      return signer;
    },
    findPublic: (kid) => keys.find((key) => key.kid === kid && key.verifiesUntilMs > now())?.publicKey,
    jwks: () => ({ keys: keys.filter((key) => key.verifiesUntilMs > now()).map((key) => key.jwk) }),
    reload,
    close: () => listening.unlisten().catch(() => undefined),
  };
}

/**
 * Makes a key where there is none or the newest is a month old (`when_due`); `now`: one that signs at once, all tokens
 * signed before staying good; `compromised`: the same, and no token signed before is good any more.
 * Returns the new key's id, undefined where none was due. One process at a time (advisory lock).
 */
export function rotateSigningKeys(
  options: SigningKeyOptions,
  why: "when_due" | "now" | "compromised",
): Promise<string | undefined> {
  const { db, now } = options;
  return inTransaction(db, async (tx) => {
    await lockSigningKeys(tx);
    const at = new Date(now());
    const newest = (await findSigningKeys(tx.sql, at)).at(-1);
    if (why === "when_due" && newest !== undefined && newest.signsFrom.getTime() + SIGNS_FOR_MS > now())
      return undefined;
    const leadMs = newest === undefined || why !== "when_due" ? 0 : PUBLISHED_BEFORE_MS;
    await deleteOldSigningKeys(tx, at);
    return makeKey(tx, options, {
      signsFrom: new Date(now() + leadMs),
      predecessorsUntil:
        why === "compromised"
          ? at
          : new Date(now() + leadMs + options.accessTokenSeconds * 1000 + CLOCKS_DIFFER_MS),
    });
  });
}

async function makeKey(
  tx: Tx,
  { vault, now }: SigningKeyOptions,
  times: { readonly signsFrom: Date; readonly predecessorsUntil: Date },
): Promise<string> {
  const kid = randomUUID();
  const { publicKey, privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: "EdDSA", use: "sig" };
  const secret = JSON.stringify(await exportJWK(privateKey));
  await insertSigningKey(tx, {
    kid,
    publicKey: JSON.stringify(jwk),
    privateKey: vault.encrypt(secret, contextOfKey(kid)),
    createdAt: new Date(now()),
    ...times,
  });
  return kid;
}

async function openKey(vault: Vault, row: SigningKeyRow): Promise<OpenKey> {
  const [secret] = await vault.decryptAll([{ value: row.privateKey, context: contextOfKey(row.kid) }]);
  const jwk = JSON.parse(row.publicKey) as JWK;
  return {
    kid: row.kid,
    jwk,
    publicKey: (await importJWK(jwk, "EdDSA")) as CryptoKey,
    privateKey: (await importJWK(JSON.parse(secret ?? "{}") as JWK, "EdDSA")) as CryptoKey,
    signsFromMs: row.signsFrom.getTime(),
    verifiesUntilMs: row.verifiesUntil?.getTime() ?? Number.POSITIVE_INFINITY,
  };
}

export function contextOfKey(kid: string): string {
  return `identity.signing_keys.private_key:${kid}`;
}
