// The key-encryption keys (ENCRYPTION_KEY, the one before it, or one generated into the data directory) and the data keys wrapped
// by them. A wrapped key names its key-encryption key by a fingerprint, so that a wrong key can be distinguished from a
// damaged row.
import { createHash, createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseKeyBytes } from "../../values/key-bytes.ts";
import { readOrCreateSecret } from "../files/secret-file.ts";
import { seal, unseal } from "./vault-cipher.ts";
import { VaultError } from "./vault-error.ts";
import type { DataKey } from "./vault-store.ts";

export interface VaultOptions {
  /** ENCRYPTION_KEY; undefined: the key in `<dataDir>/encryption-key`, generated where missing. */
  readonly encryptionKey: string | undefined;
  /** ENCRYPTION_KEY_PREVIOUS: opens keys that were wrapped before ENCRYPTION_KEY was changed. */
  readonly previousKey: string | undefined;
  readonly dataDir: string;
}

export interface KeyEncryptionKey {
  /** Where the key came from, for messages. */
  readonly source: string;
  readonly key: KeyObject;
  readonly fingerprint: string;
}

/** New data keys are wrapped by `current`; `previous` only opens. */
export interface KeyEncryptionKeys {
  readonly current: KeyEncryptionKey;
  readonly previous: KeyEncryptionKey | undefined;
}

const KEY_BYTES = 32;
const WRAPPED = /^w1:([0-9a-f]{16}):([A-Za-z0-9_-]+)$/;

/**
 * @param mayMake whether a key may be made where there is none: false where data keys were already wrapped with another
 * @throws VaultError where a key is not 32 bytes in base64, base64url or hex, or there is none
 */
export function readKeyEncryptionKeys(options: VaultOptions, mayMake: boolean): KeyEncryptionKeys {
  const { encryptionKey, previousKey } = options;
  return {
    current:
      encryptionKey === undefined
        ? readKeyFile(options.dataDir, mayMake)
        : parseKey("ENCRYPTION_KEY", encryptionKey),
    previous: previousKey === undefined ? undefined : parseKey("ENCRYPTION_KEY_PREVIOUS", previousKey),
  };
}

function readKeyFile(dataDir: string, mayMake: boolean): KeyEncryptionKey {
  const path = join(dataDir, "encryption-key");
  if (!mayMake && !existsSync(path))
    throw new VaultError(
      `the database's data keys were wrapped with a key that is not here: set ENCRYPTION_KEY, or DATA_DIR to where encryption-key is (looked for ${path})`,
    );
  return parseKey(`The key in ${path}`, readOrCreateSecret(path, KEY_BYTES));
}

/** @throws VaultError naming `source` where the text is not 32 bytes in base64, base64url or hex */
export function parseKey(source: string, given: string): KeyEncryptionKey {
  const bytes = parseKeyBytes(given);
  if (bytes === undefined) {
    throw new VaultError(
      `${source} must be 32 bytes in base64, base64url or hex; make one with: openssl rand -base64 32`,
    );
  }
  return { source, key: createSecretKey(bytes), fingerprint: takeFingerprint(bytes) };
}

function takeFingerprint(key: Buffer): string {
  const digest = createHash("sha256").update("countinghouse key-encryption key\0").update(key).digest("hex");
  return digest.slice(0, 16);
}

export function createDataKey(id: number, purpose: DataKey["purpose"], wrapping: KeyEncryptionKey): DataKey {
  return wrap({ id, purpose }, createSecretKey(randomBytes(KEY_BYTES)), wrapping);
}

/** The same data key, wrapped by the current key-encryption key. */
export function rewrap(row: DataKey, keys: KeyEncryptionKeys): DataKey {
  return wrap(row, unwrap(row, keys), keys.current);
}

export function isWrappedBy(row: DataKey, { fingerprint }: KeyEncryptionKey): boolean {
  return parseWrapped(row).fingerprint === fingerprint;
}

/** @throws VaultError where neither key wrapped it, or the row was altered */
export function unwrap(row: DataKey, { current, previous }: KeyEncryptionKeys): KeyObject {
  const { fingerprint, sealed } = parseWrapped(row);
  const wrapping = [current, previous].find((key) => key?.fingerprint === fingerprint);
  if (wrapping === undefined) throw wrongKey(current, fingerprint);
  const bytes = unseal(wrapping.key, sealed, describeBinding(row, fingerprint));
  if (bytes?.length !== KEY_BYTES) throw damagedKey(row);
  return createSecretKey(bytes);
}

function wrap(row: Omit<DataKey, "wrapped">, key: KeyObject, wrapping: KeyEncryptionKey): DataKey {
  const { fingerprint } = wrapping;
  const sealed = seal(wrapping.key, key.export(), describeBinding(row, fingerprint));
  return { id: row.id, purpose: row.purpose, wrapped: `w1:${fingerprint}:${sealed}` };
}

/** Binds a wrapped key to its row: if rows exchange their keys, these do not open. */
function describeBinding({ id, purpose }: Omit<DataKey, "wrapped">, fingerprint: string): string {
  return `w1:${fingerprint}\0${purpose}:${id}`;
}

function parseWrapped(row: DataKey): { fingerprint: string; sealed: string } {
  const [, fingerprint, sealed] = WRAPPED.exec(row.wrapped) ?? [];
  if (fingerprint === undefined || sealed === undefined) throw damagedKey(row);
  return { fingerprint, sealed };
}

function wrongKey({ source, fingerprint }: KeyEncryptionKey, expected: string): VaultError {
  return new VaultError(
    `${source} is not the one these data keys were wrapped with (expected fingerprint ${expected}, it has ${fingerprint}); ` +
      "put that key back, or give it as ENCRYPTION_KEY_PREVIOUS and run: countinghouse keys rotate",
  );
}

function damagedKey({ id }: DataKey): VaultError {
  return new VaultError(
    `data key ${id} in runtime.data_keys was altered and does not open; restore the row from a backup`,
  );
}
