// The SQL that re-encrypts a table. Names of tables and columns are constants of this program, never input.

import { ownOf } from "../../values/own-of.ts";
import { toTextArray } from "../sql-array.ts";
import type { Tx } from "../transaction.ts";
import type { EncryptedTable } from "./encrypted-table.ts";

export interface SealedRow {
  readonly key: string;
  /** In the order of the table's columns. */
  readonly values: readonly (string | null)[];
}

/** The next rows, by key, that have an encrypted value; locks them in that order against changes. */
export async function lockEncryptedRows(
  { sql }: Tx,
  { name, key, keyType, columns }: EncryptedTable,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<SealedRow[]> {
  const names = columns.map((column) => column.name);
  const isFilled = names.map((column) => `${column} IS NOT NULL`).join(" OR ");
  const isNext = after === null ? "" : `AND ${key} > $2::text::${keyType}`;
  const rows = await sql.unsafe<(Readonly<Record<string, string | null>> & { readonly row_key: string })[]>(
    `SELECT ${key}::text AS row_key, ${names.join(", ")} FROM ${name}
     WHERE (${isFilled}) ${isNext} ORDER BY ${key} LIMIT $1::int FOR NO KEY UPDATE`,
    after === null ? [limit] : [limit, after],
  );
  return rows.map((row) => ({ key: row.row_key, values: names.map((column) => ownOf(row, column) ?? null) }));
}

export async function updateEncryptedRows(
  { sql }: Tx,
  { name, key, keyType, columns }: EncryptedTable,
  rows: readonly SealedRow[],
): Promise<void> {
  const names = columns.map((column) => column.name);
  const arrays = names.map((_, index) => `$${index + 2}::text::text[]`);
  await sql.unsafe(
    `UPDATE ${name} AS old SET ${names.map((column) => `${column} = new.${column}`).join(", ")}
     FROM unnest($1::text::text[], ${arrays.join(", ")}) AS new (key, ${names.join(", ")})
     WHERE old.${key} = new.key::${keyType}`,
    [
      toTextArray(rows.map((row) => row.key)),
      ...names.map((_, index) => toTextArray(rows.map(({ values }) => values[index] ?? null))),
    ],
  );
}
