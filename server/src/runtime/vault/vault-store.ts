// The SQL of the vault's wrapped data keys. To add or change one, hold the lock, so that processes starting at once agree on one
// key and a rotation misses none.
import type { Sql } from "../database.ts";
import { columnsOf } from "../row-columns.ts";
import type { Tx } from "../transaction.ts";

const DATA_KEYS_LOCK = 0x56415554; // "VAUT"

/** `values` encrypts fields, with the newest key for writing; `index` is the one key of all blind indexes. */
export interface DataKey {
  readonly id: number;
  readonly purpose: "values" | "index";
  readonly wrapped: string;
}

const KEY_COLUMNS = columnsOf<DataKey>({
  id: ["integer", (key) => key.id],
  purpose: ["text", (key) => key.purpose],
  wrapped: ["text", (key) => key.wrapped],
});

/** Locks until the end of the transaction. Readers do not wait. */
export async function lockDataKeys({ sql }: Tx): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${DATA_KEYS_LOCK})`;
}

/** All data keys, oldest first. */
export async function selectDataKeys(sql: Sql | Tx["sql"]): Promise<DataKey[]> {
  return await sql<DataKey[]>`SELECT id, purpose, wrapped FROM runtime.data_keys ORDER BY id`;
}

export async function insertDataKeys({ sql }: Tx, keys: readonly DataKey[]): Promise<void> {
  await sql`INSERT INTO runtime.data_keys ${KEY_COLUMNS.rows(sql, keys)}`;
}

export async function replaceWrapped({ sql }: Tx, keys: readonly DataKey[]): Promise<void> {
  await sql`
    UPDATE runtime.data_keys k
    SET wrapped = n.wrapped
    FROM unnest(${KEY_COLUMNS.arrays(sql, keys)}) AS n (${KEY_COLUMNS.names(sql)})
    WHERE k.id = n.id`;
}
