// Rows of reports.integrity_checks.
import type { Sql } from "../../runtime/database.ts";
import type { Findings } from "./check-integrity.ts";

export interface CheckRow {
  readonly checkedAt: Date;
  readonly durationMs: number;
  readonly transferCount: number;
  /** Stamp; 0: from the first transfer. */
  readonly since: number;
  /** Stamp up to which all kinds were found in order; null where any was not. */
  readonly verifiedUntil: number | null;
  readonly findings: Findings;
}

export type NewCheck = Omit<CheckRow, "checkedAt">;

export async function insertCheck(sql: Sql, check: NewCheck): Promise<CheckRow> {
  const { durationMs, transferCount, since, verifiedUntil, findings } = check;
  const [row] = await sql<[{ checkedAt: Date }]>`
    INSERT INTO reports.integrity_checks (duration_ms, transfer_count, since, verified_until, findings)
    VALUES (${durationMs}, ${String(transferCount)}, ${String(since)},
      ${verifiedUntil === null ? null : String(verifiedUntil)}, ${JSON.stringify(findings)}::text::jsonb)
    RETURNING checked_at AS "checkedAt"`;
  return { ...check, checkedAt: row.checkedAt };
}

export async function selectLatestCheck(sql: Sql): Promise<CheckRow | undefined> {
  const [row] = await sql<(Omit<CheckRow, "findings"> & { findings: string })[]>`
    SELECT checked_at AS "checkedAt", duration_ms AS "durationMs", transfer_count::float8 AS "transferCount",
      since::float8 AS since, verified_until::float8 AS "verifiedUntil", findings::text AS findings
    FROM reports.integrity_checks
    ORDER BY id DESC
    LIMIT 1`;
  return row === undefined ? undefined : { ...row, findings: JSON.parse(row.findings) };
}

/** Stamp up to which the newest clean check found everything in order; 0 before the first. */
export async function selectVerifiedUntil(sql: Sql): Promise<number> {
  const [row] = await sql<{ until: number }[]>`
    SELECT verified_until::float8 AS until
    FROM reports.integrity_checks
    WHERE verified_until IS NOT NULL
    ORDER BY id DESC
    LIMIT 1`;
  return row?.until ?? 0;
}

/** Clean checks are kept for `days`, all others for ever. */
export async function deleteOldChecks(sql: Sql, days: number): Promise<number> {
  const deleted = await sql`
    DELETE FROM reports.integrity_checks
    WHERE checked_at < now() - make_interval(days => ${days})
      AND NOT jsonb_path_exists(findings, '$.*[*]')
      AND id < (SELECT max(id) FROM reports.integrity_checks)`;
  return deleted.count;
}
