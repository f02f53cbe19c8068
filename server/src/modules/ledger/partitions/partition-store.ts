// The SQL that looks for the ledger's monthly partitions.
import type { Sql } from "../../../runtime/database.ts";

/** Names of partitions that are not there: of this month, without which nothing can be booked, and of the next. */
export async function findMissingPartitions(db: Sql): Promise<{ now: string[]; soon: string[] }> {
  const rows = await db<{ name: string; is_now: boolean }[]>`
    SELECT wanted.name, wanted.is_now
    FROM (
      SELECT format('ledger.%s_%s', parent, to_char(month AT TIME ZONE 'UTC', 'YYYY_MM')) AS name,
        month = date_trunc('month', now(), 'UTC') AS is_now
      FROM unnest(ARRAY['journals', 'transfers', 'holds', 'refusals']) AS p (parent)
      CROSS JOIN unnest(ARRAY[date_trunc('month', now(), 'UTC'),
          date_trunc('month', now(), 'UTC') + interval '1 month']) AS m (month)) AS wanted
    WHERE to_regclass(wanted.name) IS NULL
    ORDER BY 1`;
  const namesOf = (isNow: boolean) => rows.filter((row) => row.is_now === isNow).map((row) => row.name);
  return { now: namesOf(true), soon: namesOf(false) };
}
