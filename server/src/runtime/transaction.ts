// The only place that begins a database transaction. Serialization failures and deadlocks are retried at most three times, then
// answered `try_again`, so that no client ever sees a deadlock.
import { setTimeout as sleep } from "node:timers/promises";
import type { TransactionSql } from "postgres";
import { AppError } from "../values/app-error.ts";
import type { BatchConnections } from "./batch-driver/batch-connections.ts";
import type { Connections, Sql, SqlTypes } from "./database.ts";

/** Where a command's statements are sent: a tagged template that runs inside the command's one transaction. */
export interface Tx {
  readonly sql: TransactionSql<SqlTypes>;
}

/** Either the pool or a transaction, for code that only reads. */
export type Query = Sql | Tx["sql"];

export interface Reader {
  readonly sql: Query;
}

const TRIES_MAX = 4;
/** The error that our SQL functions raise (`ledger.expect_rows` and the like) where something changed since it was decided. */
const DECIDED_ON_STALE = "ST001";
// Serialization failure, deadlock, lock timeout; and a unique index into which another process wrote between our read and our
// write, which the next try will read.
const RETRIED = new Set(["40001", "40P01", "55P03", "23505"]);

/**
 * Runs `work` in one transaction: all of it commits, or nothing does.
 * @throws AppError `unavailable/try_again` after three retries of a serialization failure or deadlock.
 */
export function inTransaction<T>(db: Sql, work: (tx: Tx) => Promise<T>): Promise<T> {
  return retrying(() => runWhole(db, { begin: ({ sql }) => sql`BEGIN`, work }));
}

/**
 * Runs several reads that must agree: all see the same moment, and nothing can be written. Takes no locks.
 * @throws AppError `unavailable/database_unavailable`
 */
export function inReadTransaction<T>(db: Sql, work: (tx: Tx) => Promise<T>): Promise<T> {
  const begin = ({ sql }: Tx) => sql`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`;
  return retrying(() => runWhole(db, { begin, work }));
}

/**
 * Runs `work` in a transaction that sees exactly what a read transaction, still open, sees: `snapshot` is the result of
 * pg_export_snapshot() there. It writes down findings, although the reading transaction itself could not write.
 */
export function inTransactionAt<T>(db: Sql, snapshot: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  const begin = ({ sql }: Tx) => sql`BEGIN ISOLATION LEVEL REPEATABLE READ`;
  return runWhole(db, { begin, work: (tx) => workAt(tx, snapshot, work) });
}

/** The same for reading, on a second connection, what the first one sees. */
export function inReadTransactionAt<T>(db: Sql, snapshot: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  const begin = ({ sql }: Tx) => sql`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`;
  return runWhole(db, { begin, work: (tx) => workAt(tx, snapshot, work) });
}

async function workAt<T>(tx: Tx, snapshot: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  await tx.sql.unsafe(`SET TRANSACTION SNAPSHOT '${snapshot.replaceAll("'", "")}'`); // takes no parameter
  return work(tx);
}

/**
 * Like `inTransaction`, but one round trip shorter, for group commit: COMMIT is sent with the last statements. `work` returns
 * its outcome and the statements still under way.
 */
export function inPipelinedTransaction<T>(db: Connections, work: PipelinedWork<T>): Promise<T> {
  return retrying(() => runOnce(db, { begin: ({ sql }) => sql`BEGIN`, work }));
}

/**
 * Sends a whole transaction at once, for work that was decided ahead: one round trip. False where the data it was decided on has
 * changed, or another process took a lock or a key first: then nothing is written, and the caller decides again.
 * @param send sends all statements and returns their promises
 */
export async function tryInOneTrip(
  db: BatchConnections,
  send: (tx: Tx) => readonly Promise<unknown>[],
): Promise<boolean> {
  try {
    // Statements sent in one turn form one transaction there, so neither BEGIN nor COMMIT is needed.
    await onOneConnection(db, (tx) => Promise.all(send(tx)));
    return true;
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    if (code === DECIDED_ON_STALE || RETRIED.has(code)) return false;
    throw asUnavailable(error);
  }
}

/** Reads on one connection, each statement on its own. A lost connection ends the wait at once. */
export async function readOnOneConnection<T>(db: Connections, read: (tx: Tx) => Promise<T>): Promise<T> {
  try {
    return await onOneConnection(db, read);
  } catch (error) {
    throw asUnavailable(error);
  }
}

type PipelinedWork<T> = (tx: Tx) => Promise<{ outcome: T; writes: readonly Promise<unknown>[] }>;

