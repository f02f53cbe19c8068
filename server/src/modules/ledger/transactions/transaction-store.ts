// The SQL that finds transactions. A transaction is a journal of transfers, a hold or a refusal; all take their ids
// from one clock. A search scans branches (an account's debits, its credits, ...), each by an index and no further than
// `scanMax` rows, so that a page costs bounded work whatever it looks for. Where a branch stops early, the page ends at
// `horizon`: nothing at or above it was missed, and the next page begins below it.
import type { PendingQuery, Row } from "postgres";
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { JOURNAL_KINDS, type JournalKind, type TransactionStatus } from "../book/journal.ts";
import type { OwnerRow } from "../book/owner.ts";

export interface TransactionScan {
  /** Only transactions on any of these accounts. */
  readonly accountIds?: readonly number[] | undefined;
  readonly type?: JournalKind | undefined;
  readonly status?: TransactionStatus | undefined;
  readonly reference?: string | undefined;
  /** Stamps: `from <= id < before`. */
  readonly from: number;
  readonly before: number;
  readonly scanMax: number;
  readonly limit: number;
}

export interface TransactionRow extends OwnerRow {
  id: bigint;
  kind: number;
  status: TransactionStatus;
  reference: string | null;
  metadata: string | null;
  actor_id: string;
  effective_at: Date | null;
  transfer_count: number;
  code: string | null;
  expires_at: bigint | null;
  closed_at: bigint | null;
  debit_account_id: bigint;
  credit_account_id: bigint;
  amount: bigint;
  /** Null where a refusal named accounts that do not exist. */
  asset_id: number | null;
  debit_is_system: boolean;
  credit_is_system: boolean;
  reversed_id: bigint | null;
  reversed_by: bigint | null;
}

/** `horizon` is null where every branch was read to its end; an empty page is one row without an id. */
export type ScannedRow = { horizon: bigint | null } & (TransactionRow | { id: null });

export interface TransferRow {
  id: bigint;
  debit_account_id: bigint;
  credit_account_id: bigint;
  amount: bigint;
  debit_after: bigint | null;
  credit_after: bigint | null;
  asset_id: number;
}

type Sql = Tx["sql"];
/** A piece of SQL that becomes part of a larger statement. */
export type Fragment = PendingQuery<Row[]>;

/** At most `limit` transactions, newest first. */
export function selectTransactions({ sql }: Tx, scan: TransactionScan): Promise<ScannedRow[]> {
  const byAccount = scan.accountIds !== undefined && scan.reference === undefined;
  const scanned = byAccount ? scanAccounts(sql, scan) : scanJournals(sql, scan);
  return selectScanned(sql, scan, scanned);
}

export async function selectTransaction({ sql }: Tx, id: number): Promise<TransactionRow | undefined> {
  const one = { from: id, before: id + 1, scanMax: 2, limit: 1 };
  const [row] = await selectScanned(sql, one, scanJournals(sql, one));
  return row === undefined || row.id === null ? undefined : row;
}

/** Transfers with consecutive ids, in the order they were booked. */
export function selectTransfersFrom(
  { sql }: Tx,
  { journalId, firstId, count }: { journalId: number; firstId: number; count: number },
): Promise<TransferRow[]> {
  return sql<TransferRow[]>`
    SELECT t.id, t.debit_account_id, t.credit_account_id, t.amount, t.debit_after, t.credit_after, a.asset_id
    FROM ledger.transfers t
    JOIN ledger.accounts a ON a.id = t.debit_account_id
    WHERE t.id >= ${firstId} AND t.id < ${firstId + count} AND t.journal_id = ${journalId}
    ORDER BY t.id`;
}

