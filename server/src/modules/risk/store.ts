// The SQL of the risk module.
import type { Sql } from "../../runtime/database.ts";
import { columnsOf } from "../../runtime/row-columns.ts";
import type { Tx } from "../../runtime/transaction.ts";
import type { Flag } from "./find-flags.ts";

export interface NewFlag {
  readonly transactionId: number;
  readonly accountId: number;
  readonly rule: string;
  readonly reason: string;
  readonly blocked: boolean;
}

const FLAG_COLUMNS = columnsOf<NewFlag>({
  transaction_id: ["bigint", (flag) => flag.transactionId],
  account_id: ["bigint", (flag) => flag.accountId],
  rule: ["text", (flag) => flag.rule],
  reason: ["text", (flag) => flag.reason],
  blocked: ["boolean", (flag) => flag.blocked],
});

export function insertFlags({ sql }: Tx, flags: readonly NewFlag[]): Promise<unknown> {
  return sql`
    INSERT INTO risk.flags ${FLAG_COLUMNS.rows(sql, flags)}
    ON CONFLICT (transaction_id, rule) DO NOTHING`.execute();
}

interface FlagRow {
  id: bigint;
  transaction_id: bigint;
  account_id: bigint;
  rule: string;
  reason: string;
  blocked: boolean;
  flagged_at: Date;
}

/** Newest first. There are indexes by account and by transaction; there are few rules, so each page soon fills up. */
export async function selectFlags(
  db: Sql,
  query: {
    accountId?: number | undefined;
    transactionId?: number | undefined;
    rule?: string | undefined;
    beforeId: number;
    limit: number;
  },
): Promise<Flag[]> {
  const { accountId, transactionId, rule, beforeId, limit } = query;
  const rows = await db<FlagRow[]>`
    SELECT id, transaction_id, account_id, rule, reason, blocked, flagged_at
    FROM risk.flags
    WHERE id < ${beforeId}
      AND ${accountId === undefined ? db`true` : db`account_id = ${accountId}`}
      AND ${transactionId === undefined ? db`true` : db`transaction_id = ${transactionId}`}
      AND ${rule === undefined ? db`true` : db`rule = ${rule}`}
    ORDER BY id DESC
    LIMIT ${limit}`;
  return rows.map((row) => ({
    id: Number(row.id),
    transactionId: Number(row.transaction_id),
    accountId: Number(row.account_id),
    rule: row.rule,
    reason: row.reason,
    blocked: row.blocked,
    flaggedAt: row.flagged_at,
  }));
}
