// Rotation: re-wrapping the data keys after ENCRYPTION_KEY was changed, and making new data keys. Both hold the lock of the data
// keys, so they miss no new key; neither disturbs running processes, which have opened theirs already.
import type { Sql } from "../database.ts";
import { inTransaction } from "../transaction.ts";
import { readKeys, unwrapKeyring } from "./vault-keyring.ts";
import { createDataKey, isWrappedBy, rewrap, type VaultOptions } from "./vault-keys.ts";
import { insertDataKeys, lockDataKeys, replaceWrapped, selectDataKeys } from "./vault-store.ts";

/**
 * Wraps every data key with the current key-encryption key, all or none, and returns how many needed it. Values and blind indexes
 * stay as they are, because the data keys themselves do not change.
 * @throws VaultError where a data key opens with neither the current nor the previous key
 */
export async function rewrapDataKeys(db: Sql, options: VaultOptions): Promise<number> {
  const keys = await readKeys(db, options);
  return inTransaction(db, async (tx) => {
    await lockDataKeys(tx);
    const outdated = (await selectDataKeys(tx.sql)).filter((row) => !isWrappedBy(row, keys.current));
    await replaceWrapped(
      tx,
      outdated.map((row) => rewrap(row, keys)),
    );
    return outdated.length;
  });
}

/**
 * Makes a data key for new values and returns its id. The blind index keeps its own key.
 * @throws VaultError where the present data keys cannot be opened: a wrong key must not begin a second set
 */
export async function addDataKey(db: Sql, options: VaultOptions): Promise<number> {
  const keys = await readKeys(db, options);
  return inTransaction(db, async (tx) => {
    await lockDataKeys(tx);
    const rows = await selectDataKeys(tx.sql);
    unwrapKeyring(rows, keys);
    const id = Math.max(...rows.map((row) => row.id)) + 1;
    await insertDataKeys(tx, [createDataKey(id, "values", keys.current)]);
    return id;
  });
}
