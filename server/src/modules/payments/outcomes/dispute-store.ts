// The SQL of disputes.

import type { Sql } from "../../../runtime/database.ts";
import { columnsOf } from "../../../runtime/row-columns.ts";
import { tableOf } from "../../../runtime/row-table-store.ts";
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { toId } from "../../../values/id.ts";
import type { Dispute } from "./dispute.ts";

interface DisputeRow {
  payment_id: bigint;
  provider_reference: string;
  amount: bigint;
  reported: bigint;
  state: Dispute["state"];
  reason: string | null;
  opened_at: bigint;
  closed_at: bigint | null;
}

const DISPUTE_COLUMNS = columnsOf<Dispute>({
  payment_id: ["bigint", (dispute) => dispute.paymentId],
  provider_reference: ["text", (dispute) => dispute.reference],
  amount: ["bigint", (dispute) => dispute.amountMinor],
  reported: ["bigint", (dispute) => dispute.reportedMinor],
  state: ["text", (dispute) => dispute.state],
  reason: ["text", (dispute) => dispute.reason],
  opened_at: ["bigint", (dispute) => dispute.openedAt],
  closed_at: ["bigint", (dispute) => dispute.closedAt],
});
const TABLE = tableOf("payments.disputes", DISPUTE_COLUMNS, toDispute);

/** Disputes by payment; they are covered by the payment's lock. */
export async function selectDisputesOf(
  { sql }: Pick<Tx, "sql">,
  paymentIds: readonly number[],
): Promise<Map<number, Dispute[]>> {
  const ofPayments = sql`WHERE payment_id = ANY(${toArray(paymentIds)}::bigint[]) ORDER BY opened_at`;
  return Map.groupBy(await TABLE.select(sql, ofPayments), ({ paymentId }) => paymentId);
}

export async function writeDisputes({ sql }: Tx, disputes: readonly Dispute[]): Promise<void> {
  await sql`
    INSERT INTO payments.disputes ${DISPUTE_COLUMNS.rows(sql, disputes)}
    ON CONFLICT (payment_id, provider_reference) DO UPDATE
    SET state = excluded.state, closed_at = excluded.closed_at`.execute();
}

/** Of one payment, oldest first. */
export function selectDisputes(db: Sql | Tx["sql"], paymentId: number): Promise<Dispute[]> {
  return TABLE.select(db, db`WHERE payment_id = ${paymentId} ORDER BY opened_at`);
}

export function selectNewestDisputes(
  db: Sql,
  { beforeStamp, limit }: { beforeStamp: number; limit: number },
): Promise<Dispute[]> {
  return TABLE.select(db, db`WHERE opened_at < ${beforeStamp} ORDER BY opened_at DESC LIMIT ${limit}`);
}

function toDispute({ state, reason, ...row }: DisputeRow): Dispute {
  return {
    state,
    reason,
    paymentId: Number(row.payment_id),
    reference: row.provider_reference,
    amountMinor: row.amount,
    reportedMinor: row.reported,
    openedAt: Number(row.opened_at),
    closedAt: toId(row.closed_at),
  };
}