interface Steps<Work> {
  readonly begin: (tx: Tx) => { execute: () => Promise<unknown> };
  readonly work: Work;
}

function runWhole<T>(db: Sql, { begin, work }: Steps<(tx: Tx) => Promise<T>>): Promise<T> {
  return runOnce(db, { begin, work: async (tx) => ({ outcome: await work(tx), writes: [] }) });
}

function runOnce<T>(db: Connections, steps: Steps<PipelinedWork<T>>): Promise<T> {
  return onOneConnection(db, (tx) => perform(tx, steps));
}

/** A lost connection ends the wait at once: statements sent on it may never be answered. */
async function onOneConnection<T>(db: Connections, work: (tx: Tx) => Promise<T>): Promise<T> {
  const { sql, lost, release } = await db.takeConnection();
  try {
    return await Promise.race([work({ sql }), lost]);
  } catch (error) {
    if (SESSION_SPOILED.has(String((error as { code?: unknown }).code))) db.replaceConnections();
    throw error;
  } finally {
    release();
  }
}

/**
 * BEGIN is sent with the first statements of the work, COMMIT with the last. A failed statement aborts the transaction in
 * PostgreSQL, which then answers COMMIT with ROLLBACK; both are checked.
 */
async function perform<T>(tx: Tx, { begin, work }: Steps<PipelinedWork<T>>): Promise<T> {
  const begun = begin(tx).execute();
  begun.catch(() => undefined); // fails together with the statements sent after it, whose errors are handled first
  try {
    const { outcome, writes } = await work(tx);
    const commit = tx.sql`COMMIT`.execute();
    const results = await Promise.allSettled([begun, ...writes, commit]);
    for (const result of results) if (result.status === "rejected") throw result.reason;
    if ((await commit).command !== "COMMIT") throw new Error("the database rolled the transaction back");
    return outcome;
  } catch (error) {
    // After a failed COMMIT there is nothing to roll back, and PostgreSQL only warns; a lost connection cannot be told to.
    await tx.sql`ROLLBACK`.catch(() => undefined);
    throw error;
  }
}

async function retrying<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (!RETRIED.has(String(code))) throw asUnavailable(error);
      if (attempt >= TRIES_MAX) {
        if (code === "23505" && !isKeyTaken(error)) throw error;
        throw new AppError("unavailable", "try_again", {
          message: "too much contention; try again",
          retryAfterSeconds: 1,
        });
      }
      await sleep(Math.random() * 5 * 2 ** attempt);
    }
  }
}

/** If others keep taking the key, it is contention; any other unique index that stays violated is a rule's or a bug's. */
function isKeyTaken(error: unknown): boolean {
  return String((error as { constraint_name?: unknown }).constraint_name).startsWith("idempotency_keys");
}

/** Codes of Node and of the driver for a connection that was lost, or never made. */
const CONNECTION_LOST = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "CONNECT_TIMEOUT",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
  "EPIPE",
  "ETIMEDOUT",
]);
/**
 * SQLSTATEs of a server that cannot serve now: no connection, out of a resource (53300: connections, 53100: disk), closing or
 * starting (57P01 to 57P03), out of time (57014), a transaction ended for being idle (25P03), a fault of its disk.
 */
const SERVER_UNABLE = /^(08|53|57|58)|^25P0[34]$/;
/** A server that accepts no writes: a primary that became a standby, or one that was set read-only. */
const READ_ONLY = "25006";
/** Sessions begun while something was wrong, or without their prepared statements, stay that way, so they are replaced. */
const SESSION_SPOILED = new Set([READ_ONLY, "25P02", "26000", "08P01"]);

/**
 * A database that is gone, too slow, full or read-only is neither the caller's fault nor a bug: 503, and a later request with the
 * same key tells the outcome.
 */
export function asUnavailable(error: unknown): unknown {
  const { code: given, severity } = (error ?? {}) as { code?: unknown; severity?: unknown };
  const code = String(given);
  if (code === READ_ONLY)
    return new AppError("unavailable", "database_read_only", {
      message: "the database takes no writes at the moment; try again with the same Idempotency-Key",
      retryAfterSeconds: 1,
    });
  // An error that ends or refuses a session says nothing about the statement.
  const isUnable = severity === "FATAL" || severity === "PANIC" || SERVER_UNABLE.test(code);
  if (!isUnable && !CONNECTION_LOST.has(code) && code !== "26000") return error;
  return new AppError("unavailable", "database_unavailable", {
    message: "the database does not answer; try again with the same Idempotency-Key",
    retryAfterSeconds: 1,
  });
}
