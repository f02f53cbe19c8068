// The SQL of disputes.
import type { Sql } from "../../../runtime/database.ts";
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { numbers, texts, toId } from "../payment-store.ts";
import type { Dispute } from "./dispute.ts";

interface DisputeRow {
  payment_id: bigint;
  provider_reference: string;
  amount: bigint;
  state: Dispute["state"];
  reason: string | null;
  opened_at: bigint;
  closed_at: bigint | null;
}

/** Disputes by payment; the payment's lock is theirs. */
export async function readDisputesOf(
  { sql }: Pick<Tx, "sql">,
  paymentIds: readonly number[],
): Promise<Map<number, Dispute[]>> {
  const rows = await sql<DisputeRow[]>`
    SELECT * FROM payments.disputes WHERE payment_id = ANY(${toArray(paymentIds)}::bigint[]) ORDER BY opened_at`.execute();
  return Map.groupBy(rows.map(toDispute), ({ paymentId }) => paymentId);
}

export async function writeDisputes({ sql }: Tx, disputes: readonly Dispute[]): Promise<void> {
  await sql`
    INSERT INTO payments.disputes (payment_id, provider_reference, amount, state, reason, opened_at, closed_at)
    SELECT * FROM unnest(
      ${numbers(disputes, (d) => d.paymentId)}::bigint[], ${texts(disputes, (d) => d.reference)}::text[],
      ${numbers(disputes, (d) => d.amountMinor)}::bigint[], ${texts(disputes, (d) => d.state)}::text[],
      ${texts(disputes, (d) => d.reason)}::text[], ${numbers(disputes, (d) => d.openedAt)}::bigint[],
      ${numbers(disputes, (d) => d.closedAt)}::bigint[])
    ON CONFLICT (payment_id, provider_reference) DO UPDATE SET state = excluded.state, closed_at = excluded.closed_at`.execute();
}

/** Of one payment, oldest first. */
export async function readDisputes(db: Sql | Tx["sql"], paymentId: number): Promise<Dispute[]> {
  const rows = await db<DisputeRow[]>`
    SELECT * FROM payments.disputes WHERE payment_id = ${paymentId} ORDER BY opened_at`;
  return rows.map(toDispute);
}

export async function readNewestDisputes(
  db: Sql,
  { beforeStamp, limit }: { beforeStamp: number; limit: number },
): Promise<Dispute[]> {
  const rows = await db<DisputeRow[]>`
    SELECT * FROM payments.disputes WHERE opened_at < ${beforeStamp} ORDER BY opened_at DESC LIMIT ${limit}`;
  return rows.map(toDispute);
}

function toDispute(row: DisputeRow): Dispute {
  return {
    paymentId: Number(row.payment_id),
    reference: row.provider_reference,
    amountMinor: row.amount,
    state: row.state,
    reason: row.reason,
    openedAt: Number(row.opened_at),
    closedAt: toId(row.closed_at),
  };
}
