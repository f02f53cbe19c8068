// The SQL that reads holds for people; the hot path's reads of holds are in book-store.ts.
import type { Sql } from "../../../runtime/database.ts";
import { toArray } from "../../../runtime/sql-array.ts";
import { type HoldRow, toHold } from "../book/book-store.ts";
import { HOLD_STATES, type HoldState } from "../book/journal.ts";
import type { HoldRecord } from "./find-holds.ts";

/** The state as of now: a hold past its time is expired, whether or not that has been recorded yet. */
function stateNow(db: Sql) {
  return db`
    (CASE
        WHEN h.state = 1
          AND h.expires_at <= (extract(epoch FROM statement_timestamp()) * 1000000)::bigint
          THEN ${HOLD_STATES.expired}
        ELSE h.state END)::smallint`;
}

type HoldRecordRow = HoldRow & { asset_id: number; reference: string | null; metadata: string | null };

/** Columns of a hold `h` and the account `a` that it is placed on. */
function recordColumns(db: Sql) {
  return db`
    h.id, h.debit_account_id, h.credit_account_id, h.amount, ${stateNow(db)} AS state, h.captured,
    h.expires_at, h.closed_at, h.kind, h.reference, h.metadata, h.owner_type, h.owner_id, a.asset_id`;
}

export async function selectHold(db: Sql, id: number): Promise<HoldRecord | undefined> {
  const rows = await db<HoldRecordRow[]>`
    SELECT ${recordColumns(db)}
    FROM ledger.holds h
    JOIN ledger.accounts a ON a.id = h.debit_account_id
    WHERE h.id = ${id}`;
  return rows.map(toHoldRecord)[0];
}

/** Newest first, for any of the accounts, on either side. Each side stops at `limit`, because no more of it can be needed. */
export async function selectHoldsOfAccounts(
  db: Sql,
  query: {
    accountIds: readonly number[];
    states: readonly HoldState[];
    beforeId: number;
    limit: number;
  },
): Promise<HoldRecord[]> {
  const accountIds = toArray(query.accountIds);
  const states = toArray(query.states.map((state) => HOLD_STATES[state]));
  const rows = await db<HoldRecordRow[]>`
    WITH ids AS (
      (SELECT id
       FROM ledger.holds h
       WHERE debit_account_id = ANY(${accountIds}::bigint[]) AND id < ${query.beforeId}
         AND ${stateNow(db)} = ANY(${states}::smallint[])
       ORDER BY id DESC
       LIMIT ${query.limit})
      UNION -- a hold between two accounts of one owner comes from both sides
      (SELECT id
       FROM ledger.holds h
       WHERE credit_account_id = ANY(${accountIds}::bigint[]) AND id < ${query.beforeId}
         AND ${stateNow(db)} = ANY(${states}::smallint[])
       ORDER BY id DESC
       LIMIT ${query.limit}))
    SELECT ${recordColumns(db)}
    FROM ids
    JOIN ledger.holds h ON h.id = ids.id
    JOIN ledger.accounts a ON a.id = h.debit_account_id
    ORDER BY h.id DESC
    LIMIT ${query.limit}`;
  return rows.map(toHoldRecord);
}

export async function selectAllHolds(
  db: Sql,
  query: { states: readonly HoldState[]; beforeId: number; limit: number },
): Promise<HoldRecord[]> {
  const states = toArray(query.states.map((state) => HOLD_STATES[state]));
  const rows = await db<HoldRecordRow[]>`
    SELECT ${recordColumns(db)}
    FROM ledger.holds h
    JOIN ledger.accounts a ON a.id = h.debit_account_id
    WHERE h.id < ${query.beforeId} AND ${stateNow(db)} = ANY(${states}::smallint[])
    ORDER BY h.id DESC
    LIMIT ${query.limit}`;
  return rows.map(toHoldRecord);
}

/** Accounts with an active hold whose time is past; those that have waited longest come first. */
export async function selectAccountsWithDueHolds(db: Sql, limit: number): Promise<number[]> {
  const rows = await db<{ id: bigint }[]>`
    SELECT DISTINCT debit_account_id AS id
    FROM (
      SELECT debit_account_id
      FROM ledger.holds
      WHERE state = 1 AND expires_at <= (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
      ORDER BY expires_at
      LIMIT ${limit}) AS due`;
  return rows.map((row) => Number(row.id));
}

function toHoldRecord(row: HoldRecordRow): HoldRecord {
  return { ...toHold(row), assetId: row.asset_id, reference: row.reference, metadata: row.metadata };
}
