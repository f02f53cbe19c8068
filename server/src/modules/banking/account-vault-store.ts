// The SQL that re-encrypts accounts' personal fields.
import type { Tx } from "../../runtime/transaction.ts";

export interface EncryptedFields {
  readonly id: bigint;
  readonly holderName: string | null;
  readonly externalNumber: string | null;
}

/** The next accounts by id that have an encrypted field, locked in that order against a change of these fields. */
export async function lockEncryptedFields(
  { sql }: Tx,
  afterId: bigint,
  limit: number,
): Promise<EncryptedFields[]> {
  return await sql<EncryptedFields[]>`
    SELECT id, holder_name AS "holderName", external_number AS "externalNumber" FROM banking.accounts
    WHERE id > ${afterId} AND (holder_name IS NOT NULL OR external_number IS NOT NULL)
    ORDER BY id LIMIT ${limit} FOR NO KEY UPDATE`;
}

export async function updateEncryptedFields(
  { sql }: Tx,
  accounts: readonly EncryptedFields[],
): Promise<void> {
  await sql`
    UPDATE banking.accounts SET holder_name = new.holder_name, external_number = new.external_number
    FROM unnest(${accounts.map((a) => String(a.id))}::bigint[], ${accounts.map((a) => a.holderName)}::text[],
                ${accounts.map((a) => a.externalNumber)}::text[]) AS new (id, holder_name, external_number)
    WHERE accounts.id = new.id`;
}
