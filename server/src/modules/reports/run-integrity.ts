// Runs the check of the whole and stores its result, so that every process can report it.
import type { Sql } from "../../runtime/database.ts";
import type { Log } from "../../runtime/log.ts";
import type { BookReading, Check } from "../module.ts";
import { checkIntegrity, countFindings, type IntegrityOptions } from "./check-integrity.ts";
import {
  type CheckRow,
  deleteOldChecks,
  insertCheck,
  type NewCheck,
  selectLatestCheck,
  selectVerifiedUntil,
} from "./integrity-store.ts";

export type { CheckRow };

const KEPT_DAYS = 30;

/** The newest check by any process; undefined before the first one. */
export function findLatestCheck(db: Sql): Promise<CheckRow | undefined> {
  return selectLatestCheck(db);
}

export interface IntegrityRun {
  readonly check: CheckRow;
  readonly reading: BookReading;
}

/**
 * Checks, and stores the result unless `readOnly`.
 * @throws AppError `conflict/verification_running` while another verification runs on the same database
 */
export async function runIntegrity(
  db: Sql,
  checks: readonly Check[],
  options: Omit<IntegrityOptions, "verifiedUntil"> = {},
): Promise<IntegrityRun> {
  const startedAt = performance.now();
  const verifiedUntil = options.full === true ? 0 : await selectVerifiedUntil(db);
  const { findings, reading } = await checkIntegrity(db, checks, { ...options, verifiedUntil });
  const found: NewCheck = {
    durationMs: Math.round(performance.now() - startedAt),
    transferCount: reading.transferCount,
    since: reading.since,
    verifiedUntil: countFindings(findings) === 0 ? (reading.verifiedUntil ?? null) : null,
    findings,
  };
  const isKept = options.readOnly !== true;
  return { check: isKept ? await insertCheck(db, found) : { ...found, checkedAt: new Date() }, reading };
}

/** Checks the whole now; a caller who asks while a check runs gets the result of that check. */
export function shareCheck(db: Sql, checks: readonly Check[]): () => Promise<CheckRow> {
  let running: Promise<CheckRow> | undefined;
  return () => {
    running ??= runIntegrity(db, checks)
      .then((run) => run.check)
      .finally(() => {
        running = undefined;
      });
    return running;
  };
}

/** The scheduled run: differences are logged as an error, the first of each kind in words. */
export async function watchIntegrity({
  db,
  log,
  checks,
}: {
  db: Sql;
  log: Log;
  checks: readonly Check[];
}): Promise<string> {
  const { findings, durationMs } = (await runIntegrity(db, checks)).check;
  for (const [kind, [first]] of Object.entries(findings))
    if (first !== undefined) log.error({ kind, finding: first }, `integrity: ${first.what}`);
  await deleteOldChecks(db, KEPT_DAYS);
  return `${countFindings(findings)} differences in ${durationMs} ms`;
}
