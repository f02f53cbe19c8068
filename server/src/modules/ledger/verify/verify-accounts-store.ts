// The SQL that re-derives accounts: sums and running balances from the transfers, held amounts from the holds, rules from the
// history of rules. Each read answers its first difference, or undefined. Amounts are minor units as text.
import type { Tx } from "../../../runtime/transaction.ts";

/** One share of the accounts, so that no read sorts more than a few million rows. */
export interface AccountShare {
  /** Transfers up to this stamp were verified; their sums are in verified_accounts. */
  readonly since: number;
  readonly share: number;
  readonly shareCount: number;
}

export interface AccountDifference {
  readonly accountId: number;
  readonly isMissing: boolean;
  /** The first transfer whose balance-after is not the balance before it, plus or minus its amount. */
  readonly brokenAt: number | null;
  /** The first transfer that left a balance below every limit the account ever had. */
  readonly belowLimitAt: number | null;
  /** The newest transfer, where the account's last stamp is an earlier one: deciding on it ahead would miss that transfer. */
  readonly behindAt: number | null;
  readonly expected: { readonly debits: string; readonly credits: string };
  readonly stored: { readonly debits: string; readonly credits: string };
}

interface AccountRow {
  account_id: bigint;
  missing: boolean;
  broken_id: bigint | null;
  below_id: bigint | null;
  behind_id: bigint | null;
  debits: string;
  credits: string;
  debits_stored: string | null;
  credits_stored: string | null;
}

/**
 * Compares an account's row (a system account's stripes) with the sums of its transfers, and the balance noted on each side of a
 * transfer with the one noted before it: if every step agrees, so does every running balance.
 */
export async function selectAccountDifference(
  { sql }: Tx,
  share: AccountShare,
): Promise<AccountDifference | undefined> {
  const { since } = share;
  const [row] = await sql<AccountRow[]>`
    WITH ${deriveSums(sql, share)},
    verified AS (
      SELECT account_id, debits, credits
      FROM ledger.verified_accounts
      WHERE ${since}::bigint > 0 AND ${isOfShare(sql, share, "account_id")}),
    ${selectSums(sql, share)},
    compared AS (
      SELECT account_id, stored.debits IS NULL AS missing, stored.debits AS debits_stored,
        stored.credits AS credits_stored,
        coalesce(verified.debits, 0) + coalesce(derived.debits, 0) AS debits,
        coalesce(verified.credits, 0) + coalesce(derived.credits, 0) AS credits,
        CASE
          WHEN stored.system THEN noted_id
          WHEN first_id IS NOT NULL
            AND opening IS DISTINCT FROM coalesce(verified.credits, 0) - coalesce(verified.debits, 0)
            THEN first_id
          ELSE broken_id END AS broken_id,
        CASE WHEN NOT stored.system AND lowest < -limit_highest THEN lowest END AS lowest,
        CASE WHEN NOT stored.system AND last_id > last_stamp THEN last_id END AS behind_id
      FROM stored
      FULL JOIN derived USING (account_id)
      FULL JOIN verified USING (account_id))
    SELECT account_id, missing, broken_id, debits::text, credits::text, debits_stored::text,
      credits_stored::text, behind_id,
      (
        SELECT min(id)
        FROM ledger.transfers t
        WHERE t.debit_account_id = account_id AND t.debit_after = lowest AND t.id > ${since}) AS below_id
    FROM compared
    WHERE missing
      OR broken_id IS NOT NULL
      OR lowest IS NOT NULL
      OR behind_id IS NOT NULL
      OR debits <> debits_stored
      OR credits <> credits_stored
    ORDER BY broken_id, account_id
    LIMIT 1`;
  return row === undefined ? undefined : toDifference(row);
}

/** A condition: the account in this column belongs to the share. */
function isOfShare(sql: Tx["sql"], { share, shareCount }: AccountShare, column: string) {
  return sql`${sql(column)} % ${shareCount} = ${share}`;
}

/**
 * The sums according to the transfers. An account's first transfer has no balance before it. Steps are added up in bigint, four
 * times as fast as numeric, where they are far from its bounds.
 */
