// The SQL that looks for the monthly partitions, the ledger's and the higher modules'.
import type { Sql } from "../../../runtime/database.ts";

/**
 * Names of missing partitions: of this month, without which nothing can be booked, and of the next one. Where the ledger's time
 * is ahead of the clock, also those of its months.
 */
export async function findMissingPartitions(db: Sql): Promise<{ now: string[]; soon: string[] }> {
  const rows = await db<{ name: string; is_now: boolean }[]>`
    SELECT wanted.name, bool_or(wanted.is_now) AS is_now
    FROM (
      SELECT format('%s.%s_%s', p.schema, p.name,
          to_char(date_trunc('month', time AT TIME ZONE 'UTC') + make_interval(months => ahead), 'YYYY_MM')
        ) AS name,
        ahead = 0 AS is_now
      FROM ledger.monthly_tables p
      CROSS JOIN (VALUES (now()), (to_timestamp(ledger.clock() / 1000000.0))) AS t (time)
      CROSS JOIN generate_series(0, 1) AS ahead) AS wanted
    WHERE to_regclass(wanted.name) IS NULL
    GROUP BY wanted.name
    ORDER BY 1`;
  const namesOf = (isNow: boolean) => rows.filter((row) => row.is_now === isNow).map((row) => row.name);
  return { now: namesOf(true), soon: namesOf(false) };
}
