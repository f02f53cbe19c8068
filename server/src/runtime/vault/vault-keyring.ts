// The opened data keys of one process: made at the first start on an empty database, read at every later start. Keys are only
// ever added, so that a late refresh never takes a key away.
import { createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import type { Sql } from "../database.ts";
import { inTransaction } from "../transaction.ts";
import { VaultError } from "./vault-error.ts";
import {
  createDataKey,
  type KeyEncryptionKeys,
  readKeyEncryptionKeys,
  unwrap,
  type VaultOptions,
} from "./vault-keys.ts";
import { type DataKey, insertDataKeys, lockDataKeys, selectDataKeys } from "./vault-store.ts";

export interface Keyring {
  /** Keys for values, by id. */
  readonly values: ReadonlyMap<number, KeyObject>;
  /** The key that writes. */
  readonly newestId: number;
  readonly index: KeyObject;
}

/**
 * Reads the key-encryption keys; makes one, into the data directory, only for a database that has no data keys yet.
 * @throws VaultError as `readKeyEncryptionKeys` does
 */
export async function readKeys(db: Sql, options: VaultOptions): Promise<KeyEncryptionKeys> {
  const mayMake = options.encryptionKey === undefined && (await selectDataKeys(db)).length === 0;
  return readKeyEncryptionKeys(options, mayMake);
}

/** Opens the database's data keys, and makes them where there are none. Processes starting at once wait for each other. */
export async function openKeyring(db: Sql, keys: KeyEncryptionKeys): Promise<Keyring> {
  const rows = await inTransaction(db, async (tx) => {
    await lockDataKeys(tx);
    const found = await selectDataKeys(tx.sql);
    if (found.length > 0) return found;
    const made = [createDataKey(1, "index", keys.current), createDataKey(2, "values", keys.current)];
    await insertDataKeys(tx, made);
    return made;
  });
  return unwrapKeyring(rows, keys);
}

export function unwrapKeyring(rows: readonly DataKey[], keys: KeyEncryptionKeys): Keyring {
  const index = rows.find((row) => row.purpose === "index");
  const values = unwrapValues(rows, keys);
  if (index === undefined || values.size === 0)
    throw new VaultError("runtime.data_keys lacks a key; restore it from a backup");
  return { values, newestId: Math.max(...values.keys()), index: deriveIndexKey(unwrap(index, keys)) };
}

/** Adds the keys that the ring lacks. Keys it has are not opened again, because a newer key may wrap them now. */
export function extendKeyring(keyring: Keyring, rows: readonly DataKey[], keys: KeyEncryptionKeys): Keyring {
  const added = unwrapValues(
    rows.filter((row) => !keyring.values.has(row.id)),
    keys,
  );
  const values = new Map([...keyring.values, ...added]);
  return { ...keyring, values, newestId: Math.max(...values.keys()) };
}

function unwrapValues(rows: readonly DataKey[], keys: KeyEncryptionKeys): Map<number, KeyObject> {
  return new Map(rows.filter((row) => row.purpose === "values").map((row) => [row.id, unwrap(row, keys)]));
}

/** Derived, not used directly: if other stable keys are needed later, they come from the same data key under another label. */
function deriveIndexKey(key: KeyObject): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync("sha256", key, "", "countinghouse blind index 1", 32)));
}
