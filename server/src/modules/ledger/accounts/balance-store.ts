// The SQL that reads balances, now and at a past moment. Sums arrive as text, because those of a system account have no bound.
import type { Sql } from "../../../runtime/database.ts";
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";

export interface BalanceRow {
  id: bigint;
  asset_id: number;
  balance: string;
  held: string;
  incoming: string | null;
  credit_limit: bigint;
  version: bigint | null;
  as_of: bigint;
}

/** A hold past its time no longer holds anything, whether or not its expiry has been recorded yet. */
export async function selectBalancesNow({ sql }: Tx, ids: readonly number[]): Promise<BalanceRow[]> {
  return sql<BalanceRow[]>`
    SELECT a.id, a.asset_id, a.credit_limit, a.version,
      clock.now + (SELECT last_value FROM ledger.stamp_lead) AS as_of,
      (a.credits_posted - a.debits_posted + coalesce(stripes.posted, 0))::text AS balance,
      (a.debits_pending + coalesce(stripes.pending, 0) - passed.amount)::text AS held,
      incoming.amount::text AS incoming
    FROM (SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint AS now) AS clock
    CROSS JOIN ledger.accounts a
    LEFT JOIN LATERAL (
      SELECT sum(b.credits_posted - b.debits_posted) AS posted, sum(b.debits_pending) AS pending
      FROM ledger.system_balances b
      WHERE a.system AND b.account_id = a.id) AS stripes ON a.system
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(h.amount - h.captured), 0) AS amount
      FROM ledger.holds h
      WHERE (a.system OR a.next_expiry <= clock.now)
        AND h.debit_account_id = a.id
        AND h.state = 1
        AND h.expires_at <= clock.now) AS passed
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(h.amount - h.captured), 0) AS amount
      FROM ledger.holds h
      WHERE h.credit_account_id = a.id
        AND h.state = 1
        AND (h.expires_at IS NULL OR h.expires_at > clock.now)) AS incoming
    WHERE a.id = ANY(${toArray(ids)}::bigint[])`;
}

/** The values that tell whether a moment can still change. */
export async function selectClock(
  db: Sql,
  accountId: number,
): Promise<{ system: boolean; now: number } | undefined> {
  const [row] = await db<{ system: boolean; now: bigint }[]>`
    SELECT system, ledger.clock() AS now
    FROM ledger.accounts
    WHERE id = ${accountId}`;
  return row === undefined ? undefined : { system: row.system, now: Number(row.now) };
}

/**
 * Returns when no batch holds the account's lock any more, and no batch that took its stamps ahead can still get it. It is a
 * statement of its own, so that the lock is released when it ends.
 */
export async function waitForAccount(db: Sql, accountId: number): Promise<void> {
  await db`SELECT nextval('ledger.settlings')`;
  await db`SELECT FROM ledger.accounts WHERE id = ${accountId} FOR SHARE`;
}

/** A customer's account with every transfer up to and including the stamp `at`. */
export async function selectBalanceAt(
  db: Sql,
  accountId: number,
  at: number,
): Promise<BalanceRow | undefined> {
  const [row] = await db<BalanceRow[]>`
    SELECT a.id, a.asset_id, ${at}::bigint AS as_of, NULL AS version, NULL AS incoming,
      held.amount::text AS held,
      coalesce(after.balance, 0)::text AS balance,
      coalesce((
          SELECT c.credit_limit_after
          FROM ledger.account_changes c
          WHERE c.account_id = a.id AND c.id <= ${at}
          ORDER BY c.id DESC
          LIMIT 1),
        (
          SELECT c.credit_limit_before
          FROM ledger.account_changes c
          WHERE c.account_id = a.id AND c.id > ${at}
          ORDER BY c.id
          LIMIT 1), a.credit_limit) AS credit_limit
    FROM ledger.accounts a
    LEFT JOIN LATERAL (
      (
        SELECT t.id, t.debit_after AS balance
        FROM ledger.transfers t
        WHERE t.debit_account_id = a.id AND t.id <= ${at}
        ORDER BY t.id DESC
        LIMIT 1)
      UNION ALL (
        SELECT t.id, t.credit_after
        FROM ledger.transfers t
        WHERE t.credit_account_id = a.id AND t.id <= ${at}
        ORDER BY t.id DESC
        LIMIT 1)
      ORDER BY id DESC
      LIMIT 1) AS after ON true
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(h.amount - coalesce(before.captured, 0)), 0) AS amount
      FROM ledger.holds h
      LEFT JOIN LATERAL (
        SELECT sum(c.amount) AS captured
        FROM ledger.captures c
        WHERE c.hold_id = h.id AND c.transfer_id <= ${at}) AS before ON h.captured > 0
      WHERE h.debit_account_id = a.id
        AND h.id <= ${at}
        AND (h.closed_at IS NULL OR h.closed_at > ${at})
        AND (h.expires_at IS NULL OR h.expires_at > ${at})) AS held
    WHERE a.id = ${accountId}`;
  return row;
}

/** A system account's balance at a stamp: the sum of all its transfers until then, because it keeps no running balance. */
export async function selectSystemBalanceAt(
  db: Sql,
  accountId: number,
  at: number,
): Promise<BalanceRow | undefined> {
  const [row] = await db<BalanceRow[]>`
    SELECT a.id, a.asset_id, a.credit_limit, ${at}::bigint AS as_of, NULL AS version, NULL AS incoming,
      '0' AS held,
      ((
          SELECT coalesce(sum(t.amount), 0)
          FROM ledger.transfers t
          WHERE t.credit_account_id = a.id AND t.id <= ${at}) - (
          SELECT coalesce(sum(t.amount), 0)
          FROM ledger.transfers t
          WHERE t.debit_account_id = a.id AND t.id <= ${at}))::text AS balance
    FROM ledger.accounts a
    WHERE a.id = ${accountId}`;
  return row;
}

/** For all assets, the absolute sums of their accounts, added up. One statement, so one moment. Zero unless the book is wrong. */
export async function selectImbalance(db: Sql): Promise<string> {
  const [row] = await db<[{ imbalance: string }]>`
    SELECT coalesce(sum(abs(total)), 0)::text AS imbalance
    FROM (
      SELECT sum(total) AS total
      FROM (
        SELECT asset_id, sum(credits_posted::numeric - debits_posted) AS total
        FROM ledger.accounts
        GROUP BY asset_id
        UNION ALL
        SELECT a.asset_id, sum(b.credits_posted - b.debits_posted)
        FROM ledger.system_balances b
        JOIN ledger.accounts a ON a.id = b.account_id
        GROUP BY a.asset_id) AS parts
      GROUP BY asset_id) AS assets`;
  return row.imbalance;
}

export interface BalancesRow {
  id: bigint;
  balance: bigint;
  held: bigint;
  credit_limit: bigint;
}

/** For many customers' accounts at once, without the holds in their favor. */
export async function selectBalances({ sql }: Tx, ids: readonly number[]): Promise<BalancesRow[]> {
  return sql<BalancesRow[]>`
    SELECT a.id, a.credits_posted - a.debits_posted AS balance, a.debits_pending - passed.amount AS held,
      a.credit_limit
    FROM (SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint AS now) AS clock
    CROSS JOIN ledger.accounts a
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(h.amount - h.captured), 0)::bigint AS amount
      FROM ledger.holds h
      WHERE a.next_expiry <= clock.now
        AND h.debit_account_id = a.id
        AND h.state = 1
        AND h.expires_at <= clock.now) AS passed
    WHERE a.id = ANY(${toArray(ids)}::bigint[]) AND NOT a.system`;
}
