// Encryption at rest: personal fields are encrypted with AES-256-GCM under a data key, which a key from ENCRYPTION_KEY wraps. A
// value is `v1:<data key's id>:<IV, ciphertext, tag>`, so that data keys can change while old values stay readable.
import { createHmac } from "node:crypto";
import type { Sql } from "../database.ts";
import { asUnavailable } from "../transaction.ts";
import { seal, unseal } from "./vault-cipher.ts";
import { UnknownDataKeyError, VaultError } from "./vault-error.ts";
import { extendKeyring, type Keyring, openKeyring, readKeys } from "./vault-keyring.ts";
import type { VaultOptions } from "./vault-keys.ts";
import { selectDataKeys } from "./vault-store.ts";

export { UnknownDataKeyError, VaultError } from "./vault-error.ts";
export type { VaultOptions } from "./vault-keys.ts";

/** A value as stored in the database, with the context it was encrypted in. */
export interface Encrypted {
  readonly value: string | null;
  readonly context: string;
}

export interface Vault {
  /**
   * Encrypts text for one field of one row (`context`, authenticated): if it is moved elsewhere, it does not decrypt.
   * Text is UTF-8; half a surrogate pair, which UTF-8 cannot represent, becomes U+FFFD as in any other column.
   */
  readonly encrypt: (text: string, context: string) => string;
  /**
   * For values written by this process; use `decryptAll` for values that another process may have written.
   * @throws UnknownDataKeyError, VaultError where the value was altered or moved
   */
  readonly decrypt: (value: string, context: string) => string;
  /**
   * Decrypts in order; null stays null. Reads the data keys again, once, where another process has made one.
   * @throws VaultError where a value was altered, moved or its key does not exist
   */
  readonly decryptAll: (values: readonly Encrypted[]) => Promise<(string | null)[]>;
  /** The value under the newest data key; the same string if it is already under that key. Throws as `decrypt` does. */
  readonly reencrypt: (value: string, context: string) => string;
  /**
   * HMAC-SHA-256 for equality look-ups of an encrypted field; it stays the same after every rotation. Equal texts give equal
   * indexes: if two fields must not be comparable, put the field's name before the text.
   */
  readonly blindIndex: (text: string) => Buffer;
  /** Reads data keys that other processes have made; from then on the newest one encrypts. */
  readonly refresh: () => Promise<void>;
}

const VALUE = /^v1:([1-9]\d{0,9}):([A-Za-z0-9_-]+)$/;

/**
 * Opens the vault, with data keys made now where the database has none.
 * @throws VaultError in one line: a malformed key, or not the one the data keys were wrapped with
 */
export async function openVault(db: Sql, options: VaultOptions): Promise<Vault> {
  const keys = await readKeys(db, options);
  let keyring = await openKeyring(db, keys);
  const encrypt: Vault["encrypt"] = (text, context) => encryptValue(keyring, text, context);
  const decrypt: Vault["decrypt"] = (value, context) => decryptValue(keyring, value, context);

  async function refresh(): Promise<void> {
    const rows = await selectDataKeys(db).catch((error: unknown) => Promise.reject(asUnavailable(error)));
    keyring = extendKeyring(keyring, rows, keys);
  }

  async function decryptAll(values: readonly Encrypted[]): Promise<(string | null)[]> {
    const decryptEach = () =>
      values.map(({ value, context }) => (value === null ? null : decrypt(value, context)));
    try {
      return decryptEach();
    } catch (error) {
      if (!(error instanceof UnknownDataKeyError)) throw error;
    }
    await refresh();
    return decryptEach();
  }

  return {
    encrypt,
    decrypt,
    decryptAll,
    reencrypt: (value, context) =>
      parseValue(value, context).keyId === keyring.newestId
        ? value
        : encrypt(decrypt(value, context), context),
    blindIndex: (text) => createHmac("sha256", keyring.index).update(text).digest(),
    refresh,
  };
}

function encryptValue({ values, newestId }: Keyring, text: string, context: string): string {
  const key = values.get(newestId);
  if (key === undefined) throw new UnknownDataKeyError(newestId);
  return `v1:${newestId}:${seal(key, Buffer.from(text), describeBinding(newestId, context))}`;
}

function decryptValue({ values }: Keyring, value: string, context: string): string {
  const { keyId, sealed } = parseValue(value, context);
  const key = values.get(keyId);
  if (key === undefined) throw new UnknownDataKeyError(keyId);
  const text = unseal(key, sealed, describeBinding(keyId, context));
  if (text === undefined)
    throw new VaultError(`${context} does not decrypt: it was altered, or written for another field or row`);
  return text.toString();
}

function parseValue(value: string, context: string): { keyId: number; sealed: string } {
  const [, keyId, sealed] = VALUE.exec(value) ?? [];
  if (keyId === undefined || sealed === undefined)
    throw new VaultError(`${context} is not an encrypted value`);
  return { keyId: Number(keyId), sealed };
}

function describeBinding(keyId: number, context: string): string {
  return `v1:${keyId}\0${context}`;
}