/** Journals, holds and refusals by their own ids, or by reference. */
function scanJournals(sql: Sql, { from, before, scanMax, reference, status }: TransactionScan): Fragment {
  const range = sql`
    id >= ${from} AND id < ${before}
    AND ${reference === undefined ? sql`true` : sql`reference = ${reference}`}
    ORDER BY id DESC
    LIMIT ${scanMax}`;
  return ofBranches(sql, status, {
    transfers: () => sql`
      (SELECT ${BRANCHES.transfers[0]}::int AS branch, id AS item, id AS position
       FROM ledger.transfers
       WHERE transfer_count IS NOT NULL AND ${range})`,
    holds: () => sql`
      (SELECT ${BRANCHES.holds[0]}::int AS branch, id AS item, id AS position
       FROM ledger.holds
       WHERE ${range})`,
    refusals: () => sql`
      (SELECT ${BRANCHES.refusals[0]}::int AS branch, id AS item, id AS position
       FROM ledger.refusals
       WHERE ${range})`,
  });
}

/** All branches, except where the status asked for cannot occur. */
function ofBranches(
  sql: Sql,
  status: TransactionStatus | undefined,
  scan: Readonly<Record<keyof typeof BRANCHES, () => Fragment>>,
): Fragment {
  const branches = [
    ...(status === undefined || status === "COMPLETED" ? [scan.transfers()] : []),
    ...(status === "FAILED" ? [] : [scan.holds()]),
    ...(status === undefined || status === "FAILED" ? [scan.refusals()] : []),
  ];
  return branches.reduce((all, branch) => sql`${all} UNION ALL ${branch}`);
}

const SIDES = ["debit_account_id", "credit_account_id"] as const;
/** The table that carries an item is its branch, halved and rounded up. */
const BRANCHES = { transfers: [1, 2], holds: [3, 4], refusals: [5, 6] } as const;
const SOURCES = { transfers: 1, holds: 2, refusals: 3 } as const;

/** Both sides of the accounts' transfers, holds and refusals. */
function scanAccounts(sql: Sql, scan: TransactionScan): Fragment {
  const sides = ([0, 1] as const).map((side) =>
    ofBranches(sql, scan.status, {
      transfers: () => scanTransfers(sql, scan, side),
      holds: () => scanHolds(sql, scan, side),
      refusals: () => scanRefusals(sql, scan, side),
    }),
  );
  return sides.reduce((all, side) => sql`${all} UNION ALL ${side}`);
}

/**
 * A captured hold's transfer is not an item of its own, because the hold is one. The scan may stop in the middle of a journal's
 * many transfers: their ids are consecutive, so the ones still to come lie below, down to the journal's own id.
 */
function scanTransfers(sql: Sql, scan: TransactionScan, side: 0 | 1): Fragment {
  const rows = sql`
    SELECT id, journal_id, transfer_count FROM ledger.transfers WHERE ${sql(SIDES[side])} = a.id`;
  const columns = sql`s.id, s.journal_id, s.transfer_count`;
  return sql`
    (
      SELECT ${BRANCHES.transfers[side]}::int AS branch,
        CASE WHEN t.transfer_count IS NULL THEN first.id ELSE t.id END AS item,
        coalesce(first.id, t.id) AS position
      FROM (${ofAccounts(sql, scan, { rows, columns })}) AS t
      LEFT JOIN LATERAL (
        SELECT id
        FROM ledger.transfers
        WHERE id = t.journal_id AND t.transfer_count IS NULL
        LIMIT 1) AS first ON true)`;
}

function scanHolds(sql: Sql, scan: TransactionScan, side: 0 | 1): Fragment {
  const rows = sql`SELECT id FROM ledger.holds WHERE ${sql(SIDES[side])} = a.id`;
  return sql`
    (
      SELECT ${BRANCHES.holds[side]}::int AS branch, id AS item, id AS position
      FROM (${ofAccounts(sql, scan, { rows, columns: sql`s.id` })}) AS h)`;
}

function scanRefusals(sql: Sql, scan: TransactionScan, side: 0 | 1): Fragment {
  const rows = sql`SELECT id FROM ledger.refusals WHERE ${sql(SIDES[side])} = a.id`;
  return sql`
    (
      SELECT ${BRANCHES.refusals[side]}::int AS branch, id AS item, id AS position
      FROM (${ofAccounts(sql, scan, { rows, columns: sql`s.id` })}) AS r)`;
}

