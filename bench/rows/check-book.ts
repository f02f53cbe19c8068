// Looks at the server's tables from outside, past its code: after each stretch of load the sum of all accounts must be
// zero, and what was written must be exactly what was acknowledged.
import type { Sql } from "../../server/src/runtime/database.ts";

export interface BookMark {
  readonly lastTransferId: bigint;
  readonly lastOrderId: bigint;
}

export interface Written {
  readonly transfers: number;
  readonly amountMinor: number;
  readonly orders?: number;
}

export interface TableSizes {
  readonly transferCount: number;
  /** Transfers, with what their journals say and with their indexes: what is kept. */
  readonly bytesPerTransfer: number;
  /** Remembered answers with their index, dropped after days. */
  readonly idempotencyBytesPerTransfer: number;
  /** Emptied as events are delivered; the file keeps the size of the longest backlog. */
  readonly outboxBytes: number;
}

export async function markBook(sql: Sql): Promise<BookMark> {
  const [row] = await sql<{ transfer: bigint; order: bigint }[]>`
    SELECT (SELECT coalesce(max(id), 0) FROM ledger.transfers) AS transfer,
           (SELECT coalesce(max(id), 0) FROM orders.orders) AS order`;
  return { lastTransferId: row?.transfer ?? 0n, lastOrderId: row?.order ?? 0n };
}

/**
 * Compares what was written since `mark` with what clients were told, and sums up every asset.
 * @throws Error naming the difference.
 */
export async function checkBook(sql: Sql, mark: BookMark, acknowledged: Written): Promise<void> {
  const [row] = await sql<{ transfers: bigint; amount: string; orders: bigint }[]>`
    SELECT count(*) AS transfers, coalesce(sum(amount), 0) AS amount,
           (SELECT count(*) FROM orders.orders WHERE id > ${mark.lastOrderId}) AS orders
    FROM ledger.transfers WHERE id > ${mark.lastTransferId}`;
  const written = {
    transfers: Number(row?.transfers),
    amountMinor: Number(row?.amount),
    orders: Number(row?.orders),
  };
  const isSame =
    written.transfers === acknowledged.transfers &&
    written.amountMinor === acknowledged.amountMinor &&
    written.orders === (acknowledged.orders ?? 0);
  if (!isSame) {
    throw new Error(`written and acknowledged differ: ${JSON.stringify({ written, acknowledged })}`);
  }
  const sums = await sumBook(sql);
  if (sums.length > 0) throw new Error(`accounts do not sum to zero: ${JSON.stringify(sums)}`);
}

/** Assets whose accounts do not sum to zero. */
function sumBook(sql: Sql): Promise<{ code: string; sum: string }[]> {
  return sql<{ code: string; sum: string }[]>`
    SELECT code, sum(balance)::text AS sum FROM (
      SELECT asset_id, sum(credits_posted - debits_posted) AS balance FROM ledger.accounts GROUP BY asset_id
      UNION ALL
      SELECT asset_id, b.credits_posted - b.debits_posted FROM ledger.system_balances b JOIN ledger.accounts a ON a.id = b.account_id
    ) AS balances JOIN ledger.assets ON assets.id = asset_id GROUP BY code HAVING sum(balance) <> 0`;
}

export async function measureSizes(sql: Sql): Promise<TableSizes> {
  const [row] = await sql<{ transfers: bigint; kept: bigint; idempotency: bigint; outbox: bigint }[]>`
    SELECT (SELECT count(*) FROM ledger.transfers) AS transfers,
      (SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('ledger.transfers'))::bigint AS kept,
      (SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('runtime.idempotency_keys'))::bigint AS idempotency,
      pg_total_relation_size('jobs.outbox') AS outbox`;
  const transferCount = Number(row?.transfers);
  const perTransfer = (bytes: bigint | undefined) => Number(bytes) / transferCount;
  return {
    transferCount,
    bytesPerTransfer: perTransfer(row?.kept),
    idempotencyBytesPerTransfer: perTransfer(row?.idempotency),
    outboxBytes: Number(row?.outbox),
  };
}

/** Events not yet delivered, and rows of the trail not yet chained. */
export async function countWaiting(sql: Sql): Promise<number> {
  const [row] = await sql<{ count: bigint }[]>`
    SELECT (SELECT count(*) FROM jobs.outbox) + (SELECT count(*) FROM audit.pending) AS count`;
  return Number(row?.count);
}
