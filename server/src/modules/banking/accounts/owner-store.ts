// The SQL of banking.
import { columnsOf } from "../../../runtime/row-columns.ts";
import { toArray, toTextArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";

/** Owners of the accounts, by account id. */
export async function findOwners({ sql }: Tx, accountIds: readonly number[]): Promise<Map<number, string>> {
  if (accountIds.length === 0) return new Map();
  const rows = await sql<{ id: bigint; owner_id: string }[]>`
    SELECT id, owner_id
    FROM banking.accounts
    WHERE id = ANY(${toArray(accountIds)}::bigint[])`.execute();
  return new Map(rows.map((row) => [Number(row.id), row.owner_id]));
}

/** An owner's accounts in some assets: ids by the asset's code, oldest first. */
export async function findOwnAccounts(
  { sql }: Tx,
  ownerId: string,
  codes: readonly string[],
): Promise<Map<string, number[]>> {
  const rows = await sql<{ id: bigint; currency: string }[]>`
    SELECT id, currency
    FROM banking.accounts
    WHERE owner_id = ${ownerId} AND currency = ANY(${toTextArray(codes)}::text[])
    ORDER BY id`;
  const byCode = Map.groupBy(rows, ({ currency }) => currency);
  return new Map([...byCode].map(([code, own]) => [code, own.map(({ id }) => Number(id))]));
}

/** The oldest account of each owner in an asset. */
export async function findFirstAccounts(
  { sql }: Tx,
  code: string,
  ownerIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await sql<{ owner_id: string; id: bigint }[]>`
    SELECT owner_id, min(id) AS id
    FROM banking.accounts
    WHERE currency = ${code} AND owner_id = ANY(${toTextArray(ownerIds)}::text[])
    GROUP BY owner_id`;
  return new Map(rows.map((row) => [row.owner_id, Number(row.id)]));
}

export interface NewBankAccount {
  readonly id: number;
  readonly ownerId: string;
  readonly currency: string;
  readonly name: string | null;
  readonly holderName: string | null;
  readonly externalNumber: string | null;
  readonly externalNumberIndex: Buffer | null;
  readonly openedAt: Date;
}

const ACCOUNT_COLUMNS = columnsOf<NewBankAccount>({
  id: ["bigint", (account) => account.id],
  owner_id: ["text", (account) => account.ownerId],
  currency: ["text", (account) => account.currency],
  name: ["text", (account) => account.name],
  holder_name: ["text", (account) => account.holderName],
  external_number: ["text", (account) => account.externalNumber],
  external_number_index: ["bytea", (account) => account.externalNumberIndex],
  opened_at: ["timestamptz", (account) => account.openedAt],
});

export async function insertAccounts({ sql }: Tx, accounts: readonly NewBankAccount[]): Promise<void> {
  await sql`INSERT INTO banking.accounts ${ACCOUNT_COLUMNS.rows(sql, accounts)}`;
}
