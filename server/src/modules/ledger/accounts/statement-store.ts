// The SQL of statements: an account's transfers on both sides, by the two indexes (account, id), and what was set aside and given
// back on it, a page at a time.
import type { Sql } from "../../../runtime/database.ts";
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { OwnerType } from "../book/journal.ts";
import type { Fragment } from "../transactions/transaction-store.ts";

export type EntryDirection = "debit" | "credit" | "hold" | "release";

export interface StatementRow {
  opening: string;
  closing: string;
  /** Null in the only row of an empty page. */
  id: bigint | null;
  journal_id: bigint;
  direction: EntryDirection;
  counterparty_id: bigint | null;
  amount: bigint;
  balance_after: bigint;
  kind: number;
  owner_type: OwnerType | null;
  reference: string | null;
  metadata: string | null;
}

export interface StatementRange {
  readonly accountId: number;
  /** Stamps: entries with `from <= id < to`; the page shows those that come after the cursor. */
  readonly from: number;
  readonly to: number;
  readonly pageFrom: number;
  readonly pageTo: number;
  readonly limit: number;
  /** Also holds that were placed, and the rest of holds that have ended. */
  readonly isWithHolds: boolean;
}

/** One statement, so that opening balance, entries and closing balance are read at one moment. */
export async function selectStatement(
  db: Sql,
  range: StatementRange,
  order: "asc" | "desc",
): Promise<StatementRow[]> {
  const { accountId, pageFrom, pageTo, limit } = range;
  const direction = order === "asc" ? db`ASC` : db`DESC`;
  return db<StatementRow[]>`
    SELECT bounds.opening, bounds.closing, page.id, page.journal_id, page.direction, page.counterparty_id,
      page.amount, coalesce(page.balance_after, ${balanceBefore(db, accountId, db`page.id`)}::bigint)
        AS balance_after, j.kind, j.owner_type, j.reference, j.metadata
    FROM (
      SELECT ${balanceBefore(db, accountId, range.from)} AS opening,
        ${balanceBefore(db, accountId, range.to)} AS closing) AS bounds
    LEFT JOIN (
      (SELECT t.id, t.journal_id, 'debit' AS direction,
         CASE WHEN t.credit_after IS NOT NULL THEN t.credit_account_id END AS counterparty_id, t.amount,
         t.debit_after AS balance_after, t.kind, t.owner_type, t.reference, t.metadata
       FROM ledger.transfers t
       WHERE t.debit_account_id = ${accountId} AND t.id >= ${pageFrom} AND t.id < ${pageTo}
       ORDER BY t.id ${direction}
       LIMIT ${limit})
      UNION ALL
      (SELECT t.id, t.journal_id, 'credit', CASE WHEN t.debit_after IS NOT NULL THEN t.debit_account_id END,
         t.amount, t.credit_after, t.kind, t.owner_type, t.reference, t.metadata
       FROM ledger.transfers t
       WHERE t.credit_account_id = ${accountId} AND t.id >= ${pageFrom} AND t.id < ${pageTo}
       ORDER BY t.id ${direction}
       LIMIT ${limit})
      ${range.isWithHolds ? holdsOf(db, range, direction) : db``}
      ORDER BY id ${direction}
      LIMIT ${limit}) AS page ON true
    LEFT JOIN LATERAL (
      SELECT page.kind, page.owner_type, page.reference, page.metadata
      WHERE page.kind IS NOT NULL
      UNION ALL
      SELECT kind, owner_type, reference, metadata
      FROM ledger.journals
      WHERE id = page.journal_id AND page.kind IS NULL
      LIMIT 1) AS j ON true
    ORDER BY page.id ${direction}`;
}

/** A fragment: what was set aside on the account, and what was given back of it, which its holds tell. */
function holdsOf(db: Sql, range: StatementRange, direction: Fragment) {
  const { accountId, pageFrom, pageTo, limit } = range;
  return db`
      UNION ALL
      (SELECT h.id, h.id, 'hold', NULL, h.amount, NULL, h.kind, h.owner_type, h.reference, h.metadata
       FROM ledger.holds h
       WHERE h.debit_account_id = ${accountId} AND h.id >= ${pageFrom} AND h.id < ${pageTo}
       ORDER BY h.id ${direction}
       LIMIT ${limit})
      UNION ALL
      (SELECT h.closed_at, h.id, 'release', NULL, h.amount - h.captured, NULL, h.kind, h.owner_type,
         h.reference, h.metadata
       FROM ledger.holds h
       WHERE h.debit_account_id = ${accountId} AND h.closed_at IS NOT NULL AND h.captured < h.amount
         AND h.closed_at >= ${pageFrom} AND h.closed_at < ${pageTo}
       ORDER BY h.closed_at ${direction}
       LIMIT ${limit})`;
}

/** A fragment: the posted balance before the stamp `before`, as text. */
function balanceBefore(db: Sql, accountId: number, before: number | Fragment) {
  return db`
    coalesce((
      SELECT after
      FROM (
        (SELECT id, debit_after AS after
         FROM ledger.transfers
         WHERE debit_account_id = ${accountId} AND id < ${before}
         ORDER BY id DESC
         LIMIT 1)
        UNION ALL
        (SELECT id, credit_after
         FROM ledger.transfers
         WHERE credit_account_id = ${accountId} AND id < ${before}
         ORDER BY id DESC
         LIMIT 1)) AS last
      ORDER BY id DESC
      LIMIT 1), 0)::text`;
}

export interface MovementRow {
  id: bigint;
  journal_id: bigint;
  debit_account_id: bigint;
  credit_account_id: bigint;
  amount: bigint;
}

export async function selectMovements({ sql }: Tx, ids: readonly number[]): Promise<MovementRow[]> {
  return sql<MovementRow[]>`
    SELECT id, journal_id, debit_account_id, credit_account_id, amount FROM ledger.transfers
    WHERE id = ANY(${toArray(ids)}::bigint[])`;
}
