// Rows of reports.integrity_checks.
import type { Sql } from "../../runtime/database.ts";
import type { Findings } from "./check-integrity.ts";

export interface CheckRow {
  readonly checkedAt: Date;
  readonly durationMs: number;
  readonly transferCount: number;
  /** Stamp; 0: from the first transfer. */
  readonly since: number;
  readonly findings: Findings;
}

export type NewCheck = Omit<CheckRow, "checkedAt">;

export async function insertCheck(sql: Sql, check: NewCheck): Promise<CheckRow> {
  const { durationMs, transferCount, since, findings } = check;
  const [row] = await sql<[{ checkedAt: Date }]>`
    INSERT INTO reports.integrity_checks (duration_ms, transfer_count, since, findings)
    VALUES (${durationMs}, ${String(transferCount)}, ${String(since)}, ${JSON.stringify(findings)}::text::jsonb)
    RETURNING checked_at AS "checkedAt"`;
  return { ...check, checkedAt: row.checkedAt };
}

export async function readLatestCheck(sql: Sql): Promise<CheckRow | undefined> {
  const [row] = await sql<(Omit<CheckRow, "findings"> & { findings: string })[]>`
    SELECT checked_at AS "checkedAt", duration_ms AS "durationMs", transfer_count::float8 AS "transferCount",
           since::float8 AS since, findings::text AS findings
    FROM reports.integrity_checks ORDER BY id DESC LIMIT 1`;
  return row === undefined ? undefined : { ...row, findings: JSON.parse(row.findings) };
}

/** Those that found nothing are kept for `days`, the others for good. */
export async function deleteOldChecks(sql: Sql, days: number): Promise<number> {
  const deleted = await sql`
    DELETE FROM reports.integrity_checks
    WHERE checked_at < now() - make_interval(days => ${days})
      AND NOT jsonb_path_exists(findings, '$.*[*]')
      AND id < (SELECT max(id) FROM reports.integrity_checks)`;
  return deleted.count;
}
