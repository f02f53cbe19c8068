// The SQL of the vault: data keys, wrapped. Whoever adds or changes one holds the lock, so that processes starting at
// once agree on one key and a rotation misses none.
import type { Sql } from "../database.ts";
import type { Tx } from "../transaction.ts";

const DATA_KEYS_LOCK = 0x56415554; // "VAUT"

/** `values` encrypts fields, the newest one writes; `index` is the one key of all blind indexes. */
export interface DataKey {
  readonly id: number;
  readonly purpose: "values" | "index";
  readonly wrapped: string;
}

/** Until the end of the transaction. Readers do not wait. */
export async function lockDataKeys({ sql }: Tx): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${DATA_KEYS_LOCK})`;
}

/** All data keys, oldest first. */
export async function findDataKeys(sql: Sql | Tx["sql"]): Promise<DataKey[]> {
  return await sql<DataKey[]>`SELECT id, purpose, wrapped FROM runtime.data_keys ORDER BY id`;
}

export async function insertDataKeys({ sql }: Tx, keys: readonly DataKey[]): Promise<void> {
  await sql`
    INSERT INTO runtime.data_keys (id, purpose, wrapped)
    SELECT * FROM unnest(${keys.map((key) => key.id)}::integer[], ${keys.map((key) => key.purpose)}::text[],
                         ${keys.map((key) => key.wrapped)}::text[])`;
}

export async function replaceWrapped({ sql }: Tx, keys: readonly DataKey[]): Promise<void> {
  await sql`
    UPDATE runtime.data_keys SET wrapped = new.wrapped
    FROM unnest(${keys.map((key) => key.id)}::integer[], ${keys.map((key) => key.wrapped)}::text[]) AS new (id, wrapped)
    WHERE data_keys.id = new.id`;
}
