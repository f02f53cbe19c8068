// The SQL that reads accounts for people, and changes what is kept about them outside the ledger.
import { toArray, toTextArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";

export interface BankAccountRow {
  id: bigint;
  owner_id: string;
  currency: string;
  name: string | null;
  /** Encrypted. */
  holder_name: string | null;
  external_number: string | null;
  opened_at: Date;
}

export interface BankAccountFilter {
  readonly ownerId?: string | undefined;
  readonly currency?: string | undefined;
  readonly externalNumberIndex?: Buffer | undefined;
  readonly ids?: readonly number[] | undefined;
  readonly afterId: number;
  readonly limit: number;
}

/** In the order of ids. There is an index for an owner's accounts, for an external number and for given ids. */
export async function selectBankAccounts({ sql }: Tx, filter: BankAccountFilter): Promise<BankAccountRow[]> {
  const { ownerId, currency, externalNumberIndex: index, ids, afterId, limit } = filter;
  return sql<BankAccountRow[]>`
    SELECT id, owner_id, currency, name, holder_name, external_number, opened_at
    FROM banking.accounts
    WHERE id > ${afterId}
      AND ${ownerId === undefined ? sql`true` : sql`owner_id = ${ownerId}`}
      AND ${currency === undefined ? sql`true` : sql`currency = ${currency}`}
      AND ${index === undefined ? sql`true` : sql`external_number_index = ${index}`}
      AND ${ids === undefined ? sql`true` : sql`id = ANY(${toArray(ids)}::bigint[])`}
    ORDER BY id
    LIMIT ${limit}`;
}

export async function selectBankAccount({ sql }: Tx, id: number): Promise<BankAccountRow | undefined> {
  const [row] = await sql<BankAccountRow[]>`
    SELECT id, owner_id, currency, name, holder_name, external_number, opened_at
    FROM banking.accounts
    WHERE id = ${id}`;
  return row;
}

/** An account's owner and asset: neither ever changes. */
export type AccountHead = Pick<BankAccountRow, "id" | "owner_id" | "currency">;

export async function selectHeads({ sql }: Tx, ids: readonly number[]): Promise<AccountHead[]> {
  return sql<AccountHead[]>`
    SELECT id, owner_id, currency FROM banking.accounts WHERE id = ANY(${toArray(ids)}::bigint[])`;
}

/** The first `limit` accounts of an owner. */
export async function selectOwnedIds({ sql }: Tx, ownerId: string, limit: number): Promise<number[]> {
  const rows = await sql<{ id: bigint }[]>`
    SELECT id
    FROM banking.accounts
    WHERE owner_id = ${ownerId}
    ORDER BY id
    LIMIT ${limit}`;
  return rows.map((row) => Number(row.id));
}

/** Those of the blind indexes, in hex, that belong to an account already. */
export async function selectTakenNumbers({ sql }: Tx, indexes: readonly Buffer[]): Promise<Set<string>> {
  const hexes = toTextArray(indexes.map((index) => `\\x${index.toString("hex")}`));
  const rows = await sql<{ taken: string }[]>`
    SELECT encode(external_number_index, 'hex') AS taken
    FROM banking.accounts
    WHERE external_number_index = ANY(${hexes}::bytea[])`;
  return new Set(rows.map((row) => row.taken));
}

/** Call it under the lock of the ledger's account, which orders all changes of an account. */
export async function updateNames(
  { sql }: Tx,
  id: number,
  { name, holderName }: { name: string | null; holderName: string | null },
): Promise<void> {
  await sql`UPDATE banking.accounts SET name = ${name}, holder_name = ${holderName} WHERE id = ${id}`;
}