/** The newest rows of a branch: first of each account by its index, then of all together. */
function ofAccounts(
  sql: Sql,
  { accountIds = [], from, before, scanMax }: TransactionScan,
  { rows, columns }: { rows: Fragment; columns: Fragment },
): Fragment {
  return sql`
    SELECT ${columns}
    FROM unnest(${toArray(accountIds)}::bigint[]) AS a (id)
    CROSS JOIN LATERAL (
      ${rows} AND id >= ${from} AND id < ${before}
      ORDER BY id DESC
      LIMIT ${scanMax}) AS s
    ORDER BY s.id DESC
    LIMIT ${scanMax}`;
}

type Filter = Omit<TransactionScan, "before">;

/** Turns the scanned rows into transactions: those that pass the filters, down to the horizon. */
function selectScanned(sql: Sql, filter: Filter, scanned: Fragment): Promise<ScannedRow[]> {
  // The planner only knows the average number of rows per account. For an account with a million transfers it would collect and
  // sort them all by bitmaps (measured: 1.1 s instead of 20 ms), where walking the index backwards stops after a page.
  sql`SET LOCAL enable_bitmapscan = off`.execute().catch(() => undefined); // its failure fails the next one
  return sql<ScannedRow[]>`
    WITH scanned AS MATERIALIZED (${scanned}),
    horizon AS (
      SELECT max(lowest) AS id
      FROM (
        SELECT min(position) AS lowest
        FROM scanned
        GROUP BY branch
        HAVING count(*) >= ${filter.scanMax}) AS stopped_early),
    picked AS (
      SELECT DISTINCT s.item AS id, (s.branch + 1) / 2 AS source
      FROM scanned s
      CROSS JOIN horizon
      WHERE s.item >= ${filter.from} AND s.item >= coalesce(horizon.id, 0)),
    page AS (
      SELECT id, kind, status, reference, metadata, actor_id, effective_at, transfer_count, code, expires_at,
        closed_at, debit_id, credit_id, amount, owner_type, owner_id
      FROM (${selectDetails(sql)}) AS details
      WHERE ${matches(sql, filter)}
      ORDER BY id DESC
      LIMIT ${filter.limit})
    SELECT horizon.id AS horizon, page.id, page.kind, page.status, page.reference, page.metadata,
      page.actor_id, page.effective_at, page.transfer_count, page.code, page.expires_at, page.closed_at,
      page.owner_type, page.owner_id,
      page.debit_id AS debit_account_id, page.credit_id AS credit_account_id, page.amount,
      coalesce(debit.asset_id, credit.asset_id) AS asset_id, debit.system AS debit_is_system,
      credit.system AS credit_is_system, reverses.reversed_id, reversed.journal_id AS reversed_by
    FROM horizon
    LEFT JOIN page ON true
    LEFT JOIN LATERAL (
      SELECT asset_id, system
      FROM ledger.accounts
      WHERE id = page.debit_id
      LIMIT 1) AS debit ON true
    LEFT JOIN LATERAL (
      SELECT asset_id, system
      FROM ledger.accounts
      WHERE id = page.credit_id
      LIMIT 1) AS credit ON true
    LEFT JOIN LATERAL (
      SELECT reversed_id FROM ledger.reversals WHERE journal_id = page.id LIMIT 1) AS reverses ON true
    LEFT JOIN LATERAL (
      SELECT journal_id FROM ledger.reversals WHERE reversed_id = page.id LIMIT 1) AS reversed ON true
    ORDER BY page.id DESC`;
}

/**
 * The picked transactions with their status: journals of transfers with what the first transfer moves, which `findMovement` then
 * replaces where there are several; holds; refusals. A hold past its time is cancelled, whether or not that has been recorded yet.
 */
