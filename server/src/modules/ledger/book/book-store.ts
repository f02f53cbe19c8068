// The SQL that reads for the book: locks what a batch touches and reads it. Set-based with arrays, so that a batch of a
// thousand sends the same few statements as a batch of one.
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { BookAccount } from "./book.ts";
import { HOLD_STATES, type Hold, JOURNAL_KINDS, nameOf } from "./journal.ts";
import { type OwnerRow, toOwner } from "./owner.ts";

interface AccountRow {
  id: bigint;
  asset_id: number;
  system: boolean;
  state: number;
  debits_posted: bigint;
  credits_posted: bigint;
  debits_pending: bigint;
  credit_limit: bigint;
  version: bigint;
  next_expiry: bigint | null;
}

/** Locks customers' accounts in id order, the one lock order of all processes, and reads them. */
export async function lockAccounts({ sql }: Tx, ids: string): Promise<BookAccount[]> {
  const rows = await sql<AccountRow[]>`
    SELECT id, asset_id, system, state, debits_posted, credits_posted, debits_pending, credit_limit, version,
      next_expiry
    FROM ledger.accounts
    WHERE id = ANY(${ids}::bigint[]) AND NOT system
    ORDER BY id
    FOR NO KEY UPDATE`.execute();
  return rows.map(toAccount);
}

function toAccount(row: AccountRow): BookAccount {
  return {
    id: Number(row.id),
    assetId: row.asset_id,
    system: row.system,
    state: row.state,
    creditLimit: row.credit_limit,
    debitsPosted: row.debits_posted,
    creditsPosted: row.credits_posted,
    debitsPending: row.debits_pending,
    version: Number(row.version),
    openingVersion: Number(row.version),
    nextExpiry: row.next_expiry === null ? null : Number(row.next_expiry),
  };
}

/** Takes stamps; sent after the locks, so that they order the commits of every locked account. `now`: by the clock. */
export async function takeStamps(
  { sql }: Tx,
  count: number,
): Promise<{ readonly firstStamp: number; readonly now: number }> {
  const [row] = await sql<[{ first: bigint; clock: bigint }]>`
    SELECT ledger.take_stamps(${count}) AS first,
      (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS clock`.execute();
  const firstStamp = Number(row.first);
  return { firstStamp, now: Math.min(firstStamp, Number(row.clock)) };
}

export interface HoldRow {
  id: bigint;
  kind: number;
  debit_account_id: bigint;
  credit_account_id: bigint;
  amount: bigint;
  state: number;
  captured: bigint;
  expires_at: bigint | null;
  closed_at: bigint | null;
  owner_type: OwnerRow["owner_type"];
  owner_id: OwnerRow["owner_id"];
}

export function toHold(row: HoldRow): Hold {
  return {
    id: Number(row.id),
    kind: nameOf(JOURNAL_KINDS, row.kind),
    debitAccountId: Number(row.debit_account_id),
    creditAccountId: Number(row.credit_account_id),
    amount: row.amount,
    state: nameOf(HOLD_STATES, row.state),
    captured: row.captured,
    expiresAt: row.expires_at === null ? null : Number(row.expires_at),
    closedAt: row.closed_at === null ? null : Number(row.closed_at),
    owner: toOwner(row),
  };
}

/** Reads holds; under the lock of their debit account no other process can change them. */
export async function selectHolds({ sql }: Pick<Tx, "sql">, ids: readonly number[]): Promise<Hold[]> {
  const rows = await sql<HoldRow[]>`
    SELECT h.id, j.kind, h.debit_account_id, h.credit_account_id, h.amount, h.state, h.captured, h.expires_at,
      h.closed_at, j.owner_type, j.owner_id
    FROM ledger.holds h
    JOIN ledger.journals j ON j.id = h.id
    WHERE h.id = ANY(${toArray(ids)}::bigint[])`.execute();
  return rows.map(toHold);
}

