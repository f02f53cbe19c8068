// The SQL that reads for the book: locks the accounts that a batch touches, and reads them. Set-based with arrays, so that a
// batch of a thousand sends the same few statements as a batch of one.
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
  last_stamp: bigint;
  next_expiry: bigint | null;
}

/** Locks customers' accounts in id order, the one lock order of all processes, and reads them. */
export async function lockAccounts({ sql }: Tx, ids: string): Promise<BookAccount[]> {
  const rows = await sql<AccountRow[]>`
    SELECT id, asset_id, system, state, debits_posted, credits_posted, debits_pending, credit_limit, version,
      last_stamp, next_expiry
    FROM ledger.accounts
    WHERE id = ANY(${ids}::bigint[]) AND NOT system
    ORDER BY id
    FOR NO KEY UPDATE`.execute();
  return rows.map(toAccount);
}

/** The same without locks, for deciding ahead: the write finds out whether an account has changed since. */
export async function selectAccounts({ sql }: Tx, ids: readonly number[]): Promise<BookAccount[]> {
  const rows = await sql<AccountRow[]>`
    SELECT id, asset_id, system, state, debits_posted, credits_posted, debits_pending, credit_limit, version,
      last_stamp, next_expiry
    FROM ledger.accounts
    WHERE id = ANY(${toArray(ids)}::bigint[]) AND NOT system`.execute();
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
    lastStamp: Number(row.last_stamp),
    nextExpiry: row.next_expiry === null ? null : Number(row.next_expiry),
  };
}

/** Takes stamps. Sent after the locks, so that stamps order the commits of every locked account. `now`: by the clock. */
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

/** Stamps that were taken for a later batch. */
export interface StampsAhead {
  readonly first: number;
  readonly count: number;
  /** How often a moment had been made final when they were taken. */
  readonly settling: number;
  /** The database's clock when they were taken. */
  readonly clock: number;
}

/** Takes stamps for a later batch. In a transaction that commits anyway: a separate one would wait for the disk. */
export async function takeStampsAhead({ sql }: Tx, count: number): Promise<StampsAhead> {
  const [row] = await sql<[{ settling: bigint; first: bigint; clock: bigint }]>`
    SELECT settling, first, clock FROM ledger.take_stamps_ahead(${count})`.execute();
  return { first: Number(row.first), count, settling: Number(row.settling), clock: Number(row.clock) };
}

/** Fails the transaction where the stamps are unusable: later ones were taken, they are not yet due, or a moment became final. */
export function claimStamps({ sql }: Tx, { first, count, settling }: StampsAhead): Promise<unknown> {
  return sql`SELECT ledger.claim_stamps(${first}, ${count}, ${settling})`.execute();
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
    SELECT id, kind, debit_account_id, credit_account_id, amount, state, captured, expires_at, closed_at,
      owner_type, owner_id
    FROM ledger.holds
    WHERE id = ANY(${toArray(ids)}::bigint[])`.execute();
  return rows.map(toHold);
}

/** Active holds of the accounts whose time is past `now`. */
export async function selectExpiredHolds(
  { sql }: Tx,
  accountIds: readonly number[],
  now: number,
): Promise<Hold[]> {
  const rows = await sql<HoldRow[]>`
    SELECT id, kind, debit_account_id, credit_account_id, amount, state, captured, expires_at, closed_at,
      owner_type, owner_id
    FROM ledger.holds
    WHERE state = 1
      AND debit_account_id = ANY(${toArray(accountIds)}::bigint[])
      AND expires_at <= ${now}`.execute();
  return rows.map(toHold);
}

/** When the next of an account's other active holds expires: one look into their index, however many there are. */
export async function selectNextExpiries(
  { sql }: Tx,
  accountIds: readonly number[],
  now: number,
): Promise<Map<number, number>> {
  const rows = await sql<{ id: bigint; next: bigint }[]>`
    SELECT a.id, first.expires_at AS next
    FROM unnest(${toArray(accountIds)}::bigint[]) AS a (id)
    CROSS JOIN LATERAL (
      SELECT h.expires_at
      FROM ledger.holds h
      WHERE h.state = 1
        AND (h.debit_account_id, h.expires_at) > (a.id, ${now}::bigint) AND h.debit_account_id <= a.id
      ORDER BY h.debit_account_id, h.expires_at
      LIMIT 1) AS first`.execute();
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

/** How far back to look, and at most how many transfers, counted from the newest. */
export interface RecentQuery {
  readonly accountIds: readonly number[];
  readonly seconds: number;
  readonly countMax: number;
}

/**
 * Stamps of the transfers out of each account within the last `seconds`, oldest first; if there are more than `countMax`, the
 * newest. Reads backwards from the newest, so that an account with a million of them costs no more than one with twenty. Ordering
 * by account as well, though only one is read, matches the index by debit account: with "id > since" PostgreSQL, when it planned
 * while the month's partition was still empty, took another index and read all of it for every account.
 */
export async function selectRecentDebits({ sql }: Tx, query: RecentQuery): Promise<Map<number, number[]>> {
  const rows = await sql<{ id: bigint; stamps: bigint[] }[]>`
    SELECT a.id, recent.stamps
    FROM (SELECT ledger.clock() - ${query.seconds}::bigint * 1000000 AS since OFFSET 0) AS clock
    CROSS JOIN unnest(${toArray(query.accountIds)}::bigint[]) AS a (id)
    CROSS JOIN LATERAL (
      SELECT array_agg(newest.id ORDER BY newest.id) AS stamps
      FROM (
        SELECT t.id
        FROM ledger.transfers t
        WHERE (t.debit_account_id, t.id) > (a.id, clock.since) AND t.debit_account_id <= a.id
          AND t.id > clock.since
        ORDER BY t.debit_account_id DESC, t.id DESC
        LIMIT ${query.countMax}) AS newest) AS recent
    WHERE recent.stamps IS NOT NULL`.execute();
  return new Map(rows.map((row) => [Number(row.id), row.stamps.map(Number)]));
}

/** Like `selectRecentDebits`, for the holds placed on each account that are still active; by an index of open holds. */
export async function selectRecentHolds({ sql }: Tx, query: RecentQuery): Promise<Map<number, number[]>> {
  const rows = await sql<{ id: bigint; stamps: bigint[] }[]>`
    SELECT a.id, recent.stamps
    FROM (
      SELECT ledger.clock() - ${query.seconds}::bigint * 1000000 AS since,
        (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now
      OFFSET 0) AS clock
    CROSS JOIN unnest(${toArray(query.accountIds)}::bigint[]) AS a (id)
    CROSS JOIN LATERAL (
      SELECT array_agg(newest.id ORDER BY newest.id) AS stamps
      FROM (
        SELECT h.id
        FROM ledger.holds h
        WHERE (h.debit_account_id, h.id) > (a.id, clock.since) AND h.debit_account_id <= a.id
          AND h.id > clock.since
          AND h.closed_at IS NULL
          AND (h.expires_at IS NULL OR h.expires_at > clock.now)
        ORDER BY h.debit_account_id DESC, h.id DESC
        LIMIT ${query.countMax}) AS newest) AS recent
    WHERE recent.stamps IS NOT NULL`.execute();
  return new Map(rows.map((row) => [Number(row.id), row.stamps.map(Number)]));
}
