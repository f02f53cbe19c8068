// Which columns hold encrypted values, as each module says for its own tables; and how their values are re-encrypted under the
// newest data key after it was made. Blind indexes stay: their key never changes.
import type { Sql } from "../database.ts";
import { inTransaction, type Tx } from "../transaction.ts";
import { lockEncryptedRows, type SealedRow, updateEncryptedRows } from "./encrypted-table-store.ts";
import { UnknownDataKeyError, type Vault } from "./vault.ts";

export interface EncryptedTable {
  /** The table's name with its schema. */
  readonly name: string;
  /** The primary key: one column. */
  readonly key: string;
  readonly keyType: "uuid" | "text" | "bigint" | "bytea";
  readonly columns: readonly EncryptedColumn[];
}

export interface EncryptedColumn {
  readonly name: string;
  /** The context of its encryption, by the row's key as text (a bytea in hexadecimal, without \x). */
  readonly contextOf: (key: string) => string;
}

const BATCH_SIZE = 500;

export interface Reencryption {
  readonly table: string;
  /** How many rows have an encrypted value. */
  readonly rowCount: number;
  /** How many rows had a value under an older data key. */
  readonly changedCount: number;
}

/**
 * Goes through the table by key in batches, each in its own short transaction; if it is stopped midway, run it again. Locks a
 * batch's rows, in order. A running process that has not read the new key yet may still write values with an older one.
 * @throws VaultError naming the field where a value does not decrypt; its batch is left unchanged
 */
export async function reencryptTable(db: Sql, vault: Vault, table: EncryptedTable): Promise<Reencryption> {
  let rowCount = 0;
  let changedCount = 0;
  for (let after: string | null | undefined = null; after !== undefined; ) {
    const from: string | null = after;
    const reencryptNext = (): Promise<Batch> =>
      inTransaction(db, (tx) => reencryptBatch(tx, vault, { table, after: from }));
    const batch: Batch = await reencryptNext().catch(async (error: unknown) => {
      if (!(error instanceof UnknownDataKeyError)) throw error;
      await vault.refresh(); // if another rotation runs at the same time, both use the newer key
      return reencryptNext();
    });
    rowCount += batch.rowCount;
    changedCount += batch.changedCount;
    after = batch.lastKey;
  }
  return { table: table.name, rowCount, changedCount };
}

interface Batch {
  readonly rowCount: number;
  readonly changedCount: number;
  readonly lastKey: string | undefined;
}

async function reencryptBatch(
  tx: Tx,
  vault: Vault,
  { table, after }: { readonly table: EncryptedTable; readonly after: string | null },
): Promise<Batch> {
  const rows = await lockEncryptedRows(tx, table, { after, limit: BATCH_SIZE });
  const changed = rows.flatMap((row) => {
    const values = reencryptRow(vault, table, row);
    return values.every((value, index) => value === row.values[index]) ? [] : [{ key: row.key, values }];
  });
  if (changed.length > 0) await updateEncryptedRows(tx, table, changed);
  return { rowCount: rows.length, changedCount: changed.length, lastKey: rows.at(-1)?.key };
}

function reencryptRow(vault: Vault, { columns, keyType }: EncryptedTable, row: SealedRow): (string | null)[] {
  const key = keyType === "bytea" ? row.key.replace(/^\\x/, "") : row.key;
  return columns.map(({ contextOf }, index) => {
    const value = row.values[index] ?? null;
    return value === null ? null : vault.reencrypt(value, contextOf(key));
  });
}