function deriveSums(sql: Tx["sql"], share: AccountShare) {
  const { since } = share;
  return sql`
    sides AS (
      SELECT debit_account_id AS account_id, id, -amount AS delta, debit_after AS after
      FROM ledger.transfers
      WHERE id > ${since} AND ${isOfShare(sql, share, "debit_account_id")}
      UNION ALL
      SELECT credit_account_id, id, amount, credit_after
      FROM ledger.transfers
      WHERE id > ${since} AND ${isOfShare(sql, share, "credit_account_id")}),
    linked AS (
      SELECT account_id, id, delta, after, lag(after) OVER in_order AS before
      FROM sides
      WINDOW in_order AS (PARTITION BY account_id ORDER BY id)),
    derived AS (
      SELECT account_id, coalesce(sum(-delta) FILTER (WHERE delta < 0), 0) AS debits,
        coalesce(sum(delta) FILTER (WHERE delta > 0), 0) AS credits, min(id) AS first_id, max(id) AS last_id,
        min(after::numeric - delta) FILTER (WHERE before IS NULL) AS opening,
        min(id) FILTER (WHERE before IS NOT NULL
          AND CASE
            WHEN before BETWEEN -4000000000000000000 AND 4000000000000000000
              AND delta BETWEEN -4000000000000000000 AND 4000000000000000000
              THEN after IS DISTINCT FROM before + delta
            ELSE after IS DISTINCT FROM before::numeric + delta END) AS broken_id,
        min(id) FILTER (WHERE after IS NOT NULL) AS noted_id, min(after) FILTER (WHERE delta < 0) AS lowest
      FROM linked
      GROUP BY account_id)`;
}

/** The sums according to the accounts. */
function selectSums(sql: Tx["sql"], share: AccountShare) {
  return sql`
    stripes AS (
      SELECT account_id, sum(debits_posted) AS debits, sum(credits_posted) AS credits
      FROM ledger.system_balances
      GROUP BY account_id),
    limits AS (
      SELECT account_id, max(greatest(credit_limit_before, credit_limit_after)) AS highest
      FROM ledger.account_changes
      GROUP BY account_id),
    stored AS (
      SELECT a.id AS account_id, a.system, a.last_stamp, greatest(a.credit_limit, l.highest) AS limit_highest,
        CASE WHEN a.system THEN coalesce(s.debits, 0) ELSE a.debits_posted END AS debits,
        CASE WHEN a.system THEN coalesce(s.credits, 0) ELSE a.credits_posted END AS credits
      FROM ledger.accounts a
      LEFT JOIN stripes s ON s.account_id = a.id
      LEFT JOIN limits l ON l.account_id = a.id
      WHERE ${isOfShare(sql, share, "id")})`;
}

function toDifference(row: AccountRow): AccountDifference {
  return {
    accountId: Number(row.account_id),
    isMissing: row.missing,
    brokenAt: row.broken_id === null ? null : Number(row.broken_id),
    belowLimitAt: row.below_id === null ? null : Number(row.below_id),
    behindAt: row.behind_id === null ? null : Number(row.behind_id),
    expected: { debits: row.debits, credits: row.credits },
    stored: { debits: row.debits_stored ?? "0", credits: row.credits_stored ?? "0" },
  };
}

/** The balance that one side of a transfer notes for its account, and the sum of the transfers up to it. */
export async function selectRunningBalance(
  { sql }: Tx,
  at: { accountId: number; transferId: number; since: number },
): Promise<{ derived: string; noted: string | null }> {
  const { accountId, transferId, since } = at;
  const [row] = await sql<[{ derived: string; noted: string | null }]>`
    SELECT (coalesce((
            SELECT credits - debits
            FROM ledger.verified_accounts
            WHERE account_id = ${accountId} AND ${since}::bigint > 0), 0) + sum(CASE
            WHEN credit_account_id = ${accountId} THEN amount
            ELSE -amount END))::text AS derived,
      (max(CASE
            WHEN credit_account_id = ${accountId} THEN credit_after
            ELSE debit_after END) FILTER (WHERE id = ${transferId}))::text AS noted
    FROM ledger.transfers
    WHERE id > ${since} AND id <= ${transferId} AND ${accountId} IN (debit_account_id, credit_account_id)`;
  return row;
}

/** The asset for writing an account's amounts; undefined where the account is missing. */
export async function selectAssetOf({ sql }: Tx, accountId: number) {
  const [asset] = await sql<{ code: string; scale: number }[]>`
    SELECT s.code, s.scale
    FROM ledger.accounts a
    JOIN ledger.assets s ON s.id = a.asset_id
    WHERE a.id = ${accountId}`;
  return asset;
}

export interface HeldDifference {
  readonly accountId: number;
  readonly expected: string;
  readonly stored: string;
  /** The account says that no hold expires before a stamp, but one does: it would not be expired in time. */
  readonly hasLateExpiry: boolean;
}

