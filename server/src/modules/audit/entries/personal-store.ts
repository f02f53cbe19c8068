// The SQL of personal values: reading them back, and forgetting a person.
import type { Sql } from "../../../runtime/database.ts";
import { columnsOf } from "../../../runtime/row-columns.ts";
import { toTextArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { toHex } from "../checkpoints/log-store.ts";
import { SEQUENCER_LOCK } from "../sequencer/sequence-store.ts";

/** Prevents entries from being chained until the end of the transaction. */
export async function waitForSequencer({ sql }: Tx): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${SEQUENCER_LOCK})`;
}

export async function writeErasure({ sql }: Tx, subjectId: string): Promise<void> {
  await sql`
    INSERT INTO audit.erasures (subject_id, erased_at) VALUES (${subjectId}, clock_timestamp())
    ON CONFLICT (subject_id) DO UPDATE SET erased_at = excluded.erased_at`;
}

export async function deleteValuesOf({ sql }: Tx, subjectId: string): Promise<number> {
  const { count } = await sql`DELETE FROM audit.personal_values WHERE subject_id = ${subjectId}`;
  return count;
}

/** Encrypted values by commitment in hexadecimal; forgotten ones are missing. */
export async function selectSealedValues(
  db: Sql,
  commitments: readonly string[],
): Promise<Map<string, string>> {
  if (commitments.length === 0) return new Map();
  const hexes = commitments.map((commitment) => toHex(Buffer.from(commitment, "hex")));
  const rows = await db<{ commitment: Buffer; sealed: string }[]>`
    SELECT commitment, sealed
    FROM audit.personal_values
    WHERE commitment = ANY(${toTextArray(hexes)}::bytea[])`;
  return new Map(rows.map((row) => [row.commitment.toString("hex"), row.sealed]));
}

/** A value that an entry has a commitment to. */
export interface ExpectedValue {
  /** In hexadecimal. */
  readonly commitment: string;
  readonly subjectId: string;
  readonly name: string;
  readonly at: string;
  readonly seq: number;
}

/** How long before its subject is forgotten an entry may have been written and still be chained after that. */
const CHAINED_LATE = "1 hour";

const EXPECTED = columnsOf<ExpectedValue>({
  commitment: ["bytea", (value) => Buffer.from(value.commitment, "hex")],
  subject_id: ["text", (value) => value.subjectId],
  at: ["text", (value) => value.at],
});

/** Values that are missing though they should be there: their subject was not forgotten since. */
export async function selectLostValues(
  { sql }: Tx,
  expected: readonly ExpectedValue[],
): Promise<ExpectedValue[]> {
  const rows = await sql<{ index: number }[]>`
    SELECT e.number::int - 1 AS index
    FROM unnest(${EXPECTED.arrays(sql, expected)}) WITH ORDINALITY AS e (${EXPECTED.names(sql)}, number)
    WHERE NOT EXISTS (SELECT FROM audit.personal_values v WHERE v.commitment = e.commitment)
      AND NOT EXISTS (
        SELECT
        FROM audit.erasures f
        WHERE f.subject_id = e.subject_id
          AND f.erased_at + ${CHAINED_LATE}::text::interval >= e.at::timestamptz)
    ORDER BY e.number`;
  return rows.flatMap(({ index }) => expected[index] ?? []);
}
