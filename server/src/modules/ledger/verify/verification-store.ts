// The SQL around a verification: which stamps are settled, what an earlier run verified, how the reading is divided, and the
// checkpoint that is left for the next run.

import type { Sql } from "../../../runtime/database.ts";
import type { Tx } from "../../../runtime/transaction.ts";

const LOCK = 0x56455249; // "VERI"

/** Where a verification begins: everything up to `since` was verified, with this many holds still active. */
export interface Checkpoint {
  readonly since: number;
  /** Their ids stay in the database, because a shop may have millions. */
  readonly activeHoldCount: number;
}

export const FROM_THE_BEGINNING: Checkpoint = { since: 0, activeHoldCount: 0 };

/** Makes the stamps taken ahead so far unusable. Call it before waiting for the transactions under way. */
export async function spoilStampsAhead(db: Sql): Promise<void> {
  await db`SELECT nextval('ledger.settlings')`;
}

/** The last stamp given out, to any transaction, committed or not; undefined in a new book. */
export async function selectLastStamp(db: Sql): Promise<number | undefined> {
  const [row] = await db<{ last: bigint }[]>`SELECT last_value AS last FROM ledger.stamps WHERE is_called`;
  return row === undefined ? undefined : Number(row.last);
}

/**
 * Transactions that may have taken stamps and have not ended, by PostgreSQL's virtual ids. A transaction takes stamps, or checks
 * that its stamps are still good, after locking accounts, so until it ends it holds the table lock of SELECT ... FOR UPDATE or
 * of UPDATE on ledger.accounts.
 */
export async function selectOpenBatches(db: Sql): Promise<Set<string>> {
  const rows = await db<{ id: string }[]>`
    SELECT virtualtransaction AS id
    FROM pg_locks
    WHERE locktype = 'relation'
      AND relation = 'ledger.accounts'::regclass
      AND mode IN ('RowShareLock', 'RowExclusiveLock')
      AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  return new Set(rows.map((row) => row.id));
}

/** True where no other verification runs on this database; until this transaction ends, others get false. */
export async function lockVerification({ sql }: Tx): Promise<boolean> {
  const [lock] = await sql<[{ taken: boolean }]>`SELECT pg_try_advisory_xact_lock(${LOCK}) AS taken`;
  return lock.taken;
}

/**
 * Stops PostgreSQL from using parallel workers from here on. Reads in one order end in a single process anyway: measured,
 * handing it the rows costs more than the workers save, and two such reads at once are twice as fast.
 */
export async function forgoWorkers({ sql }: Tx): Promise<void> {
  await sql`SELECT set_config('max_parallel_workers_per_gather', '0', true)`;
}

export async function selectCheckpoint({ sql }: Tx): Promise<Checkpoint> {
  const [row] = await sql<{ verified_until: bigint; count: number }[]>`
    SELECT verified_until, cardinality(active_hold_ids) AS count FROM ledger.verifications`;
  if (row === undefined) return FROM_THE_BEGINNING;
  return { since: Number(row.verified_until), activeHoldCount: row.count };
}

/** The id of the `count`th transfer after `after`; undefined where there are fewer. */
export async function selectTransferAfter(
  { sql }: Tx,
  after: number,
  count: number,
): Promise<number | undefined> {
  const [row] = await sql<{ id: bigint }[]>`
    SELECT id
    FROM ledger.transfers
    WHERE id > ${after}
    ORDER BY id
    OFFSET ${count - 1}
    LIMIT 1`;
  return row === undefined ? undefined : Number(row.id);
}

/** Names this transaction's snapshot for `inTransactionAt`. */
export async function exportSnapshot({ sql }: Tx): Promise<string> {
  const [row] = await sql<[{ snapshot: string }]>`SELECT pg_export_snapshot() AS snapshot`;
  return row.snapshot;
}

/**
 * Keeps the sums at `until` for the next run. Call it at the snapshot of a verification that found no difference: there an
 * account's row is the sum of its transfers, so the sums at `until` are the row less the few transfers since.
 */
export async function saveCheckpoint({ sql }: Tx, until: number): Promise<void> {
  await sql`SELECT set_config('statement_timeout', '0', true)`;
  await sql`
    WITH later AS (
      SELECT account_id, sum(debit) AS debits, sum(credit) AS credits
      FROM (
        SELECT debit_account_id AS account_id, amount AS debit, 0 AS credit
        FROM ledger.transfers
        WHERE id > ${until}
        UNION ALL
        SELECT credit_account_id, 0, amount
        FROM ledger.transfers
        WHERE id > ${until}) AS sides
      GROUP BY account_id),
    posted AS (
      SELECT id AS account_id, debits_posted AS debits, credits_posted AS credits
      FROM ledger.accounts
      WHERE NOT system
      UNION ALL
      SELECT account_id, sum(debits_posted), sum(credits_posted)
      FROM ledger.system_balances
      GROUP BY account_id),
    settled AS (
      SELECT p.account_id, p.debits - coalesce(l.debits, 0) AS debits,
        p.credits - coalesce(l.credits, 0) AS credits
      FROM posted p
      LEFT JOIN later l USING (account_id))
    INSERT INTO ledger.verified_accounts AS v (account_id, debits, credits)
    SELECT s.account_id, s.debits, s.credits
    FROM settled s
    LEFT JOIN ledger.verified_accounts earlier USING (account_id)
    WHERE s.debits <> coalesce(earlier.debits, 0) OR s.credits <> coalesce(earlier.credits, 0)
    ON CONFLICT (account_id) DO UPDATE
    SET debits = excluded.debits, credits = excluded.credits`;
  await sql`
    INSERT INTO ledger.verifications (verified_until, active_hold_ids)
    SELECT ${until}, coalesce(array_agg(id ORDER BY id), '{}')
    FROM ledger.holds
    WHERE id <= ${until} AND state = 1
    ON CONFLICT (only_row) DO UPDATE
    SET verified_until = excluded.verified_until, active_hold_ids = excluded.active_hold_ids,
        verified_at = excluded.verified_at`;
}

/** Forgets what was verified: the next run begins at the first transfer. */
export async function dropCheckpoint({ sql }: Tx): Promise<void> {
  await sql`DELETE FROM ledger.verifications`;
  await sql`DELETE FROM ledger.verified_accounts`;
}

/** The holds that may have changed since a checkpoint: those placed later, and those active at the checkpoint. For a FROM. */
export function changedHolds({ sql }: Tx, { since, activeHoldCount }: Checkpoint) {
  const columns = sql`
    h.id, h.debit_account_id, h.credit_account_id, h.amount, h.captured, h.state, h.closed_at`;
  const placedLater = sql`SELECT ${columns} FROM ledger.holds h WHERE h.id > ${since}`;
  if (activeHoldCount === 0) return sql`(${placedLater})`;
  return sql`(
    ${placedLater}
    UNION ALL
    SELECT ${columns}
    FROM (SELECT unnest(active_hold_ids) AS id FROM ledger.verifications) AS active
    JOIN ledger.holds h ON h.id = active.id
    WHERE h.id <= ${since})`;
}

const FEW = 10_000;

/**
 * PostgreSQL assumes that an array in a row has ten elements, and would look up millions one by one. Call this before
 * `changedHolds` is read, and undo it afterwards.
 */
export async function expectMany({ sql }: Tx, { activeHoldCount }: Checkpoint): Promise<void> {
  if (activeHoldCount > FEW) await sql`SELECT set_config('enable_nestloop', 'off', true)`;
}

export async function expectAny({ sql }: Tx): Promise<void> {
  await sql`SELECT set_config('enable_nestloop', 'on', true)`;
}