function selectDetails(sql: Sql): Fragment {
  return sql`
    SELECT p.id, t.kind, t.reference, t.metadata, t.actor_id, t.effective_at, t.transfer_count, NULL AS code,
      NULL::bigint AS expires_at, NULL::bigint AS closed_at, t.owner_type, t.owner_id,
      t.debit_account_id AS debit_id, t.credit_account_id AS credit_id, t.amount, 'COMPLETED' AS status
    FROM picked p
    CROSS JOIN LATERAL (
      SELECT kind, reference, metadata, actor_id, effective_at, transfer_count, owner_type, owner_id,
        debit_account_id, credit_account_id, amount
      FROM ledger.transfers
      WHERE id = p.id
      LIMIT 1) AS t
    WHERE p.source = ${SOURCES.transfers}
    UNION ALL
    SELECT p.id, h.kind, h.reference, h.metadata, h.actor_id, h.effective_at, 0, NULL, h.expires_at,
      h.closed_at, h.owner_type, h.owner_id, h.debit_account_id, h.credit_account_id,
      CASE WHEN h.state = 2 THEN h.captured ELSE h.amount END,
      CASE
        WHEN h.state = 2 THEN 'COMPLETED'
        WHEN h.state = 1
          AND (h.expires_at IS NULL
            OR h.expires_at > (extract(epoch FROM statement_timestamp()) * 1000000)::bigint)
          THEN 'PENDING'
        ELSE 'CANCELLED' END
    FROM picked p
    CROSS JOIN LATERAL (
      SELECT kind, reference, metadata, actor_id, effective_at, owner_type, owner_id, debit_account_id,
        credit_account_id, amount, captured, state, expires_at, closed_at
      FROM ledger.holds
      WHERE id = p.id
      LIMIT 1) AS h
    WHERE p.source = ${SOURCES.holds}
    UNION ALL
    SELECT p.id, r.kind, r.reference, r.metadata, r.actor_id, NULL, 0, r.code, NULL, NULL, NULL, NULL,
      r.debit_account_id, r.credit_account_id, r.amount, 'FAILED'
    FROM picked p
    CROSS JOIN LATERAL (
      SELECT kind, code, reference, metadata, actor_id, debit_account_id, credit_account_id, amount
      FROM ledger.refusals
      WHERE id = p.id
      LIMIT 1) AS r
    WHERE p.source = ${SOURCES.refusals}`;
}

function matches(sql: Sql, { type, status, reference, accountIds }: Filter): Fragment {
  // Rows found by reference still have to be checked for the accounts; rows found by account are right already.
  const onAccounts =
    accountIds === undefined || reference === undefined ? sql`true` : moveOn(sql, toArray(accountIds));
  return sql`
    ${type === undefined ? sql`true` : sql`kind = ${JOURNAL_KINDS[type]}`}
    AND ${status === undefined ? sql`true` : sql`status = ${status}`}
    AND ${onAccounts}`;
}

/** Whether the details, or one of their transfers, name one of the accounts. */
function moveOn(sql: Sql, ids: string): Fragment {
  return sql`(
    debit_id = ANY(${ids}::bigint[]) OR credit_id = ANY(${ids}::bigint[]) OR EXISTS (
      SELECT
      FROM ledger.transfers t
      WHERE t.id >= details.id AND t.id < details.id + details.transfer_count
        AND (t.debit_account_id = ANY(${ids}::bigint[]) OR t.credit_account_id = ANY(${ids}::bigint[]))))`;
}

/** Transfers of journals with several; where accounts are named, of journals with more than two only those on the accounts. */
export function selectSeveral(
  { sql }: Tx,
  journals: readonly { readonly id: bigint; readonly transfer_count: number }[],
  accountIds: readonly number[] | undefined,
): Promise<(TransferRow & { journal_id: bigint })[]> {
  const ids = toArray(accountIds ?? []);
  const onAccounts =
    accountIds === undefined
      ? sql`true`
      : sql`(t.debit_account_id = ANY(${ids}::bigint[]) OR t.credit_account_id = ANY(${ids}::bigint[]))`;
  return sql<(TransferRow & { journal_id: bigint })[]>`
    SELECT j.id AS journal_id, t.id, t.debit_account_id, t.credit_account_id, t.amount, t.debit_after,
      t.credit_after, a.asset_id
    FROM unnest(${toArray(journals.map(({ id }) => id))}::bigint[],
      ${toArray(journals.map((journal) => journal.transfer_count))}::int[]) AS j (id, count)
    JOIN ledger.transfers t ON t.id >= j.id AND t.id < j.id + j.count
    JOIN ledger.accounts a ON a.id = t.debit_account_id
    WHERE j.count <= 2 OR ${onAccounts}
    ORDER BY t.id`;
}
