// The SQL of banking.
import type { Tx } from "../../../runtime/transaction.ts";

/** Owners of the accounts, by account id. */
export async function readOwners({ sql }: Tx, accountIds: readonly number[]): Promise<Map<number, string>> {
  if (accountIds.length === 0) return new Map();
  const rows = await sql<{ id: bigint; owner_id: string }[]>`
    SELECT id, owner_id FROM banking.accounts WHERE id = ANY(${`{${accountIds.join(",")}}`}::bigint[])`.execute();
  return new Map(rows.map((row) => [Number(row.id), row.owner_id]));
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

export async function insertAccounts({ sql }: Tx, accounts: readonly NewBankAccount[]): Promise<void> {
  await sql`
    INSERT INTO banking.accounts (id, owner_id, currency, name, holder_name, external_number, external_number_index, opened_at)
    SELECT * FROM unnest(
      ${accounts.map((a) => String(a.id))}::bigint[], ${accounts.map((a) => a.ownerId)}::text[], ${accounts.map((a) => a.currency)}::text[],
      ${accounts.map((a) => a.name)}::text[], ${accounts.map((a) => a.holderName)}::text[], ${accounts.map((a) => a.externalNumber)}::text[],
      ${accounts.map((a) => (a.externalNumberIndex === null ? null : `\\x${a.externalNumberIndex.toString("hex")}`))}::text[]::bytea[],
      ${accounts.map((a) => a.openedAt.toISOString())}::text[]::timestamptz[])`;
}