/** Compares the held amounts of accounts with the sums of their active holds. */
export async function selectHeldDifference({ sql }: Tx): Promise<HeldDifference | undefined> {
  const [row] = await sql<{ account_id: bigint; expected: string; stored: string; late: boolean }[]>`
    WITH active AS (
      SELECT debit_account_id AS account_id, sum(amount - captured) AS held, min(expires_at) AS next_expiry
      FROM ledger.holds
      WHERE state = 1
      GROUP BY 1),
    stored AS (
      SELECT id AS account_id, debits_pending::numeric AS held, next_expiry, false AS system
      FROM ledger.accounts
      WHERE NOT system
      UNION ALL
      SELECT account_id, sum(debits_pending), NULL, true
      FROM ledger.system_balances
      GROUP BY account_id)
    SELECT account_id, coalesce(active.held, 0)::text AS expected, coalesce(stored.held, 0)::text AS stored,
      active.next_expiry < coalesce(stored.next_expiry, 9223372036854775807) AND NOT stored.system AS late
    FROM stored
    FULL JOIN active USING (account_id)
    WHERE coalesce(active.held, 0) <> coalesce(stored.held, 0)
      OR active.next_expiry < coalesce(stored.next_expiry, 9223372036854775807) AND NOT stored.system
    ORDER BY account_id
    LIMIT 1`;
  if (row === undefined) return undefined;
  const { expected, stored } = row;
  return { accountId: Number(row.account_id), expected, stored, hasLateExpiry: expected === stored };
}

/** An account that is below its rule now, is closed and not empty, or keeps sums in the wrong place. */
export async function selectBrokenRule({ sql }: Tx) {
  const [row] = await sql<{ id: bigint; rule: string }[]>`
    SELECT id, rule
    FROM (
      SELECT a.id,
        CASE
          WHEN a.system
            AND (a.debits_posted <> 0 OR a.credits_posted <> 0 OR a.debits_pending <> 0)
            THEN 'is a system account with sums in its row'
          WHEN NOT a.system
            AND a.credits_posted::numeric - a.debits_posted - a.debits_pending + a.credit_limit < 0
            THEN 'has less than nothing available'
          WHEN a.state = 3
            AND (a.credits_posted <> a.debits_posted OR a.debits_pending <> 0)
            THEN 'is closed and not empty'
          WHEN NOT a.system
            AND EXISTS (SELECT FROM ledger.system_balances b WHERE b.account_id = a.id)
            THEN 'is no system account and has stripes' END AS rule
      FROM ledger.accounts a) AS judged
    WHERE rule IS NOT NULL
    ORDER BY id
    LIMIT 1`;
  return row === undefined ? undefined : { accountId: Number(row.id), rule: row.rule };
}

/**
 * For accounts whose credit limit was changed, the first transfer that left a balance below the limit of its time.
 * (Accounts that kept their limit are checked by findAccountDifference.)
 */
export async function selectBelowFormerLimit(
  { sql }: Tx,
  since: number,
): Promise<{ accountId: number; transferId: number; balance: string; limit: string } | undefined> {
  const [row] = await sql<{ account_id: bigint; id: bigint; balance: string; credit_limit: string }[]>`
    SELECT a.id AS account_id, t.id, t.debit_after::text AS balance,
      coalesce(later.credit_limit_before, a.credit_limit)::text AS credit_limit
    FROM (
      SELECT DISTINCT account_id
      FROM ledger.account_changes
      WHERE credit_limit_before <> credit_limit_after) AS changed
    JOIN ledger.accounts a ON a.id = changed.account_id AND NOT a.system
    -- OFFSET 0: there are few accounts, so look each up by its index instead of hashing all transfers.
    CROSS JOIN LATERAL (
      SELECT id, debit_after
      FROM ledger.transfers
      WHERE debit_account_id = a.id AND id > ${since}
      OFFSET 0) AS t
    LEFT JOIN LATERAL (
      SELECT c.credit_limit_before
      FROM ledger.account_changes c
      WHERE c.account_id = a.id AND c.id > t.id
      ORDER BY c.id
      LIMIT 1) AS later ON true
    WHERE t.debit_after < -coalesce(later.credit_limit_before, a.credit_limit)
    ORDER BY t.id
    LIMIT 1`;
  if (row === undefined) return undefined;
  const { balance, credit_limit: limit } = row;
  return { accountId: Number(row.account_id), transferId: Number(row.id), balance, limit };
}

/** Assets whose accounts do not add up to zero. */
export async function selectUnbalancedAsset({ sql }: Tx) {
  const [row] = await sql<{ code: string; scale: number; sum: string }[]>`
    SELECT code, scale, sum(balance)::text AS sum
    FROM (
      SELECT asset_id, sum(credits_posted - debits_posted) AS balance
      FROM ledger.accounts
      WHERE NOT system
      GROUP BY asset_id
      UNION ALL
      SELECT a.asset_id, sum(b.credits_posted - b.debits_posted)
      FROM ledger.system_balances b
      JOIN ledger.accounts a ON a.id = b.account_id
      GROUP BY a.asset_id) AS balances
    JOIN ledger.assets s ON s.id = asset_id
    GROUP BY code, scale
    HAVING sum(balance) <> 0
    ORDER BY code
    LIMIT 1`;
  return row;
}