/** Active holds of the accounts whose time is past `now`. */
export async function selectExpiredHolds(
  { sql }: Tx,
  accountIds: readonly number[],
  now: number,
): Promise<Hold[]> {
  const rows = await sql<HoldRow[]>`
    SELECT h.id, j.kind, h.debit_account_id, h.credit_account_id, h.amount, h.state, h.captured, h.expires_at,
      h.closed_at, j.owner_type, j.owner_id
    FROM ledger.holds h
    JOIN ledger.journals j ON j.id = h.id
    WHERE h.state = 1
      AND h.debit_account_id = ANY(${toArray(accountIds)}::bigint[])
      AND h.expires_at <= ${now}`.execute();
  return rows.map(toHold);
}

/** When the next of an account's other active holds expires. */
export async function selectNextExpiries(
  { sql }: Tx,
  accountIds: readonly number[],
  now: number,
): Promise<Map<number, number>> {
  const rows = await sql<{ id: bigint; next: bigint }[]>`
    SELECT debit_account_id AS id, min(expires_at) AS next
    FROM ledger.holds
    WHERE state = 1 AND debit_account_id = ANY(${toArray(accountIds)}::bigint[]) AND expires_at > ${now}
    GROUP BY debit_account_id`.execute();
  return new Map(rows.map((row) => [Number(row.id), Number(row.next)]));
}

export async function selectReversals(
  { sql }: Tx,
  reversedIds: readonly number[],
): Promise<Map<number, number>> {
  const rows = await sql<{ reversed_id: bigint; journal_id: bigint }[]>`
    SELECT reversed_id, journal_id
    FROM ledger.reversals
    WHERE reversed_id = ANY(${toArray(reversedIds)}::bigint[])`.execute();
  return new Map(rows.map((row) => [Number(row.reversed_id), Number(row.journal_id)]));
}

/**
 * Outgoing transfers per account within the last `seconds`, counted up to one more than `countMax`. The comparison of
 * pairs is one that only the index by debit account can answer: with "id > since" alone, PostgreSQL, planning while the
 * month's partition was still empty, took the index by credit account and read all of it for every account.
 */
export async function countRecentDebits(
  { sql }: Tx,
  query: { accountIds: readonly number[]; seconds: number; countMax: number },
): Promise<Map<number, number>> {
  const rows = await sql<{ id: bigint; count: number }[]>`
    SELECT a.id, recent.count
    FROM (SELECT ledger.clock() - ${query.seconds}::bigint * 1000000 AS since) AS clock
    CROSS JOIN unnest(${toArray(query.accountIds)}::bigint[]) AS a (id)
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS count
      FROM (
        SELECT
        FROM ledger.transfers t
        WHERE t.debit_account_id = a.id AND (t.debit_account_id, t.id) > (a.id, clock.since)
        LIMIT ${query.countMax + 1}) AS seen
    ) AS recent
    WHERE recent.count > 0`.execute();
  return new Map(rows.map((row) => [Number(row.id), row.count]));
}

/**
 * Holds placed on each account within the last `seconds` and still active, counted up to one more than `countMax`. Open is
 * said by `closed_at`, since the indexes of holds in state 1 alone would do for a scan of all of them.
 */
export async function countRecentHolds(
  { sql }: Tx,
  query: { accountIds: readonly number[]; seconds: number; countMax: number },
): Promise<Map<number, number>> {
  const rows = await sql<{ id: bigint; count: number }[]>`
    SELECT a.id, recent.count
    FROM (
      SELECT ledger.clock() - ${query.seconds}::bigint * 1000000 AS since,
        (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now) AS clock
    CROSS JOIN unnest(${toArray(query.accountIds)}::bigint[]) AS a (id)
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS count
      FROM (
        SELECT
        FROM ledger.holds h
        WHERE h.debit_account_id = a.id
          AND (h.debit_account_id, h.id) > (a.id, clock.since)
          AND h.closed_at IS NULL
          AND (h.expires_at IS NULL OR h.expires_at > clock.now)
        LIMIT ${query.countMax + 1}) AS seen) AS recent
    WHERE recent.count > 0`.execute();
  return new Map(rows.map((row) => [Number(row.id), row.count]));
}
