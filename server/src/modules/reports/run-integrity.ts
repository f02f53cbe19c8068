// Runs the check of the whole and keeps what it found, for every process to tell.
import type { Sql } from "../../runtime/database.ts";
import type { Log } from "../../runtime/log.ts";
import { checkIntegrity, countFindings } from "./check-integrity.ts";
import { type CheckRow, deleteOldChecks, insertCheck, readLatestCheck } from "./integrity-store.ts";

export type { CheckRow };

const KEPT_DAYS = 30;

/** The newest check of any process; undefined before the first. */
export function findLatestCheck(db: Sql): Promise<CheckRow | undefined> {
  return readLatestCheck(db);
}

/** @throws AppError `conflict/verification_running` while another verification runs on the same database */
export async function runIntegrity(db: Sql): Promise<CheckRow> {
  const startedAt = performance.now();
  const { findings, book } = await checkIntegrity(db);
  const { transferCount, since } = book;
  const durationMs = Math.round(performance.now() - startedAt);
  return insertCheck(db, { durationMs, transferCount, since, findings });
}

/** The scheduled run: a difference is logged as an error, the first of each kind in words. */
export async function watchIntegrity({ db, log }: { db: Sql; log: Log }): Promise<string> {
  const { findings, durationMs } = await runIntegrity(db);
  for (const [kind, [first]] of Object.entries(findings))
    if (first !== undefined) log.error({ kind, finding: first }, `integrity: ${first.what}`);
  await deleteOldChecks(db, KEPT_DAYS);
  return `${countFindings(findings)} differences in ${durationMs} ms`;
}
