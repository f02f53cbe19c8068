// One Ed25519 key that signs access tokens: when it is published, signs and verifies; and how it is made and opened.
import { randomUUID } from "node:crypto";
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import type { Vault } from "../../../runtime/vault/vault.ts";
import type { SigningKeyRow } from "./signing-key-store.ts";

export interface SigningKey {
  readonly kid: string;
  readonly jwk: JWK;
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
  readonly signsFromMs: number;
  readonly verifiesUntilMs: number;
}

/** Caches of the JWKS live five minutes; twice that passes before a new key signs. */
export const JWKS_MAX_AGE_SECONDS = 300;
export const PUBLISHED_BEFORE_MS = JWKS_MAX_AGE_SECONDS * 2 * 1000;

/** Binds the encrypted private key to its row. */
export function contextOfKey(kid: string): string {
  return `identity.signing_keys.private_key:${kid}`;
}

export async function makeSigningKey(
  vault: Vault,
): Promise<Pick<SigningKeyRow, "kid" | "publicKey" | "privateKey">> {
  const kid = randomUUID();
  const { publicKey, privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: "EdDSA", use: "sig" };
  const secret = JSON.stringify(await exportJWK(privateKey));
  return { kid, publicKey: JSON.stringify(jwk), privateKey: vault.encrypt(secret, contextOfKey(kid)) };
}

/** @throws VaultError */
export async function openSigningKey(vault: Vault, row: SigningKeyRow): Promise<SigningKey> {
  const [secret] = await vault.decryptAll([{ value: row.privateKey, context: contextOfKey(row.kid) }]);
  const jwk = JSON.parse(row.publicKey) as JWK;
  return {
    kid: row.kid,
    jwk,
    publicKey: (await importJWK(jwk, "EdDSA")) as CryptoKey,
    privateKey: (await importJWK(JSON.parse(secret ?? "{}") as JWK, "EdDSA")) as CryptoKey,
    ...timesOf(row),
  };
}

export function timesOf(row: SigningKeyRow): Pick<SigningKey, "signsFromMs" | "verifiesUntilMs"> {
  return {
    signsFromMs: row.signsFrom.getTime(),
    verifiesUntilMs: row.verifiesUntil?.getTime() ?? Number.POSITIVE_INFINITY,
  };
}
